"""One WebSocket to a vendor: refusals translated, bounded sends, pings, a close that leaves nothing behind."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from services.core.errors import ProviderDropped
from services.core.talk.events import CloseCause
from services.vendors.faults import Fault, error, sentence

OPEN_S = 10.0
CLOSE_S = 0.5
"""For the closing handshake; then the socket is cut."""
PING_S = 10.0
QUEUE_FRAMES = 4096
"""Unread frames beyond which reading pauses. Pings are answered by reading, and a greeting may wait 30 s to be read."""


class Transport(Protocol):
    """What the openai SDK's realtime connection offers; raw `websockets` need a few lines to look like it."""

    async def send_raw(self, data: bytes | str) -> None: ...

    async def recv_bytes(self) -> bytes: ...

    async def close(self) -> None: ...


class Gone(Exception):
    """The socket is closed. `code` is None when there was no close frame."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


class Socket:
    """Everything sent and received over one wire. After `aclose`, or once the other end is gone, sends raise."""

    def __init__(self, transport: Transport, label: str) -> None:
        self._transport, self._label = transport, label
        self._closing: asyncio.Future[None] | None = None
        self.closed_by_us = False
        self._gone: Gone | None = None
        self._deaf = False
        """The other end takes nothing any more; what it had said before may still be unread."""

    async def send(self, text: str) -> None:
        """Raises ProviderDropped."""
        self.require()
        try:
            await self._transport.send_raw(text)
        except (ConnectionClosed, OSError):
            self._deaf = True
            raise self._dropped() from None

    def require(self) -> None:
        """Raises ProviderDropped when the socket is gone or closed."""
        if self._closing is not None or self._gone is not None or self._deaf:
            raise self._dropped()

    async def receive(self) -> bytes:
        """Raises Gone, again and again once it is."""
        if self._gone is not None:
            raise self._gone
        try:
            return await self._transport.recv_bytes()
        except (ConnectionClosed, OSError) as closed:
            self._gone = _gone(closed)
            raise self._gone from None

    async def aclose(self) -> None:
        """May be called again, and finishes even when the caller is cancelled meanwhile."""
        self.closed_by_us = self.closed_by_us or self._gone is None
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            await self._transport.close()
        except (ConnectionClosed, OSError):
            pass

    def _dropped(self) -> ProviderDropped:
        return ProviderDropped(sentence(Fault.NETWORK, self._label), CloseCause.NETWORK)


def options(secure: bool) -> dict[str, Any]:
    """Keyword arguments for `websockets.connect`."""
    from services.vendors.websockets_mends import BoundedConnection

    chosen: dict[str, Any] = {
        "create_connection": BoundedConnection,
        "open_timeout": OPEN_S,
        "close_timeout": CLOSE_S,
        "ping_interval": PING_S,
        "ping_timeout": PING_S,
        "max_size": None,
        "max_queue": QUEUE_FRAMES,
        "compression": None,
        "logger": quiet_logger(),
    }
    return {**chosen, "ssl": tls()} if secure else chosen


@cache
def tls() -> ssl.SSLContext:
    """Reading the certificates takes tens of milliseconds: call it off the event loop first."""
    return ssl.create_default_context()


async def dial(opening: Awaitable[Transport], label: str, model: str, judge: Callable[[int, bytes], Fault]) -> Socket:
    """Raises ProviderError. `judge` names the fault of a refused upgrade from its status and body."""
    try:
        return Socket(await opening, label)
    except InvalidStatus as refused:
        fault = judge(refused.response.status_code, bytes(refused.response.body or b""))
    except TimeoutError:
        fault = Fault.TIMEOUT
    except InvalidURI:
        fault = Fault.CONFIG
    except (InvalidHandshake, ConnectionClosed):
        fault = Fault.VENDOR
    except OSError:
        fault = Fault.NETWORK
    raise error(fault, label, model) from None


def _gone(closed: ConnectionClosed | OSError) -> Gone:
    frame = closed.rcvd if isinstance(closed, ConnectionClosed) else None
    return Gone(frame.code if frame else None, frame.reason if frame else "")


def quiet_logger() -> logging.Logger:
    """For websockets, which at DEBUG logs handshake headers and frames: keys and spoken words."""
    logger = logging.getLogger("services.vendors.socket")
    logger.setLevel(logging.INFO)
    return logger
