"""Whoever comes with the same job description gets the same plan, unless somebody edited it."""

from __future__ import annotations

import pytest

from services.core.interview import Interview
from services.core.plan.history import History
from services.core.plan.plan import Plan
from services.core.usage import Bill
from tests.stage import PLAN, Stage


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.analyst.key = "key of this job description"
    return stage


def another(stage: Stage, name: str) -> Interview:
    return stage.prepare(stage.interviews.accounts.guest(name).id)


def test_second_candidate_gets_the_first_plan(stage: Stage) -> None:
    first = stage.prepare()

    second = another(stage, "second")

    assert second.plan_hash == first.plan_hash
    assert stage.analyst.plans == 1


def test_handed_on_plan_costs_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = PLAN.model_copy(update={"bill": Bill(model="model", requests=1, cost_usd="0.01")})
    monkeypatch.setattr("tests.stage.PLAN", paid)

    first, second = stage.prepare(), another(stage, "second")

    assert (first.plan.bill, second.plan.bill) == (paid.bill, None)


def test_another_job_description_gets_its_own_plan(stage: Stage) -> None:
    stage.prepare()
    stage.analyst.key = "another key"

    another(stage, "second")

    assert stage.analyst.plans == 2


def test_edited_plan_is_not_handed_on(stage: Stage) -> None:
    first = stage.prepare()
    stage.interviews.preparation.revise_plan(stage.user, first.id, first.plan.questions[:1])

    second = another(stage, "second")

    assert len(second.plan.questions) == len(PLAN.questions)
    assert stage.analyst.plans == 2


def test_who_was_asked_this_plan_gets_one_of_their_own(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = PLAN.questions[0].model_copy(update={"template_id": "0" * 16})
    monkeypatch.setattr("tests.stage.PLAN", PLAN.model_copy(update={"questions": (asked,)}))
    another(stage, "first")

    with monkeypatch.context() as remembered:
        history = History(asked=frozenset({asked.template_id}))
        remembered.setattr(stage.interviews.memories, "history", lambda _: history)
        another(stage, "second")
    another(stage, "third")

    assert [known.asked_before for known in stage.analyst.histories] == [(), (asked.text,)]


def test_plan_of_a_fallback_is_not_handed_on(stage: Stage) -> None:
    stage.analyst.label = "A model that was not there"
    stage.prepare()

    another(stage, "second")

    assert stage.analyst.plans == 2


def test_deleted_interview_takes_its_plan_along(stage: Stage) -> None:
    first = stage.prepare()
    stage.interviews.lifecycle.abandon(stage.user, first.id)
    stage.interviews.lifecycle.delete(stage.user, first.id)

    another(stage, "second")

    assert stage.analyst.plans == 2


def test_without_a_key_nothing_is_looked_up(stage: Stage) -> None:
    stage.analyst.key = None
    stage.prepare()

    second = another(stage, "second")

    assert Plan.model_validate(second.plan) == PLAN
    assert stage.analyst.plans == 2
