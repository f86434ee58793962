"""The record of who said what, in order of when they began to say it. It stays in memory.

Texts arrive late, twice, in pieces or corrected; a turn's place is fixed by its speech.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.core.talk.events import AgentText, Event, Heard, UserText
from services.core.talk.turn import Speaker, Turn, count_words
from services.core.talk.utterance import Caption, Utterance, has_speech

LATE_TEXT_S = 10.0
"""A text that comes later than this after speech ended does not belong to it."""
LATE_ANSWER_S = 3.0
"""Text without speech, arriving this soon after Ema began: what the candidate had said before."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What became of a text of the candidate's."""

    alive: bool
    """They are saying it now; else it belongs to a turn that is over."""
    worded: bool
    """The turn has words."""
    began_s: float


class Transcript:
    def __init__(self) -> None:
        self.provider = ""
        self._count = 0
        self._entries: list[Utterance] = []
        # By the ids of the present connection.
        self._heard: dict[str, Utterance] = {}
        self._spoken: dict[str, Utterance] = {}
        # The candidate's speech that no text has claimed yet, oldest first.
        self._unclaimed: list[Utterance] = []

    def reconnected(self, provider: str, at: float) -> None:
        """A new connection begins: its ids mean nothing to what came before, and what was being said is over."""
        self.close(at)
        for entry in self._entries:
            entry.doubt()
        self._heard, self._spoken, self._unclaimed = {}, {}, []
        self.provider = provider

    def close(self, at: float) -> None:
        """Nobody is speaking any more; words may still follow."""
        self.finish(at)
        self._end_earlier(at)

    # --- the candidate ---

    @property
    def open_turn(self) -> bool:
        """The candidate has begun a turn and not ended it."""
        return bool(self._open())

    def begin(self, at: float, question_id: str | None) -> None:
        """The candidate began to speak; no more than a sign of life when they had begun already."""
        if not self.open_turn:
            self._unclaimed.append(self._add(Speaker.CANDIDATE, at, question_id))

    def finish(self, at: float) -> None:
        """The candidate's open turn, if there is one, is over."""
        for entry in self._open():
            entry.ended_s = at

    def give_way(self) -> None:
        """Ema answers: an open turn was over with its last words, and without words it was none."""
        for entry in self._open():
            entry.ended_s = entry.last_s
            self._unclaimed = [each for each in self._unclaimed if each is not entry]

    def hear(self, event: UserText, at: float, question_id: str | None, answer: str | None) -> Hearing:
        """What the candidate said. `answer` is the item Ema is saying.

        Text of an unknown turn that holds no word ("", "[noise]") stands for speech without words.
        """
        entry = self._heard.get(event.turn)
        if entry is None and not has_speech(event.text):
            if event.final:
                self._unclaimed = [each for each in self._unclaimed if each is not self._first_finished()]
            return Hearing(alive=False, worded=False, began_s=at)
        if entry is None:
            entry = self._claim(at) or self._without_speech(at, question_id, answer)
            self._heard[event.turn] = entry
        entry.write(event)
        entry.confidence = entry.confidence if event.confidence is None else event.confidence
        self._name(entry)
        alive = entry.ended_s is None
        entry.last_s = at if alive else entry.last_s
        return Hearing(alive=alive, worded=bool(entry.text), began_s=entry.started_s)

    def type(self, text: str, at: float, question_id: str | None) -> None:
        entry = self._add(Speaker.CANDIDATE, at, question_id)
        entry.rewrite(text)
        entry.ended_s, entry.typed = at, True
        self._name(entry)

    def take_late(self, event: Event, at: float) -> None:
        """After the call: words that were on their way."""
        match event:
            case UserText():
                self.hear(event, at, None, None)
            case AgentText():
                self.say(event)
            case Heard():
                self.trim(event)
            case _:
                pass

    # --- Ema ---

    def say(self, event: AgentText) -> None:
        entry = self._ema(event.item)
        if event.correction:
            entry.rewrite(event.text)
            entry.corrected = True
        elif not entry.corrected:
            entry.write(event)
        self._name(entry)

    def ema_began(self, item: str, at: float, question_id: str | None) -> bool:
        """The candidate hears the first sample of this item, which is no turn before that. False: it had begun."""
        entry = self._ema(item)
        if entry in self._entries:
            return False
        self._end_earlier(at)
        entry.started_s = at
        entry.question_id, entry.provider = question_id, self.provider
        self._entries.append(entry)
        self._name(entry)
        return True

    def ema_ended(self, item: str, at: float) -> None:
        """All of it so far was played. Said again when more audio of it came after a gap."""
        self._ema(item).ended_s = at

    def cut(self, item: str, at: float) -> bool:
        """Interrupted; False when the candidate had not heard any of it, which makes it no turn at all."""
        entry = self._ema(item)
        entry.interrupted, entry.ended_s = True, at
        return entry in self._entries

    def trim(self, event: Heard) -> None:
        """Keeps of an item's text what the candidate heard of it, in proportion to its audio."""
        entry = self._ema(event.item)
        entry.heard = min(1.0, max(0.0, event.heard_ms / event.total_ms)) if event.total_ms > 0 else 0.0
        entry.interrupted = entry.interrupted or entry.heard < 1.0
        self._name(entry)

    def assign(self, item: str, question_id: str) -> None:
        """This item puts that question on the table."""
        self._ema(item).question_id = question_id

    def ema_said(self, item: str) -> tuple[str, str | None]:
        """The text of an item as far as it was heard, and its question; nothing before the candidate hears it."""
        entry = self._ema(item)
        return (entry.text, entry.question_id) if entry in self._entries else ("", None)

    # --- views ---

    def turns(self, at: float) -> tuple[Turn, ...]:
        """Of the candidate's only those with words that somebody could make out."""
        return tuple(
            entry.turn(at) for entry in self._worded() if entry.speaker is Speaker.EMA or count_words(entry.text)
        )

    def captions(self) -> tuple[Caption, ...]:
        return tuple(Caption(entry.id, entry.speaker, entry.text, entry.final) for entry in self._worded())

    def _worded(self) -> list[Utterance]:
        return sorted((entry for entry in self._entries if entry.text), key=lambda entry: entry.started_s)

    # --- bookkeeping ---

    def _add(self, speaker: Speaker, at: float, question_id: str | None) -> Utterance:
        entry = Utterance(speaker, question_id, self.provider, started_s=at, last_s=at)
        self._entries.append(entry)
        return entry

    def _open(self) -> list[Utterance]:
        return [each for each in self._entries if each.speaker is Speaker.CANDIDATE and each.ended_s is None]

    def _ema(self, item: str) -> Utterance:
        return self._spoken.setdefault(item, Utterance(Speaker.EMA))

    def _end_earlier(self, at: float) -> None:
        for entry in self._entries:
            if entry.speaker is Speaker.EMA and entry.ended_s is None:
                entry.ended_s = at

    def _name(self, entry: Utterance) -> None:
        if not entry.id and entry.text and entry in self._entries:
            self._count += 1
            entry.id = f"t{self._count}"

    def _claim(self, at: float) -> Utterance | None:
        while self._unclaimed:
            entry = self._unclaimed.pop(0)
            if entry.ended_s is None or at - entry.ended_s <= LATE_TEXT_S:
                return entry
        return None

    def _first_finished(self) -> Utterance | None:
        return next((entry for entry in self._unclaimed if entry.ended_s is not None), None)

    def _without_speech(self, at: float, question_id: str | None, answer: str | None) -> Utterance:
        """A turn that no voice activity announced: of now, or of before Ema began her answer."""
        ema = self._spoken.get(answer) if answer is not None else None
        if ema is None or ema not in self._entries or at - ema.started_s > LATE_ANSWER_S:
            return self._add(Speaker.CANDIDATE, at, question_id)
        earlier = [entry.question_id for entry in self._entries if entry.speaker is Speaker.EMA and entry is not ema]
        entry = self._add(Speaker.CANDIDATE, ema.started_s - 0.001, (earlier or [None])[-1] or question_id)
        entry.ended_s = entry.started_s
        return entry
