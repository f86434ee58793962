"""The analyst that needs no key: rules behind the seam."""

from __future__ import annotations

import pytest

from services.analyst.rules import Analyst, OfflineAnalyst
from services.core.errors import JobDescriptionRefused
from services.core.plan.bank import samples
from services.core.report.assembly import hear
from services.core.talk.transcript import Conditions, Speaker, Turn
from tests.clock import Clock


@pytest.fixture
def analyst() -> Analyst:
    return OfflineAnalyst(Clock().now)


def test_plan_reports_its_progress_in_sentences(analyst: Analyst) -> None:
    said: list[str] = []

    plan = analyst.plan(samples()[1].text, said.append)

    assert plan.role_title == "Senior Backend Engineer, Payments"
    assert [sentence.split()[0] for sentence in said] == ["Reading", "Choosing"]


def test_refused_text_makes_no_plan(analyst: Analyst) -> None:
    with pytest.raises(JobDescriptionRefused):
        analyst.plan("too short", lambda _: None)


def test_report_is_stamped_by_the_injected_clock(analyst: Analyst) -> None:
    said: list[str] = []
    plan = analyst.plan(samples()[1].text, said.append)
    turns = (Turn("t1", Speaker.CANDIDATE, "I don't know.", 0, 1000, "q1"),)

    report = analyst.report(hear(plan, turns, Conditions()), 30, said.append)

    assert report.generated_at == "2026-11-21T09:00:00+00:00"
    assert said[-1] == "The report is ready."


def test_wall_clock_is_the_default() -> None:
    plan = OfflineAnalyst().plan(samples()[0].text, lambda _: None)

    report = OfflineAnalyst().report(hear(plan, (), Conditions()), 0, lambda _: None)

    assert report.generated_at.endswith("+00:00")
