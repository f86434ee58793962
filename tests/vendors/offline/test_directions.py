"""The offline interviewer obeys, resumes, and carries an interview to its end."""

from __future__ import annotations

import asyncio

import pytest

from services.core.talk.events import (
    AgentText,
    AudioOut,
    Flush,
    Instruction,
    InstructionKind,
    ProviderEvent,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    UserText,
)
from services.core.talk.transcript import Speaker, Turn
from services.vendors.base import Resume
from services.vendors.offline.recognition import Recognised
from services.vendors.offline.voice import OfflineConnection
from tests.speech import silence
from tests.vendors.contract import drain, until, words
from tests.vendors.offline.talking import QUIET, SHORT, greeted, offline, quiet, say
from tests.vendors.terms import PLAN

pytestmark = pytest.mark.realtime

SAID = Turn("t1", Speaker.EMA, "How do you find a slow query?", 0, 1000, question_id="q1")
TYPED = Turn("t2", Speaker.CANDIDATE, "I measured it first. " * 25, 1000, 1000, question_id="q1", typed=True)


async def test_thinking_time_ends_no_turn() -> None:
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT)
        await connection.hold(True)
        await say(connection, silence(6))

        held = await quiet(connection)
        await connection.hold(False)
        await say(connection, QUIET)

        assert not [event for event in held if isinstance(event, SpeechStopped)]
        await until(connection, SpeechStopped)


async def test_typed_answer_silences_her() -> None:
    async with offline() as connection:
        await until(connection, AudioOut)
        await connection.send_text("I look at the slow query log.")

        await until(connection, Flush)
        _, reply = await until(connection, TurnDone)

    assert words(reply).endswith("What did the query plan show?")


@pytest.mark.parametrize("kind", [InstructionKind.NUDGE, InstructionKind.WRAP_UP])
async def test_she_is_polite_while_the_candidate_speaks(kind: InstructionKind) -> None:
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT)
        await until(connection, SpeechStarted)
        await connection.instruct(Instruction(kind))
        events = await quiet(connection)

    assert not [event for event in events if isinstance(event, AudioOut)]
    assert SpeechStarted() in events


async def test_skipping_drops_the_unanswered_words() -> None:
    async with offline("Slow") as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)
        await connection.instruct(Instruction(InstructionKind.NEXT, "q2"))

        _, before = await until(connection, TurnDone)

        assert words(before).endswith("Tell me about a migration you ran.")
        assert not [event for event in await quiet(connection, 1) if isinstance(event, AudioOut)]


async def test_reply_lost_to_speech_is_said_again() -> None:
    async with offline("Slow") as connection:
        await greeted(connection)
        await connection.instruct(Instruction(InstructionKind.NEXT, "q2"))
        await say(connection, SHORT, QUIET)

        _, before = await until(connection, TurnDone)

    assert words(before).endswith("Tell me about a migration you ran.")


async def test_typed_answers_carry_a_whole_interview() -> None:
    async with offline() as connection:
        calls: list[tuple[str, dict[str, str]]] = []
        for _ in range(2):
            await until(connection, TurnDone)
            await connection.send_text("I read the plan because it shows the cost, then measured 9 seconds. " * 4)
        events = await quiet(connection, 0.5)
        calls = [(call.name, dict(call.arguments)) for call in events if isinstance(call, ToolCall)]

    assert calls == [("note_answered", {"question_id": "q2"}), ("end_interview", {})]
    assert "Goodbye." in words(events)


@pytest.mark.parametrize(
    ("resume", "text", "tools"),
    [
        pytest.param(
            Resume((SAID,), "q2", 0, 60),
            "We were at this question. Tell me about a migration you ran.",
            [],
            id="question on the table",
        ),
        pytest.param(
            Resume((SAID,), "q1", 1, 60, apologise=True),
            "Sorry, the line dropped for a moment; that was on our side. "
            "We were at this question. How do you find a slow query?",
            [],
            id="after a failure",
        ),
        pytest.param(
            Resume((SAID, TYPED), "q1", 0, 60, apologise=True),
            "Sorry, the line dropped for a moment; that was on our side. "
            "Okay. Here is the next one. Tell me about a migration you ran.",
            ["note_answered", "next_question"],
            id="answered in writing",
        ),
        pytest.param(
            Resume((), None, 0, 2, apologise=True),
            "Sorry, the line dropped for a moment; that was on our side. "
            "I'm Ema, an AI interviewer. Here is the first question. How do you find a slow query?",
            ["next_question"],
            id="before the first question",
        ),
        pytest.param(
            Resume((SAID,), None, 0, 800),
            "That is our time. Thanks for your time today. Your report will be on the page shortly. Goodbye.",
            ["end_interview"],
            id="in the wrap-up",
        ),
    ],
)
async def test_resuming_greets_nobody_again(resume: Resume, text: str, tools: list[str]) -> None:
    async with offline(resume=resume) as connection:
        events = await quiet(connection, 0.5)

    assert words(events) == text
    assert [event.name for event in events if isinstance(event, ToolCall)] == tools


