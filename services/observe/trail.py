"""What happened in a call, as the observations of a trace: exchanges, answers, tools, barge-ins, connections.

Pure: fed with what the conversation received and decided, it gives back what is complete. An exchange begins with the
candidate's speech and ends with the last that was heard of Ema's answer; the greeting is the exchange with number 0.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.core.talk import events
from services.core.talk.events import Action, AnswerTool, CallTool, Event, Hangup, Instruct, Interrupt, Say
from services.observe.cost import Cost

Kind = Literal["agent", "chain", "event", "generation", "span", "tool"]
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Observation:
    """One span of a trace. Its id follows from `key`, so that telling it twice is telling it once."""

    key: str
    parent: str
    """Key of the observation above it; empty: the root."""
    name: str
    kind: Kind
    start_s: float
    end_s: float
    """Both on the interview's clock."""
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    provider: str = ""
    model: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)
    cost: Cost | None = None
    first_output_s: float | None = None
    asked: str = field(default="", repr=False)
    answered: str = field(default="", repr=False)
    """Words: empty unless they may be traced."""
    failed: bool = False


@dataclass(slots=True)
class Leg:
    """One connection to a vendor and what it used up so far."""

    number: int
    provider: str
    label: str
    model: str
    opened_s: float
    conversation_id: str | None = None
    """The vendor's own, where it has one."""
    quantities: Counter[str] = field(default_factory=Counter)
    text_items: int = 0
    closed_s: float | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """Of one exchange, in ms at our own boundary; None where it was not measured."""

    provider: str
    first_audio_ms: int | None = None
    """End of the candidate's turn to the vendor's first audio."""
    answer_ms: int | None = None
    """End of the candidate's turn to the first sample handed to the browser."""
    barge_in_ms: int | None = None
    """Speech over Ema to silence."""


@dataclass(slots=True)
class _Exchange:
    number: int
    began_s: float
    leg: Leg | None
    typed: bool = False
    stopped_s: float | None = None
    first_audio_s: float | None = None
    played_s: float | None = None
    ended_s: float | None = None
    interrupted: bool = False
    asr_confidence: float | None = None
    late_ms: int | None = None
    audio_bytes: int = 0
    usage: Counter[str] = field(default_factory=Counter)
    heard: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"turn:{self.number}"


