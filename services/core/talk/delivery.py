"""Ema's words on their way from the provider to the candidate's ear, and what becomes of them when they are cut off."""

from __future__ import annotations

from services.core.talk.actions import Action, Interrupt, Play
from services.core.talk.circumstances import Circumstances
from services.core.talk.events import AgentText, AudioOut
from services.core.talk.floor import Floor
from services.core.talk.steering import Steering
from services.core.talk.transcript import Transcript


class Delivery:
    def __init__(self, floor: Floor, transcript: Transcript, steering: Steering, circumstances: Circumstances) -> None:
        self._floor = floor
        self._transcript = transcript
        self._steering = steering
        self._circumstances = circumstances

    def play(self, audio: AudioOut, at: float) -> list[Action]:
        if not self._floor.gate.admits(audio):
            return []
        self._floor.awaited_since = None
        if self._floor.away_since is not None:
            # Nobody would hear it, and the provider must not believe that somebody did.
            return self.interrupt(at)
        if not self._floor.speaking:
            self._transcript.give_way()
        return [Play(audio.pcm, audio.item)]

    def interrupt(self, at: float, *, barge_in: bool = False) -> list[Action]:
        """Once for whatever is being played; nothing when nothing is."""
        return self._cut(self._floor.gate.interrupt(), at, barge_in=barge_in)

    def flush(self, generation: int, at: float) -> list[Action]:
        """The same, by the provider: all below this generation is void."""
        return self._cut(self._floor.gate.flush(generation), at, barge_in=True)

    def say(self, event: AgentText, at: float) -> None:
        self._transcript.say(event)
        self._recognise(event.item, at)

    def began(self, item: str, at: float) -> None:
        """The candidate hears the first sample. Of an item that was cut meanwhile this is nothing."""
        question_id = self._steering.agenda.question_id
        if self._floor.gate.began(item) and self._transcript.ema_began(item, at, question_id):
            self._floor.ema_began(at)
            self._steering.heard(item)
            self._recognise(item, at)

    def drained(self, item: str, at: float) -> None:
        if self._floor.gate.drained(item):
            self._transcript.ema_ended(item, at)
            self._floor.quiet_since = at
            self._steering.begin_question(at)

    def moved(self, before: str | None) -> None:
        """The model moved the cursor from this question.

        Audio outruns speech, so the call comes while the words that ask the new question are still being played.
        """
        playing, after = self._floor.gate.playing, self._steering.agenda.question_id
        if playing is not None and before is not None and after is not None:
            self._transcript.assign(playing, after)

    def _recognise(self, item: str, at: float) -> None:
        question_id = self._steering.recognise(self._transcript.ema_said(item)[0], at)
        if question_id is not None:
            self._transcript.assign(item, question_id)

    def _cut(self, item: str | None, at: float, *, barge_in: bool) -> list[Action]:
        if item is None:
            return []
        if self._transcript.cut(item, at) and barge_in:
            self._circumstances.barge_ins += 1
        return [Interrupt(item)]
