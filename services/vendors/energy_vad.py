"""Whether there is a voice in microphone audio, by its loudness alone: a sign of life where nothing else gives one."""

from __future__ import annotations

from services.core.audio import SAMPLE_BYTES, level, loudness

ONSET_S = 0.12
"""Anything shorter is a click."""
QUIET = 0.33
"""A level (0 at -60 dBFS, 1 at full scale) below which nothing is a voice: -40 dBFS."""
OVER_FLOOR = 0.16
"""How much louder than the room a voice is: 10 dB."""
FALL_PER_S, RISE_PER_S = 15.0, 0.1


class EnergyVad:
    """Takes PCM16 mono, in chunks of any length."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._voice_s = self._floor = 0.0

    @property
    def voice(self) -> bool:
        """There is one now."""
        return self._voice_s >= ONSET_S

    def feed(self, pcm: bytes) -> None:
        """Louder than the room; its noise floor is followed down in every short pause, and slowly up."""
        seconds, now = len(pcm) / SAMPLE_BYTES / self._rate_hz, level(loudness(pcm))
        loud = now > max(QUIET, self._floor + OVER_FLOOR)
        self._voice_s = self._voice_s + seconds if loud else 0.0
        self._floor += (now - self._floor) * min(1.0, seconds * (FALL_PER_S if now < self._floor else RISE_PER_S))

    def forget_voice(self) -> None:
        """A voice has to last for a while again before it counts."""
        self._voice_s = 0.0
