"""PCM16 arithmetic: mono unless said otherwise, in the byte order of the wire and of every machine we run on."""

from __future__ import annotations

import math
from array import array

SAMPLE_BYTES = 2
FULL_SCALE = 32768
QUIETEST_DBFS = -60.0
AUDIBLE_DBFS = -80.0
"""Below it a microphone delivers nothing: zeros, or the dither of a device that is muted or broken."""
_METER_STRIDE = 4


def duration_ms(pcm_bytes: int, rate_hz: int) -> float:
    return pcm_bytes * 1000 / (SAMPLE_BYTES * rate_hz)


def bytes_of(ms: float, rate_hz: int) -> int:
    """Length of `ms` of audio, in whole samples."""
    return round(ms * rate_hz / 1000) * SAMPLE_BYTES


def silence(ms: float, rate_hz: int) -> bytes:
    return bytes(bytes_of(ms, rate_hz))


def loudness(pcm: bytes) -> float:
    """Mean power in dBFS, minus infinity for zeros. Any number of channels.

    Every fourth sample is looked at: enough for a meter, and this runs for every frame of every call.
    """
    samples = _samples(pcm)[::_METER_STRIDE]
    power = sum(map(int.__mul__, samples, samples))
    return 10 * math.log10(power / len(samples) / FULL_SCALE**2) if power else -math.inf


def level(dbfs: float) -> float:
    """For a meter: 0 at -60 dBFS and below, 1 at full scale, linear in dB between."""
    return max(0.0, 1.0 - dbfs / QUIETEST_DBFS)


def fade_out(pcm: bytes) -> bytes:
    """The same audio falling to silence along half a cosine, so that cutting it makes no click."""
    samples = _samples(pcm)
    count = len(samples)
    for i, sample in enumerate(samples):
        samples[i] = round(sample * (1 + math.cos(math.pi * (i + 1) / count)) / 2)
    return samples.tobytes()


def _samples(pcm: bytes) -> array[int]:
    samples = array("h")
    samples.frombytes(pcm)
    return samples
