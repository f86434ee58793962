"""Invitations: one link, one interview, the host pays once, and nobody reads what the candidate did not share."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from services.core.errors import (
    ConsentMissing,
    InsufficientCredit,
    InterviewAlreadyOpen,
    InterviewNotFound,
    InvalidTransition,
    LinkRefused,
)
from services.core.interview import Interview, Status
from services.core.invitation import INVITE_DAYS
from services.core.report.review import Override
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions
from services.interviews.invitations import PREFIX
from tests.stage import COST, GRANT, OWNER, PLAN, TURNS, WINDOW_S, Stage


def invited(stage: Stage, label: str = "Ana M.") -> str:
    """A link to the plan of an interview that its host did not begin."""
    own = stage.prepare()
    token = stage.interviews.invitations.invite(stage.user, own.id, label)
    stage.interviews.lifecycle.abandon(stage.user, own.id)
    return token


def candidate(stage: Stage, name: str = "candidate") -> str:
    return stage.interviews.accounts.guest(name).id


def accept(stage: Stage, token: str, who: str, *, share: bool = True) -> Interview:
    return stage.interviews.invitations.accept(token, who, consent=True, share=share)


def begun(stage: Stage, interview: Interview) -> Interview:
    return stage.interviews.lifecycle.begin(interview.id, stage.clock.now(), OWNER)


def money(stage: Stage, *users: str) -> list[list[int]]:
    return [[entry.amount for entry in stage.interviews.accounts.ledger(user)] for user in users]


def test_candidate_owns_the_interview_with_the_hosts_plan(stage: Stage) -> None:
    who = candidate(stage)

    taken = accept(stage, invited(stage), who)

    assert (taken.user_id, taken.payer_id, taken.plan_hash) == (who, stage.user, PLAN.plan_hash)
    assert (taken.label, taken.status) == ("Ana M.", Status.SETUP)


def test_host_is_debited_once_at_two_minutes(stage: Stage) -> None:
    who = candidate(stage)
    taken = begun(stage, accept(stage, invited(stage), who))
    lifecycle, at = stage.interviews.lifecycle, stage.clock.now() + timedelta(seconds=WINDOW_S)

    early = lifecycle.charge(taken.id, at=at - timedelta(microseconds=1))
    on_time = [lifecycle.charge(taken.id, at=at) for _ in range(3)]

    assert (early, on_time) == (False, [True, False, False])
    assert money(stage, stage.user, who) == [[GRANT, -COST], [GRANT]]


def test_leaving_before_two_minutes_costs_nobody(stage: Stage) -> None:
    who = candidate(stage)
    taken = begun(stage, accept(stage, invited(stage), who))

    at = stage.clock.advance(WINDOW_S - 1)
    stage.interviews.lifecycle.end(taken.id, at=at, cause=CloseCause.USER, charge_due=True)

    assert money(stage, stage.user, who) == [[GRANT], [GRANT]]


def test_refund_goes_to_the_host(stage: Stage) -> None:
    who = candidate(stage)
    taken = begun(stage, accept(stage, invited(stage), who))
    stage.interviews.lifecycle.charge(taken.id, at=stage.clock.advance(WINDOW_S))

    for _ in range(2):
        stage.interviews.lifecycle.fail(taken.id, "Our fault.")

    assert money(stage, stage.user, who) == [[GRANT, -COST, COST], [GRANT]]


def test_threads_charging_at_once_debit_once(stage: Stage) -> None:
    taken = begun(stage, accept(stage, invited(stage), candidate(stage)))
    at = stage.clock.advance(WINDOW_S)
    racers = [threading.Thread(target=stage.interviews.lifecycle.charge, args=(taken.id,), kwargs={"at": at})
              for _ in range(4)]  # fmt: skip

    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert money(stage, stage.user) == [[GRANT, -COST]]


def test_one_invitation_makes_one_interview_of_racing_candidates(stage: Stage) -> None:
    token, people, won = invited(stage), [candidate(stage, f"c{number}") for number in range(4)], []

    def race(who: str) -> None:
        try:
            won.append(accept(stage, token, who).user_id)
        except LinkRefused:
            return

    racers = [threading.Thread(target=race, args=(who,)) for who in people]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert len(won) == 1
    assert sum(len(stage.interviews.list(who)) for who in people) == 1


def test_accepting_twice_is_the_same_interview(stage: Stage) -> None:
    token, who = invited(stage), candidate(stage)

    assert accept(stage, token, who).id == accept(stage, token, who).id
    assert stage.interviews.invitations.look(token, who).label == "Ana M."


def expired(stage: Stage, token: str) -> str:
    stage.clock.advance(timedelta(days=INVITE_DAYS).total_seconds())
    return token


def revoked(stage: Stage, token: str) -> str:
    stage.interviews.invitations.revoke(stage.user, stage.interviews.invitations.list(stage.user)[0][0].id)
    return token


def taken_by_another(stage: Stage, token: str) -> str:
    accept(stage, token, candidate(stage, "another"))
    return token


def taken_and_deleted(stage: Stage, token: str) -> str:
    other = candidate(stage, "another")
    stage.interviews.lifecycle.delete(other, accept(stage, token, other).id)
    return token


def host_left(stage: Stage, token: str) -> str:
    stage.interviews.accounts.delete(stage.user)
    return token


WRONG: dict[str, Callable[[Stage, str], str]] = {
    "guessed": lambda stage, token: PREFIX + "A" * 43,
    "cut off": lambda stage, token: token[:-1],
    "empty": lambda stage, token: "",
    "the hash that is kept": lambda stage, token: PREFIX + hashlib.sha256(token.encode()).hexdigest(),
    "a share link's": lambda stage, token: "shr_" + token.removeprefix(PREFIX),
    "expired": expired,
    "revoked": revoked,
    "taken by another": taken_by_another,
    "taken, and its interview deleted": taken_and_deleted,
    "its host's account deleted": host_left,
}


@pytest.mark.parametrize("how", WRONG)
def test_wrong_invitation_makes_no_interview(stage: Stage, how: str) -> None:
    token, who = WRONG[how](stage, invited(stage)), candidate(stage)

    with pytest.raises(LinkRefused):
        stage.interviews.invitations.look(token, who)
    with pytest.raises(LinkRefused):
        accept(stage, token, who)

    assert stage.interviews.list(who) == []


def test_consent_comes_first(stage: Stage) -> None:
    token, who = invited(stage), candidate(stage)

    with pytest.raises(ConsentMissing):
        stage.interviews.invitations.accept(token, who, consent=False, share=True)

    assert accept(stage, token, who)


def test_hosts_cannot_take_their_own(stage: Stage) -> None:
    with pytest.raises(LinkRefused):
        accept(stage, invited(stage), stage.user)


def test_an_open_interview_keeps_the_invitation_good(stage: Stage) -> None:
    token, who = invited(stage), candidate(stage)
    other = stage.prepare(who)

    with pytest.raises(InterviewAlreadyOpen):
        accept(stage, token, who)
    stage.interviews.lifecycle.abandon(who, other.id)

    assert accept(stage, token, who)


def test_the_plan_is_fixed(stage: Stage) -> None:
    who = candidate(stage)
    taken = accept(stage, invited(stage), who)

    with pytest.raises(InvalidTransition):
        stage.interviews.preparation.revise_plan(who, taken.id, PLAN.questions[:1])
    with pytest.raises(InvalidTransition):
        stage.interviews.invitations.invite(who, taken.id)


def test_running_interviews_are_covered_before_another_begins(stage: Stage) -> None:
    tokens = [invited(stage) for _ in range(GRANT // COST + 1)]
    taken = [accept(stage, token, candidate(stage, f"c{number}")) for number, token in enumerate(tokens)]
    for one in taken[:-1]:
        begun(stage, one)

    with pytest.raises(InsufficientCredit):
        begun(stage, taken[-1])
    at = stage.clock.advance(WINDOW_S)
    charged = [stage.interviews.lifecycle.charge(one.id, at=at) for one in taken[:-1]]

    assert charged == [True] * (GRANT // COST)
    assert stage.interviews.accounts.balance(stage.user) == 0


def test_a_candidates_token_is_the_hosts_to_pay(stage: Stage) -> None:
    who = candidate(stage)
    taken = accept(stage, invited(stage), who)

    stage.interviews.direct.reserve(taken, "openai")
    stage.interviews.direct.confirm(taken.id, None)
    stage.interviews.direct.settle(taken.id, seconds=None)

    assert money(stage, stage.user, who) == [[GRANT, -COST], [GRANT]]


def reported(stage: Stage, *, share: bool) -> tuple[str, str]:
    """The candidate and the invitation's id, with a report made."""
    who = candidate(stage)
    taken = begun(stage, accept(stage, invited(stage), who, share=share))
    stage.transcripts.put(taken.id, TURNS, Conditions())
    stage.interviews.lifecycle.end(taken.id, at=stage.clock.advance(60), cause=CloseCause.USER)
    stage.interviews.analysis.analyze(taken.id)
    return who, stage.interviews.invitations.list(stage.user)[0][0].id


