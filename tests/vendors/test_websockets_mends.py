"""The private parts of websockets that we lean on: a test fails with the part's name when an upgrade moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.protocol import State

from services.vendors.websockets_mends import BoundedConnection


class Watched(BoundedConnection):
    """Notes the state in which it was made to wait for the network."""

    waited_in: list[State]

    async def drain(self) -> None:
        self.waited_in = [*getattr(self, "waited_in", []), self.state]
        await super().drain()


async def listen(connection: ServerConnection) -> None:
    async for _ in connection:
        pass


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    async with serve(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", create_connection=Watched, compression=None) as connection:
            assert isinstance(connection, Watched)
            yield connection


async def test_drain_is_awaited_by_every_send() -> None:
    async with watched() as connection:
        await connection.send("a frame")

        assert connection.waited_in[-1] is State.OPEN


async def test_drain_is_awaited_by_the_close_frame() -> None:
    async with watched() as connection:
        await connection.close()

        assert State.CLOSING in connection.waited_in
