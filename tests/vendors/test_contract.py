"""Every provider keeps the contract."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from services.settings import Settings
from services.vendors.offline.voice import OfflineVoice
from tests.fakes import ScriptedProvider, Step, says, until
from tests.simulated_vendors import SIMULATORS, simulated
from tests.simulators.realtime_interview import chat
from tests.vendors.contract import CONTRACT, Subject

pytestmark = pytest.mark.realtime


@asynccontextmanager
async def offline() -> AsyncIterator[Subject]:
    yield Subject(OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:Parrot")))


@asynccontextmanager
async def scripted() -> AsyncIterator[Subject]:
    greeting = says("Hello, I'm Ema, an AI interviewer. How do you find a slow query?", ms=400)
    answer = says("Thank you. Tell me about a migration you ran.", ms=400)
    replies: list[Step] = [until(object), answer]
    yield Subject(ScriptedProvider([greeting, *replies * 100]), secrets=("sk-nothing",))


@asynccontextmanager
async def hosted(vendor: str) -> AsyncIterator[Subject]:
    options: dict[str, Any] = {"script": chat} if vendor in ("openai", "xai") else {}
    async with simulated(vendor, **options) as (sim, voice):
        yield Subject(voice, (sim.api_key, "cvtkn_secret", "handle-secret"))


SUBJECTS: dict[str, Callable[[], AbstractAsyncContextManager[Subject]]] = {
    "offline": offline,
    "scripted": scripted,
    **{vendor: functools.partial(hosted, vendor) for vendor in SIMULATORS},
}


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
async def test_provider_keeps_the_contract(subject: str, clause: Callable[[Subject], Awaitable[None]]) -> None:
    async with SUBJECTS[subject]() as under_test:
        await clause(under_test)
