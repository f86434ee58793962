"""Both voices of the OpenAI dialect against their strict local server: the call, its weather, and its end."""

from __future__ import annotations

import asyncio
import logging

import pytest
import structlog

from services.core.actions import Instruction, InstructionKind
from services.core.errors import ProviderDropped, ProviderError, ProviderRefused, ProviderTimeout
from services.core.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    EndingSoon,
    Flush,
    SpeechStopped,
    ToolCall,
    TurnDone,
    UserText,
)
from services.core.turn import Speaker, Turn
from services.voice import account, realtime, socket, xai
from services.voice.base import Resume
from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.realtime_talk import Talk
from tests.voice.calls import call, hear, hear_out, provider, speak
from tests.voice.terms import TERMS

MS = 0.001
RESUME = Resume(
    turns=(Turn("t1", Speaker.EMA, "How?", 0, 1), Turn("t2", Speaker.CANDIDATE, "Like this.", 2, 3)),
    question_id="q2",
    follow_ups_asked=0,
    elapsed_s=120,
    apologise=True,
)
both = pytest.mark.parametrize("vendor", ["openai", "xai"])


def is_done(event) -> bool:
    return isinstance(event, TurnDone)


def is_goodbye(event) -> bool:
    return isinstance(event, ToolCall) and event.name == "end_interview"


def texts(events, kind=AgentText) -> list[str]:
    return [event.text for event in events if isinstance(event, kind) and event.final]


# --- an ordinary call ------------------------------------------------------------------------------------------------


@both
async def test_ema_speaks_first_as_an_ai(vendor):
    async with call(vendor) as (sim, connection):
        events = await hear(connection, lambda event: isinstance(event, AgentText) and event.final)

    assert "I'm Ema, an AI interviewer" in texts(events)[0]
    assert sim.invalid == []


@both
async def test_whole_interview_sends_no_invalid_frame(vendor):
    async with call(vendor) as (sim, connection):
        await hear(connection, is_done)
        await speak(connection)
        await hear(connection, is_done)
        await connection.send_text("typed answer")
        events = await hear(connection, is_goodbye)

    assert [event.name for event in events if isinstance(event, ToolCall)] == ["note_answered", "end_interview"]
    assert (sim.invalid, [talk.collisions for talk in sim.talks]) == ([], [0])


@both
async def test_spoken_turn_is_captioned(vendor):
    async with call(vendor) as (_, connection):
        await hear(connection, is_done)
        await speak(connection)
        events = await hear(connection, lambda event: isinstance(event, UserText) and event.final)

    assert any(isinstance(event, SpeechStopped) for event in events)
    assert texts(events, UserText) == ["I would measure first, then change one thing."]


@both
@pytest.mark.parametrize("kind", list(InstructionKind))
async def test_every_instruction_is_answered(vendor, kind):
    async with call(vendor) as (sim, connection):
        await hear(connection, is_done)
        await connection.instruct(Instruction(kind, "q2"))
        events = await hear(connection, lambda event: isinstance(event, AudioOut))

    assert isinstance(events[-1], AudioOut)
    assert sim.invalid == []


@both
async def test_no_audio_goes_out_before_configuration(vendor):
    async with call(vendor) as (sim, connection):
        await speak(connection)
        await hear(connection, is_done)

    assert [frame["type"] for frame in sim.frames][:3] == [
        "session.update",
        "conversation.item.create",
        "response.create",
    ]
    assert sim.invalid == []


@both
async def test_barge_in_truncates_to_what_was_heard(vendor):
    async with call(vendor, "late_audio") as (sim, connection):
        first = await hear(connection, lambda event: isinstance(event, AudioOut))
        await speak(connection)
        await hear(connection, lambda event: isinstance(event, Flush))
        await connection.interrupt(first[-1].item, 100)
        later = await hear(connection, lambda event: isinstance(event, SpeechStopped))
        truncate = await sim.talks[0].expect("conversation.item.truncate")

    assert truncate["audio_end_ms"] == 100
    assert not any(isinstance(event, AudioOut) for event in later)
    assert sim.invalid == []


@both
async def test_typed_interruption_ends_the_answer(vendor):
    async with call(vendor) as (sim, connection):
        first = await hear(connection, lambda event: isinstance(event, AudioOut))
        await connection.interrupt(first[-1].item, 0)
        await connection.send_text("typed answer")
        events = await hear(connection, lambda event: isinstance(event, AudioOut))

    assert events[-1].generation == first[-1].generation + 1
    assert (sim.invalid, sim.talks[0].collisions) == ([], 0)


@both
async def test_moment_to_think_keeps_ema_quiet(vendor):
    async with call(vendor) as (sim, connection):
        await hear(connection, is_done)
        await connection.hold(True)
        await connection.send_audio(bytes(48_000))
        await connection.hold(False)
        await speak(connection)
        events = await hear(connection, is_done)

    assert sum(isinstance(event, SpeechStopped) for event in events) == 1
    assert sim.invalid == []