def test_host_reads_the_report_the_candidate_agreed_to(stage: Stage) -> None:
    _, invitation = reported(stage, share=True)

    assert stage.interviews.invitations.report(stage.user, invitation).label == "Ana M."
    assert stage.interviews.invitations.list(stage.user)[0][1:] == (Status.COMPLETE, True)


def test_host_reads_nothing_without_agreement(stage: Stage) -> None:
    who, invitation = reported(stage, share=False)
    taken = stage.interviews.list(who)[0]

    with pytest.raises(LinkRefused):
        stage.interviews.invitations.report(stage.user, invitation)
    with pytest.raises(InterviewNotFound):
        stage.interviews.get(stage.user, taken.id)
    assert stage.interviews.invitations.list(stage.user)[0][1:] == (Status.COMPLETE, False)


def test_a_withdrawn_agreement_closes_the_report_to_the_host(stage: Stage) -> None:
    who, invitation = reported(stage, share=True)

    stage.interviews.sharing.withdraw(who, stage.interviews.list(who)[0].id)

    with pytest.raises(LinkRefused):
        stage.interviews.invitations.report(stage.user, invitation)


def test_the_host_leaves_a_level_with_a_name(stage: Stage) -> None:
    who, invitation = reported(stage, share=True)
    competency = stage.interviews.invitations.report(stage.user, invitation).report.competencies[0].competency_id

    stage.interviews.invitations.review(stage.user, invitation, "Bo", competency, 3, "She showed me the dashboard.")

    left = stage.interviews.list(who)[0].reviews
    assert [(one.name, one.to_level) for one in left if isinstance(one, Override)] == [("Bo", 3)]


