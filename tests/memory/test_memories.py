"""What is remembered of whom: by consent, no word of anybody's, gone when it is forgotten, and never rated by."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.analyst.rules import OfflineAnalyst, Progress
from services.core.errors import SignInRequired
from services.core.interview import Interview
from services.core.plan.bank import bank, samples
from services.core.plan.history import NO_HISTORY
from services.core.plan.plan import Pace
from services.core.report.assembly import Interviewed
from services.core.report.rubric import Report
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.memory.memories import Memories
from services.store.store import Store
from tests.clock import Clock
from tests.conftest import Databases
from tests.core.plan.test_memory import reported
from tests.stage import OWNER, Stage

JOB = samples()[0].text
SAID = "we moved the zebra ledger to postgres and the double charges stopped within a day"


class Levelled(OfflineAnalyst):
    """The rules, whose report a level is put on."""

    level: int | None = None

    def report(self, heard: Interviewed, duration_s: int, progress: Progress) -> Report:
        by_rules = super().report(heard, duration_s, progress)
        return reported(heard.plan, self.level) if self.level else by_rules


class People:
    """Interviews by the offline rules, and whoever takes them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.stage = Stage(store, clock, signup_credits=600)
        self.clock, self.analyst, transcripts = clock, Levelled(clock.now), Transcripts(clock.monotonic)
        self.transcripts = transcripts
        self.interviews = Interviews(store, self.stage.settings, self.analyst, clock.now, transcripts)
        self.memories: Memories = self.interviews.memories

    def signed_in(self, name: str = "ada", *, agreed: bool = True) -> str:
        account = self.interviews.accounts.signed_in(f"https://okta.example|{name}", None, self.clock.now())
        assert account
        if agreed:
            self.memories.agree(account.id)
        return account.id

    def prepare(self, user_id: str) -> Interview:
        self.clock.advance(60)
        return self.interviews.preparation.prepare(
            user_id, job_description=JOB, provider="offline", pace=Pace.NORMAL, consent=True
        )

    def complete(self, interview: Interview) -> Interview:
        question = interview.plan.questions[1]
        turns = (
            Turn("t1", Speaker.EMA, question.text, 0, 4000, question.id),
            Turn("t2", Speaker.CANDIDATE, SAID, 5000, 20_000, question.id, confidence=0.9),
        )
        self.interviews.lifecycle.begin(interview.id, self.clock.now(), OWNER)
        self.transcripts.put(interview.id, turns, Conditions())
        self.interviews.lifecycle.end(interview.id, at=self.clock.advance(60), cause=CloseCause.USER)
        return self.interviews.analysis.analyze(interview.id)

    def take(self, user_id: str, level: int | None = None) -> Interview:
        self.analyst.level = level
        return self.complete(self.prepare(user_id))


@pytest.fixture
def people(db: Store, clock: Clock) -> People:
    return People(db, clock)


# --- by consent ------------------------------------------------------------------------------------------------------


def test_nothing_is_remembered_before_somebody_agrees(people: People) -> None:
    user = people.signed_in(agreed=False)

    people.take(user)

    assert not people.memories.agreed(user)
    people.memories.agree(user)
    assert people.memories.list(user) == []


def test_a_guest_can_agree_to_nothing(people: People) -> None:
    guest = people.stage.user
    people.take(guest)

    with pytest.raises(SignInRequired):
        people.memories.agree(guest)

    assert people.memories.list(guest) == []
    assert people.memories.history(guest) is NO_HISTORY


def test_an_interview_prepared_before_consent_teaches_nothing(people: People) -> None:
    user = people.signed_in(agreed=False)
    interview = people.prepare(user)
    people.clock.advance(1)
    people.memories.agree(user)

    people.complete(interview)

    assert people.memories.list(user) == []


def test_withdrawing_forgets_everything(people: People) -> None:
    user = people.signed_in()
    people.take(user)

    people.memories.withdraw(user)

    assert not people.memories.agreed(user)
    people.memories.agree(user)
    assert people.memories.list(user) == []


