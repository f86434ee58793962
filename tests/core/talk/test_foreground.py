"""Voices in front of the microphone and further away, as levels: no sound is needed to tell them apart."""

from __future__ import annotations

import pytest

from services.core.talk.foreground import AWAY_S, DOUBTED_S, OUTLASTED_S, UNHEEDING_S, Foreground

FRAME_S = 0.02
ROOM, CANDIDATE, NEXT_DOOR = -70.0, -25.0, -40.0


class Room:
    def __init__(self) -> None:
        self.foreground = Foreground()
        self.sounds(ROOM, 2)

    def sounds(self, dbfs: float, seconds: float, *, ema: bool = False) -> float:
        """Returns the seconds of it that were left out."""
        kept = [self.foreground.keeps(dbfs, FRAME_S, ema=ema) for _ in range(round(seconds / FRAME_S))]
        return round(FRAME_S * kept.count(False), 2)

    def talks(self, dbfs: float, seconds: float, *, behind: float = ROOM, ema: bool = False) -> float:
        """Syllables of 0.2 s, with 0.1 s between them in which one hears what is `behind`."""
        parts = round(seconds / 0.3)
        return sum(self.sounds(dbfs, 0.2, ema=ema) + self.sounds(behind, 0.1, ema=ema) for _ in range(parts))


def test_alone_nothing_is_left_out_however_loud() -> None:
    room = Room()

    assert [room.talks(dbfs, 3) + room.sounds(ROOM, 1.5) for dbfs in (-20, -30, -45, -25)] == [0, 0, 0, 0]


def test_a_sentence_may_end_softly() -> None:
    room = Room()
    room.talks(CANDIDATE, 6)

    assert [room.talks(CANDIDATE - 12, 1), room.talks(CANDIDATE - 7, 4)] == [0, 0]


def test_a_voice_heard_over_ema_is_left_out_of_the_answer() -> None:
    room = Room()
    room.talks(CANDIDATE, 3)
    room.talks(NEXT_DOOR, 6, ema=True)

    assert room.foreground.others
    assert room.talks(CANDIDATE, 6, behind=NEXT_DOOR) == 0
    assert room.sounds(NEXT_DOOR, 4) >= 4 - AWAY_S - 0.1


def test_a_voice_next_door_does_not_interrupt_ema() -> None:
    room = Room()
    room.talks(CANDIDATE, 3)
    room.sounds(ROOM, 1)

    assert room.talks(NEXT_DOOR, 3, ema=True) > 2.9


def test_the_candidate_interrupts_ema_beside_that_voice() -> None:
    room = Room()
    room.talks(CANDIDATE, 3)
    room.talks(NEXT_DOOR, 6, ema=True)

    assert room.talks(CANDIDATE - 3, 3, behind=NEXT_DOOR, ema=True) < 0.1


def test_a_turn_held_open_by_a_low_voice_ends_and_the_voice_is_heard_again() -> None:
    room = Room()
    room.talks(CANDIDATE, 6)

    assert abs(room.sounds(NEXT_DOOR, 20) - DOUBTED_S) < 0.1
    assert room.talks(CANDIDATE, 3) == 0


def test_a_voice_next_door_is_forgotten_with_time() -> None:
    room = Room()
    room.talks(CANDIDATE, 3)
    room.talks(NEXT_DOOR, 12, ema=True)
    room.sounds(ROOM, 20)

    assert room.talks(NEXT_DOOR, 3) == 0  # the candidate leans back


def test_a_slammed_door_does_not_silence_the_candidate() -> None:
    room = Room()
    room.talks(CANDIDATE, 3)
    room.sounds(-3, 0.2)

    assert room.talks(CANDIDATE, 5) == 0


def test_a_fan_is_no_voice() -> None:
    room = Room()
    room.talks(CANDIDATE, 3, behind=-45)
    room.sounds(-45, 60, ema=True)
    room.sounds(-45, 5)

    assert not room.foreground.others
    assert room.talks(-38, 3, behind=-45) == 0


def test_digital_silence_has_a_level_too() -> None:
    assert Foreground().keeps(float("-inf"), FRAME_S, ema=False)


