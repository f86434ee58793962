"""The log of a call: once, in figures, and only its own visitor's browser adds to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.core.call_log import LATE, Beacon, CallLog, LeaveReason
from services.core.interview import Interview
from tests.stage import Stage

CHROME = "Mozilla/5.0 Chrome/141.0.0.0 Safari/537.36"


def written(stage: Stage, interview: Interview, number: int = 1, turns: int = 3) -> CallLog:
    log = CallLog(
        started_at=stage.clock.now() - timedelta(seconds=60),
        ended_at=stage.clock.now(),
        closed_by="user",
        provider="offline",
        turns_candidate=turns,
        turns_ema=4,
        typed=0,
        barge_ins=1,
        tool_calls=0,
        tool_failures=0,
        joins=1,
        drops=0,
        seconds_away=0,
        e2e_p50_ms=410,
        e2e_p95_ms=900,
    )
    stage.interviews.call_logs.write(interview.id, number, log)
    return log


def told(call: int = 1, reason: LeaveReason = LeaveReason.ENDED, rtt_ms: int = 31) -> Beacon:
    return Beacon(call=call, reason=reason, rtt_ms=rtt_ms, candidate="host/udp")


def seen(stage: Stage, interview: Interview) -> list[tuple[int, int, int | None]]:
    """(number, the candidate's turns, the browser's round trip in ms) of each call."""
    calls = stage.interviews.call_logs.of([interview.id]).get(interview.id, [])
    return [(one.number, one.log.turns_candidate, one.beacon.rtt_ms if one.beacon else None) for one in calls]


def test_a_call_is_logged_once(stage: Stage) -> None:
    interview = stage.ended()
    assert stage.interviews.call_logs.next_number(interview.id) == 1

    log = written(stage, interview)
    written(stage, interview, turns=99)

    assert stage.interviews.call_logs.of([interview.id])[interview.id][0].log == log
    assert stage.interviews.call_logs.next_number(interview.id) == 2


def test_the_browser_stands_beside_the_servers_figures(stage: Stage) -> None:
    interview = stage.ended()
    written(stage, interview)

    stage.interviews.call_logs.tell(stage.user, interview.id, told(), CHROME)

    assert seen(stage, interview) == [(1, 3, 31)]
    assert stage.interviews.call_logs.of([interview.id])[interview.id][0].browser == "Chrome 141"


def test_a_browser_may_tell_before_the_server_has_written(stage: Stage) -> None:
    interview = stage.begin()

    stage.interviews.call_logs.tell(stage.user, interview.id, told(reason=LeaveReason.HIDDEN), CHROME)
    written(stage, interview)

    assert seen(stage, interview) == [(1, 3, 31)]


def test_the_first_of_each_kind_stays_and_the_last_kind_shows(stage: Stage) -> None:
    interview = stage.ended()
    written(stage, interview)

    for reason, rtt_ms in ((LeaveReason.HIDDEN, 10), (LeaveReason.HIDDEN, 20), (LeaveReason.PAGEHIDE, 30)):
        stage.interviews.call_logs.tell(stage.user, interview.id, told(reason=reason, rtt_ms=rtt_ms), CHROME)
        stage.clock.advance(1)

    assert seen(stage, interview) == [(1, 3, 30)]


@pytest.mark.parametrize("how", ["stranger", "late", "a call that never was", "no such interview"])
def test_what_counts_for_nothing_is_dropped_without_a_word(stage: Stage, how: str) -> None:
    interview = stage.ended()
    written(stage, interview)
    user = stage.interviews.accounts.guest("stranger").id if how == "stranger" else stage.user
    if how == "late":
        stage.clock.advance(LATE.total_seconds() + 1)
    call = 2 if how == "a call that never was" else 1

    stage.interviews.call_logs.tell(user, "nothing" if how.startswith("no ") else interview.id, told(call), CHROME)

    assert seen(stage, interview) == [(1, 3, None)]


def test_deleting_an_interview_takes_its_logs_along(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended().id)
    written(stage, interview)
    stage.interviews.call_logs.tell(stage.user, interview.id, told(), CHROME)

    stage.interviews.lifecycle.delete(stage.user, interview.id)
    written(stage, interview)

    assert seen(stage, interview) == []
