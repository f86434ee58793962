"""The key under which a plan is found again for the same job description."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("interview_sessions", sa.Column("plan_key", sa.String()))
    op.create_index("ix_interview_sessions_plan_key", "interview_sessions", ["plan_key"])
