"""The second witness on this server: it hears beside others, gives way to them, and knows what it had no time for."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from services.settings import Settings
from services.vendors.offline.recognition import ASIDE, AUDIO, FINISH, START, Queue, frame
from services.vendors.offline.transcriber import LAG_S, RecogniserProcess
from services.vendors.offline.voice import OfflineVoice
from services.vendors.offline.witness import LocalWitness
from tests.speech import silence, spoken
from tests.vendors.contract import TERMS
from tests.vendors.offline.engines import HEARD
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.realtime

FRAME_S = 0.02


@pytest.fixture(scope="module")
def answer() -> bytes:
    return spoken("I use a queue.", before_s=1.0, after_s=2.0)


def timed(pcm: bytes) -> Iterator[tuple[bytes, float]]:
    size = round(16_000 * FRAME_S) * 2
    for number, start in enumerate(range(0, len(pcm), size), 1):
        yield pcm[start : start + size], number * FRAME_S


@asynccontextmanager
async def overhearing(engine: str = "Parrot") -> AsyncIterator[tuple[LocalWitness, RecogniserProcess]]:
    voice = OfflineVoice(Settings(speech_recogniser=f"tests.vendors.offline.engines:{engine}"))
    async with voice.overhear(TERMS.plan) as witness, asyncio.timeout(PATIENCE_S):
        assert witness
        await voice._recogniser().loaded()
        yield witness, voice._recogniser()


async def test_what_was_said_is_known_with_its_time(answer: bytes) -> None:
    async with overhearing() as (witness, _):
        for pcm, at in timed(answer):
            witness.hear(pcm, at)
        (heard,) = await witness.words()

    assert (heard.text, heard.confidence) == (HEARD, 0.8)
    assert 700 < heard.started_ms < 1600 < heard.ended_ms < 3500


async def test_utterance_that_the_call_ended_in_is_heard_too(answer: bytes) -> None:
    async with overhearing() as (witness, _):
        for pcm, at in timed(answer[: len(answer) // 2]):
            witness.hear(pcm, at)

        assert [one.text for one in await witness.words()] == [HEARD]


async def test_silence_is_no_utterance() -> None:
    async with overhearing() as (witness, _):
        witness.hear(silence(2), 2.0)

        assert await witness.words() == ()


async def test_process_that_lags_is_not_given_more(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with overhearing() as (witness, _):
        monkeypatch.setattr(RecogniserProcess, "lags", property(lambda _: True))
        for pcm, at in timed(answer):
            witness.hear(pcm, at)

        assert [one.text for one in await witness.words()] == [""]


async def test_words_owed_for_long_are_a_lag() -> None:
    async with overhearing() as (witness, process), process.enter() as other:
        other.start()
        other.finish()
        now = asyncio.get_running_loop().time()

        assert (other.owed_for(now) < LAG_S < other.owed_for(now + 2 * LAG_S), process.lags) == (True, False)
        await witness.words()


async def test_who_is_heard_aside_keeps_no_candidate_out() -> None:
    async with overhearing() as (_, process), process.enter(aside=True) as aside, process.enter() as candidate:
        process.capacity = 1

        assert (aside.start(), candidate.start()) == (True, True)
        assert not process.has_room_aside


async def test_rough_recogniser_is_no_witness() -> None:
    voice = OfflineVoice(Settings(speech_recogniser="services.vendors.offline.recognition:PocketSphinx"))

    async with voice.overhear(TERMS.plan) as witness:
        assert witness is None


def test_what_is_heard_aside_waits_until_nobody_else_does() -> None:
    waiting = Queue()
    waiting.read(
        io.BytesIO(
            b"".join([frame(START, ASIDE), frame(FINISH, ASIDE), frame(AUDIO, 1), frame(START, 2), frame(FINISH, 2)])
        )
    )

    assert [stream for stream, *_ in waiting] == [2, 2, 1, ASIDE, ASIDE]
