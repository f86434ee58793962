"""Who is there: a server that was stopped blames nobody, a microphone that is silent costs nothing."""

from __future__ import annotations

import time

import pytest

from services.calls.bridge import NO_SOUND, OTHERS
from services.calls.relay import Media
from services.calls.snapshot import Phase
from services.core import audio
from services.core.talk.conversation import TALKED_OVER
from services.core.talk.events import EndRequested, InstructionKind, SpeechStarted, Typed
from services.media.tracks import Microphone, Playout
from tests.fakes import Instructed, ScriptedProvider, says, tone
from tests.house import Build
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

GREETING = says("Hello, I am Ema, an AI interviewer.", ms=200)
SILENCE = audio.silence(60_000, 48_000)


async def test_a_server_that_was_stopped_declares_nobody_away(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.calls.bridge.AWAY_AFTER_S", 0.5)
    house, provider = build(free_window_s=60), ScriptedProvider([GREETING], key="offline")
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live and call.bridge.served_s() > 0.5)
    before = call.bridge.served_s()

    time.sleep(1.5)  # noqa: ASYNC251 - the whole loop stands still, as in a stopped process
    frozen = call.bridge.served_s() - before
    await eventually(lambda: call.bridge.served_s() > before + frozen + 0.3)

    assert frozen < 1.0
    assert call.snapshot().phase is Phase.LIVE
    assert len(provider.connections) == 1
    await calls.aclose()


async def test_a_silent_microphone_is_named_and_not_charged(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.calls.bridge.NO_SOUND_S", 0.4)
    house = build(free_window_s=0.3)
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    candidate = await house.visit(calls, interview)
    candidate.say(SILENCE)
    call = calls.find(interview.id)
    assert call
    candidate.media.microphone.last_sound_at, call.bridge._sounded = None, False

    await eventually(lambda: call.snapshot().notice == NO_SOUND)
    assert house.kinds() == ["grant"]
    candidate._voice._speech[:] = tone(300, 48_000)
    await eventually(lambda: house.now(interview).charge_committed_at)

    assert house.kinds() == ["grant", "debit"]
    await calls.aclose()


async def test_a_microphone_that_falls_silent_in_the_call_is_named(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.calls.bridge.NO_SOUND_S", 0.4)
    house = build()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    candidate = await house.visit(calls, interview)
    await eventually(lambda: candidate.media.microphone.last_sound_at)
    candidate.say(SILENCE)
    call = calls.find(interview.id)
    assert call

    await eventually(lambda: call.snapshot().notice == NO_SOUND)
    await calls.aclose()


async def test_who_was_heard_on_an_earlier_visit_was_heard(build: Build) -> None:
    house = build()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    candidate = await house.visit(calls, interview)
    await eventually(lambda: candidate.media.microphone.last_sound_at)
    call = calls.find(interview.id)
    assert call
    call.bridge._sounded = False

    call.bridge.attach(Media(Microphone(), Playout()))

    assert call.bridge.heard
    await calls.aclose()


async def test_a_candidate_taken_for_somebody_else_reads_why(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    house = build()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live and call.bridge.conversation.waiting)
    before = call.snapshot().notice

    monkeypatch.setattr(candidate.media.microphone.near_end, "in_front", lambda *_: False)
    candidate.say(tone(2000, 48_000))
    await eventually(lambda: call.snapshot().notice == OTHERS)

    assert before == ""
    await calls.aclose()


async def test_a_turn_that_quieter_voices_hold_open_is_asked_about(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.core.talk.conversation.UNCERTAIN_S", 0.3)
    house, provider = build(), ScriptedProvider([GREETING], key="offline")
    calls, interview = house.calls(provider), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.bridge.conversation.waiting)
    monkeypatch.setattr(type(candidate.media.microphone.near_end), "faded", property(lambda self: True))

    provider.connection.emit(SpeechStarted())
    await eventually(lambda: provider.connection.told(Instructed))

    assert provider.connection.told(Instructed)[0].instruction.kind is InstructionKind.CHECK
    await calls.aclose()


async def test_a_candidate_who_types_is_connected_and_heard(build: Build) -> None:
    house = build(free_window_s=2.5, rejoin_grace_s=60)
    calls, interview = house.calls(ScriptedProvider([GREETING], [], key="offline")), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)
    await candidate.leave()
    await eventually(lambda: call.bridge.served_s() > 3.0)
    charged_before = house.kinds()

    call.tell(Typed("We moved the billing service to PostgreSQL."))
    await eventually(lambda: house.now(interview).charge_committed_at)

    assert charged_before == ["grant"]
    await calls.aclose()


async def test_a_call_in_which_nothing_was_understood_is_given_back(build: Build) -> None:
    house = build(free_window_s=0.3)
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: house.now(interview).charge_committed_at)

    call.tell(EndRequested())
    await eventually(lambda: house.kinds() == ["grant", "debit", "refund"])

    assert "understood" in house.interviews.accounts.ledger(house.user_id)[-1].reason
    await calls.aclose()


async def test_who_is_talked_over_reads_what_to_do(build: Build) -> None:
    house = build()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live and call.bridge.conversation.waiting)

    heard = candidate.media.microphone.near_end
    assert heard
    heard._foreground.unheeding, heard._foreground.keeps = True, lambda *_, **__: True  # type: ignore[method-assign]
    candidate.say(tone(2000, 48_000))
    await eventually(lambda: call.snapshot().notice == TALKED_OVER)

    await calls.aclose()
