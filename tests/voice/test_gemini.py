"""Gemini Live as a provider, through google-genai over real TLS sockets against its simulator."""

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
    EndingSoon,
    Flush,
    ResumeToken,
    ToolCall,
    ToolCancel,
    TurnDone,
    UserText,
)
from services.core.plan import Pace
from services.settings import Settings
from services.voice import gemini, gemini_sdk
from services.voice.gemini import HANDLE_FAILURES, GeminiVoice, Handles
from tests.simulators import tls
from tests.simulators.gemini import GeminiSimulator
from tests.simulators.gemini_talk import OUTPUT_HZ, Talk
from tests.simulators.small_interviewer import voice as noise
from tests.voice.listening import ending, of, resume, speak, terms, to_the_end, until

MS = 0.001


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority()))


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


# --- before the call


def test_voice_without_key_says_what_to_set() -> None:
    info = GeminiVoice(Settings(gemini_api_key=None)).info

    assert (info.ready, "GEMINI_API_KEY" in info.missing) == (False, True)


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("", "gemini-3.8-live is available"),
        ("bad_key", "key was not accepted"),
        ("permission", "may not use gemini-3.8-live"),
        ("unknown_model", "gemini-3.8-live is not available"),
        ("no_credit", "no credit left"),
        ("rate_limit", "limiting requests"),
        ("rest_down", "has a problem"),
    ],
)
async def test_check_says_in_words_what_is_wrong(weather: str, words: str) -> None:
    async with GeminiSimulator(weather=weather) as sim:
        check = await voice(sim).check()

    assert (check.ok, words in check.sentence, check.seconds < 5) == (not weather, True, True)


@pytest.mark.parametrize("address", ["https://127.0.0.1:9", "https://localhost:9"])
async def test_unreachable_vendor_is_a_network_trouble(address: str) -> None:
    check = await GeminiVoice(Settings(gemini_api_key="k", gemini_base_url=address)).check()

    assert (check.ok, "connection to Gemini" in check.sentence) == (False, True)


async def test_silent_vendor_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini, "CHECK_S", 200 * MS)
    async with GeminiSimulator(weather="slow") as sim:
        check = await voice(sim).check()

    assert (check.ok, "in time" in check.sentence) == (False, True)


async def test_check_of_an_unready_voice_tells_what_is_missing() -> None:
    check = await GeminiVoice(Settings(gemini_api_key=None)).check()

    assert (check.ok, "GEMINI_API_KEY" in check.sentence) == (False, True)


@pytest.mark.parametrize(
    ("weather", "kind", "cause"),
    [
        ("bad_key", ProviderRefused, CloseCause.AUTH),
        ("no_credit", ProviderRefused, CloseCause.QUOTA),
        ("unknown_at_setup", ProviderRefused, CloseCause.CONFIG),
        ("settings_refused", ProviderRefused, CloseCause.CONFIG),
        ("rest_down", ProviderDropped, CloseCause.PROVIDER),
        ("odd_first_frame", ProviderDropped, CloseCause.PROVIDER),
    ],
)
async def test_refused_connect_tells_the_cause(weather: str, kind: type, cause: CloseCause) -> None:
    async with GeminiSimulator(weather=weather) as sim:
        with pytest.raises(ProviderError) as refusal:
            async with voice(sim).connect(terms()):
                pass

        assert (type(refusal.value), refusal.value.cause, await sim.closed()) == (kind, cause, True)


async def test_mute_vendor_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini, "OPEN_S", 500 * MS)
    async with GeminiSimulator(weather="mute") as sim:
        with pytest.raises(ProviderError, match="in time"):
            async with voice(sim).connect(terms()):
                pass

        assert await sim.closed()


# --- the setup


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
    async with GeminiSimulator(script=silent, model=older) as sim, voice(sim, gemini_live_model=older).connect(terms()):
        setup = sim.talks[0].setup

    assert setup is not None
    assert {tool.behavior for tool in setup.tools[0].function_declarations} == {None}


