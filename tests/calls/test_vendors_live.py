"""Whole calls on the hosted voices' simulators: real tracks, real sockets, and vendors that die in the middle."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from services.calls.snapshot import Phase
from services.core.interview import Status
from services.core.plan.plan import Pace
from services.core.talk import steering
from services.core.talk.conversation import EmaState
from services.core.talk.events import CloseCause, Flush, Heard, PlayoutDrained, PlayoutStarted, SpeechStarted, Typed
from services.vendors import speech
from tests.house import Build
from tests.live import ANSWER, Begin, Live, interrupting, started
from tests.simulated_vendors import SIMULATORS
from tests.simulators.gemini_talk import Talk
from tests.simulators.small_interviewer import voice
from tests.stage import PLAN
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.realtime

MS = 0.001
LOUD = 500
"""Peak of a packet in which Ema is heard; a room's noise reaches a fifth of it."""


@pytest.fixture
async def begin(build: Build) -> AsyncIterator[Begin]:
    """`begin("xai", "gemini", weather=…)` starts a call on the first of these voices."""
    async with AsyncExitStack() as stack:
        yield functools.partial(started, stack, build)


# --- whole interviews ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_typed_interview_is_complete_on_each_vendor(begin: Begin, vendor: str) -> None:
    live = await begin(vendor)

    for number in range(1, len(PLAN.questions) + 1):
        await live.asked(number)
        await live.answer()
    await eventually(lambda: live.now.status is Status.COMPLETE)

    assert live.now.ended_by == CloseCause.AGENT
    assert live.call.bridge.conversation.agenda.asked_ids == ("q1", "q2")
    assert live.now.provider == vendor


# --- failover --------------------------------------------------------------------------------------------------------


async def test_two_dead_vendors_cost_neither_question_nor_clock_nor_credits(begin: Begin) -> None:
    live = await begin("elevenlabs", "xai", windows={"free_window_s": 3})
    await live.until(EmaState.LISTENING)
    started = live.now.started_at

    live.kill("elevenlabs")
    await live.sorry()
    await live.answer()
    await live.asked(2)
    live.kill("xai")
    await live.sorry(times=2)
    await live.answer()
    await eventually(lambda: live.now.charge_committed_at)
    await live.end()
    await eventually(lambda: live.now.status is Status.COMPLETE)

    conditions = live.call.bridge.conversation.conditions(99)
    assert [change.split(" after")[0] for change in conditions.provider_changes] == [
        "The voice changed from ElevenLabs to xAI Grok Voice",
        "The voice changed from xAI Grok Voice to Offline interviewer",
    ]
    assert live.call.bridge.conversation.agenda.asked_ids == ("q1", "q2")
    assert live.house.kinds() == ["grant", "debit"]
    assert live.now.started_at == started
    assert started
    assert live.now.charge_committed_at
    assert 0 <= (live.now.charge_committed_at - started).total_seconds() - 3 < 200 * MS + live.lag.lost_s


async def test_the_next_vendor_takes_up_the_question_without_a_greeting(begin: Begin) -> None:
    live = await begin("elevenlabs", "xai")
    await live.answer()
    await live.asked(2)
    before = live.ema()

    live.kill("elevenlabs")
    await live.sorry()
    said = live.ema().removeprefix(before)

    assert PLAN.questions[1].text in said
    assert PLAN.questions[0].text not in said
    assert "I'm an AI" not in said
    assert said.count("Sorry") == 1


@pytest.mark.parametrize("vendor", ["xai", "gemini"])
async def test_a_dropped_vendor_is_resumed_by_its_own_means(begin: Begin, vendor: str) -> None:
    live = await begin(vendor)
    await live.until(EmaState.LISTENING)
    sim = live.sims[vendor]

    sim.drop_all()
    await eventually(lambda: sim.sockets_opened == 2)
    await live.sorry()

    assert _resumed(vendor, sim)
    assert live.call.bridge.conversation.conditions(9).provider_changes == ()


