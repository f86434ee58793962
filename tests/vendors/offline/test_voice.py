"""The offline interviewer hears, takes turns and is interrupted."""

from __future__ import annotations

import asyncio
import re

import pytest

from services.core.talk.events import (
    AgentText,
    AudioOut,
    Flush,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    UserText,
)
from services.core.talk.transcript import UNRECOGNISED
from services.settings import Settings
from services.vendors.offline.transcriber import RecogniserProcess
from services.vendors.offline.voice import OfflineConnection, OfflineVoice
from tests.speech import ANSWER, UNDERSTOOD, spoken
from tests.vendors.calls import last
from tests.vendors.contract import TERMS, until, words
from tests.vendors.offline.engines import HEARD
from tests.vendors.offline.talking import QUIET, SHORT, greeted, offline, quiet, say
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.realtime


async def test_greeting_discloses_then_puts_the_first_question() -> None:
    async with offline() as connection:
        _, before = await until(connection, TurnDone)

    kinds = [event for event in before if not isinstance(event, AudioOut)]
    assert "AI interviewer" in last(kinds[:1], AgentText).text
    tool = last(kinds[:2], ToolCall)
    assert (tool.name, tool.arguments) == ("next_question", {"question_id": "q1"})
    assert words(before).endswith("How do you find a slow query?")


async def test_spoken_answer_is_captioned_while_it_lasts() -> None:
    async with offline() as connection:
        await greeted(connection)
        await say(connection, spoken(ANSWER))

        partial, before = await until(connection, UserText)

    assert (partial.append, partial.final) == (False, False)
    assert HEARD.startswith(partial.text)
    assert before == [SpeechStarted()]


async def test_end_of_speech_brings_final_words_then_a_reply() -> None:
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)

        stopped, _ = await until(connection, SpeechStopped)
        final, _ = await until(connection, UserText, lambda text: text.final)
        _, reply = await until(connection, TurnDone)

    assert stopped == SpeechStopped()
    assert (final.text, final.confidence) == (HEARD, 0.8)
    assert words(reply).endswith("What did the query plan show?")


async def test_real_recogniser_hears_a_real_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.vendors.offline.transcriber.FINAL_S", PATIENCE_S)
    async with OfflineVoice(Settings()).connect(TERMS) as connection:
        await greeted(connection)
        await say(connection, spoken(UNDERSTOOD, after_s=2))

        final, _ = await until(connection, UserText, lambda text: text.final)

    assert {"waited", "late"} & set(final.text.split())


async def not_caught(connection: OfflineConnection) -> str:
    """What Ema says to an answer of which no word was recognised."""
    await say(connection, spoken(ANSWER), QUIET)
    await until(connection, SpeechStopped)
    _, reply = await until(connection, TurnDone)
    connection._speaker._plays_until = 0.0
    return words(reply)


async def test_speech_nobody_understood_is_asked_back_then_taken_by_its_length() -> None:
    voice = OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:Deaf"))
    async with voice.connect(TERMS) as connection:
        await greeted(connection)
        await asyncio.wait_for(voice._recogniser().loaded(), PATIENCE_S)

        replies = list[str]()
        for _ in range(3):
            replies.append(await not_caught(connection))
            # The test speaks faster than anybody: a recogniser that is seconds behind would take none of it.
            await eventually(lambda: not any(each._waiting for each in voice._recogniser()._streams.values()))

    assert "say it again" in replies[0] or "type your answer" in replies[0]
    assert "type your answer" in replies[1]
    assert "What did the query plan show?" in replies[2]


async def test_more_voices_than_are_understood_are_asked_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecogniserProcess, "full", property(lambda _: True))
    async with offline() as connection:
        await greeted(connection)

        replies = [await not_caught(connection) for _ in range(3)]

    assert all("type" in reply for reply in replies)


async def test_recogniser_that_dies_in_mid_answer_is_owned_up_to() -> None:
    async with offline("Fragile") as connection:
        await greeted(connection)

        reply = await not_caught(connection)

    assert "say it again" in reply or "type your answer" in reply


