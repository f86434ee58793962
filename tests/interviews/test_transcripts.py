"""Words wait in memory, for half an hour at most, and are never shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.core.errors import TranscriptGone
from services.core.talk.transcript import Conditions
from services.interviews.transcripts import KEPT_S, Transcripts
from tests.clock import Clock
from tests.stage import SPOKEN, TURNS

CONDITIONS = Conditions(drops=1)


@pytest.fixture
def transcripts(clock: Clock) -> Transcripts:
    return Transcripts(clock.monotonic)


def test_words_put_are_words_got(transcripts: Transcripts) -> None:
    transcripts.put("i1", TURNS, CONDITIONS)

    assert (transcripts.get("i1").turns, transcripts.get("i1").conditions) == (TURNS, CONDITIONS)


def test_unknown_transcript_is_gone(transcripts: Transcripts) -> None:
    with pytest.raises(TranscriptGone):
        transcripts.get("i1")


def test_dropped_transcript_is_gone(transcripts: Transcripts) -> None:
    transcripts.put("i1", TURNS, CONDITIONS)

    transcripts.drop("i1")
    transcripts.drop("i1")

    assert transcripts.held_ids() == frozenset()


@pytest.mark.parametrize(("age_s", "held"), [(KEPT_S - 1, {"i1"}), (KEPT_S, set())])
def test_words_are_kept_half_an_hour(transcripts: Transcripts, clock: Clock, age_s: float, held: set[str]) -> None:
    transcripts.put("i1", TURNS, CONDITIONS)

    clock.advance(age_s)

    assert transcripts.held_ids() == held


def test_better_words_prolong_nothing(transcripts: Transcripts, clock: Clock) -> None:
    transcripts.put("i1", TURNS[:1], CONDITIONS)
    clock.advance(KEPT_S - 1)
    transcripts.complete("i1", TURNS)

    assert transcripts.get("i1").turns == TURNS
    clock.advance(1)
    with pytest.raises(TranscriptGone):
        transcripts.get("i1")


def test_better_words_bring_nothing_deleted_back(transcripts: Transcripts) -> None:
    transcripts.put("i1", TURNS[:1], CONDITIONS)
    transcripts.drop("i1")

    transcripts.complete("i1", TURNS)

    assert transcripts.held_ids() == frozenset()


def test_expiry_takes_any_instant(transcripts: Transcripts, clock: Clock) -> None:
    transcripts.put("i1", TURNS, CONDITIONS)

    transcripts.expire(clock.monotonic() + KEPT_S)

    assert transcripts.held_ids() == frozenset()


def test_no_representation_shows_words(transcripts: Transcripts) -> None:
    transcripts.put("i1", TURNS, CONDITIONS)

    shown = f"{transcripts!r} {transcripts.get('i1')!r} {vars(transcripts)}"

    assert "1 held" in shown
    assert SPOKEN not in shown


def test_many_threads_share_the_memory(transcripts: Transcripts) -> None:
    def use(number: int) -> None:
        transcripts.put(f"i{number}", TURNS, CONDITIONS)
        transcripts.get(f"i{number}")
        transcripts.expire()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(use, range(500)))

    assert len(transcripts.held_ids()) == 500
