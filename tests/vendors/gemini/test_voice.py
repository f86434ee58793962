"""Gemini Live before the first word: the setup."""

from __future__ import annotations

import functools

import pytest

from services.core.plan.plan import Pace
from services.settings import Settings
from services.vendors.gemini import sdk
from services.vendors.gemini.voice import GeminiVoice
from tests.simulated_vendors import given, simulated
from tests.vendors.offline import listening
from tests.vendors.offline.listening import silent, terms

call = functools.partial(listening.call, "gemini")


async def test_name_that_leads_nowhere_is_a_network_trouble() -> None:
    check = await GeminiVoice(Settings(gemini_api_key="k", gemini_base_url="https://localhost:9")).check()

    assert (check.ok, "connection to Gemini" in check.sentence) == (False, True)


@pytest.mark.parametrize(("pace", "silence_ms"), [(Pace.PATIENT, 1500), (Pace.NORMAL, 800), (Pace.BRISK, 500)])
async def test_pace_is_the_vendors_own_endpointing(pace: Pace, silence_ms: int) -> None:
    async with call(pace, script=silent) as (_, sim):
        detection = sim.talks[0].detection.automatic_activity_detection

    assert detection is not None
    assert detection.silence_duration_ms == silence_ms


async def test_setup_carries_prompt_tools_and_resumption() -> None:
    async with call(script=silent) as (_, sim):
        setup = sim.talks[0].setup

    assert setup is not None
    declared = setup.tools[0].function_declarations
    assert "You are Ema" in setup.system_instruction.parts[0].text
    assert [tool.name for tool in declared] == ["next_question", "note_answered", "end_interview"]
    assert {tool.behavior.value for tool in declared} == {"BLOCKING"}
    assert (setup.session_resumption is not None, setup.context_window_compression is not None) == (True, True)


async def test_older_model_is_not_told_of_blocking_tools() -> None:
    older = "gemini-3.1-flash-live-preview"
    async with simulated("gemini", script=silent, model=older) as (sim, voice), voice.connect(terms()):
        setup = sim.talks[0].setup

    assert setup is not None
    assert {tool.behavior for tool in setup.tools[0].function_declarations} == {None}


async def test_second_connect_is_not_spoilt_by_the_first() -> None:
    async with simulated("gemini", script=silent) as (sim, voice):
        for _ in range(2):
            async with voice.connect(terms()):
                pass

    assert sim.talks[0].setup == sim.talks[1].setup


async def test_keepalive_does_not_end_a_busy_connection() -> None:
    async with simulated("gemini") as (sim, _), sdk.client(Settings(**given(sim))) as client:
        options = client._api_client._websocket_ssl_ctx

    assert options["ping_interval"] is None
