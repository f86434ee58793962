"""The page lives as long as the call, whatever happens to its microphone, its network and its screen."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.browser.candidate import Candidate
from tests.browser.conftest import Server

WATCHED = """
const Source = window.EventSource;
window.sources = [];
window.EventSource = class extends Source { constructor(...args) { super(...args); window.sources.push(this); } };
window.locks = [];
const release = async () => window.locks.pop();
navigator.wakeLock.request = async (kind) => { window.locks.push(kind); return { release }; };
window.hide = (hidden) => {
  Object.defineProperty(document, "visibilityState", { value: hidden ? "hidden" : "visible", configurable: true });
  if (hidden) window.locks = [];
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""`hide`: as if another tab was shown, which takes the lock away."""
TRACK = """document.querySelector(".st-key-line iframe").contentWindow.lineConnections.at(-1)
  .getSenders().find(({ track }) => track?.kind === "audio").track"""
UNPLUG = f"""() => {{ const track = {TRACK}; track.stop(); track.dispatchEvent(new Event("ended")); }}"""


def began(visitor: BrowserContext, house: Server) -> Candidate:
    candidate = Candidate(visitor, house)
    candidate.page.add_init_script(WATCHED)
    candidate.prepare()
    candidate.begin()
    candidate.eventually(lambda: candidate.captions("ema"), "Ema's first words")
    return candidate


def test_the_screen_stays_on_for_as_long_as_the_call(house: Server, visitor: BrowserContext) -> None:
    candidate = began(visitor, house)
    page = candidate.page
    at_first = page.evaluate("window.locks")
    page.evaluate("window.hide(true)")
    hidden = page.evaluate("window.locks")
    page.evaluate("window.hide(false)")
    back = page.evaluate("window.locks")
    candidate.end()

    assert (at_first, hidden, back) == (["screen"], [], ["screen"])
    candidate.eventually(lambda: page.evaluate("window.locks") == [], "the lock given back")


def test_an_unplugged_microphone_is_named_and_another_can_be_chosen(house: Server, visitor: BrowserContext) -> None:
    candidate = began(visitor, house)
    expect(candidate.page.locator(".device-list option")).not_to_have_count(0, timeout=15_000)
    candidate.page.evaluate(UNPLUG)

    expect(candidate.page.locator(".notice.device")).to_contain_text("disconnected or its permission withdrawn")
    expect(candidate.page.locator(".device-list")).to_be_focused()
    expect(candidate.page.locator(".device-list")).to_have_value("")
    candidate.page.locator(".device-list").select_option(index=1)

    expect(candidate.page.locator(".notice.device")).to_be_hidden()
    assert candidate.page.evaluate(f"{TRACK}.readyState") == "live"


def test_back_from_a_report_does_not_lead_to_the_report(house: Server, visitor: BrowserContext) -> None:
    candidate = began(visitor, house)
    candidate.end()
    candidate.report()
    candidate.page.go_back()

    expect(candidate.page.get_by_text("This interview is over.")).to_be_visible(timeout=30_000)
    candidate.page.get_by_role("link", name="Open its report").click()
    candidate.report()


def test_captions_come_back_by_themselves_after_a_time_without_http(house: Server, visitor: BrowserContext) -> None:
    candidate = began(visitor, house)
    candidate.page.route("**/live", lambda route: route.abort())
    candidate.page.evaluate("window.sources.at(-1).onerror()")
    expect(candidate.page.locator(".phase")).to_contain_text("No contact with the server", timeout=60_000)
    candidate.page.unroute("**/live")

    expect(candidate.page.locator(".phase")).not_to_contain_text("No contact with the server", timeout=60_000)
    candidate.answer("I read the query plan first.")
    candidate.eventually(lambda: "query plan" in candidate.captions("candidate"), "what was typed afterwards")
