"""Routes, cookie and headers, over HTTP, on a SQLite file of their own."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import SimpleCookie
from pathlib import Path
from typing import cast

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from services.calls.call import Call
from services.core.errors import LinesBusy, QuotaExceeded
from services.core.interview import Interview
from services.core.plan.plan import Pace
from services.identity.cookies import COOKIE
from services.identity.quotas import Action
from services.identity.visitor import Visitor
from services.observe.metrics import Bound
from services.settings import Settings
from services.web import background, guards, middleware, routes, signing_in
from services.wiring import Syntaxia, build
from tests.clock import Clock
from tests.refusals import refusals
from tests.stage import ScriptedAnalyst

pytestmark = pytest.mark.realtime


async def page(_: Request) -> Response:
    return HTMLResponse("<html></html>")


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Syntaxia:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'server.db'}", var_dir=tmp_path)
    parts = build(settings)
    for part in (parts.interviews.preparation, parts.interviews.analysis):
        monkeypatch.setattr(part, "_analyst", ScriptedAnalyst())
    for module in (routes, middleware, signing_in, background, guards):
        monkeypatch.setattr(module, "wire", lambda: parts)
    return parts


@pytest.fixture
def client(parts: Syntaxia) -> Iterator[TestClient]:
    parts.store.migrate()
    app = Starlette(
        routes=[*(Route(path, page) for path in ("/", "/shared", "/invited", "/base/shared")), *routes.routes],
        middleware=middleware.middleware,
        lifespan=background.lifespan,
    )
    with TestClient(app) as client:
        yield client


def prepared(parts: Syntaxia, client: TestClient) -> Interview:
    client.get("/")
    subject = parts.identity.guest(client.cookies)
    assert subject
    visitor = parts.interviews.accounts.guest(subject)
    return parts.interviews.preparation.prepare(
        visitor.id, job_description="x" * 60, provider="offline", pace=Pace.NORMAL, consent=True
    )


def test_alive_needs_nothing(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready_once_migrated(client: TestClient) -> None:
    assert client.get("/readyz").status_code == 200


def test_not_ready_before_the_database_is_migrated(parts: Syntaxia) -> None:
    client = TestClient(Starlette(routes=routes.routes))

    assert client.get("/readyz").status_code == 503


def test_first_page_brings_a_cookie_scripts_cannot_read(client: TestClient) -> None:
    morsel = SimpleCookie(client.get("/").headers["set-cookie"])[COOKIE]

    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert not morsel["secure"]


def test_cookie_is_for_tls_only_where_the_app_is(
    client: TestClient, parts: Syntaxia, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = parts.settings.model_copy(update={"app_url": "https://screen.example.org"})
    monkeypatch.setattr(signing_in, "wire", lambda: Syntaxia(**{**vars(parts), "settings": public}))

    assert SimpleCookie(client.get("/").headers["set-cookie"])[COOKIE]["secure"]


def test_a_known_visitor_keeps_the_cookie(client: TestClient) -> None:
    client.get("/")

    assert "set-cookie" not in client.get("/").headers


def test_a_forged_cookie_is_replaced(client: TestClient) -> None:
    client.cookies.set(COOKIE, "forged")

    assert COOKIE in client.get("/").headers["set-cookie"]


@pytest.mark.parametrize(
    "address", ["/shared", "/shared/", "/shared?token=shr_x", "/invited?token=x", "/base/shared?token=x", "/?token=x"]
)
def test_a_shared_report_is_in_no_cache_and_no_index(client: TestClient, address: str) -> None:
    headers = client.get(address).headers

    assert {name: headers[name] for name in middleware.PRIVATE_HEADERS} == middleware.PRIVATE_HEADERS
    assert headers.get_list("cache-control") == ["no-store"]


def test_a_reader_gets_no_cookie(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/shared?token=shr_x").headers


@pytest.mark.parametrize("header", sorted(middleware.SECURITY_HEADERS))
def test_every_answer_carries_the_security_headers(client: TestClient, header: str) -> None:
    assert client.get("/healthz").headers[header] == middleware.SECURITY_HEADERS[header]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/unknown", "/api/interviews"])
def test_unknown_api_addresses_are_not_pages(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["content-type"] == "application/json"
    assert answer.status_code == 404


def test_no_live_view_without_a_call(client: TestClient, parts: Syntaxia) -> None:
    interview = prepared(parts, client)

    assert client.get(f"/api/interviews/{interview.id}/live").status_code == 404


def test_another_visitors_call_looks_like_none(client: TestClient, parts: Syntaxia) -> None:
    interview = prepared(parts, client)
    assert client.portal
    client.portal.call(parts.calls.admit, interview)
    client.cookies.clear()
    client.get("/")

    answer = client.get(f"/api/interviews/{interview.id}/live")
    farewell = client.post(f"/api/interviews/{interview.id}/left")

    assert answer.status_code == 404
    assert farewell.status_code == 204
    call = parts.calls.find(interview.id)
    assert call
    assert not call.bridge._farewell


def test_own_farewell_reaches_the_call(client: TestClient, parts: Syntaxia) -> None:
    interview = prepared(parts, client)
    assert client.portal
    client.portal.call(parts.calls.admit, interview)

    client.post(f"/api/interviews/{interview.id}/left")
    client.portal.call(asyncio.sleep, 0)

    call = parts.calls.find(interview.id)
    assert call
    assert call.bridge._farewell


def test_live_view_streams_until_the_end(client: TestClient, parts: Syntaxia) -> None:
    interview = prepared(parts, client)
    assert client.portal
    client.portal.call(parts.calls.admit, interview)
    call = parts.calls.find(interview.id)
    assert call

    call.stop()
    body = client.get(f"/api/interviews/{interview.id}/live").text

    assert body.startswith("event: view\ndata: {")
    assert body.endswith("event: ended\ndata: {}\n\n")
    assert '"phase":"ended"' in body
    assert '"unsure_words":""' in body


def test_metrics_are_for_this_machine(parts: Syntaxia) -> None:
    with running(parts, host="127.0.0.1") as local:
        answer = local.get("/metrics")
        forwarded = local.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})

    assert 'syntaxia_calls{phase="live"} 0.0' in answer.text
    assert "syntaxia_loop_lag_seconds_bucket" in answer.text
    assert forwarded.status_code == 404


def test_metrics_are_hidden_from_others(parts: Syntaxia) -> None:
    with running(parts, host="203.0.113.9") as stranger:
        assert stranger.get("/metrics").status_code == 404


def test_a_token_opens_metrics_from_anywhere(parts: Syntaxia, monkeypatch: pytest.MonkeyPatch) -> None:
    with_token = parts.settings.model_copy(update={"metrics_token": SecretStr("prometheus")})
    monkeypatch.setattr(routes, "wire", lambda: dataclasses.replace(parts, settings=with_token))

    with running(parts, host="203.0.113.9") as stranger:
        assert stranger.get("/metrics", headers={"Authorization": "Bearer prometheus"}).status_code == 200
        assert stranger.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 404


def running(parts: Syntaxia, host: str) -> TestClient:
    parts.store.migrate()
    return TestClient(Starlette(routes=routes.routes, lifespan=background.lifespan), client=(host, 50_000))


# --- sockets, readers, and what is closed ----------------------------------------------------------------------------


async def knocked(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        (None, True),
        ("http://testserver", True),
        ("http://localhost:8501", True),
        ("http://localhost:9999", False),
        ("http://127.0.0.1:8501", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_a_socket_opens_only_from_a_page_of_this_site(parts: Syntaxia, origin: str | None, let_in: bool) -> None:
    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", knocked)], middleware=middleware.middleware)
    headers = {"origin": origin} if origin else {}

    try:
        with TestClient(app).websocket_connect("/_stcore/stream", headers=headers):
            came_in = True
    except WebSocketDisconnect:
        came_in = False

    assert came_in is let_in


def test_ten_thousand_pages_of_one_address_leave_room_for_others() -> None:
    clock = Clock()
    pages = guards.Pages(clock.monotonic)

    came_in = [pages.admit("192.0.2.1", 100) for _ in range(10_000)]
    for _ in range(25):
        pages.closed("192.0.2.1")

    assert came_in.count(True) == 25
    assert pages.admit("192.0.2.2", 100)
    assert not pages.admit("192.0.2.1", 100)  # Streamlit keeps what those were
    clock.advance(guards.STREAMLIT_KEEPS_S)
    assert pages.admit("192.0.2.1", 100)


def test_pages_of_many_addresses_are_bounded_in_all() -> None:
    pages = guards.Pages(Clock().monotonic)

    assert [pages.admit(f"192.0.2.{number}", 100) for number in range(250)].count(True) == 100


async def opened(*messages: Message) -> list[Message]:
    """What a socket is told that opens and then says this."""
    told, waiting = list[Message](), [{"type": "websocket.connect"}, *messages]

    async def page(_: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        told.append(message)

    await guards.Sockets(page)({"type": "websocket", "headers": [], "client": ("192.0.2.1", 1)}, receive, send)
    return told


async def test_what_a_page_never_says_ends_its_socket_with_the_reason(parts: Syntaxia) -> None:
    text = await opened({"type": "websocket.receive", "text": "hello"})
    long = await opened({"type": "websocket.disconnect", "code": guards.TOO_BIG})

    assert text == [{"type": "websocket.close", "code": 1003, "reason": "Send binary messages."}]
    assert long == []  # whoever carries the socket has closed it with this code
    assert refusals(parts.calls.recorder.metrics) == {Bound.MESSAGE: 2}


async def test_one_page_too_many_is_told_so(parts: Syntaxia, monkeypatch: pytest.MonkeyPatch) -> None:
    few = parts.settings.model_copy(update={"max_pages": 4})
    monkeypatch.setattr(guards, "wire", lambda: Syntaxia(**{**vars(parts), "settings": few}))
    sockets, told = guards.Sockets(never_over), list[Message]()

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {"type": "websocket", "headers": [], "client": ("192.0.2.1", 1)}
    first = asyncio.create_task(sockets(scope, receive, send))
    await asyncio.sleep(0)
    await sockets(scope, receive, send)
    first.cancel()

    assert [(one["code"], one["reason"].partition(".")[0]) for one in told] == [
        (1013, "Too many pages of this site are open")
    ]
    assert refusals(parts.calls.recorder.metrics) == {Bound.PAGES: 1}


async def never_over(_: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def test_a_body_that_never_ends_is_not_waited_for(parts: Syntaxia, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "BODY_S", 0.01)
    told = list[Message]()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/session", "headers": [], "query_string": b""}
    await guards.Guards(never_over)(scope, receive, send)

    assert (told[0]["status"], b"did not arrive in time" in told[1]["body"]) == (408, True)
    assert refusals(parts.calls.recorder.metrics) == {Bound.SLOW_BODY: 1}


def test_a_quota_that_is_used_up_is_told_and_counted(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'server.db'}", var_dir=tmp_path, quotas={})
    parts, guest = build(settings), Visitor("g1", "guest")
    parts.quotas.take(Action.BEGIN, guest)

    with pytest.raises(QuotaExceeded, match="used up until"):
        parts.quotas.take(Action.BEGIN, guest)

    assert refusals(parts.calls.recorder.metrics) == {Bound.QUOTA: 1}


def test_refusals_on_the_way_in_are_counted(client: TestClient, parts: Syntaxia) -> None:
    sockets = Starlette(routes=[WebSocketRoute("/_stcore/stream", knocked)], middleware=middleware.middleware)
    client.post("/api/session", headers={"origin": "https://evil.example"})
    client.post("/api/session", content=b"x" * 70_000)
    with pytest.raises(WebSocketDisconnect):
        TestClient(sockets).websocket_connect("/_stcore/stream", headers={"origin": "null"}).__enter__()
    with ExitStack() as stack:
        readers = routes.Readers()
        for _ in range(5):
            stack.enter_context(readers.reader(cast(Call, FakeLive.one)))
    with parts.talking(), parts.talking(), pytest.raises(LinesBusy, match="All lines are busy"), parts.talking():
        pass

    assert refusals(parts.calls.recorder.metrics) == {Bound.ORIGIN: 2, Bound.BODY: 1, Bound.READERS: 2, Bound.TALKS: 1}


@pytest.mark.parametrize("path", sorted(middleware.CLOSED))
def test_streamlits_own_figures_are_closed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_site_over_tls_says_so_for_good(client: TestClient, parts: Syntaxia, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "strict-transport-security" not in client.get("/healthz").headers
    public = parts.settings.model_copy(update={"app_url": "https://screen.example.org"})
    for module in (middleware, signing_in):
        monkeypatch.setattr(module, "wire", lambda: Syntaxia(**{**vars(parts), "settings": public}))

    assert client.get("/healthz").headers["strict-transport-security"] == middleware.HSTS


def test_a_fourth_reader_takes_the_place_of_the_oldest() -> None:
    readers, call = routes.Readers(), cast(Call, FakeLive())
    with ExitStack() as stack:
        reading = [stack.enter_context(readers.reader(call)) for _ in range(4)]

        assert [each.is_set() for each in reading] == [True, False, False, False]
    assert readers._open == {}


def test_what_all_readers_see_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[object] = []

    def encode(shown: object) -> dict[str, object]:
        encoded.append(shown)
        return {}

    monkeypatch.setattr(dataclasses, "asdict", encode)
    readers, live = routes.Readers(), FakeLive()

    for _ in range(5):
        readers.view(cast(Call, live))
    live.shown = object()
    readers.view(cast(Call, live))

    assert len(encoded) == 2


class FakeLive:
    """A call as its readers know it."""

    one: FakeLive

    def __init__(self) -> None:
        self.shown = object()

    def snapshot(self) -> object:
        return self.shown


FakeLive.one = FakeLive()


# --- uploads ---------------------------------------------------------------------------------------------------------


async def test_uploads_have_one_place_for_each_tab_and_a_few_in_all(
    parts: Syntaxia, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "UPLOADS_AT_ONCE", 2)
    held, told = asyncio.Event(), dict[str, int]()

    async def upload(scope: Scope, receive: Receive, send: Send) -> None:
        await held.wait()
        await Response(status_code=204)(scope, receive, send)

    guarded = guards.Guards(upload)
    sent = [asyncio.create_task(_put(guarded, path, told)) for path in ("a/1", "a/2", "b/1", "c/1")]
    while len(told) < 2:
        await asyncio.sleep(0)
    held.set()
    await asyncio.gather(*sent, _put(guarded, "c/2", told))

    assert told == {"a/1": 204, "a/2": 503, "b/1": 204, "c/1": 503, "c/2": 204}
    assert refusals(parts.calls.recorder.metrics) == {Bound.UPLOADS: 2}


async def test_an_upload_that_never_ends_is_not_waited_for(parts: Syntaxia, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "UPLOAD_S", 0.01)
    told = dict[str, int]()

    async def upload(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    guarded = guards.Guards(upload)
    await _put(guarded, "a/1", told)
    await _put(guarded, "a/2", told)

    assert told == {"a/1": 408, "a/2": 408}
    assert refusals(parts.calls.recorder.metrics) == {Bound.SLOW_UPLOAD: 2}


async def _put(app: ASGIApp, path: str, told: dict[str, int]) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            told[path] = message["status"]

    scope = {"type": "http", "method": "PUT", "path": f"/_stcore/upload_file/{path}", "headers": []}
    await app(scope, receive, send)
