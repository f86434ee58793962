"""What candidates asked and nobody knew, with the team's answers; what an access token is good for."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_questions",
        sa.Column(
            "interview_id",
            sa.String(),
            sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False, server_default=""),
        sa.Column("answered_at", UtcDateTime()),
    )
    op.add_column("access_tokens", sa.Column("scope", sa.String(), nullable=False, server_default="reports:read"))