def _resumed(vendor: str, sim: Any) -> bool:
    if vendor == "xai":
        return bool(sim.talks[0].id == sim.calls[-1].query.get("conversation_id") == sim.talks[1].id)
    setup = sim.talks[1].setup
    return bool(setup.session_resumption.handle.startswith("handle-secret"))


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_spent_quota_in_mid_call_is_never_tried_again(begin: Begin, vendor: str) -> None:
    live = await begin(vendor, weather="quota")
    await eventually(live.ema)
    live.call.tell(Typed(ANSWER))
    await eventually(lambda: live.provider == "offline")
    await live.until(EmaState.SPEAKING)

    assert live.sims[vendor].sockets_opened == 1


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_a_stalled_vendor_is_given_up(begin: Begin, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.core.talk.floor.STALL_S", 1.0)
    live = await begin(vendor, weather="stall")
    await live.answer()
    await eventually(lambda: live.call.snapshot().phase is Phase.RECONNECTING or live.sims[vendor].sockets_opened == 2)

    await live.until(EmaState.SPEAKING)

    assert any("stopped answering." in sentence for _, sentence in live.call.bridge.notes)


async def test_cough_over_ema_is_followed_by_a_nudge(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "SILENCE_S", 0.3)
    monkeypatch.setattr(steering, "NUDGE_S", dict.fromkeys(Pace, 0.3))

    async def coughed(talk: Talk) -> None:
        await talk.hello()
        await talk.expect("text")
        await talk.say("Hello, I'm Ema, an AI. What did you build last?")
        await asyncio.sleep(0.4)
        await talk.interrupt()
        await talk.turn_complete()
        nudges.put_nowait(await talk.expect("text"))
        await asyncio.Event().wait()

    nudges = asyncio.Queue[str]()
    await begin("gemini", script=coughed)

    assert "silent for a while" in await asyncio.wait_for(nudges.get(), PATIENCE_S)


# --- a connection that its vendor will close -------------------------------------------------------------------------


async def test_an_ending_connection_is_renewed_in_a_pause_without_a_word(begin: Begin) -> None:
    live = await begin("gemini")
    sim = live.sims["gemini"]
    await eventually(lambda: PLAN.questions[0].text in live.ema())
    said = live.ema()

    await sim.talks[0].go_away("50s")
    await eventually(lambda: sim.sockets_opened == 2)
    await eventually(lambda: sim.open_sockets == 1)
    await asyncio.sleep(0.5)

    assert live.ema() == said
    assert _resumed("gemini", sim)
    assert [frame for frame in sim.talks[1].frames if frame.realtime_input and frame.realtime_input.text] == []
    await live.answer()
    await eventually(lambda: PLAN.questions[1].text in live.ema())
    assert live.call.bridge.conversation.conditions(9).provider_changes == ()


async def test_an_ending_connection_is_not_renewed_while_somebody_speaks(begin: Begin) -> None:
    live = await begin("gemini")
    sim = live.sims["gemini"]
    await live.until(EmaState.LISTENING)
    live.candidate.say(voice("x" * 400, 48_000, limit_s=3))
    await eventually(lambda: live.call.snapshot().mic_level > 0.6)

    await sim.talks[0].go_away("50s")
    await asyncio.sleep(2)

    assert sim.sockets_opened == 1


async def test_an_ending_connection_is_renewed_in_time_whoever_speaks(begin: Begin) -> None:
    live = await begin("gemini", utterance_limit_s=6.0)
    sim = live.sims["gemini"]
    await live.until(EmaState.SPEAKING)

    await sim.talks[0].go_away("5s")
    await eventually(lambda: sim.sockets_opened == 2)

    assert not any(isinstance(event, PlayoutDrained) for _, event in live.events)
    assert not live.call.bridge.notice


# --- nothing is left behind ------------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[Live, Any], Awaitable[None]]] = {
    "opening": lambda live, sim: eventually(lambda: sim.open_sockets),
    "greeting": lambda live, sim: live.until(EmaState.SPEAKING),
    "listening": lambda live, sim: live.until(EmaState.LISTENING),
    "answering": lambda live, sim: _answering(live),
}


async def _answering(live: Live) -> None:
    await live.answer()
    await live.until(EmaState.SPEAKING)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "killed"])
@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_no_upstream_socket_outlives_its_call(begin: Begin, vendor: str, killed: bool, step: str) -> None:
    live = await begin(vendor)
    sim = live.sims[vendor]
    await STEPS[step](live, sim)

    if killed:
        sim.drop_all()
    await eventually(lambda: live.call.live)
    await live.end()

    assert await sim.closed()


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_no_upstream_socket_outlives_a_server_that_stops(begin: Begin, vendor: str) -> None:
    live = await begin(vendor)
    await live.until(EmaState.SPEAKING)

    await live.calls.aclose()

    assert await live.sims[vendor].closed()


# --- barge-in --------------------------------------------------------------------------------------------------------


async def barged_in(begin: Begin, vendor: str, weather: str) -> tuple[Live, float]:
    """The candidate speaks over Ema's long greeting; also tells when the vendor's signal arrived."""
    interruption, live = interrupting(), await begin(vendor, weather=weather, utterance_limit_s=5.0)
    await live.until(EmaState.SPEAKING)
    await asyncio.sleep(0.7)
    live.candidate.say(interruption)
    await eventually(lambda: any(isinstance(event, Heard) for _, event in live.events))
    began = live.at(PlayoutStarted)
    signal = next(at for at, event in live.events if isinstance(event, Flush | SpeechStarted) and at > began)
    await asyncio.sleep(0.8)
    return live, signal


@pytest.mark.parametrize("weather", ["", "late_audio"])
@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_barge_in_is_silence_at_once_for_good(begin: Begin, vendor: str, weather: str) -> None:
    live, signal = await barged_in(begin, vendor, weather)

    loud = [at - signal for at, peak in live.candidate.heard if peak > LOUD and at < signal + 0.8]
    assert max(loud) < 150 * MS + live.lag.lost_s


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_heard_is_what_the_candidate_was_played(begin: Begin, vendor: str) -> None:
    live, signal = await barged_in(begin, vendor, "")

    heard = next(event for _, event in live.events if isinstance(event, Heard))
    played_ms = 20 * sum(peak > LOUD for at, peak in live.candidate.heard if at < signal + 0.8)
    truncated = [frame["audio_end_ms"] for frame in live.sims[vendor].frames if _truncates(frame)]
    assert abs(heard.heard_ms - played_ms) <= 60
    assert all(audio_end_ms <= played_ms for audio_end_ms in truncated)


def _truncates(frame: Any) -> bool:
    return isinstance(frame, dict) and frame.get("type") == "conversation.item.truncate"
