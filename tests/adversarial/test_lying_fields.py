"""A model that lies in one field, at one call or at every one: nothing of the lie is shown, and nothing is lost."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from services.core.plan.bank import bank, samples
from services.core.plan.plan import Plan
from services.core.plan.planning import MADE_BY
from services.core.report.assembly import hear
from services.core.report.follow_ups import follow_ups
from services.core.report.letter import letter
from services.core.report.rubric import Report
from services.core.report.seal import canonical
from services.core.talk.transcript import Conditions, Speaker, Turn
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


PLAN_FIELDS = list(fields(honestly("PlanDraft")))
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


# --- other words for it ----------------------------------------------------------------------------------------------

UNTRUTHS = (
    "Currently going through fertility treatment.",
    "Keeps the fast and cannot work on Saturdays.",
    "Lives alone since the wedding fell through.",
    "Falls short of what this team needs.",
    "Save yourselves the second round.",
    "Would be an outstanding addition to the crew.",
    "A safe pair of hands, worth the top of the band.",
    "Wrote the standard book on this subject.",
    "Once ran the whole booking system of an airline.",
    "Saved the firm eleven million a year.",
    "Led a group of forty on three continents.",
    "Speaks like somebody who learned it late.",
)
"""Private life, verdicts, facts and figures that nobody said."""
BESIDE: dict[str, Any] = {
    "alone": "{lie}",
    "asked": "{bare}?",
    "agreed": "{bare}, right?",
    "before": "{lie} {honest}",
    "behind": "{honest} {lie}",
}
"""How a lie stands in a field that is text: alone, as what looks like a question, and around what was there."""


def told_in(place: Place, lie: str, form: str) -> Any:
    """A mind that is honest but for this lie, in this field and in fields that nobody asked for, at every call."""

    def mind(asked: Any) -> Any:
        said: Any = copy.deepcopy(honest(asked))
        part: Any = said
        if asked.shape == "Verdict" and place in PLAN_FIELDS:
            return said
        try:
            part = functools.reduce(lambda one, key: one[key], place[:-1], part)
            before = part[place[-1]]
        except (IndexError, KeyError, TypeError):
            return said
        text = BESIDE[form].format(lie=lie, bare=lie.rstrip("."), honest=before)
        part[place[-1]] = text if isinstance(before, str) else [text] if isinstance(before, list) else before
        more = dict.fromkeys(("level_1", "level_4", "purpose", "summary", "why_it_matters", "comment"), lie)
        return {**more, **said}

    return mind


def everything_shown(mind: Any) -> tuple[Plan, Report, str]:
    """All that anybody can read after an interview along a model's plan that was rated by the same model."""
    model = analyst(MindVendor(mind))
    plan = model.plan(JD, lambda _: None)
    said = dict(zip((question.id for question in plan.questions), STRONG.values(), strict=False))
    heard = [
        Turn(f"a-{name}", Speaker.CANDIDATE, text, at * 90_000, at * 90_000 + 60_000, name)
        for at, (name, text) in enumerate(said.items())
    ]
    conditions = Conditions(asked_question_ids=tuple(question.id for question in plan.questions))
    report = model.report(hear(plan, heard, conditions), 700, lambda _: None)
    parts = (plan.model_dump_json(), report.model_dump_json(), canonical(report.model_dump(mode="json")).decode())
    return plan, report, "\n".join((*parts, str(letter(report, plan)), str(follow_ups(report, plan)))).casefold()


TEXTS = [
    place
    for place in (*PLAN_FIELDS, *VERDICT_FIELDS)
    if place[-1] not in ("skills", "competencies", "questions", "quotes", "level", "seconds")
]


CASES = [
    (place, form, UNTRUTHS[(at + 5 * number) % len(UNTRUTHS)])
    for at, place in enumerate(dict.fromkeys(TEXTS))
    for number, form in enumerate(BESIDE)
]
"""Each field in each form, the untruths in turn."""


@pytest.mark.parametrize(("place", "form", "lie"), CASES, ids=lambda value: named(value) if value in TEXTS else None)
def test_untruth_in_other_words_is_shown_nowhere(place: Place, form: str, lie: str) -> None:
    plan, _, shown = everything_shown(told_in(place, lie, form))

    assert lie.rstrip(".").casefold() not in shown
    assert {item.anchors for item in plan.competencies} <= SCALES


SCALES = {kind.anchors for kind in bank().competencies.values()}


def test_honest_model_is_shown_with_nothing_lost() -> None:
    plan, report, _ = everything_shown(honest)

    assert (plan.made_by, len(plan.questions), len(plan.competencies)) == ("Simulated (model)", 8, 4)
    assert [rating.score for rating in report.competencies] == [3, 3, 3, 3]
