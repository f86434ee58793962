"""A candidate for call tests: a real microphone and playout track, driven in real time without a browser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from services.leg import Media

RATE_HZ = 48_000
FRAME = 960


class Voice(MediaStreamTrack):
    """Faint noise in 20 ms frames until stopped, as an open microphone in a quiet room."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._due = time.monotonic()
        self._noise = np.random.default_rng(0).normal(0, 20, (1, FRAME)).astype(np.int16)

    async def recv(self) -> av.AudioFrame:
        self._due += 0.02
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        if self.readyState != "live":
            raise MediaStreamError
        frame = av.AudioFrame.from_ndarray(self._noise, "s16", "mono")
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        return frame


class Candidate:
    """Opens the visit's two tracks; `leave` closes them as a closed tab does."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.packets = 0
        self._voice = Voice()
        media.microphone.addTrack(self._voice)
        media.microphone.start()
        self._listening = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            await self.media.playout.recv()
            self.packets += 1

    async def leave(self) -> None:
        self._voice.stop()
        self.media.microphone.stop()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)


async def eventually(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Waits on the loop until the condition holds; fails with its source line when it never does."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)
