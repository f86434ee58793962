"""What a candidate can do to sound and captions in a live call."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.browser.candidate import Candidate
from tests.browser.conftest import Server
from tests.browser.test_accessibility import violations

TRACK = """() => document.querySelector(".st-key-line iframe").contentWindow.lineConnections.at(-1)
  .getSenders().find(({ track }) => track?.kind === "audio").track.enabled"""
UNSURE = """
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (type, heard) {
  const unsure = (data) => JSON.stringify({ ...JSON.parse(data), unsure_words: window.unsure ?? "" });
  listen.call(this, type, (event) =>
    heard(type === "view" ? new MessageEvent(type, { data: unsure(event.data) }) : event));
};
"""
"""As if Ema were unsure of what `window.unsure` says: a snapshot with it reaches the page."""
OPENING = """() => getComputedStyle(document.querySelector("#opening")).visibility"""


def test_the_microphone_is_muted_and_chosen_in_the_call(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    page = candidate.page
    page.add_init_script(UNSURE)
    candidate.prepare()
    candidate.begin()

    expect(page.locator(".device-list option")).not_to_have_count(0, timeout=15_000)
    page.locator(".mute").click()
    muted = page.evaluate(TRACK)
    page.locator(".mute").click()
    page.locator(".larger").click()
    expect(page.locator(".unsure")).to_be_hidden()
    page.evaluate("window.unsure = 'we sharded the <b>ledger</b>'")
    expect(page.locator(".unsure")).to_contain_text(
        "Ema heard: we sharded the <b>ledger</b> She is not sure", timeout=15_000
    )

    assert muted is False
    assert page.evaluate(TRACK) is True
    assert page.locator(".stage[data-larger]").count() == 1
    assert violations(page) == []


def test_the_opening_covers_no_stage(house: Server, visitor: BrowserContext) -> None:
    """The opening knows by headings that a page is there, and sees none inside a stage."""
    candidate = Candidate(visitor, house)
    candidate.prepare()
    candidate.begin()

    assert candidate.page.evaluate(OPENING) == "hidden"


def test_a_long_text_that_is_pasted_is_taken_and_cut(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    candidate.prepare()
    candidate.begin()
    candidate.eventually(lambda: candidate.captions("ema"), "Ema's first words")
    candidate.key("typed_answer", "textarea").click()
    candidate.page.keyboard.insert_text("index " * 758)
    candidate.page.keyboard.press("Enter")

    candidate.eventually(lambda: candidate.captions("candidate").count("index") == 666, "what fits")
    expect(candidate.page.locator(".notice").first).to_contain_text("4,000 characters")


def test_an_answer_said_to_be_over_is_taken_at_once(house: Server, visitor: BrowserContext) -> None:
    candidate = Candidate(visitor, house)
    candidate.prepare()
    candidate.begin()
    expect(candidate.page.locator(".stage[data-ema=listening]")).to_be_visible(timeout=60_000)
    before = candidate.captions("ema")
    candidate.key("done_answering", "button").click()

    candidate.eventually(lambda: candidate.captions("ema").removeprefix(before).strip(), "what she says to it")
