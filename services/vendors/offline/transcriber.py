"""The server's end of the recogniser's process: one for all offline calls, bounded, restarted when it dies."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import structlog

from services.settings import ROOT
from services.vendors.offline.recognition import (
    ASIDE,
    AUDIO,
    BACKLOG_BYTES,
    FINISH,
    LEAVE,
    MESSAGE_BYTES,
    POCKETSPHINX,
    START,
    Recognised,
    frame,
)

log = structlog.get_logger(__name__)

FINAL_S = 8.0
"""Longer than this after its end an utterance is not waited for: it is unrecognised."""
STARTS = 3
"""A process that dies is started again, this often in all."""
MIN_PATIENCE_S, MAX_PATIENCE_S = 0.7, 4.0
"""Bounds of the time a reply waits for words."""
LAG_S = 2.0
"""A final owed for longer shows that the process is behind: what is heard aside gives way."""
SEGMENT_S = 6.0
"""Of speech that one piece of work covers, in the mean."""
MIN_CAPACITY = 2
BUSY_SHARE = 0.6
"""Of the recogniser's time; beyond it the wait for words grows without bound."""
_SMOOTHING = 0.3
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


class RecogniserProcess:
    """Hears any number of candidates. Belongs to one event loop; `enter` keeps the process running."""

    def __init__(
        self,
        engines: Sequence[str] = (POCKETSPHINX,),
        model_dir: Path | None = None,
        on_measured: Callable[[float, int], None] = lambda _speed, _capacity: None,
    ) -> None:
        """`on_measured` gets, whenever an engine was loaded, how many times as fast as it is spoken speech is
        understood here, and the capacity."""
        self._engines, self._model_dir, self._on_measured = engines, model_dir, on_measured
        self.engine: str | None = None
        """Which one of the list was loaded; None while none is."""
        self.patience_s = MIN_PATIENCE_S
        """How long a reply should wait for words; follows how long finals take on this machine."""
        self.capacity = MIN_CAPACITY
        """How many candidates may answer at once and still be understood in time."""
        self._process: Process | None = None
        self._streams: dict[int, Transcriber] = {}
        self._numbers = itertools.cycle(range(1, ASIDE))
        self._numbers_aside = itertools.cycle(range(ASIDE, 65_536))
        self._users = 0
        self._task: asyncio.Task[None] | None = None
        self._loaded = asyncio.Event()

    @property
    def running(self) -> bool:
        """It takes audio, also while it is still loading; before that, and when it died, utterances go unrecognised."""
        return self._process is not None

    @property
    def full(self) -> bool:
        """As many answer at once as can be understood; what is heard aside keeps nobody out."""
        return sum(stream.open for stream in self._streams.values() if not stream.aside) >= self.capacity

    @property
    def lags(self) -> bool:
        """What is heard aside would only wait, or make others wait."""
        now = asyncio.get_running_loop().time()
        return any(stream.owed_for(now) > LAG_S for stream in self._streams.values())

    @property
    def has_room_aside(self) -> bool:
        return sum(stream.open for stream in self._streams.values()) < self.capacity and not self.lags

    @asynccontextmanager
    async def enter(self, *, aside: bool = False) -> AsyncIterator[Transcriber]:
        """The captions of one candidate. Whoever leaves last ends the process, and none is left behind.

        `aside`: nobody waits for these words; they give way to those somebody waits for.
        """
        numbers = self._numbers_aside if aside else self._numbers
        number = next(one for one in numbers if one not in self._streams)
        self._streams[number] = Transcriber(self, number)
        self._users += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            yield self._streams[number]
        finally:
            self.send(LEAVE, number)
            self._streams.pop(number).lose()
            self._users -= 1
            if not self._users:
                task, self._task = self._task, None
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def loaded(self) -> None:
        """Waits until an engine is there; while nobody has entered, for ever."""
        await self._loaded.wait()

    def send(self, kind: bytes, number: int, payload: bytes = b"") -> bool:
        """False when it did not reach the process, or would only add to a backlog."""
        pipe = self._process.stdin if self._process else None
        if pipe is None or pipe.is_closing():
            return False
        if kind == AUDIO and pipe.transport.get_write_buffer_size() > BACKLOG_BYTES * max(1, self._users):
            return False
        pipe.write(frame(kind, number, payload))
        return True

    def took(self, seconds: float) -> None:
        """A final came this long after the end of its utterance."""
        wished = min(MAX_PATIENCE_S, max(MIN_PATIENCE_S, 2 * seconds))
        self.patience_s += (wished - self.patience_s) * (1.0 if wished > self.patience_s else _SMOOTHING)

    async def _run(self) -> None:
        for _ in range(STARTS):
            try:
                await self._run_once()
            except OSError as error:
                log.warning("recogniser cannot start", error=type(error).__name__)
                return
            except (ValueError, LookupError, TypeError) as error:
                log.warning("recogniser talks nonsense", error=type(error).__name__)
            log.warning("recogniser ended", engine=self.engine)

    async def _run_once(self) -> None:
        # Of its environment the process gets what it needs to start: it has no use for anybody's keys.
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {"MODEL_DIR": str(self._model_dir)} if self._model_dir else {}
        command = (sys.executable, "-m", "services.vendors.offline.recognition", *self._engines)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=ROOT, env=environment, limit=MESSAGE_BYTES
        )
        try:
            self._process = process
            assert process.stdout
            async for line in process.stdout:
                self._take(json.loads(line))
        finally:
            self._process, self.engine = None, None
            self._loaded.clear()
            for stream in self._streams.values():
                stream.lose()
            await _end(process)

    def _take(self, message: dict[str, object]) -> None:
        if "engine" in message:
            self.engine = str(message["engine"])
            probe_s = float(str(message["probe_s"]))
            speed = SEGMENT_S / max(probe_s, 1e-3)
            self.capacity = max(MIN_CAPACITY, int(speed * BUSY_SHARE))
            self.took(probe_s)
            self._on_measured(speed, self.capacity)
            self._loaded.set()
            log.info("recogniser loaded", engine=self.engine, probe_s=round(probe_s, 2), capacity=self.capacity)
        elif stream := self._streams.get(int(str(message["stream"]))):
            stream.take(message)


