"""A database that goes away in mid-call costs nobody an interview."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest

from services.analyst.rules import utc_now
from services.core.errors import DatabaseAway
from services.core.interview import LEASE_S, Interview, Status
from services.core.talk.events import EndRequested
from tests.fakes import ScriptedProvider, says
from tests.house import Build
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


async def test_an_end_that_waits_for_the_database_keeps_its_lease(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = build()
    calls, interview = (
        house.calls(ScriptedProvider([says("Hello, I am Ema, an AI interviewer.", ms=200)], key="offline")),
        house.prepare(),
    )
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)
    end, tried, back = house.interviews.lifecycle.end, threading.Event(), threading.Event()

    def end_when_back(*args: Any, **kwargs: Any) -> Interview:
        tried.set()
        if not back.is_set():
            raise DatabaseAway
        return end(*args, **kwargs)

    monkeypatch.setattr(house.interviews.lifecycle, "end", end_when_back)
    call.tell(EndRequested())
    await eventually(tried.is_set)
    lapsed = utc_now() + timedelta(seconds=LEASE_S)
    monkeypatch.setattr(house.interviews.lifecycle, "_now", lambda: lapsed)
    await asyncio.to_thread(calls.renew_leases)
    assert await asyncio.to_thread(house.interviews.lifecycle.recover, lapsed) == []
    back.set()

    await eventually(lambda: house.now(interview).status is Status.COMPLETE)
    assert not call.live
