"""What a second witness heard of a call's candidate, over all of its legs, and what its turns come to beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from services.core.report.witness import compared
from services.core.talk.transcript import Turn
from services.media.frames import Resampler
from services.vendors.base import Witness

log = structlog.get_logger(__name__)

GAP_S = 1.0
"""Without audio for longer than this, the witness was not listening."""


class Overhearing:
    """One call's, on the event loop. `at` is the interview's clock, in seconds."""

    def __init__(self, witness: Witness, at: Callable[[], float]) -> None:
        self._witness, self._at = witness, at
        self._resampler: tuple[int, Resampler] | None = None
        self._listened_ms: list[tuple[int, int]] = []

    def hear(self, pcm: bytes, rate_hz: int) -> None:
        """What a vendor is being sent, PCM16 mono; returns at once."""
        at = self._at()
        if self._resampler is None or self._resampler[0] != rate_hz:
            self._resampler = rate_hz, Resampler(rate_hz, self._witness.input_rate_hz)
        now_ms = round(at * 1000)
        if self._listened_ms and now_ms - self._listened_ms[-1][1] <= GAP_S * 1000:
            self._listened_ms[-1] = (self._listened_ms[-1][0], now_ms)
        else:
            self._listened_ms.append((now_ms, now_ms))
        self._witness.hear(self._resampler[1](pcm), at)

    async def compare(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """The turns with what is disputed in them, once the witness has had its say; within seconds."""
        overheard = await self._witness.words()
        found = await asyncio.to_thread(compared, turns, overheard, self._listened_ms)
        log.info(
            "second witness",
            utterances=len(overheard),
            understood=sum(one.is_certain for one in overheard),
            turns_disputed=sum(bool(turn.disputed) for turn in found),
        )
        return found
