"""Recognition in a process of its own: its protocol, the engine that is always there, and everything that can die."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from services.vendors.offline import transcriber as transcriber_module
from services.vendors.offline.recognition import (
    AUDIO,
    FINISH,
    POCKETSPHINX,
    START,
    PocketSphinx,
    Recognised,
    frame,
    make,
    serve,
)
from services.vendors.offline.transcriber import Transcriber
from tests.speech import UNDERSTOOD, frames, silence, spoken
from tests.vendors.offline.engines import HEARD, Parrot
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.realtime

WORDS = UNDERSTOOD.rstrip(".").lower()
HALF_A_SECOND = silence(0.5)
SIMPLE = spoken(UNDERSTOOD, after_s=0.3)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


class Listening:
    """A transcriber whose process runs, and the partial texts it gave."""

    def __init__(self, engine: str) -> None:
        self.partials: list[str] = []
        self.partial = asyncio.Event()
        self.transcriber = Transcriber(self._take, engine)

    def _take(self, text: str) -> None:
        self.partials.append(text)
        self.partial.set()

    async def hear(self, pcm: bytes) -> Recognised:
        self.transcriber.start()
        for piece in frames(pcm):
            self.transcriber.feed(piece)
        async with asyncio.timeout(PATIENCE_S):
            return await self.transcriber.finish()


@asynccontextmanager
async def listening(engine: str) -> AsyncIterator[Listening]:
    made = Listening(f"tests.vendors.offline.engines:{engine}" if ":" not in engine else engine)
    running = asyncio.create_task(made.transcriber.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not made.transcriber.running:
                await asyncio.sleep(0.01)
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def talk(*commands: bytes) -> list[dict[str, object]]:
    texts = io.StringIO()
    serve(Parrot(), io.BytesIO(b"".join(commands)), texts)
    return [json.loads(line) for line in texts.getvalue().splitlines()]


def test_partial_texts_are_sent_when_they_change():
    lines = talk(frame(START), *[frame(AUDIO, bytes(3200))] * 10, frame(FINISH))

    assert [(line["text"], line["final"]) for line in lines] == [("we", False), ("we moved", False), (HEARD, True)]


def test_each_utterance_begins_afresh():
    utterance = (frame(START), frame(AUDIO, bytes(12_800)), frame(FINISH))

    assert talk(*utterance, *utterance) == talk(*utterance) * 2


def test_a_torn_command_ends_quietly():
    assert talk(frame(START), frame(AUDIO, b"12")[:3]) == []


def test_pocketsphinx_understands_simple_speech():
    engine = PocketSphinx()
    engine.start()
    for piece in frames(SIMPLE):
        engine.feed(piece)

    assert engine.partial().startswith("we waited")
    assert engine.final().text == WORDS


def test_pocketsphinx_makes_nothing_of_silence():
    engine = make(POCKETSPHINX)
    engine.start()
    engine.feed(silence(1))

    assert engine.final() == Recognised("", None)


@pytest.mark.parametrize("name", ["tests.vendors.offline.engines:Nobody", "no.such.module:Engine"])
def test_an_engine_that_is_not_there_is_refused(name):
    with pytest.raises((AttributeError, ImportError)):
        make(name)


async def test_the_process_recognises_speech():
    async with listening(POCKETSPHINX) as ear:
        assert (await ear.hear(SIMPLE)).text == WORDS


async def test_partial_texts_arrive_while_speech_lasts():
    async with listening("Parrot") as ear:
        ear.transcriber.start()
        ear.transcriber.feed(HALF_A_SECOND)
        async with asyncio.timeout(PATIENCE_S):
            await ear.partial.wait()

        assert ear.partials == ["we"]


@pytest.mark.parametrize("engine", ["Parrot", "Chatty"])
async def test_final_text_carries_confidence(engine):
    async with listening(engine) as ear:
        assert await ear.hear(HALF_A_SECOND) == Recognised(HEARD, 0.8)


async def test_utterances_come_back_in_order():
    async with listening("Parrot") as ear:
        results = [await ear.hear(HALF_A_SECOND) for _ in range(3)]

    assert [result.text for result in results] == [HEARD] * 3


async def test_an_engine_that_dies_is_started_again():
    async with listening("Fragile") as ear:
        first = await ear.hear(HALF_A_SECOND)
        second = await ear.hear(HALF_A_SECOND)

    assert first == second == Recognised()


async def test_without_a_process_nothing_is_recognised():
    ear = Listening("tests.vendors.offline.engines:Parrot")

    assert await ear.hear(HALF_A_SECOND) == Recognised()


async def test_a_python_that_cannot_start_leaves_captions_off(monkeypatch):
    monkeypatch.setattr(transcriber_module.sys, "executable", "/nowhere/python")
    ear = Listening("tests.vendors.offline.engines:Parrot")

    await ear.transcriber.run()

    assert await ear.hear(HALF_A_SECOND) == Recognised()


async def test_an_utterance_is_not_waited_for_forever(monkeypatch):
    monkeypatch.setattr(transcriber_module, "FINAL_S", 0.05)
    async with listening("Slow") as ear:
        assert await ear.hear(HALF_A_SECOND) == Recognised()


async def test_a_process_that_lags_behind_loses_an_utterance_only():
    async with listening("Stuck") as ear:
        assert await ear.hear(silence(20)) == Recognised()


async def test_cancelling_leaves_no_process_behind():
    before = children()

    async with listening("Stuck") as ear:
        ear.transcriber.start()
        ear.transcriber.feed(HALF_A_SECOND)
        assert children() - before

    assert children() <= before


async def test_the_process_knows_no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    before = children()

    async with listening("Parrot"):
        environments = [psutil.Process(pid).environ() for pid in children() - before]

    assert environments
    assert not [e for e in environments if "OPENAI_API_KEY" in e]
