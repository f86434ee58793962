"""A candidate for tests: opens a voice on its simulator, hears it out, speaks, and answers its tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from services.core.talk.events import Closed, ProviderEvent, ToolCall, TurnDone
from services.vendors.base import Connection, Resume
from tests.simulated_vendors import simulated
from tests.simulators.small_interviewer import voice
from tests.vendors.terms import TERMS
from tests.waiting import PATIENCE_S

RATE_HZ = 24_000
CHUNK_BYTES = RATE_HZ // 50 * 2
both = pytest.mark.parametrize("vendor", ["openai", "xai"])
SPEECH = voice("x" * 12, RATE_HZ)


@asynccontextmanager
async def call(
    vendor: str, weather: str = "", resume: Resume | None = None, **simulator: Any
) -> AsyncIterator[tuple[Any, Connection]]:
    """A simulator and a connection to it; afterwards no socket is left, and nothing that was sent was wrong."""
    opened = simulated(vendor, weather=weather, **simulator)
    async with opened as (sim, voice), voice.connect(TERMS, resume) as connection:
        yield sim, connection


EventOfKind = TypeVar("EventOfKind", bound=ProviderEvent)


def last(events: Sequence[ProviderEvent], kind: type[EventOfKind]) -> EventOfKind:
    """The last event, which is of this kind."""
    assert isinstance(events[-1], kind)
    return events[-1]


def is_done(event: ProviderEvent) -> bool:
    return isinstance(event, TurnDone)


async def hear(connection: Connection, until: Callable[[ProviderEvent], bool]) -> list[ProviderEvent]:
    """Events up to the first that fits, or to the end; tools are answered."""
    events: list[ProviderEvent] = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in connection:
            events.append(event)
            if isinstance(event, ToolCall):
                await connection.send_tool_result(event.call_id, "ok")
            if until(event):
                break
    return events


async def hear_out(connection: Connection) -> list[ProviderEvent]:
    return await hear(connection, lambda event: isinstance(event, Closed))


async def speak(connection: Connection, silence_s: float = 1.4) -> None:
    """A spoken answer, then silence, as fast as it can be sent."""
    pcm = SPEECH + bytes(int(RATE_HZ * silence_s) * 2)
    for start in range(0, len(pcm), CHUNK_BYTES):
        await connection.send_audio(pcm[start : start + CHUNK_BYTES])
