"""What the server does beside answering: prepares the media path, renews leases, settles what a dead process left."""

from __future__ import annotations

import asyncio
import functools
import gc
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from starlette.formparsers import MultiPartParser

from services.core.errors import DatabaseAway
from services.core.load import LOOK_S
from services.core.talk.events import CandidateLeft
from services.identity.private_files import exposed
from services.interviews.lifecycle import CLOSED
from services.media import loopback
from services.media.speed import encoding_s
from services.vendors import ephemeral
from services.vendors.register import warm
from services.web import heap
from services.web.report_tools import report_tools
from services.web.uvicorn_mends import stopper
from services.wiring import Syntaxia, wire

log = structlog.get_logger(__name__)

SWEEP_S = 5.0
THREADS = 32
DRAIN_LOOK_S = 0.5
LEFT = "left"
"""Message to the other replicas: the candidate's tab closed."""


@asynccontextmanager
async def lifespan(_: Any, forget_pages: Callable[[], None] = lambda: None) -> AsyncIterator[dict[str, Any]]:
    """Prepares the media path, settles what a dead process left, and sweeps until the server stops.

    `forget_pages` is called now and then, while no voice is carried.
    """
    # An uploaded job description stays in memory; beyond this size Starlette would spool it to disk.
    MultiPartParser.spool_max_size = 4 * 1024 * 1024
    loop = asyncio.get_running_loop()
    # Encoders, recognisers and database waits share it: a slow database must not hold up anybody's voice.
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "work"))
    parts = await asyncio.to_thread(wire)
    await asyncio.to_thread(warn_of_open_files, parts)
    parts.calls.bind(loop)
    parts.samples.bind(loop)
    parts.toolbox.start()
    migrated = await asyncio.to_thread(migrate, parts)
    parts.fleet.start(functools.partial(hear, parts), lambda: parts.calls.taken, lambda: parts.calls.lines)
    sweeper = loop.create_task(sweep(parts, migrated))
    leaving = loop.create_task(leave_when_drained(parts, drain_on_sigterm(parts)))
    lag = loop.create_task(measure_lag(parts))
    resting = loop.create_task(give_back_at_rest(parts, forget_pages))
    warming = loop.run_in_executor(None, warm_up, parts)
    try:
        async with report_tools.running(parts):
            yield {}
    finally:
        for task in (sweeper, lag, leaving, resting):
            task.cancel()
        await asyncio.gather(sweeper, lag, leaving, resting, warming, return_exceptions=True)
        await asyncio.gather(parts.calls.aclose(), parts.samples.aclose())
        await asyncio.to_thread(parts.fleet.close)
        await parts.toolbox.aclose()
        await asyncio.to_thread(parts.calls.recorder.close)


def warn_of_open_files(parts: Syntaxia) -> None:
    settings = parts.settings
    files = [settings.var_dir / "cookie.key"]
    kind, _, database = settings.database_url.get_secret_value().partition(":///")
    if kind.startswith("sqlite"):
        files.append(Path(database))
    for sentence in exposed(files):
        log.warning("file open to others", sentence=sentence)


def warm_up(parts: Syntaxia) -> None:
    loopback.warm()
    warm(parts.providers.values())
    parts.calls.capacity.measure(encoding_s)
    parts.calls.recorder.warm()
    gc.collect()
    gc.freeze()  # what start-up made is never walked again, so collections do not pause the media loop


def migrate(parts: Syntaxia) -> bool:
    """False when the database is away: the sweep tries again."""
    try:
        parts.store.migrate()
    except DatabaseAway:
        log.warning("database away")
        return False
    return True


async def sweep(parts: Syntaxia, migrated: bool) -> None:
    """Renews leases and settles expired ones for ever. A database that is away is met again at the next round."""
    while True:
        migrated = migrated or await asyncio.to_thread(migrate, parts)
        try:
            if migrated:
                await asyncio.to_thread(parts.calls.renew_leases)
                if parts.fleet.sweeps:
                    await settle(parts)
                else:
                    await asyncio.to_thread(parts.interviews.lifecycle.hold)
        except DatabaseAway:
            log.warning("database away")
        await asyncio.sleep(SWEEP_S)


