"""A call of the Gemini voice to its simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.core.plan import Pace
from services.settings import Settings
from services.voice.gemini import GeminiVoice
from tests.simulators.gemini import GeminiSimulator
from tests.simulators.gemini_talk import Talk
from tests.voice.listening import terms

MS = 0.001


def voice(sim: GeminiSimulator, **more: Any) -> GeminiVoice:
    return GeminiVoice(Settings(gemini_api_key=sim.api_key, gemini_base_url=sim.base_url, **more))


@asynccontextmanager
async def call(pace: Pace = Pace.NORMAL, **options: Any) -> AsyncIterator[tuple[Any, GeminiSimulator]]:
    """A connection and its simulator, which must have nothing to complain about in the end."""
    async with GeminiSimulator(**{"utterance_limit_s": 0.4, **options}) as sim:
        async with voice(sim).connect(terms(pace)) as connection:
            yield connection, sim
        assert (await sim.closed(), sim.invalid) == (True, [])


async def silent(talk: Talk) -> None:
    await talk.hello()
    await asyncio.sleep(60)
