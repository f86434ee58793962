"""The tables, as the migrations leave them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.core.interview import OPEN, Interview, Status
from services.core.ledger import EntryKind
from services.core.plan.plan import Pace
from services.core.sharing import SharedForm
from services.core.talk.transcript import Speaker
from services.store.database import UtcDateTime

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
    email: str | None = None
    """As the identity provider verified it at the last sign-in; never what an account is found by."""
    signed_out_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Sign-ins from before this instant are over, in every browser."""
    merged_into: str | None = None
    """The id of the account that took over this guest's interviews."""
    remembered_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the visitor agreed to be remembered; None: they did not."""
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
    payer_id: str | None = Field(default=None, index=True)
    """Whose credits pay where it is not the owner: the host who invited them."""
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
    label: str = Field(default="", sa_column_kwargs={"server_default": ""})
    share_consent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
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


class SpendingRow(SQLModel, table=True):
    """What one connection, plan or report used up. Keeps the interview's id as plain text: money that was spent stays
    spent when the interview is deleted."""

    __tablename__ = "spendings"

    interview_id: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    provider: str
    model: str
    began_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime, index=True)
    quantities: dict[str, int] = Field(sa_type=sa.JSON)
    usd: str | None = None
    """A decimal number, exact in both databases."""
    estimated: bool
    prices: str


class AccessToken(SQLModel, table=True):
    """Lets a program read its owner's reports. The secret itself is shown once and never kept."""

    __tablename__ = "access_tokens"
    __table_args__ = (sa.UniqueConstraint("secret_sha256", name="access_tokens_secret"),)

    id: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    label: str
    secret_sha256: str
    scope: str
    """What it is good for: `core.sharing.READ_REPORTS`."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ShareLinkRow(SQLModel, table=True):
    """Lets whoever has its token read one report. The token itself is shown once and never kept."""

    __tablename__ = "share_links"
    __table_args__ = (
        sa.UniqueConstraint("token_sha256", name="share_links_token"),
        _one_of("form", SharedForm),
    )

    id: str = Field(primary_key=True)
    interview_id: str = Field(foreign_key="interview_sessions.id", ondelete="CASCADE", index=True)
    token_sha256: str
    form: str
    shows_label: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    views: int = 0
    last_viewed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InvitationRow(SQLModel, table=True):
    """Lets whoever has its token take one interview at its host's cost. The token is shown once and never kept."""

    __tablename__ = "invitations"
    __table_args__ = (sa.UniqueConstraint("token_sha256", name="invitations_token"),)

    id: str = Field(primary_key=True)
    host_id: str = Field(foreign_key="users.id", index=True)
    token_sha256: str
    label: str
    plan: dict[str, Any] = Field(sa_type=sa.JSON)
    provider: str
    pace: str
    job_description: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    interview_id: str | None = None
    """Plain text: the invitation was taken, also when the interview is deleted."""


class OpenQuestionRow(SQLModel, table=True):
    """What a candidate asked and nobody knew in the call, and the team's answer. Goes with its interview."""

    __tablename__ = "open_questions"

    interview_id: str = Field(foreign_key="interview_sessions.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """1, 2, … in the order in which they were asked."""
    question: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answer: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IssuedToken(SQLModel, table=True):
    """An ephemeral token that was given away. It outlives its interview, because what is owed for it does."""

    __tablename__ = "issued_tokens"

    interview_id: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id", index=True)
    provider: str
    conversation_id: str | None = None
    issued_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CallLogRow(SQLModel, table=True):
    """What the server saw of one call, without a word of it."""

    __tablename__ = "call_logs"

    interview_id: str = Field(foreign_key="interview_sessions.id", ondelete="CASCADE", primary_key=True)
    call: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """1, 2, … within the interview: one that ended before the first sound is followed by another."""
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime = Field(sa_type=UtcDateTime, index=True)
    closed_by: str
    provider: str
    model: str | None = None
    turns_candidate: int
    turns_ema: int
    typed: int
    barge_ins: int
    tool_calls: int
    tool_failures: int
    joins: int
    drops: int
    seconds_away: int
    e2e_p50_ms: int | None = None
    e2e_p95_ms: int | None = None


class CallBeaconRow(SQLModel, table=True):
    """What only the browser saw of a call; believed by nobody, shown beside the server's own figures."""

    __tablename__ = "call_beacons"

    interview_id: str = Field(foreign_key="interview_sessions.id", ondelete="CASCADE", primary_key=True)
    call: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    reason: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=UtcDateTime)
    rtt_ms: int | None = None
    jitter_ms: int | None = None
    lost: int | None = None
    candidate: str | None = None
    autoplay_blocked: bool | None = None
    visible_s: int | None = None
    errors: int | None = None
    browser: str | None = None


class MemoryRow(SQLModel, table=True):
    """One thing remembered: an id of a closed list, a number and a date, and the interview it comes from."""

    __tablename__ = "memories"
    __table_args__ = (
        sa.UniqueConstraint("interview_id", "kind", "subject", name="memories_once"),
        _one_of("kind", ("topic", "question", "pace", "provider", "plan")),
    )

    id: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    interview_id: str = Field(foreign_key="interview_sessions.id", ondelete="CASCADE", index=True)
    kind: str
    subject: str
    number: int | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class ReplicaRow(SQLModel, table=True):
    """A server that shares this database; it alone writes its row, but for `draining`, which anybody may ask for."""

    __tablename__ = "replicas"

    id: str = Field(primary_key=True)
    owner: str
    """Its process, as it is named in leases."""
    started_at: datetime = Field(sa_type=UtcDateTime)
    heartbeat_at: datetime = Field(sa_type=UtcDateTime)
    draining: bool
    calls: int
    """Those that hold one of its lines."""
    lines: int
    """How many calls it carries at most."""
