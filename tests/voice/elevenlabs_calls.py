"""A call of the ElevenLabs voice to its simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.core.plan import Pace
from services.settings import Settings
from services.voice.elevenlabs import ElevenLabsVoice
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.simulators.elevenlabs_talk import Talk
from tests.voice.listening import terms

MS = 0.001


def voice(sim: ElevenLabsSimulator, **more: Any) -> ElevenLabsVoice:
    given = {name.lower(): value for name, value in sim.environment.items()}
    return ElevenLabsVoice(Settings(**{**given, **more}))


@asynccontextmanager
async def call(pace: Pace = Pace.NORMAL, **options: Any) -> AsyncIterator[tuple[Any, ElevenLabsSimulator]]:
    """A connection and its simulator, which must have nothing to complain about in the end."""
    async with ElevenLabsSimulator(**{"utterance_limit_s": 0.4, **options}) as sim:
        async with voice(sim).connect(terms(pace)) as connection:
            yield connection, sim
        assert (await sim.closed(), sim.invalid) == (True, [])


async def hello(talk: Talk) -> None:
    await talk.hello()
    await talk.expect("never", within_s=60)
