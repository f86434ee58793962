"""Both voices of the OpenAI dialect against their strict local server: the call, its weather, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from services.core.talk.events import (
    AgentText,
    AudioOut,
    Closed,
    EndingSoon,
    Flush,
    Instruction,
    InstructionKind,
    ProviderEvent,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    UserText,
)
from services.core.talk.transcript import Speaker, Turn
from services.vendors import socket
from services.vendors.base import Resume
from services.vendors.openai import realtime
from tests.vendors.calls import SPEECH, both, call, hear, is_done, last, speak

MS = 0.001
RESUME = Resume(
    turns=(Turn("t1", Speaker.EMA, "How?", 0, 1), Turn("t2", Speaker.CANDIDATE, "Like this.", 2, 3)),
    question_id="q2",
    follow_ups_asked=0,
    elapsed_s=120,
    apologise=True,
)


def is_goodbye(event: ProviderEvent) -> bool:
    return isinstance(event, ToolCall) and event.name == "end_interview"


def texts(events: Iterable[ProviderEvent], kind: type[AgentText | UserText] = AgentText) -> list[str]:
    return [event.text for event in events if isinstance(event, kind) and event.final]


# --- an ordinary call ------------------------------------------------------------------------------------------------


@both
async def test_ema_speaks_first_as_an_ai(vendor: str) -> None:
    async with call(vendor) as (_, connection):
        events = await hear(connection, lambda event: isinstance(event, AgentText) and event.final)

    assert "I'm Ema, an AI interviewer" in texts(events)[0]


@both
async def test_resumed_call_does_not_greet(vendor: str) -> None:
    async with call(vendor, resume=RESUME) as (_, connection):
        events = await hear(connection, lambda event: isinstance(event, AgentText) and event.final)

    assert "AI interviewer" not in texts(events)[0]


@both
async def test_whole_interview_sends_no_invalid_frame(vendor: str) -> None:
    async with call(vendor) as (sim, connection):
        await hear(connection, is_done)
        await speak(connection)
        await hear(connection, is_done)
        await connection.send_text("typed answer")
        events = await hear(connection, is_goodbye)

    assert [event.name for event in events if isinstance(event, ToolCall)] == ["note_answered", "end_interview"]
    assert [talk.collisions for talk in sim.talks] == [0]


@both
@pytest.mark.parametrize(
    "kind", [InstructionKind.NEXT, InstructionKind.CHECK, InstructionKind.REPEAT, InstructionKind.DONE]
)
async def test_a_turn_without_an_end_is_ended_by_her(vendor: str, kind: InstructionKind) -> None:
    async with call(vendor) as (_, connection):
        await hear(connection, is_done)
        await connection.send_audio(SPEECH)
        await hear(connection, lambda event: isinstance(event, SpeechStarted))
        await connection.instruct(Instruction(kind, "q2"))
        events = await hear(connection, is_done)

    assert [event for event in events if isinstance(event, AudioOut)]


@both
async def test_spoken_turn_is_captioned(vendor: str) -> None:
    async with call(vendor) as (_, connection):
        await hear(connection, is_done)
        await speak(connection)
        events = await hear(connection, lambda event: isinstance(event, UserText) and event.final)

    assert any(isinstance(event, SpeechStopped) for event in events)
    assert texts(events, UserText) == ["I would measure first, then change one thing."]


@both
@pytest.mark.parametrize("kind", list(InstructionKind))
async def test_every_instruction_is_answered(vendor: str, kind: InstructionKind) -> None:
    async with call(vendor) as (_, connection):
        await hear(connection, is_done)
        await connection.instruct(Instruction(kind, "q2"))
        events = await hear(connection, lambda event: isinstance(event, AudioOut))

    assert isinstance(events[-1], AudioOut)


@both
async def test_no_audio_goes_out_before_configuration(vendor: str) -> None:
    async with call(vendor) as (sim, connection):
        await speak(connection)
        await hear(connection, is_done)

    assert [frame["type"] for frame in sim.frames][:3] == [
        "session.update",
        "conversation.item.create",
        "response.create",
    ]


@both
async def test_barge_in_truncates_to_what_was_heard(vendor: str) -> None:
    async with call(vendor, "late_audio") as (sim, connection):
        first = await hear(connection, lambda event: isinstance(event, AudioOut))
        await speak(connection)
        await hear(connection, lambda event: isinstance(event, Flush))
        await connection.interrupt(last(first, AudioOut).item, 100)
        later = await hear(connection, lambda event: isinstance(event, SpeechStopped))
        truncate = await sim.talks[0].expect("conversation.item.truncate")

    assert truncate["audio_end_ms"] == 100
    assert not any(isinstance(event, AudioOut) for event in later)


@both
async def test_typed_interruption_ends_the_answer(vendor: str) -> None:
    async with call(vendor) as (sim, connection):
        first = await hear(connection, lambda event: isinstance(event, AudioOut))
        await connection.interrupt(last(first, AudioOut).item, 0)
        await connection.send_text("typed answer")
        events = await hear(connection, lambda event: isinstance(event, AudioOut))

    assert last(events, AudioOut).generation == last(first, AudioOut).generation + 1
    assert sim.talks[0].collisions == 0


@both
async def test_moment_to_think_keeps_ema_quiet(vendor: str) -> None:
    async with call(vendor) as (_, connection):
        await hear(connection, is_done)
        await connection.hold(True)
        await connection.send_audio(bytes(48_000))
        await connection.hold(False)
        await speak(connection)
        events = await hear(connection, is_done)

    assert sum(isinstance(event, SpeechStopped) for event in events) == 1


# --- weather ---------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("vendor_weather", ["unknown_events", "malformed", "server_error"])
async def test_call_goes_on_through(vendor: str, vendor_weather: str) -> None:
    async with call(vendor, vendor_weather) as (_, connection):
        await hear(connection, is_done)
        await connection.send_text("an answer")
        events = await hear(connection, is_done)

    assert not any(isinstance(event, Closed) for event in events)


async def test_limit_without_warning_gets_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "WARN_S", 1e9)

    async with call("openai") as (_, connection):
        events = await hear(connection, is_done)

    assert sum(isinstance(event, EndingSoon) for event in events) == 1


@both
async def test_greeting_may_wait_to_be_read(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "PING_S", 200 * MS)

    async with call(vendor) as (_, connection):
        await asyncio.sleep(700 * MS)
        events = await hear(connection, is_done)

    assert not any(isinstance(event, Closed) for event in events)
