"""What a browser shows before the front end has loaded: our name, and the files of the first page named in advance.

The page that Streamlit sends is empty until a megabyte of script has run, and asks for the parts of each widget only
when it meets one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_SCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_STYLES = re.compile(r'<link rel="stylesheet"[^>]*>')
_NO_PAGES = ("/_stcore/", "/static/", "/component/", "/media/", "/api/", "/mcp")
_WHOLE_AND_PLAIN = frozenset({b"if-none-match", b"if-modified-since", b"accept-encoding", b"range"})
"""What of a request would bring less than the page as text."""
_CHANGES = frozenset({b"etag", b"last-modified", b"content-length"})


@dataclass(frozen=True)
class Opening:
    """Trusted HTML, made by the pages."""

    title: str
    head: str
    """Goes to the end of the head of every page."""
    body: Callable[[str], str]
    """By the page's path: drawn at once, and gone when the page is there."""
    without_script: str


class FirstPaint:
    """Pure ASGI: puts an opening into each page."""

    def __init__(self, app: ASGIApp, opening: Opening) -> None:
        self._app, self._opening = app, opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith(_NO_PAGES):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        chunks: list[bytes] = []

        async def rewrite(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                chunks.append(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._send(scope["path"], start, b"".join(chunks), send)

        # What changes when we do is not told by the date of Streamlit's file.
        fresh = [pair for pair in scope["headers"] if pair[0] not in _WHOLE_AND_PLAIN]
        await self._app({**scope, "headers": fresh}, receive, rewrite)

    async def _send(self, path: str, start: Message, body: bytes, send: Send) -> None:
        html = opened(body.decode(), path, self._opening).encode()
        headers = [pair for pair in start["headers"] if pair[0].lower() not in _CHANGES]
        await send({**start, "headers": [*headers, (b"content-length", str(len(html)).encode())]})
        await send({"type": "http.response.body", "body": html})


def opened(html: str, path: str, opening: Opening) -> str:
    """The page with the opening in it; a page that is not Streamlit's stays as it is."""
    if '<div id="root"></div>' not in html:
        return html
    html = html.replace("<title>Streamlit</title>", f"<title>{opening.title}</title>", 1)
    html = _NO_SCRIPT.sub(lambda _: f"<noscript>{opening.without_script}</noscript>", html, count=1)
    # A browser paints nothing before the styles that are named above it; these are for tables, and wait their turn
    # behind sixty scripts. Scripts wait for them wherever they are named.
    styles = "".join(_STYLES.findall(html))
    html = _STYLES.sub("", html).replace("</head>", f"{opening.head}</head>", 1)
    return html.replace('<div id="root"></div>', f'<div id="root"></div>{opening.body(path)}{styles}', 1)


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(raw=start["headers"])
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html")
