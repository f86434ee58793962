"""`/mcp`: our reports as tools, while the server runs."""

from __future__ import annotations

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
    """ASGI. Stateless: any replica answers any request."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    @asynccontextmanager
    async def running(self, parts: Syntaxia) -> AsyncIterator[None]:
        def owner(token: str) -> tuple[str, frozenset[str]] | None:
            found = parts.tokens.find(token)
            return (found.account.id, frozenset({found.scope})) if found else None

        def take(user_id: str) -> None:
            parts.quotas.take(Action.READ, Visitor(user_id, "user"))

        desk = ReportDesk(owner, parts.interviews.sharing.readable, take)
        server = report_server(desk, parts.settings.app_url)
        self._app = http_app(server, parts.settings.app_url)
        try:
            async with server.session_manager.run():
                yield
        finally:
            self._app = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        starting = problem(503, "starting", "The server is starting. Try again in a moment.")
        await (self._app or starting)(scope, receive, send)


report_tools = ReportTools()
