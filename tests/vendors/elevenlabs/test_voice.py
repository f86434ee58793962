"""ElevenLabs before the first word: the first frames of each side."""

from __future__ import annotations

import asyncio
import functools
import json

import pytest

from services.core.talk.events import AudioOut
from services.settings import Settings
from services.vendors.elevenlabs.agent import wanted_agent
from services.vendors.elevenlabs.voice import ElevenLabsVoice
from tests.simulated_vendors import simulated
from tests.simulators.elevenlabs_talk import Talk
from tests.vendors.calls import last
from tests.vendors.offline import listening
from tests.vendors.offline.listening import MS, silent, terms, until

call = functools.partial(listening.call, "elevenlabs")
ALL_OVERRIDES = {"agent": {"first_message": True, "prompt": {"prompt": True}}, "tts": {"voice_id": True}}


async def test_check_without_an_agent_says_how_to_make_one() -> None:
    check = await ElevenLabsVoice(Settings(elevenlabs_api_key="k")).check()

    assert (check.ok, "ELEVENLABS_AGENT_ID" in check.sentence) == (False, True)


async def test_conversation_id_is_known_and_the_signature_used_once() -> None:
    async with call(script=silent) as (connection, sim):
        assert connection.conversation_id == sim.talks[0].id
        assert f"conversation_id={connection.conversation_id}" in sim.signed_urls[0]
        assert (len(sim.signed_urls), sim.sockets_opened) == (1, 1)


async def test_agent_that_allows_nothing_gets_variables_alone() -> None:
    async with call(script=silent) as (_, sim):
        first = sim.frames[0]

    variables = first["dynamic_variables"]
    assert "conversation_config_override" not in first
    assert (variables["role_title"], variables["experience_level"]) == ("Backend Engineer", "senior")
    assert (variables["domain_track"], variables["top_skills"]) == ("web", "PostgreSQL, Python")
    assert (variables["time_limit_secs"], variables["charge_threshold_secs"]) == (900, 120)
    assert (variables["user_name"], json.loads(variables["questions_json"])[1]["id"]) == ("Ada", "q2")


async def test_braces_in_a_job_description_name_no_variable() -> None:
    async with call(script=silent) as (_, sim):
        assert "{{" not in sim.frames[0]["dynamic_variables"]["job_description"]


async def test_agent_that_allows_overrides_gets_this_interviews_prompt() -> None:
    options = {"script": silent, "overrides": ALL_OVERRIDES}
    async with (
        simulated("elevenlabs", {"elevenlabs_voice_id": "v9"}, **options) as (sim, voice),
        voice.connect(terms()),
    ):
        override = sim.frames[0]["conversation_config_override"]

    assert "You are Ema" in override["agent"]["prompt"]["prompt"]
    assert "AI interviewer" in override["agent"]["first_message"]
    assert override["tts"] == {"voice_id": "v9"}


async def test_agent_of_the_command_accepts_the_call() -> None:
    async with simulated("elevenlabs", script=silent) as (sim, voice):
        sim.rest.agents[sim.agent_id] |= wanted_agent([], None)
        async with voice.connect(terms()):
            pass

    assert "agent" in sim.frames[0]["conversation_config_override"]


@pytest.mark.parametrize(
    ("formats", "rates"), [(("pcm_16000", "pcm_24000"), (16_000, 24_000)), (("pcm_8000", "pcm_44100"), (8_000, 44_100))]
)
async def test_rates_are_those_of_the_first_frame(formats: tuple[str, str], rates: tuple[int, int]) -> None:
    async with call(script=silent, formats=formats) as (connection, _):
        assert (connection.input_rate_hz, connection.output_rate_hz) == rates


async def test_telephone_formats_are_translated_both_ways() -> None:
    async with call(formats=("ulaw_8000", "ulaw_8000"), script=silent) as (connection, sim):
        await connection.send_audio(b"\0\0" * 160)
        await sim.talks[0].audio(1, b"\xff\xff")
        events = await until(connection, AudioOut)

        taken = (await sim.talks[0].expect("audio"))["user_audio_chunk"]
        assert (len(taken), last(events, AudioOut).pcm) == (216, b"\0" * 4)


async def test_pings_before_the_metadata_are_answered() -> None:
    async def pinging(talk: Talk) -> None:
        await talk.expect("conversation_initiation_client_data")
        await talk.ping(ping_ms=2000)
        await talk.expect("pong")
        key = "conversation_initiation_metadata_event"
        formats = {"agent_output_audio_format": "pcm_16000", "user_input_audio_format": "pcm_16000"}
        await talk.send("conversation_initiation_metadata", key, conversation_id="c", **formats)

    async with call(script=pinging) as (connection, _):
        assert connection.input_rate_hz == 16_000


async def test_ping_is_answered_at_once_even_when_nobody_reads() -> None:
    async def pinging(talk: Talk) -> None:
        await talk.hello()
        await talk.ping(ping_ms=2000)
        await talk.expect("pong")

    async with call(script=pinging) as (_, sim):
        while not sim.pong_delays:
            await asyncio.sleep(MS)

    assert sim.pong_delays[0] < 0.5
