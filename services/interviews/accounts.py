"""Whose interviews they are: visitors, their balances and their ledgers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.core import ledger
from services.core.ledger import LedgerEntry
from services.settings import Settings
from services.store.store import Store, User, VisitorKind


@dataclass(frozen=True, slots=True)
class Visitor:
    id: str
    subject: str
    kind: VisitorKind


class Accounts:
    """Thread-safe; several processes may share one database. `now` is the server's clock, aware."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now

    def visitor(self, subject: str, kind: VisitorKind) -> Visitor:
        """Gets or creates; whoever is new is granted the sign-up credits, once."""
        with self._store.read() as db:
            if known := db.find_user(kind, subject):
                return Visitor(known.id, subject, kind)
        user = User(id=uuid.uuid4().hex, subject=subject, kind=kind, created_at=self._now())
        with self._store.write() as db:
            if db.add_user(user) and self._settings.signup_credits:
                db.post(user.id, ledger.signup_grant(user.id, self._settings.signup_credits, self._now()))
        return self.visitor(subject, kind)

    def balance(self, user_id: str) -> int:
        with self._store.read() as db:
            return db.balance(user_id)

    def ledger(self, user_id: str) -> list[LedgerEntry]:
        """Oldest first."""
        with self._store.read() as db:
            return db.list_entries(user_id)
