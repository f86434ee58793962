"""What a dead process leaves, and how it is settled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count, groupby

import pytest
import sqlalchemy as sa

from services.core.errors import InterviewNotFound
from services.core.interview import LEASE_S, SETUP_KEPT_S, Interview, Status
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions
from services.interviews.interviews import Interviews
from services.interviews.lifecycle import ABANDONED
from services.interviews.owners import is_gone, new_owner
from services.interviews.transcripts import KEPT_S
from services.store.store import Store
from tests.clock import Clock
from tests.conftest import PROCESSES, Databases
from tests.stage import OWNER, TURNS, WINDOW_S, Stage
from tests.waiting import PATIENCE_S

POINTS = 24
"""Instants of one charge at which the process is killed; its last ones come after the commit."""


def another_process(stage: Stage) -> Stage:
    """The same database and clock; none of the words, none of the calls."""
    return Stage(stage.store, stage.clock)


# --- leases ----------------------------------------------------------------------------------------------------------


def test_living_call_is_left_alone(stage: Stage) -> None:
    interview = stage.begin()
    stage.clock.advance(LEASE_S - 1)
    stage.interviews.lifecycle.renew_lease(interview.id, OWNER)
    stage.clock.advance(LEASE_S - 1)

    assert stage.interviews.lifecycle.recover() == []
    assert stage.get(interview).status is Status.ACTIVE


def on_another_host(stage: Stage, ahead_s: float) -> Stage:
    """The same database, whose clock is the stage's; this host's own runs ahead of it."""
    other = Stage(stage.store, stage.clock)
    other.interviews = Interviews(
        stage.store,
        stage.settings,
        stage.analyst,
        lambda: stage.clock.now() + timedelta(seconds=ahead_s),
        other.transcripts,
        database_now=lambda _: stage.clock.now(),
    )
    return other


@pytest.mark.parametrize("ahead_s", [16, 3600, -3600])
def test_a_host_whose_clock_is_wrong_fails_no_living_call(stage: Stage, ahead_s: float) -> None:
    interview, other = stage.begin(), on_another_host(stage, ahead_s)
    stage.clock.advance(LEASE_S - 1)

    assert other.interviews.lifecycle.recover() == []
    assert other.interviews.lifecycle.abandon(stage.user, interview.id).failure_reason == ABANDONED


@pytest.mark.parametrize("ahead_s", [16, 3600, -3600])
def test_a_host_whose_clock_is_wrong_dates_nothing_by_it(stage: Stage, ahead_s: float) -> None:
    other, began_at = on_another_host(stage, ahead_s), stage.clock.now()
    interview = other.interviews.lifecycle.begin(
        stage.prepare().id, began_at + timedelta(seconds=ahead_s), "another host"
    )

    other.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(WINDOW_S))

    entry = stage.interviews.accounts.ledger(stage.user)[-1]
    assert (interview.started_at, entry.created_at) == (began_at, stage.clock.now())
    with stage.store.read() as db:
        assert db.get_interview(interview.id).lease_until == began_at + timedelta(seconds=LEASE_S)


@pytest.mark.parametrize("ahead_s", [16, 3600, -3600])
def test_a_token_is_due_by_the_databases_clock(stage: Stage, ahead_s: float) -> None:
    direct, interview = on_another_host(stage, ahead_s).interviews.direct, stage.prepare()
    direct.reserve(interview, "xai")
    direct.confirm(interview.id, None)
    stage.clock.advance(WINDOW_S - 1)

    early = stage.interviews.direct.due()
    due_at = stage.clock.advance(1)
    direct.settle(interview.id, seconds=None)

    entry = stage.interviews.accounts.ledger(stage.user)[-1]
    assert (early, direct.due()) == ([], [])
    assert (entry.kind, entry.created_at) == ("debit", due_at)


@pytest.mark.parametrize("ahead_s", [16, -3600])
def test_credits_are_granted_and_given_back_by_the_databases_clock(stage: Stage, ahead_s: float) -> None:
    accounts = on_another_host(stage, ahead_s).interviews.accounts
    newcomer = accounts.guest("newcomer").id
    charged = stage.charged()

    (deleted,) = accounts.delete(stage.user)

    ledger = [*accounts.ledger(newcomer), accounts.ledger(stage.user)[-1]]
    assert [entry.kind for entry in ledger] == ["grant", "refund"]
    assert ledger[1].created_at == stage.clock.now() == deleted.ended_at
    assert ledger[0].created_at == charged.started_at


def test_a_jump_back_keeps_no_dead_call_and_fails_no_living_one(stage: Stage) -> None:
    dead = stage.begin()
    living = stage.interviews.accounts.guest("somebody else").id
    goes_on = stage.interviews.lifecycle.begin(stage.prepare(living).id, stage.clock.now(), OWNER)
    stage.clock.advance(-3600)
    other = another_process(stage)

    first = other.interviews.lifecycle.recover()
    stage.clock.advance(LEASE_S - 1)
    stage.interviews.lifecycle.renew_lease(goes_on.id, OWNER)
    stage.clock.advance(2)

    assert (first, other.interviews.lifecycle.recover()) == ([], [dead.id])


def test_dead_call_fails_as_of_its_last_sign(stage: Stage) -> None:
    interview = stage.begin()
    stage.clock.advance(50)
    stage.interviews.lifecycle.renew_lease(interview.id, OWNER)
    stage.clock.advance(LEASE_S)

    settled = another_process(stage).interviews.lifecycle.recover()

    failed = stage.get(interview)
    assert (settled, failed.status, failed.duration_s) == ([interview.id], Status.FAILED, 50)
    assert "our fault" in (failed.failure_reason or "")
    assert stage.amounts() == [60]


def test_charged_call_that_died_is_refunded(stage: Stage) -> None:
    stage.charged()

    another_process(stage).interviews.lifecycle.recover(stage.clock.advance(LEASE_S))

    assert stage.amounts() == [60, -15, 15]
    assert stage.prepare().status is Status.SETUP


@pytest.fixture(scope="module")
def dead_owner() -> str:
    """As a server names itself that was killed a moment ago."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return f"{os.uname().nodename}:{process.pid}:0a1b2c3d"


