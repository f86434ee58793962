"""The debit: at its instant, once, and never from nobody; and the refund."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.core.errors import InsufficientCredit, InvalidTransition
from services.core.interview import Interview, Status
from services.core.ledger import adjustment
from services.core.talk.events import CloseCause
from services.store.store import Store
from tests.clock import Clock
from tests.conftest import PROCESSES, Databases
from tests.stage import OWNER, WINDOW_S, Stage
from tests.waiting import PATIENCE_S


def adjust(stage: Stage, amount: int) -> None:
    with stage.store.write() as db:
        db.post(stage.user, adjustment(stage.user, amount, 1, "Correction.", stage.clock.now()))


# --- when ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "charged"), [(0, False), (119.999, False), (120, True), (120.05, True), (700, True)]
)
def test_debit_commits_from_its_instant_on(stage: Stage, seconds: float, charged: bool) -> None:
    interview = stage.begin()

    done = stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(seconds))

    assert done is charged
    assert stage.amounts() == ([60, -15] if charged else [60])


def test_charging_twice_charges_once(stage: Stage) -> None:
    interview = stage.charged()

    again = stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(1))

    assert not again
    assert stage.amounts() == [60, -15]


def test_record_names_the_instant_of_the_commit(stage: Stage) -> None:
    interview = stage.begin()
    stage.clock.advance(WINDOW_S + 0.04)

    stage.interviews.lifecycle.charge(interview.id, at=stage.clock.at - timedelta(seconds=0.04))

    entry = stage.interviews.accounts.ledger(stage.user)[-1]
    assert stage.get(interview).charge_committed_at == entry.created_at == stage.clock.at
    assert (entry.interview_id, entry.key) == (interview.id, f"debit:{interview.id}")


def test_debit_is_never_dated_before_it_was_due(stage: Stage) -> None:
    interview = stage.begin()
    due = stage.clock.now() + timedelta(seconds=WINDOW_S)

    stage.interviews.lifecycle.charge(interview.id, at=due)

    assert stage.get(interview).charge_committed_at == due


@pytest.mark.parametrize("place", [Stage.prepare, Stage.ended], ids=["setup", "analyzing"])
def test_only_a_running_interview_is_charged(stage: Stage, place: Callable[[Stage], Interview]) -> None:
    interview = place(stage)

    charged = stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(WINDOW_S))

    assert not charged
    assert stage.amounts() == [60]


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "charge_due", "charged"),
    [(119, True, False), (119, False, False), (120, True, True), (120, False, False), (300, True, True)],
)
def test_end_settles_a_debit_that_was_due(stage: Stage, seconds: float, charge_due: bool, charged: bool) -> None:
    interview = stage.ended(seconds, charge_due=charge_due)

    assert (interview.charge_committed_at is not None) is charged
    assert stage.amounts() == ([60, -15] if charged else [60])


def test_end_as_of_earlier_audio_charges_nothing(stage: Stage) -> None:
    interview = stage.begin()
    last_audio = stage.clock.advance(WINDOW_S - 1)
    stage.clock.advance(61)

    ended = stage.interviews.lifecycle.end(interview.id, at=last_audio, cause=CloseCause.NETWORK, charge_due=True)

    assert (ended.duration_s, stage.amounts()) == (WINDOW_S - 1, [60])


def test_end_of_a_charged_interview_charges_no_more(stage: Stage) -> None:
    interview = stage.charged()

    stage.interviews.lifecycle.end(interview.id, at=stage.clock.advance(60), cause=CloseCause.USER, charge_due=True)

    assert stage.amounts() == [60, -15]


# --- credit ----------------------------------------------------------------------------------------------------------


def test_interview_without_cover_does_not_begin(stage: Stage) -> None:
    interview = stage.prepare()
    adjust(stage, -46)

    with pytest.raises(InsufficientCredit):
        stage.interviews.lifecycle.begin(interview.id, stage.clock.now(), OWNER)

    assert stage.get(interview).status is Status.SETUP


def test_charge_without_cover_is_refused(stage: Stage) -> None:
    interview = stage.begin()
    adjust(stage, -46)

    with pytest.raises(InsufficientCredit):
        stage.interviews.lifecycle.charge(interview.id, at=stage.clock.advance(WINDOW_S))

    assert stage.get(interview).charge_committed_at is None


def test_end_without_cover_still_ends(stage: Stage) -> None:
    interview = stage.begin()
    adjust(stage, -46)

    ended = stage.interviews.lifecycle.end(
        interview.id, at=stage.clock.advance(WINDOW_S), cause=CloseCause.USER, charge_due=True
    )

    assert (ended.status, ended.charge_committed_at) == (Status.ANALYZING, None)
    assert stage.interviews.accounts.balance(stage.user) == 14


# --- the refund ------------------------------------------------------------------------------------------------------


def test_failure_refunds_with_its_reason(stage: Stage) -> None:
    interview = stage.charged()

    failed = stage.interviews.lifecycle.fail(interview.id, "The voice provider broke down.")

    assert (failed.status, failed.failure_reason) == (Status.FAILED, "The voice provider broke down.")
    assert stage.amounts() == [60, -15, 15]
    assert stage.interviews.accounts.ledger(stage.user)[-1].reason == "Refund: The voice provider broke down."


def test_failing_twice_refunds_once(stage: Stage) -> None:
    interview = stage.charged()
    stage.interviews.lifecycle.fail(interview.id, "First.")

    again = stage.interviews.lifecycle.fail(interview.id, "Second.")

    assert (again.failure_reason, stage.amounts()) == ("First.", [60, -15, 15])


def test_uncharged_failure_leaves_the_ledger_alone(stage: Stage) -> None:
    interview = stage.begin()

    failed = stage.interviews.lifecycle.fail(interview.id, "The voice provider broke down.", at=stage.clock.advance(30))

    assert (failed.duration_s, stage.amounts()) == (30, [60])


def test_failure_of_the_candidates_own_keeps_the_charge(stage: Stage) -> None:
    interview = stage.charged()

    stage.interviews.lifecycle.fail(interview.id, "You were disconnected.", refund=False)

    assert stage.amounts() == [60, -15]


def test_finished_interview_cannot_fail(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended(200, charge_due=True).id)

    with pytest.raises(InvalidTransition):
        stage.interviews.lifecycle.fail(interview.id, "Too late.")

    assert stage.amounts() == [60, -15]


# --- races -----------------------------------------------------------------------------------------------------------


def charge_or_end(stage: Stage, interview: Interview, end: bool) -> None:
    due = stage.clock.at
    if end:
        stage.interviews.lifecycle.end(interview.id, at=due, cause=CloseCause.USER, charge_due=True)
    else:
        stage.interviews.lifecycle.charge(interview.id, at=due)


def test_fifty_threads_charge_once(stage: Stage) -> None:
    interview = stage.begin()
    stage.clock.advance(WINDOW_S)
    ends = [True, False] * 25
    random.Random(7).shuffle(ends)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda end: charge_or_end(stage, interview, end), ends))

    assert stage.amounts() == [60, -15]
    assert stage.get(interview).status is Status.ANALYZING


def test_fifty_charges_commit_one_debit(stage: Stage) -> None:
    interview = stage.begin()
    at = stage.clock.advance(WINDOW_S)

    with ThreadPoolExecutor(50) as pool:
        done = list(pool.map(lambda _: stage.interviews.lifecycle.charge(interview.id, at=at), range(50)))

    assert done.count(True) == 1


def test_fifty_ends_agree_on_the_first(stage: Stage) -> None:
    interview = stage.begin()
    ends = [stage.clock.advance(1) for _ in range(50)]

    with ThreadPoolExecutor(50) as pool:
        ended = list(
            pool.map(lambda at: stage.interviews.lifecycle.end(interview.id, at=at, cause=CloseCause.USER), ends)
        )

    assert {each.ended_at for each in ended} == {stage.get(interview).ended_at}


def race(url: str, interview_id: str, clock: Clock, start: object) -> None:
    stage = Stage(Store(url), clock)
    start.wait(PATIENCE_S)  # type: ignore[attr-defined]
    stage.interviews.lifecycle.charge(interview_id, at=clock.at)
    stage.interviews.lifecycle.end(interview_id, at=clock.at, cause=CloseCause.USER, charge_due=True)
    stage.interviews.lifecycle.fail(interview_id, "The voice provider broke down.")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_racing_replicas_charge_once_then_refund_once(databases: Databases, clock: Clock, kind: str) -> None:
    url, start = getattr(databases, kind)(), PROCESSES.Barrier(3)
    stage = Stage(Store(url), clock)
    interview = stage.begin()
    clock.advance(WINDOW_S)
    replicas = [PROCESSES.Process(target=race, args=(url, interview.id, clock, start)) for _ in range(3)]

    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.join(PATIENCE_S)

    assert [replica.exitcode for replica in replicas] == [0, 0, 0]
    assert stage.amounts() == [60, -15, 15]
    stage.store.close()
