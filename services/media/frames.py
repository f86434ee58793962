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
