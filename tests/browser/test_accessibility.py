"""Every page and every state of it, checked by axe: nothing serious, nothing critical."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests import speech
from tests.browser.candidate import Candidate, microphone
from tests.browser.conftest import Browse, Serve, Server

PAINTED = """scheme => {
  const [red] = getComputedStyle(document.querySelector(".stApp")).backgroundColor.match(/\\d+/g);
  return scheme === "dark" ? red < 128 : red >= 128;
}"""
STREAMLITS_OWN: dict[str, tuple[str, str]] = {}
"""By rule: part of the selector, and why it cannot be mended here. Empty: everything could be."""


CONTRAST: dict[str, object] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""Nothing but colours changes with the scheme."""


AXE = Axe().axe_script
LOOK = "options => axe.run(options).then(({ violations }) => violations)"


def violations(page: Page, options: dict[str, object] | None = None) -> list[str]:
    """Axe is put into a document once: to parse it takes longer than to run it."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE)
    found = []
    for violation in page.evaluate(LOOK, {"resultTypes": ["violations"], **(options or {})}):
        part, _ = STREAMLITS_OWN.get(violation["id"], ("", ""))
        for node in violation["nodes"]:
            known = part and part in f"{node['target']} {node['html']}"
            if violation["impact"] in ("serious", "critical") and not known:
                found.append(f"{violation['id']} at {node['target']}: {node['html'][:200]} {node['failureSummary']}")
    return found


def becomes(server: Server, interview_id: str, **columns: object) -> None:
    """The interview in another state, as the database would have it."""
    setters = ", ".join(f"{name} = ?" for name in columns)
    with closing(sqlite3.connect(server.database)) as db, db:
        db.execute(f"UPDATE interview_sessions SET {setters} WHERE id = ?", (*columns.values(), interview_id))  # noqa: S608


def twin(server: Server, interview_id: str) -> None:
    """Another interview with the same plan and report."""
    with closing(sqlite3.connect(server.database)) as db, db:
        db.execute("CREATE TEMP TABLE one AS SELECT * FROM interview_sessions WHERE id = ?", (interview_id,))
        db.execute("UPDATE one SET id = 'twin'")
        db.execute("INSERT INTO interview_sessions SELECT * FROM one")


def link(page: Page) -> str:
    """The token in a link that was just made."""
    made = page.locator("[data-testid=stPopoverBody] code")
    made.wait_for(timeout=60_000)
    return made.inner_text().strip().partition("token=")[2]


def test_no_page_has_a_serious_violation(serve: Serve, browse: Browse, tmp_path: Path) -> None:
    sound = microphone(tmp_path / "voice.wav", 5, *(speech.UNDERSTOOD, 15.0) * 6, 60)
    server, browser = serve(FREE_WINDOW_S=600), browse(sound)
    candidate = Candidate(browser.new_context(), server)
    page, seen = candidate.page, {}
    schemes: list[Literal["light", "dark"]] = ["light", "dark"]

    def check(name: str) -> None:
        """All rules in the scheme that is there; then what is painted, in the other one."""
        schemes.reverse()
        for scheme, options in zip(reversed(schemes), (None, CONTRAST), strict=True):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(PAINTED, arg=scheme, timeout=60_000)
            candidate.wait(0.2)
            found = violations(page, options)
            if found:
                candidate.wait(2)  # a chart may still be in the colours of the other scheme
                found = violations(page, options)
            seen[f"{name}, {scheme}"] = found

    def visit(address: str, name: str) -> None:
        page.goto(f"{server.url}/{address}")
        page.locator("[data-testid=stMain] h1, [data-testid=stMain] h2").first.wait_for(timeout=60_000)
        check(name)

    for address in ("", "history", "credits", "preflight", "sample", "sample?report=minute", "shared?token=x"):
        visit(address, address or "start")
    interview_id = candidate.prepare()
    check("plan editor")
    candidate.click("review_invite")
    candidate.click("invite")
    invitation = link(page)
    check("inviting")
    page.keyboard.press("Escape")
    page.goto(f"{page.url}&hud=1")
    candidate.begin()
    candidate.eventually(lambda: "waited" in candidate.captions("candidate"), "an answer was understood")
    page.get_by_role("button", name="Timings").click()
    page.locator(".stage .hud").wait_for(timeout=60_000)
    check("live call with all its figures")
    candidate.click("end_call")
    check("confirming the end")
    candidate.click("confirm_end")
    candidate.reads_back()
    check("readback")
    page.locator("[class*='st-key-correct_'] button").first.click()
    check("correcting")
    candidate.report()
    check("scorecard")
    assert "format_quote" not in page.locator("body").aria_snapshot(), "an icon of Streamlit's is read aloud as a word"
    page.locator("[class*='st-key-review_c'] button").first.click()
    check("overriding")
    page.keyboard.press("Escape")
    candidate.click("review_share")
    candidate.key("share_consent", "label").click()
    candidate.click("share")
    shared = link(page)
    check("sharing")
    page.keyboard.press("Escape")
    page.get_by_text("Letter to the candidate").click()
    check("letter")
    twin(server, interview_id)
    visit(f"shared?token={shared}", "shared report")
    visit(f"invited?token={invitation}", "invitation")
    visit("history", "history with interviews")
    page.locator("[class*='st-key-compare_'] button").click()
    page.wait_for_url("**/compare?plan=*")
    page.get_by_text("Same plan, same questions").wait_for(timeout=60_000)
    check("compare")
    later = "2099-01-01 00:00:00.000000"
    becomes(server, interview_id, status="analyzing", report=None, lease_until=later, failure_reason=None)
    page.goto(f"{server.url}/report?id={interview_id}")
    page.get_by_text("Your report is being made").wait_for(timeout=60_000)
    check("analysis")
    becomes(server, interview_id, failure_reason="It could not be made this time.")
    page.goto(f"{server.url}/report?id={interview_id}")
    candidate.key("retry_report").first.wait_for(timeout=60_000)
    check("stuck analysis")
    becomes(server, interview_id, status="failed", failure_reason="The voice broke down.")
    page.goto(f"{server.url}/report?id={interview_id}")
    page.get_by_text("This interview did not finish").wait_for(timeout=60_000)
    check("failed")
    page.goto(f"{server.url}/sample")
    candidate.click("watch_sample")
    page.locator('.stage[data-phase="live"]').wait_for(timeout=60_000)
    check("sample being watched")

    assert "\n".join(f"{name}: {one}" for name, found in seen.items() for one in found) == ""
