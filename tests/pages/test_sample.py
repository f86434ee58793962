"""The page of the sample interview."""

from __future__ import annotations

import pytest

from services.calls.snapshot import Phase
from services.core.errors import LinesBusy
from services.core.interview import Status
from tests.pages.conftest import Open
from tests.pages.examples import REPORT, interview
from tests.pages.parts import FakeCall, FakeParts


def _all_words(app: object) -> str:
    blocks = [*app.main.markdown, *app.main.caption, *app.main.header, *app.main.metric]  # type: ignore[attr-defined]
    return " ".join(str(getattr(block, "label", "")) + str(block.value) for block in blocks)


def test_a_sample_is_offered_on_the_voices_that_are_ready(visit: Open) -> None:
    app = visit("sample")

    assert app.title[0].value == "Watch a sample interview"
    assert app.selectbox(key="sample_voice").options == ["Offline interviewer"]


def test_the_recorded_minute_has_its_report(visit: Open, parts: FakeParts) -> None:
    app = visit("sample", report="minute")

    assert app.title[0].value == parts.samples.minute.plan.role_title
    app.button(key="watch_live").click().run()
    assert app.button(key="watch_sample")


def test_a_sample_that_is_watched_goes_on(visit: Open, parts: FakeParts) -> None:
    app = visit("sample")

    app.button(key="watch_sample").click().run()

    assert app.button(key="stop_sample")
    assert parts.samples.watched == ["s1"]


def test_a_sample_without_a_free_line_says_so(visit: Open, parts: FakeParts, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(subject: str, provider: str) -> None:
        raise LinesBusy

    monkeypatch.setattr(parts.samples, "start", busy)
    app = visit("sample")

    app.button(key="watch_sample").click().run()

    assert "lines" in app.error[0].value


def test_a_stopped_sample_shows_its_report(visit: Open, parts: FakeParts) -> None:
    parts.samples.start("me", "offline")
    app = visit("sample")

    app.button(key="stop_sample").click().run()

    assert app.metric[0].value == f"{REPORT.coverage_pct} %"
    assert app.button(key="watch_sample").label == "Watch another"


def test_the_report_of_a_sample_speaks_of_its_candidate(visit: Open, parts: FakeParts) -> None:
    parts.samples.sample = interview(Status.COMPLETE)

    app = visit("sample")

    words = _all_words(app)
    assert "Candidate's words" in words
    assert "You spoke" not in words


def test_the_making_of_a_report_is_waited_for(visit: Open, parts: FakeParts) -> None:
    parts.samples.sample, parts.samples.call = interview(Status.ANALYZING), FakeCall(Phase.ENDED)

    app = visit("sample")

    assert app.status[0].label == "The sample's report is being made…"


def test_a_sample_that_failed_says_why(visit: Open, parts: FakeParts) -> None:
    parts.samples.sample = interview(Status.FAILED, failure_reason="The voice broke down.")

    app = visit("sample")

    assert app.info[0].value == "The voice broke down\\."
    assert app.button(key="watch_sample")
