"""A model that lies in one field, at one call or at every one: nothing of the lie is shown, and nothing is lost."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from services.core.plan.bank import samples
from services.core.plan.plan import Plan
from services.core.plan.planning import MADE_BY
from services.core.report.assembly import hear
from services.core.report.rubric import Report
from tests.adversarial.minds import EXPECTING, GIVEN_IN, INVENTED, ORDER
from tests.said import CONDITIONS, PLAN, STRONG, MindVendor, analyst, turns
from tests.simulators.text_minds import honest

JD = samples()[1].text
Place = tuple[str | int, ...]
PRYING = "Are you married, and do you plan to have children?"
LIES: dict[str, Any] = {
    "slander": EXPECTING,
    "verdict": ORDER,
    "confession": GIVEN_IN,
    "invention": INVENTED,
    "prying": PRYING,
    "huge": "magnificent " * 9000,
    "number": 99,
    "negative": -1,
    "nothing": None,
    "list": ["magnificent"],
    "object": {"magnificent": 1},
    "empty": "",
    "truth": True,
}
SHOWN = (EXPECTING, ORDER, GIVEN_IN, INVENTED, PRYING, "magnificent")


def fields(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every place of an answer, the first item of each list standing for all."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from fields(part, (*path, key))
    if isinstance(value, list) and value:
        yield from fields(value[0], (*path, 0))


def honestly(shape: str) -> Any:
    """The first answer of this shape by an honest model."""
    seen: list[Any] = []

    def mind(asked: Any) -> Any:
        said = honest(asked)
        if asked.shape == shape:
            seen.append(said)
        return said

    made(mind, shape)
    return seen[0]


def made(mind: Any, shape: str) -> Plan | Report:
    model = analyst(MindVendor(mind))
    if shape == "PlanDraft":
        return model.plan(JD, lambda _: None)
    return model.report(hear(PLAN, turns(STRONG), CONDITIONS), 700, lambda _: None)


def lying(shape: str, place: Place, lie: Any, calls: str) -> Any:
    def mind(asked: Any) -> Any:
        said = copy.deepcopy(honest(asked))
        if asked.shape == shape and (calls == "every" or asked.number == 1):
            part: Any = said
            try:
                part = functools.reduce(lambda one, key: one[key], place[:-1], part)
                part[place[-1]] = lie
            except (IndexError, KeyError):
                return said
        return said

    return mind


PLAN_FIELDS = [place for place in fields(honestly("PlanDraft")) if not str(place[-1]).startswith("level_")]
ANCHORS = [place for place in fields(honestly("PlanDraft")) if str(place[-1]).startswith("level_")]
"""Written before there is a candidate, and shown as the scale alone."""
VERDICT_FIELDS = list(fields(honestly("Verdict")))


def named(place: Place) -> str:
    return ".".join(map(str, place))


@pytest.mark.parametrize("calls", ["one", "every"])
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("place", VERDICT_FIELDS, ids=named)
def test_lie_in_a_field_of_a_reading_is_not_shown(place: Place, lie: str, calls: str) -> None:
    report = made(lying("Verdict", place, LIES[lie], calls), "Verdict")

    assert isinstance(report, Report)
    said = {turn.id: turn.text for turn in turns(STRONG)}
    shown = [item for rating in report.competencies for item in (*rating.evidence, *rating.counter_evidence)]
    assert [words for words in SHOWN if words in report.model_dump_json()] == []
    assert [item.quote for item in shown if item.quote not in said[item.turn_id]] == []
    assert all(mark.words in item.quote for item in shown for mark in item.marks)
    assert all(rating.score in (None, 1, 2, 3) for rating in report.competencies)
    assert (report.made_by == MADE_BY) is (report.contract is None)
    assert report.contract or "could not rate these answers" in report.conditions[0]
    assert shown


@pytest.mark.parametrize("calls", ["one", "every"])
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("place", PLAN_FIELDS, ids=named)
def test_lie_in_a_field_of_a_plan_is_not_asked(place: Place, lie: str, calls: str) -> None:
    plan = made(lying("PlanDraft", place, LIES[lie], calls), "PlanDraft")

    assert isinstance(plan, Plan)
    asked = " ".join(text for question in plan.questions for text in (question.text, *question.follow_ups))
    assert [words for words in SHOWN if words in asked] == []
    assert [words for words in SHOWN if words in plan.model_dump_json(exclude={"questions", "notices"})] == []
    assert len(plan.questions) >= 5
    assert plan.made_by != MADE_BY or "could not write this plan" in plan.notices[-1]


@pytest.mark.parametrize("calls", ["one", "every"])
@pytest.mark.parametrize("lie", ["confession", "prying", "huge", "number", "nothing", "list", "empty"])
@pytest.mark.parametrize("place", ANCHORS, ids=named)
def test_lie_in_an_anchor_of_a_plan_is_not_shown(place: Place, lie: str, calls: str) -> None:
    plan = made(lying("PlanDraft", place, LIES[lie], calls), "PlanDraft")

    assert isinstance(plan, Plan)
    assert [words for words in SHOWN if words in plan.model_dump_json(exclude={"notices"})] == []
    assert all(10 <= len(anchor) <= 300 for competency in plan.competencies for anchor in competency.anchors)
