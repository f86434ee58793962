"""Where the rooms tell what happens; nothing here ever answers, waits or raises into a call.

A call tells its `CallRecorder`, on the event loop and within microseconds. One thread does the rest from a bounded
queue: money, the database, traces. Without anything to tell it to, the thread does not exist.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from services.core.errors import DatabaseAway
from services.core.plan.plan import Pace, Plan
from services.core.talk.events import Action, AudioOut, CandidateJoined, Closed, Event, Tick, TurnDone, Usage
from services.core.usage import Bill, Billed, Spending, TextRequest
from services.observe.cost import Cost, cost_of
from services.observe.event_record import EventRecord, EventRecords
from services.observe.metrics import Metrics
from services.observe.requests import TextRequests
from services.observe.traces import Score, TraceKey, Traces
from services.observe.trail import CallTrail, Leg, Observation, Scalar

log = structlog.get_logger(__name__)

QUEUED = 20_000
"""Things told and not dealt with; beyond it new ones are dropped and counted."""
CLOSE_S = 10.0
PATIENCE = 64
"""Spendings that wait for a database which is away, newest of each connection."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a recorder must know of a call that begins."""

    interview_id: str
    user_id: str
    plan: Plan = field(repr=False)
    pace: Pace
    limit_s: float
    wrap_up_s: float
    content: bool = False
    """The candidate agreed, and the operator wants, that words are traced."""
    tools: tuple[str, ...] = ()
    """Names of the outside tools Ema may call, and how often she may."""
    tool_calls: int = 0


class CallRecorder:
    """Of one call, on the event loop."""

    def __init__(self, recorder: Recorder, facts: CallFacts, began_at: datetime) -> None:
        self._recorder, self.facts = recorder, facts
        self.subject = TraceKey(facts.interview_id, facts.user_id, "call", began_at)
        self.trail = CallTrail(content=facts.content)
        self.record = EventRecord(
            facts.interview_id,
            facts.plan,
            facts.pace,
            facts.limit_s,
            facts.wrap_up_s,
            began_at,
            facts.tools,
            facts.tool_calls,
        )
        self.charged_credits = 0
        self._begun = self._over = False
        self.usd = Decimal(0)
        """So far, of this call; what has no price is not in it."""
        self.on_spent: Callable[[Decimal], None] = lambda usd: None
        """From the recorder's own thread, with every new sum."""

    @property
    def median_ms(self) -> int | None:
        """Of the answers so far."""
        answers = sorted(self.trail.answered.values())
        return percentile(answers, 50) if answers else None

    def connected(
        self,
        at: float,
        *,
        provider: str,
        label: str,
        model: str,
        rough_captions: bool = False,
        silent: bool = False,
        answered: bool = False,
        conversation_id: str | None = None,
        connect_s: float = 0.0,
    ) -> None:
        self.record.connected(at, label, rough_captions=rough_captions, silent=silent, answered=answered)
        self.trail.connected(at, provider, label, model, conversation_id=conversation_id, connect_s=connect_s)
        self._hand_over(at)

    def received(self, event: Event, at: float, actions: Sequence[Action]) -> None:
        self.record.received(event, at, actions)
        if isinstance(event, Tick) and not actions:
            return
        if isinstance(event, CandidateJoined) and not self._begun:
            # Second 0 of the interview's clock.
            self._begun, began_at = True, self._recorder.now() - timedelta(seconds=at)
            self.subject = replace(self.subject, began_at=began_at)
            self.record.began_at = began_at
        leg = self.trail.leg
        spent = leg is not None and leg.closed_s is None and _spends(event, leg)
        self.trail.received(event, at, actions)
        if not isinstance(event, AudioOut):
            self._hand_over(at, leg if spent else None)

    def charged(self, at: float, credits: int) -> None:
        self.charged_credits = credits
        self.trail.charged(at, credits)
        self._hand_over(at)

    def asked_vendor(self, name: str, at: float, seconds: float, provider: str, *, failed: bool = False) -> None:
        """A request to a vendor beside its connections, over at `at`."""
        self.trail.asked_vendor(name, at, seconds, {"provider": provider}, failed=failed)
        self._hand_over(at)

    def billed(self, at: float, conversation_id: str, billed: Billed) -> None:
        """The vendor's own record of one of the connections takes the place of the estimate."""
        if (leg := self.trail.conversations.get(conversation_id)) is not None:
            until = at if leg.closed_s is None else leg.closed_s
            self._recorder.tell(_Settled(self, _LegSpent.until(until, leg), billed, at))

    def ended(self, at: float, cause: str) -> None:
        """Once; the conversation hears nothing any more."""
        if not self._over:
            self._over = True
            self.trail.ended(at, cause)
            self._hand_over(at)
            self._recorder.tell(_Ended(self, at))

    def _hand_over(self, at: float, leg: Leg | None = None) -> None:
        for latency in self.trail.new_latencies():
            self._recorder.metrics.latency(latency)
        observations = self.trail.take()
        # Copied here, on the loop, where it changes.
        spent = None if leg is None else _LegSpent.until(at, leg)
        if observations or spent is not None:
            self._recorder.tell(_Told(self, observations, spent, at))


