"""Our changes of uvicorn, over real sockets: connections that say nothing, or not enough, end by themselves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http import h11_impl
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.observe.metrics import Bound
from services.web.uvicorn_mends import bound_connections
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.realtime

HEAD_S = 0.2
MOST = 3
COUNTED: list[Bound] = []
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    for name in ("connection_made", "data_received", "connection_lost"):
        monkeypatch.setattr(H11Protocol, name, getattr(H11Protocol, name))
    monkeypatch.setattr(h11_impl, "service_unavailable", vars(h11_impl)["service_unavailable"])
    COUNTED.clear()
    bound_connections(HEAD_S, MOST, COUNTED.append)
    config = uvicorn.Config(
        Starlette(routes=[Route("/", hello)]), host="127.0.0.1", port=0, http="h11", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def answer(port: int, *pieces: bytes) -> bytes:
    """All that comes until the server closes; what follows a whole request is sent once that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = b""
    async with asyncio.timeout(PATIENCE_S):
        for piece in pieces:
            writer.write(piece)
            if piece == WHOLE and piece is not pieces[-1]:
                told += await reader.readuntil(b"hello")
        told += await reader.read()
    writer.close()
    return told


@pytest.mark.parametrize("pieces", [(), (b"G",), (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",), (WHOLE, b"GET /")])
async def test_a_head_that_never_ends_is_not_waited_for(port: int, pieces: tuple[bytes, ...]) -> None:
    told = await answer(port, *pieces)

    assert told.count(b"HTTP/1.1 408") == COUNTED.count(Bound.SLOW_HEAD) == 1
    assert told.count(b"hello") == pieces.count(WHOLE)


async def test_a_request_in_time_is_answered_and_the_connection_goes_on(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    for _ in range(3):
        writer.write(WHOLE)
        assert b"200 OK" in await reader.readuntil(b"hello")

    writer.close()


async def test_more_connections_than_there_may_be_are_refused_in_words(port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST)]

    told = await answer(port, WHOLE)

    assert b"HTTP/1.1 503" in told
    assert b"This server is busy." in told
    assert COUNTED == [Bound.CONNECTIONS]
    for _, writer in held:
        writer.close()


def test_uvicorn_still_has_what_we_change() -> None:
    source = inspect.getsource(H11Protocol)

    assert "self.limit_concurrency" in source
    assert "app = service_unavailable" in source
    assert "self.conn = h11.Connection(" in source
