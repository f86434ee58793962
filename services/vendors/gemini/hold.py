"""Holding the floor where the vendor ends turns on silence alone: while the candidate thinks, silence is not sent."""

from __future__ import annotations

from collections import deque

from services.core.audio import SAMPLE_BYTES
from services.vendors.loudness import Ear

PREROLL_S = 0.4


class Floor:
    """PCM16 mono in, what may be sent out. While `held` nothing passes until the candidate speaks; then the beginning
    of their words does, too."""

    def __init__(self, rate_hz: int) -> None:
        self.held = False
        self._ear = Ear(rate_hz)
        self._rate_hz = rate_hz
        self._kept: deque[bytes] = deque()
        self._kept_s = 0.0

    @property
    def voice(self) -> bool:
        """There is one in the microphone."""
        return self._ear.voice

    def hold(self, on: bool) -> None:
        self.held = on
        self._kept.clear()
        self._kept_s = 0.0
        self._ear.forget_voice()

    def passes(self, pcm: bytes) -> bytes:
        self._ear.hear(pcm)
        if not self.held:
            return pcm
        self._kept.append(pcm)
        self._kept_s += self._seconds(pcm)
        if self._ear.voice:
            kept = b"".join(self._kept)
            self.hold(False)
            return kept
        while self._kept_s > PREROLL_S:
            self._kept_s -= self._seconds(self._kept.popleft())
        return b""

    def _seconds(self, pcm: bytes) -> float:
        return len(pcm) / SAMPLE_BYTES / self._rate_hz
