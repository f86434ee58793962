"""A candidate for call tests: a real microphone and playout track, driven in real time without a browser."""

from __future__ import annotations

import asyncio
import time
from array import array

from services.calls.relay import Media
from services.samples.candidate import LocalVoice
from tests import speech


class Candidate:
    """Opens the visit's two tracks; `leave` closes them as a closed tab does."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.packets = 0
        self.heard: list[tuple[float, int]] = []
        """Of each packet: time.monotonic() and the peak of its samples."""
        self._voice = LocalVoice()
        media.playout.on_frame = self._hear
        media.microphone.addTrack(self._voice)
        media.microphone.start()
        self._listening = asyncio.get_running_loop().create_task(self._listen())

    def say(self, pcm: bytes) -> None:
        """Speech at 48 kHz, over the room's faint noise."""
        self._voice.say(pcm)

    def speak(self, text: str) -> None:
        self.say(speech.spoken(text, 48_000))

    def _hear(self, pcm: bytes) -> None:
        self.heard.append((time.monotonic(), max(array("h", pcm), default=0)))

    async def _listen(self) -> None:
        while True:
            await self.media.playout.recv()
            self.packets += 1

    async def leave(self) -> None:
        self._voice.stop()
        self.media.microphone.stop()
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
