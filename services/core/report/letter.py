"""The report as a letter to the candidate: what went well, what would raise it, what to practise with. No levels.

Made of the report's verified quotes and the sentences that rest on them, and of nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.plan.bank import Resource
from services.core.plan.plan import Plan
from services.core.report.resources import resources_for
from services.core.report.rubric import CompetencyRating, Coverage, Evidence, Report

WELL = 2
"""Of a competency from this level on it can be said that something went well."""
_GOAL = re.compile(r"^For level \d: ")
_LEVEL = re.compile(r"\blevel(?: of)? (?:\d|one|two|three|four)\b|\b\d (?:of|out of) 4\b", re.IGNORECASE)
_HIGHEST = 4
_TO_YOU = (("they did themselves", "you did yourself"), ("they ", "you "), ("of their own", "of your own"))


@dataclass(frozen=True, slots=True)
class Passage:
    competency: str
    quotes: tuple[Evidence, ...]
    advice: str
    """One sentence; empty where there is only something to quote."""


@dataclass(frozen=True, slots=True)
class Letter:
    role_title: str
    answered: int
    asked: int
    well: tuple[Passage, ...]
    raise_it: tuple[Passage, ...]
    unheard: tuple[str, ...]
    """Competencies nothing could be said about."""
    practice: tuple[str, ...]
    resources: tuple[Resource, ...]


def letter(report: Report, plan: Plan) -> Letter:
    reached = [item for item in report.coverage if item.status is not Coverage.NOT_REACHED]
    rated = [rating for rating in report.competencies if rating.score is not None]
    improving = [rating for rating in report.competencies if rating.score != _HIGHEST]
    return Letter(
        role_title=plan.role_title,
        answered=sum(item.status is Coverage.ANSWERED for item in reached),
        asked=len(reached),
        well=tuple(
            Passage(rating.name, _told(rating.evidence, report), "") for rating in rated if (rating.score or 0) >= WELL
        ),
        raise_it=tuple(_raising(rated, report)),
        unheard=tuple(rating.name for rating in report.competencies if rating.score is None),
        practice=tuple(step for step in report.next_steps if not _names_a_level(step)),
        resources=resources_for([rating.name for rating in improving], plan.domain),
    )


def _raising(ratings: Sequence[CompetencyRating], report: Report) -> list[Passage]:
    passages = []
    for rating in ratings:
        advice = _GOAL.sub("", rating.what_would_raise_it)
        if rating.score != _HIGHEST and advice and not _names_a_level(advice):
            below = rating.evidence if (rating.score or 0) < WELL else ()
            told = _told((*below, *rating.counter_evidence), report)
            passages.append(Passage(rating.name, told, advice[0].upper() + advice[1:]))
    return passages


def _told(quotes: Sequence[Evidence], report: Report) -> tuple[Evidence, ...]:
    """To the candidate: the rules speak of "they", and a sentence that names a level is left out."""
    told = []
    for quote in quotes:
        why = "" if _names_a_level(quote.why_it_matters) else quote.why_it_matters
        for they, you in _TO_YOU if report.contract is None else ():
            why = why.replace(they, you)
        told.append(quote.model_copy(update={"why_it_matters": why}))
    return tuple(told)


def _names_a_level(sentence: str) -> bool:
    return bool(_LEVEL.search(sentence))
