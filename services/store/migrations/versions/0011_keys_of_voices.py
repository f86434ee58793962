"""Turns name their voice as interviews do, by its key: by its label no scoreboard found them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEYS = {
    "ElevenLabs": "elevenlabs",
    "Gemini": "gemini",
    "OpenAI Realtime": "openai",
    "Offline interviewer": "offline",
    "xAI Grok Voice": "xai",
}


def upgrade() -> None:
    turns = sa.table("turns", sa.column("provider", sa.String()))
    for label, key in KEYS.items():
        op.execute(turns.update().where(turns.c.provider == label).values(provider=key))