async def test_second_connect_is_not_spoilt_by_the_first() -> None:
    async with GeminiSimulator(script=silent) as sim:
        subject = voice(sim)
        for _ in range(2):
            async with subject.connect(terms()):
                pass

    assert sim.talks[0].setup == sim.talks[1].setup


async def test_keepalive_does_not_end_a_busy_connection() -> None:
    async with GeminiSimulator() as sim:
        settings = Settings(gemini_api_key=sim.api_key, gemini_base_url=sim.base_url)
        async with gemini_sdk.client(settings) as client:
            options = client._api_client._websocket_ssl_ctx

    assert options["ping_interval"] is None


# --- the call


async def test_spoken_answer_is_heard_and_answered() -> None:
    async with call() as (connection, _):
        await until(connection, TurnDone)
        await speak(connection, silence_s=1.2)
        events = await until(connection, TurnDone)

    assert "".join(text.text for text in of(events, UserText)).startswith(" This is spoken answer")
    assert [tool.name for tool in of(events, ToolCall)] == ["note_answered", "next_question"]
    assert of(events, AudioOut)


async def test_receiving_goes_on_after_each_turn() -> None:
    async with call() as (connection, _):
        for _ in range(2):
            await until(connection, TurnDone)
            await connection.send_text("I built a queue.")

        assert of(await until(connection, TurnDone), AgentText)


async def test_typed_answer_is_realtime_text() -> None:
    async with call(script=silent) as (connection, sim):
        await sim.talks[0].expect("text")
        await connection.send_text("[direction] I built a queue.")

        assert await sim.talks[0].expect("text") == "I built a queue."


async def test_barge_in_flushes_and_late_audio_is_never_heard() -> None:
    async with call(weather="late_audio", utterance_limit_s=2.0) as (connection, _):
        await until(connection, TurnDone)
        await speak(connection, silence_s=1.2)
        events = await until(connection, TurnDone)

    flush = next(place for place, event in enumerate(events) if isinstance(event, Flush))
    late = len(noise("late", OUTPUT_HZ))
    assert all(audio.generation >= events[flush].generation for audio in of(events[flush:], AudioOut))
    assert late not in [len(audio.pcm) for audio in of(events[flush:], AudioOut)]


async def test_tool_result_goes_back_under_its_name() -> None:
    async def calling(talk: Talk) -> None:
        await talk.hello()
        await talk.tool("next_question", question_id="q2")
        await asyncio.sleep(60)

    async with call(script=calling) as (connection, sim):
        tool = (await until(connection, ToolCall))[-1]
        await connection.send_tool_result(tool.call_id, "Ask it now.")
        answer = (await sim.talks[0].expect("tool_response")).function_responses[0]

    assert (answer.id, answer.name, answer.response) == (tool.call_id, "next_question", {"output": "Ask it now."})


async def test_cancelled_tool_call_gets_no_result() -> None:
    async def cancelling(talk: Talk) -> None:
        await talk.hello()
        await talk.cancel(await talk.tool("next_question", question_id="q2"))
        await asyncio.sleep(60)

    async with call(script=cancelling) as (connection, sim):
        tool = of(await until(connection, ToolCancel), ToolCall)[0]
        await connection.send_tool_result(tool.call_id, "Ask it now.")

    assert not [frame for frame in sim.frames if frame.tool_response]


async def test_unknown_tool_is_answered_with_an_error() -> None:
    async def calling(talk: Talk) -> None:
        await talk.hello()
        await talk.tool("lookup", q="x")
        await talk.expect("tool_response")
        await talk.say("Done.")
        await asyncio.sleep(60)

    async with call(script=calling) as (connection, sim):
        events = await until(connection, TurnDone)

    assert not of(events, ToolCall)
    assert "error" in sim.frames[-1].tool_response.function_responses[0].response


@pytest.mark.parametrize("kind", list(InstructionKind))
async def test_direction_in_a_pause_is_sent_at_once(kind: InstructionKind) -> None:
    async with call(script=silent) as (connection, sim):
        await sim.talks[0].expect("text")
        await connection.instruct(Instruction(kind, "q2"))

        assert (await sim.talks[0].expect("text")).startswith("[direction]")


