"""How calls over the OpenAI dialect end where that is their own: announced ends, servers that do not read, no key."""

from __future__ import annotations

import asyncio
import logging

import pytest
import structlog

from services.core.talk.events import EndingSoon
from tests.simulated_vendors import voice
from tests.simulators.realtime_talk import Talk
from tests.vendors.calls import both, call, hear, hear_out, is_done

MS = 0.001


@both
async def test_sixty_minute_end_is_announced(vendor: str) -> None:
    async with call(vendor, "expired") as (_, connection):
        await hear(connection, is_done)
        await connection.send_text("an answer")
        events = await hear_out(connection)

    assert events[-2 - (vendor == "xai")] == EndingSoon(0.0)


@both
async def test_stalled_server_is_left_soon(vendor: str) -> None:
    async def frozen(talk: Talk) -> None:
        await talk.hello()
        talk.ws.transport.pause_reading()
        await asyncio.sleep(1.0)
        talk.ws.transport.resume_reading()

    async with call(vendor, script=frozen) as (_, connection):
        started = asyncio.get_running_loop().time()
        await connection.aclose()

        assert asyncio.get_running_loop().time() - started < 0.8


@both
async def test_key_shows_nowhere(vendor: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with structlog.testing.capture_logs() as logs:
        async with call(vendor, "late_key") as (sim, connection):
            await hear(connection, is_done)
            await connection.send_text("my private words")
            events = await hear_out(connection)
            shown = voice(sim)
            seen = repr((events, connection, shown, vars(shown), logs)) + caplog.text

    assert sim.api_key not in seen
    assert "my private words" not in seen
