"""What a request must pass before anything of ours runs: its origin, and the size and time of its body."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.identity.visitor import network_of
from services.observe.metrics import Bound
from services.wiring import wire

STREAMLIT_KEEPS_S = 120.0
"""What a page was, after its socket closed."""
OF_ONE_ADDRESS = 4
"""The part of all pages that one address may have open."""
TOO_BIG = 1009
"""Close code of a message longer than a socket takes (RFC 6455, 7.4.1)."""
BODY_BYTES = 64 * 1024
BODY_S = 10.0
UPLOADS = "/_stcore/upload_file/"
UPLOADS_AT_ONCE = 16
UPLOAD_S = 60.0
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MINTING = ("/api/session", "/api/elevenlabs/")
"""A GET of these makes a secret and takes from a quota, so a link or an image elsewhere must not be able to."""


def count(bound: Bound) -> None:
    wire().calls.recorder.metrics.refused(bound)


class Guards:
    """Pure ASGI; what does not begin with /api passes, but for uploads, which are bounded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._uploading: set[str] = set()
        """Tabs, by Streamlit's name for them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "PUT" and scope["path"].startswith(UPLOADS):
            await self._upload(scope, receive, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        refusal = foreign(HTTPConnection(scope), scope["method"])
        if refusal is not None:
            count(Bound.ORIGIN)
        if not scope["path"].isprintable():
            # No route takes a line break, and what none takes would fall through to the pages.
            refusal = JSONResponse({"error": "There is nothing at this address.", "code": "not_found"}, 404)
        if refusal is None and scope["method"] in CHANGING:
            body = await _body(HTTPConnection(scope), receive)
            if isinstance(body, JSONResponse):
                refusal = body
            else:
                receive = _replayed(body, receive)
        await (refusal or self._app)(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One file of a tab at a time, a few of all tabs, and each within a minute."""
        tab = scope["path"].removeprefix(UPLOADS).partition("/")[0]
        if tab in self._uploading or len(self._uploading) >= UPLOADS_AT_ONCE:
            count(Bound.UPLOADS)
            sentence = "Another file is on its way already. Try again in a moment."
            await JSONResponse({"error": sentence, "code": "busy"}, 503)(scope, receive, send)
            return
        self._uploading.add(tab)
        try:
            async with asyncio.timeout(UPLOAD_S):
                await self._app(scope, receive, send)
        except TimeoutError:
            count(Bound.SLOW_UPLOAD)
            sentence = "The file did not arrive in time."
            await JSONResponse({"error": sentence, "code": "too_slow"}, 408)(scope, receive, send)
        finally:
            self._uploading.discard(tab)


class Pages:
    """How many pages are open, of all and of each address; one that closed counts as long as Streamlit keeps it.

    Each costs a session of Streamlit's, with three handles and up to a megabyte, before it has said anything.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._closed: deque[tuple[float, str]] = deque()

    def admit(self, address: str, most: int) -> bool:
        """False: too many. One that is admitted must be told as `closed` later."""
        while self._closed and self._closed[0][0] <= self._clock() - STREAMLIT_KEEPS_S:
            self._open[self._closed.popleft()[1]] -= 1
        self._open += Counter()  # forgets whose count is 0
        if self._open.total() >= most or self._open[address] >= most // OF_ONE_ADDRESS:
            return False
        self._open[address] += 1
        return True

    def closed(self, address: str) -> None:
        self._closed.append((self._clock(), address))


class Sockets:
    """Refuses a WebSocket that a page of another origin opens, another port of this machine included, and more of them
    than there may be.

    Browsers send a WebSocket's cookies wherever it is opened from, and no CORS stands in its way. Text, which our pages
    never send, ends the connection here: Streamlit would answer it with an exception.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._pages = app, Pages()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        socket = HTTPConnection(scope)
        address = network_of(client_of(socket))
        if not _may_open(socket):
            count(Bound.ORIGIN)
            await _refuse(receive, send, 1008, "Open this from a page of this site.")
        elif not self._pages.admit(address, wire().settings.max_pages):
            count(Bound.PAGES)
            await _refuse(receive, send, 1013, "Too many pages of this site are open. Close some, wait a minute.")
        else:
            try:
                await self._app(scope, _bytes_alone(receive, send), send)
            finally:
                self._pages.closed(address)


async def _refuse(receive: Receive, send: Send, code: int, sentence: str) -> None:
    await receive()
    await send({"type": "websocket.close", "code": code, "reason": sentence})


def _bytes_alone(receive: Receive, send: Send) -> Receive:
    async def next_message() -> Message:
        message = await receive()
        if message["type"] == "websocket.disconnect" and message.get("code") == TOO_BIG:
            count(Bound.MESSAGE)
        if message["type"] != "websocket.receive" or message.get("bytes") is not None:
            return message
        count(Bound.MESSAGE)
        await send({"type": "websocket.close", "code": 1003, "reason": "Send binary messages."})
        return {"type": "websocket.disconnect", "code": 1003}

    return next_message


def _may_open(socket: HTTPConnection) -> bool:
    return _from_here(socket) or socket.headers.get("origin") in wire().settings.allowed_origins


def _from_here(request: HTTPConnection) -> bool:
    """By the origin that a browser names: this site's own. A program names none, and sends nobody's cookies."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc in {
        request.headers.get("host"),
        urlsplit(wire().settings.app_url).netloc,
    }


class CrossOrigin:
    """Lets pages of the origins that the operator named read answers under /api; by default there are none.

    It is no authorisation: the cookie is `SameSite=Lax`, so that such a page needs an access token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app, origins = self._app, wire().settings.allowed_origins if scope["type"] == "http" else []
        if origins and scope["path"].startswith("/api/"):
            app = CORSMiddleware(
                app,
                allow_origins=origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "Content-Type"],
                max_age=600,
            )
        await app(scope, receive, send)


def foreign(request: HTTPConnection, method: str) -> JSONResponse | None:
    """A refusal of what another site has a browser send with our visitor's cookies.

    A bearer token says who asks, and no browser adds one by itself. Every browser names the origin of what changes
    something; a GET that mints must say that it comes from here.
    """
    minting = method == "GET" and request.url.path.startswith(MINTING)
    if (method not in CHANGING and not minting) or request.headers.get("authorization", "").startswith("Bearer "):
        return None
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin") or not _from_here(request):
        return JSONResponse({"error": "This can only be asked for by a page of this site.", "code": "foreign"}, 403)
    if minting and site is None:
        sentence = "Ask from a page of this site: your browser did not say where the request comes from."
        return JSONResponse({"error": sentence, "code": "foreign"}, 403)
    return None


def client_of(request: HTTPConnection) -> str | None:
    """The client's address as the server saw it; uvicorn took a trusted proxy's word for it, nobody else's."""
    return request.client.host if request.client else None


async def _body(request: HTTPConnection, receive: Receive) -> bytes | JSONResponse:
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > BODY_BYTES:
        return _too_large()
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_S):
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message["type"] == "http.request" and message.get("more_body", False)
                if len(body) > BODY_BYTES:
                    return _too_large()
    except TimeoutError:
        count(Bound.SLOW_BODY)
        return JSONResponse({"error": "The request did not arrive in time.", "code": "too_slow"}, 408)
    return bytes(body)


def _too_large() -> JSONResponse:
    count(Bound.BODY)
    return JSONResponse({"error": f"Send at most {BODY_BYTES // 1024} kB.", "code": "too_large"}, 413)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def once() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
