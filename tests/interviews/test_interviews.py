"""The use cases: who may do what, when, and what is left of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.core.errors import (
    ChoiceRefused,
    ConsentMissing,
    InsufficientCredit,
    InterviewAlreadyOpen,
    InvalidTransition,
    JobDescriptionRefused,
    PlanInvalid,
)
from services.core.interview import Interview, Status, TurnMetrics
from services.core.plan.plan import Pace
from services.core.talk.events import CloseCause
from services.interviews.interviews import Interviews
from services.store.store import Store
from tests.clock import Clock
from tests.stage import GRANT, JOB, OWNER, PLAN, TURNS, Stage, question, raising
from tests.waiting import PATIENCE_S

# --- the visitor -----------------------------------------------------------------------------------------------------


def test_newcomer_is_granted_credits_once(stage: Stage) -> None:
    again = stage.interviews.accounts.guest("somebody")

    assert again.id == stage.user
    assert stage.amounts() == [GRANT]


def test_racing_first_looks_grant_once(stage: Stage) -> None:
    with ThreadPoolExecutor(12) as pool:
        seen = set(pool.map(lambda _: stage.interviews.accounts.guest("newcomer"), range(24)))

    (visitor,) = seen
    assert stage.interviews.accounts.balance(visitor.id) == GRANT


def test_guest_and_user_of_one_name_differ(stage: Stage) -> None:
    account = stage.interviews.accounts.signed_in("somebody", None, stage.clock.now())

    assert account
    assert account.id != stage.user


def test_no_grant_where_none_is_given(db: Store, clock: Clock) -> None:
    stage = Stage(db, clock, signup_credits=0)

    assert (stage.amounts(), stage.interviews.accounts.balance(stage.user)) == ([], 0)


# --- prepare ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chosen",
    [
        {"provider": "Level 99"},
        {"provider": "gemini"},
        {"provider": None},
        {"pace": "Level 99"},
        {"pace": None},
        {"preset": "Level 99"},
        {"preset": "\0"},
    ],
)
def test_only_what_is_offered_can_be_chosen(stage: Stage, chosen: dict[str, Any]) -> None:
    made = Interviews(
        stage.store,
        stage.settings,
        stage.analyst,
        stage.clock.now,
        stage.transcripts,
        voices=lambda key: key == "offline",
    )
    offered = {"job_description": JOB, "provider": "offline", "pace": Pace.NORMAL, "consent": True}

    with pytest.raises(ChoiceRefused):
        made.preparation.prepare(stage.user, **{**offered, **chosen})

    assert made.list(stage.user) == []


def test_prepared_interview_keeps_plan_with_consent(stage: Stage) -> None:
    said: list[str] = []

    interview = stage.interviews.preparation.prepare(
        stage.user,
        job_description=JOB,
        provider="offline",
        pace=Pace.PATIENT,
        consent=True,
        preset="backend_senior",
        progress=said.append,
    )

    assert interview == stage.get(interview)
    assert (interview.status, interview.plan, interview.plan_hash) == (Status.SETUP, PLAN, PLAN.plan_hash)
    assert (interview.pace, interview.preset, interview.job_description) == (Pace.PATIENT, "backend_senior", JOB)
    assert interview.consent_at == stage.clock.at
    assert interview.is_open
    assert said


def test_no_consent_means_no_interview(stage: Stage) -> None:
    with pytest.raises(ConsentMissing):
        stage.interviews.preparation.prepare(
            stage.user, job_description=JOB, provider="offline", pace=Pace.NORMAL, consent=False
        )

    assert stage.interviews.list(stage.user) == []


def test_too_few_credits_means_no_interview(db: Store, clock: Clock) -> None:
    stage = Stage(db, clock, signup_credits=14)

    with pytest.raises(InsufficientCredit):
        stage.prepare()


@pytest.mark.parametrize("place", [Stage.prepare, Stage.begin, Stage.ended], ids=["setup", "active", "analyzing"])
def test_second_open_interview_is_refused(stage: Stage, place: Callable[[Stage], Interview]) -> None:
    first = place(stage)

    with pytest.raises(InterviewAlreadyOpen) as refusal:
        stage.prepare()

    assert refusal.value.interview_id == first.id == stage.interviews.find_open(stage.user).id  # type: ignore[union-attr]


def test_two_tabs_prepare_one_interview(stage: Stage) -> None:
    both_plan = threading.Barrier(2)
    stage.analyst.before = lambda: both_plan.wait(PATIENCE_S)

    def attempt(_tab: int) -> str:
        try:
            return stage.prepare().id
        except InterviewAlreadyOpen as refusal:
            return refusal.interview_id

    with ThreadPoolExecutor(2) as pool:
        ids = set(pool.map(attempt, range(2)))

    assert ids == {interview.id for interview in stage.interviews.list(stage.user)}
    assert len(ids) == 1


def test_refused_job_description_leaves_nothing(stage: Stage) -> None:
    stage.analyst.before = raising(JobDescriptionRefused("This is a recipe."))

    with pytest.raises(JobDescriptionRefused):
        stage.prepare()

    assert stage.interviews.find_open(stage.user) is None


def test_text_no_database_can_hold_is_cleaned(stage: Stage) -> None:
    interview = stage.interviews.preparation.prepare(
        stage.user, job_description="a\0b\ud800c", provider="offline", pace=Pace.NORMAL, consent=True
    )

    assert stage.get(interview).job_description == "abc"


# --- the plan --------------------------------------------------------------------------------------------------------


def test_revised_plan_replaces_the_questions(stage: Stage) -> None:
    interview = stage.prepare()

    revised = stage.interviews.preparation.revise_plan(stage.user, interview.id, (question(2), question(1)))

    assert [asked.id for asked in stage.get(interview).plan.questions] == ["q2", "q1"]
    assert revised.plan_hash == revised.plan.plan_hash != interview.plan_hash


def test_invalid_plan_changes_nothing(stage: Stage) -> None:
    interview = stage.prepare()

    with pytest.raises(PlanInvalid):
        stage.interviews.preparation.revise_plan(stage.user, interview.id, ())

    assert stage.get(interview) == interview


def test_plan_is_frozen_once_begun(stage: Stage) -> None:
    interview = stage.begin()

    with pytest.raises(InvalidTransition):
        stage.interviews.preparation.revise_plan(stage.user, interview.id, (question(1),))


# --- the call --------------------------------------------------------------------------------------------------------


def test_first_audio_starts_the_clock(stage: Stage) -> None:
    interview = stage.prepare()
    at = stage.clock.advance(3)

    begun = stage.interviews.lifecycle.begin(interview.id, at, OWNER)

    assert (begun.status, begun.started_at) == (Status.ACTIVE, at)


def test_beginning_again_changes_nothing(stage: Stage) -> None:
    first = stage.begin()

    again = stage.interviews.lifecycle.begin(first.id, stage.clock.advance(5), OWNER)

    assert again.started_at == first.started_at


def test_another_owner_cannot_begin_it(stage: Stage) -> None:
    interview = stage.begin()

    with pytest.raises(InvalidTransition):
        stage.interviews.lifecycle.begin(interview.id, stage.clock.now(), "call-2")

    assert stage.interviews.lifecycle.renew_lease(interview.id, OWNER)


def test_lease_belongs_to_one_owner(stage: Stage) -> None:
    interview = stage.begin()

    owners = [OWNER, "call-2"]

    assert [stage.interviews.lifecycle.renew_lease(interview.id, owner) for owner in owners] == [True, False]
    assert not stage.interviews.lifecycle.renew_lease("unknown", OWNER)


def test_vendor_conversations_are_all_remembered(stage: Stage) -> None:
    interview = stage.begin()

    stage.interviews.lifecycle.set_provider(interview.id, "elevenlabs", "conv_1", model="agent")
    stage.interviews.lifecycle.set_provider(interview.id, "offline", None)

    after = stage.get(interview)
    assert (after.provider, after.provider_conversation_id, after.provider_model) == ("offline", None, None)
    assert after.provider_conversations == (("elevenlabs", "conv_1"),)


def test_progress_is_kept_without_words(stage: Stage) -> None:
    interview = stage.begin()

    stage.interviews.lifecycle.set_question(interview.id, 1)
    stage.interviews.lifecycle.add_turns(interview.id, [TurnMetrics.of(2, TURNS[1]), TurnMetrics.of(1, TURNS[0])])

    with stage.store.read() as db:
        assert [(turn.number, turn.words) for turn in db.list_turns(interview.id)] == [(1, 7), (2, 14)]
    assert stage.get(interview).current_question_index == 1


def test_ending_before_it_began_fails_it(stage: Stage) -> None:
    interview = stage.prepare()

    ended = stage.interviews.lifecycle.end(interview.id, at=stage.clock.now(), cause=CloseCause.USER)

    assert (ended.status, ended.started_at, ended.ended_at) == (Status.FAILED, None, None)
    assert "Nothing was charged" in (ended.failure_reason or "")


@pytest.mark.parametrize(("last_audio_s", "duration_s"), [(-5, 0), (0, 0), (61.4, 61)])
def test_interview_ends_as_of_the_last_audio(stage: Stage, last_audio_s: float, duration_s: int) -> None:
    interview = stage.begin()

    ended = stage.interviews.lifecycle.end(interview.id, at=stage.clock.advance(last_audio_s), cause=CloseCause.NETWORK)

    assert (ended.status, ended.duration_s, ended.ended_by) == (Status.ANALYZING, duration_s, "network")
    assert ended.ended_at == max(stage.clock.at, interview.started_at)  # type: ignore[type-var]


def test_ending_twice_ends_once(stage: Stage) -> None:
    first = stage.ended(60)

    again = stage.interviews.lifecycle.end(first.id, at=stage.clock.advance(9), cause=CloseCause.LIMIT)

    assert (again.ended_at, again.ended_by) == (first.ended_at, "user")
