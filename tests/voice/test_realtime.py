"""Both voices of the OpenAI dialect against their strict local server: the call, its weather, and its end."""

from __future__ import annotations

import asyncio

import pytest

from services.core.actions import Instruction, InstructionKind
from services.core.errors import ProviderDropped
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
from services.voice import realtime, socket
from services.voice.base import Resume
from tests.simulators.realtime_talk import Talk
from tests.voice.calls import call, hear, hear_out, speak

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
    monkeypatch.setattr(socket, "PING_S", 200 * MS)

    async with call(vendor) as (_, connection):
        await asyncio.sleep(700 * MS)
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