@dataclass(frozen=True, slots=True)
class _LegSpent:
    number: int
    provider: str
    model: str
    opened_s: float
    quantities: Mapping[str, int]

    @classmethod
    def until(cls, at: float, leg: Leg) -> _LegSpent:
        timed = {"connection_ms": round((at - leg.opened_s) * 1000), "text_items": leg.text_items}
        counts = {**leg.quantities, **{name: count for name, count in timed.items() if count > 0}}
        return cls(leg.number, leg.provider, leg.model, leg.opened_s, counts)

    def spending(
        self, call: CallRecorder, ended: datetime, quantities: Mapping[str, int], cost: Cost | None
    ) -> Spending:
        return Spending(
            call.facts.interview_id,
            "voice",
            self.number,
            self.provider,
            self.model,
            call.subject.began_at + timedelta(seconds=self.opened_s),
            ended,
            quantities,
            None if cost is None else cost.usd,
            cost is not None and cost.estimated,
            "" if cost is None else cost.table,
        )


@dataclass(frozen=True, slots=True)
class _Told:
    call: CallRecorder
    observations: Sequence[Observation]
    spent: _LegSpent | None
    at: float


@dataclass(frozen=True, slots=True)
class _Settled:
    call: CallRecorder
    spent: _LegSpent
    billed: Billed
    at: float


@dataclass(frozen=True, slots=True)
class _Ended:
    call: CallRecorder
    at: float


@dataclass(frozen=True, slots=True)
class _Written:
    """A text model wrote a plan or a report."""

    subject: TraceKey
    observations: Sequence[Observation]
    spending: Spending | None
    scores: Sequence[Score] = ()


@dataclass(frozen=True, slots=True)
class _Do:
    act: Callable[[], None]


