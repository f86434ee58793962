"""Ephemeral tokens that were given away: what is owed for them outlives their interview."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_tokens",
        sa.Column("interview_id", sa.String(), primary_key=True),
        sa.Column("user_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String()),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime()),
    )