# --- weather ---------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("vendor_weather", ["unknown_events", "malformed", "server_error"])
async def test_call_goes_on_through(vendor, vendor_weather):
    async with call(vendor, vendor_weather) as (sim, connection):
        await hear(connection, is_done)
        await connection.send_text("an answer")
        events = await hear(connection, is_done)

    assert not any(isinstance(event, Closed) for event in events)
    assert sim.invalid == []


@both
@pytest.mark.parametrize(
    ("weather", "cause", "words"),
    [
        ("drop", CloseCause.NETWORK, "was lost"),
        ("quota", CloseCause.QUOTA, "no credit left"),
        ("no_model", CloseCause.AUTH, "may not use"),
        ("unsafe", CloseCause.SAFETY, "safety reasons"),
        ("expired", CloseCause.LIMIT, "time limit"),
        ("silent_end", CloseCause.LIMIT, "time limit"),
        ("overloaded", CloseCause.PROVIDER, "has a problem"),
        ("late_key", CloseCause.AUTH, "was not accepted"),
    ],
)
async def test_weather_closes_once_with_its_cause(vendor, weather, cause, words):
    async with call(vendor, weather) as (sim, connection):
        await hear(connection, is_done)
        await connection.send_text("an answer")
        events = await hear_out(connection)
        after = [event async for event in connection]

    assert [event.cause for event in events if isinstance(event, Closed)] == [cause]
    assert words in events[-1].sentence
    assert sim.api_key not in repr(events)
    assert after == []


@both
async def test_sends_after_a_drop_say_so(vendor):
    async with call(vendor, "drop") as (_, connection):
        await hear(connection, is_done)
        await connection.send_text("an answer")
        await hear_out(connection)

        for send in (connection.send_audio(b""), connection.hold(False), connection.interrupt("x", 0)):
            with pytest.raises(ProviderDropped):
                await send


@both
async def test_sixty_minute_end_is_announced(vendor):
    async with call(vendor, "expired") as (_, connection):
        await hear(connection, is_done)
        await connection.send_text("an answer")
        events = await hear_out(connection)

    assert events[-2 - (vendor == "xai")] == EndingSoon(0.0)


async def test_limit_without_warning_gets_ours(monkeypatch):
    monkeypatch.setattr(realtime, "WARN_S", 1e9)

    async with call("openai") as (_, connection):
        events = await hear(connection, is_done)

    assert sum(isinstance(event, EndingSoon) for event in events) == 1


@both
async def test_greeting_may_wait_to_be_read(vendor, monkeypatch):
    monkeypatch.setattr(socket, "PING_S", 30 * MS)

    async with call(vendor) as (_, connection):
        await asyncio.sleep(300 * MS)
        events = await hear(connection, is_done)

    assert not any(isinstance(event, Closed) for event in events)


async def test_send_that_nobody_reads_is_a_drop(monkeypatch):
    monkeypatch.setattr(socket, "SEND_S", 50 * MS)

    async def deaf(talk: Talk) -> None:
        await talk.hello()
        talk.ws.transport.pause_reading()
        await asyncio.Event().wait()

    async with call("openai", script=deaf) as (sim, connection):
        with pytest.raises(ProviderDropped):
            await connection.send_audio(bytes(32_000_000))
        sim.talks[0].ws.transport.resume_reading()


# --- opening ---------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("weather", "kind", "cause", "words"),
    [
        ("refused_401", ProviderRefused, CloseCause.AUTH, "API key was not accepted"),
        ("refused_403", ProviderRefused, CloseCause.AUTH, "may not use"),
        ("refused_404", ProviderRefused, CloseCause.CONFIG, "may have been retired"),
        ("refused_429", ProviderDropped, CloseCause.PROVIDER, "limiting requests"),
        ("refused_quota", ProviderRefused, CloseCause.QUOTA, "no credit left"),
        ("refused_500", ProviderDropped, CloseCause.PROVIDER, "has a problem"),
        ("late_key_at_once", ProviderRefused, CloseCause.AUTH, "API key was not accepted"),
        ("config_refused", ProviderRefused, CloseCause.CONFIG, "did not accept the configuration"),
    ],
)
async def test_refusal_names_its_cause(vendor, weather, kind, cause, words):
    async with RealtimeSimulator(vendor, weather=weather) as sim:
        with pytest.raises(kind) as refused:
            await provider(sim).connect(TERMS).__aenter__()
        assert await sim.closed()

    assert refused.value.cause is cause
    assert words in refused.value.sentence
    assert refused.value.__cause__ is None


async def test_busy_account_is_told_apart_from_rate_limit():
    async with RealtimeSimulator("xai", weather="refused_busy") as sim:
        with pytest.raises(ProviderError, match="voice lines of this xAI account are in use"):
            await provider(sim).connect(TERMS).__aenter__()


