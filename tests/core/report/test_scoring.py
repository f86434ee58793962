"""From readings to one rating: quotes found, levels carried, the middle, the spread, the confidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from services.core.report.answers import answer_table
from services.core.report.assembly import rate
from services.core.report.evidence import Ground
from services.core.report.quotes import UNVERIFIED
from services.core.report.rubric import CompetencyRating, Confidence
from services.core.report.scoring import MAX_OFFERED, NOTHING_FOUND, Quoted, Reading, Verdict, read_verdict, settle
from services.core.talk.transcript import Conditions
from tests.said import CONDITIONS, PLAN, STRONG, turns

TURNS = turns(STRONG)
ANSWERS = answer_table(PLAN, TURNS, CONDITIONS)[:2]
RATED = [rating for name, rating in rate(PLAN, ANSWERS).items() if name in ("q1", "q2")]
GROUND = Ground(ANSWERS)
RAN = "I ran the PostgreSQL cluster for our ticket shop, three nodes with streaming replication."
LOST = "we failed over and lost two minutes of writes, because replication was asynchronous"
WEIGHED = "We considered synchronous commit and decided against it since it made every checkout slower."
REPORT = "We had an orders report that took forty seconds."
SCAN = "found a sequential scan over eleven million rows and added a partial index"


def said(quote: str, turn_id: str = "a-q1") -> Quoted:
    return Quoted(turn_id=turn_id, quote=quote, why_it_matters=" Shows it. ")


def reading(level: int | None, *quotes: str, against: tuple[str, ...] = ()) -> Reading:
    verdict = Verdict(
        evidence=[said(quote) for quote in quotes],
        counter_evidence=[said(quote) for quote in against],
        what_would_raise_it="More of it.",
        level=level,
    )
    return read_verdict(verdict, GROUND)


def settled(*readings: Reading, conditions: Conditions = CONDITIONS) -> CompetencyRating:
    return settle(PLAN.competencies[0], readings, RATED, conditions, count(1))


FULL = (RAN, LOST, WEIGHED)


@pytest.mark.parametrize(
    ("claimed", "quotes", "level"),
    [
        (4, FULL, 4),
        (3, FULL, 3),
        (1, FULL, 1),
        (4, (RAN, REPORT), 3),
        (4, (REPORT,), 2),
        (4, ("three nodes with streaming replication",), 2),
        (4, ("I invented a database of my own in Zurich",), None),
        (4, (), None),
        (None, FULL, None),
    ],
)
def test_quotes_must_carry_the_level(claimed: int | None, quotes: tuple[str, ...], level: int | None) -> None:
    assert reading(claimed, *quotes).level == level


def test_ceiling_holds_whatever_is_claimed() -> None:
    verdict = Verdict(evidence=[said(q) for q in FULL], counter_evidence=[], what_would_raise_it="", level=4)

    assert read_verdict(verdict, GROUND, ceiling=1).level == 1


@pytest.mark.parametrize("change", [{"rewritten": True}, {"text": "my colleague did it. " + STRONG["q1"]}])
def test_what_was_not_heard_or_not_theirs_carries_little(change: dict[str, Any]) -> None:
    changed = [replace(turn, **change) if turn.id == "a-q1" else turn for turn in TURNS]
    verdict = Verdict(evidence=[said(LOST), said(WEIGHED)], counter_evidence=[], what_would_raise_it="", level=4)

    assert read_verdict(verdict, Ground(answer_table(PLAN, changed, CONDITIONS)[:2])).level == 2


def test_quote_is_shown_as_it_was_said() -> None:
    found = reading(3, "i ran the postgresql cluster for our ticket shop three nodes with steaming replication")

    assert found.evidence[0].clause.text == RAN
    assert found.dropped == 0


def test_quote_is_found_in_another_turn_than_named() -> None:
    found = reading(2, SCAN)

    assert found.evidence[0].clause.turn.id == "a-q2"


def test_counter_evidence_repeats_no_evidence() -> None:
    found = reading(3, RAN, against=(RAN, LOST))

    assert [item.clause.text for item in found.counter_evidence] == [f"{LOST}."]
    assert found.dropped == 0


def test_only_the_first_quotes_are_looked_at() -> None:
    found = reading(3, *["this was never said at all"] * 50)

    assert found.dropped == MAX_OFFERED


def test_overlapping_quotes_are_shown_once() -> None:
    assert len(reading(3, RAN, RAN, "three nodes with streaming replication").evidence) == 1


@pytest.mark.parametrize(
    ("levels", "score", "spread", "confidence"),
    [
        ((3, 3, 3), 3, 0, Confidence.MEDIUM),
        ((2, 3, 3), 3, 1, Confidence.LOW),
        ((2, 3, 4), 3, 2, Confidence.LOW),
        ((1, 1, 4), 1, 3, Confidence.LOW),
        ((4, 4, 4), 4, 0, Confidence.MEDIUM),
        ((3, 4), 3, 1, Confidence.LOW),
        ((3, 3, None), 3, 0, Confidence.LOW),
    ],
)
def test_middle_is_the_score(levels: tuple[int | None, ...], score: int, spread: int, confidence: Confidence) -> None:
    rating = settled(*(reading(level, *FULL) for level in levels))

    assert (rating.score, rating.spread, rating.confidence) == (score, spread, confidence)
    assert rating.anchor == PLAN.competencies[0].anchors[score - 1]


def test_highest_level_needs_no_advice() -> None:
    assert settled(*[reading(4, *FULL)] * 3).what_would_raise_it == ""
    assert settled(*[reading(3, *FULL)] * 3).what_would_raise_it == "More of it."


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        ([], NOTHING_FOUND),
        ([reading(3, RAN)], NOTHING_FOUND),
        ([reading(None, RAN)] * 3, NOTHING_FOUND),
        ([reading(4, "I never said anything of that kind")] * 3, UNVERIFIED),
    ],
)
def test_without_two_readings_it_is_not_assessed(readings: list[Reading], reason: str) -> None:
    rating = settled(*readings)

    assert (rating.score, rating.reason_not_assessed) == (None, reason)


def test_evidence_of_agreeing_readings_is_joined() -> None:
    rating = settled(reading(2, RAN), reading(2, LOST), reading(2, WEIGHED, against=(SCAN, RAN)))

    assert [item.quote for item in rating.evidence] == [RAN, f"{LOST}.", WEIGHED]
    assert [item.quote for item in rating.counter_evidence] == [f"{SCAN}."]
    assert [item.id for item in (*rating.evidence, *rating.counter_evidence)] == ["e1", "e2", "e3", "e4"]


def test_rough_captions_cost_confidence_alone() -> None:
    rough = settled(*[reading(3, *FULL)] * 3, conditions=Conditions(rough_captions=True))
    fine = settled(*[reading(3, *FULL)] * 3)

    assert rough.score == fine.score
    assert [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH].index(rough.confidence) <= 1
