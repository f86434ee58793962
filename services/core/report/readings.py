"""From several independent readings of a competency's answers to one rating that its quotes can carry.

A reading is what a model chose from the closed vocabulary. Code finds each quote in the candidate's words and each
code's words in its quote, lowers a level that these do not carry, and takes the middle of the readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Annotated

from pydantic import BaseModel, Field

from services.core.plan.plan import Competency
from services.core.plan.taxonomy import TOKEN
from services.core.report.answers import Answer, stems_of
from services.core.report.checklist import bears_out, holds, is_turned, marks_in
from services.core.report.clauses import Clause, content_stems
from services.core.report.codes import ADVICE, DEPTH, JUDGED, SUBSTANCE, Code, missing
from services.core.report.evidence import Finding, Ground, Quote, apart, is_uncertain, joined, richest
from services.core.report.quotes import UNVERIFIED, find_span
from services.core.report.rubric import Confidence
from services.core.talk.transcript import Conditions

RUNS = 3
QUORUM = 2
"""Readings that must have reached a level for there to be one."""
MAX_OFFERED = 12
"""Quotes of one reading that are looked at."""
NEEDED = {3: 2, 4: 3}
"""Different codes of substance that a level above 2 needs."""
UNCARRIED = 2
"""Highest level without them, and beside words that were addressed to the rating."""
MIN_CARRIED = 2
"""Words that carry a code."""
NOTHING_FOUND = "In the independent readings of these answers there was not enough to rate."
ONLY_CORRECTED = "What there is to quote was corrected in substance after the call: it is shown, and carries no level."
_STEPS = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


class Coded(BaseModel):
    code: Code
    words: str


class Quoted(BaseModel):
    turn_id: str
    quote: str
    codes: list[Coded]


class Verdict(BaseModel):
    """Quotes come first: a level is to follow from them."""

    quotes: list[Quoted]
    gaps: list[Code]
    level: Annotated[int, Field(ge=1, le=4)] | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One verdict after its quotes were looked for."""

    level: int | None
    quotes: tuple[Quote, ...]
    gaps: tuple[Code, ...]
    dropped: int
    """Quotes that were not said, or may not be shown."""


def read_verdict(verdict: Verdict, ground: Ground, ceiling: int = 4) -> Reading:
    """`ceiling`: no level above it, whatever was claimed."""
    found: list[Quote] = []
    dropped = 0
    for offered in verdict.quotes[:MAX_OFFERED]:
        quotes = _quotes(offered, ground)
        found += quotes
        dropped += not quotes
    against = apart(quote for quote in found if quote.speaks_against)
    kept = (*richest(joined(quote for quote in found if not quote.speaks_against), against), *against)
    level = None
    if verdict.level is not None and any(quote.is_firm for quote in kept):
        level = min(verdict.level, ceiling, carried_by(kept))
    return Reading(level, kept, tuple(dict.fromkeys(code for code in verdict.gaps if code in ADVICE)), dropped)


def carried_by(quotes: Sequence[Quote]) -> int:
    """The highest level these quotes carry.

    Above 2 there must be several codes of substance, one of them of depth, and no more errors than quotes of substance.
    What was corrected in substance carries nothing.
    """
    firm = [quote for quote in quotes if quote.is_firm]
    sound = [quote for quote in firm if quote.codes & SUBSTANCE and not quote.speaks_against]
    errors = sum(Code.ERROR in quote.codes for quote in firm)
    codes = frozenset().union(*(quote.codes for quote in sound)) & SUBSTANCE
    if errors >= max(1, len(sound)) or not codes & DEPTH:
        return UNCARRIED
    reached = max((level for level, needed in NEEDED.items() if len(codes) >= needed), default=UNCARRIED)
    return min(reached, 3) if errors else reached


def settle(
    competency: Competency, readings: Sequence[Reading], answers: Sequence[Answer], conditions: Conditions
) -> Finding:
    """The middle of the levels reached, with the quotes of the readings that reached it."""
    levels = tuple(sorted(reading.level for reading in readings if reading.level is not None))
    score = median_low(levels) if len(levels) >= QUORUM else None
    agreeing = [reading for reading in readings if score is None or reading.level == score]
    told = joined(quote for reading in agreeing for quote in reading.quotes if not quote.speaks_against)
    evidence = richest(told)
    # An error that any reading saw is shown, whatever level it gave.
    against = [quote for reading in readings for quote in reading.quotes if quote.speaks_against]
    against.sort(key=lambda quote: Code.ERROR not in quote.codes)
    counter = apart(against, evidence)
    # What rules find in the answers is not missing in them, whatever was claimed.
    found = frozenset().union(*(quote.codes for quote in evidence), signs_in(answers))
    named = dict.fromkeys(code for reading in agreeing for code in reading.gaps if code not in found)
    return Finding(
        competency,
        evidence,
        counter,
        score,
        "" if score else _why_not(readings, (*evidence, *counter)),
        levels if score else (),
        _confidence(answers, conditions, levels) if score and _borne_out(score, evidence) else Confidence.LOW,
        tuple(named) or missing(found),
    )


