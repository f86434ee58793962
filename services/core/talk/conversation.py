"""Turn-taking: who may speak, what is asked next, when it ends. Events in, actions out; no clock, no I/O.

The call feeds `receive` with what happens and does the actions it returns, in order. Time alone matters only at
`next_at`, when a `Tick` is due. A playout event must be received before a later `Play` is acted upon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from services.core.plan.plan import Pace, Plan
from services.core.talk import events
from services.core.talk.agenda import Agenda, asks
from services.core.talk.asking import in_own_words
from services.core.talk.circumstances import Circumstances
from services.core.talk.closing import Closing
from services.core.talk.events import (
    Action,
    AgentText,
    Announce,
    AnswerTool,
    AudioOut,
    CallTool,
    CloseCause,
    Event,
    Hangup,
    Hold,
    Instruct,
    Instruction,
    InstructionKind,
    Interrupt,
    LetFinish,
    Play,
    Say,
)
from services.core.talk.floor import EmaState, Floor
from services.core.talk.intent import confirms_end, is_done
from services.core.talk.lookups import Lookups
from services.core.talk.self_interruption import HEADPHONES, SelfInterruptions
from services.core.talk.steering import Deadline, Decision, Steering
from services.core.talk.transcript import Caption, Conditions, Hearing, Speaker, Transcript, Turn, fit_typed

MAX_TURN_S = 180.0
"""A turn of the candidate's is over by then, so that no voice in the background holds the floor for ever."""
TURN_WARNING_S = 150.0
TURN_WARNING = "You have half a minute more for this answer. Then Ema asks the next question."
UNCERTAIN_S = 8.0
"""Seconds in which quieter voices hold open what the candidate began, until Ema asks whether they are done."""
TALKED_OVER_S = 45.0
"""The same where a voice as loud as theirs does not stop for Ema. It may be a television or a long answer: she asks,
and goes on when it has lasted as long again."""
TALKED_OVER = "A voice goes on while Ema speaks. When your answer is over, press “That's my answer”, or type it."
TURN_CAPPED = "That was three minutes, so Ema goes on. If others are talking nearby, a headset helps."

__all__ = ["Caption", "Conversation", "EmaState"]


