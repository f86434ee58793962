"""Turn-taking: who may speak, what is asked next, when it ends. Events in, actions out; no clock, no I/O.

The call feeds `receive` with what happens and does the actions it returns, in order. Time alone matters only at
`next_at`, when a `Tick` is due. A playout event must be received before a later `Play` is acted upon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from services.core import events
from services.core.actions import Action, Hangup, Hold, Instruct, Instruction, InstructionKind, Interrupt, Play, Say
from services.core.agenda import Agenda
from services.core.circumstances import Circumstances
from services.core.closing import Closing
from services.core.events import CloseCause, Event
from services.core.floor import EmaState, Floor
from services.core.plan import Pace, Plan
from services.core.steering import Steering
from services.core.transcript import Caption, Transcript
from services.core.turn import Conditions, Turn

__all__ = ["Caption", "Conversation", "EmaState"]

MOMENT_S = 75.0
"""How long "I need a moment" keeps Ema quiet."""
MAX_TYPED_CHARS = 4000
"""A longer typed answer is cut after its last whole word."""

_Deadline = tuple[float | None, Callable[[float], None]]
"""When to do something, if at all, and what."""


class Conversation:
    """One interview, across all its connections.

    `at` is seconds since the first microphone audio, negative before; time that runs backwards stands still.
    """

    def __init__(self, plan: Plan, *, pace: Pace, limit_s: float, wrap_up_s: float) -> None:
        self._closing = Closing(limit_s, wrap_up_s)
        self._steering = Steering(plan, pace, self._closing)
        self._floor = Floor()
        self._transcript = Transcript()
        self._circumstances = Circumstances()
        self._outbox: list[Action] = []
        self._now = -math.inf
        self._ended_by: CloseCause | None = None

    # --- views ---

    @property
    def agenda(self) -> Agenda:
        return self._steering.agenda

    @property
    def turns(self) -> tuple[Turn, ...]:
        """In the order in which they began; the last of each side may still grow."""
        return self._transcript.turns(self._now)

    @property
    def captions(self) -> tuple[Caption, ...]:
        return self._transcript.captions()

    @property
    def state(self) -> EmaState:
        return self._floor.state

    @property
    def moment(self) -> bool:
        """The candidate asked for a moment and has not spoken since."""
        return self._floor.moment_since is not None

    @property
    def wrapping_up(self) -> bool:
        """Nothing is asked any more."""
        return self.agenda.done

    @property
    def latency_ms(self) -> int | None:
        """From the end of the candidate's last answered turn to the first sample of the answer."""
        return self._floor.latency_ms

    @property
    def next_at(self) -> float | None:
        """When time alone will matter next; None once the call has been hung up."""
        return None if self._ended_by else min(due for due, _ in self._deadlines() if due is not None)

    def conditions(self, at: float) -> Conditions:
        return self._circumstances.conditions(at, self.turns, self.agenda, self._ended_by or "")

    # --- what happens ---

    def receive(self, event: Event, at: float) -> list[Action]:
        """What to do about it. After a `Hangup` only words are still taken in, and nothing is done."""
        self._now = at = max(at, self._now)
        if self._ended_by:
            self._take_words(event, at)
            return []
        self._take(event, at)
        self._keep_time(at)
        actions, self._outbox = self._outbox, []
        return actions

    def reconnected(self, provider_label: str, *, rough_captions: bool = False) -> None:
        """A connection begins; its ids, generations and instructions have nothing to do with an earlier one's.

        What was left of the earlier one's voice must be out of the playout, and reported as `Heard`, before.
        """
        at = max(0.0, self._now)
        self._circumstances.connected(provider_label, at, rough_captions=rough_captions)
        self._transcript.reconnected(provider_label, at)
        self._floor.begin_connection(at)
        self._steering.begin_connection(at)

    def _take(self, event: Event, at: float) -> None:
        match event:
            case events.AudioOut():
                self._on_audio(event, at)
            case events.Flush(generation):
                self._on_flush(generation, at)
            case events.SpeechStarted():
                self._on_speech_started(at)
            case events.SpeechStopped():
                self._on_speech_stopped(at)
            case events.UserText():
                self._on_user_text(event, at)
            case events.AgentText():
                self._on_agent_text(event, at)
            case events.ToolCall():
                self._on_tool_call(event, at)
            case events.PlayoutStarted(item):
                self._on_playout_started(item, at)
            case events.PlayoutDrained(item):
                self._on_playout_drained(item, at)
            case events.Typed(text):
                self._on_typed(text, at)
            case events.ThinkingRequested():
                self._on_thinking_requested(at)
            case events.RepeatRequested():
                self._on_repeat_requested(at)
            case events.SkipRequested():
                self._on_skip_requested(at)
            case events.CandidateJoined():
                self._on_joined(at)
            case events.CandidateLeft():
                self._on_left(at)
            case events.EndRequested():
                self._hang_up(CloseCause.USER)
            case events.Closed():
                self._floor.connected = False
            case _:
                self._take_words(event, at)

    def _take_words(self, event: Event, at: float) -> None:
        match event:
            case events.UserText():
                self._transcript.hear(event, at, self.agenda.question_id, self._floor.gate.playing)
            case events.AgentText():
                self._transcript.say(event)
            case events.Heard():
                self._transcript.trim(event)
            case _:
                pass

    # --- Ema ---

    def _on_audio(self, event: events.AudioOut, at: float) -> None:
        if not self._floor.gate.admits(event):
            return
        self._floor.awaited_since = None
        if self._floor.away_since is not None:
            self._interrupt(at)
            return
        if not self._floor.speaking:
            self._transcript.finish()
        self._outbox.append(Play(event.pcm, event.item))

    def _on_flush(self, generation: int, at: float) -> None:
        item = self._floor.gate.flush(generation)
        if item is not None:
            self._cut(item, at, barge_in=True)
            self._candidate_began(at)

    def _on_agent_text(self, event: events.AgentText, at: float) -> None:
        self._transcript.say(event)
        self._recognise(event.item, at)

    def _on_playout_started(self, item: str, at: float) -> None:
        if self._floor.gate.is_queued(item) and self._transcript.ema_began(item, at, self.agenda.question_id):
            self._floor.ema_began(at)
            self._steering.heard(item)
            self._recognise(item, at)

    def _on_playout_drained(self, item: str, at: float) -> None:
        if self._floor.gate.drained(item):
            self._transcript.ema_ended(item, at)
            self._floor.quiet_since = at
            self._steering.begin_question(at)

    def _on_tool_call(self, event: events.ToolCall, at: float) -> None:
        before = self.agenda.question_id
        self._outbox.append(self._steering.answer(event, at))
        playing, after = self._floor.gate.playing, self.agenda.question_id
        # Audio outruns speech, so the call comes while the words that ask the new question are still being played.
        if playing is not None and before is not None and after is not None:
            self._transcript.assign(playing, after)

    def _recognise(self, item: str, at: float) -> None:
        question_id = self._steering.recognise(self._transcript.ema_said(item)[0], at)
        if question_id is not None:
            self._transcript.assign(item, question_id)

    # --- the candidate ---

    def _on_speech_started(self, at: float) -> None:
        self._interrupt(at, barge_in=True)
        self._floor.speaking = True
        self._candidate_began(at)

    def _on_speech_stopped(self, at: float) -> None:
        if not (self._floor.speaking or self._transcript.open_turn):
            return
        self._transcript.finish(at)
        if self.moment:
            self._floor.pause(at)
        else:
            self._candidate_ended(at, measured=True)

    def _on_user_text(self, event: events.UserText, at: float) -> None:
        alive, worded = self._transcript.hear(event, at, self.agenda.question_id, self._floor.gate.playing)
        if alive and worded:
            self._candidate_spoke(at)
        if event.final and alive and worded:
            self._transcript.finish(at)
            self._candidate_ended(at)
        elif event.final and not worded and self._floor.still and self._floor.stopped_at is not None:
            # What sounded like a turn had no words, so it will have no answer.
            self._floor.yield_to_candidate(at)

    def _on_typed(self, text: str, at: float) -> None:
        text = _fit(text)
        if not text:
            return
        self._interrupt(at)
        self._candidate_spoke(at)
        self._transcript.type(text, at, self.agenda.question_id)
        if self._floor.connected:
            self._outbox.append(Say(text))
        self._candidate_ended(at, measured=True)

    def _on_thinking_requested(self, at: float) -> None:
        if not self._floor.reachable or self._closing.goodbye_since is not None:
            return
        if not self.moment:
            self._outbox.append(Hold(True))
            self._circumstances.thinking_pauses += 1
        self._floor.yield_to_candidate(at)
        self._floor.moment_since = at

    def _on_repeat_requested(self, at: float) -> None:
        if not self.agenda.done:
            self._interrupt(at)
            self._tell(self._steering.repeat(at), at)

    def _on_skip_requested(self, at: float) -> None:
        if not self.agenda.done:
            self._interrupt(at)
            self._tell(self._steering.skip(at), at)

    def _on_joined(self, at: float) -> None:
        returned = self._floor.away_since is not None
        self._circumstances.returned(at)
        self._floor.join(at)
        if returned and self.agenda.done:
            self._closing.forget_told(at, over=True)
        elif returned and self._floor.awaited_since is None:
            self._tell(self._steering.repeat(at), at)

    def _on_left(self, at: float) -> None:
        if self._floor.joined and self._floor.away_since is None:
            self._circumstances.left(at)
            self._interrupt(at)
            self._end_moment()
            self._transcript.finish(at)
            self._floor.leave(at)

    def _candidate_began(self, at: float) -> None:
        self._candidate_spoke(at)
        self._transcript.begin(at, self.agenda.question_id)

    def _candidate_spoke(self, at: float) -> None:
        self._floor.joined = True
        self._end_moment()
        self._floor.yield_to_candidate(at)
        self._steering.begin_question(at)

    def _candidate_ended(self, at: float, *, measured: bool = False) -> None:
        self._floor.candidate_ended(at, measured=measured)
        if self._floor.gate.playing is None:
            self._tell(self._steering.after_turn(at, self._transcript.ema_said), at)

    # --- time ---

    def _keep_time(self, at: float) -> None:
        while not self._ended_by:
            act = next((act for due, act in self._deadlines() if due is not None and due <= at), None)
            if act is None:
                return
            act(at)

    def _deadlines(self) -> Iterator[_Deadline]:
        """In order of precedence: of two that are due, the earlier one may make the later one moot."""
        floor, closing = self._floor, self._closing
        yield closing.limit_s, lambda at: self._hang_up(CloseCause.LIMIT)
        yield closing.hangup_at(floor), lambda at: self._hang_up(CloseCause.AGENT)
        yield closing.farewell_at(floor, self._now), lambda at: self._tell(Instruction(InstructionKind.FAREWELL), at)
        yield closing.wrap_up_at(floor), lambda at: self._tell(Instruction(InstructionKind.WRAP_UP), at)
        yield floor.awaited_until, floor.yield_to_candidate
        if floor.moment_since is not None and floor.reachable and floor.still:
            quiet_until = floor.quiet_since + self._steering.nudge_s
            yield max(floor.moment_since + MOMENT_S, quiet_until), self._break_silence
        if floor.idle and closing.goodbye_since is None:
            yield self.agenda.hard_at, lambda at: self._tell(self._steering.move_on(at), at)
            yield floor.quiet_since + self._steering.nudge_s, self._break_silence

    def _break_silence(self, at: float) -> None:
        instruction = self._steering.after_silence(at)
        if instruction is None:
            self._hang_up(CloseCause.AGENT)
        self._tell(instruction, at)

    # --- doing ---

    def _tell(self, instruction: Instruction | None, at: float) -> None:
        """Nobody is told anything while there is no connection: the next one learns where things stand."""
        if instruction is not None and self._floor.connected:
            self._end_moment()
            self._outbox.append(Instruct(instruction))
            self._floor.expect(at)
            self._steering.told(instruction.kind)

    def _interrupt(self, at: float, *, barge_in: bool = False) -> None:
        item = self._floor.gate.interrupt()
        if item is not None:
            self._cut(item, at, barge_in=barge_in)

    def _cut(self, item: str, at: float, *, barge_in: bool) -> None:
        self._outbox.append(Interrupt(item))
        if self._transcript.cut(item, at) and barge_in:
            self._circumstances.barge_ins += 1

    def _end_moment(self) -> None:
        if self.moment:
            self._floor.moment_since = None
            self._outbox.append(Hold(False))

    def _hang_up(self, cause: CloseCause) -> None:
        self._outbox.append(Hangup(cause))
        self._ended_by = cause
        self._transcript.close(self._now)
        self._floor.end()


def _fit(text: str) -> str:
    text = text.strip()
    if len(text) <= MAX_TYPED_CHARS:
        return text
    words = text[: MAX_TYPED_CHARS + 1].rsplit(None, 1)
    return words[0] if len(words) > 1 else text[:MAX_TYPED_CHARS]
