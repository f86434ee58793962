"""Users, the credit ledger, interviews and the metrics of their turns."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OPEN = sa.text("status IN ('setup', 'active', 'analyzing')")


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("kind", "subject", name="users_subject"),
        sa.CheckConstraint("kind IN ('guest', 'user')", name="kind_known"),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("interview_id", sa.String(), index=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("key", name="credit_entries_key"),
        sa.CheckConstraint("amount <> 0", name="amount_not_zero"),
        sa.CheckConstraint("kind IN ('grant', 'debit', 'refund', 'adjust')", name="kind_known"),
    )
    op.create_table(
        "interview_sessions",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("user_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("status", sa.String(), nullable=False, index=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_model", sa.String()),
        sa.Column("provider_conversation_id", sa.String()),
        sa.Column("provider_conversations", sa.JSON(), nullable=False),
        sa.Column("pace", sa.String(), nullable=False),
        sa.Column("preset", sa.String()),
        sa.Column("job_description", sa.String(), nullable=False),
        sa.Column("experience_level", sa.String(), nullable=False),
        sa.Column("domain_track", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("plan_hash", sa.String(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("current_question_index", sa.Integer(), nullable=False),
        sa.Column("highlights", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.Column("consent_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("ended_by", sa.String()),
        sa.Column("completed_at", UtcDateTime()),
        sa.Column("charge_committed_at", UtcDateTime()),
        sa.Column("duration_s", sa.Integer()),
        sa.Column("failure_reason", sa.String()),
        sa.Column("lease_owner", sa.String()),
        sa.Column("lease_until", UtcDateTime()),
        sa.CheckConstraint("status IN ('setup', 'active', 'analyzing', 'complete', 'failed')", name="status_known"),
        sa.CheckConstraint("pace IN ('patient', 'normal', 'brisk')", name="pace_known"),
    )
    op.create_index(
        "one_open_interview",
        "interview_sessions",
        ["user_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "turns",
        sa.Column(
            "interview_id",
            sa.String(),
            sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("question_id", sa.String()),
        sa.Column("started_ms", sa.Integer(), nullable=False),
        sa.Column("ended_ms", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("typed", sa.Boolean(), nullable=False),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("latency_ms", sa.Integer()),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.CheckConstraint("speaker IN ('candidate', 'ema')", name="speaker_known"),
    )
