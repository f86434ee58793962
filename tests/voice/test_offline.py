"""The offline interviewer holds a conversation: it hears, takes turns, obeys, resumes."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest

from services.core.actions import Instruction, InstructionKind
from services.core.events import (
    AgentText,
    AudioOut,
    Flush,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    UserText,
)
from services.core.interviewer import UNRECOGNISED
from services.core.turn import Speaker, Turn
from services.settings import Settings
from services.voice.base import Resume
from services.voice.offline import OfflineVoice
from services.voice.offline_connection import OfflineConnection
from tests.speech import ANSWER, UNDERSTOOD, frames, silence, spoken
from tests.voice.contract import PLAN, TERMS, drain, until, words
from tests.voice.engines import HEARD

SHORT = spoken("I use a queue.")
QUIET = silence(2)
SAID = Turn("t1", Speaker.EMA, "How do you find a slow query?", 0, 1000, question_id="q1")


def offline(engine: str = "Parrot", resume: Resume | None = None) -> AbstractAsyncContextManager[OfflineConnection]:
    return OfflineVoice(Settings(speech_recogniser=f"tests.voice.engines:{engine}")).connect(TERMS, resume)


async def say(connection: OfflineConnection, *pieces: bytes) -> None:
    for frame in frames(b"".join(pieces)):
        await connection.send_audio(frame)


async def quiet(connection: OfflineConnection, seconds: float = 0.1) -> list[object]:
    """What comes of its own within this time."""
    seen: list[object] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                seen.append(await anext(connection))
    except TimeoutError:
        pass
    return seen


async def greeted(connection: OfflineConnection) -> None:
    await until(connection, TurnDone)
    # The test reads faster than anybody listens: as if all of it had been played.
    connection._mouth._plays_until = 0.0


async def test_greeting_discloses_then_puts_the_first_question():
    async with offline() as connection:
        _, before = await until(connection, TurnDone)

    kinds = [event for event in before if not isinstance(event, AudioOut)]
    assert "AI interviewer" in kinds[0].text
    assert (kinds[1].name, kinds[1].arguments) == ("next_question", {"question_id": "q1"})
    assert words(before).endswith("How do you find a slow query?")


async def test_spoken_answer_is_captioned_while_it_lasts():
    async with offline() as connection:
        await greeted(connection)
        await say(connection, spoken(ANSWER))

        partial, before = await until(connection, UserText)

    assert (partial.append, partial.final) == (False, False)
    assert HEARD.startswith(partial.text)
    assert before == [SpeechStarted()]


async def test_end_of_speech_brings_final_words_then_a_reply():
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)

        stopped, _ = await until(connection, SpeechStopped)
        final, _ = await until(connection, UserText, lambda text: text.final)
        _, reply = await until(connection, TurnDone)

    assert stopped == SpeechStopped()
    assert (final.text, final.confidence) == (HEARD, 0.8)
    assert words(reply).endswith("What did the query plan show?")


async def test_real_recogniser_hears_a_real_sentence():
    async with OfflineVoice(Settings()).connect(TERMS) as connection:
        await greeted(connection)
        await say(connection, spoken(UNDERSTOOD, after_s=2))

        final, _ = await until(connection, UserText, lambda text: text.final)

    assert {"waited", "late"} & set(final.text.split())


async def test_speech_nobody_understood_is_answered_by_its_length():
    async with offline("Deaf") as connection:
        await greeted(connection)
        await say(connection, spoken(ANSWER), QUIET)

        final, _ = await until(connection, UserText, lambda text: text.final)
        _, reply = await until(connection, TurnDone)

    assert final.text == UNRECOGNISED
    assert "What did the query plan show?" in words(reply)


async def test_reply_does_not_wait_for_a_slow_recogniser():
    async with offline("Slow") as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)

        _, reply = await until(connection, TurnDone)

    assert not [event for event in reply if isinstance(event, UserText)]


async def test_speech_that_goes_on_gets_one_reply():
    async with offline("Slow") as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)
        await asyncio.sleep(0)
        await say(connection, SHORT, QUIET)

        _, before = await until(connection, TurnDone)

        assert sum(isinstance(event, SpeechStopped) for event in before) == 2
        assert not [event for event in await quiet(connection) if isinstance(event, AudioOut)]


async def test_barge_in_flushes_what_was_sent():
    async with offline() as connection:
        first, _ = await until(connection, AudioOut)
        await say(connection, SHORT)

        flush, before = await until(connection, Flush)

    assert before[-1] == SpeechStarted()
    assert flush.generation == first.generation + 1


async def test_audio_under_way_at_a_barge_in_is_late():
    async with offline() as connection:
        await until(connection, TurnDone)
        await connection.send_text("I look at the slow query log.")
        await asyncio.sleep(0.1)
        await say(connection, SHORT)

        flush, late = await until(connection, Flush, lambda flush: flush.generation == 2)

    assert {event.generation for event in late if isinstance(event, AudioOut)} == {flush.generation - 1}


async def test_speech_after_the_playout_flushes_nothing():
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)

        _, before = await until(connection, TurnDone)

    assert not [event for event in before if isinstance(event, Flush)]


async def test_interrupt_corrects_what_was_said():
    async with offline() as connection:
        done, _ = await until(connection, TurnDone)
        await connection.interrupt(done.item, heard_ms=1500)

        correction, _ = await until(connection, AgentText)

    assert correction.correction
    assert not correction.append
    assert correction.text.startswith("Hello, I'm")
    assert len(correction.text) < 40


async def test_question_cut_off_is_asked_again():
    async with offline() as connection:
        done, _ = await until(connection, TurnDone)
        await connection.interrupt(done.item, heard_ms=300)
        await say(connection, SHORT, QUIET)

        _, reply = await until(connection, TurnDone)

    assert words(reply).endswith("Sorry, here is the question again. How do you find a slow query?")


async def test_interrupt_of_an_unknown_item_is_nothing():
    async with offline() as connection:
        await greeted(connection)

        await connection.interrupt("item-of-another-connection", heard_ms=300)

        assert await quiet(connection) == []


async def test_late_interrupt_leaves_the_next_reply_alone():
    async with offline() as connection:
        done, _ = await until(connection, TurnDone)
        await connection.send_text("I don't know")
        await connection.interrupt(done.item, heard_ms=20_000)

        _, reply = await until(connection, TurnDone)

    assert words(reply).endswith("Tell me about a migration you ran.")


async def test_thinking_time_ends_no_turn():
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


async def test_typed_answer_silences_her():
    async with offline() as connection:
        await until(connection, AudioOut)
        await connection.send_text("I look at the slow query log.")

        await until(connection, Flush)
        _, reply = await until(connection, TurnDone)

    assert words(reply).endswith("What did the query plan show?")


@pytest.mark.parametrize("kind", [InstructionKind.NUDGE, InstructionKind.WRAP_UP])
async def test_she_is_polite_while_the_candidate_speaks(kind):
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT)
        await connection.instruct(Instruction(kind))

        assert not [event for event in await quiet(connection) if isinstance(event, AudioOut)]


async def test_skipping_drops_the_unanswered_words():
    async with offline("Slow") as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)
        await connection.instruct(Instruction(InstructionKind.NEXT, "q2"))

        _, before = await until(connection, TurnDone)

        assert words(before).endswith("Tell me about a migration you ran.")
        assert not [event for event in await quiet(connection, 1) if isinstance(event, AudioOut)]


async def test_reply_lost_to_speech_is_said_again():
    async with offline("Slow") as connection:
        await greeted(connection)
        await connection.instruct(Instruction(InstructionKind.NEXT, "q2"))
        await say(connection, SHORT, QUIET)

        _, before = await until(connection, TurnDone)

    assert words(before).endswith("Tell me about a migration you ran.")


async def test_typed_answers_carry_a_whole_interview():
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
            Resume((), None, 0, 2, apologise=True),
            "Sorry, the line dropped for a moment. Here is the first question. How do you find a slow query?",
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
async def test_resuming_greets_nobody_again(resume: Resume, text: str, tools: list[str]):
    async with offline(resume=resume) as connection:
        events = await quiet(connection, 0.5)

    assert words(events) == text
    assert [event.name for event in events if isinstance(event, ToolCall)] == tools


async def test_ids_differ_between_connections():
    async with offline() as one, offline() as two:
        first, _ = await until(one, AudioOut)
        second, _ = await until(two, AudioOut)

    assert first.item != second.item


async def test_text_of_an_utterance_adds_up():
    async with offline() as connection:
        done, before = await until(connection, TurnDone)
        await connection.aclose()
        await drain(connection)

    texts = [event for event in before if isinstance(event, AgentText)]
    assert [text.append for text in texts] == [False] + [True] * (len(texts) - 1)
    assert [text.final for text in texts] == [False] * (len(texts) - 1) + [True]
    assert {text.item for text in texts} == {done.item}
    assert PLAN.questions[0].text in words(before)
