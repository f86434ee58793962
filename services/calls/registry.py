"""The calls this process carries, by interview: where a rejoin finds its call, and a full house says so."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import structlog

from services.calls.call import Call, no_witness
from services.calls.capacity import Capacity
from services.calls.relay import Media
from services.calls.vendor_records import VendorRecords
from services.core.errors import CallGone, DailySpendReached, InvalidTransition, LinesBusy, ServerClosing
from services.core.interview import Interview, Status
from services.core.load import Load
from services.interviews.interviews import Interviews
from services.interviews.owners import new_owner
from services.interviews.transcripts import Transcripts
from services.media.echo import NearEnd
from services.media.tracks import Microphone, Playout
from services.observe.metrics import Bound
from services.observe.recorder import Recorder
from services.settings import Settings
from services.tools.toolbox import NO_TOOLS, Toolbox
from services.vendors.base import Listen, Provider
from services.vendors.register import OFFLINE

log = structlog.get_logger(__name__)

KEPT_S = 120.0
"""How long an ended call can still be looked at, so that its page sees the end."""
WAITING_A_LINE = 4
"""Calls that may wait to be heard, for each line: they cost a peer connection, and no voice."""
JOIN_S = 5.0
STOP_S = 10.0
"""For all calls to be settled when the server stops."""


class Calls:
    """Thread-safe. `bind` it to the event loop before the first `join`."""

    def __init__(
        self,
        interviews: Interviews,
        providers: Mapping[str, Provider],
        transcripts: Transcripts,
        settings: Settings,
        recorder: Recorder | None = None,
        spent_today: Callable[[], Decimal] = Decimal,
        owner: str | None = None,
        closing: Callable[[], bool] = lambda: False,
        toolbox: Toolbox | None = None,
        listen: Listen = no_witness,
    ) -> None:
        """`spent_today` may block: it is asked from the thread that joins, in USD. While `closing`, no call begins."""
        self.capacity = Capacity(settings.max_live_calls)
        self._closing, self._listen = closing, listen
        self._spent_today = spent_today
        self.recorder = recorder or Recorder(lambda: datetime.now(UTC))
        self._interviews, self._providers, self._toolbox = interviews, providers, toolbox
        self._transcripts, self._settings = transcripts, settings
        self._records = VendorRecords(providers)
        self.load = Load(settings.max_lag_ms / 1000)
        """Of the loop that carries the calls; who measures it tells it."""
        self.owner = owner or new_owner()
        """Names this process in the leases it holds."""
        self._lock = threading.Lock()
        self._calls: dict[str, Call] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def find(self, interview_id: str) -> Call | None:
        """The interview's call in this process, live or ended a moment ago."""
        with self._lock:
            return self._calls.get(interview_id)

    def join(self, interview: Interview) -> Media:
        """A new visit of the candidate's: begins the interview's call, or takes up the running one.

        From any thread but the loop's. Raises LinesBusy when this server carries as many calls as it can, ServerClosing
        when it takes no more of them, CallGone when
        the call was lost with another process, InvalidTransition when the interview is over, and DailySpendReached when
        no other interview may begin today.
        """
        assert self._loop is not None
        limit = self._settings.max_usd_per_day
        if limit is not None and interview.status is Status.SETUP and self._spent_today() >= limit:
            log.warning("daily spend reached", limit=str(limit))
            self._count(Bound.SPEND)
            raise DailySpendReached
        number = self._interviews.call_logs.next_number(interview.id)
        guest = self._interviews.accounts.is_guest(interview.user_id)
        return asyncio.run_coroutine_threadsafe(self.admit(interview, number, guest=guest), self._loop).result(
            timeout=JOIN_S
        )

    async def admit(self, interview: Interview, number: int = 1, *, guest: bool = True) -> Media:
        """The same, on the loop. `number` is the one of a call that begins; `guest`: the tools of one are its."""
        media = Media(Microphone(), Playout())
        media.microphone.on_ended = media.playout.stop  # streamlit-webrtc would pull it for ever
        media.microphone.near_end = NearEnd()
        media.playout.on_played = media.microphone.near_end.played
        call = self.find(interview.id)
        if call is None or call.over:
            call = self._open(interview, number, guest=guest)
            call.bridge.attach(media)
            task = asyncio.get_running_loop().create_task(call.run(), name=f"call {interview.id}")
            with self._lock:
                self._tasks[interview.id] = task
            task.add_done_callback(lambda done: self._over(call, done))
        else:
            call.bridge.attach(media)
        return media

    def expect(self, interview: Interview) -> None:
        """From any thread, at once: this interview's call is likely within minutes."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._providers[interview.provider].expect)

    def _open(self, interview: Interview, number: int, *, guest: bool) -> Call:
        if interview.status is Status.ACTIVE:
            raise CallGone
        if interview.status is not Status.SETUP:
            raise InvalidTransition("This interview is already over.")
        if self._closing():
            raise ServerClosing
        connects_at_once = self._place()
        call = Call(
            interview,
            self.order(interview.provider),
            self._interviews,
            self._transcripts,
            self._records,
            self._settings,
            self.owner,
            self.recorder,
            number=number,
            load=self.load,
            connects_at_once=connects_at_once,
            has_line=self._has_line,
            tools=self._toolbox.kit(guest=guest) if self._toolbox else NO_TOOLS,
            listen=self._listen,
        )
        with self._lock:
            self._calls[interview.id] = call
        return call

    def _taken(self) -> int:
        return sum(call.holds_line and not call.over for call in self._calls.values())

    @property
    def taken(self) -> int:
        """Lines that are in use; from any thread."""
        with self._lock:
            return self._taken()

    @property
    def lines(self) -> int:
        """Calls there may be at this moment: no more than there are, while the loop is behind; from any thread."""
        most, taken = self.capacity.lines, self.taken
        return min(most, taken) if taken and self.load.behind else most

    def _has_line(self) -> bool:
        """For a call that is heard only now."""
        if self._taken() < self.capacity.lines:
            return True
        self._count(Bound.LINES)
        return False

    def _count(self, bound: Bound) -> None:
        self.recorder.metrics.refused(bound)

    @property
    def busy(self) -> bool:
        """A call runs, or its words are read back, or its report is made; from any thread."""
        with self._lock:
            return any(not task.done() for task in self._tasks.values())

    def _place(self) -> bool:
        """Whether a call that is opened now has a line; if not, it may wait to be heard. Raises LinesBusy.

        Calls whose microphone sends nothing keep nobody out: only those that are heard take a line for good, and of
        the others the oldest gives way when too many wait.
        """
        taken, most = self._taken(), self.capacity.lines
        if not self._has_line():
            raise LinesBusy
        if taken and self.load.behind:  # whoever is in a call would hear it
            self._count(Bound.LAG)
            raise LinesBusy
        unheard = [call for call in self._calls.values() if not (call.over or call.holds_line)]
        if len(unheard) >= WAITING_A_LINE * most:
            oldest = min(unheard, key=lambda call: call.opened_at)
            self._count(Bound.UNHEARD)
            if time.monotonic() - oldest.opened_at < self._settings.unheard_s:
                raise LinesBusy
            oldest.give_way()
        return taken + len(unheard) < most

    def order(self, chosen: str) -> list[Provider]:
        """The chosen provider, the other ready ones, and the offline one as the last resort.

        Who chose the offline interviewer was told that nothing leaves this server: nobody else takes over then.
        """
        others = [key for key, provider in self._providers.items() if provider.info.ready]
        keys = [chosen] if chosen == OFFLINE else [chosen, *(key for key in others if key != OFFLINE), OFFLINE]
        return [self._providers[key] for key in dict.fromkeys(keys)]

    def _over(self, call: Call, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.error("call crashed", interview_id=call.interview.id, exc_info=error)

        def forget() -> None:
            with self._lock:
                if self._calls.get(call.interview.id) is call:
                    del self._calls[call.interview.id]
                    del self._tasks[call.interview.id]

        task.get_loop().call_later(KEPT_S, forget)

    def phases(self) -> Counter[str]:
        """How many calls are in which phase; from any thread."""
        with self._lock:
            return Counter(str(call.bridge.phase) for call in self._calls.values())

    def forget(self, deleted: Interview) -> None:
        """From any thread: has the vendors delete what they keep of an interview that is deleted here."""

        self.recorder.forget(deleted.id)
        if self._loop is not None and deleted.provider_conversations:
            deletion = self._records.delete(deleted.provider_conversations)
            asyncio.run_coroutine_threadsafe(deletion, self._loop)

    def renew_leases(self) -> None:
        """For every live call; blocking. A call whose interview was settled by somebody else ends."""
        with self._lock:
            live = [call for call in self._calls.values() if call.live]
        for call in live:
            if not self._interviews.lifecycle.renew_lease(call.interview.id, self.owner) and call.live:
                log.warning("lease lost", interview_id=call.interview.id)
                call.stop()

    async def aclose(self) -> None:
        """Settles every live call as the server's failure, refunds included; within 10 s."""
        for call in self._calls.values():
            call.stop()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=STOP_S)
