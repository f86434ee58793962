"""The tables, and what can be asked of them. A transaction that writes locks the user's row first.

That row is the lock for everything of a user's: ledger and interviews. So two processes never decide on the same
balance, and no two locks are ever taken in different orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import sqlalchemy as sa
import structlog
from sqlmodel import Field, Session, SQLModel, col, select

from services.core.errors import DatabaseAway, InterviewAlreadyOpen, InterviewNotFound
from services.core.interview import OPEN, SETUP_KEPT_S, Interview, Status, TurnMetrics
from services.core.ledger import EntryKind, LedgerEntry, require_cover
from services.core.plan.plan import Pace
from services.core.talk.turn import Speaker
from services.store import database
from services.store.database import UtcDateTime

log = structlog.get_logger(__name__)

VisitorKind = Literal["guest", "user"]


def _one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


OPEN_ONLY = sa.text("status IN ({})".format(", ".join(f"'{status}'" for status in OPEN)))


class User(SQLModel, table=True):
    __tablename__ = "users"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject", name="users_subject"),
        _one_of("kind", get_args(VisitorKind)),
    )

    id: str = Field(primary_key=True)
    subject: str
    """Who the visitor is to whoever vouches for them: a cookie's random id, or the identity provider's `sub`."""
    kind: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class CreditEntry(SQLModel, table=True):
    """Append-only; keeps the interview's id as plain text, so it outlives the interview."""

    __tablename__ = "credit_entries"
    __table_args__ = (
        sa.UniqueConstraint("key", name="credit_entries_key"),
        sa.CheckConstraint("amount <> 0", name="amount_not_zero"),
        _one_of("kind", EntryKind),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(foreign_key="users.id", index=True)
    amount: int
    kind: str
    key: str
    reason: str
    interview_id: str | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class InterviewRow(SQLModel, table=True):
    __tablename__ = "interview_sessions"
    __table_args__ = (
        _one_of("status", Status),
        _one_of("pace", Pace),
        sa.Index("one_open_interview", "user_id", unique=True, sqlite_where=OPEN_ONLY, postgresql_where=OPEN_ONLY),
    )

    id: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id", index=True)
    status: str = Field(index=True)
    provider: str
    provider_model: str | None = None
    provider_conversation_id: str | None = None
    provider_conversations: list[list[str]] = Field(default_factory=list, sa_type=sa.JSON)
    pace: str
    preset: str | None = None
    job_description: str
    experience_level: str
    domain_track: str
    plan: dict[str, Any] = Field(sa_type=sa.JSON)
    plan_hash: str
    plan_key: str | None = Field(default=None, index=True)
    """Of the job description and who made the plan from it; None once the plan was edited, or need not be shared."""
    questions: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    current_question_index: int = 0
    highlights: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    report: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    reviews: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    consent_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    charge_committed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    duration_s: int | None = None
    failure_reason: str | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)

    def detached(self) -> Interview:
        return Interview.model_validate(self)