def test_a_voice_fades_when_only_quieter_ones_go_on() -> None:
    room, faded = Room(), []
    for dbfs, seconds in ((NEXT_DOOR, 3), (CANDIDATE, 6), (NEXT_DOOR, 9), (CANDIDATE, 1)):
        room.talks(dbfs, seconds)
        faded.append(room.foreground.faded)
    room.sounds(ROOM, 2)

    assert [*faded, room.foreground.faded] == [False, False, True, False, False]


ECHO = -48.0


@pytest.mark.parametrize("echo_s", [1, 4, 20])
@pytest.mark.parametrize("gap_s", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("softer_db", [8, 10, 14])
def test_a_candidate_who_answers_softly_is_heard(softer_db: float, gap_s: float, echo_s: float) -> None:
    room = Room()
    room.talks(CANDIDATE, 6)
    room.sounds(ROOM, 1)
    room.talks(ECHO, echo_s, ema=True)
    room.sounds(ROOM, gap_s)

    assert room.talks(CANDIDATE - softer_db, 10) == 0
    assert not room.foreground.faded


@pytest.mark.parametrize("gap_s", [0.3, 0.5, 0.7])
def test_a_voice_next_door_that_pauses_as_ema_ends_is_no_answer(gap_s: float) -> None:
    room = Room()
    room.talks(CANDIDATE, 6)
    room.talks(NEXT_DOOR, 6, ema=True)
    room.sounds(ROOM, gap_s)

    assert room.talks(NEXT_DOOR, 3) > 2.9
    assert room.talks(CANDIDATE, 3) < 0.1


# --- who does not stop for Ema ---------------------------------------------------------------------------------------


def test_a_voice_that_outlasts_ema_heeds_nobody_until_it_pauses() -> None:
    room = Room()
    seen = []
    for seconds, dbfs, ema in ((2 * UNHEEDING_S, CANDIDATE, True), (2 * OUTLASTED_S, CANDIDATE, False)):
        room.talks(dbfs, seconds, ema=ema)
        seen.append(room.foreground.unheeding)
    room.talks(CANDIDATE, 30)
    seen.append(room.foreground.unheeding)
    room.sounds(ROOM, DOUBTED_S + 0.1)

    assert (seen, room.foreground.unheeding) == ([False, True, True], False)


@pytest.mark.parametrize(
    "heard",
    [
        [(CANDIDATE, 1, True), (CANDIDATE, 60, False)],  # an interruption, at which she stops
        [(CANDIDATE, 8, True), (ROOM, 1, False), (CANDIDATE, 60, False)],  # her echo, and then the answer
        [(CANDIDATE, 2, False), (NEXT_DOOR, 8, True), (NEXT_DOOR, 8, False)],  # a voice next door, which is left out
        [(ROOM, 8, True), (CANDIDATE, 160, False)],
    ],
)
def test_who_stops_or_is_somebody_else_is_no_such_voice(heard: list[tuple[float, float, bool]]) -> None:
    room, seen = Room(), set[bool]()
    for dbfs, seconds, ema in heard:
        for _ in range(round(seconds / 0.5)):
            room.talks(dbfs, 0.6, ema=ema)
            seen.add(room.foreground.unheeding)

    assert seen == {False}


def test_the_candidate_is_louder_than_the_television_that_was_heard_first() -> None:
    room = Room()
    room.talks(NEXT_DOOR, 8, ema=True)
    room.talks(NEXT_DOOR, 4)
    before = room.foreground.unheeding
    room.talks(CANDIDATE, 2, behind=NEXT_DOOR)
    after = room.foreground.unheeding
    room.talks(CANDIDATE, 90, behind=NEXT_DOOR)

    assert (before, after, room.foreground.unheeding) == (True, False, False)


def test_a_breath_of_a_television_is_no_end_of_it() -> None:
    room = Room()
    room.talks(CANDIDATE, 8, ema=True)
    for _ in range(5):
        room.talks(CANDIDATE, 4)
        room.sounds(ROOM, DOUBTED_S - 0.3)

    assert room.foreground.unheeding
