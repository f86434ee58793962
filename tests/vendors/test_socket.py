"""The sockets of all hosted voices, when the network or the vendor takes nothing any more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.core.errors import ProviderDropped
from services.core.talk.events import CloseCause, Closed
from services.vendors import websockets_mends
from tests.simulated_vendors import SIMULATORS
from tests.vendors.calls import last
from tests.vendors.offline.listening import MS, call, to_the_end
from tests.waiting import PATIENCE_S


async def talk_on(connection: Any) -> None:
    """Until nothing goes out any more: a little of it is kept by the network."""
    while True:
        await connection.send_audio(bytes(500_000))


async def deaf(talk: Any) -> None:
    """A script: the vendor accepts the call and reads nothing more."""
    await talk.hello()
    talk.ws.transport.pause_reading()
    await asyncio.Event().wait()


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_vendor_that_takes_nothing_is_a_lost_network(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websockets_mends, "SEND_S", 50 * MS)
    async with call(vendor, script=deaf) as (connection, sim):
        reading = asyncio.create_task(to_the_end(connection))
        with pytest.raises(ProviderDropped):
            await talk_on(connection)
        closed = last(await reading, Closed)
        sim.talks[0].ws.transport.abort()

    assert closed.cause is CloseCause.NETWORK


@pytest.mark.parametrize("vendor", ["xai", "gemini"])
async def test_close_waits_for_no_send(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websockets_mends, "SEND_S", 600.0)
    async with call(vendor, script=deaf) as (connection, sim):
        sending = asyncio.create_task(talk_on(connection))
        await asyncio.sleep(200 * MS)
        async with asyncio.timeout(PATIENCE_S):
            await connection.aclose()
        with pytest.raises(ProviderDropped):
            await sending
        sim.talks[0].ws.transport.abort()
