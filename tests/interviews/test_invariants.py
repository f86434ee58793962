"""Any order of use cases: the money adds up, the states are legal, nobody is stuck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.core.errors import PhoneScreenError
from services.core.interview import LEASE_S, OPEN, TRANSITIONS, Interview, Status
from services.core.ledger import EntryKind, LedgerEntry, balance
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions
from services.store.store import Store
from tests.clock import Clock
from tests.conftest import Databases
from tests.stage import OWNER, TURNS, WINDOW_S, Stage, raising

SECONDS = st.sampled_from([WINDOW_S, WINDOW_S - 1.0, 1.0, LEASE_S, WINDOW_S + 0.5])
SETTINGS = settings(
    max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
MOSTLY = st.sampled_from([True, True, True, True, False])
RARELY = MOSTLY.map(lambda yes: not yes)


class Lives(RuleBasedStateMachine):
    """One visitor's interviews; a refusal is as good an answer as any, what is left behind must obey the rules."""

    databases: Databases
    reached: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(Store(self.databases.sqlite()), Clock())
        self.current = "none yet"
        self.seen: dict[str, Status] = {}
        self.ledger = self.stage.interviews.accounts.ledger(self.stage.user)

    def teardown(self) -> None:
        self.stage.store.close()

    @initialize()
    def one_life_each_way(self) -> None:
        """Completed, and failed after the charge: so that every state and entry is reached whatever follows."""
        for finish in (lambda: self.end(CloseCause.USER, due=False, kept=True), lambda: self.leave("fail")):
            self.prepare(begin=False)
            self.the_rules_hold()
            self.begin(OWNER)
            self.live(WINDOW_S, alive=True, connected=True)
            finish()  # type: ignore[no-untyped-call]
            self.the_rules_hold()
            self.analyze(broken=False)
            self.the_rules_hold()

    @rule(begin=MOSTLY)
    def prepare(self, begin: bool) -> None:
        with suppress(PhoneScreenError):
            self.current = self.stage.prepare().id
        if begin:
            self.begin(OWNER)

    @rule(owner=st.sampled_from(["call-2", OWNER]))
    def begin(self, owner: str) -> None:
        self.attempt(self.stage.interviews.lifecycle.begin, self.stage.clock.now(), owner)

    @rule(seconds=SECONDS, alive=MOSTLY, connected=MOSTLY)
    def live(self, seconds: float, alive: bool, connected: bool) -> None:
        at = self.stage.clock.advance(seconds)
        if alive:
            self.attempt(self.stage.interviews.lifecycle.renew_lease, OWNER)
        if connected:
            self.attempt(self.stage.interviews.lifecycle.charge, at=at)

    @rule(cause=st.sampled_from(CloseCause), due=st.booleans(), kept=MOSTLY)
    def end(self, cause: CloseCause, due: bool, kept: bool) -> None:
        if kept:
            self.stage.transcripts.put(self.current, TURNS, Conditions())
        self.attempt(self.stage.interviews.lifecycle.end, at=self.stage.clock.now(), cause=cause, charge_due=due)

    @rule(broken=RARELY)
    def analyze(self, broken: bool) -> None:
        self.stage.analyst.before = raising(ValueError()) if broken else lambda: None
        self.attempt(self.stage.interviews.analysis.analyze)
        self.stage.analyst.before = lambda: None

    @rule(how=st.sampled_from(["fail", "fail", "keep", "abandon", "delete"]))
    def leave(self, how: str) -> None:
        deeds = {
            "fail": lambda interview: self.stage.interviews.lifecycle.fail(interview, "Our fault."),
            "keep": lambda interview: self.stage.interviews.lifecycle.fail(interview, "Your choice.", refund=False),
            "abandon": lambda interview: self.stage.interviews.lifecycle.abandon(self.stage.user, interview),
            "delete": lambda interview: self.stage.interviews.lifecycle.delete(self.stage.user, interview),
        }
        self.attempt(deeds[how])

    @rule()
    def recover(self) -> None:
        self.stage.interviews.lifecycle.recover()

    def attempt(self, deed: Callable[..., object], *args: object, **values: object) -> None:
        with suppress(PhoneScreenError):
            deed(self.current, *args, **values)

    @invariant()
    def the_rules_hold(self) -> None:
        entries = self.stage.interviews.accounts.ledger(self.stage.user)
        interviews = self.stage.interviews.list(self.stage.user)
        self.ledger_only_grows_by_the_rules(entries)
        self.debits_follow_the_rule(entries, interviews)
        self.states_move_by_the_table(interviews)
        assert sum(interview.status in OPEN for interview in interviews) <= 1

    def ledger_only_grows_by_the_rules(self, entries: Sequence[LedgerEntry]) -> None:
        assert entries[: len(self.ledger)] == self.ledger
        assert balance(entries) == self.stage.interviews.accounts.balance(self.stage.user) >= 0
        self.ledger = list(entries)
        self.reached.update(entry.kind for entry in entries)

    def debits_follow_the_rule(self, entries: Sequence[LedgerEntry], interviews: Sequence[Interview]) -> None:
        debited = {entry.interview_id for entry in entries if entry.kind == EntryKind.DEBIT}
        for interview in interviews:
            assert (interview.charge_committed_at is not None) is (interview.id in debited)
            if interview.charge_committed_at and interview.started_at:
                assert (interview.charge_committed_at - interview.started_at).total_seconds() >= WINDOW_S

    def states_move_by_the_table(self, interviews: Sequence[Interview]) -> None:
        now = {interview.id: interview.status for interview in interviews}
        for interview, status in now.items():
            assert reachable(self.seen.get(interview, Status.SETUP), status)
        self.seen = now
        self.reached.update(now.values())


def reachable(before: Status, to: Status) -> bool:
    return to == before or any(reachable(step, to) for step in TRANSITIONS[before])


def test_any_order_of_use_cases_obeys_the_rules(databases: Databases) -> None:
    Lives.databases, Lives.reached = databases, Counter()

    run_state_machine_as_test(Lives, settings=SETTINGS)

    assert set(Lives.reached) == {*Status, EntryKind.GRANT, EntryKind.DEBIT, EntryKind.REFUND}
