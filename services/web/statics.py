"""Files that never change while the process lives, served compressed and from memory.

Streamlit reads each from disk in a thread and sends it as it is: a cold visit is a hundred requests and 3.4 MB. A file
is compressed once, in a thread, because a megabyte compressed on the event loop would be a pause in every call.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIXES = ("/static/", "/component/")
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/wasm")
SMALLEST_BYTES = 512
"""Below it a compressed file is no smaller."""
KEPT_BYTES = 64 * 1024 * 1024
"""Of all files together; the front end's are 15 MB, most of which no page asks for."""
LEVEL = 9
_DROPPED = frozenset({b"content-length", b"content-encoding", b"etag", b"vary"})


@dataclass(frozen=True, slots=True)
class _File:
    headers: tuple[tuple[bytes, bytes], ...]
    etag: str
    body: bytes
    """As it is sent: compressed where that makes it smaller."""


class Statics:
    """Pure ASGI; what is no plain GET of such a file by a browser that takes gzip passes through.

    The files `ahead` are made ready as soon as the server has started, so that its first visitor waits for none.
    """

    def __init__(self, app: ASGIApp, ahead: Sequence[str] = ()) -> None:
        self._app, self._ahead = app, ahead
        self._preparing: asyncio.Task[None] | None = None
        self._files: dict[str, _File] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        if not _is_plain(scope):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        known = self._files.get(path) or await self._read(scope, receive, send)
        if known is not None:
            await _answer(scope, known, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._preparing = asyncio.create_task(self._prepare())

        try:
            await self._app(scope, receive, watch)
        finally:
            if self._preparing is not None:
                self._preparing.cancel()

    async def _prepare(self) -> None:
        for path in self._ahead:
            if path not in self._files:
                await self._read(_asking_for(path), _nothing, _nowhere)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> _File | None:
        """The file as the app below serves it; None where it was no file to keep, which is then answered already."""
        start: Message = {}
        chunks: list[bytes] = []
        asked = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]}

        async def collect(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await self._app(asked, receive, collect)
        body, headers = b"".join(chunks), Headers(raw=start.get("headers", []))
        if not _is_file(start.get("status", 500), headers) or self._bytes + len(body) > KEPT_BYTES:
            await send(start)
            await send({"type": "http.response.body", "body": body})
            return None
        if headers.get("content-type", "").startswith(COMPRESSIBLE) and len(body) >= SMALLEST_BYTES:
            body = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
            extra = [(b"content-encoding", b"gzip")]
        else:
            extra = []
        # Weak: the bytes depend on what the browser takes.
        etag = f"W/{headers['etag'].removeprefix('W/')}"
        kept = [pair for pair in headers.raw if pair[0].lower() not in _DROPPED]
        kept += [*extra, (b"vary", b"Accept-Encoding"), (b"etag", etag.encode())]
        made = _File((*kept, (b"content-length", str(len(body)).encode())), etag, body)
        if scope["path"] not in self._files:
            self._files[scope["path"]], self._bytes = made, self._bytes + len(body)
        return made


def _asking_for(path: str) -> Scope:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip")],
    }


async def _nothing() -> Message:
    """What somebody sends who asks for a file and stays: nothing more."""
    await asyncio.Event().wait()
    raise AssertionError


async def _nowhere(_: Message) -> None:
    pass


def _is_plain(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
        return False
    headers = Headers(scope=scope)
    takes = {part.strip() for part in headers.get("accept-encoding", "").split(",")}
    return scope["path"].startswith(PREFIXES) and "gzip" in takes and "range" not in headers


def _is_file(status: int, headers: Headers) -> bool:
    """An address without a file is answered with a page, and there are as many of them as somebody likes to invent."""
    page = headers.get("content-type", "").startswith("text/html")
    return status == 200 and "etag" in headers and "set-cookie" not in headers and not page


async def _answer(scope: Scope, file: _File, send: Send) -> None:
    asked = {tag.strip().removeprefix("W/") for tag in Headers(scope=scope).get("if-none-match", "").split(",")}
    if file.etag.removeprefix("W/") in asked:
        about_the_body = (b"content-length", b"content-encoding", b"content-type")
        kept = [pair for pair in file.headers if pair[0] not in about_the_body]
        await send({"type": "http.response.start", "status": 304, "headers": kept})
        await send({"type": "http.response.body"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": list(file.headers)})
    await send({"type": "http.response.body", "body": file.body})
