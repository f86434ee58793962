from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.plan.plan import Pace
from services.core.talk.endpointing import Endpointer
from services.core.talk.events import SpeechStarted, SpeechStopped

SPEECH, UNSURE, SILENCE = 0.95, 0.5, 0.05
CHUNK_S = 0.032


def changes(endpointer: Endpointer, *parts: tuple[float, float], chunk_s: float = CHUNK_S) -> list[tuple[str, float]]:
    """What is announced, and after how many seconds, for parts of (probability, seconds)."""
    seen, now = [], 0.0
    for probability, seconds in parts:
        for _ in range(round(seconds / chunk_s)):
            now += chunk_s
            event = endpointer.process(probability, chunk_s)
            seen += [("on" if isinstance(event, SpeechStarted) else "off", round(now, 2))] if event else []
    return seen


@pytest.mark.parametrize(
    ("pace", "parts", "announced"),
    [
        (Pace.NORMAL, [(SPEECH, 2), (SILENCE, 2)], [("on", 0.2), ("off", 2.9)]),
        (Pace.PATIENT, [(SPEECH, 2), (SILENCE, 2)], [("on", 0.2), ("off", 3.6)]),
        (Pace.BRISK, [(SPEECH, 2), (SILENCE, 2)], [("on", 0.2), ("off", 2.6)]),
        (Pace.NORMAL, [(SPEECH, 2), (SILENCE, 0.8), (SPEECH, 1), (SILENCE, 0.9)], [("on", 0.2), ("off", 4.7)]),
        (Pace.NORMAL, [(SPEECH, 0.1), (SILENCE, 3)], []),
        (Pace.NORMAL, [(UNSURE, 3)], []),
        (Pace.NORMAL, [(SPEECH, 0.1), (UNSURE, 1), (SPEECH, 0.1)], [("on", 1.2)]),
        (Pace.NORMAL, [(SPEECH, 1), (UNSURE, 3)], [("on", 0.2)]),
        (Pace.NORMAL, [(SILENCE, 5), (SPEECH, 1)], [("on", 5.2)]),
        (Pace.NORMAL, [(SPEECH, 0.5), (SILENCE, 2)], [("on", 0.2), ("off", 1.9)]),
        (Pace.NORMAL, [(SPEECH, 1), (SILENCE, 1), (SPEECH, 1)], [("on", 0.2), ("off", 1.9), ("on", 2.2)]),
    ],
    ids=[
        "normal pace",
        "patient pace",
        "brisk pace",
        "a pause inside a turn",
        "a click is no speech",
        "doubtful sound begins nothing",
        "doubt neither counts nor resets",
        "doubtful sound keeps a turn open",
        "silence first",
        "a short turn is waited for longer",
        "two turns",
    ],
)
def test_speech_is_announced(pace: Pace, parts: list[tuple[float, float]], announced: list[tuple[str, float]]) -> None:
    assert changes(Endpointer(pace), *parts, chunk_s=0.1) == announced


@pytest.mark.parametrize("chunk_s", [0.01, 0.02, 0.1])
def test_the_length_of_chunks_does_not_matter(chunk_s: float) -> None:
    announced = changes(Endpointer(Pace.NORMAL), (SPEECH, 2), (SILENCE, 2), chunk_s=chunk_s)

    assert announced == [("on", 0.2), ("off", 2.9)]


def test_one_long_chunk_begins_a_turn() -> None:
    endpointer = Endpointer(Pace.NORMAL)

    assert (endpointer.process(SPEECH, 30), endpointer.process(SILENCE, 30)) == (SpeechStarted(), SpeechStopped())


def test_a_flickering_detector_is_late_rather_than_deaf() -> None:
    endpointer = Endpointer(Pace.NORMAL)

    events = [endpointer.process(SPEECH if n % 3 else SILENCE, CHUNK_S) for n in range(60)]

    assert events.count(SpeechStarted()) == 1


def test_speaking_lasts_through_a_pause() -> None:
    endpointer = Endpointer(Pace.NORMAL)
    before = endpointer.speaking

    changes(endpointer, (SPEECH, 1), (SILENCE, 0.5))

    assert (before, endpointer.speaking) == (False, True)


def test_a_hold_keeps_silence_from_ending_a_turn() -> None:
    endpointer = Endpointer(Pace.NORMAL)
    changes(endpointer, (SPEECH, 1))

    endpointer.hold(True)

    assert changes(endpointer, (SILENCE, 60)) == []


def test_speech_in_a_hold_is_announced_again() -> None:
    endpointer = Endpointer(Pace.NORMAL)
    changes(endpointer, (SPEECH, 1))
    endpointer.hold(True)

    announced = changes(endpointer, (SILENCE, 10), (SPEECH, 1), chunk_s=0.1)

    assert announced == [("on", 10.2)]
    assert endpointer.speaking


def test_a_turn_paused_by_a_hold_ends_after_it() -> None:
    endpointer = Endpointer(Pace.NORMAL)
    changes(endpointer, (SPEECH, 1))
    endpointer.hold(True)
    changes(endpointer, (SILENCE, 30))

    endpointer.hold(False)

    assert changes(endpointer, (SILENCE, 5), chunk_s=0.1) == [("off", 0.9)]


def test_a_hold_between_turns_announces_the_next() -> None:
    endpointer = Endpointer(Pace.NORMAL)
    endpointer.hold(True)

    assert changes(endpointer, (SILENCE, 30), (SPEECH, 1), chunk_s=0.1) == [("on", 30.2)]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 3), st.booleans()), max_size=80))
def test_a_turn_ends_only_after_it_began(chunks: list[tuple[float, float, bool]]) -> None:
    endpointer = Endpointer(Pace.BRISK)
    announced: list[SpeechStarted | SpeechStopped] = [SpeechStopped()]

    for probability, seconds, held in chunks:
        endpointer.hold(held)
        event = endpointer.process(probability, seconds)
        announced += [event] if event else []

    assert all(SpeechStarted() in pair for pair in pairwise(announced))


def test_a_turn_that_was_ended_is_not_ended_again() -> None:
    endpointer = Endpointer(Pace.NORMAL)
    changes(endpointer, (SPEECH, 2))
    endpointer.end()

    assert changes(endpointer, (SILENCE, 3), (SPEECH, 1)) == [("on", 3.23)]