class CallTrail:
    """One call's, across its connections. `content`: words may be traced."""

    def __init__(self, *, content: bool = False) -> None:
        self._content = content
        self._exchange: _Exchange | None = None
        self._previous: _Exchange | None = None
        """Over, but its usage may still come."""
        self._exchanges = 0
        self._begun = False
        self._barge_in: tuple[str, float, str] | None = None
        self._away_s: float | None = None
        self._events = 0
        self._done: list[Observation] = []
        self.leg: Leg | None = None
        self.legs = 0
        self.tools = 0
        self.tool_failures = 0
        self._outside: dict[str, Observation] = {}
        """Calls of outside tools that have not returned, by their id."""
        self.conversations: dict[str, Leg] = {}
        """Connections by the vendor's own id of them."""
        self.barge_ins = 0
        self.ended_by = ""
        self.latencies: list[Latency] = []
        self.answered: dict[int, int] = {}
        """When an answer of Ema's began to be heard, and how long after the end of the candidate's turn; both in ms."""
        self._told = 0

    def take(self) -> list[Observation]:
        """What has become complete since the last time."""
        done, self._done = self._done, []
        return done

    def new_latencies(self) -> list[Latency]:
        new, self._told = self.latencies[self._told :], len(self.latencies)
        return new

    # --- what happens ------------------------------------------------------------------------------------------------

    def connected(
        self,
        at: float,
        provider: str,
        label: str,
        model: str,
        *,
        conversation_id: str | None = None,
        connect_s: float = 0.0,
    ) -> None:
        """`connect_s`: from asking the vendor for it to the open connection."""
        before, self.legs = self.leg, self.legs + 1
        self.leg = Leg(self.legs, provider, label, model, at, conversation_id)
        if conversation_id:
            self.conversations[conversation_id] = self.leg
        about: dict[str, Scalar] = {"provider": provider, "model": model, "attempt": self.legs}
        self.asked_vendor("connect", at, connect_s, about)
        if before is not None:
            name = "reconnect" if before.provider == provider else "provider-failover"
            self._note(name, at, {"from": before.provider, **about}, failed=name == "provider-failover")
        self._note("live-session.started", at, about)

    def received(self, event: Event, at: float, actions: Sequence[Action]) -> None:
        """Rare events only change state; audio is counted."""
        if isinstance(event, events.AudioOut):
            self._on_audio(event, at)
            return
        if actions:
            self._on_actions(event, at, actions)
        match event:
            case events.SpeechStarted():
                self._begin(at)
            case events.Typed(text):
                self._on_typed(text, at)
            case events.SpeechStopped():
                if self._exchange is not None and self._exchange.first_audio_s is None:
                    self._exchange.stopped_s = at
            case events.UserText():
                self._on_user_text(event, at)
            case events.AgentText():
                self._on_agent_text(event)
            case events.PlayoutStarted():
                self._on_played(at)
            case events.PlayoutDrained():
                if self._exchange is not None:
                    self._exchange.ended_s = at
            case events.Heard():
                self._on_heard(event, at)
            case events.ToolCall():
                self._on_tool(event, at, actions)
            case events.ToolReturned():
                self._on_tool_returned(event, at)
            case events.Usage(quantities):
                self._on_usage(quantities)
            case events.EndingSoon(seconds):
                self._note("provider-goaway", at, {"seconds_left": round(seconds, 1)})
            case events.CandidateLeft():
                self._away_s = at
            case events.CandidateJoined():
                if self._away_s is not None:
                    self._note("rejoin", at, {"away_ms": _ms(at - self._away_s)}, start_s=self._away_s)
                    self._away_s = None
            case events.Closed(cause):
                self._on_closed(str(cause), at)

    def asked_vendor(
        self, name: str, at: float, seconds: float, metadata: Mapping[str, Scalar], *, failed: bool = False
    ) -> None:
        """A request, or an exchange of them, that was over at `at`."""
        self._note(name, at, {**metadata, "ms": _ms(seconds)}, start_s=at - seconds, failed=failed)

    def charged(self, at: float, credits: int) -> None:
        self._note("credit.post", at, {"credits": credits, "clock_ms": _ms(at)})

    def ended(self, at: float, cause: str) -> None:
        """The call is over; nothing comes any more."""
        if self._away_s is not None:
            self._note("candidate-away", at, {"away_ms": _ms(at - self._away_s)}, start_s=self._away_s)
            self._away_s = None
        self._flush(at)
        self.ended_by = self.ended_by or cause

    def root(self, at: float, metadata: Mapping[str, Scalar]) -> Observation:
        """The call itself, told last."""
        counts: dict[str, Scalar] = {
            "turns": self._exchanges,
            "barge_ins": self.barge_ins,
            "tools": self.tools,
            "attempts": self.legs,
            "end_reason": self.ended_by,
        }
        failed = self.ended_by not in ("user", "agent", "limit", "network", "")
        return Observation("root", "", "voice-interview", "agent", 0.0, at, {**counts, **metadata}, failed=failed)

    # --- exchanges ---------------------------------------------------------------------------------------------------

    def _open(self, at: float, *, greeting: bool = False) -> _Exchange:
        self._exchanges = 0 if greeting else self._exchanges + 1
        self._exchange = _Exchange(self._exchanges, at, self.leg)
        return self._exchange

    def _begin(self, at: float, *, typed: bool = False) -> None:
        """The candidate speaks: a new exchange, unless the last one is still waiting for its answer."""
        current, self._begun = self._exchange, True
        if current is not None and current.first_audio_s is None:
            current.stopped_s, current.typed = None, current.typed or typed
            return
        if current is not None:
            current.ended_s = current.ended_s if current.ended_s and not current.interrupted else at
            self._flush_previous(at)
            self._previous = current
        self._open(at).typed = typed

    def _on_typed(self, text: str, at: float) -> None:
        self._begin(at, typed=True)
        if self._exchange is not None:
            self._exchange.stopped_s = at
            self._exchange.heard[f"typed:{at}"] = text

    def _on_audio(self, event: events.AudioOut, at: float) -> None:
        current = self._exchange or self._open(at, greeting=not self._begun)
        self._begun = True
        current.audio_bytes += len(event.pcm)
        if current.first_audio_s is None:
            current.first_audio_s, current.leg = at, self.leg
            self._flush_previous(at)

    def _on_played(self, at: float) -> None:
        current = self._exchange
        if current is None or current.played_s is not None or current.first_audio_s is None:
            return
        current.played_s = at
        if current.stopped_s is not None and current.leg is not None:
            first_ms = _ms(current.first_audio_s - current.stopped_s)
            self.answered[_ms(at)] = _ms(at - current.stopped_s)
            self.latencies.append(Latency(current.leg.provider, first_ms, _ms(at - current.stopped_s)))

    def _on_user_text(self, event: events.UserText, at: float) -> None:
        current = self._exchange
        if current is None:
            return
        before = current.heard.get(event.turn, "")
        current.heard[event.turn] = before + event.text if event.append else event.text
        current.asr_confidence = event.confidence if event.confidence is not None else current.asr_confidence
        if event.final and current.first_audio_s is None and current.stopped_s is None:
            current.stopped_s = at
        elif event.final and current.stopped_s is not None:
            current.late_ms = _ms(at - current.stopped_s)

    def _on_agent_text(self, event: events.AgentText) -> None:
        if self._exchange is not None:
            before = self._exchange.said.get(event.item, "")
            self._exchange.said[event.item] = before + event.text if event.append else event.text

    def _on_actions(self, event: Event, at: float, actions: Sequence[Action]) -> None:
        if isinstance(event, events.SpeechStarted | events.Flush | events.Typed):
            interrupts = [action for action in actions if isinstance(action, Interrupt)]
            if interrupts and self._exchange is not None:
                self._exchange.interrupted, self._exchange.ended_s = True, at
                self._barge_in = (self._exchange.key, at, interrupts[0].item)
        for action in actions:
            if isinstance(action, Hangup):
                self.ended_by = str(action.cause)
            elif isinstance(action, Say | Instruct | AnswerTool) and self.leg is not None:
                self.leg.text_items += 1

    def _on_heard(self, event: events.Heard, at: float) -> None:
        if self._barge_in is None:
            return
        key, since, item = self._barge_in
        if event.item != item:
            return
        self._barge_in, self.barge_ins = None, self.barge_ins + 1
        stop_ms = _ms(at - since)
        about: dict[str, Scalar] = {
            "heard_ms": event.heard_ms,
            "cut_ms": max(0, event.total_ms - event.heard_ms),
            "stop_latency_ms": stop_ms,
        }
        self._note("barge-in", at, about, start_s=since, parent=key)
        if self.leg is not None:
            self.latencies.append(Latency(self.leg.provider, barge_in_ms=stop_ms))

    def _on_tool(self, event: events.ToolCall, at: float, actions: Sequence[Action]) -> None:
        self.tools += 1
        answer = next((action for action in actions if isinstance(action, AnswerTool)), None)
        parent = self._exchange.key if self._exchange is not None else ""
        failed = bool(answer and answer.is_error)
        self.tool_failures += failed
        about: dict[str, Scalar] = {"tool": event.name, "is_error": failed}
        if isinstance(question_id := event.arguments.get("question_id"), str) and len(question_id) < 20:
            about["question.id"] = question_id
        made = Observation(f"tool:{self.tools}", parent, event.name, "tool", at, at, about)
        if any(isinstance(action, CallTool) for action in actions):
            size = len(json.dumps(dict(event.arguments), default=str).encode())
            self._outside[event.call_id] = replace(made, metadata={**about, "outside": True, "argument_bytes": size})
        else:
            self._done.append(made)

    def _on_tool_returned(self, event: events.ToolReturned, at: float) -> None:
        """Sizes and times of an outside tool, and nothing of what was asked or answered."""
        called = self._outside.pop(event.call_id, None)
        if called is None:
            return
        failed = not event.result
        self.tool_failures += failed
        about: dict[str, Scalar] = {"is_error": failed, "result_bytes": event.result_bytes, "ms": _ms(event.seconds)}
        self._done.append(replace(called, end_s=at, metadata={**called.metadata, **about}, failed=failed))

    def _on_usage(self, quantities: Mapping[str, int]) -> None:
        """A response that was cut off reports while the candidate speaks over it: it belongs to the exchange before."""
        current = self._exchange
        if self.leg is not None:
            self.leg.quantities.update(quantities)
        speaking = current is not None and current.stopped_s is None and current.first_audio_s is None
        owner = self._previous if speaking and self._previous is not None else current
        if owner is not None:
            owner.usage.update(quantities)

    def _on_closed(self, cause: str, at: float) -> None:
        """An answer that is still due comes from the next connection; what this one used for it is told apart."""
        current, leg = self._exchange, self.leg
        if current is None or current.first_audio_s is not None:
            self._flush(at)
        elif leg is not None and current.usage:
            lost = self._answer(current, at, {}, leg)
            self._done.append(replace(lost, key=f"{current.key}/lost:{leg.number}", name="lost-response"))
            current.usage.clear()
        if leg is None or leg.closed_s is not None:
            # It never opened: what the connection before it used up has been told.
            self._note("connect-failed", at, {"end_reason": cause}, failed=True)
            return
        leg.closed_s = at
        about: dict[str, Scalar] = {"end_reason": cause, "seconds": round(at - leg.opened_s, 1)}
        self._note("live-session.ended", at, about)
        session = Observation(
            f"leg:{leg.number}",
            "",
            "voice-session",
            "generation",
            leg.opened_s,
            at,
            {"text_items": leg.text_items, "connection_ms": _ms(at - leg.opened_s), "attempt": leg.number},
            leg.provider,
            leg.model,
        )
        self._done.append(session)

    # --- what is complete --------------------------------------------------------------------------------------------

    def _note(
        self,
        name: str,
        at: float,
        metadata: Mapping[str, Scalar],
        *,
        start_s: float | None = None,
        parent: str = "",
        failed: bool = False,
    ) -> None:
        self._events += 1
        kind: Kind = "event" if start_s is None or name == "barge-in" else "span"
        start = at if start_s is None else start_s
        self._done.append(Observation(f"event:{self._events}", parent, name, kind, start, at, metadata, failed=failed))

    def _flush(self, at: float) -> None:
        self._flush_previous(at)
        if self._exchange is not None:
            self._done += self._observations(self._exchange, at)
            self._exchange = None

    def _flush_previous(self, at: float) -> None:
        if self._previous is not None:
            self._done += self._observations(self._previous, at)
            self._previous = None

    def _observations(self, exchange: _Exchange, at: float) -> list[Observation]:
        end_s = max(exchange.ended_s or at, exchange.began_s)
        leg = exchange.leg
        provider = leg.provider if leg is not None else ""
        about: dict[str, Scalar] = {"turn.number": exchange.number, "provider": provider, "typed": exchange.typed}
        about |= {"interrupted": exchange.interrupted, "attempt": leg.number if leg is not None else 0}
        stopped, first, played = exchange.stopped_s, exchange.first_audio_s, exchange.played_s
        if stopped is not None:
            about["user.speech_ms"] = _ms(stopped - exchange.began_s)
            about |= {"ttfa_ms": _ms(first - stopped)} if first is not None else {}
            about |= {"e2e_ms": _ms(played - stopped)} if played is not None else {}
        heard, said = _whole(exchange.heard), _whole(exchange.said)
        turn = Observation(exchange.key, "", "turn", "span", exchange.began_s, end_s, about)
        spans = [turn]
        if exchange.number:
            told: dict[str, Scalar] = {"words": len(heard.split()), "chars": len(heard), "typed": exchange.typed}
            told |= {"asr.confidence": exchange.asr_confidence} if exchange.asr_confidence is not None else {}
            told |= {"transcript.late_ms": exchange.late_ms} if exchange.late_ms is not None else {}
            until = stopped if stopped is not None else (first or end_s)
            speech = replace(
                turn, key=f"{turn.key}/speech", parent=turn.key, name="user-speech", end_s=until, metadata=told
            )
            spans.append(replace(speech, asked=heard) if self._content else speech)
        if first is not None or exchange.usage:
            told = {"words": len(said.split()), "chars": len(said), "audio_bytes": exchange.audio_bytes}
            answer = self._answer(exchange, end_s, told, leg)
            spans.append(replace(answer, asked=heard, answered=said) if self._content else answer)
        return spans

    def _answer(self, exchange: _Exchange, end_s: float, told: Mapping[str, Scalar], leg: Leg | None) -> Observation:
        """From the end of the candidate's turn, or from the first audio where nobody had asked."""
        first, provider, model = exchange.first_audio_s, leg.provider if leg else "", leg.model if leg else ""
        began = exchange.stopped_s if exchange.stopped_s is not None else (first or exchange.began_s)
        key = f"{exchange.key}/answer"
        usage, end_s = dict(exchange.usage), max(end_s, began)
        return Observation(
            key,
            exchange.key,
            "assistant-response",
            "generation",
            began,
            end_s,
            told,
            provider,
            model,
            usage,
            first_output_s=first,
        )


def _whole(texts: Mapping[str, str]) -> str:
    return " ".join(text.strip() for text in texts.values() if text.strip())


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
