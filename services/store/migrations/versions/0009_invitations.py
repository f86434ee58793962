"""Invitations: one-time links to an interview with the host's plan; and who pays for one that was taken."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a foreign key, which SQLite cannot add to a table that is there.
    op.add_column("interview_sessions", sa.Column("payer_id", sa.String()))
    op.create_index("ix_interview_sessions_payer_id", "interview_sessions", ["payer_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("host_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("pace", sa.String(), nullable=False),
        sa.Column("job_description", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("taken_at", UtcDateTime()),
        sa.Column("interview_id", sa.String()),
        sa.UniqueConstraint("token_sha256", name="invitations_token"),
    )
