"""What connections, plans and reports used up, and what that cost."""

import sqlalchemy as sa
from alembic import op

from services.store.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spendings",
        sa.Column("interview_id", sa.String(), primary_key=True),
        sa.Column("purpose", sa.String(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("quantities", sa.JSON(), nullable=False),
        sa.Column("usd", sa.String()),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("prices", sa.String(), nullable=False),
    )
