"""Gemini Live in a call, through google-genai over real TLS sockets."""

from __future__ import annotations

import asyncio
import functools

import pytest

from services.core.talk.events import (
    AgentText,
    AudioOut,
    EndingSoon,
    Flush,
    Instruction,
    InstructionKind,
    ToolCall,
    TurnDone,
    UserText,
)
from tests.simulators.gemini_talk import OUTPUT_HZ, Talk
from tests.simulators.small_interviewer import voice as noise
from tests.vendors.calls import last
from tests.vendors.offline import listening
from tests.vendors.offline.listening import of, silent, speak, to_the_end, until

call = functools.partial(listening.call, "gemini")


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
    cut = last(events[: flush + 1], Flush)
    assert all(audio.generation >= cut.generation for audio in of(events[flush:], AudioOut))
    assert late not in [len(audio.pcm) for audio in of(events[flush:], AudioOut)]


async def test_tool_result_goes_back_under_its_name() -> None:
    async def calling(talk: Talk) -> None:
        await talk.hello()
        await talk.tool("next_question", question_id="q2")
        await asyncio.Event().wait()

    async with call(script=calling) as (connection, sim):
        tool = last(await until(connection, ToolCall), ToolCall)
        await connection.send_tool_result(tool.call_id, "Ask it now.")
        answer = (await sim.talks[0].expect("tool_response")).function_responses[0]

    assert (answer.id, answer.name, answer.response) == (tool.call_id, "next_question", {"output": "Ask it now."})


async def test_cancelled_tool_call_gets_no_result() -> None:
    async def cancelling(talk: Talk) -> None:
        await talk.hello()
        await talk.cancel(await talk.tool("next_question", question_id="q2"))
        await talk.go_away()
        await asyncio.Event().wait()

    async with call(script=cancelling) as (connection, sim):
        tool = of(await until(connection, EndingSoon), ToolCall)[0]
        await connection.send_tool_result(tool.call_id, "Ask it now.")

    assert not [frame for frame in sim.frames if frame.tool_response]


async def test_unknown_tool_is_answered_with_an_error() -> None:
    async def calling(talk: Talk) -> None:
        await talk.hello()
        await talk.tool("lookup", q="x")
        await talk.expect("tool_response")
        await talk.say("Done.")
        await asyncio.Event().wait()

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
        await asyncio.Event().wait()

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
