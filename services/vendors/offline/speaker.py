"""Ema's side of an offline connection: replies become events, and it knows how much of them is still to be heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from services.core.talk.events import AgentText, AudioOut, ProviderEvent, ToolCall, TurnDone
from services.core.talk.interviewer import EmaTurn, sentences
from services.vendors.offline import synthesis

CHUNK_BYTES = synthesis.RATE_HZ // 5 * 2
"""200 ms"""
SLACK_S = 0.3
"""Of playout behind what was handed out: a candidate who speaks this soon after may still be interrupting."""


@dataclass
class SpokenItem:
    item: str
    text: str = field(repr=False)
    """All of it, voiced yet or not."""
    voiced: list[tuple[str, float]] = field(default_factory=list, repr=False)
    """Sentences that became audio, with their seconds."""

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.voiced)

    def heard(self, seconds: float) -> str:
        """The words of its first seconds; within a sentence, time is taken to be spread evenly over the letters."""
        pieces: list[str] = []
        for sentence, length in self.voiced:
            if seconds < length:
                pieces.append(_beginning(sentence, seconds / length))
                break
            pieces.append(sentence)
            seconds -= length
        return " ".join(filter(None, pieces))


class Mouth(Protocol):
    """What makes Ema's voice: PCM16 mono at `synthesis.RATE_HZ`, evenly loud, with a pause behind each sentence."""

    name: str

    async def synthesise(self, text: str) -> bytes:
        """Raises OSError or RuntimeError when the engine fails."""

    def ahead(self, texts: Iterable[str]) -> None:
        """Sentences that may be asked for soon, the likeliest first. Returns at once."""


class ReplySpeaker:
    """Speaks one reply at a time. `emit` takes the events; `next_id` makes ids of a kind."""

    def __init__(
        self, emit: Callable[[ProviderEvent], None], next_id: Callable[[str], str], mouth: Mouth | None = None
    ) -> None:
        self._emit, self._next_id = emit, next_id
        self._mouth: Mouth = mouth or synthesis.Espeak()
        self._turn = asyncio.Lock()
        self._utterances: dict[str, SpokenItem] = {}
        self.generation = 0
        self._waiting_s = 0.0
        """Of audio of this generation that was not handed out yet."""
        self._plays_until = 0.0
        """When what was handed out will have been played, on the loop's clock."""

    @property
    def last(self) -> SpokenItem | None:
        return next(reversed(self._utterances.values()), None)

    @property
    def speaking(self) -> bool:
        """She is still being heard, or about to be."""
        return self._waiting_s > 1e-6 or _now() < self._plays_until + SLACK_S

    def find(self, item: str) -> SpokenItem | None:
        return self._utterances.get(item)

    def prepare(self, text: str) -> SpokenItem:
        utterance = SpokenItem(self._next_id("item"), text)
        self._utterances[utterance.item] = utterance
        return utterance

    async def voice(self, utterance: SpokenItem, reply: EmaTurn, sentences_before_tools: int = 0) -> None:
        """All at once, sentence by sentence. Tools come before the sentence that acts on them, the last one behind."""
        async with self._turn:
            pieces = sentences(reply.text)
            self._mouth.ahead(pieces[1:])
            for index, sentence in enumerate(pieces):
                if index == sentences_before_tools:
                    self._call("note_answered", question_id=reply.answered)
                    self._call("next_question", question_id=reply.next_question)
                await self._sentence(utterance, sentence, first=index == 0, last=index == len(pieces) - 1)
            self._emit(TurnDone(utterance.item))
            if reply.ends:
                self._call("end_interview")

    async def _sentence(self, utterance: SpokenItem, sentence: str, *, first: bool, last: bool) -> None:
        pcm = await self._mouth.synthesise(sentence)
        seconds = _seconds(pcm)
        utterance.voiced.append((sentence, seconds))
        self._emit(AgentText(utterance.item, sentence if first else f" {sentence}", append=not first, final=last))
        for start in range(0, len(pcm), CHUNK_BYTES):
            self._emit(AudioOut(pcm[start : start + CHUNK_BYTES], utterance.item, self.generation))
        self._waiting_s += seconds

    def _call(self, tool: str, **arguments: str | None) -> None:
        if None not in arguments.values():
            self._emit(ToolCall(self._next_id("call"), tool, arguments))

    def ahead(self, texts: Iterable[str]) -> None:
        """What she may say next."""
        self._mouth.ahead([sentence for text in texts for sentence in sentences(text)])

    def handed_out(self, audio: AudioOut) -> None:
        """Whoever reads the connection took this."""
        if audio.generation == self.generation:
            seconds = _seconds(audio.pcm)
            self._waiting_s -= seconds
            self._plays_until = max(self._plays_until, _now()) + seconds

    def void(self) -> str:
        """Nothing sent so far is to be played any more. Returns what was probably heard of the last utterance."""
        unheard_s = self._waiting_s + max(0.0, self._plays_until - _now())
        self.generation += 1
        self._waiting_s, self._plays_until = 0.0, 0.0
        return self.last.heard(self.last.seconds - unheard_s) if self.last else ""


def _beginning(sentence: str, share: float) -> str:
    letters = round(len(sentence) * max(share, 0.0))
    whole_word = letters >= len(sentence) or sentence[letters].isspace()
    return sentence[:letters].strip() if whole_word else sentence[:letters].rpartition(" ")[0].strip()


def _seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / synthesis.RATE_HZ


def _now() -> float:
    return asyncio.get_running_loop().time()
