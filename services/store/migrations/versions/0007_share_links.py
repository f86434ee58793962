"""Links that let somebody without an account read a report; the candidate's name and agreement to that."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interview_sessions", sa.Column("label", sa.String(), nullable=False, server_default=""))
    op.add_column("interview_sessions", sa.Column("share_consent_at", UtcDateTime()))
    op.create_table(
        "share_links",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column(
            "interview_id",
            sa.String(),
            sa.ForeignKey("interview_sessions.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("shows_label", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("last_viewed_at", UtcDateTime()),
        sa.UniqueConstraint("token_sha256", name="share_links_token"),
        sa.CheckConstraint("form IN ('scorecard', 'letter')", name="form_known"),
    )
