"""Ema's own voice in the microphone, at three levels and with somebody speaking over it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.media.echo import EchoGate

RATE_HZ = 48_000
FRAME = 960
ONSET_S = 0.2
"""Of speech, which a voice activity detector takes for the beginning of a turn."""
DELAY_S = 0.12

Signal = NDArray[np.float64]


def voice(seconds: float, seed: int, level: float = 3000.0) -> Signal:
    """Noise of a voice's band in syllables of 200 ms, from a seed."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    band = np.fft.rfft(rng.normal(size=count))
    at_hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    band[(at_hz < 150) | (at_hz > 3000)] = 0
    syllables = np.repeat(rng.uniform(0.1, 1.0, count // 9600 + 1), 9600)[:count]
    sound = np.fft.irfft(band, count) * syllables
    return np.asarray(sound * level / np.sqrt(np.mean(sound**2)))


def back(played: Signal, db: float) -> Signal:
    """As a loudspeaker and a room return it."""
    heard = np.zeros(played.size)
    for extra_s, gain in ((0.0, 1.0), (0.011, 0.4), (0.023, 0.25)):
        late = round((DELAY_S + extra_s) * RATE_HZ)
        heard[late:] += gain * played[: played.size - late]
    return heard * 10 ** (db / 20)


def passed(played: Signal, heard: Signal) -> list[bool]:
    """For each frame, whether it is loud and no echo."""
    gate, noise = EchoGate(), np.random.default_rng(9).normal(0, 20, heard.size)
    through = []
    for start in range(0, heard.size - FRAME + 1, FRAME):
        gate.played(pcm(played[start : start + FRAME]))
        frame = pcm((heard + noise)[start : start + FRAME])
        loud = np.abs(np.frombuffer(frame, "<i2")).max() > 150
        through.append(not gate.is_echo(frame) and bool(loud))
    return through


def pcm(samples: Signal) -> bytes:
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()


def onsets(through: list[bool], since_s: float = 0.0) -> list[float]:
    """When a detector that needs 0.2 s of sound, and forgives gaps, would have taken it for speech."""
    sound_s, found = 0.0, []
    for number, loud in enumerate(through):
        at = number * 0.02
        sound_s = max(0.0, min(ONSET_S, sound_s + (0.02 if loud else -0.02))) if at >= since_s else 0.0
        if sound_s >= ONSET_S - 1e-9:
            found.append(at)
    return found


@pytest.mark.parametrize("db", [-6, -16, -30])
def test_ema_never_interrupts_herself(db: float) -> None:
    played = voice(4, seed=1)

    assert onsets(passed(played, back(played, db))) == []


@pytest.mark.parametrize("db", [-6, -16, -30])
@pytest.mark.parametrize("at", [1.5, 2.5])
def test_a_voice_over_the_echo_is_heard(db: float, at: float) -> None:
    played, near = voice(4, seed=1), voice(1.4, seed=2, level=4000)
    heard = back(played, db)
    heard[round(at * RATE_HZ) :][: near.size] += near

    first = onsets(passed(played, heard), since_s=at)[0]

    assert first - at < ONSET_S + 0.6


def test_with_headphones_nobody_is_held_back() -> None:
    played, near = voice(4, seed=1), voice(2, seed=2)
    heard = np.concatenate([np.zeros(2 * RATE_HZ), near])

    through = passed(played, heard)

    assert onsets(through)[0] < 2 + ONSET_S + 0.1


def test_silence_after_ema_lets_everything_pass() -> None:
    played = np.concatenate([voice(2, seed=1), np.zeros(4 * RATE_HZ)])
    heard = back(played, -6)
    heard[4 * RATE_HZ :] += voice(2, seed=2, level=300)

    assert onsets(passed(played, heard), since_s=4)[0] < 4 + ONSET_S + 0.1


def test_a_tone_is_not_taken_for_another() -> None:
    tone = 3000 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE_HZ) / RATE_HZ)
    heard = tone.copy()
    heard[: 2 * RATE_HZ] = 0

    assert onsets(passed(tone, heard))[0] < 2 + ONSET_S + 0.1


def test_without_a_playout_there_is_no_echo() -> None:
    gate = EchoGate()
    gate.played(b"")

    assert not gate.is_echo(pcm(voice(0.02, seed=1)))