async def test_check_says_how_fast_this_machine_hears_and_how_many() -> None:
    voice = OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:Parrot"))

    before = await voice.check()
    async with voice.connect(TERMS) as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)
        await until(connection, UserText, lambda event: isinstance(event, UserText) and event.final)
    after = await voice.check()

    assert "known once somebody has spoken" in before.sentence
    assert re.search(r"at \d+\.\d times the speed of speech, for \d+ voices at once", after.sentence)


async def test_check_loads_no_recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every visit of the start page asks the chosen voice."""
    monkeypatch.setattr(RecogniserProcess, "enter", None)

    assert (await OfflineVoice(Settings()).check()).ok


async def test_speech_nobody_understood_is_shown_as_such() -> None:
    async with offline("Deaf") as connection:
        await greeted(connection)
        await say(connection, spoken(ANSWER), QUIET)

        final, _ = await until(connection, UserText, lambda text: text.final)

    assert final.text == UNRECOGNISED


async def test_reply_does_not_wait_for_a_slow_recogniser() -> None:
    async with offline("Slow") as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)

        _, reply = await until(connection, TurnDone)

    assert not [event for event in reply if isinstance(event, UserText)]


async def test_speech_that_goes_on_gets_one_reply() -> None:
    async with offline("Slow") as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)
        await asyncio.sleep(0)
        await say(connection, SHORT, QUIET)

        _, before = await until(connection, TurnDone)

        assert sum(isinstance(event, SpeechStopped) for event in before) == 2
        assert not [event for event in await quiet(connection) if isinstance(event, AudioOut)]


async def test_barge_in_flushes_what_was_sent() -> None:
    async with offline() as connection:
        first, _ = await until(connection, AudioOut)
        await say(connection, SHORT)

        flush, before = await until(connection, Flush)

    assert before[-1] == SpeechStarted()
    assert flush.generation == first.generation + 1


async def test_audio_under_way_at_a_barge_in_is_late() -> None:
    async with offline() as connection:
        await until(connection, TurnDone)
        await connection.send_text("I look at the slow query log.")
        await asyncio.sleep(0.1)
        await say(connection, SHORT)

        flush, late = await until(connection, Flush, lambda flush: flush.generation == 2)

    assert {event.generation for event in late if isinstance(event, AudioOut)} == {flush.generation - 1}


async def test_speech_after_the_playout_flushes_nothing() -> None:
    async with offline() as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)

        _, before = await until(connection, TurnDone)

    assert not [event for event in before if isinstance(event, Flush)]


async def test_interrupt_corrects_what_was_said() -> None:
    async with offline() as connection:
        done, _ = await until(connection, TurnDone)
        await connection.interrupt(done.item, heard_ms=1500)

        correction, _ = await until(connection, AgentText)

    assert correction.correction
    assert not correction.append
    assert correction.text.startswith("Hello, I'm")
    assert len(correction.text) < 40


async def test_question_cut_off_is_asked_again() -> None:
    async with offline() as connection:
        done, _ = await until(connection, TurnDone)
        await connection.interrupt(done.item, heard_ms=300)
        await say(connection, SHORT, QUIET)

        _, reply = await until(connection, TurnDone)

    assert words(reply).endswith("Sorry, here is the question again. How do you find a slow query?")


async def test_interrupt_of_an_unknown_item_is_nothing() -> None:
    async with offline() as connection:
        await greeted(connection)

        await connection.interrupt("item-of-another-connection", heard_ms=300)

        assert await quiet(connection) == []


async def test_late_interrupt_leaves_the_next_reply_alone() -> None:
    async with offline() as connection:
        done, _ = await until(connection, TurnDone)
        await connection.send_text("I don't know")
        await connection.interrupt(done.item, heard_ms=20_000)

        _, reply = await until(connection, TurnDone)

    assert words(reply).endswith("Tell me about a migration you ran.")
