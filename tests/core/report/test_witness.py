"""Where two recognisers heard other words: what is disputed, what is only written otherwise, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.errors import CorrectionRefused
from services.core.report.readback import confirm, correct, doubt, noted
from services.core.report.witness import Overheard, compared, moved
from services.core.talk.transcript import Conditions, DisputedWords, Speaker, Turn
from tests.core.report.transcripts import STRONG, ema, report

LISTENED = [(0, 60_000)]


def turn(text: str, at_ms: int = 5000, number: int = 2, **more: Any) -> Turn:
    return replace(Turn(f"t{number}", Speaker.CANDIDATE, text, at_ms, at_ms + 4000, "q1"), **more)


def overheard(text: str, at_ms: int = 5000, confidence: float | None = 0.9) -> Overheard:
    return Overheard(at_ms, at_ms + 4000, text, confidence)


def disputed(said: str, heard: str) -> list[str]:
    (found,) = compared([turn(said)], [overheard(heard)], LISTENED)
    return [said[one.start : one.end] for one in found.disputed]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("We used Kafka.", "we used kafka"),
        ("It took fifty percent of 10,000 rows", "It took 50% of ten thousand rows"),
        ("We ran it on k8s with Postgres.", "We ran it on Kubernetes with PostgreSQL"),
        ("I didn't see it, and we've measured it", "I did not see it and we have measured it."),
        ("The back end was in post gres", "The backend was in Postgres."),
        ("So, um, I moved the the service, you know", "I moved the service."),
        ("I wrote the Terraform modules", "I wrote the terror form modules"),
        ("It cost 200 ms in 2019", "It cost two hundred milliseconds in twenty nineteen"),
        ("We moved to Microsoft 365", "we moved to microsoft three hundred sixty five"),
        ("We're gonna optimise the queries", "We are going to optimize the queries"),
    ],
)
def test_same_words_written_otherwise_are_not_disputed(said: str, heard: str) -> None:
    assert disputed(said, heard) == []


@pytest.mark.parametrize(
    ("said", "heard", "found"),
    [
        ("I led the team of twelve engineers", "I led the team", ["of twelve engineers"]),
        ("We used Kafka", "We did not use Kafka", ["used"]),
        ("We did not lose any data", "We did lose any data", ["not"]),
        ("It took fifteen seconds", "It took fifty seconds", ["fifteen"]),
        ("I increased the timeout", "I decreased the timeout", ["increased"]),
        ("I designed the scheduler", "We designed the scheduler", ["I"]),
        ("I would add an index", "I add an index", ["would"]),
        ("I read the plan first", "I read the whole query plan first", ["the plan"]),
        ("I wrote it", "I wrote it with Kafka", ["it"]),
        ("We moved the monolith to Kubernetes", "We moved the monolith to Cassandra", ["Kubernetes"]),
    ],
)
def test_words_that_change_what_was_said_are_disputed(said: str, heard: str, found: list[str]) -> None:
    assert disputed(said, heard) == found


def test_what_the_other_heard_is_kept_beside_it() -> None:
    (found,) = compared([turn("It took fifteen seconds")], [overheard("It took fifty seconds")], LISTENED)

    assert [one.otherwise for one in found.disputed] == ["fifty"]


def test_turn_that_nobody_spoke_is_disputed_as_a_whole() -> None:
    (found,) = compared([turn("I led the migration")], [], LISTENED)

    assert found.disputed == (DisputedWords(0, 19),)


def test_two_gaps_around_one_word_are_one_dispute() -> None:
    (found,) = compared([turn("the plan")], [overheard("Kafka the Redis plan Terraform")], LISTENED)

    assert [(one.start, one.end) for one in found.disputed] == [(0, 8)]


@pytest.mark.parametrize(
    ("one", "words", "listened"),
    [
        (turn("I led the migration", typed=True), [], LISTENED),
        (turn("I led the migration", speaker=Speaker.EMA), [], LISTENED),
        (turn("I led the migration"), [overheard("")], LISTENED),
        (turn("I led the migration"), [overheard("a bad fit", confidence=0.3)], LISTENED),
        (turn("I led the migration"), [], [(0, 7000)]),
        (turn("Ich habe die Migration geleitet und wir haben es nicht gemacht"), [overheard("Each harbour")], LISTENED),
    ],
    ids=["typed", "Ema's", "made out nothing", "not certain", "not listening", "another language"],
)
def test_what_the_witness_cannot_know_is_not_disputed(
    one: Turn, words: list[Overheard], listened: list[tuple[int, int]]
) -> None:
    assert compared([one], words, listened) == (one,)


def test_turns_are_compared_with_what_was_said_at_their_time() -> None:
    turns = [turn("I used Kafka there", 5000, 2), turn("We kept Redis", 30_000, 4)]

    found = compared(turns, [overheard("I used Kafka there"), overheard("We kept Memcached", 29_000)], LISTENED)

    assert [len(one.disputed) for one in found] == [0, 1]


def test_one_utterance_may_be_two_turns_of_the_vendor() -> None:
    turns = [turn("I used Kafka", 5000, 2), turn("for the events", 9000, 3)]

    found = compared(turns, [Overheard(5000, 12_000, "I used Redis for the events", 0.9)], LISTENED)

    assert [[one.text[it.start : it.end] for it in one.disputed] for one in found] == [["Kafka"], []]


def test_utterance_without_a_turn_disputes_nothing() -> None:
    turns = [turn("I used Kafka", 30_000)]

    assert compared(turns, [overheard("Hello there"), overheard("I used Kafka", 30_000)], LISTENED) == tuple(turns)


WORDS = st.lists(
    st.sampled_from(["I", "we", "not", "used", "Kafka", "fifty", "15", "the", "k8s", "didn't", "20%", "İ", "…"]),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(WORDS, WORDS)
def test_disputes_lie_in_the_text_and_apart(said: list[str], heard: list[str]) -> None:
    text = " ".join(said) or "I"
    (found,) = compared([turn(text)], [overheard(" ".join(heard) or "we")], LISTENED)

    places = [place for one in found.disputed for place in (one.start, one.end)]
    assert places == sorted(places)
    assert all(0 <= one.start < one.end <= len(text) for one in found.disputed)


@settings(max_examples=50, deadline=None)
@given(WORDS)
def test_nobody_disputes_their_own_words(said: list[str]) -> None:
    text = " ".join(said) or "I"

    assert compared([turn(text)], [overheard(text)], LISTENED)[0].disputed == ()


def test_disputes_move_with_the_text_that_is_masked() -> None:
    before, after = "Call me at home. I used Kafka there.", "(private, left out) I used Kafka there."
    kafka = DisputedWords(before.index("Kafka"), before.index("Kafka") + 5)
    masked = DisputedWords(0, 4)

    (found,) = moved([masked, kafka], before, after)

    assert after[found.start : found.end] == "Kafka"
    assert moved([kafka], before, before) == (kafka,)


REWRITE = "We considered a rewrite of the table instead, but it meant a long lock."
LOCK = DisputedWords(STRONG.index("long lock"), STRONG.index("long lock") + 9, "long log")
DISPUTED = turn(STRONG, disputed=(LOCK,))


def quotes(one: Turn) -> list[str]:
    made = report([ema("q1", 1000), one])
    return [piece.quote for rating in made.competencies for piece in rating.evidence]


def test_disputed_words_carry_no_quote() -> None:
    assert REWRITE in quotes(replace(DISPUTED, disputed=()))
    assert REWRITE not in quotes(DISPUTED)


def test_words_the_candidate_confirms_are_quoted() -> None:
    assert REWRITE in quotes(confirm(DISPUTED))
    assert correct(DISPUTED, STRONG) == confirm(DISPUTED)


def test_words_the_candidate_corrects_are_in_dispute_no_more() -> None:
    assert correct(DISPUTED, STRONG.replace("long lock", "very long lock")).in_dispute == ()


def test_marking_confirmed_words_as_wrong_takes_the_yes_back() -> None:
    assert doubt(confirm(DISPUTED), wrong=True).in_dispute == DISPUTED.disputed


def test_nothing_can_be_confirmed_where_nothing_is_disputed() -> None:
    with pytest.raises(CorrectionRefused):
        confirm(turn(STRONG))


def test_report_says_what_two_recognisers_differ_on() -> None:
    open_one, confirmed = noted(Conditions(), [DISPUTED]).notes, noted(Conditions(), [confirm(DISPUTED)]).notes

    assert "not quoted" in open_one[0]
    assert "confirmed by the candidate" in confirmed[0]
