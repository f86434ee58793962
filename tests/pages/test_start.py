"""The start page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from streamlit import dataframe_util

from pages.parts import opening
from services.core import ledger
from services.core.interview import Status
from services.core.plan.bank import samples
from services.core.plan.planning import MADE_BY
from services.observe.estimate import MinutePrice
from services.vendors.base import Check
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, interview
from tests.pages.parts import FakeParts, FakeVoice


def _words(app: object) -> str:
    return " ".join(str(block.value) for block in app.main.markdown)  # type: ignore[attr-defined]


def test_start_says_what_an_interview_costs(visit: Open) -> None:
    app = visit()

    assert app.title[0].value == "A phone screen for your next role"
    assert "**Free until 2:00**, then 15 credits, once. You have **60 credits**." in _words(app)


def test_a_sample_fills_the_job_description(visit: Open) -> None:
    app = visit()

    app.button_group(key="job_preset").select(samples()[1].key).run()

    assert app.text_area(key="job_description").value == samples()[1].text


def test_the_first_ready_voice_is_chosen(visit: Open) -> None:
    app = visit()

    assert app.radio(key="provider").value == "offline"


def test_a_voice_without_its_key_says_how_to_switch_it_on(visit: Open) -> None:
    app = visit()

    assert app.radio(key="provider").options == ["Offline interviewer"]
    assert "Set its API key" in _words(app).replace("\\", "")


def test_nothing_can_be_prepared_without_a_voice(visit: Open, parts: FakeParts) -> None:
    del parts.providers["offline"]

    app = visit()

    assert app.button(key="prepare").disabled
    assert "No voice is set up" in _words(app)


def test_too_few_credits_say_what_to_do_before_the_click(visit: Open, parts: FakeParts) -> None:
    parts.interviews.entries.append(ledger.debit("i1", 50, BEGAN))

    app = visit()

    assert app.button(key="prepare").disabled
    assert "you have 10. Ask whoever runs this server" in app.warning[0].value


def test_the_opening_has_the_headline_of_the_page(visit: Open) -> None:
    app = visit()

    assert app.title[0].value in opening.body("/")
    assert app.title[0].value not in opening.body("/history")


def test_the_chosen_voice_tells_its_price_and_who_takes_over(visit: Open, parts: FakeParts) -> None:
    parts.providers["openai"] = FakeVoice("openai", "OpenAI Realtime", ready=True, usd="0.10")
    parts.calls.takeover = [FakeVoice("xai", "xAI", ready=True), parts.providers["offline"]]

    app = visit()

    told = " ".join(caption.value for caption in app.caption)
    assert "flagship · price read on 3 Oct 2026" in told
    assert "In the call: your voice goes to OpenAI Realtime" in told
    assert "Takes over if it fails in the call: xAI, then Offline interviewer." in told


def test_own_interviews_set_the_price_that_is_shown(visit: Open, parts: FakeParts) -> None:
    parts.providers["openai"] = FakeVoice("openai", "OpenAI Realtime", ready=True, usd="0.10")
    parts.prices["openai"] = MinutePrice(Decimal("0.173"), 7, date(2026, 11, 20))

    app = visit()

    assert app.radio(key="provider").proto.captions[0] == "About $0.17 a minute to the operator"
    told = " ".join(caption.value for caption in app.caption)
    assert "price measured in our last 7 interviews, until 20 Nov 2026" in told


def test_what_was_to_stay_here_is_handed_to_nobody(visit: Open) -> None:
    app = visit()

    assert any("no vendor takes over" in caption.value for caption in app.caption)


def test_a_failing_voice_says_why_before_it_is_used(
    visit: Open, parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses() -> Check:
        return Check(ok=False, seconds=0.1, sentence="The key was refused.")

    monkeypatch.setattr(parts.providers["offline"], "check", refuses)

    app = visit()

    assert ":red-badge[:material/close: Trouble]" in _words(app)
    assert "The key was refused" in " ".join(caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("label", "told"),
    [
        (MADE_BY, "written by fixed rules on this server (rule-based, offline)"),
        ("Gemini (flash)", "written by **Gemini \\(flash\\)**, which gets the job description and your answers"),
    ],
)
def test_start_says_who_writes_plan_and_report(visit: Open, parts: FakeParts, label: str, told: str) -> None:
    parts.analyst = SimpleNamespace(label=label)

    app = visit()

    assert any(told in caption.value for caption in app.caption)


def test_preparing_without_consent_is_refused_and_loses_nothing(visit: Open) -> None:
    app = visit()
    app.text_area(key="job_description").set_value("A job")

    app.button(key="prepare").click().run()

    assert "tick the consent box" in app.error[0].value
    assert app.text_area(key="job_description").value == "A job"
    assert not app.status


def test_preparing_leads_to_the_plan(visit: Open, parts: FakeParts) -> None:
    app = visit()
    app.text_area(key="job_description").set_value("A job")
    app.checkbox(key="consent").check()

    app.button(key="prepare").click().run()

    assert parts.interviews.prepared["job_description"] == "A job"
    assert app.query_params["id"] == "i1"
    assert app.title[0].value.startswith("Senior Backend Engineer")


@pytest.mark.parametrize("status", [Status.SETUP, Status.ACTIVE, Status.ANALYZING])
def test_an_open_interview_takes_the_start_page(visit: Open, parts: FakeParts, status: Status) -> None:
    parts.interviews.kept["i1"] = interview(status)

    app = visit()

    assert "You have an open interview" in app.header[0].value


def test_abandoning_frees_the_start_page(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.SETUP)
    app = visit()

    app.button(key="abandon").click().run()

    assert app.button(key="prepare")


def test_a_browser_without_cookies_is_told_how(visit: Open, parts: FakeParts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.identity, "visitor", lambda cookies, address: None)

    app = visit()

    assert "needs one cookie" in app.warning[0].value


def test_nothing_on_the_start_page_may_be_a_table(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find out, Streamlit would load pandas: a second of the first visit, and 80 MB."""
    asked: list[object] = []
    monkeypatch.setattr(dataframe_util, "determine_data_format", asked.append)

    visit()

    assert asked == []
