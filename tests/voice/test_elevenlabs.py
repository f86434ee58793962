"""ElevenLabs as a provider, over real sockets against its simulator."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.core.actions import Instruction, InstructionKind
from services.core.errors import ProviderDropped, ProviderError, ProviderRefused
from services.core.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    Flush,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Usage,
    UserText,
)
from services.core.plan import Pace
from services.settings import Settings
from services.voice import elevenlabs, elevenlabs_rest, socket
from services.voice.elevenlabs import ElevenLabsVoice
from services.voice.elevenlabs_agent import wanted_agent
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.simulators.elevenlabs_talk import Talk
from tests.voice.listening import ending, of, resume, speak, terms, to_the_end, until

ALL_OVERRIDES = {"agent": {"first_message": True, "prompt": {"prompt": True}}, "tts": {"voice_id": True}}
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


# --- the call


async def test_spoken_answer_is_heard_and_answered() -> None:
    async with call() as (connection, _):
        await until(connection, TurnDone)
        await speak(connection)
        events = await until(connection, TurnDone)

    assert of(events, UserText)[-1].text.startswith("This is spoken answer")
    assert [tool.name for tool in of(events, ToolCall)] == ["note_answered", "next_question"]
    assert (len(of(events, SpeechStopped)), len(of(events, AudioOut)) > 0) == (1, True)


async def test_typed_answer_is_a_user_message() -> None:
    async with call(script=hello) as (connection, sim):
        await connection.send_text("[direction] I built a queue.")

        assert (await sim.talks[0].expect("user_message"))["text"] == "I built a queue."


async def test_barge_in_flushes_and_late_audio_is_never_heard() -> None:
    async with call(weather="late_audio", utterance_limit_s=2.0) as (connection, _):
        await until(connection, TurnDone)
        await speak(connection)
        events = await until(connection, TurnDone)

    flush = next(place for place, event in enumerate(events) if isinstance(event, Flush))
    assert all(audio.generation >= events[flush].generation for audio in of(events[flush:], AudioOut))
    assert of(events, AgentText)[0].correction


async def test_tool_result_goes_back_as_a_string() -> None:
    async def calling(talk: Talk) -> None:
        await talk.hello()
        await talk.tool("next_question", question_id="q2")
        await talk.expect("never", within_s=60)

    async with call(script=calling) as (connection, sim):
        tool = (await until(connection, ToolCall))[-1]
        await connection.send_tool_result(tool.call_id, "Ask it now.", is_error=False)
        answer = await sim.talks[0].expect("client_tool_result")

    assert (answer["tool_call_id"], answer["result"], answer["is_error"]) == (tool.call_id, "Ask it now.", False)


@pytest.mark.parametrize("kind", list(InstructionKind))
async def test_direction_in_a_pause_makes_the_agent_speak(kind: InstructionKind) -> None:
    async with call(script=hello) as (connection, sim):
        await connection.instruct(Instruction(kind, "q2"))

        assert (await sim.talks[0].expect("user_message"))["text"].startswith("[direction]")


async def test_wrap_up_in_mid_sentence_cuts_nobody() -> None:
    async def speaking(talk: Talk) -> None:
        await talk.hello()
        await talk.say("A long sentence.", complete=False)
        await talk.expect("never", within_s=60)

    async with call(script=speaking) as (connection, sim):
        await until(connection, AudioOut)
        await connection.instruct(Instruction(InstructionKind.WRAP_UP))
        update = await sim.talks[0].expect("contextual_update")

    assert (update["context_id"], "end_interview" in update["text"]) == ("direction", True)


async def test_hold_keeps_the_agent_silent_without_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elevenlabs, "HOLD_EVERY_S", 20 * MS)
    async with call(script=hello) as (connection, sim):
        await connection.hold(True)
        kinds = [(await sim.talks[0].expect(kind))["type"] for kind in ("contextual_update", *["user_activity"] * 3)]
        await connection.hold(False)
        back = await sim.talks[0].expect("contextual_update")

    assert (kinds[1:], back["context_id"]) == (["user_activity"] * 3, "floor")
    assert not [frame for frame in sim.frames if frame.get("type") == "user_message"]


async def test_silence_in_a_hold_is_no_answer() -> None:
    async with call() as (connection, _):
        await until(connection, TurnDone)
        await connection.hold(True)
        await speak(connection)
        await connection.hold(True)
        with pytest.raises(TimeoutError):
            await until(connection, SpeechStopped, within_s=1.5)


async def test_end_of_turn_without_a_word_from_the_agent_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elevenlabs, "QUIET_S", 30 * MS)

    async def terse(talk: Talk) -> None:
        await talk.hello()
        await talk.say("Hello.", complete=False)
        await talk.expect("never", within_s=60)

    async with call(script=terse) as (connection, _):
        assert isinstance((await until(connection, TurnDone))[-1], TurnDone)


@pytest.mark.parametrize("weather", ["unknown_events", "malformed"])
async def test_strange_frames_do_not_end_the_call(weather: str) -> None:
    async with call(weather=weather) as (connection, _):
        await until(connection, TurnDone)
        await connection.send_text("I built a queue.")

        assert of(await until(connection, TurnDone), AudioOut)


async def test_new_connection_takes_up_the_question_without_greeting() -> None:
    async with (
        ElevenLabsSimulator(utterance_limit_s=0.4) as sim,
        voice(sim).connect(terms(), resume()) as connection,
    ):
        said = of(await until(connection, AgentText), AgentText)[0].text
        await sim.talks[0].expect("contextual_update")

    assert ("How do you test" in said, "Hello" in said, sim.invalid) == (True, False, [])


# --- the end


@pytest.mark.parametrize(
    ("weather", "cause", "words"),
    [
        ("drop", CloseCause.NETWORK, "was lost"),
        ("quota", CloseCause.QUOTA, "no credit left"),
        ("crash", CloseCause.PROVIDER, "has a problem"),
        ("limit", CloseCause.LIMIT, "time limit"),
        ("safety", CloseCause.SAFETY, "safety"),
        ("silence", CloseCause.LIMIT, "silence"),
        ("hangup", CloseCause.AGENT, "Ema ended"),
    ],
)
async def test_call_ends_once_with_its_cause(weather: str, cause: CloseCause, words: str) -> None:
    async with ElevenLabsSimulator(weather=weather, utterance_limit_s=0.4) as sim:
        if weather == "quota":
            async with voice(sim).connect(terms()) as connection:
                closed = (await to_the_end(connection))[-1]
        else:
            closed = await ending(voice(sim))

        assert isinstance(closed, Closed)
        assert (closed.cause, words in closed.sentence, await sim.closed()) == (cause, True, True)


async def test_quota_in_mid_call_keeps_the_last_words() -> None:
    async with (
        ElevenLabsSimulator(weather="quota", utterance_limit_s=0.4) as sim,
        voice(sim).connect(terms()) as connection,
    ):
        events = await to_the_end(connection)

    assert of(events, AgentText)
    assert of(events, AudioOut)


async def test_connection_time_is_told_before_the_end() -> None:
    async with call(script=hello) as (connection, _):
        await connection.aclose()
        events = await to_the_end(connection)

    assert [type(event) for event in events] == [Usage, Closed]
    assert list(of(events, Usage)[0].quantities) == ["connection_ms"]


async def test_sends_after_a_drop_are_refused() -> None:
    async with ElevenLabsSimulator(script=hello) as sim, voice(sim).connect(terms()) as connection:
        sim.drop_all()
        await to_the_end(connection)

        with pytest.raises(ProviderDropped):
            await connection.send_audio(bytes(640))


async def test_cancelled_call_leaves_no_socket() -> None:
    async with ElevenLabsSimulator(script=hello) as sim:

        async def candidate() -> None:
            async with voice(sim).connect(terms()) as connection:
                await to_the_end(connection)

        task = asyncio.create_task(candidate())
        while not sim.talks or not sim.talks[0].initiation:
            await asyncio.sleep(MS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert await sim.closed()


@pytest.mark.parametrize("weather", ["", "bad_key", "refused_upgrade", "override_refused", "quota"])
async def test_no_key_and_no_signed_url_shows_anywhere(weather: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with ElevenLabsSimulator(weather=weather, utterance_limit_s=0.4) as sim:
        subject = voice(sim)
        shown = [repr(subject), repr(subject.info), repr(await subject.check())]
        try:
            async with subject.connect(terms()) as connection:
                shown += [repr(connection), repr(vars(connection)), *map(repr, await until(connection, TurnDone))]
        except ProviderError as refusal:
            shown += [repr(refusal), str(refusal), repr(refusal.__cause__), repr(refusal.__suppress_context__)]
        secrets = [sim.api_key, "cvtkn_secret"]

    everything = "\n".join([*shown, caplog.text])
    assert not [secret for secret in secrets if secret in everything]


async def test_admission_hides_the_signed_url() -> None:
    async with ElevenLabsSimulator() as sim:
        given = {name.lower(): value for name, value in sim.environment.items()}
        admission = await elevenlabs_rest.admission(Settings(**given))

    assert ("cvtkn" in admission.signed_url, "cvtkn" in repr(admission)) == (True, False)


def test_socket_of_the_call_takes_large_frames() -> None:
    assert socket.options(secure=False)["max_size"] is None