async def test_wrap_up_waits_for_the_end_of_the_sentence() -> None:
    async def speaking(talk: Talk) -> None:
        await talk.hello()
        await talk.expect("text")
        await talk.say("A long sentence.", done=False)
        await talk.expect("audio")
        await talk.done()
        await asyncio.sleep(60)

    async with call(script=speaking) as (connection, sim):
        await until(connection, AudioOut)
        await connection.instruct(Instruction(InstructionKind.WRAP_UP))
        before = [frame for frame in sim.frames if frame.realtime_input and frame.realtime_input.text]
        await connection.send_audio(bytes(640))
        reading = asyncio.create_task(to_the_end(connection))
        text = await sim.talks[0].expect("text")
        reading.cancel()

    assert (len(before), "end_interview" in text) == (1, True)


async def test_hold_sends_no_silence_and_makes_no_turn() -> None:
    async with call() as (connection, sim):
        await until(connection, TurnDone)
        await connection.hold(True)
        for _ in range(200):
            await connection.send_audio(bytes(640))

    assert not sim.talks[0].pcm


async def test_speech_ends_the_hold() -> None:
    async with call() as (connection, _):
        await until(connection, TurnDone)
        await connection.hold(True)
        await speak(connection, silence_s=1.2)

        assert of(await until(connection, TurnDone), UserText)


@pytest.mark.parametrize("weather", ["unknown_events", "malformed"])
async def test_strange_frames_do_not_end_the_call(weather: str) -> None:
    async with call(weather=weather) as (connection, _):
        await until(connection, TurnDone)
        await connection.send_text("I built a queue.")

        assert of(await until(connection, TurnDone), AudioOut)


# --- resumption and the end


async def test_handle_resumes_without_the_transcript() -> None:
    async with GeminiSimulator(utterance_limit_s=0.3) as sim:
        subject = voice(sim)
        async with subject.connect(terms()) as connection:
            token = (await until(connection, ResumeToken))[-1].token
        async with subject.connect(terms(), resume(token)):
            text = await sim.talks[1].expect("text")

    assert sim.talks[1].setup.session_resumption.handle == token
    assert ("Do not greet" in text, "<transcript>" in text) == (True, False)


async def test_handle_is_given_up_after_two_failures() -> None:
    async with GeminiSimulator(weather="poisoned_handles", utterance_limit_s=0.3) as sim:
        async with voice(sim).connect(terms(), resume("handle-secret-0")):
            text = await sim.talks[-1].expect("text")

        assert [bool(talk.setup.session_resumption.handle) for talk in sim.talks] == [True] * HANDLE_FAILURES + [False]
        assert ("<transcript>" in text, await sim.closed()) == (True, True)


async def test_early_death_of_a_resumed_connection_counts_against_its_handles() -> None:
    async def dying(talk: Talk) -> None:
        if await talk.hello():
            await talk.ws.close(1011, "Internal error encountered.")
        await asyncio.sleep(60)

    async with GeminiSimulator(script=dying) as sim:
        subject, token = voice(sim), "handle-secret-0"
        for _ in range(2):
            async with subject.connect(terms(), resume(token)) as connection:
                token = of(await to_the_end(connection), ResumeToken)[-1].token
        async with subject.connect(terms(), resume(token)):
            pass

    assert [bool(talk.setup.session_resumption.handle) for talk in sim.talks] == [True, True, False]


def test_forgotten_handles_do_not_pile_up() -> None:
    handles = Handles()
    for number in range(200):
        handles.failed(f"h{number}")

    assert len(handles._failures) <= 64


async def test_going_away_is_announced_and_then_an_ordinary_end() -> None:
    async with (
        GeminiSimulator(weather="go_away", utterance_limit_s=0.3) as sim,
        voice(sim).connect(terms()) as connection,
    ):
        await connection.send_text("I built a queue.")
        events = await to_the_end(connection)

    assert of(events, EndingSoon) == [EndingSoon(0.5)]
    assert events[-1].cause is CloseCause.LIMIT


