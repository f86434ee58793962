"""A candidate for tests: opens a voice on its simulator, hears it out, speaks, and answers its tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from services.core.events import Closed, ProviderEvent, ToolCall
from services.settings import Settings
from services.voice.base import Connection, Provider, Resume
from services.voice.openai import OpenAIVoice
from services.voice.xai import XAIVoice
from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.small_interviewer import voice
from tests.voice.terms import TERMS

RATE_HZ = 24_000
CHUNK_BYTES = RATE_HZ // 50 * 2
SPEECH = voice("x" * 12, RATE_HZ)
_VOICES = {"openai": OpenAIVoice, "xai": XAIVoice}


def provider(sim: RealtimeSimulator, **settings: Any) -> Provider:
    given = {name.lower(): value for name, value in sim.environment.items()}
    return _VOICES[sim.vendor](Settings(**{**given, **settings}))


@asynccontextmanager
async def call(
    vendor: str, weather: str = "", resume: Resume | None = None, **simulator: Any
) -> AsyncIterator[tuple[RealtimeSimulator, Connection]]:
    """A connection to a simulator; afterwards no socket is left."""
    async with RealtimeSimulator(vendor, weather=weather, utterance_limit_s=0.6, **simulator) as sim:
        async with provider(sim).connect(TERMS, resume) as connection:
            yield sim, connection
        assert await sim.closed()


async def hear(connection: Connection, until: Callable[[ProviderEvent], bool]) -> list[ProviderEvent]:
    """Events up to the first that fits, or to the end; tools are answered."""
    events: list[ProviderEvent] = []
    async with asyncio.timeout(5):
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
