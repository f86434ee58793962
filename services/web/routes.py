"""HTTP beside the pages: health, the live view of a call, and the farewell of a tab that closes."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from services.calls.call import Call
from services.calls.snapshot import CallSnapshot, Phase
from services.core.errors import InterviewNotFound, SignInRequired
from services.core.talk.events import CandidateLeft
from services.observe.metrics import CONTENT_TYPE, Bound
from services.replicas.placement import Place
from services.web.api import api, problem
from services.web.background import LEFT
from services.web.guards import client_of, count
from services.web.homes import replica_cookie
from services.web.report_tools import PATHS, report_tools
from services.wiring import wire

VIEW_INTERVAL_S = 0.2
KEEP_ALIVE_S = 10.0
SENT = "sent_to"
"""Query of a request that another replica sent here."""
MOST_READERS = 3
"""Of one call's live view; a tab or two, and the one that is just being closed."""


async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def readyz(_: Request) -> Response:
    if wire().fleet.draining:
        return JSONResponse({"status": "draining"}, 503)
    ready = await asyncio.to_thread(wire().store.ready)
    return JSONResponse({"status": "ready" if ready else "database not ready"}, 200 if ready else 503)


async def metrics(request: Request) -> Response:
    """Prometheus text, for this machine itself or whoever has the token; to others there is nothing here."""
    parts = wire()
    token = parts.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    known = token is not None and hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    # A proxy on this machine forwards for others.
    forwarded = {"x-forwarded-for", "forwarded", "x-real-ip"} & set(request.headers.keys())
    local = request.client is not None and request.client.host in ("127.0.0.1", "::1") and not forwarded
    if not (known or (token is None and local)):
        return problem(404, "not_found", "There is nothing at this address.")
    return Response(await asyncio.to_thread(parts.calls.recorder.metrics.text), media_type=CONTENT_TYPE)


async def replica(_: Request) -> Response:
    """Which process answers: a page that was drawn by another one is drawn anew (`home.js`)."""
    fleet = wire().fleet
    return JSONResponse({"replica": fleet.id, "process": fleet.process}, headers={"Cache-Control": "no-store"})


async def _own_call(request: Request) -> Call | str | None:
    """The live call of the asking visitor, a sample's too; None for anybody else's as for one that does not exist.

    A call at another replica that lives is told by its interview's owner of the lease.
    """
    parts, interview_id = wire(), request.path_params["interview_id"]

    def own() -> Call | str | None:
        try:
            visitor = parts.identity.visitor(request.cookies, client_of(request))
        except SignInRequired:
            return None
        if visitor is None:
            return None
        try:
            interview = parts.interviews.get(visitor.id, interview_id)
        except InterviewNotFound:
            return parts.samples.find(visitor.id, interview_id)
        call = parts.calls.find(interview_id)
        elsewhere = call is None and parts.fleet.place(interview.lease_owner) is Place.ELSEWHERE
        return interview.lease_owner if elsewhere else call

    return await asyncio.to_thread(own)


class Readers:
    """Who reads a call's live view: a few at a time, and what they read is encoded once for all of them.

    Three hundred readers of one call took 15 % of its audio with them, a thousand 81 %.
    """

    def __init__(self) -> None:
        self._open: dict[Call, list[asyncio.Event]] = {}
        self._encoded: WeakKeyDictionary[Call, tuple[CallSnapshot, str]] = WeakKeyDictionary()

    @contextmanager
    def reader(self, call: Call) -> Iterator[asyncio.Event]:
        """Gives what is set when a later reader takes this one's place."""
        mine, readers = asyncio.Event(), self._open.setdefault(call, [])
        readers.append(mine)
        if len(readers) > MOST_READERS:
            readers.pop(0).set()
            count(Bound.READERS)
        try:
            yield mine
        finally:
            if mine in readers:
                readers.remove(mine)
            if not readers:
                self._open.pop(call, None)

    def view(self, call: Call) -> tuple[CallSnapshot, str]:
        """The latest snapshot, and the same as JSON."""
        now = call.snapshot()
        known = self._encoded.get(call)
        if known is None or known[0] is not now:
            known = self._encoded[call] = now, json.dumps(dataclasses.asdict(now), separators=(",", ":"))
        return known


_readers = Readers()


async def live(request: Request) -> Response:
    """Server-sent events: `view` with the call's state as JSON whenever it changed, `ended` once."""
    call = await _own_call(request)
    if isinstance(call, str) and SENT not in request.query_params:
        # The same address again, with a cookie that leads there; a browser that comes back found nobody.
        home = wire().fleet.home(None, call)
        answer = RedirectResponse(f"{request.url.path}?{SENT}={home}", 307, headers={"Cache-Control": "no-store"})
        answer.headers.append("Set-Cookie", replica_cookie(home))
        return answer
    if not isinstance(call, Call):
        return problem(404, "not_found", "There is no live call for this interview.")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_views(call), media_type="text/event-stream", headers=headers)


async def _views(call: Call) -> AsyncIterator[str]:
    with _readers.reader(call) as replaced:
        async for event in _events(call):
            if replaced.is_set():
                return
            yield event


async def _events(call: Call) -> AsyncIterator[str]:
    shown, quiet_s = "", 0.0
    while True:
        view, data = _readers.view(call)
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
    if isinstance(call, Call):
        call.tell(CandidateLeft())
    elif call is not None:
        await asyncio.to_thread(wire().fleet.tell, LEFT, request.path_params["interview_id"])
    return Response(status_code=204)


async def minute(_: Request) -> Response:
    """The sound of the recorded interview on the start page."""
    return FileResponse(wire().samples.minute_sound, media_type="audio/mpeg", headers={"Cache-Control": "max-age=3600"})


routes: list[BaseRoute] = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
    Route("/replica", replica),
    Route("/sample/minute.mp3", minute),
    Route("/api/interviews/{interview_id}/live", live),
    Route("/api/interviews/{interview_id}/left", left, methods=["POST"]),
    Mount("/api", api),
    *(Route(path, report_tools) for path in PATHS),
]
