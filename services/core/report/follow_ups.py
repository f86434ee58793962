"""What a person might still ask: for each competency a question of the plan's own, and why it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.core.plan.plan import Plan, Question
from services.core.report.rubric import CompetencyRating, Confidence, Coverage, Report
from services.core.report.summing import SOLID, named

MAX_FOLLOW_UPS = 6
_OPEN = (Coverage.NOT_REACHED, Coverage.UNANSWERED, Coverage.SKIPPED, Coverage.TOO_SHORT)
"""In the order in which they are worth asking."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    competency: str
    ask: str
    why: str


def follow_ups(report: Report, plan: Plan) -> tuple[FollowUp, ...]:
    """The most open first. Only questions of the plan, so that everybody is asked the same."""
    status = {item.question_id: item.status for item in report.coverage}
    found = []
    for rating in sorted(report.competencies, key=_settled):
        why = _why(rating)
        questions = [question for question in plan.questions if question.competency_id == rating.competency_id]
        if why and questions:
            found.append(FollowUp(rating.name, _ask(questions, status), why))
    return tuple(found[:MAX_FOLLOW_UPS])


def _settled(rating: CompetencyRating) -> tuple[int, int, int]:
    return rating.score or 0, len(rating.evidence), -rating.spread


def _why(rating: CompetencyRating) -> str:
    if rating.score is None and not rating.evidence:
        return "Nothing was said on this that could be quoted."
    if rating.counter_evidence and rating.score is None and _is_disowned(rating):
        return "Part of it was said not to be known, or to be the work of others."
    if rating.counter_evidence:
        if rating.evidence:
            return "One of the quotes was read as speaking against the others."
        return "What was said was read as speaking against it."
    if rating.spread:
        return "The independent readings of the answer came to different levels."
    lacking = f"Not found in the words: {named(rating.missing)}." if rating.missing else ""
    if rating.score is None:
        return lacking
    if rating.confidence is Confidence.LOW:
        return "The level rests on little evidence."
    return "" if rating.score >= SOLID else lacking or "What the next level asks for was not heard."


def _is_disowned(rating: CompetencyRating) -> bool:
    return all(item.found for item in rating.counter_evidence)


def _ask(questions: Sequence[Question], status: Mapping[str, Coverage]) -> str:
    """A question that was not answered, else the last probe of one that was."""
    for wanted in _OPEN:
        for question in questions:
            if status.get(question.id) is wanted:
                return question.text
    probes = [probe for question in questions for probe in question.follow_ups]
    return probes[-1] if probes else questions[0].text
