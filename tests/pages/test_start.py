"""The start page."""

from __future__ import annotations

import pytest

from services.core.interview import Status
from services.core.samples import SAMPLES
from tests.pages.conftest import Open
from tests.pages.examples import interview
from tests.pages.parts import FakeParts


def _words(app: object) -> str:
    return " ".join(str(block.value) for block in app.main.markdown)  # type: ignore[attr-defined]


def test_start_says_what_an_interview_costs(visit: Open) -> None:
    app = visit()

    assert app.title[0].value == "A phone screen for your next role"
    assert "**Free until 2:00**, then 15 credits, once. You have **60 credits**." in _words(app)


def test_a_sample_fills_the_job_description(visit: Open) -> None:
    app = visit()

    app.button_group(key="job_preset").select(SAMPLES[1].key).run()

    assert app.text_area(key="job_description").value == SAMPLES[1].text


def test_the_first_ready_voice_is_chosen(visit: Open) -> None:
    app = visit()

    assert app.radio(key="provider").value == "offline"


def test_a_voice_without_its_key_cannot_be_prepared(visit: Open) -> None:
    app = visit()

    app.radio(key="provider").set_value("openai").run()

    assert "Set its API key" in _words(app).replace("\\", "")
    assert app.button(key="prepare").disabled


def test_preparing_without_consent_is_refused(visit: Open) -> None:
    app = visit()

    app.button(key="prepare").click().run()

    assert "tick the consent box" in app.error[0].value


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
    monkeypatch.setattr(parts.identity, "subject", lambda cookie: None)

    app = visit()

    assert "needs one cookie" in app.warning[0].value
