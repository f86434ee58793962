"""Problems to think through aloud: once one is a question of a plan, all its candidates get this very one."""

from __future__ import annotations

import re
from collections.abc import Collection

from services.core.plan.bank import BankProblem, problems, stem
from services.core.plan.plan import Level, Plan, Question, added_question

PROBLEM_S = 150
PURPOSE = "A problem to think through aloud, the same for everybody with this plan."
_WORD = re.compile(r"[^\W_]+")


def ranked_problems(topic: str, level: Level | None) -> list[BankProblem]:
    """All of them, those that fit these words and this level best first; the same for the same words."""
    asked = {stem(word) for word in _WORD.findall(topic)}
    return sorted(problems(), key=lambda problem: (-len(asked & problem.topic), problem.level is not level))


def problems_for(plan: Plan) -> list[BankProblem]:
    """Those that the plan does not ask yet, the fittest first."""
    asked = {question.text for question in plan.questions}
    about = " ".join((plan.role_title, *(skill.name for skill in plan.skills), *(c.name for c in plan.competencies)))
    return [problem for problem in ranked_problems(about, plan.level) if problem.text not in asked]


def problem_question(plan: Plan, key: str, competency_id: str, taken: Collection[str]) -> Question:
    """This problem as a question of the plan, under an id that is not among those taken. Raises PlanInvalid."""
    problem = next((problem for problem in problems() if problem.key == key), None)
    question = added_question(plan, problem.text if problem else "", competency_id, PROBLEM_S, taken)
    return question.model_copy(update={"purpose": PURPOSE, "follow_ups": (problem.follow_up,) if problem else ()})
