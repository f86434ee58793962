"""HTTP beside the pages: health, the live view of a call, the visitor cookie, security headers, background work."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import loopback
from services.call import Call
from services.core.errors import DatabaseAway, InterviewNotFound
from services.core.events import CandidateLeft
from services.identity import COOKIE, COOKIE_MAX_AGE_S
from services.view import Phase
from services.voice.register import warm
from services.wiring import Syntaxia, wire

log = structlog.get_logger(__name__)

SWEEP_S = 5.0
VIEW_INTERVAL_S = 0.2
KEEP_ALIVE_S = 10.0
THREADS = 32

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    # Streamlit's front end needs inline styles, Vega compiles expressions, and components load from blobs.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "connect-src 'self' ws: wss: data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
    ),
}


async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def readyz(_: Request) -> Response:
    ready = await asyncio.to_thread(wire().store.ready)
    return JSONResponse({"status": "ready" if ready else "database not ready"}, 200 if ready else 503)


async def _own_call(request: Request) -> Call | None:
    """The live call of the asking visitor, a sample's too; None for anybody else's as for one that does not exist."""
    parts, interview_id = wire(), request.path_params["interview_id"]
    subject = parts.identity.subject(request.cookies.get(COOKIE))
    if subject is None:
        return None

    def own() -> Call | None:
        try:
            parts.interviews.get(parts.interviews.visitor(subject, "guest").id, interview_id)
        except InterviewNotFound:
            return parts.samples.find(subject, interview_id)
        return parts.calls.find(interview_id)

    return await asyncio.to_thread(own)


async def live(request: Request) -> Response:
    """Server-sent events: `view` with the call's state as JSON whenever it changed, `ended` once."""
    call = await _own_call(request)
    if call is None:
        return JSONResponse({"error": "There is no live call for this interview."}, 404)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_views(call), media_type="text/event-stream", headers=headers)


async def _views(call: Call) -> AsyncIterator[str]:
    shown, quiet_s = "", 0.0
    while True:
        view = call.view()
        data = json.dumps(dataclasses.asdict(view), separators=(",", ":"))
        if data != shown:
            shown, quiet_s = data, 0.0
            yield f"event: view\ndata: {data}\n\n"
        elif quiet_s >= KEEP_ALIVE_S:
            quiet_s = 0.0
            yield ": still here\n\n"
        if view.phase is Phase.ENDED:
            yield "event: ended\ndata: {}\n\n"
            return
        await asyncio.sleep(VIEW_INTERVAL_S)
        quiet_s += VIEW_INTERVAL_S


async def left(request: Request) -> Response:
    """The browser's farewell when its tab closes; frames that stop coming tell the same story a little later."""
    call = await _own_call(request)
    if call is not None:
        call.tell(CandidateLeft())
    return Response(status_code=204)


async def unknown(_: Request) -> Response:
    return JSONResponse({"error": "There is nothing at this address."}, 404)


routes: list[BaseRoute] = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/api/interviews/{interview_id}/live", live),
    Route("/api/interviews/{interview_id}/left", left, methods=["POST"]),
    Route("/api/{path:path}", unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]


class Visitors:
    """Gives each browser its cookie with the first page, and every response the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = wire().identity
        newcomer = identity.subject(HTTPConnection(scope).cookies.get(COOKIE)) is None

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if newcomer and headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", visitor_cookie(identity.issue()))
            await send(message)

        await self._app(scope, receive, with_headers)


def visitor_cookie(value: str) -> str:
    """The Set-Cookie header; `Secure` wherever the app is served over TLS."""
    cookie: SimpleCookie = SimpleCookie({COOKIE: value})
    morsel = cookie[COOKIE]
    morsel.update({"path": "/", "max-age": str(COOKIE_MAX_AGE_S), "samesite": "Lax"})
    morsel["httponly"] = True
    if wire().settings.app_url.startswith("https:"):
        morsel["secure"] = True
    return morsel.OutputString()


middleware = [Middleware(Visitors)]


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Prepares the media path, settles what a dead process left, and sweeps until the server stops."""
    # An uploaded job description stays in memory; beyond this size Starlette would spool it to disk.
    MultiPartParser.spool_max_size = 4 * 1024 * 1024
    loop = asyncio.get_running_loop()
    # Encoders, recognisers and database waits share it: a slow database must not hold up anybody's voice.
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "work"))
    parts = await asyncio.to_thread(wire)
    parts.calls.bind(loop)
    parts.samples.bind(loop)
    migrated = await asyncio.to_thread(migrate, parts)
    sweeper = loop.create_task(sweep(parts, migrated))
    warming = loop.run_in_executor(None, warm_up, parts)
    try:
        yield {}
    finally:
        sweeper.cancel()
        await asyncio.gather(sweeper, warming, return_exceptions=True)
        await asyncio.gather(parts.calls.aclose(), parts.samples.aclose())


def warm_up(parts: Syntaxia) -> None:
    loopback.warm()
    warm(parts.providers.values())
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
                if settled := await asyncio.to_thread(parts.interviews.recover):
                    log.info("interviews settled", interview_ids=settled)
        except DatabaseAway:
            log.warning("database away")
        await asyncio.sleep(SWEEP_S)
