"""The second witness on a vendor's call: this server's recogniser hears the candidate too, while it has time to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from services.core.plan.plan import Pace
from services.core.report.witness import Overheard
from services.core.talk.endpointing import SILENCE_S, START_S, Endpointer
from services.core.talk.events import SpeechStarted, SpeechStopped
from services.vendors.offline import vad
from services.vendors.offline.recognition import Recognised
from services.vendors.offline.transcriber import Transcriber

PREROLL_FRAMES = 16
"""Half a second of audio from before speech was certain."""
WAIT_S = 6.0
"""For words that are still to come when the call is over."""


class LocalWitness:
    """Obeys `services.vendors.base.Witness`. An utterance the recogniser has no time for is known to have been there,
    and its words are not."""

    input_rate_hz = vad.RATE_HZ

    def __init__(
        self,
        activity: vad.VoiceActivity,
        transcriber: Transcriber,
        prompt: str = "",
        is_trusted: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_trusted` says whether the engine that was loaded is good enough to be believed."""
        self._activity, self._transcriber, self._prompt, self._is_trusted = activity, transcriber, prompt, is_trusted
        self._endpointer = Endpointer(Pace.NORMAL)
        self._preroll: deque[bytes] = deque(maxlen=PREROLL_FRAMES)
        self._began_at: float | None = None
        self._heard_until = 0.0
        self._utterances: list[tuple[float, float, asyncio.Future[Recognised]]] = []

    def hear(self, pcm: bytes, at: float) -> None:
        self._heard_until = at
        for frame in self._activity.frames(pcm):
            change = self._endpointer.process(frame.probability, vad.FRAME_S)
            self._preroll.append(frame.pcm)
            if self._began_at is not None:
                self._transcriber.feed(frame.pcm)
            if isinstance(change, SpeechStarted):
                self._began_at = at - START_S
                self._transcriber.start(self._prompt)
                for pcm_before in self._preroll:
                    self._transcriber.feed(pcm_before)
            elif isinstance(change, SpeechStopped):
                self._end(at - SILENCE_S[Pace.NORMAL])

    async def words(self) -> tuple[Overheard, ...]:
        self._end(self._heard_until)
        if self._utterances:
            await asyncio.wait([words for *_, words in self._utterances], timeout=WAIT_S)
        return tuple(self._overheard(*utterance) for utterance in self._utterances)

    def _end(self, at: float) -> None:
        if self._began_at is not None:
            self._utterances.append((self._began_at, max(at, self._began_at), self._transcriber.finish()))
            self._began_at = None

    def _overheard(self, began_at: float, ended_at: float, words: asyncio.Future[Recognised]) -> Overheard:
        heard = words.result() if words.done() and self._is_trusted() else Recognised()
        return Overheard(round(began_at * 1000), round(ended_at * 1000), heard.text, heard.confidence)
