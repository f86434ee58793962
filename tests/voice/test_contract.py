"""Every provider keeps the contract. A new one adds a line to `SUBJECTS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from services.settings import Settings
from services.voice.elevenlabs import ElevenLabsVoice
from services.voice.gemini import GeminiVoice
from services.voice.offline import OfflineVoice
from services.voice.openai import OpenAIVoice
from services.voice.xai import XAIVoice
from tests.fakes import ScriptedProvider, says, until
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.simulators.gemini import GeminiSimulator
from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.realtime_interview import chat
from tests.voice.contract import CONTRACT, Subject

pytestmark = pytest.mark.realtime


@asynccontextmanager
async def offline() -> AsyncIterator[Subject]:
    yield Subject(OfflineVoice(Settings(speech_recogniser="tests.voice.engines:Parrot")))


@asynccontextmanager
async def scripted() -> AsyncIterator[Subject]:
    greeting = says("Hello, I'm Ema, an AI interviewer. How do you find a slow query?", ms=400)
    answer = says("Thank you. Tell me about a migration you ran.", ms=400)
    yield Subject(ScriptedProvider([greeting, *[until(object), answer] * 100]), secrets=("sk-nothing",))


@asynccontextmanager
async def openai() -> AsyncIterator[Subject]:
    async with RealtimeSimulator("openai", script=chat, utterance_limit_s=0.6) as sim:
        yield Subject(OpenAIVoice(Settings(openai_api_key=sim.api_key, openai_base_url=sim.base_url)), (sim.api_key,))
        assert (await sim.closed(), sim.invalid) == (True, [])


@asynccontextmanager
async def xai() -> AsyncIterator[Subject]:
    async with RealtimeSimulator("xai", script=chat, utterance_limit_s=0.6) as sim:
        yield Subject(XAIVoice(Settings(xai_api_key=sim.api_key, xai_base_url=sim.base_url)), (sim.api_key,))
        assert (await sim.closed(), sim.invalid) == (True, [])


@asynccontextmanager
async def elevenlabs() -> AsyncIterator[Subject]:
    async with ElevenLabsSimulator(utterance_limit_s=0.6) as sim:
        given = {name.lower(): value for name, value in sim.environment.items()}
        yield Subject(ElevenLabsVoice(Settings(**given)), (sim.api_key, "cvtkn_secret"))
        assert (await sim.closed(), sim.invalid) == (True, [])


@asynccontextmanager
async def gemini() -> AsyncIterator[Subject]:
    async with GeminiSimulator(utterance_limit_s=0.6) as sim:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(sim.authority))
            settings = Settings(gemini_api_key=sim.api_key, gemini_base_url=sim.base_url)
            yield Subject(GeminiVoice(settings), (sim.api_key, "handle-secret"))
        assert (await sim.closed(), sim.invalid) == (True, [])


SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Subject]]] = {
    "offline": offline,
    "scripted": scripted,
    "openai": openai,
    "xai": xai,
    "elevenlabs": elevenlabs,
    "gemini": gemini,
}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
async def test_provider_keeps_the_contract(subject, clause):
    async with SUBJECTS[subject]() as under_test:
        await clause(under_test)
