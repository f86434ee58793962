"""`/mcp`: our reports as tools, while the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from services.identity.quotas import Action
from services.identity.visitor import Visitor
from services.tools.reports import ReportDesk, http_app, report_server
from services.web.api import problem
from services.wiring import Syntaxia

PATHS = ("/mcp", "/.well-known/oauth-protected-resource/mcp")


class ReportTools:
    """ASGI. Stateless: any replica answers any request.

    The SDK takes a third of the server's start to import, so it is imported at the first request.
    """

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._app: asyncio.Future[ASGIApp] | None = None
        self._serving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self, parts: Syntaxia) -> AsyncIterator[None]:
        self._asked, self._app = asyncio.Event(), asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve(parts, self._app))
        try:
            yield
        finally:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            self._app = self._serving = None

    async def _serve(self, parts: Syntaxia, app: asyncio.Future[ASGIApp]) -> None:
        """Opens and closes the SDK's sessions, which must happen in one task."""
        await self._asked.wait()

        def owner(token: str) -> tuple[str, frozenset[str]] | None:
            found = parts.tokens.find(token)
            return (found.account.id, frozenset({found.scope})) if found else None

        def take(user_id: str) -> None:
            parts.quotas.take(Action.READ, Visitor(user_id, "user"))

        desk = ReportDesk(owner, parts.interviews.sharing.readable, take)
        server = await asyncio.to_thread(report_server, desk, parts.settings.app_url)
        serve = http_app(server, parts.settings.app_url)
        async with server.session_manager.run():
            app.set_result(serve)
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None or self._serving is None:
            await problem(503, "starting", "The server is starting. Try again in a moment.")(scope, receive, send)
            return
        self._asked.set()
        await asyncio.wait((self._app, self._serving), return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            self._serving.result()  # raises what kept it from starting
        await self._app.result()(scope, receive, send)


report_tools = ReportTools()
