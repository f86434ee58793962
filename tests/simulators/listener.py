"""One local port that speaks HTTP and WebSocket, as a vendor's host does: what the simulators stand on.

    async with Listener(answer=rest, converse=talk) as listener: ...   # http://127.0.0.1:{listener.port}

`answer` gets plain requests; for a WebSocket upgrade it may return an `Answer` too, which refuses it. Open sockets are
counted, so that a test can prove that nothing was left behind.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

CLOSE_S = 1.0
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

    def encoded(self) -> bytes:
        return json.dumps(self.body).encode()


Answering = Callable[[Call], Awaitable[Answer | None]]


def _call(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Call:
    parts = urlsplit(target)
    upgrade = headers.get("upgrade", "").lower() == "websocket"
    return Call(method, parts.path, dict(parse_qsl(parts.query)), headers, json.loads(body or b"null"), upgrade)


class _Door(ServerConnection):
    """websockets takes GET alone; everything else that comes through the same door is answered here."""

    def __init__(self, *args: Any, answer: Answering, **kwargs: Any) -> None:
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
        answer = await self._answer(call) or Answer({"detail": "not found"}, 404)
        body = answer.encoded()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in {**headers, **answer.headers}.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.close()


class Listener:
    def __init__(
        self,
        answer: Answering,
        converse: Callable[[ServerConnection, Call], Awaitable[None]],
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = port
        self.open_sockets = 0
        self.sockets_opened = 0
        self._answer, self._converse, self._tls = answer, converse, tls
        self._server: Server | None = None
        self._changed = asyncio.Event()

    async def closed(self, within_s: float = 1.0) -> bool:
        """Whether every socket is closed, at the latest after so long."""
        try:
            async with asyncio.timeout(within_s):
                while self.open_sockets:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self.open_sockets == 0

    async def __aenter__(self) -> Listener:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._request,
            create_connection=functools.partial(_Door, answer=self._answer),
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

    async def _request(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        call = _call("GET", request.path, headers)
        connection.call = call  # type: ignore[attr-defined]
        answer = await self._answer(call)
        if answer is None and call.upgrade:
            return None
        answer = answer or Answer({"detail": "not found"}, 404)
        body = answer.encoded()
        kinds = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        return Response(answer.status, HTTPStatus(answer.status).phrase, Headers({**kinds, **answer.headers}), body)

    async def _serve(self, connection: ServerConnection) -> None:
        self.open_sockets += 1
        self.sockets_opened += 1
        try:
            await self._converse(connection, connection.call)  # type: ignore[attr-defined]
        finally:
            self.open_sockets -= 1
            self._changed.set()
