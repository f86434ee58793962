"""ElevenLabs in a call, over real sockets against its simulator."""

from __future__ import annotations

import asyncio
import functools
import logging

import pytest

from services.core.errors import ProviderError
from services.core.talk.events import (
    AgentText,
    AudioOut,
    Closed,
    Flush,
    Instruction,
    InstructionKind,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Usage,
    UserText,
)
from services.settings import Settings
from services.vendors import socket
from services.vendors.elevenlabs import rest, voice
from tests.simulated_vendors import simulated
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.simulators.elevenlabs_talk import Talk
from tests.vendors.calls import last
from tests.vendors.offline import listening
from tests.vendors.offline.listening import MS, of, resume, silent, speak, terms, to_the_end, until

call = functools.partial(listening.call, "elevenlabs")

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
    async with call(script=silent) as (connection, sim):
        await connection.send_text("[direction] I built a queue.")

        assert (await sim.talks[0].expect("user_message"))["text"] == "I built a queue."


async def test_barge_in_flushes_and_late_audio_is_never_heard() -> None:
    async with call(weather="late_audio", utterance_limit_s=2.0) as (connection, _):
        await until(connection, TurnDone)
        await speak(connection)
        events = await until(connection, TurnDone)

    flush = next(place for place, event in enumerate(events) if isinstance(event, Flush))
    cut = last(events[: flush + 1], Flush)
    assert all(audio.generation >= cut.generation for audio in of(events[flush:], AudioOut))
    assert of(events, AgentText)[0].correction


async def test_barge_in_tells_the_vendor_nothing_it_does_not_know() -> None:
    async with call(script=silent) as (connection, sim):
        await connection.interrupt("item", heard_ms=100)
        await connection.send_text("I built a queue.")
        await sim.talks[0].expect("user_message")

    assert [frame["type"] for frame in sim.frames] == ["conversation_initiation_client_data", "user_message"]


async def test_tool_result_goes_back_as_a_string() -> None:
    async def calling(talk: Talk) -> None:
        await talk.hello()
        await talk.tool("next_question", question_id="q2")
        await asyncio.Event().wait()

    async with call(script=calling) as (connection, sim):
        tool = last(await until(connection, ToolCall), ToolCall)
        await connection.send_tool_result(tool.call_id, "Ask it now.", is_error=False)
        answer = await sim.talks[0].expect("client_tool_result")

    assert (answer["tool_call_id"], answer["result"], answer["is_error"]) == (tool.call_id, "Ask it now.", False)


@pytest.mark.parametrize("kind", list(InstructionKind))
async def test_direction_in_a_pause_makes_the_agent_speak(kind: InstructionKind) -> None:
    async with call(script=silent) as (connection, sim):
        await connection.instruct(Instruction(kind, "q2"))

        assert (await sim.talks[0].expect("user_message"))["text"].startswith("[direction]")


async def test_wrap_up_in_mid_sentence_cuts_nobody() -> None:
    async def speaking(talk: Talk) -> None:
        await talk.hello()
        await talk.say("A long sentence.", complete=False)
        await asyncio.Event().wait()

    async with call(script=speaking) as (connection, sim):
        await until(connection, AudioOut)
        await connection.instruct(Instruction(InstructionKind.WRAP_UP))
        update = await sim.talks[0].expect("contextual_update")

    assert (update["context_id"], "end_interview" in update["text"]) == ("direction", True)


async def test_hold_keeps_the_agent_silent_without_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "HOLD_EVERY_S", 20 * MS)
    async with call(script=silent) as (connection, sim):
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
    monkeypatch.setattr(voice, "QUIET_S", 30 * MS)

    async def terse(talk: Talk) -> None:
        await talk.hello()
        await talk.say("Hello.", complete=False)
        await asyncio.Event().wait()

    async with call(script=terse) as (connection, _):
        assert isinstance((await until(connection, TurnDone))[-1], TurnDone)


@pytest.mark.parametrize("weather", ["unknown_events", "malformed"])
async def test_strange_frames_do_not_end_the_call(weather: str) -> None:
    async with call(weather=weather) as (connection, _):
        await until(connection, TurnDone)
        await connection.send_text("I built a queue.")

        assert of(await until(connection, TurnDone), AudioOut)


async def test_new_connection_takes_up_the_question_without_greeting() -> None:
    async with simulated("elevenlabs") as (sim, voice), voice.connect(terms(), resume()) as connection:
        said = of(await until(connection, AgentText), AgentText)[0].text
        await sim.talks[0].expect("contextual_update")

    assert ("How do you test" in said, "Hello" in said, sim.invalid) == (True, False, [])


# --- the end


async def test_quota_in_mid_call_keeps_the_last_words() -> None:
    async with call(weather="quota") as (connection, _):
        events = await to_the_end(connection)

    assert of(events, AgentText)
    assert of(events, AudioOut)


async def test_connection_time_is_told_before_the_end() -> None:
    async with call(script=silent) as (connection, _):
        await connection.aclose()
        events = await to_the_end(connection)

    assert [type(event) for event in events] == [Usage, Closed]
    assert list(of(events, Usage)[0].quantities) == ["connection_ms"]


@pytest.mark.parametrize("weather", ["", "bad_key", "refused_upgrade", "override_refused", "quota"])
async def test_no_key_and_no_signed_url_shows_anywhere(weather: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with simulated("elevenlabs", weather=weather) as (sim, subject):
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
        admission = await rest.admission(Settings.model_validate(given))

    assert ("cvtkn" in admission.signed_url, "cvtkn" in repr(admission)) == (True, False)


def test_socket_of_the_call_takes_large_frames() -> None:
    assert socket.options(secure=False)["max_size"] is None
