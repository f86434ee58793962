"""Recognition in a process of its own: its protocol, the engine that is always there, and everything that can die."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from services.vendors.offline import transcriber as transcriber_module
from services.vendors.offline.recognition import (
    AUDIO,
    BACKLOG_BYTES,
    FINISH,
    MESSAGE_BYTES,
    POCKETSPHINX,
    START,
    PocketSphinx,
    Queue,
    Recognised,
    frame,
    make,
    serve,
)
from services.vendors.offline.transcriber import RecogniserProcess, Transcriber
from tests.speech import UNDERSTOOD, frames, silence, spoken
from tests.vendors.offline.engines import HEARD, Parrot
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.realtime

WORDS = UNDERSTOOD.rstrip(".").lower()
HALF_A_SECOND = silence(0.5)
SIMPLE = spoken(UNDERSTOOD, after_s=0.3)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is."""
    monkeypatch.setattr(transcriber_module, "FINAL_S", PATIENCE_S)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


class Listening:
    """One candidate, and the partial texts that came."""

    def __init__(self, transcriber: Transcriber) -> None:
        self.partials: list[str] = []
        self.partial = asyncio.Event()
        self.transcriber = transcriber
        transcriber.on_partial = self._take

    def _take(self, text: str) -> None:
        self.partials.append(text)
        self.partial.set()

    async def hear(self, pcm: bytes, prompt: str = "") -> Recognised:
        self.transcriber.start(prompt)
        for piece in frames(pcm):
            self.transcriber.feed(piece)
        async with asyncio.timeout(PATIENCE_S):
            return await self.transcriber.finish()


def process(*engines: str) -> RecogniserProcess:
    names = [engine if ":" in engine else f"tests.vendors.offline.engines:{engine}" for engine in engines]
    made = RecogniserProcess(names)
    made.capacity = 99
    return made


@asynccontextmanager
async def listening(*engines: str) -> AsyncIterator[Listening]:
    made = process(*engines)
    async with made.enter() as transcriber, asyncio.timeout(PATIENCE_S):
        await made.loaded()
        yield Listening(transcriber)


def talk(*commands: bytes) -> list[dict[str, object]]:
    texts = io.StringIO()
    serve(Parrot, io.BytesIO(b"".join(commands)), texts)
    return [json.loads(line) for line in texts.getvalue().splitlines()]


def test_partial_texts_are_sent_when_they_change() -> None:
    lines = talk(frame(START, 1), *[frame(AUDIO, 1, bytes(3200))] * 10, frame(FINISH, 1))

    assert [(line["text"], line["final"]) for line in lines] == [("we", False), ("we moved", False), (HEARD, True)]


def test_each_utterance_begins_afresh() -> None:
    utterance = (frame(START, 1), frame(AUDIO, 1, bytes(12_800)), frame(FINISH, 1))

    assert talk(*utterance, *utterance) == talk(*utterance) * 2


def test_a_torn_command_ends_quietly() -> None:
    assert talk(frame(START, 1), frame(AUDIO, 1, b"12")[:3]) == []


def test_pocketsphinx_understands_simple_speech() -> None:
    engine = PocketSphinx()
    engine.start()
    for piece in frames(SIMPLE):
        engine.feed(piece)

    assert engine.partial().startswith("we waited")
    assert engine.final().text == WORDS


def test_pocketsphinx_makes_nothing_of_silence() -> None:
    engine = make(POCKETSPHINX)()
    engine.start()
    engine.feed(silence(1))

    assert engine.final() == Recognised("", None)


@pytest.mark.parametrize("name", ["tests.vendors.offline.engines:Nobody", "no.such.module:Engine"])
def test_an_engine_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises((AttributeError, ImportError)):
        make(name)


async def test_engine_that_cannot_be_loaded_is_replaced_by_the_next() -> None:
    async with listening("broken", "Parrot") as ear:
        assert (await ear.hear(HALF_A_SECOND)).text == HEARD


async def test_prompt_reaches_the_engine() -> None:
    async with listening("Prompted") as ear:
        assert (await ear.hear(HALF_A_SECOND, "PostgreSQL, Kafka")).text == "PostgreSQL, Kafka"


def test_who_waits_for_words_goes_first() -> None:
    waiting = Queue()
    talking = [frame(START, 1), *[frame(AUDIO, 1, bytes(2))] * 3]
    waiting.read(io.BytesIO(b"".join([*talking, frame(START, 2), frame(FINISH, 2)])))

    assert [stream for stream, *_ in waiting] == [2, 2, 1, 1, 1, 1]


def test_candidates_who_speak_take_turns() -> None:
    waiting = Queue()
    waiting.read(io.BytesIO(b"".join(frame(AUDIO, stream) for stream in (1, 1, 1, 2, 3))))

    assert [stream for stream, *_ in waiting] == [1, 2, 3, 1, 1]


