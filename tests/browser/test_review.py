"""From recognised words to a reviewed report in a real browser: corrected, rendered twice, overridden, disputed."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from tests import speech
from tests.browser.candidate import Candidate, microphone, row
from tests.browser.conftest import Browse, Serve
from tests.browser.test_interview import JOB
from tests.browser.test_lifecycle import SECRET_SENTENCE

MEANT = "I ran PostgreSQL. I added an index, because one query was slow: nine seconds became forty milliseconds."
"""Not longer than what a correction of three recognised words may be."""
GENERALITIES = " ".join(
    ["People should talk to each other, and it is good when they do, whatever the day brings and wherever they sit."]
    * 4
)
"""Nothing to quote, and enough of it that a quote from what was corrected is no more than a third of what was said."""
REASON = "The numbers were shown to me on a dashboard."
NOTE = "The recogniser turned rows into roads."


def test_words_are_corrected_then_reviewed(serve: Serve, browse: Browse, tmp_path: Path) -> None:
    sound = microphone(tmp_path / "answers.wav", 9, *(speech.UNDERSTOOD, 20.0) * 8, 30)
    server, browser = serve(FREE_WINDOW_S=600), browse(sound)
    candidate = Candidate(browser.new_context(accept_downloads=True), server)
    interview_id = candidate.prepare(JOB)
    candidate.begin()
    candidate.eventually(lambda: "waited" in candidate.captions("candidate"), "an answer was understood")
    candidate.wait(3)
    candidate.answer(f"{SECRET_SENTENCE} {GENERALITIES}")
    candidate.eventually(lambda: "zeppelin" in candidate.captions("candidate"), "the typed answer is shown")
    candidate.end()

    candidate.reads_back()
    said = candidate.page.locator("[class*='st-key-said_']").filter(has=candidate.page.get_by_text("This is wrong"))
    turn_id = (said.last.get_attribute("class") or "").split("st-key-said_")[1].split()[0]
    candidate.click(f"correct_{turn_id}")
    candidate.key(f"correction_{turn_id}", "textarea").fill(MEANT)
    candidate.click("save_correction")
    expect(candidate.page.get_by_text("corrected by you")).to_be_visible(timeout=60_000)
    candidate.page.reload()
    expect(candidate.page.get_by_text("corrected by you")).to_be_visible(timeout=60_000)
    scorecard = candidate.report()

    quotes = [
        quote
        for rating in json.loads(row(server, interview_id)["report"])["competencies"]
        for quote in rating["evidence"]
        if quote["recognised"]
    ]
    assert quotes
    assert all(quote["quote"] in MEANT and quote["quote"] in scorecard for quote in quotes)
    assert "Corrected by the candidate; the recogniser wrote" in scorecard

    rated = quotes[0]
    competency = candidate.page.locator("[class*='st-key-review_c']").first
    competency.get_by_role("button").click()
    candidate.page.get_by_label("Why", exact=True).fill(REASON)
    candidate.page.get_by_role("button", name="Save", exact=True).click()
    expect(candidate.page.get_by_text(REASON)).to_be_visible(timeout=60_000)
    candidate.page.keyboard.press("Escape")
    candidate.page.get_by_text("Letter to the candidate").click()
    expect(candidate.page.get_by_text("compares you with nobody")).to_be_visible(timeout=60_000)
    assert rated["quote"] in candidate.page.locator("[data-testid=stMain]").inner_text()
    candidate.page.get_by_label("Your note").fill(NOTE)
    candidate.page.get_by_role("button", name="Add my note").click()
    expect(candidate.page.locator("p", has_text=NOTE)).to_be_visible(timeout=60_000)

    address = candidate.page.get_by_role("link", name="Download as JSON").get_attribute("href")
    written = candidate.page.request.get(f"{server.url}{address}").json()
    assert [item["reason"] for item in written["review"]["overrides"]] == [REASON]
    assert [item["note"] for item in written["review"]["disputes"]] == [NOTE]

    server.stop()
    kept = [server.log, *(path for path in server.var.rglob("*") if path.is_file())]
    assert [path.name for path in kept if b"zeppelin" in path.read_bytes()] == []
    assert [path.name for path in kept if MEANT.encode() in path.read_bytes()] == []
