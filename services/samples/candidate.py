"""The sample candidate: a local voice in place of a microphone, which answers from a script when Ema has asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from services.calls.call import Call
from services.calls.relay import Media
from services.calls.snapshot import Phase
from services.core.talk.conversation import EmaState
from services.media.aiortc_mends import RATE_HZ
from services.media.frames import frame_of
from services.samples.script import Script
from services.vendors.offline.synthesis import Voice, resampled, synthesise

FRAME_S = 0.02
FRAME_BYTES = round(RATE_HZ * FRAME_S) * 2
NOISE = 20.0
"""Standard deviation of the samples of a quiet room; a microphone never delivers zeros."""
POLL_S = 0.05
TURN_S = 0.7
"""Ema has been silent for this long: it is for the candidate to speak."""
INTERRUPTS_AFTER_S = 0.8
"""Ema has spoken for this long: enough to tell what she asks."""
ANSWERED_WITHIN_S = 12.0
"""An answer of Ema's that does not come by then is not waited for any longer."""
CANDIDATE = Voice("en-us+m3", words_per_minute=165, pitch=42, pitch_range=60)
NOTHING_TO_ADD = "I have nothing to add to that, thank you."


class LocalVoice(MediaStreamTrack):
    """A microphone's track in real time: what it is given to say, else the noise of a quiet room."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.on_frame: Callable[[bytes], None] | None = None
        """Gets every frame as it is handed out, PCM16 mono at 48 kHz."""
        self._due = time.monotonic()
        self._speech = bytearray()
        self._noise = np.random.default_rng(0).normal(0, NOISE, FRAME_BYTES // 2).astype("<i2").tobytes()

    @property
    def speaking(self) -> bool:
        return bool(self._speech)

    def say(self, pcm: bytes) -> None:
        """PCM16 mono at 48 kHz; begins with the next frame."""
        self._speech += pcm

    async def recv(self) -> av.AudioFrame:
        self._due += FRAME_S
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        if self.readyState != "live":
            raise MediaStreamError
        pcm = bytes(self._speech[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0") if self._speech else self._noise
        del self._speech[:FRAME_BYTES]
        if self.on_frame is not None:
            self.on_frame(pcm)
        return frame_of(pcm, RATE_HZ)


class Words:
    """What the candidate says, known word by word as it is spoken."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._taken = 0
        self._began, self._seconds = 0.0, 1.0

    def begin(self, text: str, seconds: float) -> None:
        self._words, self._taken, self._began, self._seconds = text.split(), 0, time.monotonic(), seconds

    def so_far(self) -> str:
        """Of this turn."""
        return " ".join(self._words[self._taken : self._spoken()])

    def take(self) -> str:
        """The same; what follows belongs to another turn."""
        text = self.so_far()
        self._taken = self._spoken()
        return text

    def _spoken(self) -> int:
        return round(len(self._words) * min(1.0, (time.monotonic() - self._began) / self._seconds))


class Candidate:
    """Takes both ends of a visit: speaks into the microphone, hears the playout out."""

    def __init__(self, media: Media, script: Script, words: Words) -> None:
        self.media, self.voice, self._words = media, LocalVoice(), words
        self._answers = {question_id: list(texts) for question_id, texts in script.answers.items()}
        self._interrupts = tuple(script.interrupts)
        media.microphone.addTrack(self.voice)
        media.microphone.start()
        self._hearing = asyncio.get_running_loop().create_task(self._hear())

    async def hold(self, call: Call) -> None:
        """The whole interview, until the call is over."""
        while not call.over:
            if self._next(call).startswith(self._interrupts):
                await self._ema_is_in_mid_sentence(call)
            else:
                await self._my_turn(call)
            if call.over or call.snapshot().wrapping_up:
                await asyncio.sleep(POLL_S)
                continue
            await self.say(self._answer(call))
            await self._ema_reacts(call)

    async def say(self, text: str) -> None:
        """Until it is said."""
        pcm = resampled(await synthesise(text, CANDIDATE), RATE_HZ)
        self._words.begin(text, len(pcm) / 2 / RATE_HZ)
        self.voice.say(pcm)
        while self.voice.speaking and self.voice.readyState == "live":
            await asyncio.sleep(FRAME_S)

    async def leave(self) -> None:
        """As a closed tab does."""
        self.voice.stop()
        self.media.microphone.stop()
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            await self.media.playout.recv()

    def _answer(self, call: Call) -> str:
        """Before the first answer no question counts as asked, and it is for the first one."""
        left = self._left(call)
        return left.pop(0) if left else NOTHING_TO_ADD

    def _next(self, call: Call) -> str:
        left = self._left(call)
        return left[0] if left else ""

    def _left(self, call: Call) -> list[str]:
        view, questions = call.snapshot(), call.interview.plan.questions
        return self._answers.get(questions[max(0, view.question_number - 1)].id, [])

    async def _ema_is_in_mid_sentence(self, call: Call) -> None:
        since: float | None = None
        while not call.over and (since is None or time.monotonic() - since < INTERRUPTS_AFTER_S):
            speaking = call.snapshot().ema is EmaState.SPEAKING
            since = (since or time.monotonic()) if speaking else None
            await asyncio.sleep(POLL_S)

    async def _my_turn(self, call: Call) -> None:
        since: float | None = None
        while not call.over:
            view = call.snapshot()
            if view.phase is not Phase.LIVE or view.ema is not EmaState.LISTENING:
                since = None
            elif since is None:
                since = time.monotonic()
            elif time.monotonic() - since >= TURN_S:
                return
            await asyncio.sleep(POLL_S)

    async def _ema_reacts(self, call: Call) -> None:
        """Endpointing takes its time: until then the state is still that of listening."""
        until = time.monotonic() + ANSWERED_WITHIN_S
        while not call.over and time.monotonic() < until and call.snapshot().ema is EmaState.LISTENING:
            await asyncio.sleep(POLL_S)