@both
async def test_silent_server_times_out(vendor, monkeypatch):
    monkeypatch.setattr(realtime, "OPEN_S", 300 * MS)
    monkeypatch.setattr(xai, "OPEN_S", 300 * MS)

    async with RealtimeSimulator(vendor, weather="mute") as sim:
        with pytest.raises(ProviderTimeout):
            await provider(sim).connect(TERMS).__aenter__()
        assert await sim.closed()


@both
async def test_absent_server_is_a_network_fault(vendor):
    sim = RealtimeSimulator(vendor)
    async with sim:
        base_url = sim.base_url

    with pytest.raises(ProviderDropped) as dropped:
        await provider(sim, **{f"{vendor}_base_url": base_url}).connect(TERMS).__aenter__()

    assert dropped.value.cause is CloseCause.NETWORK


# --- no orphan -------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("after_ms", [1, 20, 60, 150, 400])
async def test_cancelled_call_leaves_no_socket(vendor, after_ms):
    async def hold_call() -> None:
        async with provider(sim).connect(TERMS) as connection:
            await hear_out(connection)

    async with RealtimeSimulator(vendor) as sim:
        task = asyncio.create_task(hold_call())
        await asyncio.sleep(after_ms * MS)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await sim.closed()


@both
async def test_closing_twice_is_no_complaint(vendor):
    async with call(vendor) as (_, connection):
        await connection.aclose()
        await connection.aclose()
        events = await hear_out(connection)

    assert events[-1] == Closed(CloseCause.USER)


@both
async def test_stalled_server_is_left_within_a_second(vendor):
    async def frozen(talk: Talk) -> None:
        await talk.hello()
        talk.ws.transport.pause_reading()
        await asyncio.sleep(1.5)
        talk.ws.transport.resume_reading()

    async with RealtimeSimulator(vendor, script=frozen) as sim, provider(sim).connect(TERMS) as connection:
        started = asyncio.get_running_loop().time()
        await connection.aclose()

        assert asyncio.get_running_loop().time() - started < 1.0


# --- check, keys -----------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("weather", "ok", "words"),
    [
        ("", True, "accepts the key"),
        ("refused_401", False, "was not accepted"),
        ("refused_403", False, "may not use"),
        ("refused_429", False, "limiting requests"),
        ("refused_quota", False, "no credit left"),
        ("refused_500", False, "has a problem"),
    ],
)
async def test_check_reads_as_a_sentence(vendor, weather, ok, words):
    async with RealtimeSimulator(vendor, weather=weather) as sim:
        check = await provider(sim).check()

    assert (check.ok, words in check.sentence) == (ok, True)
    assert sim.api_key not in check.sentence


async def test_check_gives_up_in_time(monkeypatch):
    monkeypatch.setattr(account, "CHECK_S", 50 * MS)
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"

    check = await provider(RealtimeSimulator("openai"), openai_base_url=base_url).check()

    silent.close()
    assert (check.ok, check.sentence) == (False, "OpenAI did not answer in time.")


async def test_unreadable_address_is_a_configuration_fault():
    with pytest.raises(ProviderError):
        await provider(RealtimeSimulator("openai"), openai_base_url="http://127.0.0.1:1/v1").connect(TERMS).__aenter__()


@both
async def test_check_of_absent_server_never_raises(vendor):
    async with RealtimeSimulator(vendor) as sim:
        voice = provider(sim)

    assert "connection" in (await voice.check()).sentence


async def test_check_notices_a_model_out_of_reach():
    async with RealtimeSimulator("openai") as sim:
        check = await provider(sim, openai_realtime_model="gpt-realtime-9").check()

    assert (check.ok, "may not use gpt-realtime-9" in check.sentence) == (False, True)


@pytest.mark.parametrize("vendor", ["openai", "xai"])
async def test_without_key_check_says_what_to_set(vendor):
    voice = provider(RealtimeSimulator(vendor), **{f"{vendor}_api_key": None})

    check = await voice.check()

    assert (voice.info.ready, check.ok) == (False, False)
    assert f"{vendor.upper()}_API_KEY" in check.sentence == voice.info.missing


@both
async def test_key_shows_nowhere(vendor, caplog):
    caplog.set_level(logging.DEBUG)

    with structlog.testing.capture_logs() as logs:
        async with call(vendor, "late_key") as (sim, connection):
            await hear(connection, is_done)
            await connection.send_text("my private words")
            events = await hear_out(connection)
            seen = repr((events, connection, provider(sim), vars(provider(sim)), logs)) + caplog.text

    assert sim.api_key not in seen
    assert "my private words" not in seen


def test_constructing_is_cheap_and_silent():
    import subprocess
    import sys

    program = "import sys, services.voice.openai, services.voice.xai; print('openai' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)

    assert (run.stdout, run.stderr) == ("False\n", "")


@pytest.mark.parametrize("vendor", ["openai", "xai"])
async def test_resumed_call_does_not_greet(vendor):
    async with call(vendor, resume=RESUME) as (sim, connection):
        events = await hear(connection, lambda event: isinstance(event, AgentText) and event.final)

    assert "AI interviewer" not in texts(events)[0]
    assert sim.invalid == []
