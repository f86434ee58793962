"""From several independent readings of a competency's answers to one rating that its quotes can carry.

A reading is what a model wrote. Code finds each quote in the candidate's words, lowers a level that the quotes do not
show, takes the middle of the readings and computes how sure one can be. What no quote carries is not assessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Annotated

from pydantic import BaseModel, Field

from services.core.plan.plan import Competency
from services.core.report.answers import stems_of
from services.core.report.clauses import Clause
from services.core.report.evidence import Ground
from services.core.report.findings import confidence_in, is_uncertain
from services.core.report.quotes import UNVERIFIED
from services.core.report.rating import SOLID_STEMS, AnswerRating
from services.core.report.rubric import MAX_QUOTES, CompetencyRating, Confidence, Evidence
from services.core.report.signals import Signal, signs_in
from services.core.talk.transcript import Conditions

RUNS = 3
QUORUM = 2
"""Readings that must have reached a level for there to be one."""
MAX_OFFERED = 12
"""Quotes of one reading that are looked at."""
NOTHING_FOUND = "In the independent readings of these answers there was not enough to rate."

_WEIGHED = Signal.TRADE_OFF | Signal.FIGURE | Signal.OUTCOME | Signal.ALTERNATIVE | Signal.LIMIT | Signal.PRINCIPLE
_STEPS = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class Quoted(BaseModel):
    turn_id: str
    quote: str
    why_it_matters: str


class Verdict(BaseModel):
    """Evidence comes first: a level is to follow from it."""

    evidence: list[Quoted]
    counter_evidence: list[Quoted]
    what_would_raise_it: str
    level: Annotated[int, Field(ge=1, le=4)] | None


@dataclass(frozen=True, slots=True)
class Found:
    clause: Clause
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One verdict after its quotes were looked for."""

    level: int | None
    evidence: tuple[Found, ...]
    counter_evidence: tuple[Found, ...]
    what_would_raise_it: str
    dropped: int
    """Quotes that were not said, or may not be shown."""


def read_verdict(verdict: Verdict, ground: Ground, ceiling: int = 4) -> Reading:
    """`ceiling`: no level above it, whatever was claimed."""
    evidence, lost = _find(verdict.evidence, ground)
    counter, also_lost = _find(verdict.counter_evidence, ground, evidence)
    level = None
    if verdict.level is not None and evidence:
        level = min(verdict.level, ceiling, shown_by(evidence, ground))
    return Reading(level, evidence, counter, verdict.what_would_raise_it.strip(), lost + also_lost)


def shown_by(evidence: Sequence[Found], ground: Ground) -> int:
    """The highest level these quotes can carry.

    From 3 on they hold an example of their own with a trade-off, a figure or the like; at 4 one thing more than that.
    What was hardly heard in the call carries no level above 2.
    """
    asked = stems_of(" ".join(question.text for question in ground.questions))
    signals, stems = Signal.NONE, set[str]()
    for found in (found for found in evidence if not found.clause.turn.rewritten):
        disowned = found.clause.turn.id in ground.disowned
        signals |= signs_in(found.clause, frozenset(), asked, disowned=disowned).signals
        stems |= found.clause.stems
    weighed = (signals & _WEIGHED).value.bit_count()
    if len(stems) < SOLID_STEMS or not signals & Signal.EXAMPLE or not weighed:
        return 2
    return 3 if weighed == 1 else 4


def settle(
    competency: Competency,
    readings: Sequence[Reading],
    answers: Sequence[AnswerRating],
    conditions: Conditions,
    numbers: Iterator[int],
) -> CompetencyRating:
    """The middle of the levels reached, with the quotes of the readings that reached it."""
    levels = [reading.level for reading in readings if reading.level is not None]
    if len(levels) < QUORUM:
        lost = any(reading.dropped for reading in readings) and not any(reading.evidence for reading in readings)
        reason = UNVERIFIED if lost else NOTHING_FOUND
        return CompetencyRating(
            competency_id=competency.id, name=competency.name, score=None, reason_not_assessed=reason
        )
    score, spread = median_low(levels), max(levels) - min(levels)
    agreeing = [reading for reading in readings if reading.level == score]
    shown = _merged([found for reading in agreeing for found in reading.evidence])
    against = _merged([found for reading in readings for found in reading.counter_evidence], shown)
    return CompetencyRating(
        competency_id=competency.id,
        name=competency.name,
        score=score,
        confidence=_confidence(score, answers, conditions, spread, complete=len(levels) == RUNS),
        anchor=competency.anchors[score - 1],
        evidence=tuple(_evidence(found, numbers) for found in shown),
        counter_evidence=tuple(_evidence(found, numbers) for found in against),
        what_would_raise_it=agreeing[0].what_would_raise_it if score < 4 else "",
        spread=spread,
        readings=tuple(sorted(levels)),
    )


def _confidence(
    score: int, answers: Sequence[AnswerRating], conditions: Conditions, spread: int, *, complete: bool
) -> Confidence:
    """That of the evidence, one step less for each level the readings differ by, and for a reading without a level."""
    level = confidence_in([replace(answer, level=score) for answer in answers], conditions)
    return _STEPS[max(0, _STEPS.index(level) - spread - (not complete))]


def _find(offered: Sequence[Quoted], ground: Ground, taken: Sequence[Found] = ()) -> tuple[tuple[Found, ...], int]:
    clauses = [(quoted, ground.locate(quoted.quote, quoted.turn_id)) for quoted in offered[:MAX_OFFERED]]
    found = [Found(clause, quoted.why_it_matters.strip()) for quoted, clause in clauses if clause]
    return _merged(found, taken), len(clauses) - len(found)


def _merged(found: Sequence[Found], taken: Sequence[Found] = ()) -> tuple[Found, ...]:
    """At most three that share no words with each other or with those taken, in the order of the interview."""
    kept: list[Found] = []
    for one in found:
        if len(kept) < MAX_QUOTES and not any(_overlap(one.clause, two.clause) for two in (*kept, *taken)):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.clause.turn.started_ms, one.clause.start)))


def _overlap(one: Clause, two: Clause) -> bool:
    return one.turn.id == two.turn.id and one.start < two.end and two.start < one.end


def _evidence(found: Found, numbers: Iterator[int]) -> Evidence:
    turn = found.clause.turn
    return Evidence(
        id=f"e{next(numbers)}",
        turn_id=turn.id,
        question_id=turn.question_id,
        start_ms=turn.started_ms,
        quote=found.clause.text,
        why_it_matters=found.why,
        typed=turn.typed,
        low_confidence=is_uncertain(turn),
    )
