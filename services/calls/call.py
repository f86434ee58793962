"""One interview's live call: owns every deadline, from the first microphone audio to the end of the analysis.

It lives on the server's event loop; `snapshot` and `tell` may be used from any thread. What is said and by whom it is
voiced is the bridge's business; a rejoin or a failover is only the bridge's next leg.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar, cast

import structlog

from services.calls.bridge import Bridge
from services.calls.durability import durably
from services.calls.overhearing import Overhearing
from services.calls.snapshot import ENDINGS, CallSnapshot, Phase
from services.calls.vendor_records import VendorRecords
from services.core.call_log import CallLog
from services.core.errors import DatabaseAway, InsufficientCredit, InterviewNotFound, LinesBusy, PhoneScreenError
from services.core.interview import Interview, TurnMetrics, charge_is_due
from services.core.load import Load
from services.core.plan.plan import Plan
from services.core.report.readback import wanted
from services.core.talk.events import CandidateEvent, CandidateLeft, CloseCause, Tick, Typed, WrapUpRequested
from services.core.talk.presence import BEAT_S
from services.core.talk.transcript import MAX_TYPED_CHARS, NOTE, Caption, Speaker, Turn, fit_typed
from services.core.usage import Bill
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.observe.metrics import Bound
from services.observe.recorder import CallFacts, Recorder, percentile
from services.observe.traces import Score
from services.settings import Settings
from services.tools.toolbox import NO_TOOLS, Toolkit
from services.vendors.base import Connection, Listen, Provider, Terms, Witness

log = structlog.get_logger(__name__)

FIRST_AUDIO_S = 30.0
"""From joining to the first microphone audio; beyond it the browser has no usable microphone."""
ANSWER_CHARACTERS = MAX_TYPED_CHARS
ALL_ANSWERS_CHARACTERS = 25 * ANSWER_CHARACTERS
"""Of one call; an hour of quick typing is a third of it."""
PRESENT_WITHIN_S = 0.25
"""The candidate counts as connected for the charge when audio arrived, or an answer was typed, this recently."""
POLL_S = 0.1
SAME_MS = 100
"""Between the beginning of a turn and the first sample of it that was handed out."""
NO_SOUND = (
    "No sound from your microphone reached us, so the interview has not begun and nothing was charged. "
    "Try the microphone on the preflight page, then begin again."
)
CRASHED = "Something broke on our side during this interview, so it could not be finished. That was our fault."
NOTHING_UNDERSTOOD = "No word of yours could be understood in the whole interview, so it costs nothing."
STOPPED = "The server was stopped during this interview."

T = TypeVar("T")


def no_witness(_plan: Plan) -> AbstractAsyncContextManager[None]:
    return nullcontext()


class Call:
    """Made on the event loop by `Calls`; `run` it once."""

    def __init__(
        self,
        interview: Interview,
        order: Sequence[Provider],
        interviews: Interviews,
        transcripts: Transcripts,
        records: VendorRecords,
        settings: Settings,
        owner: str,
        recorder: Recorder,
        clock: Callable[[], float] = time.monotonic,
        *,
        number: int = 1,
        load: Load | None = None,
        connects_at_once: bool = True,
        has_line: Callable[[], bool] = lambda: True,
        tools: Toolkit = NO_TOOLS,
        listen: Listen = no_witness,
    ) -> None:
        """`number`: 1, 2, … of the interview's calls: one that ended before the first sound can have a successor.

        A call connects to its voice before it is heard, unless it only waits for a line; `has_line` says, when it is
        heard, whether there is one for it. `tools` are those of this interview's visitor; `listen` takes its second
        witness.
        """
        self._listen = listen
        self._witnessing = AsyncExitStack()
        """Lets the witness go."""
        self._overhearing: Overhearing | None = None
        self._connects_at_once, self._has_line, self.opened_at = connects_at_once, has_line, clock()
        self.holds_line = False
        """It was heard, and counts among the calls there may be."""
        self.interview, self.number, self._load = interview, number, load or Load()
        self._interviews, self._transcripts, self._settings = interviews, transcripts, settings
        self._records = records
        self._conversations: list[tuple[str, str]] = []
        """(provider, its conversation id) of every connection that had one."""
        self._unrecorded: deque[tuple[str, str | None, str]] = deque()
        """(provider, its conversation id, its model) of connections that the database does not know yet."""
        self._connected = asyncio.Event()
        self._beginning: asyncio.Task[Interview] | None = None
        """Records the beginning, while Ema speaks already."""
        self._owner, self._clock, self._loop = owner, clock, asyncio.get_running_loop()
        terms = Terms(
            interview.plan,
            interview.pace,
            settings.interview_limit_s,
            settings.wrap_up_s,
            job_description=interview.job_description,
            tools=tools.tools,
            tool_calls=tools.most_calls,
        )
        facts = CallFacts(
            interview.id,
            interview.user_id,
            interview.plan,
            interview.pace,
            settings.interview_limit_s,
            settings.wrap_up_s,
            content=settings.trace_content,
            tools=tuple(tool.name for tool in tools.tools),
            tool_calls=tools.most_calls,
        )
        self._texts = recorder
        recorder.wrote(
            interview.id,
            interview.user_id,
            "plan",
            interview.plan.bill,
            interview.consent_at,
            ended_at=interview.created_at,
            metadata={"questions": len(interview.plan.questions), "plan_hash": interview.plan_hash},
            digest=interview.plan_hash,
        )
        self.recorder = recorder.call(facts)
        self.recorder.on_spent = self._on_spent
        self.bridge = Bridge(terms, order, clock, settings.rejoin_grace_s, self.recorder, tools.ask)
        self._typed_characters = 0
        self._charged_at: float | None = None
        """Of the interview's clock: when the candidate was there and the free window over."""
        self._stopped = asyncio.Event()
        self._ended_sentence, self._settled, self._wrapping_up = "", False, False
        self._snapshot = self._look()

    # --- from any thread ---------------------------------------------------------------------------------------------

    def snapshot(self) -> CallSnapshot:
        """The latest snapshot, at most 100 ms old; 1 s while the server is strained."""
        return self._snapshot

    def tell(self, event: CandidateEvent) -> None:
        """Something the candidate did on the page."""

        def act() -> None:
            if isinstance(event, CandidateLeft):
                self.bridge.farewell()
            elif isinstance(event, Typed):
                self._take(event.text)
            else:
                self.bridge.receive(event)

        self._soon(act)

    def _soon(self, act: Callable[[], None]) -> None:
        """From any thread. A fault in it ends the call."""

        def guarded() -> None:
            try:
                act()
            except Exception as error:  # noqa: BLE001 (`run` raises it)
                self.bridge.abort(error)

        self._loop.call_soon_threadsafe(guarded)

    def _take(self, text: str) -> None:
        """A typed answer, cut where it is too long, or none where they typed enough; either is said to them."""
        fitted, too_much = fit_typed(text), ""
        if self._typed_characters + len(fitted) > ALL_ANSWERS_CHARACTERS:
            too_much = "You have typed as much as an interview can hold. Please say the rest."
        else:
            self._typed_characters += len(fitted)
            self.bridge.receive(Typed(fitted))
            if len(fitted) < len(text.strip()):
                too_much = f"An answer may have {ANSWER_CHARACTERS:,} characters. What came after them was left out."
        if too_much:
            self._texts.metrics.refused(Bound.ANSWER)
            self.bridge.announce(too_much)

    def _on_spent(self, usd: Decimal) -> None:
        """From the recorder's thread. A call that costs what it may is ended by Ema, not cut."""
        limit = self._settings.max_usd_per_interview

        def wrap_up() -> None:
            self.bridge.announce("This interview has used what it may cost, so Ema comes to an end now.")
            self.bridge.receive(WrapUpRequested())

        if limit is not None and usd >= limit and not self._wrapping_up:
            self._wrapping_up = True
            log.warning("spend limit reached", interview_id=self.interview.id, usd=str(usd))
            self._soon(wrap_up)

    # --- on the loop -------------------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Its beginning is recorded and its end is not: the interview's lease is this call's to renew."""
        return self.interview.started_at is not None and not self._settled

    @property
    def over(self) -> bool:
        return self.bridge.phase is Phase.ENDED

    def stop(self) -> None:
        """From any thread: ends the call for a reason of the server's, or a call's wait for anything but its report."""

        def end() -> None:
            self._stopped.set()
            self.bridge.abort(PhoneScreenError(STOPPED))

        self._loop.call_soon_threadsafe(end)

    def give_way(self) -> None:
        """Nothing was heard in it, and others wait for its place."""
        self.bridge.abort(PhoneScreenError(NO_SOUND))

    async def run(self) -> None:
        """From the first join to the end of the analysis. Every way out leaves the interview settled."""
        refreshing = self._loop.create_task(self._refresh())
        refreshing.add_done_callback(self._on_refresh_done)
        try:
            async with self._witnessing:
                self._overhear(await self._witnessing.enter_async_context(self._listen(self.interview.plan)))
                try:
                    cause = await self._until_over()
                except PhoneScreenError as error:
                    await self._fail(error.sentence)
                else:
                    await self._end(cause)
            await self._unless_stopped(self._reconcile())
        except InterviewNotFound:
            log.info("interview deleted during its call", interview_id=self.interview.id)
        except Exception as error:
            # A boundary: a fault nobody foresaw is ours to pay for, and no page may show this call as live for ever.
            log.error("call crashed", interview_id=self.interview.id, exc_info=error)
            if not self._settled:
                await self._fail(CRASHED)
        finally:
            refreshing.cancel()

    def _overhear(self, witness: Witness | None) -> None:
        if witness is not None:
            self._overhearing = Overhearing(witness, self.bridge.at)
            self.bridge.overhear = self._overhearing.hear

    def _on_refresh_done(self, refreshing: asyncio.Task[None]) -> None:
        if not refreshing.cancelled() and (error := refreshing.exception()):
            log.error("call cannot be shown", interview_id=self.interview.id, exc_info=error)
            self.bridge.abort(PhoneScreenError(CRASHED))

    async def _until_over(self) -> CloseCause:
        """Until a hangup, or until the bridge has lost one of its ends; the first to end cancels the rest."""
        hangup = self.bridge.hangup
        parts: list[Coroutine[Any, Any, CloseCause | None]] = [
            self._talk(),
            self._record_connections(),
            self._record_beginning(),
            self._charge(),
            self._tick(),
        ]
        running = {self._loop.create_task(part) for part in parts}
        try:
            while True:
                waited: list[asyncio.Future[Any]] = [hangup, *running]
                done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if hangup in done:
                    return hangup.result()
                for part in [part for part in running if part in done]:
                    running.remove(part)
                    if cause := part.result():
                        return cause
        finally:
            self.bridge.stop()
            for part in running:
                part.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _talk(self) -> CloseCause:
        if not self._connects_at_once:
            await self.bridge.begun.wait()
        return await self.bridge.run(self._on_connected)

    def _on_connected(self, provider: Provider, connection: Connection) -> None:
        info = provider.info
        if connection.conversation_id:
            self._conversations.append((info.key, connection.conversation_id))
        self._unrecorded.append((info.key, connection.conversation_id, info.model))
        self._connected.set()

    async def _record_connections(self) -> None:
        while True:
            await self._connected.wait()
            self._connected.clear()
            await self._record_new_connections()

    async def _record_new_connections(self) -> None:
        while self._unrecorded:
            await durably(self._interviews.lifecycle.set_provider, self.interview.id, *self._unrecorded[0])
            self._unrecorded.popleft()

    async def _record_beginning(self) -> None:
        """Nobody waits for it to hear Ema; where the database refuses it, the call ends."""
        try:
            await asyncio.wait_for(self.bridge.begun.wait(), FIRST_AUDIO_S)
        except TimeoutError:
            raise PhoneScreenError(NO_SOUND) from None
        if not self._has_line():
            raise LinesBusy
        self.holds_line = True
        at = datetime.now(UTC) - timedelta(seconds=self.bridge.at())
        begin = durably(self._interviews.lifecycle.begin, self.interview.id, at=at, owner=self._owner)
        self._beginning = self._loop.create_task(begin)
        self.interview = await asyncio.shield(self._beginning)
        log.info("interview began", interview_id=self.interview.id, provider=self.bridge.provider.info.key)

    async def _is_recorded(self) -> bool:
        """Whether the interview has begun, once that is certain."""
        if self._beginning is None:
            return False
        await asyncio.wait([self._beginning])
        if self._beginning.exception() is not None:
            return False
        self.interview = self._beginning.result()
        return True

    async def _tick(self) -> None:
        await self.bridge.begun.wait()
        while True:
            self.bridge.receive(Tick())
            due = self.bridge.conversation.next_at
            await asyncio.sleep(POLL_S if due is None else min(POLL_S, max(0.001, due - self.bridge.at())))

    async def _charge(self) -> None:
        """Once, as soon as `charge_is_due` says so."""
        bridge, free_window_s = self.bridge, self._settings.free_window_s
        await bridge.begun.wait()
        while not charge_is_due(
            served_s=bridge.served_s(),
            free_window_s=free_window_s,
            connected=bridge.connected_within(PRESENT_WITHIN_S),
            heard=bridge.heard,
        ):
            free_s = free_window_s - bridge.served_s()
            await asyncio.sleep(free_s if free_s > 0 else POLL_S)
        self._charged_at = max(self.bridge.at(), self._settings.free_window_s)
        try:
            await self._is_recorded()
            await durably(self._interviews.lifecycle.charge, self.interview.id, at=self._wall(self._charged_at))
            self.recorder.charged(self._charged_at, self._settings.interview_cost_credits)
        except InsufficientCredit:
            # Somebody lowered the balance since the beginning. The candidate is not to be cut off for that.
            log.error("balance does not cover a running interview", interview_id=self.interview.id)
        except DatabaseAway:
            log.error("debit waits for the end of the call", interview_id=self.interview.id)

    def _wall(self, at: float) -> datetime:
        """The time of day at this second of the interview's clock."""
        assert self.interview.started_at is not None
        return self.interview.started_at + timedelta(seconds=at)

    # --- the end -----------------------------------------------------------------------------------------------------

    async def _fail(self, sentence: str) -> None:
        """Ours or a provider's fault: refunded if charged. Before the first audio the interview can be begun again."""
        try:
            self._close(sentence, "failed")
        finally:
            # Whatever else is broken, the credits come back.
            began = await self._is_recorded()
            try:
                if began:
                    await durably(self._interviews.lifecycle.fail, self.interview.id, sentence)
                    await self._record_new_connections()
            finally:
                self._settled = True
        await self._write_log("failed", self.bridge.at())
        log.warning("call failed", interview_id=self.interview.id, began=began)

    async def _end(self, cause: CloseCause) -> None:
        bridge, interview_id = self.bridge, self.interview.id
        self._close(ENDINGS[cause], cause)
        ended_at = bridge.at() if cause is not CloseCause.NETWORK else bridge.heard_until_at()
        if not await self._is_recorded():
            await self._write_log(cause, ended_at)
            return
        ended_at = max(ended_at, self._charged_at or 0.0)
        conditions = dataclasses.replace(bridge.conversation.conditions(ended_at), ended_by=cause)
        turns = bridge.conversation.turns
        self._transcripts.put(interview_id, turns, conditions)
        try:
            await durably(
                self._interviews.lifecycle.end,
                interview_id,
                at=self._wall(ended_at),
                cause=cause,
                charge_due=self._charged_at is not None,
                refund_reason="" if _understood(turns) else NOTHING_UNDERSTOOD,
            )
        finally:
            self._settled = True
        await self._record_new_connections()
        await durably(self._interviews.lifecycle.add_turns, interview_id, metrics(turns, self.recorder.trail.answered))
        await durably(self._interviews.questions.note, interview_id, bridge.conversation.open_questions)
        await self._write_log(cause, ended_at)
        log.info("interview ended", interview_id=interview_id, cause=cause, turns=len(turns), seconds=round(ended_at))
        if completed := await self._unless_stopped(self._complete(turns)):
            self._transcripts.complete(interview_id, completed)
        turns = completed or turns
        if self._overhearing and (witnessed := await self._unless_stopped(self._overhearing.compare(turns))):
            self._transcripts.complete(interview_id, witnessed)
        await self._witnessing.aclose()
        if wanted(turns, cause):
            wait_s, read_s = self._settings.readback_wait_s, self._settings.readback_s
            await self._unless_stopped(self._transcripts.read_back(interview_id, wait_s, read_s))
        try:
            began_at = datetime.now(UTC)
            self._tell_report(await durably(self._interviews.analysis.analyze, self.interview.id), began_at)
        except PhoneScreenError as error:
            log.warning("analysis failed", interview_id=self.interview.id, code=error.code)

    async def _complete(self, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """By the vendors that keep a transcript."""
        for key, conversation_id in self._conversations:
            began = self._clock()
            turns = await self._records.completed(turns, [(key, conversation_id)])
            if self._records.keeps(key):
                self.recorder.asked_vendor("vendor-transcript", self.bridge.at(), self._clock() - began, key)
        return turns

    async def _reconcile(self) -> None:
        """What the call cost by its vendors' own records, where they keep one; nobody waits for it."""
        for key, conversation_id in self._conversations:
            began = self._clock()
            if billed := await self._records.billed(key, conversation_id):
                self.recorder.asked_vendor("vendor-bill", self.bridge.at(), self._clock() - began, key)
                self.recorder.billed(self.bridge.at(), conversation_id, billed)

    async def _write_log(self, closed_by: str, at: float) -> None:
        conversation, trail, began_at = self.bridge.conversation, self.recorder.trail, self.recorder.subject.began_at
        conditions, answers = conversation.conditions(at), sorted(trail.answered.values())
        speakers = Counter(turn.speaker for turn in conversation.turns)
        info = self.bridge.provider.info
        written = CallLog(
            started_at=began_at,
            ended_at=began_at + timedelta(seconds=max(0.0, at)),
            closed_by=closed_by,
            provider=info.key,
            model=info.model,
            turns_candidate=speakers[Speaker.CANDIDATE],
            turns_ema=speakers[Speaker.EMA],
            typed=conditions.typed_turns,
            barge_ins=conditions.barge_ins,
            tool_calls=trail.tools,
            tool_failures=trail.tool_failures,
            joins=self.bridge.joins,
            drops=conditions.drops,
            seconds_away=round(conditions.seconds_away),
            e2e_p50_ms=percentile(answers, 50) if answers else None,
            e2e_p95_ms=percentile(answers, 95) if answers else None,
        )
        try:
            await durably(self._interviews.call_logs.write, self.interview.id, self.number, written)
        except DatabaseAway:
            # The report does not wait for figures about the line.
            log.error("call log lost", interview_id=self.interview.id)

    async def _unless_stopped(self, waiting: Coroutine[Any, Any, T]) -> T | None:
        """None when the server stops first: then the report is made with what there is."""
        tasks = [self._loop.create_task(waiting), self._loop.create_task(self._stopped.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return None if self._stopped.is_set() else cast(T, tasks[0].result())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _tell_report(self, interview: Interview, began_at: datetime) -> None:
        report = interview.report
        if report is None:
            return
        contract = report.contract
        bill = report.in_vain if contract is None else Bill(**contract.model_dump(include=set(Bill.model_fields)))
        self._texts.wrote(
            interview.id,
            interview.user_id,
            "report",
            bill,
            began_at,
            metadata={"competencies": len(report.competencies), "quotes_dropped": report.quotes_dropped},
            scores=(
                Score("coverage_pct", float(report.coverage_pct)),
                Score("quotes_dropped", float(report.quotes_dropped)),
            ),
            digest=report.transcript_sha256,
        )

    def _close(self, sentence: str, ended_by: str) -> None:
        self._ended_sentence = sentence
        self._snapshot = dataclasses.replace(self._snapshot, phase=Phase.ENDED, ended_sentence=sentence)
        self.bridge.close()
        self.recorder.ended(self.bridge.at(), ended_by)
        self._snapshot = self._look()

    # --- the view ----------------------------------------------------------------------------------------------------

    async def _refresh(self) -> None:
        due = 0.0
        while True:
            if (now := self._clock()) >= due:
                due = now + self._load.view_s
                self._snapshot = self._look()
            await asyncio.sleep(BEAT_S)
            self.bridge.beat()

    def _look(self) -> CallSnapshot:
        bridge, conversation, at = self.bridge, self.bridge.conversation, self.bridge.at()
        number, count = conversation.agenda.position
        question_id = conversation.agenda.question_id
        info = bridge.provider.info
        charged = self._charged_at is not None
        return CallSnapshot(
            phase=bridge.phase if self.over or bridge.begun.is_set() else Phase.CONNECTING,
            ema=conversation.state,
            moment=conversation.moment,
            question_number=number,
            question_count=count,
            question_text=self.interview.plan.question(question_id).text if question_id else "",
            elapsed_s=round(at, 1),
            seconds_left=round(max(0.0, self._settings.interview_limit_s - at), 1),
            free_s_left=None if charged else round(max(0.0, self._settings.free_window_s - bridge.served_s()), 1),
            charged=charged,
            captions=self._load.shown(_with_notes(conversation.captions, bridge.notes)),
            strained=self._load.strained,
            unsure_words=conversation.unsure_words,
            latency_ms=conversation.latency_ms,
            median_latency_ms=self.recorder.median_ms,
            usd=f"{self.recorder.usd:.3f}",
            mic_level=round(bridge.media.microphone.level, 2) if bridge.media else 0.0,
            provider_label=info.label,
            rough_captions=info.capabilities.rough_captions,
            wrapping_up=conversation.agenda.done,
            notice=bridge.notice,
            ended_sentence=self._ended_sentence,
            joins=bridge.joins,
            call=self.number,
        )


def _understood(turns: Sequence[Turn]) -> bool:
    return any(turn.speaker is Speaker.CANDIDATE and turn.word_count for turn in turns)


def _with_notes(captions: tuple[Caption, ...], notes: Sequence[tuple[int, str]]) -> tuple[Caption, ...]:
    """Each note stands where it was given: after that many captions."""
    shown = list(captions)
    for number, (place, sentence) in reversed(list(enumerate(notes, 1))):
        shown.insert(place, Caption(f"n{number}", NOTE, sentence, True))
    return tuple(shown)


def metrics(turns: Sequence[Turn], answered: Mapping[int, int] = MappingProxyType({})) -> list[TurnMetrics]:
    """`answered`: when an answer began to be heard, and how long the candidate had waited for it, both in ms."""

    def latency_ms(turn: Turn) -> int | None:
        began = min(answered, key=lambda at: abs(at - turn.started_ms), default=None)
        near = began is not None and abs(began - turn.started_ms) <= SAME_MS
        return answered[began] if turn.speaker is Speaker.EMA and near and began is not None else None

    return [TurnMetrics.of(number, turn, latency_ms(turn)) for number, turn in enumerate(turns, 1)]
