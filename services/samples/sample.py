"""Sample interviews: a synthetic candidate on a stage of its own, for demos without a quiet room.

The call, the voices and the report are the real ones. Store, credits and limits are not: a sample is never charged,
never appears among a visitor's interviews, and is gone with the process.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
import structlog

from services.analyst.rules import Analyst
from services.calls.call import Call
from services.calls.registry import Calls
from services.core.errors import InvalidTransition, LinesBusy
from services.core.interview import Interview
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.plan import Pace, Plan
from services.core.report.assembly import Interviewed
from services.core.report.rubric import Report
from services.core.report.screening import Screen, rules_alone
from services.core.talk.events import EndRequested
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.media.aiortc_mends import RATE_HZ
from services.media.tracks import Playout
from services.observe.recorder import Recorder
from services.samples.candidate import Candidate, Words
from services.samples.ears import understanding
from services.samples.minute import AUDIO, Minute, recorded
from services.samples.script import SAMPLE, Script
from services.settings import Settings
from services.store.store import Store
from services.vendors.base import Provider
from services.vendors.register import is_ready

log = structlog.get_logger(__name__)

LIMIT_S, WRAP_UP_S = 300.0, 30.0
LIVE_AT_ONCE = 2
"""Beside the real calls, which they must not disturb."""
FAR_BEHIND_MS = 1000
"""Of a listener who takes nothing any more."""
WAIT_S = 10.0
KEPT_S = 60.0
UNWATCHED_S = 20.0
"""A sample that no page asked for in so long ends: a voice that nobody hears still costs."""
LOOK_S = 1.0

T = TypeVar("T")


@dataclass
class _Analyst:
    """Rates as the real one does, but always asks what the script answers."""

    real: Analyst
    script: Script

    @property
    def label(self) -> str:
        return self.real.label

    def plan_key(self, job_description: str) -> str | None:
        return None

    def plan(self, job_description: str, progress: Callable[[str], None], history: History = NO_HISTORY) -> Plan:
        return self.script.plan

    def report(self, heard: Interviewed, duration_s: int, progress: Callable[[str], None]) -> Report:
        return self.real.report(heard, duration_s, progress)


@dataclass
class Room:
    """Both voices as somebody in the room hears them."""

    listeners: list[Playout] = field(default_factory=list)
    watched_at: float = field(default_factory=time.monotonic)
    """When a page last asked for it."""
    _ema: deque[bytes] = field(default_factory=lambda: deque(maxlen=3))

    def ema(self, pcm: bytes) -> None:
        self._ema.append(pcm)

    def candidate(self, pcm: bytes) -> None:
        """Paces the mix: one frame of each at a time."""
        mixed = np.frombuffer(pcm, "<i2").astype(np.int32)
        if self._ema and (other := np.frombuffer(self._ema.popleft(), "<i2")).size:
            mixed[: other.size] += other
        frame = np.clip(mixed, -32768, 32767).astype("<i2").tobytes()
        self.listeners = [one for one in self.listeners if one.readyState == "live" and one.queued_ms < FAR_BEHIND_MS]
        for listener in self.listeners:
            listener.push(frame, RATE_HZ, "room")


class Samples:
    """Thread-safe; methods are for any thread but the loop's. `bind` it to the event loop before the first `start`."""

    def __init__(
        self,
        settings: Settings,
        providers: Mapping[str, Provider],
        analyst: Analyst,
        script: Script = SAMPLE,
        screen: Screen = rules_alone,
    ) -> None:
        self._settings = settings.model_copy(
            update={
                "interview_cost_credits": 0,
                "signup_credits": 0,
                "guest_credits": 0,
                # Never reached, so nothing is ever charged.
                "free_window_s": 10 * LIMIT_S,
                "interview_limit_s": LIMIT_S,
                "wrap_up_s": WRAP_UP_S,
                "readback_wait_s": 0,
            }
        )
        self._providers, self._analyst, self._script = providers, _Analyst(analyst, script), script
        self._screen = screen
        self._transcripts = Transcripts()
        self._rooms: dict[str, Room] = {}
        self._calls: dict[str, Calls] = {}
        """A sample's candidate and voice know each other, so each has calls of its own."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorder = Recorder(lambda: datetime.now(UTC))
        """One for all samples, because each has a thread of its own."""
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def busy(self) -> bool:
        """Somebody watches one."""
        return bool(self._rooms)

    @property
    def minute(self) -> Minute:
        """The recorded one."""
        return recorded()

    @property
    def minute_sound(self) -> Path:
        return AUDIO

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def start(self, subject: str, provider: str) -> Interview:
        """A new one for this visitor, in place of the one before. Raises LinesBusy, and ChoiceRefused for a voice that
        is not set up."""
        interviews = self._stage
        user_id = interviews.accounts.guest(subject).id
        if known := interviews.find_open(user_id):
            self.stop(subject, known.id)
            with suppress(InvalidTransition):  # stopped, it may end by itself before it is abandoned
                interviews.lifecycle.abandon(user_id, known.id)
        made = interviews.preparation.prepare(
            user_id, job_description=self._script.role, provider=provider, pace=Pace.NORMAL, consent=True
        )
        try:
            self._on_loop(self._begin(made))
        except LinesBusy:
            interviews.lifecycle.abandon(user_id, made.id)
            raise
        return made

    def latest(self, subject: str) -> Interview | None:
        """As it is now; None where this visitor has watched none."""
        if "_stage" not in vars(self):
            return None
        interviews = self._stage
        return next(iter(interviews.list(interviews.accounts.guest(subject).id)), None)

    def find(self, subject: str, interview_id: str) -> Call | None:
        """This visitor's sample while it is live, or ended a moment ago."""
        latest = self.latest(subject)
        calls = self._calls.get(interview_id)
        return calls.find(interview_id) if calls and latest and latest.id == interview_id else None

    def listen(self, interview_id: str) -> Playout | None:
        """Both voices, for one listener; None when nobody speaks any more."""
        room = self._rooms.get(interview_id)
        if room is None:
            return None

        async def enter() -> Playout:
            room.listeners.append(Playout())
            return room.listeners[-1]

        return self._on_loop(enter())

    def watch(self, interview_id: str) -> None:
        """A page that shows the sample says so, more often than every `UNWATCHED_S`."""
        if room := self._rooms.get(interview_id):
            room.watched_at = time.monotonic()

    def stop(self, subject: str, interview_id: str) -> None:
        if call := self.find(subject, interview_id):
            call.tell(EndRequested())

    async def aclose(self) -> None:
        """On the loop. Ends every sample."""
        await asyncio.gather(*(calls.aclose() for calls in self._calls.values()))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=WAIT_S)
        await asyncio.to_thread(self._recorder.close)

    async def _begin(self, interview: Interview) -> None:
        if len(self._rooms) >= LIVE_AT_ONCE:
            raise LinesBusy
        words = Words()
        voices = {key: understanding(provider, words) for key, provider in self._providers.items()}
        calls = Calls(self._stage, voices, self._transcripts, self._settings, self._recorder)
        calls.bind(asyncio.get_running_loop())
        media = await calls.admit(interview)
        call, room = calls.find(interview.id), Room()
        assert call is not None
        candidate = Candidate(media, self._script, words)
        media.playout.on_frame, candidate.voice.on_frame = room.ema, room.candidate
        self._rooms[interview.id], self._calls[interview.id] = room, calls
        playing = self._play(call, candidate, room)
        task = asyncio.get_running_loop().create_task(playing, name=f"sample {interview.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _play(self, call: Call, candidate: Candidate, room: Room) -> None:
        watching = asyncio.get_running_loop().create_task(_end_unwatched(call, room))
        try:
            await candidate.hold(call)
        finally:
            watching.cancel()
            await candidate.leave()
            del self._rooms[call.interview.id]
            # Long enough for whoever watches to see the end.
            asyncio.get_running_loop().call_later(KEPT_S, self._calls.pop, call.interview.id, None)
        log.info("sample ended", interview_id=call.interview.id)

    @functools.cached_property
    def _stage(self) -> Interviews:
        """Made at first use, with a database in a folder that goes with the process."""
        self._folder = TemporaryDirectory(prefix="syntaxia-samples-")
        store = Store(f"sqlite:///{Path(self._folder.name) / 'samples.db'}")
        store.migrate()
        ready = functools.partial(is_ready, self._providers)
        return Interviews(
            store,
            self._settings,
            self._analyst,
            lambda: datetime.now(UTC),
            self._transcripts,
            voices=ready,
            screen=self._screen,
        )

    def _on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=WAIT_S)


async def _end_unwatched(call: Call, room: Room) -> None:
    while time.monotonic() - room.watched_at < UNWATCHED_S:
        await asyncio.sleep(LOOK_S)
    log.info("nobody watches the sample", interview_id=call.interview.id)
    call.tell(EndRequested())
