"""Around Streamlit's own sign-in routes: where to return to, what went wrong in a word, and cookies over TLS only.

Streamlit 1.67 returns every visitor to `/`, says nothing about a failure, and marks no cookie `Secure`.
"""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.identity.cookies import CALLBACK_PATH, COOKIE, COOKIE_MAX_AGE_S, SIGN_IN_COOKIE
from services.wiring import wire

LOGIN_PATH, LOGOUT_PATH = "/auth/login", "/auth/logout"
RETURN_COOKIE = "syntaxia_return"
RETURN_S = 600
"""How long somebody may take to sign in and still come back to where they were."""
OUTCOME = "sign_in"
"""Query of the page after a sign-in that failed: `cancelled`, `failed` or `unavailable`."""


class SignIns:
    """Pure ASGI: it must see the start of each response, and streams pass through it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not wire().settings.sign_in_configured:
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        if scope["path"] == LOGOUT_PATH and request.headers.get("sec-fetch-site") == "cross-site":
            await PlainTextResponse("Sign out from a page of this site.", 403)(scope, receive, send)
            return
        failed = False

        async def adjusted(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"] == LOGIN_PATH:
                    failed = message["status"] >= 400
                    if not failed:
                        headers.append("Set-Cookie", _cookie(RETURN_COOKIE, quote(_came_from(request)), RETURN_S))
                elif scope["path"] == CALLBACK_PATH:
                    _return(request, headers)
                elif scope["path"] == LOGOUT_PATH:
                    headers.append("Set-Cookie", visitor_cookie(wire().identity.issue()))
                _secure(headers)
            if not failed:
                await send(message)

        await self._app(scope, receive, adjusted)
        if failed:
            # The provider cannot be asked at all; Streamlit's answer would be a bare line of text.
            await RedirectResponse(_with_outcome(_came_from(request), "unavailable"), 302)(scope, receive, send)


def _came_from(request: HTTPConnection) -> str:
    """The page of ours that led here; pages send it, because the referrer policy is `same-origin`."""
    referrer = urlsplit(request.headers.get("referer", ""))
    return _local(f"{referrer.path}?{referrer.query}") if referrer.netloc == request.headers.get("host") else "/"


def _local(target: str) -> str:
    """Path and query of a page here; anything that could lead elsewhere is the start page."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        return "/"
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != OUTCOME])
    return f"{parts.path}?{query}" if query else parts.path


def _return(request: HTTPConnection, headers: MutableHeaders) -> None:
    """After the provider: to where the visitor came from, with a word when it did not work."""
    query = request.query_params
    signed_in = any(line.startswith(f"{SIGN_IN_COOKIE}=") for line in headers.getlist("set-cookie") if _sets(line))
    target = _local(unquote(request.cookies.get(RETURN_COOKIE, "/")))
    if "error" in query:
        target = _with_outcome(target, "cancelled" if query["error"] == "access_denied" else "failed")
    elif "code" in query and not signed_in:
        target = _with_outcome(target, "failed")
    headers["Location"] = target
    headers.append("Set-Cookie", _cookie(RETURN_COOKIE, "", 0))


def _sets(line: str) -> bool:
    return "Max-Age=0" not in line and f'{SIGN_IN_COOKIE}=""' not in line


def _with_outcome(target: str, outcome: str) -> str:
    return f"{target}{'&' if '?' in target else '?'}{OUTCOME}={outcome}"


def _secure(headers: MutableHeaders) -> None:
    if not wire().settings.app_url.startswith("https:"):
        return
    lines = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for line in lines:
        headers.append("set-cookie", line if "; secure" in line.lower() else f"{line}; Secure")


def _cookie(name: str, value: str, max_age_s: int) -> str:
    """A Set-Cookie line; `Secure` wherever the app is served over TLS."""
    cookie: SimpleCookie = SimpleCookie({name: value})
    morsel = cookie[name]
    morsel.update({"path": "/", "max-age": str(max_age_s), "samesite": "Lax"})
    morsel["httponly"] = True
    if wire().settings.app_url.startswith("https:"):
        morsel["secure"] = True
    return morsel.OutputString()


def visitor_cookie(value: str) -> str:
    return _cookie(COOKIE, value, COOKIE_MAX_AGE_S)
