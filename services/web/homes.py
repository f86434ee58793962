"""Around every page where there are several replicas: the cookie that tells the proxy which of them a browser is at."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.errors import DatabaseAway
from services.identity.visitor import names_of
from services.wiring import Syntaxia, wire

log = structlog.get_logger(__name__)

REPLICA_COOKIE = "replica"
LOOK_S = 0.5
"""For the database to say where a visitor's interview is; a page does not wait longer for that."""


def replica_cookie(replica: str) -> str:
    """It names a server and nobody; a forged one leads to another server and to nothing else."""
    cookie = SimpleCookie({REPLICA_COOKIE: replica})
    morsel = cookie[REPLICA_COOKIE]
    morsel["path"], morsel["httponly"], morsel["samesite"] = "/", True, "Lax"
    morsel["secure"] = wire().settings.app_url.startswith("https:")
    return morsel.OutputString()


class Homes:
    """With each page, the `replica` cookie: where the visitor's call or words are, else where calls are taken."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # A database that hangs must not take the threads that everybody's voice needs.
        self._threads = ThreadPoolExecutor(2, "homes")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not wire().fleet.shared:
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)

        async def with_home(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    home, before = await self._home(request), request.cookies.get(REPLICA_COOKIE)
                    if home != before:
                        headers.append("Set-Cookie", replica_cookie(home))
            await send(message)

        await self._app(scope, receive, with_home)

    async def _home(self, request: HTTPConnection) -> str:
        cookie, fleet, loop = request.cookies.get(REPLICA_COOKIE), wire().fleet, asyncio.get_running_loop()
        try:
            looking = loop.run_in_executor(self._threads, _lease_owner, wire(), request)
            owner = await asyncio.wait_for(looking, LOOK_S)
        except (TimeoutError, DatabaseAway):
            log.warning("visitor keeps their replica: the database does not answer")
            return cookie or fleet.id
        return fleet.home(cookie, owner)


def _lease_owner(parts: Syntaxia, request: HTTPConnection) -> str | None:
    """Of this visitor's open interview; a call that has not begun has no lease, but may be here."""
    names = names_of(parts.identity, request.cookies)
    found = parts.interviews.find_lease_owner(*names) if names else None
    if found is None:
        return None
    interview_id, owner = found
    call = parts.calls.find(interview_id)
    return parts.fleet.owner if call is not None and not call.over else owner
