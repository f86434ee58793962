"""A level is what verified quotes and their codes carry, whatever a model claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.core.report.answers import answer_table
from services.core.report.checklist import marks_in
from services.core.report.clauses import clauses_of
from services.core.report.codes import Code
from services.core.report.evidence import Finding, Ground
from services.core.report.quotes import UNVERIFIED
from services.core.report.readings import (
    NOTHING_FOUND,
    ONLY_CORRECTED,
    Reading,
    Verdict,
    confidence_in,
    read_verdict,
    settle,
)
from services.core.report.rubric import Confidence
from services.core.talk.transcript import Conditions
from tests.core.report.derived import ANSWERS as DERIVED
from tests.core.report.derived import Form
from tests.core.report.forms import FORMS
from tests.said import CONDITIONS, PLAN, STRONG, turns
from tests.simulators.text_minds import widened

ANSWERS = answer_table(PLAN, turns(STRONG), CONDITIONS)[:2]
GROUND = Ground(ANSWERS)
DISK = (
    "When the primary filled its disk we failed over and lost two minutes of writes, because replication was"
    " asynchronous."
)
COMMIT = "We considered synchronous commit and decided against it since it made every checkout slower."
SCAN = "found a sequential scan over eleven million rows and added a partial index"


def quote(text: str, **codes: str) -> dict[str, Any]:
    marks = [{"code": Code[name], "words": words} for name, words in codes.items()]
    return {"turn_id": "a-q1", "quote": text, "codes": marks}


FAILED = quote(DISK, FAILURE="lost two minutes of writes", REASON="because replication was asynchronous")
WEIGHED = quote(COMMIT, ALTERNATIVE="considered synchronous commit", TRADE_OFF="made every checkout slower")
FOUND = quote(SCAN, OWN_WORK="added a partial index")
WRONG = quote("at the cost of slower inserts", ERROR="cost of slower inserts")


def verdict(*quotes: dict[str, Any], level: int | None = 4, gaps: tuple[Code, ...] = ()) -> Verdict:
    return Verdict.model_validate({"quotes": quotes, "gaps": gaps, "level": level})


def level(*quotes: dict[str, Any], ground: Ground = GROUND, ceiling: int = 4) -> int | None:
    return read_verdict(verdict(*quotes), ground, ceiling).level


def level_of(said: str, quotes: list[dict[str, Any]], *, typed: bool = False) -> tuple[int | None, Confidence]:
    """Of three readings that offer these quotes for an answer, and how sure it is."""
    turn = replace(turns({"q1": said})[1], typed=typed)
    answers = answer_table(PLAN, [turns({})[0], turn], CONDITIONS)[:1]
    made = settle(PLAN.competencies[0], [read_verdict(verdict(*quotes), Ground(answers))] * 3, answers, CONDITIONS)
    return made.score, made.confidence


def pointed_at(form: Form) -> list[dict[str, Any]]:
    """By a model that sees the same in every form, whether rules find it or not."""
    return [quote(clause_with(words, form.text), **{Code(code).name: words}) for code, words in form.carried]


def clause_with(words: str, text: str) -> str:
    clauses = clauses_of(replace(turns({"q1": text})[1], text=text))
    return next((clause.text for clause in clauses if words in clause.text), words)


@pytest.mark.parametrize("forms", DERIVED, ids=lambda forms: forms["polished"].text.split(" because")[0][:30])
def test_level_is_the_same_in_every_form(forms: dict[str, Form]) -> None:
    levels = {name: level_of(form.text, pointed_at(form), typed=name == "typed") for name, form in forms.items()}

    assert {level for level, _ in levels.values()} == {4}, levels
    assert len({sure for _, sure in levels.values()}) == 1, levels


def seen_by_rules(said: str) -> list[dict[str, Any]]:
    """Each clause with the codes that rules find in it."""
    clauses = clauses_of(replace(turns({"q1": said})[1], text=said))
    found = ((clause.text, marks_in(clause, frozenset())) for clause in clauses)
    return [quote(text, **{code.name: widened(words, text) for code, words in marks}) for text, marks in found]


@pytest.mark.parametrize("forms", FORMS, ids=lambda forms: forms["polished"].split(" because")[0][:30])
def test_level_of_what_rules_find_is_the_same_in_every_form(forms: dict[str, str]) -> None:
    assert {form: level_of(said, seen_by_rules(said))[0] for form, said in forms.items()} == dict.fromkeys(forms, 4)


@pytest.mark.parametrize(
    ("quotes", "carried"),
    [
        ((FAILED, WEIGHED, FOUND), 4),
        ((FAILED,), 3),
        ((FOUND,), 2),
        ((quote(SCAN, OWN_WORK="added a partial index", REASON="a sequential scan"),), 2),
        ((quote(SCAN, FIGURE="eleven million rows", GENERAL="a sequential scan"),), 2),
        ((FAILED, WEIGHED, WRONG), 3),
        ((FAILED, WRONG), 2),
        ((WRONG,), 2),
        ((), None),
    ],
)
def test_level_is_what_the_codes_carry(quotes: tuple[dict[str, Any], ...], carried: int | None) -> None:
    assert level(*quotes) == carried


def test_ceiling_is_never_passed() -> None:
    assert level(FAILED, WEIGHED, ceiling=2) == 2


@pytest.mark.parametrize(
    "bad",
    [
        quote("we never said a word of this to anybody", TRADE_OFF="never said a word"),
        quote(DISK, TRADE_OFF="nobody ever said this"),
        quote(DISK, FAILURE="lost"),
        quote(DISK),
    ],
    ids=["unsaid quote", "unsaid words", "one word", "no code"],
)
def test_quote_without_carried_codes_is_dropped(bad: dict[str, Any]) -> None:
    reading = read_verdict(verdict(bad), GROUND)

    assert (reading.level, reading.quotes, reading.dropped) == (None, (), 1)


def test_words_carry_one_code_alone() -> None:
    reading = read_verdict(verdict(quote(DISK, FAILURE="lost two minutes", OUTCOME="lost two minutes")), GROUND)

    assert [quote.codes for quote in reading.quotes] == [{Code.FAILURE}]


def test_long_quote_is_shown_by_the_words_that_carry() -> None:
    whole = quote(
        STRONG["q1"], FAILURE="lost two minutes of writes", ALTERNATIVE="We considered synchronous commit and decided"
    )

    reading = read_verdict(verdict(whole), GROUND)

    assert [quote.clause.text for quote in reading.quotes] == [
        "When the primary filled its disk we failed over and lost two minutes of writes, because replication was"
        " asynchronous.",
        "We considered synchronous commit and decided against it since it made every checkout slower.",
    ]
    assert (reading.level, reading.dropped) == (3, 0)


@pytest.mark.parametrize("text", [STRONG["q1"], " ".join(reversed(DISK.split()))], ids=["long", "out of order"])
def test_quote_that_cannot_be_shown_needs_words_that_can(text: str) -> None:
    reading = read_verdict(verdict(quote(text, FAILURE="nothing of the kind")), GROUND)

    assert (reading.quotes, reading.dropped) == ((), 1)


def test_quotes_side_by_side_are_one_and_apart_are_two() -> None:
    said = "I moved it to Redis. It failed over badly. And in the middle of it all. We considered Memcached instead."
    (answer, *_) = answer_table(PLAN, turns({"q1": said}), CONDITIONS)
    first = quote("I moved it to Redis", OWN_WORK="I moved it")
    second = quote("It failed over badly", FAILURE="failed over badly")
    last = quote("We considered Memcached instead", ALTERNATIVE="considered Memcached")

    reading = read_verdict(verdict(last, second, first), Ground([answer]))

    assert [quote.clause.text for quote in reading.quotes] == [
        "I moved it to Redis. It failed over badly.",
        "We considered Memcached instead.",
    ]


def test_wish_carries_nothing() -> None:
    said = {**STRONG, "q1": "I wish I could say that I designed the sharding for all of our nine regions by myself."}
    ground = Ground(answer_table(PLAN, turns(said), CONDITIONS)[:2])

    assert (
        level(quote("I designed the sharding", OWN_WORK="I designed", TRADE_OFF="the sharding"), ground=ground) is None
    )


def test_correction_in_substance_carries_no_level() -> None:
    rewritten = [replace(turn, rewritten=True, recognised="something else") for turn in turns(STRONG)]
    answers = answer_table(PLAN, rewritten, CONDITIONS)[:2]
    reading = read_verdict(verdict(FAILED, WEIGHED), Ground(answers))

    settled = settle(PLAN.competencies[0], [reading] * 3, answers, CONDITIONS)

    assert reading.level is None
    assert (settled.score, settled.why_not, len(settled.evidence)) == (None, ONLY_CORRECTED, 2)


def settled(*readings: Reading) -> Finding:
    return settle(PLAN.competencies[0], readings, ANSWERS, CONDITIONS)


def reading(*quotes: dict[str, Any], level: int | None = 4, gaps: tuple[Code, ...] = ()) -> Reading:
    return read_verdict(verdict(*quotes, level=level, gaps=gaps), GROUND)


def test_middle_level_counts_with_its_quotes() -> None:
    made = settled(reading(FAILED, WEIGHED), reading(FAILED, level=3), reading(FOUND, level=1))

    assert (made.score, made.levels) == (3, (1, 3, 4))
    assert [quote.clause.text for quote in made.evidence] == [DISK]
    assert made.confidence is Confidence.LOW


def test_error_of_any_reading_is_shown() -> None:
    made = settled(reading(FAILED, level=3), reading(FAILED, level=3), reading(FAILED, WRONG, level=2))

    assert [quote.codes for quote in made.counter_evidence] == [{Code.ERROR}]


def test_gaps_are_those_named_and_not_found() -> None:
    named = (Code.LESSON, Code.FAILURE, Code.GENERAL, Code.LESSON)

    assert settled(*[reading(FAILED, gaps=named)] * 3).gaps == (Code.LESSON,)


def test_what_rules_find_in_the_answers_is_no_gap() -> None:
    claimed = reading(FOUND, gaps=(Code.FIGURE, Code.OUTCOME, Code.LESSON))

    assert settled(*[claimed] * 3).gaps == (Code.LESSON,)
    assert settled(*[reading(FOUND)] * 3).gaps == (Code.LESSON,)


UNBORNE = quote(SCAN, TRADE_OFF="found a sequential scan", LESSON="added a partial index")


def test_level_that_a_model_alone_vouches_for_stands_with_low_confidence() -> None:
    alone, borne = settled(*[reading(UNBORNE, level=3)] * 3), settled(*[reading(FAILED, level=3)] * 3)

    assert (alone.score, alone.confidence) == (3, Confidence.LOW)
    assert (borne.score, borne.confidence) == (3, Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("readings", "why"),
    [
        ([reading(FAILED)], NOTHING_FOUND),
        ([reading(quote("never said by anybody here", LESSON="never said"))] * 3, UNVERIFIED),
        ([reading()] * 3, NOTHING_FOUND),
        ([reading(FAILED, level=None)] * 3, NOTHING_FOUND),
    ],
)
def test_without_a_quorum_there_is_no_level(readings: list[Reading], why: str) -> None:
    made = settled(*readings)

    assert (made.score, made.why_not, made.levels) == (None, why, ())


@pytest.mark.parametrize(
    ("confidence", "conditions", "sure"),
    [
        (0.9, Conditions(), Confidence.MEDIUM),
        (0.2, Conditions(), Confidence.LOW),
        (0.9, Conditions(rough_captions=True), Confidence.MEDIUM),
    ],
)
def test_confidence_is_that_of_the_words(confidence: float, conditions: Conditions, sure: Confidence) -> None:
    answers = answer_table(PLAN, turns(STRONG, confidence), conditions)[:2]

    assert confidence_in(answers, conditions) is sure


def test_many_words_make_sure() -> None:
    assert confidence_in(answer_table(PLAN, turns(STRONG), CONDITIONS), CONDITIONS) is Confidence.HIGH