class Recorder:
    """Thread-safe. `keep` writes to the database and may block or raise DatabaseAway."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        keep: Callable[[Spending], None] | None = None,
        traces: Traces | None = None,
        metrics: Metrics | None = None,
        requests: TextRequests | None = None,
    ) -> None:
        self.now, self._keep, self.traces = now, keep, traces
        self._requests = requests or TextRequests()
        self.metrics = metrics or Metrics()
        self.records = EventRecords()
        self.dropped = 0
        self._queue: queue.Queue[_Told | _Ended | _Settled | _Written | _Do | None] = queue.Queue(QUEUED)
        self._waiting: dict[tuple[str, str, int], Spending] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._costs: dict[str, dict[int, Cost | None]] = {}

    # --- told, from any thread ---------------------------------------------------------------------------------------

    def call(self, facts: CallFacts) -> CallRecorder:
        """On the event loop, when a call is made. A later call of the same interview goes on in the same trace."""
        made = CallRecorder(self, facts, self.now())
        self.records.open(made.record)
        return made

    def wrote(
        self,
        interview_id: str,
        user_id: str,
        purpose: str,
        bill: Bill | None,
        began_at: datetime,
        *,
        ended_at: datetime | None = None,
        metadata: Mapping[str, Scalar] | None = None,
        scores: Iterable[Score] = (),
        digest: str = "",
    ) -> None:
        """A plan or a report was written, from `began_at` until `ended_at`, or until now. `bill`: of a text model,
        whose single requests are known by the plan's hash or the transcript's digest."""
        now = ended_at or self.now()
        kind = "setup" if purpose == "plan" else "report"
        subject = TraceKey(interview_id, user_id, kind, began_at)
        seconds = (now - began_at).total_seconds()
        name, as_kind = ("interview-setup", "agent") if purpose == "plan" else ("report", "chain")
        root = Observation("root", "", name, as_kind, 0.0, seconds, dict(metadata or {}))  # type: ignore[arg-type]
        spending = None
        below: list[Observation] = []
        if bill is not None and bill.requests:
            usd = None if bill.cost_usd is None else Decimal(bill.cost_usd)
            spending = Spending(
                interview_id, purpose, 0, "", bill.model, began_at, now, dict(bill.tokens), usd, prices="bill"
            )
            label = "plan-questions" if purpose == "plan" else "rate-answers"
            below = [
                _asked(number, label, request, bill.model, began_at)
                for number, request in enumerate(self._requests.of(digest), 1)
            ]
            if not below:
                # They were made by another process, or long ago: the bill has their sum.
                cost = None if usd is None else Cost(usd, "bill")
                told: dict[str, Scalar] = {"requests": bill.requests}
                below = [
                    Observation("text", "", label, "generation", 0.0, seconds, told, "", bill.model, bill.tokens, cost)
                ]
        self.tell(_Written(subject, [*below, root], spending, tuple(scores)))

    def settled(self, interview_id: str, user_id: str, began_at: datetime, ended_at: datetime, reason: str) -> None:
        """A call that died with its process: the root of its trace, so that it is whole."""
        subject = TraceKey(interview_id, user_id, "call", began_at)
        seconds = (ended_at - began_at).total_seconds()
        root = Observation(
            "root", "", "voice-interview", "agent", 0.0, max(0.0, seconds), {"end_reason": reason}, failed=True
        )
        self.tell(_Written(subject, [root], None, (Score("call_completed", False), Score("end_reason", reason))))
        self.flush()

    def forget(self, interview_id: str) -> None:
        self.records.forget(interview_id)

    def warm(self) -> None:
        """Loads the price table and, with a key, Langfuse: a second or two. Starts the thread too, so that the first
        call does not wait on its event loop for that."""
        cost_of("openai", "gpt-realtime-2.1", {"input_text": 1}, self.now())
        self.tell(_Do(self.traces.open if self.traces is not None else lambda: None))

    def flush(self) -> None:
        """Soon, and without waiting for it: a call ended, a tab vanished."""
        if self.traces is not None:
            self.tell(_Do(self.traces.flush))

    def close(self) -> None:
        """Deals with what was told, for CLOSE_S at most. Blocks: the process is told to stop."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._queue.put(None)
            thread.join(CLOSE_S)
        if self.traces is not None:
            self.traces.close()

    @property
    def queued(self) -> int:
        return self._queue.qsize()

    def tell(self, told: _Told | _Ended | _Settled | _Written | _Do) -> None:
        try:
            self._queue.put_nowait(told)
        except queue.Full:
            self.dropped += 1
            return
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="observe", daemon=True)
                    self._thread.start()

    # --- on the recorder's own thread --------------------------------------------------------------------------------

    def _work(self) -> None:
        while (told := self._queue.get()) is not None:
            try:
                self._deal(told)
            except Exception as error:
                # A boundary: whatever a library does with figures, the next interview is to be recorded again.
                self.dropped += 1
                log.error("observation lost", error=type(error).__name__, exc_info=error)
        self._keep_waiting()

    def _deal(self, told: _Told | _Ended | _Settled | _Written | _Do) -> None:
        match told:
            case _Told(call, observations, spent, at):
                if spent is not None:
                    self._spend(call, spent, at)
                self._write(call.subject, [self._priced(call, observation) for observation in observations])
            case _Ended(call, at):
                self._end(call, at)
            case _Settled(call, spent, billed, at):
                self._settle(call, spent, billed, at)
            case _Written(subject, observations, spending, scores):
                if spending is not None:
                    self._put(spending)
                self._write(subject, observations)
                self._score(subject, scores)
            case _Do(act):
                act()

    def _spend(self, call: CallRecorder, spent: _LegSpent, at: float) -> None:
        opened = call.subject.began_at + timedelta(seconds=spent.opened_s)
        cost = cost_of(spent.provider, spent.model, spent.quantities, opened)
        self._put(spent.spending(call, call.subject.began_at + timedelta(seconds=at), spent.quantities, cost))
        legs = self._costs.setdefault(call.facts.interview_id, {})
        legs[spent.number] = cost
        call.usd = sum((known.usd for known in legs.values() if known is not None), Decimal(0))
        call.on_spent(call.usd)

    def _settle(self, call: CallRecorder, spent: _LegSpent, billed: Billed, at: float) -> None:
        """As the vendor's record has it; where that has no sum, its seconds at the known price and its model's cost."""
        opened = call.subject.began_at + timedelta(seconds=spent.opened_s)
        quantities = {**spent.quantities, "connection_ms": round(billed.seconds * 1000)}
        cost = cost_of(spent.provider, spent.model, spent.quantities, opened)
        ended = opened + timedelta(milliseconds=spent.quantities.get("connection_ms", 0))
        paid: Cost | None
        if billed.usd is not None:
            paid = Cost(billed.usd, table=f"{spent.provider}'s own record")
        elif paid := cost_of(spent.provider, spent.model, quantities, opened):
            paid = replace(paid, usd=paid.usd + (billed.llm_usd or 0), estimated=True)
        self._put(spent.spending(call, ended, quantities, paid))
        told: dict[str, Scalar] = {"provider": spent.provider, "attempt": spent.number, "seconds": billed.seconds}
        told |= {} if paid is None else {"usd": float(paid.usd)}
        told |= {} if cost is None else {"usd.estimated": float(cost.usd)}
        key = f"reconciled:{spent.number}"
        self._write(call.subject, [Observation(key, "", "cost.reconciled", "event", at, at, told)])

    def _priced(self, call: CallRecorder, observation: Observation) -> Observation:
        """Generations get their cost here, where the table may be loaded. A vendor that bills by time is paid for by
        the closing observation of its connection; one that bills by token, by its answers."""
        if observation.kind != "generation":
            return observation
        if observation.name == "voice-session":
            usage = {name: int(observation.metadata[name]) for name in ("connection_ms", "text_items")}
        else:
            usage = dict(observation.usage)
        at = call.subject.began_at + timedelta(seconds=observation.start_s)
        cost = cost_of(observation.provider, observation.model, usage, at)
        if cost is None and (observation.name == "voice-session" or not usage):
            # What costs nothing here is paid for elsewhere in the same trace.
            return replace(observation, model="", metadata={**observation.metadata, "model": observation.model})
        return replace(observation, cost=cost)

    def _end(self, call: CallRecorder, at: float) -> None:
        legs = self._costs.pop(call.facts.interview_id, {})
        answers = sorted(x.answer_ms for x in call.trail.latencies if x.answer_ms is not None)
        told: dict[str, Scalar] = {
            "usd": float(call.usd),
            "cost.estimated": any(cost is not None and cost.estimated for cost in legs.values()),
            "cost.unknown": sum(cost is None for cost in legs.values()),
            "credits": call.charged_credits,
        }
        scores = [
            Score("call_completed", call.trail.ended_by in ("user", "agent", "limit")),
            Score("end_reason", call.trail.ended_by or "unknown"),
            Score("charged", bool(call.charged_credits)),
        ]
        if answers:
            told |= {"e2e_p50_ms": percentile(answers, 50), "e2e_p95_ms": percentile(answers, 95)}
            scores += [Score(name, float(told[name])) for name in ("e2e_p50_ms", "e2e_p95_ms")]
        self._write(call.subject, [call.trail.root(at, told)])
        self._score(call.subject, scores)
        self.records.pack(call.facts.interview_id)
        self.metrics.ended(call.trail.leg.provider if call.trail.leg else "", call.trail.ended_by, call.usd)
        if self.traces is not None:
            self.traces.flush()

    def _write(self, subject: TraceKey, observations: Iterable[Observation]) -> None:
        if self.traces is not None:
            for observation in observations:
                self.traces.write(subject, observation)

    def _score(self, subject: TraceKey, scores: Iterable[Score]) -> None:
        if self.traces is not None:
            for score in scores:
                self.traces.score(subject, score)

    def _put(self, spending: Spending) -> None:
        self._waiting[spending.key] = spending
        while len(self._waiting) > PATIENCE:
            self._waiting.pop(next(iter(self._waiting)))
            self.dropped += 1
        self._keep_waiting()

    def _keep_waiting(self) -> None:
        """A database that is away gets it with the next one."""
        while self._keep is not None and self._waiting:
            key, spending = next(iter(self._waiting.items()))
            try:
                self._keep(spending)
            except DatabaseAway:
                return
            del self._waiting[key]


def _spends(event: Event, leg: Leg) -> bool:
    """Whether it is time to tell what the connection cost: also where its vendor reports nothing before the end."""
    return isinstance(event, Usage | Closed) or (isinstance(event, TurnDone) and not leg.quantities)


def _asked(number: int, name: str, request: TextRequest, model: str, began_at: datetime) -> Observation:
    start_s = (request.began_at - began_at).total_seconds()
    told: dict[str, Scalar] = {"request": number}
    told |= {"trouble": request.trouble} if request.trouble else {}
    return Observation(
        f"text:{number}",
        "",
        name,
        "generation",
        start_s,
        start_s + request.seconds,
        told,
        model=model if request.tokens else "",
        usage=request.tokens,
        cost=None if request.usd is None else Cost(request.usd, "bill"),
        failed=bool(request.trouble),
    )


def percentile(ordered: Sequence[int], share: int) -> int:
    """Of values in rising order, the nearest rank."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
