"""Any order of use cases: the money adds up, the states are legal, nobody is stuck."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.core.errors import PhoneScreenError
from services.core.events import CloseCause
from services.core.interview import LEASE_S, OPEN, TRANSITIONS, Status
from services.core.ledger import balance
from services.core.turn import Conditions
from services.store import Store
from tests.conftest import Clock, Databases
from tests.stage import OWNER, TURNS, WINDOW_S, Stage, raising

SECONDS = st.sampled_from([0.0, 1.0, LEASE_S - 1, LEASE_S, WINDOW_S - 1.0, WINDOW_S, 1800.0])


class Lives(RuleBasedStateMachine):
    """One visitor's interviews; a refusal is as good an answer as any, what is left behind must obey the rules."""

    interviews = Bundle("interviews")
    databases: Databases

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(Store(self.databases.sqlite()), Clock())
        self.seen: dict[str, Status] = {}
        self.ledger = self.stage.interviews.ledger(self.stage.user)

    def teardown(self) -> None:
        self.stage.store.close()

    @rule(target=interviews)
    def prepare(self):
        try:
            return self.stage.prepare().id
        except PhoneScreenError:
            return multiple()

    @rule(interview=interviews, owner=st.sampled_from([OWNER, "call-2"]))
    def begin(self, interview: str, owner: str) -> None:
        self.attempt(self.stage.interviews.begin, interview, self.stage.clock.now(), owner)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.stage.clock.advance(seconds)

    @rule(interview=interviews)
    def renew(self, interview: str) -> None:
        self.attempt(self.stage.interviews.renew_lease, interview, OWNER)

    @rule(interview=interviews)
    def charge(self, interview: str) -> None:
        self.attempt(self.stage.interviews.charge, interview, at=self.stage.clock.now())

    @rule(interview=interviews, cause=st.sampled_from(CloseCause), due=st.booleans(), kept=st.booleans())
    def end(self, interview: str, cause: CloseCause, due: bool, kept: bool) -> None:
        if kept:
            self.stage.transcripts.put(interview, TURNS, Conditions())
        self.attempt(self.stage.interviews.end, interview, at=self.stage.clock.now(), cause=cause, charge_due=due)

    @rule(interview=interviews, broken=st.booleans())
    def analyze(self, interview: str, broken: bool) -> None:
        self.stage.analyst.before = raising(ValueError()) if broken else lambda: None
        self.attempt(self.stage.interviews.analyze, interview)
        self.stage.analyst.before = lambda: None

    @rule(interview=interviews, refund=st.booleans())
    def fail(self, interview: str, refund: bool) -> None:
        self.attempt(self.stage.interviews.fail, interview, "Our fault.", refund=refund)

    @rule(interview=interviews)
    def abandon(self, interview: str) -> None:
        self.attempt(self.stage.interviews.abandon, self.stage.user, interview)

    @rule(interview=consumes(interviews))
    def delete(self, interview: str) -> None:
        self.attempt(self.stage.interviews.delete, self.stage.user, interview)

    @rule()
    def recover(self) -> None:
        self.stage.interviews.recover()

    def attempt(self, deed, *args, **values) -> None:
        with suppress(PhoneScreenError):
            deed(*args, **values)

    @invariant()
    def ledger_only_grows(self) -> None:
        now = self.stage.interviews.ledger(self.stage.user)
        assert now[: len(self.ledger)] == self.ledger
        self.ledger = now

    @invariant()
    def balance_is_the_sum(self) -> None:
        assert balance(self.ledger) == self.stage.interviews.balance(self.stage.user) >= 0

    @invariant()
    def debits_follow_the_rule(self) -> None:
        debits = {entry.interview_id: entry for entry in self.ledger if entry.kind == "debit"}
        for interview in self.stage.interviews.list(self.stage.user):
            assert (interview.charge_committed_at is not None) is (interview.id in debits)
            if interview.charge_committed_at and interview.started_at:
                assert (interview.charge_committed_at - interview.started_at).total_seconds() >= WINDOW_S
        refunded = [entry.interview_id for entry in self.ledger if entry.kind == "refund"]
        assert len(refunded) == len(set(refunded)) <= len(debits)

    @invariant()
    def states_move_by_the_table(self) -> None:
        now = {interview.id: interview.status for interview in self.stage.interviews.list(self.stage.user)}
        for interview, status in now.items():
            assert reachable(self.seen.get(interview, Status.SETUP), status)
        self.seen = now

    @invariant()
    def one_interview_is_open_at_most(self) -> None:
        statuses = [interview.status for interview in self.stage.interviews.list(self.stage.user)]
        assert sum(status in OPEN for status in statuses) <= 1


def reachable(before: Status, to: Status) -> bool:
    return to == before or any(reachable(step, to) for step in TRANSITIONS[before])


def test_any_order_of_use_cases_obeys_the_rules(databases: Databases) -> None:
    Lives.databases = databases

    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