class Ears(Protocol):
    """What an offline connection needs of whoever writes the captions of its candidate. Everything returns at once."""

    on_partial: Callable[[str], None]

    @property
    def patience_s(self) -> float: ...

    @property
    def hears(self) -> bool: ...

    def start(self, prompt: str = "") -> bool: ...

    def feed(self, pcm: bytes) -> None: ...

    def finish(self) -> asyncio.Future[Recognised]: ...


class Transcriber:
    """Captions of one candidate. Everything returns at once, whatever state the process is in."""

    def __init__(self, process: RecogniserProcess, number: int) -> None:
        self._process, self._number = process, number
        self.aside = number >= ASIDE
        self.on_partial: Callable[[str], None] = lambda _: None
        """Gets the words of the utterance that is going on, whenever they change."""
        self._waiting: deque[tuple[asyncio.Future[Recognised], float]] = deque()
        """Finals the process owes, each with when its utterance ended."""
        self.open = False
        """The process is inside an utterance."""
        self._lost = False
        """Some audio of the present utterance never reached the process."""

    @property
    def patience_s(self) -> float:
        return self._process.patience_s

    @property
    def hears(self) -> bool:
        """The latest utterance reached an engine as a whole."""
        return self._process.running and not self._lost

    def start(self, prompt: str = "") -> bool:
        """False: too many answer at once, or there is no engine, and this utterance goes unrecognised."""
        has_room = self._process.has_room_aside if self.aside else not self._process.full
        self.open = has_room and self._process.send(START, self._number, prompt.encode())
        self._lost = not self.open
        return self.open

    def feed(self, pcm: bytes) -> None:
        self._lost = self._lost or (self.aside and self._process.lags)
        self._lost = self._lost or not self._process.send(AUDIO, self._number, pcm)

    def owed_for(self, now: float) -> float:
        """Seconds since the end of the oldest utterance whose words are still to come."""
        return now - self._waiting[0][1] if self._waiting else 0.0

    def finish(self) -> asyncio.Future[Recognised]:
        """Ends the utterance. The future always resolves within `FINAL_S`, empty when nothing was recognised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Recognised] = loop.create_future()
        if not (self.open and self._process.send(FINISH, self._number)):
            self.open = False
            future.set_result(Recognised())
            return future
        self.open = False
        self._waiting.append((future, loop.time()))
        timer = loop.call_later(FINAL_S, _resolve, future, Recognised())
        future.add_done_callback(lambda _: timer.cancel())
        if self._lost:
            _resolve(future, Recognised())  # its place in the queue stays: the process will answer for it
        return future

    def take(self, message: dict[str, object]) -> None:
        """A text from the process."""
        if message["final"]:
            heard = message["confidence"]
            result = Recognised(str(message["text"]), heard if isinstance(heard, float) else None)
            if self._waiting:
                future, ended_at = self._waiting.popleft()
                if not self.aside:
                    self._process.took(asyncio.get_running_loop().time() - ended_at)
                _resolve(future, result)
        elif self.open:
            self.on_partial(str(message["text"]))

    def lose(self) -> None:
        """The process is gone, or the candidate."""
        self.open = False
        while self._waiting:
            _resolve(self._waiting.popleft()[0], Recognised())


def _resolve(future: asyncio.Future[Recognised], result: Recognised) -> None:
    if not future.done():
        future.set_result(result)


async def _end(process: Process) -> None:
    """Also when it is cancelled meanwhile: whoever was killed is gone at once, and nothing goes on waiting for that."""
    with suppress(ProcessLookupError):
        process.kill()
    gone, cancelled = asyncio.ensure_future(process.wait()), False
    while not gone.done():
        try:
            await asyncio.shield(gone)
        except asyncio.CancelledError:
            cancelled = True
    if process.stdin:
        process.stdin.close()
    if cancelled:
        raise asyncio.CancelledError
