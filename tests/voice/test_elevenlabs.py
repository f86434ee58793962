"""ElevenLabs before the first word: checks, refusals, the first frames of each side."""

from __future__ import annotations

import asyncio
import json

import pytest

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused
from services.core.events import (
    AudioOut,
    CloseCause,
)
from services.settings import Settings
from services.voice import elevenlabs
from services.voice.elevenlabs import ElevenLabsVoice
from services.voice.elevenlabs_agent import wanted_agent
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.simulators.elevenlabs_talk import Talk
from tests.voice.elevenlabs_calls import MS, call, hello, voice
from tests.voice.listening import terms, until

ALL_OVERRIDES = {"agent": {"first_message": True, "prompt": {"prompt": True}}, "tts": {"voice_id": True}}


# --- before the call


def test_voice_without_key_says_what_to_set() -> None:
    missing = [ElevenLabsVoice(Settings(elevenlabs_api_key=key)).info for key in (None, "k")]

    assert [info.ready for info in missing] == [False, False]
    assert ["ELEVENLABS_API_KEY" in missing[0].missing, "ELEVENLABS_AGENT_ID" in missing[1].missing] == [True, True]


async def test_check_of_an_unready_voice_tells_what_is_missing() -> None:
    check = await ElevenLabsVoice(Settings()).check()

    assert (check.ok, "ELEVENLABS_API_KEY" in check.sentence) == (False, True)


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("", "the agent is there"),
        ("bad_key", "key was not accepted"),
        ("permission", "may not use conversational agents"),
        ("no_credit", "no credit left"),
        ("quota_legacy", "no credit left"),
        ("unknown_agent", "no agent with this id"),
        ("concurrency", "voice lines"),
        ("rate_limit", "limiting requests"),
        ("rest_down", "has a problem"),
    ],
)
async def test_check_says_in_words_what_is_wrong(weather: str, words: str) -> None:
    async with ElevenLabsSimulator(weather=weather) as sim:
        check = await voice(sim).check()

    assert (check.ok, words in check.sentence, check.seconds < 5) == (not weather, True, True)


async def test_check_of_a_silent_vendor_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elevenlabs, "CHECK_S", 200 * MS)
    async with ElevenLabsSimulator(weather="slow") as sim:
        check = await voice(sim).check()

    assert (check.ok, "in time" in check.sentence) == (False, True)


async def test_unreachable_vendor_is_a_network_trouble() -> None:
    check = await ElevenLabsVoice(
        Settings(elevenlabs_api_key="k", elevenlabs_agent_id="a", elevenlabs_base_url="http://127.0.0.1:9")
    ).check()

    assert (check.ok, "connection to ElevenLabs" in check.sentence) == (False, True)


@pytest.mark.parametrize(
    ("weather", "kind", "cause"),
    [
        ("bad_key", ProviderRefused, CloseCause.AUTH),
        ("no_credit", ProviderRefused, CloseCause.QUOTA),
        ("unknown_agent", ProviderRefused, CloseCause.CONFIG),
        ("concurrency", ProviderDropped, CloseCause.PROVIDER),
        ("refused_upgrade", ProviderRefused, CloseCause.AUTH),
        ("override_refused", ProviderRefused, CloseCause.CONFIG),
        ("missing_variable", ProviderRefused, CloseCause.CONFIG),
    ],
)
async def test_refused_connect_tells_the_cause(weather: str, kind: type, cause: CloseCause) -> None:
    async with ElevenLabsSimulator(weather=weather) as sim:
        with pytest.raises(ProviderError) as refusal:
            async with voice(sim).connect(terms()):
                pass

        assert (type(refusal.value), refusal.value.cause, await sim.closed()) == (kind, cause, True)


async def test_mute_vendor_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elevenlabs, "OPEN_S", 500 * MS)
    async with ElevenLabsSimulator(weather="mute") as sim:
        with pytest.raises(ProviderError, match="in time"):
            async with voice(sim).connect(terms()):
                pass

        assert await sim.closed()


# --- the first frames


async def test_conversation_id_is_known_and_the_signature_used_once() -> None:
    async with call(script=hello) as (connection, sim):
        assert connection.conversation_id == sim.talks[0].id
        assert f"conversation_id={connection.conversation_id}" in sim.signed_urls[0]
        assert (len(sim.signed_urls), sim.sockets_opened) == (1, 1)


async def test_agent_that_allows_nothing_gets_variables_alone() -> None:
    async with call(script=hello) as (_, sim):
        first = sim.frames[0]

    variables = first["dynamic_variables"]
    assert "conversation_config_override" not in first
    assert (variables["role_title"], variables["experience_level"]) == ("Backend Engineer", "senior")
    assert (variables["domain_track"], variables["top_skills"]) == ("web", "PostgreSQL, Python")
    assert (variables["time_limit_secs"], variables["charge_threshold_secs"]) == (900, 120)
    assert (variables["user_name"], json.loads(variables["questions_json"])[1]["id"]) == ("Ada", "q2")


async def test_braces_in_a_job_description_name_no_variable() -> None:
    async with call(script=hello) as (_, sim):
        assert "{{" not in sim.frames[0]["dynamic_variables"]["job_description"]


async def test_agent_that_allows_overrides_gets_this_interviews_prompt() -> None:
    async with (
        ElevenLabsSimulator(script=hello, overrides=ALL_OVERRIDES) as sim,
        voice(sim, elevenlabs_voice_id="v9").connect(terms()),
    ):
        override = sim.frames[0]["conversation_config_override"]

    assert "You are Ema" in override["agent"]["prompt"]["prompt"]
    assert "AI interviewer" in override["agent"]["first_message"]
    assert (override["tts"], sim.invalid) == ({"voice_id": "v9"}, [])


async def test_agent_of_the_command_accepts_the_call() -> None:
    async with ElevenLabsSimulator(script=hello) as sim:
        sim.rest.agents[sim.agent_id] |= wanted_agent([], None)
        async with voice(sim).connect(terms()):
            pass

    assert (sim.invalid, "agent" in sim.frames[0]["conversation_config_override"]) == ([], True)


@pytest.mark.parametrize(
    ("formats", "rates"), [(("pcm_16000", "pcm_24000"), (16_000, 24_000)), (("pcm_8000", "pcm_44100"), (8_000, 44_100))]
)
async def test_rates_are_those_of_the_first_frame(formats: tuple[str, str], rates: tuple[int, int]) -> None:
    async with call(script=hello, formats=formats) as (connection, _):
        assert (connection.input_rate_hz, connection.output_rate_hz) == rates


async def test_telephone_formats_are_translated_both_ways() -> None:
    async with call(formats=("ulaw_8000", "ulaw_8000"), script=hello) as (connection, sim):
        await connection.send_audio(b"\0\0" * 160)
        await sim.talks[0].audio(1, b"\xff\xff")
        events = await until(connection, AudioOut)

        assert (len((await sim.talks[0].expect("audio"))["user_audio_chunk"]), events[-1].pcm) == (216, b"\0" * 4)


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
