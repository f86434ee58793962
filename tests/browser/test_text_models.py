"""Plans and reports of text models in a browser: with one vendor's key alone, when a model fails, and in two tabs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from services.core.plan.bank import samples
from tests import speech
from tests.browser.candidate import Candidate, entries, microphone, row
from tests.browser.conftest import Browse, Serve, launch
from tests.browser.test_vendors import Wire, kept
from tests.simulators.text_minds import honest
from tests.simulators.text_models import MODELS, TextModelSimulator
from tests.simulators.text_weather import Weather, at, either, on

LABELS = {"gemini": "Gemini (gemini-3.8-flash)", "openai": "OpenAI (gpt-6.1-terra)", "xai": "xAI (grok-4.6)"}
TYPED = (
    "I ran the PostgreSQL cluster of our ticket shop, where one report took forty seconds. I found a scan over eleven"
    " million rows and added a partial index; after that it took 300 milliseconds, at the cost of slower inserts. Only"
    " the zeppelin hangar near Oslo never got its marmalade back."
)
NEVER_QUOTED = b"zeppelin"
"""The simulated models quote the beginning of an answer."""


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all candidates who type; each has a context of their own."""
    launched = launch(playwright, microphone(tmp_path_factory.mktemp("silence") / "silence.wav", 60))
    yield launched
    launched.close()


def rating_after(seen: threading.Event) -> Callable[[Any], Any]:
    """An honest model that rates nothing before somebody has seen that it is at it."""

    def mind(asked: Any) -> Any:
        if asked.shape == "Verdict":
            seen.wait(30)
        return honest(asked)

    return mind


def prepare(candidate: Candidate) -> tuple[str, str]:
    """With the offline voice, although the model's key opens a better one; the interview's id and the page's words."""
    page = candidate.page
    page.goto(candidate.server.url)
    candidate.key("provider").get_by_text("Offline interviewer").click()
    candidate.key("job_description", "textarea").fill(samples()[2].text)
    page.keyboard.press("Control+Enter")
    candidate.key("consent", "label").click()
    candidate.click("prepare")
    candidate.key("begin", "button").wait_for(timeout=60_000)
    return re.search(r"id=(\w+)", page.url)[1], main(candidate)  # type: ignore[index]


def main(candidate: Candidate) -> str:
    return candidate.page.locator("[data-testid=stMain]").inner_text()


def type_one_answer(candidate: Candidate) -> None:
    candidate.page.locator(".question .number").filter(has_text="Question 1 of").wait_for(timeout=60_000)
    candidate.answer(TYPED)
    candidate.eventually(lambda: TYPED[:40] in candidate.captions("candidate"), "the answer is shown")


def see_the_rating(candidate: Candidate) -> None:
    candidate.page.get_by_text("Rating the answers").first.wait_for(timeout=60_000)


def quotes_of(report: Any) -> list[str]:
    return [quote["quote"] for rating in report["competencies"] for quote in rating["evidence"]]


def test_one_key_writes_plan_and_report(serve: Serve, browser: Browser) -> None:
    vendor, seen = "gemini", threading.Event()
    with TextModelSimulator(vendor, mind=rating_after(seen)) as sim:
        server = serve(READBACK_WAIT_S=0, **sim.environment)
        candidate = Candidate(browser.new_context(), server)
        wire = Wire(candidate.page)
        interview_id, plan = prepare(candidate)
        candidate.begin()
        type_one_answer(candidate)
        candidate.end()
        see_the_rating(candidate)
        seen.set()
        words = candidate.report()
        candidate.page.get_by_text("How this report was made").click()
        candidate.page.get_by_text(f"The plan took 1 request to {MODELS[vendor]}").wait_for(timeout=60_000)
        kept_row, sent = row(server, interview_id), wire.everything()
        server.stop()

    report = json.loads(kept_row["report"])
    assert f"Plan made by: {LABELS[vendor]}." in plan
    assert "Which project of yours comes closest to" in plan
    assert f"read by: {LABELS[vendor]}, 3 independent readings" in words
    assert (kept_row["provider"], sim.invalid) == ("offline", [])
    assert sim.shapes() == ["PlanDraft", *["Verdict"] * 3]
    assert [rating["score"] for rating in report["competencies"]] == [3, None, None, None]
    assert quotes_of(report)
    assert all(quote in TYPED and quote in words for quote in quotes_of(report))
    assert Decimal(json.loads(kept_row["plan"])["bill"]["cost_usd"]) > 0
    assert sim.api_key.encode() not in sent + kept(server)
    assert NEVER_QUOTED not in kept(server)


@pytest.mark.parametrize(
    ("weather", "on_plan", "on_report"),
    [
        (
            either(on("PlanDraft", "no_credit"), at(3, "bad_key")),
            f"{LABELS['openai']} could not write this plan because its account has no credit left; the offline rules",
            f"{LABELS['openai']} could not rate these answers because its API key was not accepted; there is no level",
        ),
        (
            on("Verdict", "refusal"),
            f"Plan made by: {LABELS['openai']}.",
            f"{LABELS['openai']} could not rate these answers because its safety filter stopped",
        ),
    ],
    ids=["plan and second reading", "every reading"],
)
def test_failing_model_is_stated_and_loses_nothing(
    weather: Weather, on_plan: str, on_report: str, serve: Serve, browser: Browser
) -> None:
    with TextModelSimulator("openai", weather=weather) as sim:
        server = serve(READBACK_WAIT_S=0, FREE_WINDOW_S=2, **sim.environment)
        candidate = Candidate(browser.new_context(), server)
        interview_id, plan = prepare(candidate)
        candidate.begin()
        type_one_answer(candidate)
        candidate.eventually(lambda: row(server, interview_id)["charge_committed_at"], "the charge")
        candidate.end()
        words = candidate.report()

    kept_row = row(server, interview_id)
    assert on_plan in plan
    assert on_report in words
    assert (kept_row["status"], kept_row["failure_reason"]) == ("complete", None)
    assert any(quote in words for quote in quotes_of(json.loads(kept_row["report"])))
    assert entries(server, interview_id) == [60, -15]


def test_two_tabs_read_back_and_analyse_once(serve: Serve, browse: Browse, tmp_path: Any) -> None:
    seen = threading.Event()
    sound = microphone(tmp_path / "spoken.wav", 7, *(speech.UNDERSTOOD, 15.0) * 8, 60)
    with TextModelSimulator("openai", mind=rating_after(seen)) as sim:
        server = serve(FREE_WINDOW_S=600, **sim.environment)
        tab = Candidate(browse(sound).new_context(), server)
        interview_id, _ = prepare(tab)
        tab.begin()
        tab.eventually(tab.understood, "the spoken answer has words")
        type_one_answer(tab)
        tab.end()
        tab.reads_back()

        other = Candidate(tab.page.context, server)
        other.page.goto(tab.page.url)
        other.reads_back()
        tab.click("make_report")
        for each in (tab, other):
            see_the_rating(each)
        seen.set()
        reports = [each.report() for each in (tab, other)]

    summary = json.loads(row(server, interview_id)["report"])["summary"]
    assert [summary in words for words in reports] == [True, True]
    assert sim.shapes().count("Verdict") == 3