@pytest.mark.parametrize("known", ["process is gone", "lease ran out"])
@pytest.mark.parametrize("then", ["abandon", "delete"])
def test_leaving_before_the_sweep_settles_the_crash_first(stage: Stage, dead_owner: str, known: str, then: str) -> None:
    owner = dead_owner if known == "process is gone" else OWNER
    interview = stage.interviews.lifecycle.begin(stage.prepare().id, stage.clock.now(), owner)
    stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(WINDOW_S))
    stage.interviews.lifecycle.renew_lease(interview.id, owner)
    stage.clock.advance(1 if known == "process is gone" else LEASE_S)
    there = another_process(stage).interviews.lifecycle

    left = there.abandon(stage.user, interview.id) if then == "abandon" else there.delete(stage.user, interview.id)

    assert "our fault" in (left.failure_reason or "")
    assert stage.amounts() == [60, -15, 15]
    assert there.recover() == []


@pytest.mark.parametrize("then", ["abandon", "delete"])
def test_leaving_an_analysis_whose_words_are_gone_refunds_it(stage: Stage, then: str) -> None:
    interview = stage.ended(WINDOW_S + 1, charge_due=True)
    stage.clock.advance(LEASE_S)
    there = another_process(stage).interviews.lifecycle

    left = there.abandon(stage.user, interview.id) if then == "abandon" else there.delete(stage.user, interview.id)

    assert (left.status, stage.amounts()) == (Status.FAILED, [60, -15, 15])


def test_leaving_a_call_that_goes_on_here_pays_for_it(stage: Stage) -> None:
    owner = new_owner()
    interview = stage.interviews.lifecycle.begin(stage.prepare().id, stage.clock.now(), owner)
    stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(WINDOW_S))
    stage.clock.advance(LEASE_S)

    stage.interviews.lifecycle.abandon(stage.user, interview.id)

    assert stage.amounts() == [60, -15]


@pytest.mark.parametrize("owner", [None, "", "call-1", "another-host:1:0a1b2c3d", f"{os.uname().nodename}:1:0a1b2c3d"])
def test_nobody_is_called_gone_without_proof(owner: str | None) -> None:
    assert not is_gone(owner)


def test_words_leave_memory_when_the_deleted_call_ends(stage: Stage) -> None:
    interview = stage.charged()
    stage.interviews.lifecycle.abandon(stage.user, interview.id)
    stage.interviews.lifecycle.delete(stage.user, interview.id)
    stage.transcripts.put(interview.id, TURNS, Conditions())

    with pytest.raises(InterviewNotFound):
        stage.interviews.lifecycle.end(interview.id, at=stage.clock.at, cause=CloseCause.USER)

    assert stage.transcripts.held_ids() == frozenset()


def test_lost_lease_tells_the_call_to_end(stage: Stage) -> None:
    interview = stage.begin()
    stage.clock.advance(LEASE_S)
    another_process(stage).interviews.lifecycle.recover()

    assert not stage.interviews.lifecycle.renew_lease(interview.id, OWNER)
    assert not stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(WINDOW_S))
    stage.transcripts.put(interview.id, TURNS, Conditions())
    assert (
        stage.interviews.lifecycle.end(interview.id, at=stage.clock.at, cause=CloseCause.USER).status is Status.FAILED
    )
    assert stage.transcripts.held_ids() == frozenset()


def test_words_held_keep_the_interview_open(stage: Stage) -> None:
    interview = stage.ended()
    stage.clock.advance(LEASE_S - 1)
    stage.interviews.lifecycle.recover()
    stage.clock.advance(LEASE_S - 1)

    assert another_process(stage).interviews.lifecycle.recover() == []
    assert stage.interviews.analysis.analyze(interview.id).status is Status.COMPLETE


def test_own_sweep_never_settles_words_it_holds(stage: Stage) -> None:
    interview = stage.ended()

    settled = stage.interviews.lifecycle.recover(stage.clock.advance(10 * LEASE_S))

    assert settled == []
    assert stage.get(interview).status is Status.ANALYZING


