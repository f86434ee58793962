"""Leaving, deleting, and what another visitor can do: nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from services.core.errors import InterviewNotFound, InvalidTransition
from services.core.interview import Interview, Status, TurnMetrics
from services.store.store import Store
from tests.clock import Clock
from tests.conftest import Databases
from tests.stage import PLAN, SPOKEN, TURNS, Stage

OPEN_STATES: dict[str, Callable[[Stage], Interview]] = {
    "setup": Stage.prepare,
    "active": Stage.charged,
    "analyzing": Stage.ended,
}


@pytest.mark.parametrize("state", OPEN_STATES)
def test_abandoning_frees_the_visitor(stage: Stage, state: str) -> None:
    interview = OPEN_STATES[state](stage)
    before = stage.amounts()

    abandoned = stage.interviews.lifecycle.abandon(stage.user, interview.id)

    assert (abandoned.status, stage.amounts()) == (Status.FAILED, before)
    assert stage.transcripts.held_ids() == frozenset()
    assert stage.prepare().status is Status.SETUP


def test_finished_interview_cannot_be_abandoned(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended().id)

    with pytest.raises(InvalidTransition):
        stage.interviews.lifecycle.abandon(stage.user, interview.id)


def test_deleting_removes_all_but_the_ledger(stage: Stage) -> None:
    interview = stage.ended(200, charge_due=True)
    stage.interviews.lifecycle.add_turns(interview.id, [TurnMetrics.of(1, TURNS[0])])
    money = stage.interviews.accounts.ledger(stage.user)

    deleted = stage.interviews.lifecycle.delete(stage.user, interview.id)

    assert deleted.id == interview.id
    assert stage.interviews.accounts.ledger(stage.user) == money
    assert stage.interviews.list(stage.user) == []
    assert stage.transcripts.held_ids() == frozenset()
    with stage.store.read() as db:
        assert db.list_turns(interview.id) == []


def test_deleted_text_leaves_the_file(databases: Databases, clock: Clock) -> None:
    url = databases.sqlite()
    stage = Stage(Store(url), clock)
    stage.interviews.lifecycle.delete(stage.user, stage.prepare().id)

    path = Path(url.removeprefix("sqlite:///"))
    left = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

    assert stage.user.encode() in left
    assert b"PostgreSQL in production" not in left


def test_running_interview_is_not_deleted(stage: Stage) -> None:
    interview = stage.begin()

    with pytest.raises(InvalidTransition):
        stage.interviews.lifecycle.delete(stage.user, interview.id)


def test_history_is_newest_first(stage: Stage) -> None:
    ids = []
    for _ in range(3):
        ids.append(stage.prepare().id)
        stage.interviews.lifecycle.abandon(stage.user, ids[-1])
        stage.clock.advance(60)

    assert [interview.id for interview in stage.interviews.list(stage.user)] == ids[::-1]


ASKED_FOR_ANOTHER: dict[str, Callable[[Stage, str, str], object]] = {
    "get": lambda stage, user, interview: stage.interviews.get(user, interview),
    "revise": lambda stage, user, interview: stage.interviews.preparation.revise_plan(user, interview, PLAN.questions),
    "abandon": lambda stage, user, interview: stage.interviews.lifecycle.abandon(user, interview),
    "delete": lambda stage, user, interview: stage.interviews.lifecycle.delete(user, interview),
}


@pytest.mark.parametrize("deed", ASKED_FOR_ANOTHER)
@pytest.mark.parametrize("known", [True, False])
def test_another_visitors_interview_does_not_exist(stage: Stage, deed: str, known: bool) -> None:
    interview = stage.prepare()
    stranger = stage.interviews.accounts.guest("stranger").id

    with pytest.raises(InterviewNotFound):
        ASKED_FOR_ANOTHER[deed](stage, stranger, interview.id if known else "0" * 32)

    assert stage.get(interview) == interview
    assert stage.interviews.list(stranger) == []


def test_words_never_reach_the_database(databases: Databases, clock: Clock) -> None:
    url = databases.sqlite()
    stage = Stage(Store(url), clock)
    interview = stage.ended()
    stage.interviews.lifecycle.add_turns(
        interview.id, [TurnMetrics.of(number, turn) for number, turn in enumerate(TURNS, 1)]
    )
    stage.interviews.analysis.analyze(interview.id)

    path = Path(url.removeprefix("sqlite:///"))
    left = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))

    assert SPOKEN[:30].encode() in left
    assert SPOKEN[30:].encode() not in left