def test_agreeing_twice_keeps_the_first_day(people: People) -> None:
    user = people.signed_in()
    people.take(user)

    people.memories.agree(user)

    assert people.memories.list(user)


# --- what is used ----------------------------------------------------------------------------------------------------


def asked(interview: Interview) -> set[str]:
    return {question.template_id for question in interview.plan.questions} - {""}


def test_the_next_interview_asks_what_was_not_asked(people: People) -> None:
    user, other = people.signed_in(), people.signed_in("eve")
    first = people.take(user, level=2)

    again, elsewhere = people.prepare(user), people.prepare(other)

    assert len(asked(again) & asked(first)) < len(asked(first)) / 2
    assert asked(elsewhere) == asked(first)


def test_a_level_reached_twice_raises_its_competency(people: People) -> None:
    user = people.signed_in()
    people.take(user, level=3)
    assert people.memories.history(user).raised == frozenset()

    people.take(user, level=3)

    assert people.memories.history(user).raised


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_one_thing_is_forgotten_and_is_the_owners_to_forget(people: People) -> None:
    user, other = people.signed_in(), people.signed_in("eve")
    people.take(user, level=3)
    gone, *kept = people.memories.list(user)

    assert not people.memories.forget(other, [gone.id])
    assert people.memories.forget(user, [gone.id])
    assert not people.memories.forget(user, [gone.id])

    assert people.memories.list(user) == kept


def test_all_is_forgotten_and_consent_stays(people: People) -> None:
    user = people.signed_in()
    people.take(user)

    people.memories.forget(user)

    assert people.memories.list(user) == []
    assert people.memories.agreed(user)


def test_a_deleted_interview_takes_what_it_taught_along(people: People) -> None:
    user = people.signed_in()
    first, second = people.take(user), people.take(user)

    people.interviews.lifecycle.delete(user, first.id)

    assert {memory.interview_id for memory in people.memories.list(user)} == {second.id}


def test_a_deleted_account_takes_everything_along(people: People) -> None:
    user = people.signed_in()
    people.take(user)

    people.interviews.accounts.delete(user)

    with people.stage.store.read() as db:
        assert db.list_memories(user) == []


# --- no words, and no rating -----------------------------------------------------------------------------------------


def test_no_word_of_an_interview_is_in_any_memory(people: People) -> None:
    user = people.signed_in()
    interview = people.take(user, level=3)

    known = people.memories.list(user)

    closed = bank().clusters_by_template.keys() | bank().competencies.keys()
    assert {memory.subject for memory in known} <= closed
    assert all(memory.number in (None, 1, 2, 3, 4) for memory in known)
    for question in interview.plan.questions:
        assert question.text not in str(known)


def test_a_byte_search_finds_no_word_of_an_answer(databases: Databases, clock: Clock) -> None:
    url = databases.sqlite()
    people = People(Store(url), clock)
    user = people.signed_in()

    people.take(user, level=4)

    path = Path(url.removeprefix("sqlite:///"))
    kept = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    rows = "\n".join(memory.model_dump_json() for memory in people.memories.list(user)).encode()
    assert rows
    assert rows.split(b'"', 4)[3] in kept
    assert b"zebra" not in kept
    assert not [word for word in SAID.split() if len(word) > 5 and word.encode() in rows]


def test_equal_words_are_rated_alike_with_and_without_memory(people: People) -> None:
    remembered, unknown = people.signed_in(), people.signed_in("eve", agreed=False)
    people.take(remembered, level=4)
    people.take(remembered, level=4)
    people.analyst.level = None
    mine, theirs = people.prepare(remembered), people.prepare(unknown)
    theirs = people.interviews.preparation.revise_plan(unknown, theirs.id, mine.plan.questions)

    rated = [people.complete(interview).report for interview in (mine, theirs)]

    assert people.memories.history(remembered).raised
    one, other = [report.model_dump(exclude={"generated_at"}) for report in rated if report]
    assert one == other