class TurnRow(SQLModel, table=True):
    """A turn without its words."""

    __tablename__ = "turns"
    __table_args__ = (_one_of("speaker", Speaker),)

    interview_id: str = Field(foreign_key="interview_sessions.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True)
    speaker: str
    question_id: str | None = None
    started_ms: int
    ended_ms: int
    words: int
    typed: bool
    interrupted: bool
    latency_ms: int | None = None
    provider: str
    confidence: float | None = None


class Db(Session):
    """One transaction."""

    def find_user(self, kind: VisitorKind, subject: str) -> User | None:
        return self.exec(select(User).where(User.kind == kind, User.subject == subject)).first()

    def add_user(self, user: User) -> bool:
        """False when somebody else added the same subject."""
        try:
            with self.begin_nested():
                self.add(user)
        except sa.exc.IntegrityError:
            return False
        return True

    def add_interview(self, row: InterviewRow) -> None:
        """Raises InterviewAlreadyOpen: the partial unique index says so, no look-up before could be sure."""
        self.lock_user(row.user_id)
        try:
            with self.begin_nested():
                self.add(row)
        except sa.exc.IntegrityError:
            known = self.find_open_interview(row.user_id)
            if known is None:
                raise
            raise InterviewAlreadyOpen(known.id) from None

    def lock_user(self, user_id: str) -> None:
        self.exec(select(User.id).where(User.id == user_id).with_for_update()).one()

    def lock_interview(self, interview_id: str, user_id: str | None = None) -> InterviewRow:
        """The interview as it is now, with its user locked. Raises InterviewNotFound, also for another user's."""
        # The row itself is read only once its user is locked: before, it may be out of date.
        owner = self.exec(select(InterviewRow.user_id).where(InterviewRow.id == interview_id)).first()
        if owner is None:
            raise InterviewNotFound
        self.lock_user(owner)
        return self.get_interview(interview_id, user_id)

    def get_interview(self, interview_id: str, user_id: str | None = None) -> InterviewRow:
        """Raises InterviewNotFound, also when the interview is not this user's."""
        row = self.exec(select(InterviewRow).where(InterviewRow.id == interview_id)).first()
        if row is None or user_id not in (None, row.user_id):
            raise InterviewNotFound
        return row

    def find_open_interview(self, user_id: str) -> InterviewRow | None:
        mine = select(InterviewRow).where(InterviewRow.user_id == user_id)
        return self.exec(mine.where(col(InterviewRow.status).in_(OPEN))).first()

    def find_plan(self, plan_key: str) -> Mapping[str, Any] | None:
        """The plan made first under this key, whoever's interview it is in."""
        made = select(InterviewRow.plan).where(InterviewRow.plan_key == plan_key)
        return self.exec(made.order_by(col(InterviewRow.created_at), col(InterviewRow.id))).first()

    def list_interviews(self, user_id: str) -> list[InterviewRow]:
        """Newest first."""
        mine = select(InterviewRow).where(InterviewRow.user_id == user_id)
        return list(self.exec(mine.order_by(col(InterviewRow.created_at).desc(), col(InterviewRow.id))))

    def list_lapsed_ids(self, at: datetime) -> list[str]:
        """Of interviews that look given up at this instant, oldest first; `core.interview.lapsed` decides."""
        running = col(InterviewRow.status).in_((Status.ACTIVE, Status.ANALYZING))
        lease_out = sa.or_(col(InterviewRow.lease_until).is_(None), col(InterviewRow.lease_until) <= at)
        waiting = col(InterviewRow.status) == Status.SETUP
        old = col(InterviewRow.created_at) <= at - timedelta(seconds=SETUP_KEPT_S)
        query = select(InterviewRow.id).where(sa.or_(sa.and_(running, lease_out), sa.and_(waiting, old)))
        return list(self.exec(query.order_by(col(InterviewRow.created_at), col(InterviewRow.id))))

    def hold_analyzing(self, interview_ids: Iterable[str], until: datetime) -> None:
        """Renews the leases of interviews whose transcript this process holds."""
        mine = sa.and_(col(InterviewRow.id).in_(list(interview_ids)), col(InterviewRow.status) == Status.ANALYZING)
        self.exec(sa.update(InterviewRow).where(mine).values(lease_until=until))

    def add_turns(self, interview_id: str, turns: Iterable[TurnMetrics]) -> None:
        for turn in turns:
            self.merge(TurnRow(interview_id=interview_id, **turn.model_dump()))

    def list_turns(self, interview_id: str) -> list[TurnMetrics]:
        query = select(TurnRow).where(TurnRow.interview_id == interview_id).order_by(col(TurnRow.number))
        return [TurnMetrics.model_validate(row) for row in self.exec(query)]

    def balance(self, user_id: str) -> int:
        total = select(sa.func.coalesce(sa.func.sum(CreditEntry.amount), 0)).where(CreditEntry.user_id == user_id)
        return int(self.exec(total).one())

    def list_entries(self, user_id: str) -> list[LedgerEntry]:
        """Oldest first."""
        mine = select(CreditEntry).where(CreditEntry.user_id == user_id).order_by(col(CreditEntry.id))
        return [LedgerEntry.model_validate(row) for row in self.exec(mine)]

    def find_entry(self, key: str) -> LedgerEntry | None:
        row = self.exec(select(CreditEntry).where(CreditEntry.key == key)).first()
        return None if row is None else LedgerEntry.model_validate(row)

    def post(self, user_id: str, entry: LedgerEntry) -> bool:
        """Appends the entry, with the user locked; False when its key is there already. Raises InsufficientCredit."""
        self.lock_user(user_id)
        if self.find_entry(entry.key):
            return False
        require_cover(self.balance(user_id), entry)
        self.add(CreditEntry(user_id=user_id, **entry.model_dump()))
        self.flush()
        return True


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        cause = getattr(error, "orig", None) or error
        log.warning("database away", error=type(cause).__name__)
        raise DatabaseAway from None


class Store:
    """Thread-safe; `repr` hides the password of the URL."""

    def __init__(self, url: str) -> None:
        self._engine = database.open_engine(url)
        self._writing_engine = self._engine.execution_options(writes=True)

    def __repr__(self) -> str:
        return f"Store({self._engine.url!r})"

    def migrate(self) -> None:
        """To the newest revision, whoever else starts at the same time. Raises DatabaseAway."""
        with _answering():
            database.migrate(self._engine)

    def ready(self) -> bool:
        """The database answers, and its schema is the one this program was written for."""
        return database.at_head(self._engine)

    @contextmanager
    def read(self) -> Iterator[Db]:
        """Raises DatabaseAway."""
        with _answering(), Db(self._engine) as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Db]:
        """Commits when the block ends, rolls back when it raises. Raises DatabaseAway, also when a wait was too long.

        After DatabaseAway the commit may have happened all the same; every use case can be tried again.
        """
        with _answering(), Db(self._writing_engine, expire_on_commit=False) as db, db.begin():
            yield db

    def purge(self) -> None:
        """Makes what was deleted unreadable in the database's own files too."""
        database.purge(self._engine)

    def close(self) -> None:
        self._engine.dispose()
