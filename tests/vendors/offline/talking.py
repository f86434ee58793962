"""Talking to the offline interviewer, for tests: a candidate who speaks faster than real time."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from services.core.talk.events import ProviderEvent, TurnDone
from services.settings import Settings
from services.vendors.base import Resume
from services.vendors.offline.voice import OfflineConnection, OfflineVoice
from tests.speech import frames, silence, spoken
from tests.vendors.contract import TERMS, until

SHORT = spoken("I use a queue.")
QUIET = silence(2)


def offline(engine: str = "Parrot", resume: Resume | None = None) -> AbstractAsyncContextManager[OfflineConnection]:
    return OfflineVoice(Settings(speech_recogniser=f"tests.vendors.offline.engines:{engine}")).connect(TERMS, resume)


async def say(connection: OfflineConnection, *pieces: bytes) -> None:
    for frame in frames(b"".join(pieces)):
        await connection.send_audio(frame)


async def quiet(connection: OfflineConnection, seconds: float = 0.1) -> list[ProviderEvent]:
    """What comes of its own within this time."""
    seen: list[ProviderEvent] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                seen.append(await anext(connection))
    except TimeoutError:
        pass
    return seen


async def greeted(connection: OfflineConnection) -> None:
    await until(connection, TurnDone)
    # The test reads faster than anybody listens: as if all of it had been played.
    connection._speaker._plays_until = 0.0