def test_words_gone_fail_the_interview(stage: Stage) -> None:
    interview = stage.ended(200, charge_due=True)

    settled = stage.interviews.lifecycle.recover(stage.clock.advance(KEPT_S))

    assert settled == [interview.id]
    assert stage.amounts() == [60, -15, 15]


@pytest.mark.parametrize(("age_s", "status"), [(SETUP_KEPT_S - 1, Status.SETUP), (SETUP_KEPT_S, Status.FAILED)])
def test_plan_nobody_began_is_given_up(stage: Stage, age_s: float, status: Status) -> None:
    interview = stage.prepare()

    stage.interviews.lifecycle.recover(stage.clock.advance(age_s))

    assert stage.get(interview).status is status
    assert stage.amounts() == [60]


def test_recovering_again_changes_nothing(stage: Stage) -> None:
    interview = stage.charged()
    stage.interviews.lifecycle.recover(stage.clock.advance(LEASE_S))
    settled = stage.get(interview)

    again = stage.interviews.lifecycle.recover(stage.clock.advance(LEASE_S))

    assert (again, stage.get(interview)) == ([], settled)


def dead_calls(stage: Stage, number: int) -> list[str]:
    """Charged interviews of as many visitors, whose process is gone, oldest first."""
    ids = []
    for visitor in range(number):
        stage.user = stage.interviews.accounts.guest(f"visitor {visitor}").id
        ids.append(stage.charged().id)
    stage.clock.advance(LEASE_S)
    return ids


def test_recovery_goes_by_age(stage: Stage) -> None:
    ids = dead_calls(stage, 5)

    assert stage.interviews.lifecycle.recover() == ids


def test_replicas_recover_each_interview_once(stage: Stage) -> None:
    ids = dead_calls(stage, 8)

    with ThreadPoolExecutor(4) as pool:
        settled = list(pool.map(lambda _: another_process(stage).interviews.lifecycle.recover(), range(4)))

    assert sorted(interview for part in settled for interview in part) == sorted(ids)
    assert stage.amounts() == [60, -15, 15]


def test_interview_deleted_meanwhile_is_passed_over(stage: Stage) -> None:
    interview = stage.prepare()
    stage.clock.advance(SETUP_KEPT_S)
    stage.interviews.lifecycle.delete(stage.user, interview.id)

    assert stage.interviews.lifecycle._settle(interview.id, stage.clock.at) is False


# --- kill -9 ---------------------------------------------------------------------------------------------------------


def charge_and_die(url: str, interview_id: str, at: datetime, point: int, end: bool) -> None:
    """Charges, and is killed at the given one of the moments in which something happens on the wire."""
    clock = Clock()
    clock.at = at
    stage, moments = Stage(Store(url), clock), count()

    def die(*_event: object, **_values: object) -> None:
        if next(moments) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        sa.event.listen(stage.store._engine, moment, die)
    sa.event.listen(stage.store._engine, "checkin", die)
    if end:
        stage.interviews.lifecycle.end(interview_id, at=at, cause=CloseCause.USER, charge_due=True)
    else:
        stage.interviews.lifecycle.charge(interview_id, at=at)
    os.kill(os.getpid(), signal.SIGKILL)


def killed(url: str, stage: Stage, point: int, *, end: bool) -> Interview:
    """What the interview looks like after the process that charged it was killed at this point."""
    stage.user = stage.interviews.accounts.guest(f"visitor {point}").id
    interview = stage.begin()
    at = stage.clock.advance(WINDOW_S)
    child = PROCESSES.Process(target=charge_and_die, args=(url, interview.id, at, point, end))
    child.start()
    child.join(PATIENCE_S)
    assert child.exitcode == -signal.SIGKILL
    return stage.get(interview)


def money_of(stage: Stage, interview: Interview) -> list[int]:
    return [entry.amount for entry in stage.interviews.accounts.ledger(interview.user_id)]


@pytest.mark.parametrize("end", [False, True], ids=["charge", "end"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_kill_at_any_point_charges_wholly_or_not(databases: Databases, clock: Clock, kind: str, end: bool) -> None:
    url = getattr(databases, kind)()
    stage = Stage(Store(url), clock)

    left = [killed(url, stage, point, end=end) for point in range(POINTS)]

    charged = [interview.charge_committed_at is not None for interview in left]
    assert [key for key, _ in groupby(charged)] == [False, True]
    assert [money_of(stage, interview) == [60, -15] for interview in left] == charged
    assert [interview.status is Status.ANALYZING for interview in left] == [end and paid for paid in charged]

    settled = stage.interviews.lifecycle.recover(clock.advance(LEASE_S))

    assert settled == [interview.id for interview in left]
    assert [money_of(stage, interview) for interview in left] == [[60, -15, 15] if paid else [60] for paid in charged]
    assert [stage.interviews.find_open(interview.user_id) for interview in left] == [None] * POINTS
    stage.store.close()
