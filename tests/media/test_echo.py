"""Ema's own voice in the microphone: at three levels, with somebody speaking over it, and with every kind of clock."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray

from services.media import echo
from services.media.echo import FRAME_SAMPLES, RATE_HZ, NearEnd
from services.vendors.offline import synthesis
from services.vendors.offline.vad import VoiceActivity
from tests import speech

ASKS = "Thank you. Tell me about a decision you took on your platform, and what it cost you in the end."
INTERRUPTS = "Sorry, can I ask something about the question?"
SETTLING_S = 3.5
"""From Ema's first sound of a visit: until then a syllable of hers may still get through."""
TURN_FRAMES = 6
"""Of 32 ms with a voice in each, after which a turn begins."""

Signal = NDArray[np.float64]


def signal(pcm: bytes, level: float = 3000.0) -> Signal:
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    return np.asarray(sound * level / np.sqrt(np.mean(sound[np.abs(sound) > 200] ** 2)))


@functools.cache
def ema() -> Signal:
    """Twice the same question, at 48 kHz, with silence around it."""
    said = signal(synthesis.render(ASKS))
    at = np.arange(said.size * RATE_HZ // synthesis.RATE_HZ) * synthesis.RATE_HZ / RATE_HZ
    asked = np.concatenate([np.zeros(RATE_HZ // 2), np.interp(at, np.arange(said.size), said), np.zeros(RATE_HZ // 2)])
    return np.tile(asked, 2)


@functools.cache
def candidate() -> Signal:
    return signal(speech.spoken(INTERRUPTS, RATE_HZ))


def returned(played: Signal, db: float, delay_s: float) -> Signal:
    """As a loudspeaker and a room of 0.3 s give it back, over a microphone's noise."""
    rng = np.random.default_rng(3)
    room = rng.normal(size=round(0.3 * RATE_HZ)) * np.exp(np.linspace(0, -6.9, round(0.3 * RATE_HZ)))
    room[0] = 4
    size = 1 << (played.size + room.size).bit_length()
    heard = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(room / np.linalg.norm(room), size), size)
    late = round(delay_s * RATE_HZ)
    echo = np.concatenate([np.zeros(late), heard[: played.size - late]])
    return echo * 10 ** (db / 20) + rng.normal(0, 15, played.size)


def frames(sound: Signal) -> list[bytes]:
    samples = np.clip(sound, -32768, 32767).astype("<i2")
    return [samples[at : at + FRAME_SAMPLES].tobytes() for at in range(0, samples.size - FRAME_SAMPLES, FRAME_SAMPLES)]


def cleaned(played: Signal, heard: Signal) -> bytes:
    near_end, taken = NearEnd(), []
    for out, back in zip(frames(played), frames(heard), strict=True):
        near_end.played(out)
        taken.append(near_end.heard(back))
    return b"".join(taken)


def turns(pcm: bytes) -> list[float]:
    """Seconds at which a voice was certain."""
    third = np.frombuffer(pcm, "<i2")
    third = third[: third.size // 3 * 3].reshape(-1, 3).mean(axis=1).astype("<i2")
    found, voiced = [], 0
    for number, frame in enumerate(VoiceActivity().frames(third.tobytes())):
        voiced = voiced + 1 if frame.probability >= 0.5 else 0
        if voiced == TURN_FRAMES:
            found.append(number * 0.032)
    return found


@pytest.mark.parametrize("db", [-6, -16, -30])
@pytest.mark.parametrize("delay_s", [0.04, 0.18, 0.4])
def test_ema_does_not_interrupt_herself(db: float, delay_s: float) -> None:
    heard = returned(ema(), db, delay_s)

    assert len(turns(b"".join(frames(heard)))) > 3
    assert [at for at in turns(cleaned(ema(), heard)) if at > 0.5 + SETTLING_S] == []


@pytest.mark.parametrize("db", [-6, -16, -30])
def test_a_voice_over_the_echo_is_heard_as_soon_as_without(db: float) -> None:
    begins = ema().size // 2 + RATE_HZ
    heard = returned(ema(), db, 0.18)
    heard[begins : begins + candidate().size] += candidate()
    alone = turns(b"".join(frames(candidate())))[0]

    first = next(at for at in turns(cleaned(ema(), heard)) if at >= begins / RATE_HZ)

    assert first - begins / RATE_HZ < alone + 0.15


def test_with_headphones_the_candidate_stays_as_loud() -> None:
    heard = np.random.default_rng(1).normal(0, 15, ema().size)
    begins = ema().size // 2 + RATE_HZ
    said = slice(begins, begins + candidate().size)
    heard[said] += candidate()

    taken = np.frombuffer(cleaned(ema(), heard), "<i2")[said].astype(np.float64)

    assert 20 * np.log10(np.linalg.norm(taken) / np.linalg.norm(candidate())) > -3


def test_while_ema_is_silent_nothing_is_touched() -> None:
    said = b"".join(frames(candidate()))

    assert cleaned(np.zeros(candidate().size), candidate()) == said


def test_a_playout_that_began_long_before_the_microphone_is_compared_in_time() -> None:
    near_end, heard = NearEnd(), returned(ema(), -16, 0.18)
    for _ in range(50):
        near_end.played(b"")
    taken = []
    for out, back in zip(frames(ema()), frames(heard), strict=True):
        near_end.played(out)
        taken.append(near_end.heard(back))

    assert [at for at in turns(b"".join(taken)) if at > 0.5 + SETTLING_S] == []


def test_a_microphone_that_comes_in_bursts_is_cleaned_alike() -> None:
    near_end, heard = NearEnd(), returned(ema(), -16, 0.18)
    outs, backs, taken = frames(ema()), frames(heard), []
    for at in range(0, len(outs), 5):
        for out in outs[at : at + 5]:
            near_end.played(out)
        taken += [near_end.heard(back) for back in backs[at : at + 5]]

    assert [at for at in turns(b"".join(taken)) if at > 0.5 + SETTLING_S] == []


def test_a_frame_of_another_length_passes() -> None:
    near_end = NearEnd()
    near_end.played(frames(ema())[40])

    assert near_end.heard(b"\1\0" * 480) == b"\1\0" * 480


@pytest.mark.parametrize("begins_s", [1.3, 3.0])
def test_without_echo_a_voice_is_not_held_back_from_the_first_question_on(begins_s: float) -> None:
    said = slice(round(begins_s * RATE_HZ), round(begins_s * RATE_HZ) + candidate().size)
    heard = np.random.default_rng(1).normal(0, 15, ema().size)
    heard[said] += candidate()

    taken = np.frombuffer(cleaned(ema(), heard), "<i2")[said].astype(np.float64)

    assert 20 * np.log10(np.linalg.norm(taken) / np.linalg.norm(candidate())) > -1


def test_headphones_taken_off_are_noticed_with_the_next_question() -> None:
    half = ema().size // 2
    heard = np.random.default_rng(1).normal(0, 15, ema().size)
    heard[half:] += returned(ema(), -16, 0.18)[half:]
    thrice, back = np.concatenate([ema(), ema()[:half]]), np.concatenate([heard, returned(ema(), -16, 0.18)[half:]])

    assert [at for at in turns(cleaned(thrice, back)) if at > 2 * half / RATE_HZ] == []


def in_front(heard: Signal, near_end: NearEnd, played: Signal | None = None) -> list[bool]:
    """Whether each frame found somebody in front, where all of them are loud enough."""
    loud = []
    for out, back in zip(frames(ema() if played is None else played), frames(heard), strict=True):
        near_end.played(out)
        near_end.heard(back)
        loud.append(near_end.in_front(-20.0))
    return loud


class Canceller:
    """One that is told whether it follows Ema."""

    def __init__(self, *, follows: bool) -> None:
        self.follows = follows

    def process(self, near: NDArray[np.int16], far: NDArray[np.int16]) -> NDArray[np.int16]:
        return near // 100 if self.follows and far.any() else near


def leaking(monkeypatch: pytest.MonkeyPatch, heard: Signal, *, follows: bool) -> list[float]:
    """Seconds at which her echo is told to have got through."""
    monkeypatch.setattr(echo, "EchoCanceller", lambda _: Canceller(follows=follows))
    near_end, found = NearEnd(), []
    for number, (out, back) in enumerate(zip(frames(ema()), frames(heard), strict=True)):
        near_end.played(out)
        near_end.heard(back)
        found += [number * 0.02] if near_end.leaks else []
    return found


def test_an_echo_that_gets_through_is_told_and_a_voice_over_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    again = ema().size // 2 + RATE_HZ // 2
    comes_back = returned(ema(), -6, 0.18)
    spoken_over = comes_back.copy()
    spoken_over[again : again + candidate().size] += 4 * candidate()

    told = leaking(monkeypatch, comes_back, follows=False)

    assert told[0] > SETTLING_S
    assert [at for at in told if at > again / RATE_HZ]
    assert not [at for at in leaking(monkeypatch, spoken_over, follows=False) if at > again / RATE_HZ + 0.2]
    assert leaking(monkeypatch, comes_back, follows=True) == []


def let_finish(heard: Signal) -> list[bool]:
    """The same after she had interrupted herself."""
    near_end = NearEnd()
    near_end.let_ema_finish()
    return in_front(heard, near_end)


def test_nobody_interrupts_the_first_words_of_hers_that_come_back() -> None:
    found = in_front(returned(ema(), -6, 0.12), NearEnd())

    assert not any(found[round(0.5 / 0.02) : round(3.5 / 0.02)])
    assert found[round(5.0 / 0.02)]


def test_with_headphones_the_first_words_can_be_interrupted() -> None:
    found = in_front(np.random.default_rng(1).normal(0, 15, ema().size), NearEnd())

    assert found[round(1.5 / 0.02)]


def test_ema_finishes_her_sentences_while_she_comes_back() -> None:
    asking = round(1.5 / 0.02)

    assert not any(let_finish(returned(ema(), -6, 0.6))[asking : 2 * asking])


def test_with_headphones_she_can_be_interrupted_again() -> None:
    assert let_finish(np.random.default_rng(1).normal(0, 15, ema().size))[-1]


@functools.cache
def asks_at_length() -> Signal:
    """Four questions, each longer than her sound may take to come back, with more than that between two."""
    said = ema()[: ema().size // 2]
    return np.tile(np.concatenate([np.tile(said, 2), np.zeros(4 * RATE_HZ)]), 4)


def who_may_speak(heard: Signal) -> list[bool]:
    near_end = NearEnd()
    near_end.let_ema_finish()
    return in_front(heard, near_end, asks_at_length())


def test_ema_finishes_her_sentences_though_they_come_back_late() -> None:
    """A browser that is short of time hoards what it receives, and more and more of it."""
    late = np.zeros(asks_at_length().size)
    for number, part in enumerate(np.split(np.arange(late.size), 4)):
        late[part] = returned(asks_at_length()[part], -6, 0.4 + 0.6 * number)

    found = np.array(who_may_speak(late))
    loud = np.array([np.abs(np.frombuffer(frame, "<i2")).max() > 500 for frame in frames(late)])

    assert loud.sum() > 1000
    assert not (found & loud)[200:].any()


def test_after_a_late_echo_headphones_are_noticed_all_the_same() -> None:
    half = asks_at_length().size // 2
    heard = np.random.default_rng(1).normal(0, 15, asks_at_length().size)
    heard[:half] = returned(asks_at_length()[:half], -6, 1.6)

    found = who_may_speak(heard)
    said = np.array([np.abs(np.frombuffer(frame, "<i2")).max() > 500 for frame in frames(asks_at_length())])

    assert not any(np.array(found)[: half // FRAME_SAMPLES][said[: half // FRAME_SAMPLES]])
    assert all(np.array(found)[3 * half // 2 // FRAME_SAMPLES :])