def test_a_level_is_left_by_who_may_read_alone(stage: Stage) -> None:
    who, invitation = reported(stage, share=True)
    competency = stage.interviews.invitations.report(stage.user, invitation).report.competencies[0].competency_id
    leave = partial(stage.interviews.invitations.review, invitation_id=invitation, name="Bo", competency_id=competency,
                    level=3, reason="She showed me the dashboard.")  # fmt: skip

    with pytest.raises(InterviewNotFound):
        leave(candidate(stage, "stranger"))
    stage.interviews.sharing.withdraw(who, stage.interviews.list(who)[0].id)
    with pytest.raises(LinkRefused):
        leave(stage.user)

    assert stage.interviews.list(who)[0].reviews == ()


def test_the_host_answers_what_the_candidate_asked(stage: Stage) -> None:
    who, invitation = reported(stage, share=True)
    interviews, taken = stage.interviews, stage.interviews.list(who)[0]
    interviews.questions.note(taken.id, ["How often do you deploy?"])

    interviews.invitations.answer(stage.user, invitation, 1, "Daily.")

    (read,) = interviews.questions.list(who, taken.id)
    assert (read.question, read.answer) == ("How often do you deploy?", "Daily.")
    assert interviews.invitations.questions(stage.user, invitation) == [read]


def test_questions_are_for_who_may_read_the_report(stage: Stage) -> None:
    who, invitation = reported(stage, share=True)
    taken, invitations = stage.interviews.list(who)[0], stage.interviews.invitations
    stage.interviews.questions.note(taken.id, ["How often do you deploy?"])

    with pytest.raises(InterviewNotFound):
        invitations.answer(candidate(stage, "stranger"), invitation, 1, "Never.")
    stage.interviews.sharing.withdraw(who, taken.id)
    for attempt in (partial(invitations.questions), partial(invitations.answer, number=1, text="Never.")):
        with pytest.raises(LinkRefused):
            attempt(stage.user, invitation)

    assert stage.interviews.questions.list(who, taken.id)[0].answer == ""


def test_another_host_reads_nothing(stage: Stage) -> None:
    _, invitation = reported(stage, share=True)

    with pytest.raises(InterviewNotFound):
        stage.interviews.invitations.report(candidate(stage, "stranger"), invitation)


def test_a_host_who_signs_in_pays_from_the_account(stage: Stage) -> None:
    token, who = invited(stage), candidate(stage)
    taken = begun(stage, accept(stage, token, who))
    user = stage.interviews.accounts.signed_in("ada", None, stage.clock.now())
    assert user is not None
    stage.interviews.accounts.signed_in("ada", None, stage.clock.now(), "somebody")

    stage.interviews.lifecycle.charge(taken.id, at=stage.clock.advance(WINDOW_S))

    assert money(stage, user.id, who) == [[GRANT, -COST], [GRANT]]
    assert len(stage.interviews.invitations.list(user.id)) == 1
