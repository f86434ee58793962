"""What the simulated voice vendors stand on: one local port that speaks HTTP and WebSocket, and a script per socket.

A vendor says what it answers to requests (`Simulator._answer`) and what a client may send on a socket (`Talk._take`).
What a client does wrong is kept in `invalid`, and open sockets are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import itertools
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.waiting import PATIENCE_S

CLOSE_S = 0.2
_LOG = logging.getLogger("simulator")
_LOG.setLevel(logging.CRITICAL)


@dataclass
class Call:
    """One HTTP request, or the request of a WebSocket upgrade."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: Any = None
    upgrade: bool = False


@dataclass
class Answer:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[dict[str, str], bytes]:
        """All headers, and the body."""
        body = json.dumps(self.body).encode()
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        return {**told, **self.headers}, body


NOT_FOUND = Answer({"detail": "not found"}, 404)


def _call(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Call:
    parts = urlsplit(target)
    upgrade = headers.get("upgrade", "").lower() == "websocket"
    return Call(method, parts.path, dict(parse_qsl(parts.query)), headers, json.loads(body or b"null"), upgrade)


class _Door(ServerConnection):
    """websockets takes GET alone; everything else that comes through the same door is answered here."""

    def __init__(self, *args: Any, answer: Callable[[Call], Awaitable[Answer | None]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answer = answer
        self._plain: bytearray | None = None
        self._task: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        if self._plain is None and data[:4] != b"GET " and self.request is None:
            self._plain = bytearray()
        if self._plain is None:
            super().data_received(data)
            return
        self._plain += data
        head, found, body = bytes(self._plain).partition(b"\r\n\r\n")
        if not found or self._task:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(body) >= int(headers.get("content-length", "0")):
            method, target, _ = first.split(" ", 2)
            self._task = asyncio.create_task(self._reply(_call(method, target, headers, body)))

    async def _reply(self, call: Call) -> None:
        answer = await self._answer(call) or NOT_FOUND
        headers, body = answer.encoded()
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


class Invalid(Exception):
    """A client frame that the vendor answers by closing the socket."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Talk:
    """One conversation socket. A script gets it, takes what the client did from `inbox`, and says what it likes."""

    def __init__(self, sim: Any, ws: ServerConnection) -> None:
        self.sim, self.ws = sim, ws
        self.frames: list[Any] = []
        """Of the client, as far as no `expect` has taken them."""
        self.inbox: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        """(kind, text) of what the client did."""
        self._ids = itertools.count(1)
        self._changed = asyncio.Event()

    async def _take(self, message: str | bytes) -> None:
        """One client frame. Raises Invalid."""
        raise NotImplementedError

    def _found(self, frame: Any, kind: str) -> Any:
        """What `expect` returns for this frame; None when it is of another kind."""
        return frame if frame.get("type", "audio") == kind else None

    def over(self) -> None:
        """The socket is closed and the script has ended."""

    async def listen(self) -> None:
        """Until the socket is closed."""
        try:
            async for message in self.ws:
                await self._take(message)
                self._changed.set()
        except Invalid as wrong:
            self.sim.invalid.append(wrong.reason)
            await self.ws.close(wrong.code, wrong.reason[:120])
        except ConnectionClosed:
            pass

    async def expect(self, kind: str) -> Any:
        """The next frame of this kind that no `expect` has taken."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for place, frame in enumerate(self.frames):
                    if (found := self._found(frame, kind)) is not None:
                        del self.frames[place]
                        return found
                await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def drop(self) -> None:
        """The network breaks: no close frame."""
        self.ws.transport.abort()


class Simulator:
    """A vendor's host: `async with` it. `weather` names what goes wrong; `script` is run for each socket."""

    _talk: Callable[[Any, ServerConnection, Call], Any]
    """Of a socket, and the request that opened it."""

    def __init__(
        self,
        script: Callable[[Any], Awaitable[None]],
        api_key: str,
        *,
        weather: str = "",
        port: int = 0,
        utterance_limit_s: float = 2.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.script, self.api_key, self.weather = script, api_key, weather
        self.utterance_limit_s = utterance_limit_s
        self.frames: list[Any] = []  # of all sockets
        self.invalid: list[str] = []
        self.calls: list[Call] = []
        self.talks: list[Any] = []
        self.port = port
        self.open_sockets = self.sockets_opened = 0
        self._tls = tls
        self._server: Server | None = None
        self._changed = asyncio.Event()

    async def _answer(self, call: Call) -> Answer | None:
        """To a plain request, None being 404. To the request of a socket, None opens it and an answer refuses it."""
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        """Leads the application here."""
        raise NotImplementedError

    @property
    def base_url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def drop_all(self) -> None:
        for talk in self.talks:
            talk.drop()

    async def closed(self) -> bool:
        """Whether every socket closes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self.open_sockets:
                    self._changed.clear()
                    await self._changed.wait()
        return self.open_sockets == 0

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._converse,
            "127.0.0.1",
            self.port,
            process_request=self._request,
            create_connection=functools.partial(_Door, answer=self._reply),  # type: ignore[arg-type]
            ssl=self._tls,
            logger=_LOG,
            ping_interval=None,
            close_timeout=1,
            max_size=16 * 2**20,
            # Reading that pauses would not see the other end close.
            max_queue=None,
            compression=None,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *args: object) -> None:
        assert self._server
        self._server.close()
        _, waiting = await asyncio.wait({asyncio.ensure_future(self._server.wait_closed())}, timeout=CLOSE_S)
        if waiting:  # somebody is being made to wait for an answer that never comes
            for task in list(self._server.handler_tasks):
                task.cancel()
            await self._server.wait_closed()

    async def _reply(self, call: Call) -> Answer | None:
        self.calls.append(call)
        if self.weather == "slow":
            await asyncio.Event().wait()
        return await self._answer(call)

    async def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        connection.call = call = _call("GET", request.path, headers)  # type: ignore[attr-defined]
        answer = await self._reply(call)
        if answer is None and call.upgrade:
            return None
        headers, body = (answer := answer or NOT_FOUND).encoded()
        return Response(answer.status, HTTPStatus(answer.status).phrase, Headers(headers), body)

    async def _converse(self, ws: ServerConnection) -> None:
        self.open_sockets += 1
        self.sockets_opened += 1
        talk = self._talk(self, ws, ws.call)  # type: ignore[attr-defined]
        self.talks.append(talk)
        script = asyncio.create_task(self._run(talk))
        try:
            await talk.listen()
        finally:
            script.cancel()
            await asyncio.gather(script, return_exceptions=True)
            talk.over()
            self.open_sockets -= 1
            self._changed.set()

    async def _run(self, talk: Talk) -> None:
        try:
            with suppress(ConnectionClosed):
                await self.script(talk)
        except Exception as fault:
            self.invalid.append(f"the script failed: {fault!r}")
            await talk.ws.close(1011, "script")
            raise


def run(simulator: Callable[..., Simulator], weather: Iterable[str], **choices: Iterable[str]) -> None:
    """From a terminal, until it is interrupted. `choices` are further options of the simulator, the default first."""
    parser = argparse.ArgumentParser(description="A vendor on a local port; prints the settings that lead to it.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--weather", default="", choices=["", *weather])
    for name, values in choices.items():
        parser.add_argument(f"--{name}", default=next(iter(values)), choices=[*values])

    async def serving() -> None:
        async with simulator(**vars(parser.parse_args())) as sim:
            print(*(f"{name}={value}" for name, value in sim.environment.items()), sep="\n", flush=True)
            await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(serving())