def test_what_an_engine_does_not_take_stays_in_the_pipe() -> None:
    waiting, pipe = Queue(), io.BytesIO(b"".join(frame(AUDIO, one, bytes(BACKLOG_BYTES)) for one in (1, 2, 2, 2, 2)))
    reader = threading.Thread(target=waiting.read, args=(pipe,), daemon=True)
    reader.start()
    reader.join(0.2)  # unbounded, it would have read all of it
    left = len(pipe.read())

    assert reader.is_alive()
    assert left >= 2 * BACKLOG_BYTES
    assert [stream for stream, *_ in waiting] == [1, 2, 2]


def test_a_command_longer_than_any_of_ours_ends_the_process() -> None:
    waiting, long = Queue(), frame(AUDIO, 1, bytes(MESSAGE_BYTES + 1))
    waiting.read(io.BytesIO(frame(START, 1) + long + frame(FINISH, 1)))

    assert [kind for _, kind, _ in waiting] == [START]


async def test_two_candidates_share_one_process() -> None:
    made, before = process("Parrot"), children()
    async with made.enter() as one, made.enter() as other, asyncio.timeout(PATIENCE_S):
        await made.loaded()
        texts = [(await Listening(transcriber).hear(HALF_A_SECOND)).text for transcriber in (one, other)]
        processes = children() - before

    assert texts == [HEARD, HEARD]
    assert len(processes) == 1


async def test_beyond_its_capacity_a_process_takes_no_utterance() -> None:
    made = process("Parrot")
    async with made.enter() as one, made.enter() as other, asyncio.timeout(PATIENCE_S):
        await made.loaded()
        made.capacity = 1

        assert (one.start(), other.start()) == (True, False)
        assert (await other.finish(), other.hears) == (Recognised(), False)


def test_replies_wait_as_long_as_words_take_here() -> None:
    made = process("Parrot")
    made.took(1.5)
    slow = made.patience_s
    for _ in range(20):
        made.took(0.1)

    assert slow == 3.0
    assert made.patience_s == pytest.approx(0.7, abs=0.01)


async def test_the_process_recognises_speech() -> None:
    async with listening(POCKETSPHINX) as ear:
        assert (await ear.hear(SIMPLE)).text == WORDS


async def test_partial_texts_arrive_while_speech_lasts() -> None:
    async with listening("Parrot") as ear:
        ear.transcriber.start()
        ear.transcriber.feed(HALF_A_SECOND)
        async with asyncio.timeout(PATIENCE_S):
            await ear.partial.wait()

        assert ear.partials == ["we"]


@pytest.mark.parametrize("engine", ["Parrot", "Chatty"])
async def test_final_text_carries_confidence(engine: str) -> None:
    async with listening(engine) as ear:
        assert await ear.hear(HALF_A_SECOND) == Recognised(HEARD, 0.8)


async def test_utterances_come_back_in_order() -> None:
    async with listening("Parrot") as ear:
        results = [await ear.hear(HALF_A_SECOND) for _ in range(3)]

    assert [result.text for result in results] == [HEARD] * 3


async def test_an_engine_that_dies_is_started_again() -> None:
    async with listening("Fragile") as ear:
        first = await ear.hear(HALF_A_SECOND)
        second = await ear.hear(HALF_A_SECOND)

    assert first == second == Recognised()


async def test_an_engine_without_an_end_is_started_again() -> None:
    made, before = process("Endless"), children()
    async with made.enter() as transcriber, asyncio.timeout(PATIENCE_S):
        await made.loaded()
        first = children() - before

        assert await Listening(transcriber).hear(HALF_A_SECOND) == Recognised()

        await made.loaded()
        assert children() - before != first


async def test_before_an_engine_is_loaded_nothing_is_recognised() -> None:
    async with process("Parrot").enter() as transcriber:
        assert await Listening(transcriber).hear(HALF_A_SECOND) == Recognised()


async def test_a_python_that_cannot_start_leaves_captions_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with process("Parrot").enter() as transcriber:
        await asyncio.sleep(0.1)

        assert await Listening(transcriber).hear(HALF_A_SECOND) == Recognised()


async def test_an_utterance_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcriber_module, "FINAL_S", 0.05)
    async with listening("Slow") as ear:
        assert await ear.hear(HALF_A_SECOND) == Recognised()


async def test_a_process_that_lags_behind_loses_an_utterance_only() -> None:
    async with listening("Stuck") as ear:
        assert await ear.hear(silence(20)) == Recognised()


async def test_cancelling_leaves_no_process_behind() -> None:
    before = children()

    async with listening("Stuck") as ear:
        ear.transcriber.start()
        ear.transcriber.feed(HALF_A_SECOND)
        assert children() - before

    assert children() <= before


async def test_the_process_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    before = children()

    async with listening("Parrot"):
        environments = [psutil.Process(pid).environ() for pid in children() - before]

    assert environments
    assert not [e for e in environments if "OPENAI_API_KEY" in e]
