"""An av frame's PCM16 samples, and a frame of PCM16 samples."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from services.core import audio


def pcm_of(frame: av.AudioFrame) -> bytes:
    """Its samples, all channels, without the padding of its plane."""
    return bytes(frame.planes[0])[: frame.samples * len(frame.layout.channels) * audio.SAMPLE_BYTES]


def frame_of(pcm: bytes, rate_hz: int) -> av.AudioFrame:
    """Mono; without a place in time."""
    frame = av.AudioFrame("s16", "mono", len(pcm) // audio.SAMPLE_BYTES, align=1)
    frame.planes[0].update(pcm)
    frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
    return frame


def mono_of(frame: av.AudioFrame) -> bytes:
    """Its samples, PCM16; of several channels their mean."""
    channels = len(frame.layout.channels)
    if channels == 1:
        return pcm_of(frame)
    samples = np.frombuffer(pcm_of(frame), np.int16)
    summed = samples[::channels].astype(np.int32)
    for channel in range(1, channels):  # twice as fast as a mean along so short an axis
        summed += samples[channel::channels]
    return (summed // channels).astype(np.int16).tobytes()


class Resampler:
    """PCM16 mono of one stream at another rate; holds back the fraction of a millisecond that it needs."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._from_hz = from_hz
        self._resampler = av.AudioResampler("s16", "mono", to_hz) if from_hz != to_hz else None

    def __call__(self, pcm: bytes) -> bytes:
        if self._resampler is None or not pcm:
            return pcm
        return b"".join(pcm_of(frame) for frame in self._resampler.resample(frame_of(pcm, self._from_hz)))
