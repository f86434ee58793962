"""Whole interviews in a real browser, against the real app, with a microphone that plays real speech."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from tests import speech
from tests.browser.candidate import Candidate, entries, microphone, row
from tests.browser.conftest import Anybody, Browse, Serve, Server
from tests.browser.keyboard import Keyboard

JOB = """Senior Database Engineer. You will run our PostgreSQL databases in production and make slow queries fast.
You will design schema migrations without downtime, plan backups and restores, and look after replication.
You have five years of experience with relational databases, indexing and query plans. SQL is your daily tool."""
SPOKEN = (
    "I was responsible for the database. The query was slow because the table was very large. I added an index to the "
    "table, and I measured the time of the query. After that the query was ten times faster. The problem was that the "
    "index needed a lot of memory."
)
"""Says of its subject what the small recogniser understands."""
TYPED = (
    "I led the move of our billing service from MySQL to PostgreSQL. I measured p99 latency before and after; it fell "
    "from 900 ms to 120 ms. The trade-off was two weeks of dual writes, because a rollback had to stay possible.",
    "I designed the queue before billing. When a consumer failed twice we saw duplicate events, so I added "
    "idempotency keys, and the duplicates went from 3 % to zero. Instead of Kafka we chose RabbitMQ to keep it simple.",
)


CHOSEN = """() => [
  "[data-testid=stRadioOption]:has(input:checked) > div > div", ".st-key-consent label:has(input:checked) > span + div",
  ".st-key-pace [aria-checked=true]",
].map((place) => {
  const at = document.querySelector(place), { backgroundColor } = at ? getComputedStyle(at) : document.body.style;
  return Boolean(at) && backgroundColor !== getComputedStyle(document.body).backgroundColor;
})"""
"""Whether the voice, the consent and the pace look chosen."""


FOCUSED = "name => document.activeElement.innerText.endsWith(name)"


def leads(page: Page, here: str, there: str) -> bool:
    """Presses what has the focus, again where that came to nothing, as a person would, until the focus went on."""
    if here and page.evaluate(FOCUSED, here):
        page.keyboard.press("Enter")
        page.wait_for_timeout(1500)
    return bool(page.evaluate(FOCUSED, there))


def shown(candidate: Candidate, text: str) -> bool:
    return text[:40] in candidate.captions("candidate")


def test_spoken_interview_reaches_a_report_with_quotes(serve: Serve, browse: Browse, tmp_path: Path) -> None:
    sound = microphone(tmp_path / "answers.wav", 9, speech.UNDERSTOOD, *(20, SPOKEN) * 5, 60)
    server, browser = serve(FREE_WINDOW_S=600), browse(sound)
    candidate = Candidate(browser.new_context(), server)
    interview_id = candidate.prepare(JOB)

    candidate.begin()
    candidate.eventually(lambda: candidate.energy() > 0, "Ema is heard")
    candidate.eventually(lambda: "AI" in candidate.captions("ema"), "her caption says that she is an AI")
    candidate.eventually(candidate.understood, "words of the candidate")
    candidate.eventually(lambda: len(candidate.captions("candidate").split()) > 90, "two long answers were heard")
    candidate.wait(6)
    candidate.end()
    words = candidate.report()

    report = json.loads(row(server, interview_id)["report"])
    quotes = [evidence["quote"] for rating in report["competencies"] for evidence in rating["evidence"]]
    assert quotes
    assert quotes[0] in words
    assert entries(server, interview_id)[1:] == []


def test_an_interview_by_keyboard_alone_is_quoted(house: Server, anybody: Anybody) -> None:
    """At 200 % zoom and with forced colours; each control is found by its name, and shows that it has the focus."""
    zoomed = anybody(viewport={"width": 640, "height": 400}, device_scale_factor=2, forced_colors="active")
    candidate = Candidate(zoomed, house)
    page, keys = candidate.page, Keyboard(candidate.page)
    page.goto(house.url)
    candidate.key("prepare", "button").wait_for(timeout=60_000)

    keys.type("Job description", JOB)
    keys.press("I have read this and agree", "Space")
    page.wait_for_function(f"({CHOSEN})().every(Boolean)", timeout=60_000)
    keys.press("Prepare my interview")
    candidate.key("begin", "button").wait_for(timeout=60_000)
    interview_id = page.url.partition("id=")[2]
    keys.press("Begin the interview")
    page.locator('.stage[data-phase="live"]').wait_for(timeout=60_000)
    for text in TYPED:
        candidate.eventually(lambda: candidate.ema() == "listening", "it is the candidate's turn")
        keys.type("Type an answer", text)
        page.keyboard.press("Enter")
        candidate.eventually(partial(shown, candidate, text), "the answer is shown")
        candidate.wait(1)
    assert page.get_by_role("heading", name="The call with Ema", level=1).count() == 1
    keys.press("End the interview")
    for here, there in (
        ("", "Keep talking"),
        ("Keep talking", "End the interview"),
        ("End the interview", "Keep talking"),
    ):
        candidate.eventually(partial(leads, page, here, there), f"the focus is on {there!r}")
    keys.press("Yes, end it")
    candidate.report()

    report = json.loads(row(house, interview_id)["report"])
    assert [evidence["quote"] for rating in report["competencies"] for evidence in rating["evidence"]]
