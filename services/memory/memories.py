"""Memory of a user's interviews, by consent: nothing is read or written of a guest, or of who did not agree."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from services.core.errors import SignInRequired
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.memory import Memory, history_of, learned
from services.core.plan.plan import Plan
from services.core.report.rubric import Report
from services.store.queries import Db
from services.store.store import Store
from services.store.tables import InterviewRow, MemoryRow, User

log = structlog.get_logger(__name__)


class Memories:
    """Thread-safe; several processes may share one database. `now` is the server's clock, aware."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def agreed(self, user_id: str) -> bool:
        with self._store.read() as db:
            return _agreed(db.get_user(user_id)) is not None

    def agree(self, user_id: str) -> None:
        """From the next interview on. Raises SignInRequired for a guest."""
        with self._store.write() as db:
            db.lock_user(user_id)
            user = db.get_user(user_id)
            if user.kind != "user":
                raise SignInRequired
            user.remembered_since = user.remembered_since or self._now()

    def withdraw(self, user_id: str) -> None:
        """Forgets everything too."""
        with self._store.write() as db:
            db.lock_user(user_id)
            db.get_user(user_id).remembered_since = None
            db.delete_memories(user_id)
        self._store.purge()

    def list(self, user_id: str) -> list[Memory]:
        """Newest first."""
        with self._store.read() as db:
            return db.list_memories(user_id) if _agreed(db.get_user(user_id)) else []

    def history(self, user_id: str) -> History:
        """What the next plan may know."""
        known = self.list(user_id)
        return history_of(known) if known else NO_HISTORY

    def forget(self, user_id: str, memory_ids: Iterable[str] | None = None) -> bool:
        """All, or these; another user's stay. False: there was none of these."""
        with self._store.write() as db:
            db.lock_user(user_id)
            count = db.delete_memories(user_id, memory_ids)
        self._store.purge()
        log.info("forgotten", user_id=user_id, memories=count)
        return count > 0


def remember(db: Db, row: InterviewRow, report: Report, at: datetime) -> None:
    """Keeps what a completed interview taught, where its owner had agreed before it was prepared.

    The owner is locked: consent that is withdrawn at this moment comes before or after, never between.
    """
    since = _agreed(db.get_user(row.user_id))
    if since is None or row.created_at < since:
        return
    for lesson in learned(Plan.model_validate(row.plan), report):
        db.add(
            MemoryRow(
                id=uuid.uuid4().hex,
                user_id=row.user_id,
                interview_id=row.id,
                kind=lesson.kind,
                subject=lesson.subject,
                number=lesson.number,
                created_at=at,
            )
        )


def _agreed(user: User) -> datetime | None:
    return user.remembered_since if user.kind == "user" else None
