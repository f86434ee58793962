"""A problem of the bank becomes a question of one plan, the same for all its candidates."""

from __future__ import annotations

import pytest

from services.core.errors import PlanInvalid
from services.core.plan.bank import BankProblem, problems
from services.core.plan.plan import TALK_SECONDS, Level
from services.core.plan.problems import problem_question, problems_for, ranked_problems
from services.core.talk.interviewer import CandidateTurn, Interviewer
from tests.said import PLAN

LEFT = PLAN.revised(PLAN.questions[:3])


def with_problem(key: str = "slow-query") -> tuple[str, ...]:
    made = [LEFT.revised((*LEFT.questions, problem_question(LEFT, key, "c1", {"q1", "q2", "q3"}))) for _ in range(2)]
    return tuple(plan.plan_hash for plan in made)


@pytest.mark.parametrize("problem", problems(), ids=lambda problem: problem.key)
def test_each_problem_obeys_the_rules_of_plans(problem: BankProblem) -> None:
    question = problem_question(LEFT, problem.key, "c2", {"q1", "q2", "q3"})

    plan = LEFT.revised((*LEFT.questions, question))

    assert (question.id, question.text, question.follow_ups) == ("q4", problem.text, (problem.follow_up,))
    assert plan.seconds <= TALK_SECONDS


def test_two_candidates_of_one_plan_get_the_same_problem() -> None:
    same, other = with_problem(), with_problem("queue-twice")

    assert len(set(same)) == 1
    assert not {*same} & {*other, LEFT.plan_hash}


def test_the_offline_interviewer_poses_the_problem_and_asks_further() -> None:
    question = problem_question(LEFT, "slow-query", "c1", {"q1", "q2", "q3"})
    ema = Interviewer(LEFT.revised((LEFT.questions[0], question)))

    posed = ema.answer(CandidateTurn("I ran it because the other one lost 12 rows, and this is what I kept. " * 6, 90))
    probed = ema.answer(CandidateTurn("The plan.", typed=True))

    assert posed.text.endswith(question.text)
    assert probed.text.endswith(question.follow_ups[0])


def test_the_fittest_problem_comes_first_and_none_twice() -> None:
    plan = LEFT.revised((*LEFT.questions, problem_question(LEFT, "add-column", "c1", {"q1", "q2", "q3"})))

    assert ranked_problems("a Kafka queue", Level.SENIOR)[0].key == "queue-poison"
    assert "add-column" not in {problem.key for problem in problems_for(plan)}
    assert {problem.key for problem in problems_for(LEFT)} == {problem.key for problem in problems()}


@pytest.mark.parametrize(("key", "competency"), [("nothing", "c1"), ("slow-query", "c99")])
def test_what_is_not_offered_is_refused(key: str, competency: str) -> None:
    with pytest.raises(PlanInvalid):
        problem_question(LEFT, key, competency, {"q1"})