async def test_ids_differ_between_connections() -> None:
    async with offline() as one, offline() as two:
        first, _ = await until(one, AudioOut)
        second, _ = await until(two, AudioOut)

    assert first.item != second.item


async def test_text_of_an_utterance_adds_up() -> None:
    async with offline() as connection:
        done, before = await until(connection, TurnDone)
        await connection.aclose()
        await drain(connection)

    texts = [event for event in before if isinstance(event, AgentText)]
    assert [text.append for text in texts] == [False] + [True] * (len(texts) - 1)
    assert [text.final for text in texts] == [False] * (len(texts) - 1) + [True]
    assert {text.item for text in texts} == {done.item}
    assert PLAN.questions[0].text in words(before)


async def asked_whether_done(connection: OfflineConnection) -> list[ProviderEvent]:
    """The candidate speaks, and before their turn is over she is told to ask whether they are done."""
    await greeted(connection)
    await say(connection, SHORT)
    await until(connection, SpeechStarted)
    await connection.instruct(Instruction(InstructionKind.CHECK))
    await say(connection, SHORT)
    _, events = await until(connection, TurnDone)
    connection._speaker._plays_until = 0.0
    return events


async def test_a_voice_that_goes_on_does_not_silence_her_question() -> None:
    async with offline() as connection:
        events = await asked_whether_done(connection)

    assert words(events).endswith("I hear other voices. Are you done?")
    assert not [event for event in events if isinstance(event, Flush)]


@pytest.mark.parametrize("kind", [InstructionKind.NUDGE, InstructionKind.WRAP_UP])
async def test_she_speaks_where_nobody_answers_whether_they_are_done(kind: InstructionKind) -> None:
    async with offline() as connection:
        await asked_whether_done(connection)
        await connection.instruct(Instruction(kind))

        _, events = await until(connection, TurnDone)

    assert words(events)


@pytest.mark.parametrize(("heard", "reply"), [("Yes.", "What did the query plan show?"), ("No.", "Please go on.")])
async def test_a_turn_cut_short_is_answered_or_goes_on(heard: str, reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with offline() as connection:
        await asked_whether_done(connection)
        finish = connection._transcriber.finish

        def finished() -> asyncio.Future[Recognised]:
            finish()
            words: asyncio.Future[Recognised] = asyncio.get_running_loop().create_future()
            words.set_result(Recognised(heard, 0.9))
            return words

        monkeypatch.setattr(connection._transcriber, "finish", finished)
        await say(connection, QUIET, SHORT, QUIET)
        _, events = await until(connection, TurnDone)

    assert words(events).endswith(reply)


async def a_voice_goes_on(connection: OfflineConnection) -> list[ProviderEvent]:
    """Somebody speaks without a pause; up to the beginning of their turn."""
    await greeted(connection)
    await say(connection, SHORT)
    _, before = await until(connection, SpeechStarted)
    return before


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (InstructionKind.DONE, "What did the query plan show?"),
        (InstructionKind.NEXT, "that was the last question"),
        (InstructionKind.CHECK, "Are you done?"),
    ],
)
async def test_what_she_insists_on_is_said_to_its_end_and_closes_the_turn(kind: InstructionKind, said: str) -> None:
    async with offline() as connection:
        await a_voice_goes_on(connection)
        await connection.instruct(Instruction(kind, insists=True))
        _, events = await until(connection, TurnDone)
        connection._speaker._plays_until = asyncio.get_running_loop().time() + 60
        await say(connection, SHORT)
        meanwhile = await quiet(connection)
        connection._speaker._plays_until = 0.0
        await say(connection, SHORT)
        await until(connection, SpeechStarted)

    assert said in words(events)
    assert [event.final for event in [*events, *meanwhile] if isinstance(event, UserText)][-1:] == [True]
    assert not [event for event in [*events, *meanwhile] if isinstance(event, SpeechStarted | Flush)]


async def test_a_voice_that_goes_on_under_a_typed_answer_has_a_turn_of_its_own() -> None:
    async with offline() as connection:
        await a_voice_goes_on(connection)
        await connection.send_text("I look at the slow query log.")
        _, events = await until(connection, TurnDone)
        await say(connection, SHORT)
        meanwhile = await quiet(connection)
        connection._speaker._plays_until = 0.0
        await say(connection, SHORT, QUIET)
        spoken, _ = await until(connection, UserText, lambda event: event.final)

    turns = [event.turn for event in [*events, *meanwhile, spoken] if isinstance(event, UserText) and event.final]
    assert words(events).endswith("What did the query plan show?")
    assert not [event for event in [*events, *meanwhile] if isinstance(event, SpeechStarted | Flush)]
    assert len(set(turns)) == 2


@pytest.mark.parametrize(("typed", "reply"), [("Yes.", "What did the query plan show?"), ("No.", "Please go on.")])
async def test_whether_they_are_done_may_be_typed(typed: str, reply: str) -> None:
    async with offline() as connection:
        await asked_whether_done(connection)
        await connection.send_text(typed)

        _, events = await until(connection, TurnDone)

    assert words(events).endswith(reply)
