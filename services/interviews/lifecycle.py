"""What happens to an interview whoever asks: begin, charge, end, fail, complete, and recovery; each one transaction.

For the live call and the background sweep, which act for no visitor. Every change locks the interview's user first,
so that whoever comes second sees what the first one did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from services.core import ledger
from services.core.errors import InsufficientCredit, InterviewNotFound, InvalidTransition
from services.core.interview import LEASE_S, Interview, Status, TurnMetrics, advance, credits_owed, lapsed, outlasts_any
from services.core.report.rubric import Report
from services.core.talk.events import CloseCause
from services.interviews.owners import is_gone, is_here
from services.interviews.transcripts import Transcripts
from services.memory.memories import remember
from services.settings import Settings
from services.store.store import Db, InterviewRow, Store

log = structlog.get_logger(__name__)

NEVER_BEGUN = "This interview was prepared but never begun, so it was closed. Nothing was charged."
CUT_OFF = "Our server stopped during this interview, so it could not be finished. That was our fault."
ABANDONED = "You abandoned this interview."
CLOSED = "closed"
"""Message to other processes: this interview is over, by a process that does not hold it."""
WORDS_LOST = "Our server no longer has the words of this interview, so no report can be made. That was our fault."


class Lifecycle:
    """Thread-safe; several processes, on hosts whose clocks differ, may share one database.

    `now` is this server's clock, aware; `database_now` is the one that leases and ledger go by, by default the same.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        transcripts: Transcripts,
        database_now: Callable[[Db], datetime] | None = None,
    ) -> None:
        self._store, self._settings = store, settings
        self._now, self._transcripts = now, transcripts
        self._database_now = database_now

    def at(self, db: Db) -> datetime:
        """Now, by the clock that leases and ledger go by."""
        return self._database_now(db) if self._database_now else self._now()

    def begin(self, interview_id: str, at: datetime, owner: str) -> Interview:
        """`setup` to `active` at the first microphone audio; `owner` takes the lease. Again by the same owner: no-op.

        `at` is of this server's clock; what is recorded is the same instant of the database's.
        Raises InsufficientCredit, and InvalidTransition for another owner.
        """
        with self.change(interview_id) as (db, row):
            if row.status == Status.ACTIVE and row.lease_owner == owner:
                return row.detached()
            self._move(row, Status.ACTIVE)
            self.require_credit(db, row.payer_id or row.user_id, row.id)
            row.started_at, row.lease_owner = at + (self.at(db) - self._now()), owner
            self._hold(db, row)
            return row.detached()

    def renew_lease(self, interview_id: str, owner: str) -> bool:
        """False: the interview is not this owner's to hold (any more), so its call must end."""
        try:
            with self.change(interview_id) as (db, row):
                if row.status not in (Status.ACTIVE, Status.ANALYZING) or row.lease_owner != owner:
                    return False
                self._hold(db, row)
                return True
        except InterviewNotFound:
            return False

    def charge(self, interview_id: str, *, at: datetime) -> bool:
        """Debits the cost of a running interview whose candidate is connected at `at`; True when this call did.

        Nothing before the free window is over, nothing twice, nothing of an interview that is not `active`.
        Raises InsufficientCredit when the balance was adjusted below the cost since it began.
        """
        with self.change(interview_id) as (db, row):
            return row.status == Status.ACTIVE and self._debit(db, row, at, connected=True)

    def end(
        self,
        interview_id: str,
        *,
        at: datetime,
        cause: CloseCause,
        charge_due: bool = False,
        refund_reason: str = "",
    ) -> Interview:
        """`active` to `analyzing`, ended at `at` (the last audio heard, never before the start); `setup` to `failed`.

        `charge_due` says that the candidate was connected at some instant from the end of the free window on. Their
        debit then commits in this same transaction if it has not yet, unless `at` is before the end of the window.
        With a `refund_reason` nothing is debited any more, and what was is given back for it in the same transaction.
        An interview that is over already is returned as it is, and the words of a failed one are dropped. Put the
        transcript first: from the end on it keeps the lease alive.
        """
        try:
            with self.change(interview_id) as (db, row):
                if row.status == Status.SETUP:
                    self._fail(db, row, NEVER_BEGUN, refund=False)
                elif row.status == Status.ACTIVE:
                    ended_at = self._close(row, at)
                    try:
                        self._debit(db, row, ended_at, connected=charge_due and not refund_reason)
                    except InsufficientCredit:
                        log.warning("ended without a charge the balance does not cover", interview_id=row.id)
                    self._move(row, Status.ANALYZING)
                    row.ended_by = cause
                    if refund_reason:
                        self._refund(db, row, refund_reason)
                    self._hold(db, row)
                ended = row.detached()
        except InterviewNotFound:
            # Abandoned and deleted while the call went on: nobody else would ever come for its words.
            self._transcripts.drop(interview_id)
            raise
        if ended.status is Status.FAILED:
            self._transcripts.drop(interview_id)
        return ended

    def fail(
        self, interview_id: str, reason_sentence: str, *, refund: bool = True, at: datetime | None = None
    ) -> Interview:
        """Any open state to `failed`; a charged interview is refunded, with this reason in the ledger.

        `at` is when it ended, by default now. An interview that failed before is returned as it is. Raises
        InvalidTransition when it is complete.
        """
        with self.change(interview_id) as (db, row):
            if row.status != Status.FAILED:
                self._fail(db, row, reason_sentence, refund=refund, at=at)
            failed = row.detached()
        self._transcripts.drop(interview_id)
        return failed

    def complete(self, interview_id: str, report: Report) -> Interview:
        """`analyzing` to `complete`: the report is frozen, the words are dropped, and what its owner agreed to have
        remembered is kept."""
        with self.change(interview_id) as (db, row):
            self._move(row, Status.COMPLETE)
            row.report, row.completed_at = report.model_dump(mode="json"), self.at(db)
            row.highlights = [item.quote for item in report.highlights]
            row.failure_reason = None
            remember(db, row, report, row.completed_at)
            complete = row.detached()
        self._transcripts.drop(interview_id)
        return complete

    def abandon(self, user_id: str, interview_id: str) -> Interview:
        """Any open state to `failed`. What was charged stays charged, for leaving is the visitor's own choice; but what
        a server that is gone left behind is settled first, with its refund, and stays failed for that reason."""
        with self.change(interview_id, user_id) as (db, row):
            if not self._settle_orphan(db, row):
                self._fail(db, row, ABANDONED, refund=False)
            self._tell_holder(db, row)
            abandoned = row.detached()
        self._transcripts.drop(interview_id)
        return abandoned

    def delete(self, user_id: str, interview_id: str) -> Interview:
        """Removes the interview with its job description, plan, report, turns and words; ledger entries stay.

        Returns it as it was, so that its conversations can be deleted at the vendors too. Raises InvalidTransition
        while the call is running. What a server that is gone left behind is settled first, with its refund.
        """
        with self.change(interview_id, user_id) as (db, row):
            self._settle_orphan(db, row)
            if row.status == Status.ACTIVE:
                raise InvalidTransition("End the interview before you delete it.")
            self._tell_holder(db, row)
            deleted = row.detached()
            db.delete(row)
        self._transcripts.drop(interview_id)
        self._store.purge()
        log.info("interview deleted", interview_id=interview_id, user_id=user_id)
        return deleted

    def set_provider(
        self, interview_id: str, provider: str, provider_conversation_id: str | None, model: str | None = None
    ) -> None:
        """Who voices the interview from now on, and the vendor's id of this connection where it has one."""
        with self.change(interview_id) as (_, row):
            row.provider, row.provider_model = provider, model
            row.provider_conversation_id = provider_conversation_id
            if provider_conversation_id:
                row.provider_conversations = [*row.provider_conversations, [provider, provider_conversation_id]]

    def set_question(self, interview_id: str, index: int) -> None:
        with self.change(interview_id) as (_, row):
            row.current_question_index = index

    def add_turns(self, interview_id: str, turns: Iterable[TurnMetrics]) -> None:
        with self.change(interview_id) as (db, row):
            db.add_turns(row.id, turns)

    def recover(self, now: datetime | None = None) -> list[str]:
        """Settles what a dead process left, and plans nobody began; returns the ids, oldest first.

        Run it at start-up and every few seconds, after `hold`. Safe in several processes at once.
        """
        self.hold(now)
        with self._store.read() as db:
            at = now or self.at(db)
            candidates = db.list_lapsed_ids(at)
        return [interview_id for interview_id in candidates if self._settle(interview_id, at)]

    def hold(self, now: datetime | None = None) -> None:
        """Keeps the leases of interviews whose words this process holds, and drops the words of those that were closed
        elsewhere. Run it every few seconds, more often than `LEASE_S`."""
        held = self._transcripts.held_ids()
        with self._store.write() as db:
            at = now or self.at(db)
            db.hold_analyzing(held, at + timedelta(seconds=LEASE_S))
            closed = held - db.list_open_ids(held)
        for interview_id in closed:
            self._transcripts.drop(interview_id)

    @contextmanager
    def change(self, interview_id: str, user_id: str | None = None) -> Iterator[tuple[Db, InterviewRow]]:
        """One transaction on the interview, its user locked first. Another visitor's interview is InterviewNotFound."""
        with self._store.write() as db:
            row = db.lock_interview(interview_id, user_id)
            row.updated_at = self.at(db)
            yield db, row

    def require_credit(self, db: Db, user_id: str, interview_id: str | None = None) -> None:
        """Raises InsufficientCredit when the balance does not cover an interview, this one or a new one.

        What is still owed for tokens given to other interviews, and for others that run, is not there to be spent.
        """
        cost = self._settings.interview_cost_credits
        owed = db.count_unsettled(user_id, besides=interview_id) + db.count_uncharged(user_id, besides=interview_id)
        have = db.balance(user_id) - cost * owed
        if have < cost:
            raise InsufficientCredit(have, cost)

    def _settle(self, interview_id: str, at: datetime) -> bool:
        """False when somebody else settled, renewed or deleted it meanwhile."""
        try:
            with self.change(interview_id) as (db, row):
                status = Status(row.status)
                if outlasts_any(row.lease_until, at):
                    # Its owner may live, and then renews it in time; if not, it must not wait for the clock.
                    log.warning("lease cut to its length", interview_id=row.id)
                    row.lease_until = at + timedelta(seconds=LEASE_S)
                    return False
                if not lapsed(status, created_at=row.created_at, lease_until=row.lease_until, at=at):
                    return False
                if status is Status.SETUP:
                    self._fail(db, row, NEVER_BEGUN, refund=False)
                else:
                    self._fail_orphan(db, row, at)
                return True
        except InterviewNotFound:
            return False

    def _settle_orphan(self, db: Db, row: InterviewRow) -> bool:
        """True when nobody carries this call or analysis on any more: it has failed then, refunded."""
        at, status = self.at(db), Status(row.status)
        running = status in (Status.ACTIVE, Status.ANALYZING)
        if not running or is_here(row.lease_owner) or row.id in self._transcripts.held_ids():
            return False
        late = lapsed(status, created_at=row.created_at, lease_until=row.lease_until, at=at)
        if late or is_gone(row.lease_owner):
            self._fail_orphan(db, row, at)
            return True
        return False

    def _tell_holder(self, db: Db, row: InterviewRow) -> None:
        """So that a call or words in another process do not outlive what was closed here until its next look."""
        if row.lease_owner and not is_here(row.lease_owner):
            db.tell(f"{CLOSED}:{row.id}")

    def _fail_orphan(self, db: Db, row: InterviewRow, at: datetime) -> None:
        """Its owner was seen last when the lease was renewed."""
        last_seen = min(at, (row.lease_until or at) - timedelta(seconds=LEASE_S))
        self._fail(db, row, CUT_OFF if row.status == Status.ACTIVE else WORDS_LOST, refund=True, at=last_seen)

    def _move(self, row: InterviewRow, to: Status) -> None:
        before, row.status = row.status, advance(Status(row.status), to)
        log.info("interview advanced", interview_id=row.id, before=before, status=to)

    def _hold(self, db: Db, row: InterviewRow) -> None:
        row.lease_until = self.at(db) + timedelta(seconds=LEASE_S)

    def _debit(self, db: Db, row: InterviewRow, at: datetime, *, connected: bool) -> bool:
        owed = credits_owed(
            started_at=row.started_at,
            at=at,
            connected=connected,
            charged=row.charge_committed_at is not None,
            cost=self._settings.interview_cost_credits,
            free_window_s=self._settings.free_window_s,
        )
        if not owed:
            return False
        # A clock that jumped back must not date the debit before it was due.
        committed_at = max(at, self.at(db))
        db.post(row.payer_id or row.user_id, ledger.debit(row.id, owed, committed_at))
        row.charge_committed_at = committed_at
        log.info("interview charged", interview_id=row.id, user_id=row.user_id, credits=owed)
        return True

    def _close(self, row: InterviewRow, at: datetime) -> datetime:
        started_at = row.started_at or at
        row.ended_at = max(at, started_at)
        row.duration_s = round((row.ended_at - started_at).total_seconds())
        return row.ended_at

    def _fail(self, db: Db, row: InterviewRow, reason: str, *, refund: bool, at: datetime | None = None) -> None:
        if row.status == Status.ACTIVE:
            self._close(row, at or self.at(db))
        self._move(row, Status.FAILED)
        row.failure_reason = reason
        if refund:
            self._refund(db, row, reason)

    def _refund(self, db: Db, row: InterviewRow, reason: str) -> None:
        """Nothing of an interview that was not charged."""
        if charged := db.find_entry(ledger.debit_key(row.id)):
            db.post(db.find_payer(row.id) or row.payer_id or row.user_id, ledger.refund(charged, reason, self.at(db)))
            log.info("interview refunded", interview_id=row.id, user_id=row.user_id, credits=-charged.amount)
