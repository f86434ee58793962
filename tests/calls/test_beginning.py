"""The first microphone audio begins a call at once; the database learns of it beside the greeting."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from services.core.errors import InsufficientCredit
from services.core.interview import Interview, Status
from services.core.talk.events import EndRequested
from tests.fakes import ScriptedProvider, says
from tests.house import Build
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

GREETING = says("Hello, I am Ema, an AI interviewer.", ms=200)


async def test_greeting_does_not_wait_for_the_database(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    house, written = build(), threading.Event()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    begin = house.interviews.lifecycle.begin

    def begin_later(*args: Any, **kwargs: Any) -> Interview:
        written.wait(10)
        return begin(*args, **kwargs)

    monkeypatch.setattr(house.interviews.lifecycle, "begin", begin_later)
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.snapshot().captions)
    heard_first = house.now(interview).status is Status.SETUP
    written.set()
    await eventually(lambda: house.now(interview).status is Status.ACTIVE)

    assert heard_first
    await calls.aclose()


async def test_end_before_the_beginning_is_recorded_settles_the_interview(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, written = build(), threading.Event()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()
    begin = house.interviews.lifecycle.begin

    def begin_later(*args: Any, **kwargs: Any) -> Interview:
        written.wait(10)
        return begin(*args, **kwargs)

    monkeypatch.setattr(house.interviews.lifecycle, "begin", begin_later)
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.snapshot().captions)
    call.tell(EndRequested())
    await eventually(lambda: call.over)
    written.set()

    await eventually(lambda: house.now(interview).status is Status.COMPLETE)


async def test_refused_beginning_ends_the_call_with_its_reason(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    house = build()
    calls, interview = house.calls(ScriptedProvider([GREETING], key="offline")), house.prepare()

    def refuse(*args: Any, **kwargs: Any) -> Interview:
        raise InsufficientCredit(0, 15)

    monkeypatch.setattr(house.interviews.lifecycle, "begin", refuse)
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.over)
    await asyncio.sleep(0)

    assert call.snapshot().ended_sentence == InsufficientCredit(0, 15).sentence
    assert house.now(interview).status is Status.SETUP
    assert house.kinds() == ["grant"]
