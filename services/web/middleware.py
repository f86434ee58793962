"""Around every response: the visitor cookie of a new browser, and the security headers."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.web.first_paint import FirstPaint, Opening
from services.web.guards import CrossOrigin, Guards, Sockets
from services.web.homes import Homes
from services.web.signing_in import SignIns, visitor_cookie
from services.web.statics import Statics
from services.wiring import wire

HSTS = "max-age=31536000"
CLOSED = frozenset({"/_stcore/metrics", "/_stcore/script-health-check"})
"""Streamlit's own, for nobody: ours are at /metrics and /readyz."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    # Streamlit's front end needs inline styles, Vega compiles expressions, and components load from blobs.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "connect-src 'self' data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
    ),
}


BY_LINK = frozenset({"shared", "invited"})
"""Pages whose address holds a secret, by the last part of their path."""
READING = "shared"
"""The one of them that needs no visitor, and so no cookie."""
PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Of such a page: in no cache, in no other site's log, in no search engine."""


class Visitors:
    """Gives each browser its cookie with the first page that is not for reading by a link, and every response the
    security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in CLOSED:
            await PlainTextResponse("There is nothing at this address.", 404)(scope, receive, send)
            return
        identity, settings = wire().identity, wire().settings
        newcomer, secret = identity.guest(HTTPConnection(scope).cookies) is None, _holds_secret(scope)
        reading = _page(scope) == READING

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if secret:
                    headers.update(PRIVATE_HEADERS)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if settings.app_url.startswith("https:"):
                    headers.setdefault("Strict-Transport-Security", HSTS)
                if newcomer and not reading and headers.get("content-type", "").startswith("text/html"):
                    headers.append("Set-Cookie", visitor_cookie(identity.issue()))
            await send(message)

        await self._app(scope, receive, with_headers)


def _page(scope: Scope) -> str:
    return str(scope["path"]).rstrip("/").rpartition("/")[2]


def _holds_secret(scope: Scope) -> bool:
    return _page(scope) in BY_LINK or b"token=" in scope["query_string"]


middleware = [
    Middleware(Sockets),
    Middleware(Visitors),
    Middleware(Homes),
    Middleware(SignIns),
    Middleware(CrossOrigin),
    Middleware(Guards),
]


def around_pages(opening: Opening, ahead: Sequence[str] = ()) -> list[Middleware]:
    """All of it, and what only Streamlit's own files and pages need; the files `ahead` before anybody asks for them."""
    outer, inner = middleware[:2], middleware[2:]
    return [*outer, Middleware(Statics, ahead=ahead), Middleware(FirstPaint, opening=opening), *inner]
