"""What we change inside uvicorn 0.54; `tests/web/test_uvicorn_mends.py` has a test for each.

`H11Protocol` waits for the head of a request for ever, its first byte included: a few thousand connections that say
nothing hold as many sockets. Streamlit starts uvicorn itself and passes on none of its limits.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from typing import Any, cast

import h11
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http import h11_impl
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import Server

from services.observe.metrics import Bound

HEAD_S = 10.0
"""From a connection's first moment, or the first byte of its next request, to the end of that request's head."""
MOST_CONNECTIONS = 1000
"""Plain HTTP connections at once; beyond it they get a 503. Sockets of open pages do not count among them."""
BUSY = "This server is busy. Try again in a moment."
TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: 39\r\n\r\nThe request did not arrive in time.\r\n\r\n"
)


def bound_connections(
    head_s: float = HEAD_S,
    most: int = MOST_CONNECTIONS,
    on_refused: Callable[[Bound], None] = lambda _bound: None,
) -> None:
    """Call once per process, before the first connection. Leans on `h11_impl.service_unavailable` too, which answers
    in two words."""

    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        on_refused(Bound.CONNECTIONS)
        await PlainTextResponse(BUSY, 503, {"connection": "close"})(scope, receive, send)

    cast(Any, h11_impl).service_unavailable = busy
    made, received, lost = H11Protocol.connection_made, H11Protocol.data_received, H11Protocol.connection_lost

    def connection_made(self: H11Protocol, transport: asyncio.Transport) -> None:
        self.limit_concurrency = most
        made(self, transport)
        _wait_for_head(self, head_s, on_refused)

    def data_received(self: H11Protocol, data: bytes) -> None:
        received(self, data)
        _wait_for_head(self, head_s, on_refused)

    def connection_lost(self: H11Protocol, exc: Exception | None) -> None:
        _stop_waiting(self)
        lost(self, exc)

    part = cast(Any, H11Protocol)
    part.connection_made, part.data_received, part.connection_lost = connection_made, data_received, connection_lost


def stopper() -> Callable[[], None] | None:
    """Stops the server in good order, with exit code 0. None where uvicorn does not have this thread's signals.

    Leans on `Server.handle_exit`, which is the handler of SIGTERM, and on `Server.should_exit`; a server that was
    stopped by a signal ends by raising it again, which is no exit code 0.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, Server) or threading.current_thread() is not threading.main_thread():
        return None

    def stop() -> None:
        server.should_exit = True

    return stop


def _wait_for_head(protocol: H11Protocol, head_s: float, on_refused: Callable[[Bound], None]) -> None:
    """Once for each head: more bytes of the same one win no time."""
    if protocol.conn.their_state is not h11.IDLE:
        _stop_waiting(protocol)
    elif getattr(protocol, "head_timer", None) is None:
        timer = protocol.loop.call_later(head_s, _give_up, protocol, on_refused)
        protocol.head_timer = timer  # type: ignore[attr-defined]


def _stop_waiting(protocol: H11Protocol) -> None:
    timer: asyncio.TimerHandle | None = getattr(protocol, "head_timer", None)
    if timer is not None:
        timer.cancel()
        protocol.head_timer = None  # type: ignore[attr-defined]


def _give_up(protocol: H11Protocol, on_refused: Callable[[Bound], None]) -> None:
    if protocol.conn.their_state is h11.IDLE and not protocol.transport.is_closing():
        on_refused(Bound.SLOW_HEAD)
        protocol.transport.write(TOO_SLOW)
        protocol.transport.close()