def signs_in(answers: Sequence[Answer]) -> frozenset[Code]:
    """What rules find, quoted or not."""
    found = (marks_in(clause, stems_of(answer.question.text)) for answer in answers for clause in answer.clauses)
    return frozenset(code for marks in found for code, _ in marks)


def _borne_out(score: int, evidence: Sequence[Quote]) -> bool:
    """Somebody besides the model finds in the words what a level above 2 rests on: one code of depth at least.

    It changes no level. Rules know few languages and fewer ways to word things; a level must not hang on them.
    """
    found = (code for quote in evidence for code, words in quote.marks if bears_out(code, quote.clause.text, words))
    return score <= UNCARRIED or any(code in DEPTH for code in found)


def _why_not(readings: Sequence[Reading], shown: Sequence[Quote]) -> str:
    if shown and not any(quote.is_firm for quote in shown):
        return ONLY_CORRECTED
    return UNVERIFIED if not shown and any(reading.dropped for reading in readings) else NOTHING_FOUND


def confidence_in(answers: Sequence[Answer], conditions: Conditions) -> Confidence:
    """From the amount of evidence and how surely its words are known; nothing about how they were spoken."""
    turns = [turn for answer in answers for turn in answer.turns]
    total = sum(turn.word_count for turn in turns)
    words = sum(len(clause.words) for answer in answers for clause in answer.clauses)
    uncertain = sum(turn.word_count for turn in turns if is_uncertain(turn) or turn.rewritten)
    spoken = sum(turn.word_count for turn in turns if not turn.typed)
    points = (len(turns) >= 2) + (words >= 60) + (words >= 120)
    points -= (conditions.rough_captions and spoken * 2 > total) + 3 * (uncertain * 2 > total)
    return Confidence.HIGH if points >= 3 else Confidence.MEDIUM if points >= 1 else Confidence.LOW


def _confidence(answers: Sequence[Answer], conditions: Conditions, levels: Sequence[int]) -> Confidence:
    """That of the evidence, one step less for each level the readings differ by, and for a reading without a level."""
    level = _STEPS.index(confidence_in(answers, conditions))
    return _STEPS[max(0, level - (levels[-1] - levels[0]) - (len(levels) < RUNS))]


def _quotes(offered: Quoted, ground: Ground) -> list[Quote]:
    """The quote with the codes it carries; where it may not stand as a whole, the words of its codes."""
    whole = ground.locate(offered.quote, offered.turn_id)
    parts = (ground.within(offered.quote, coded.words, offered.turn_id) for coded in offered.codes)
    clauses = [whole] if whole else list(parts)
    return [Quote(clause, marks) for clause in clauses if clause and (marks := _carried(offered, clause))]


def _carried(offered: Quoted, clause: Clause) -> tuple[tuple[Code, str], ...]:
    """The codes whose words really stand in the quote, each by words of its own."""
    marks: dict[Code, str] = {}
    taken: set[str] = set()
    for coded in offered.codes:
        words = find_span(coded.words, clause.text)
        if words is None or len(words.split()) < MIN_CARRIED or words in marks.values() or coded.code in marks:
            continue
        stems = content_stems(tuple(token.casefold() for token in TOKEN.findall(words)))
        weighty = coded.code in SUBSTANCE
        if weighty and len(stems - taken) * 2 < max(1, len(stems)):
            continue
        if _stands(coded.code, clause.text, words):
            marks[coded.code] = words
            taken |= stems if weighty else set()
    return tuple(marks.items())


def _stands(code: Code, text: str, words: str) -> bool:
    """Where a sentence may be turned round, only what rules find standing in it carries anything."""
    start = text.index(words)
    end = start + len(words)
    if not holds(code, text, start, end):
        return False
    return code not in SUBSTANCE - JUDGED or not is_turned(text, start, end) or bears_out(code, text, words)
