"""What people added to a report: levels of reviewers, disputes of candidates."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("reviews", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    op.add_column("interview_sessions", column)
