"""The server's end of the recogniser's process: bounded, restarted when it dies, never waited for."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog

from services.settings import ROOT
from services.vendors.offline.recognition import AUDIO, FINISH, POCKETSPHINX, START, Recognised, frame

log = structlog.get_logger(__name__)

BACKLOG_BYTES = 10 * 16_000 * 2
"""Ten seconds of audio the process has not taken yet; beyond that the utterance goes unrecognised."""
FINAL_S = 8.0
"""Longer than this after its end an utterance is not waited for: it is unrecognised."""
STARTS = 3
"""A process that dies is started again, this often in all."""
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


class Transcriber:
    """Captions of one candidate. `run` owns the process; the rest returns at once, whatever state that is in."""

    def __init__(self, on_partial: Callable[[str], None], engine: str = POCKETSPHINX) -> None:
        self._on_partial = on_partial
        self._engine = engine
        self._process: Process | None = None
        self._waiting: deque[asyncio.Future[Recognised]] = deque()
        self._open = False
        """The process is inside an utterance."""
        self._lost = False
        """Some audio of the present utterance never reached the process."""

    @property
    def running(self) -> bool:
        """The process is there; before that, and when it died, utterances go unrecognised."""
        return self._process is not None

    def start(self) -> None:
        self._lost = not self._send(START)
        self._open = not self._lost

    def feed(self, pcm: bytes) -> None:
        self._lost = self._lost or not self._send(AUDIO, pcm)

    def finish(self) -> asyncio.Future[Recognised]:
        """Ends the utterance. The future always resolves within `FINAL_S`, empty when nothing was recognised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Recognised] = loop.create_future()
        if not (self._open and self._send(FINISH)):
            future.set_result(Recognised())
            return future
        self._open = False
        self._waiting.append(future)
        timer = loop.call_later(FINAL_S, _resolve, future, Recognised())
        future.add_done_callback(lambda _: timer.cancel())
        if self._lost:
            _resolve(future, Recognised())  # its place in the queue stays: the process will answer for it
        return future

    def _send(self, kind: bytes, payload: bytes = b"") -> bool:
        pipe = self._process.stdin if self._process else None
        if pipe is None or pipe.is_closing():
            return False
        if kind == AUDIO and (not self._open or pipe.transport.get_write_buffer_size() > BACKLOG_BYTES):
            return False
        pipe.write(frame(kind, payload))
        return True

    async def run(self) -> None:
        """Until cancelled; leaves no process behind."""
        for _ in range(STARTS):
            try:
                await self._run_once()
            except OSError as error:
                log.warning("recogniser cannot start", error=type(error).__name__)
                return
            log.warning("recogniser ended", engine=self._engine)

    async def _run_once(self) -> None:
        # Of its environment the process gets what it needs to start: it has no use for anybody's keys.
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        command = (sys.executable, "-m", "services.vendors.offline.recognition", self._engine)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=ROOT, env=environment
        )
        try:
            self._process = process
            assert process.stdout
            async for line in process.stdout:
                self._take(line)
        finally:
            self._process, self._open = None, False
            await _end(process)
            while self._waiting:
                _resolve(self._waiting.popleft(), Recognised())

    def _take(self, line: bytes) -> None:
        message = json.loads(line)
        if message["final"]:
            _resolve(self._waiting.popleft(), Recognised(message["text"], message["confidence"]))
        elif self._open:
            self._on_partial(message["text"])


def _resolve(future: asyncio.Future[Recognised], result: Recognised) -> None:
    if not future.done():
        future.set_result(result)


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await asyncio.shield(process.wait())
    if process.stdin:
        process.stdin.close()
