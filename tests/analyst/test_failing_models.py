"""A text model that fails at any one call of plan and report, in any way: each time a stated outcome, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.core.plan.bank import samples
from services.core.plan.plan import Plan
from services.core.plan.planning import MADE_BY
from services.core.report.assembly import hear
from services.core.report.readings import RUNS
from services.core.report.rubric import Report
from services.vendors.text import PASSING, Completion, ModelFailed, Trouble, usage
from tests.said import CONDITIONS, PLAN, STRONG, MindVendor, analyst, turns

READINGS = RUNS * len(PLAN.competencies)
STEPS = {1: "plan", **dict.fromkeys(range(2, READINGS + 2), "reading")}
"""Of each call: the plan, and the readings of its answers."""
LASTING = [Trouble.KEY, Trouble.ACCESS, Trouble.CREDIT, Trouble.MODEL, Trouble.REQUEST, Trouble.SAFETY]
UNUSABLE = ["no json", '{"sentences": [', "{}", "", Completion("", usage(), cut=True)]
MENDED = "no trace"
FALLBACK = {
    "plan": "could not write this plan",
    "reading": "could not rate these answers",
    "lost": "independent readings failed",
}


class Failing(MindVendor):
    """Fails at the calls for which `at` holds."""

    def __init__(self, at: Callable[[int], bool], way: Trouble | str | Completion) -> None:
        super().__init__()
        self.at, self.way, self.calls = at, way, 0

    def complete(self, *request: Any) -> Completion:
        reply = super().complete(*request)
        with self.lock:
            self.calls += 1
            fails = self.at(self.calls)
        if not fails:
            return reply
        if isinstance(self.way, Trouble):
            raise ModelFailed(self.way, self.label)
        return self.way if isinstance(self.way, Completion) else Completion(self.way, reply.usage)


def made(vendor: Failing) -> tuple[Plan, Report]:
    model = analyst(vendor)
    plan = model.plan(samples()[0].text, lambda _: None)
    return plan, model.report(hear(PLAN, turns(STRONG), CONDITIONS), 700, lambda _: None)


def said(plan: Plan, report: Report) -> list[str]:
    """The steps whose failure is stated."""
    told = " ".join((*plan.notices, *report.conditions))
    return [step for step, sentence in FALLBACK.items() if sentence in told]


def test_every_step_is_in_the_table() -> None:
    vendor = Failing(lambda call: False, "")

    plan, report = made(vendor)

    assert vendor.calls == len(STEPS)
    assert said(plan, report) == []


@pytest.mark.parametrize("way", [*sorted(PASSING), *UNUSABLE], ids=str)
@pytest.mark.parametrize("call", STEPS)
def test_passing_trouble_or_a_bad_answer_is_mended(call: int, way: Trouble | str | Completion) -> None:
    plan, report = made(Failing(lambda at: at == call, way))

    assert said(plan, report) == []
    assert plan.made_by != MADE_BY
    assert [rating.score for rating in report.competencies] == [3, 3, 3]
    assert plan.bill is not None
    assert report.contract is not None
    assert plan.bill.requests + report.contract.requests == len(STEPS) + 1


@pytest.mark.parametrize("way", LASTING, ids=str)
@pytest.mark.parametrize(("call", "step"), STEPS.items())
def test_lasting_trouble_at_one_call_is_stated(call: int, step: str, way: Trouble) -> None:
    plan, report = made(Failing(lambda at: at == call, way))

    assert said(plan, report) == [step]
    assert (plan.made_by == MADE_BY, report.made_by == MADE_BY) == (step == "plan", step == "reading")
    assert all(bool(rating.score) is (report.made_by != MADE_BY) for rating in report.competencies)
    assert all(rating.evidence for rating in report.competencies)
    assert plan.bill is not None
    assert report.bill is not None


@pytest.mark.parametrize(
    "way", [*sorted(PASSING), Trouble.CREDIT, "no json", Completion("", usage(), cut=True)], ids=str
)
@pytest.mark.parametrize("call", STEPS)
def test_model_that_is_gone_from_a_call_on_is_stated(call: int, way: Trouble | str | Completion) -> None:
    plan, report = made(Failing(lambda at: at >= call, way))

    assert said(plan, report)
    assert (plan.made_by == MADE_BY) is (call == 1)
    assert all(bool(rating.score) is (report.made_by != MADE_BY) for rating in report.competencies)
    assert all(rating.evidence for rating in report.competencies)