async def settle(parts: Syntaxia) -> None:
    """What dead processes left, and tokens that are due. Of several replicas one does it."""
    if settled := await asyncio.to_thread(parts.interviews.lifecycle.recover):
        log.info("interviews settled", interview_ids=settled)
        await asyncio.to_thread(close_traces, parts, settled)
    await settle_tokens(parts)


def hear(parts: Syntaxia, kind: str, interview_id: str) -> None:
    """What another replica says of an interview whose call or words may be here. Blocks."""
    call = parts.calls.find(interview_id)
    if kind == LEFT and call is not None:
        call.tell(CandidateLeft())
    elif kind == CLOSED:
        parts.transcripts.drop(interview_id)
        if call is not None and call.live:
            parts.calls.renew_leases()  # which finds that this one is lost, and ends it


def drain_on_sigterm(parts: Syntaxia) -> Callable[[], None]:
    """From now on the first SIGTERM drains, where `DRAIN_S` gives it time, and the second one stops at once. Returns
    what stops the server in good order."""
    before, stop = signal.getsignal(signal.SIGTERM), stopper()
    if stop is None:
        return lambda: None
    if not parts.settings.drains_for_s:
        return stop

    def on_sigterm(number: int, frame: FrameType | None) -> None:
        if parts.fleet.draining and callable(before):
            before(number, frame)
        parts.fleet.drain()

    signal.signal(signal.SIGTERM, on_sigterm)
    return stop


async def leave_when_drained(parts: Syntaxia, stop: Callable[[], None]) -> None:
    """Once this replica drains: waits for calls, readbacks, reports and samples, as long as `DRAIN_S`, and stops it."""
    while not parts.fleet.draining:
        await asyncio.sleep(DRAIN_LOOK_S)
    log.info("draining", bound_s=parts.settings.drains_for_s)
    loop = asyncio.get_running_loop()
    until = loop.time() + parts.settings.drains_for_s
    while loop.time() < until and (parts.calls.busy or parts.samples.busy or parts.transcripts.held_ids()):
        await asyncio.sleep(DRAIN_LOOK_S)
    log.info("drained", in_time=loop.time() < until)
    stop()


def close_traces(parts: Syntaxia, interview_ids: list[str]) -> None:
    """Of calls that died with their process: what they told is in their traces, but the end was missing."""
    with parts.store.read() as db:
        settled = [db.get_interview(interview_id).detached() for interview_id in interview_ids]
    for interview in settled:
        if interview.started_at is not None:
            ended_at = interview.ended_at or interview.updated_at
            reason = "server stopped"
            parts.calls.recorder.settled(interview.id, interview.user_id, interview.started_at, ended_at, reason)


async def give_back_at_rest(parts: Syntaxia, forget_pages: Callable[[], None]) -> None:
    """Memory, for ever, whenever no voice is carried."""
    while True:
        await asyncio.sleep(heap.EVERY_S)
        if not (parts.calls.busy or parts.samples.busy):
            forget_pages()
            await asyncio.to_thread(heap.give_back)


async def measure_lag(parts: Syntaxia) -> None:
    """How late the loop that carries everybody's voice wakes up."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOK_S
        await asyncio.sleep(LOOK_S)
        late_s = max(0.0, loop.time() - due)
        parts.calls.recorder.metrics.loop_lag(late_s)
        before = parts.calls.load.strained
        parts.calls.load.woke(late_s)
        if parts.calls.load.strained is not before:
            lag_ms = round(parts.calls.load.lag_s * 1000)
            log.warning("strained" if not before else "no longer strained", lag_ms=lag_ms)


async def settle_tokens(parts: Syntaxia) -> None:
    """Charges what is due for ephemeral tokens, unless the vendor's own record says that the call was shorter."""
    for due in await asyncio.to_thread(parts.interviews.direct.due):
        seconds = None
        if due.provider == "elevenlabs" and due.conversation_id:
            seconds = await ephemeral.recorded_seconds(parts.settings, due.conversation_id)
        await asyncio.to_thread(parts.interviews.direct.settle, due.interview_id, seconds=seconds)
