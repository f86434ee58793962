"""The report as a letter to the candidate: their own words, what they showed, what to do next. No levels.

Made of the report's verified quotes and the codes they carry, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.core.plan.bank import Resource
from services.core.plan.plan import Plan
from services.core.report.codes import told
from services.core.report.resources import resources_for
from services.core.report.rubric import CompetencyRating, Coverage, Evidence, Report


@dataclass(frozen=True, slots=True)
class LetterPart:
    competency: str
    quotes: tuple[Evidence, ...]
    """Their sentences speak to the candidate."""


@dataclass(frozen=True, slots=True)
class Letter:
    role_title: str
    answered: int
    asked: int
    heard: tuple[LetterPart, ...]
    look_again: tuple[LetterPart, ...]
    """What spoke against the answer."""
    unheard: tuple[str, ...]
    """Competencies with nothing to quote."""
    next_steps: tuple[str, ...]
    resources: tuple[Resource, ...]


def letter(report: Report, plan: Plan) -> Letter:
    reached = [item for item in report.coverage if item.status is not Coverage.NOT_REACHED]
    ratings = report.competencies
    silent = [rating.name for rating in ratings if not (rating.evidence or rating.counter_evidence)]
    return Letter(
        role_title=plan.role_title,
        answered=sum(item.is_answered for item in reached),
        asked=len(reached),
        heard=_passages(ratings, "evidence"),
        look_again=_passages(ratings, "counter_evidence"),
        unheard=tuple(silent),
        next_steps=report.next_steps,
        resources=resources_for([step.partition(":")[0] for step in report.next_steps], plan.domain),
    )


def _passages(ratings: Sequence[CompetencyRating], side: str) -> tuple[LetterPart, ...]:
    found = ((rating.name, _to_you(getattr(rating, side), side)) for rating in ratings)
    return tuple(LetterPart(name, quotes) for name, quotes in found if quotes)


def _to_you(quotes: Sequence[Evidence], side: str) -> tuple[Evidence, ...]:
    """What speaks against is left out where there is nothing to tell the candidate of it."""
    told_of = [
        quote.model_copy(update={"why_it_matters": told(quote.found, quote.read, to_you=True)}) for quote in quotes
    ]
    return tuple(quote for quote in told_of if quote.why_it_matters or side == "evidence")
