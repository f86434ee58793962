"""Sample interviews: held by a synthetic candidate, heard by whoever watches, charged to nobody."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import AsyncIterator, Callable

import pytest

from services.analyst.rules import OfflineAnalyst
from services.calls.snapshot import Phase
from services.core.errors import LinesBusy
from services.core.interview import Interview, Status
from services.core.talk.events import CloseCause, UserText
from services.media.aiortc_mends import RATE_HZ
from services.media.tracks import Playout
from services.samples import sample as module
from services.samples.candidate import LocalVoice, Words
from services.samples.ears import understanding
from services.samples.sample import Room, Samples
from services.samples.script import ANSWERS, PLAN, ROLE, Script
from services.settings import Settings
from services.vendors.base import Provider
from services.vendors.offline.voice import OfflineVoice
from tests.fakes import ScriptedProvider, says
from tests.simulated_vendors import simulated
from tests.vendors.contract import until
from tests.vendors.offline.talking import QUIET, SHORT, greeted, say
from tests.vendors.terms import TERMS
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.realtime

GREETING = says("Hello, I am Ema, an AI.", ms=300)
FRAME = array("h", [1000] * 960).tobytes()

Open = Callable[..., Samples]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    made: list[Samples] = []

    def open_samples(*providers: Provider) -> Samples:
        samples = Samples(Settings(), {provider.info.key: provider for provider in providers}, OfflineAnalyst())
        samples.bind(asyncio.get_running_loop())
        made.append(samples)
        return samples

    yield open_samples
    for samples in made:
        await samples.aclose()


def endless() -> ScriptedProvider:
    return ScriptedProvider(*[[GREETING]] * 4, key="offline")


async def start(samples: Samples, subject: str = "me", provider: str = "offline") -> Interview:
    return await asyncio.to_thread(samples.start, subject, provider)


async def latest(samples: Samples, subject: str = "me") -> Interview:
    found = await asyncio.to_thread(samples.latest, subject)
    assert found
    return found


def test_every_question_has_an_answer_and_words_for_its_follow_ups() -> None:
    spoken = {question.id: len(ANSWERS[question.id]) for question in PLAN.questions}

    assert spoken == {question.id: 1 + len(question.follow_ups) for question in PLAN.questions}


async def test_sample_on_a_hosted_voice_ends_in_a_real_report(opened: Open) -> None:
    short = Script(ROLE, PLAN, {question.id: ("We measured it.",) for question in PLAN.questions})
    async with simulated("xai") as (_, provider):
        samples = opened(provider, ScriptedProvider([], key="offline"))
        samples._script = short
        await start(samples, provider="xai")
        async with asyncio.timeout(2 * PATIENCE_S):
            while (now := await latest(samples)).status is not Status.COMPLETE:
                await asyncio.sleep(0.1)

    assert now.report
    assert [item.question_id for item in now.report.coverage] == ["q1", "q2", "q3", "q4"]
    assert now.ended_by == CloseCause.AGENT


async def test_a_stopped_sample_is_never_charged(opened: Open) -> None:
    samples = opened(endless())
    made = await start(samples)
    call = await asyncio.to_thread(samples.find, "me", made.id)
    assert call
    await eventually(lambda: call.live)

    await asyncio.to_thread(samples.stop, "me", made.id)
    await eventually(lambda: call.over)

    ended = await latest(samples)
    assert ended.charge_committed_at is None
    assert samples._stage.accounts.ledger(ended.user_id) == []


async def test_a_sample_ends_when_nobody_watches(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    samples = opened(endless())
    made = await start(samples)
    call = await asyncio.to_thread(samples.find, "me", made.id)
    assert call
    await eventually(lambda: call.live)

    monkeypatch.setattr(module, "UNWATCHED_S", 0.0)

    await eventually(lambda: call.over)


async def test_a_sample_goes_on_while_somebody_watches(opened: Open) -> None:
    samples = opened(endless())
    made = await start(samples)
    room = samples._rooms[made.id]
    room.watched_at, began = 0.0, time.monotonic()

    samples.watch(made.id)
    samples.watch("another")

    assert room.watched_at >= began


async def test_nobody_else_sees_a_sample(opened: Open) -> None:
    samples = opened(endless())
    made = await start(samples)

    assert await asyncio.to_thread(samples.latest, "you") is None
    assert await asyncio.to_thread(samples.find, "you", made.id) is None


async def test_nothing_was_watched_at_first(opened: Open) -> None:
    samples = opened(endless())

    assert samples.latest("me") is None
    assert samples.listen("nothing") is None


async def test_another_start_takes_the_place_of_the_first(opened: Open) -> None:
    samples = opened(endless())
    first = await start(samples)

    second = await start(samples)

    assert (await latest(samples)).id == second.id != first.id


async def test_samples_leave_room_for_real_calls(opened: Open) -> None:
    samples = opened(endless())
    await start(samples, "one")
    await start(samples, "two")

    with pytest.raises(LinesBusy):
        await start(samples, "three")

    assert (await latest(samples, "three")).status is Status.FAILED


async def test_a_listener_hears_both_voices(opened: Open) -> None:
    samples = opened(endless())
    made = await start(samples)
    call = await asyncio.to_thread(samples.find, "me", made.id)
    assert call

    listener = await asyncio.to_thread(samples.listen, made.id)

    assert listener
    await eventually(lambda: call.snapshot().phase is Phase.LIVE and listener.queued_ms > 100)


def test_room_mixes_what_sounds_together() -> None:
    listener = Playout()
    room = Room([listener])

    room.ema(FRAME[:960])
    room.candidate(FRAME)

    samples = array("h", bytes(listener._utterances[0].samples))
    assert (samples[0], samples[-1]) == (2000, 1000)


def test_room_never_overflows() -> None:
    listener, loud = Playout(), array("h", [30_000] * 960).tobytes()
    room = Room([listener])

    room.ema(loud)
    room.candidate(loud)

    assert max(array("h", bytes(listener._utterances[0].samples))) == 32_767


def test_a_listener_who_left_is_not_kept_waiting_for() -> None:
    gone, stuck = Playout(), Playout()
    gone.stop()
    room = Room([gone, stuck])

    for _ in range(100):
        room.candidate(FRAME)

    assert room.listeners == []
    assert stuck.queued_ms <= 1020


async def test_local_voice_is_never_quite_silent() -> None:
    voice = LocalVoice()

    frame = await voice.recv()

    assert (frame.sample_rate, frame.samples) == (RATE_HZ, 960)
    assert 0 < max(array("h", bytes(frame.planes[0])[:1920])) < 200


async def test_local_voice_says_what_it_is_given() -> None:
    voice, frames = LocalVoice(), list[bytes]()
    voice.on_frame = frames.append

    voice.say(FRAME + FRAME)
    await voice.recv()
    assert voice.speaking
    await voice.recv()

    assert frames == [FRAME, FRAME]
    assert not voice.speaking


def test_words_are_known_as_they_are_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("services.samples.candidate.time.monotonic", lambda: now)
    words = Words()
    words.begin("one two three four", 4.0)

    now = 102.0
    first = words.take()
    now = 110.0

    assert (first, words.so_far()) == ("one two", "three four")


async def test_an_offline_voice_understands_the_sample_without_a_recogniser() -> None:
    words, voice = Words(), OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:broken"))
    words.begin("We measured it.", 1e-9)

    understood = understanding(voice, words)
    assert isinstance(understood, OfflineVoice)
    async with understood.connect(TERMS) as connection:
        await greeted(connection)
        await say(connection, SHORT, QUIET)
        final, _ = await until(connection, UserText, lambda text: text.final)

    assert final.text == "We measured it."
    assert not voice._processes


def test_a_voice_with_good_captions_is_left_alone() -> None:
    provider = endless()

    assert understanding(provider, Words()) is provider
