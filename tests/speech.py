"""Spoken answers of a candidate for tests: real speech, in a voice that is not Ema's."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from services.vendors.offline.synthesis import RATE_HZ, Voice, render

CANDIDATE = Voice("en-us+f2", words_per_minute=150, pitch=50, pitch_range=50)
"""The second best understood by the recogniser, after Ema's own."""
UNDERSTOOD = "We waited too long because it was late."
"""PocketSphinx gets every word of it."""
ANSWER = (
    f"{UNDERSTOOD} I think that people wait too long. "
    "The database was slow because it was old. After that it took less time, and people were happy with it."
)
"""Enough for a rating, and understood well enough to quote from."""


def spoken(text: str, rate_hz: int = 16_000, *, before_s: float = 0.3, after_s: float = 0.0) -> bytes:
    """PCM16 mono of somebody saying it, with silence before and after."""
    pcm = resampled(render(text, CANDIDATE), RATE_HZ, rate_hz)
    return silence(before_s, rate_hz) + pcm + silence(after_s, rate_hz)


def silence(seconds: float, rate_hz: int = 16_000) -> bytes:
    return bytes(round(seconds * rate_hz) * 2)


def resampled(pcm: bytes, from_hz: int, to_hz: int) -> bytes:
    """Linear: good enough for speech that a machine listens to."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    at = np.arange(int(len(samples) * to_hz / from_hz)) * from_hz / to_hz
    return np.interp(at, np.arange(len(samples)), samples).astype("<i2").tobytes()


def frames(pcm: bytes, rate_hz: int = 16_000, ms: int = 20) -> Iterator[bytes]:
    """As a microphone delivers it."""
    size = rate_hz * ms // 1000 * 2
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size]


def write_wav(path: Path, pcm: bytes, rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm)
    return path