async def test_old_connection_is_announced_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini, "SWAP_S", 50 * MS)
    async with call() as (connection, _):
        await until(connection, EndingSoon)
        await connection.send_text("I built a queue.")

        assert of(await until(connection, TurnDone), TurnDone)


@pytest.mark.parametrize(
    ("weather", "cause", "words"),
    [
        ("drop", CloseCause.NETWORK, "was lost"),
        ("quota", CloseCause.QUOTA, "no credit left"),
        ("crash", CloseCause.PROVIDER, "has a problem"),
        ("deadline", CloseCause.LIMIT, "time limit"),
    ],
)
async def test_call_ends_once_with_its_cause(weather: str, cause: CloseCause, words: str) -> None:
    async with GeminiSimulator(weather=weather, utterance_limit_s=0.3) as sim:
        closed = await ending(voice(sim))

        assert (closed.cause, words in closed.sentence, await sim.closed()) == (cause, True, True)


async def test_spent_quota_right_after_the_setup_is_told() -> None:
    async with (
        GeminiSimulator(weather="quota_at_once") as sim,
        voice(sim).connect(terms()) as connection,
    ):
        events = await to_the_end(connection)

    assert events[-1].cause is CloseCause.QUOTA


async def test_sends_after_a_drop_are_refused() -> None:
    async with GeminiSimulator(script=silent) as sim, voice(sim).connect(terms()) as connection:
        sim.drop_all()
        await to_the_end(connection)

        for attempt in (connection.send_audio(bytes(640)), connection.send_text("x"), connection.hold(True)):
            with pytest.raises(ProviderDropped):
                await attempt


async def test_send_that_finds_the_socket_gone_is_refused() -> None:
    async with GeminiSimulator(script=silent) as sim, voice(sim).connect(terms()) as connection:
        sim.drop_all()
        await sim.closed()
        await asyncio.sleep(20 * MS)

        with pytest.raises(ProviderDropped):
            await connection.send_text("Still there?")


async def test_cancelled_call_leaves_no_socket() -> None:
    async with GeminiSimulator(script=silent) as sim:

        async def candidate() -> None:
            async with voice(sim).connect(terms()) as connection:
                await to_the_end(connection)

        task = asyncio.create_task(candidate())
        while not sim.frames:
            await asyncio.sleep(MS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert await sim.closed()


@pytest.mark.parametrize("weather", ["", "bad_key", "unknown_at_setup", "quota"])
async def test_no_key_and_no_handle_shows_anywhere(weather: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with GeminiSimulator(weather=weather, utterance_limit_s=0.3) as sim:
        subject = voice(sim)
        shown = [repr(subject), repr(subject.info), repr(await subject.check())]
        try:
            async with subject.connect(terms()) as connection:
                await connection.send_text("I built a queue.")
                shown += [repr(connection), *map(repr, await until(connection, TurnDone, Closed))]
        except ProviderError as refusal:
            shown += [repr(refusal), str(refusal), repr(refusal.__cause__), repr(refusal.__suppress_context__)]
        secrets = [sim.api_key, "handle-secret"]

    everything = "\n".join([*shown, caplog.text])
    assert not [secret for secret in secrets if secret in everything]


# --- the simulator itself is strict


@pytest.mark.parametrize(
    "frame",
    [
        {"realtime_input": {"activityEnd": {}}},
        {"realtime_input": {"media_chunks": [{"data": "AAAA", "mime_type": "audio/pcm;rate=16000"}]}},
        {"client_content": {"turns": [], "turnComplete": True}},
        {"realtime_input": {"audio": {"data": "AAAA", "mime_type": "audio/pcm;rate=24000"}}},
        {"tool_response": {"functionResponses": [{"id": "none", "name": "x", "response": {}}]}},
        {"unknown": 1},
    ],
)
async def test_simulator_refuses_what_the_live_api_refuses(frame: dict[str, Any]) -> None:
    async with GeminiSimulator(script=silent) as sim:
        async with voice(sim).connect(terms()) as connection:
            await connection._session._ws.send(json.dumps(frame))
            events = await to_the_end(connection)

        assert (isinstance(events[-1], Closed), len(sim.invalid)) == (True, 1)
