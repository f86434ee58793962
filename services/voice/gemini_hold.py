"""Holding the floor where the vendor ends turns on silence alone: while the candidate thinks, silence is not sent."""

from __future__ import annotations

from collections import deque

from services.core.audio import SAMPLE_BYTES, level

PREROLL_S = 0.4
ONSET_S = 0.12
"""That much voice ends the hold."""
QUIET = 0.33
"""A level (0 at -60 dBFS, 1 at full scale) below which nothing is a voice: -40 dBFS."""
OVER_FLOOR = 0.16
"""How much louder than the room a voice is: 10 dB."""
FALL_PER_S, RISE_PER_S = 15.0, 0.1


class Floor:
    """PCM16 mono in, what may be sent out. While `held` nothing passes until the candidate speaks; then the beginning
    of their words does, too."""

    def __init__(self, rate_hz: int) -> None:
        self.held = False
        self._rate_hz = rate_hz
        self._kept: deque[bytes] = deque()
        self._kept_s = self._voice_s = 0.0
        self._floor = 0.0

    def hold(self, on: bool) -> None:
        self.held = on
        self._kept.clear()
        self._kept_s = self._voice_s = 0.0

    def passes(self, pcm: bytes) -> bytes:
        seconds = len(pcm) / SAMPLE_BYTES / self._rate_hz
        loud = self._loud(pcm, seconds)
        if not self.held:
            return pcm
        self._voice_s = self._voice_s + seconds if loud else 0.0
        self._kept.append(pcm)
        self._kept_s += seconds
        if self._voice_s >= ONSET_S:
            kept = b"".join(self._kept)
            self.hold(False)
            return kept
        while self._kept_s > PREROLL_S:
            self._kept_s -= len(self._kept.popleft()) / SAMPLE_BYTES / self._rate_hz
        return b""

    def _loud(self, pcm: bytes, seconds: float) -> bool:
        """Louder than the room; its noise floor is followed down in every short pause, and slowly up."""
        now = level(pcm)
        loud = now > max(QUIET, self._floor + OVER_FLOOR)
        self._floor += (now - self._floor) * min(1.0, seconds * (FALL_PER_S if now < self._floor else RISE_PER_S))
        return loud
