"""Accounts with an address and an end of their sign-ins; access tokens, call logs and memories."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.String()))
    op.add_column("users", sa.Column("signed_out_at", UtcDateTime()))
    op.add_column("users", sa.Column("merged_into", sa.String()))
    op.add_column("users", sa.Column("remembered_since", UtcDateTime()))
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("user_id", sa.String(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.UniqueConstraint("secret_sha256", name="access_tokens_secret"),
    )
    op.create_table(
        "call_logs",
        sa.Column("interview_id", sa.String(), interview(), primary_key=True),
        sa.Column("call", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String()),
        sa.Column("turns_candidate", sa.Integer(), nullable=False),
        sa.Column("turns_ema", sa.Integer(), nullable=False),
        sa.Column("typed", sa.Integer(), nullable=False),
        sa.Column("barge_ins", sa.Integer(), nullable=False),
        sa.Column("tool_calls", sa.Integer(), nullable=False),
        sa.Column("tool_failures", sa.Integer(), nullable=False),
        sa.Column("joins", sa.Integer(), nullable=False),
        sa.Column("drops", sa.Integer(), nullable=False),
        sa.Column("seconds_away", sa.Integer(), nullable=False),
        sa.Column("e2e_p50_ms", sa.Integer()),
        sa.Column("e2e_p95_ms", sa.Integer()),
    )
    op.create_table(
        "call_beacons",
        sa.Column("interview_id", sa.String(), interview(), primary_key=True),
        sa.Column("call", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("reason", sa.String(), primary_key=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("rtt_ms", sa.Integer()),
        sa.Column("jitter_ms", sa.Integer()),
        sa.Column("lost", sa.Integer()),
        sa.Column("candidate", sa.String()),
        sa.Column("autoplay_blocked", sa.Boolean()),
        sa.Column("visible_s", sa.Integer()),
        sa.Column("errors", sa.Integer()),
        sa.Column("browser", sa.String()),
    )
    op.create_table(
        "memories",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("user_id", sa.String(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("interview_id", sa.String(), interview(), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("interview_id", "kind", "subject", name="memories_once"),
        sa.CheckConstraint("kind IN ('topic', 'question', 'pace', 'provider', 'plan')", name="kind_known"),
    )


def interview() -> sa.ForeignKey:
    return sa.ForeignKey("interview_sessions.id", ondelete="CASCADE")