class Conversation:
    """One interview, across all its connections.

    `at` is seconds since the first microphone audio, negative before; time that runs backwards stands still.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        pace: Pace,
        limit_s: float,
        wrap_up_s: float,
        tools: Collection[str] = (),
        tool_calls: int = 0,
    ) -> None:
        """`tools`: names of the outside tools there are, of which `tool_calls` calls may be made."""
        self._closing = Closing(limit_s, wrap_up_s)
        self._floor = Floor()
        self._steering = Steering(plan, pace, self._closing)
        self._transcript = Transcript()
        self._circumstances = Circumstances()
        self._lookups = Lookups(tools, tool_calls)
        self._self_interruptions = SelfInterruptions()
        self._outbox: list[Action] = []
        self._now = -math.inf
        self._audio_at = 0.0
        self._turn_warned = False
        self._faded_since: float | None = None
        self._talked_over = self._talked_over_told = False
        # Voice activity that was still going on when its turn was ended.
        self._voice_open = False
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
    def unsure_words(self) -> str:
        """What Ema heard in the candidate's last turn, for as long as that is uncertain and not said again."""
        return self._transcript.unsure_words()

    @property
    def state(self) -> EmaState:
        return self._floor.state

    @property
    def greeted(self) -> bool:
        """The candidate has heard Ema's first words. Nobody is listened to before: a television that is on when the
        call begins would stop the greeting, and for a voice that goes on nobody notices that it never comes."""
        return self._steering.greeted

    @property
    def waiting(self) -> bool:
        """It is for the candidate to speak, and they do not."""
        return self._floor.waiting

    @property
    def stalled_at(self) -> float | None:
        """The second at which the provider will have stalled if no audio comes; None while none is due."""
        return self._floor.stalled_at

    @property
    def moment(self) -> bool:
        """The candidate asked for a moment and has not spoken since."""
        return self._floor.moment_since is not None

    @property
    def parting(self) -> bool:
        """Ema says goodbye: once that has been heard, the call is over."""
        return self._closing.goodbye_since is not None

    @property
    def latency_ms(self) -> int | None:
        """From the end of the candidate's last answered turn to the first sample of the answer."""
        return self._floor.latency_ms

    @property
    def open_questions(self) -> tuple[str, ...]:
        """The candidate's, noted for the team, in their own words: a model's are nobody's question."""
        said = [turn.text for turn in self.turns if turn.speaker is Speaker.CANDIDATE]
        return tuple(dict.fromkeys(in_own_words(topic, said) for topic in self._lookups.open_questions))

    @property
    def next_at(self) -> float | None:
        """When time alone will matter next; None once the call has been hung up."""
        return None if self._ended_by else min(due for due, _ in self._deadlines())

    def conditions(self, at: float) -> Conditions:
        return self._circumstances.conditions(at, self.turns, self.agenda, self._ended_by or "")

    # --- what happens ---

    def receive(self, event: Event, at: float) -> list[Action]:
        """What to do about it. After a `Hangup` only words are still taken in, and nothing is done."""
        self._now = at = max(at, self._now)
        if self._ended_by:
            self._transcript.take_late(event, at)
            return []
        self._take(event, at)
        self._keep_time(at)
        actions, self._outbox = self._outbox, []
        return actions

    def reconnected(
        self,
        provider: str,
        *,
        label: str = "",
        rough_captions: bool = False,
        silent: bool = False,
        answered: bool = False,
    ) -> None:
        """A connection begins; its ids, generations and instructions have nothing to do with an earlier one's.

        `label`: what people call the provider, where they call it otherwise. `silent`: it is still for the candidate
        to speak. `answered`: the first thing Ema says takes up an answer.
        """
        at = max(0.0, self._now)
        self._lookups.forget()
        self._circumstances.connected(label or provider, at, rough_captions=rough_captions)
        self._transcript.reconnected(provider, at)
        self._floor.begin_connection(at, silent=silent)
        if not silent:
            self._steering.begin_connection(at, answered=answered)
        elif self.moment:
            self._outbox.append(Hold(True))

    def _take(self, event: Event, at: float) -> None:
        match event:
            case AudioOut():
                self._play(event, at)
            case AgentText():
                self._transcript.say(event)
                self._recognise(event.item, at)
            case events.PlayoutStarted(item):
                self._on_playout_started(item, at)
            case events.PlayoutDrained(item):
                self._on_playout_drained(item, at)
            case events.TurnDone(item):
                self._on_turn_done(item)
            case events.Heard():
                self._transcript.trim(event)
            case events.ToolCall():
                self._on_tool_call(event, at)
            case events.ToolReturned():
                self._on_tool_returned(event, at)
            case events.Closed(cause):
                self._on_closed(cause, at)
            case events.EndRequested():
                self._hang_up(CloseCause.USER)
            case _:
                self._take_candidate(event, at)

    def _take_candidate(self, event: Event, at: float) -> None:
        match event:
            case events.Flush(generation):
                self._on_flush(generation, at)
            case events.SpeechStarted():
                self._on_speech_started(at)
            case events.SpeechStopped():
                self._on_speech_stopped(at)
            case events.Unanswered():
                self._transcript.finish(at)
                self._floor.give_back(at)
            case events.UserText():
                self._on_user_text(event, at)
            case events.Typed(text):
                self._on_typed(text, at)
            case events.ThinkingRequested():
                self._on_thinking_requested(at)
            case events.RepeatRequested() | events.SkipRequested():
                self._on_request(event, at)
            case events.WrapUpRequested():
                self._closing.bring_forward(at)
            case events.CandidateJoined():
                self._on_joined(at)
            case events.CandidateLeft():
                self._on_left(at)
            case events.DoneRequested():
                self._on_done(at)
            case events.TalkedOver(on):
                self._on_talked_over(on)
            case events.VoiceFaded():
                self._faded_since = at
            case events.VoiceReturned():
                self._faded_since = None
            case events.EchoLeaked():
                self._self_interruptions.leaked(at)
            case _:
                # Usage, resumption and the like matter to the call; a Tick to the clock alone.
                pass

    def _on_closed(self, cause: CloseCause, at: float) -> None:
        """A goodbye is heard to its end; anything else the next connection takes up from what was heard of it."""
        self._floor.connected, self._floor.speaking_since = False, None
        self._voice_open = False
        if cause is CloseCause.AGENT and self.agenda.begun and self._may_end(at):
            self._closing.say_goodbye(at)
        if not self.parting:
            self._interrupt(at)

    # --- Ema: her words on their way to the candidate ---

    def _play(self, audio: AudioOut, at: float) -> None:
        if not self._floor.gate.admits(audio):
            return
        self._floor.awaited_since = self._floor.audio_at = None
        self._audio_at = at
        if self._floor.away_since is not None:
            # Nobody would hear it, and the provider must not believe that somebody did.
            self._interrupt(at)
            return
        if not self._floor.speaking:
            self._transcript.give_way()
        self._outbox.append(Play(audio.pcm, audio.item))

    def _on_playout_started(self, item: str, at: float) -> None:
        """The candidate hears the first sample. Of an item that was cut meanwhile this is nothing."""
        question_id = self.agenda.question_id
        if self._floor.gate.began(item) and self._transcript.ema_began(item, at, question_id):
            self._floor.ema_began(at)
            self._steering.heard(item)
            self._recognise(item, at)

    def _on_playout_drained(self, item: str, at: float) -> None:
        if self._floor.gate.drained(item):
            self._transcript.ema_ended(item, at)
            self._floor.ema_ended(at)
            if self._floor.gate.unfinished and self._floor.gate.playing is None:
                self._floor.break_off(self._audio_at, at)
            self._steering.begin_question(at)
            self._hear_on(at)

    def _on_turn_done(self, item: str) -> None:
        self._floor.gate.finish(item)
        if not self._floor.gate.unfinished:
            self._floor.complete()

    def _on_tool_call(self, call: events.ToolCall, at: float) -> None:
        if self._lookups.knows(call.name):
            self._look_up(self._lookups.call(call, at, speaking=self._floor.gate.playing is not None), at)
            return
        before = self.agenda.question_id
        self._outbox.append(self._steering.answer(call, at, may_end=self._may_end(at)))
        # Audio outruns speech, so the call comes while the words that ask the new question are still being played.
        playing, after = self._floor.gate.playing, self.agenda.question_id
        if playing is not None and before is not None and after is not None:
            self._transcript.assign(playing, after)

    def _on_tool_returned(self, returned: events.ToolReturned, at: float) -> None:
        self._outbox += [Announce(returned.problem)] if returned.problem else []
        self._look_up(self._lookups.take(returned), at)

    def _look_up(self, step: AnswerTool | CallTool | Instruction | None, at: float) -> None:
        """What Ema says of it is no follow-up, and its words ask no question of the plan."""
        if isinstance(step, Instruction):
            self._tell(step, at)
        elif step is not None:
            self._outbox.append(step)
            self._steering.told(InstructionKind.FOUND, at)
            if self._floor.still:
                self._floor.expect(at)

    def _may_end(self, at: float) -> bool:
        """Whether the model's wish to end is taken: it was told to, or the candidate wants it, or is not cut short."""
        answered, asked, said_since = self._transcript.last_words()
        confirmed = confirms_end(asked, answered)
        return self.agenda.done or self._closing.permits(at, confirmed=confirmed, asking=asks(said_since))

    def _recognise(self, item: str, at: float) -> None:
        question_id = self._steering.recognise(self._transcript.ema_said(item)[0], at)
        if question_id is not None:
            self._transcript.assign(item, question_id)

    def _interrupt(self, at: float, *, barge_in: bool = False) -> None:
        """Once for whatever is being played; nothing when nothing is."""
        self._cut(self._floor.gate.interrupt(), at, barge_in=barge_in)

    def _cut(self, item: str | None, at: float, *, barge_in: bool) -> bool:
        if item is None:
            return False
        if self._transcript.cut(item, at) and barge_in:
            self._circumstances.barge_ins += 1
            too_many = self._self_interruptions.interrupted(self._transcript.ema_text(item), at)
            self._let_finish(self_interrupted=too_many)
        self._outbox.append(Interrupt(item))
        return True

    # --- the candidate ---

    def _on_flush(self, generation: int, at: float) -> None:
        if self._cut(self._floor.gate.flush(generation), at, barge_in=True):
            self._candidate_began(at)

    def _on_speech_started(self, at: float) -> None:
        self._interrupt(at, barge_in=True)
        self._floor.speaking_since = at if self._floor.speaking_since is None else self._floor.speaking_since
        self._candidate_began(at)

    def _on_speech_stopped(self, at: float, *, measured: bool = True) -> None:
        self._voice_open = False
        if not (self._floor.speaking or self._transcript.open_turn):
            return
        self._transcript.finish(at)
        if self.moment:
            self._floor.pause(at)
        else:
            self._candidate_ended(at, measured=measured)

    def _on_user_text(self, event: events.UserText, at: float) -> None:
        turn = self._transcript.hear(event, at, self.agenda.question_id, self._floor.gate.playing)
        if event.final:
            turn = self._without_own_words(event, turn)
        if turn.alive and turn.worded and not self._floor.lags(turn.began_s, at):
            self._candidate_spoke(at)
        if event.final and turn.alive and turn.worded:
            self._on_speech_stopped(at, measured=False)
        elif event.final and not turn.worded and self._floor.still and self._floor.stopped_at is not None:
            # What sounded like a turn had no words, so it will have no answer.
            self._floor.yield_to_candidate(at)

    def _let_finish(self, *, self_interrupted: bool) -> None:
        if self_interrupted:
            self._outbox += [LetFinish(), Announce(HEADPHONES)]

    def _without_own_words(self, event: events.UserText, turn: Hearing) -> Hearing:
        own, too_many = self._self_interruptions.heard(turn.words, turn.began_s)
        self._let_finish(self_interrupted=too_many)
        if not own:
            return turn
        self._transcript.disown(event)
        return replace(turn, worded=False)

    def _on_typed(self, text: str, at: float) -> None:
        if not (text := fit_typed(text)):
            return
        if self._floor.speaking and is_done(text):
            self._on_done(at)
            return
        self._interrupt(at)
        self._leave_to_others(at)
        self._candidate_spoke(at)
        self._transcript.type(text, at, self.agenda.question_id)
        self._outbox += [Say(text)] if self._floor.connected else []
        self._candidate_ended(at, measured=True)

    def _on_thinking_requested(self, at: float) -> None:
        if not self._floor.attended or self.parting:
            return
        if not self.moment:
            self._outbox += [Hold(True)] if self._floor.connected else []
            self._circumstances.thinking_pauses += 1
        self._floor.begin_moment(at)

    def _on_request(self, event: events.RepeatRequested | events.SkipRequested, at: float) -> None:
        if self.agenda.done:
            return
        self._interrupt(at)
        self._leave_to_others(at)
        steer = self._steering.repeat if isinstance(event, events.RepeatRequested) else self._steering.skip
        self._tell(steer(at), at)

    def _on_done(self, at: float) -> None:
        """Of an answer. Where Ema has the floor it has been taken already."""
        if self.state is not EmaState.LISTENING or not self._floor.reachable or self.parting or not self.agenda.begun:
            return
        self._leave_to_others(at)
        decision = self._steering.after_turn(at, self._transcript.ema_said)
        self._tell(decision or Instruction(InstructionKind.DONE), at)

    def _on_talked_over(self, on: bool) -> None:
        if on and not self._talked_over_told:
            self._talked_over_told = True
            self._outbox.append(Announce(TALKED_OVER))
        self._talked_over = on

    def _on_joined(self, at: float) -> None:
        returned = self._floor.away_since is not None
        self._circumstances.returned(at)
        self._floor.join(at)
        if returned and self.agenda.done:
            self._closing.forget_told(at, over=True)
        elif returned and self.agenda.begun and self._floor.awaited_since is None:
            self._tell(self._steering.repeat(at), at)

    def _on_left(self, at: float) -> None:
        # Another microphone says anew what it hears.
        self._faded_since, self._talked_over = None, False
        if self._floor.joined and self._floor.away_since is None:
            self._circumstances.left(at)
            self._interrupt(at)
            self._end_moment()
            self._transcript.finish(at)
            self._voice_open = False
            self._floor.leave(at)

    def _candidate_began(self, at: float) -> None:
        self._turn_warned = self._voice_open = False
        self._candidate_spoke(at)
        self._transcript.begin(at, self.agenda.question_id)

    def _candidate_spoke(self, at: float) -> None:
        self._floor.joined = True
        self._end_moment()
        self._floor.yield_to_candidate(at)
        self._steering.begin_question(at)

    def _candidate_ended(self, at: float, *, measured: bool) -> None:
        self._floor.candidate_ended(at, measured=measured)
        if self._floor.gate.playing is None:
            self._follow(self._steering.after_turn(at, self._transcript.ema_said), at)

    # --- doing ---

    def _keep_time(self, at: float) -> None:
        while not self._ended_by:
            decide = next((decide for due, decide in self._deadlines() if due <= at), None)
            if decide is None:
                return
            self._follow(decide(at), at)

    def _deadlines(self) -> Iterator[Deadline]:
        """In order of precedence: when several are due, an earlier one may make a later one moot."""
        yield from self._closing.deadlines(self._floor, self._now)
        if self._floor.reachable and not self.parting:
            for due, step in self._lookups.deadlines(still=self._floor.still):
                yield due, self._then(step)
        if self._floor.awaited_until is not None:
            yield self._floor.awaited_until, self._await_no_longer
        if self._floor.speaking_since is not None and self._floor.reachable and self.agenda.begun:
            yield from self._turn_deadlines(self._floor.speaking_since)
        yield from self._steering.deadlines(self._floor)

    def _turn_deadlines(self, began: float) -> Iterator[Deadline]:
        capped_at = began + MAX_TURN_S
        uncertain_at = began + TALKED_OVER_S if self._talked_over else math.inf
        if self._faded_since is not None:
            uncertain_at = min(uncertain_at, self._uncertain_at(began, self._faded_since))
        done_since = self.agenda.done_since
        if done_since is None:
            if not self._turn_warned:
                yield began + TURN_WARNING_S, self._warn
            yield uncertain_at, self._check
            yield capped_at, self._cap_turn
        elif not (self._closing.wrap_up_told or self.parting) and self._floor.gate.playing is None:
            # Nothing is left to ask: a voice that goes on puts off the farewell as silence does, and no turn is due.
            silent_at = max(done_since, self._floor.quiet_since) + self._steering.nudge_s
            yield max(silent_at, min(uncertain_at, capped_at)), self._end_turn

    def _then(self, step: Callable[[], AnswerTool | Instruction | None]) -> Callable[[float], Decision]:
        def decide(at: float) -> None:
            self._look_up(step(), at)

        return decide

    def _await_no_longer(self, at: float) -> None:
        self._floor.yield_to_candidate(at)
        self._hear_on(at)

    def _hear_on(self, at: float) -> None:
        """The voice that outlasted the last turn may answer as well: a new turn begins without a new onset."""
        if self._voice_open and self._floor.still and self._floor.awaited_since is None:
            self._turn_warned = False
            self._floor.speaking_since = at
            self._transcript.begin(at, self.agenda.question_id)

    def _warn(self, at: float) -> None:
        self._turn_warned = True
        self._outbox.append(Announce(TURN_WARNING))

    def _cap_turn(self, at: float) -> Instruction:
        self._close_turn(at)
        self._outbox.append(Announce(TURN_CAPPED))
        return self._steering.move_on(at)

    def _uncertain_at(self, began: float, faded: float) -> float:
        """A candidate who was not heard in this turn may be thinking, and has the time for that."""
        return faded + UNCERTAIN_S if faded > began else began + self._steering.nudge_s

    def _check(self, at: float) -> Instruction:
        began, faded = self._floor.speaking_since, self._faded_since
        self._close_turn(at)
        spoke = self._talked_over or (began is not None and faded is not None and faded > began)
        return self._steering.check(at, spoke=spoke)

    def _end_turn(self, at: float) -> Decision:
        self._close_turn(at)
        return self._steering.after_silence(at)

    def _leave_to_others(self, at: float) -> None:
        """The candidate used their hands: a voice that goes on is not theirs."""
        if self._floor.speaking:
            self._close_turn(at)

    def _close_turn(self, at: float) -> None:
        """The turn is over, whoever goes on speaking: a television in the background has no end."""
        self._voice_open = True
        self._transcript.finish(at)
        self._floor.pause(at)

    def _follow(self, decision: Decision, at: float) -> None:
        if isinstance(decision, Instruction):
            self._tell(decision, at)
        elif decision is not None:
            self._hang_up(decision)

    def _tell(self, instruction: Instruction, at: float) -> None:
        """Nobody is told anything while there is no connection: the next one learns where things stand."""
        self._end_moment()
        # While somebody speaks, only a farewell makes her speak.
        if self._floor.still or instruction.kind is InstructionKind.FAREWELL:
            self._floor.expect(at)
        if self._floor.connected:
            self._outbox.append(Instruct(replace(instruction, insists=self._insists(instruction.kind))))
            self._steering.told(instruction.kind, at)

    def _insists(self, kind: InstructionKind) -> bool:
        """Where the voice may be the candidate's, who is not done, they may interrupt the question whether they are."""
        return self._voice_open and (self._talked_over or kind is not InstructionKind.CHECK)

    def _end_moment(self) -> None:
        if self.moment:
            self._floor.moment_since = None
            self._outbox += [Hold(False)] if self._floor.connected else []

    def _hang_up(self, cause: CloseCause) -> None:
        self._outbox.append(Hangup(cause))
        self._ended_by = cause
        self._transcript.close(self._now)
        self._floor.end()
