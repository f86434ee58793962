"""Whose interviews they are: guests and users, how the one becomes the other, their credits, and how it ends."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services.core import ledger
from services.core.interview import OPEN, Interview, Status, advance
from services.core.ledger import EntryKind, LedgerEntry
from services.settings import Settings
from services.store.queries import Db, Taken
from services.store.store import Store
from services.store.tables import InterviewRow, User, VisitorKind

log = structlog.get_logger(__name__)

ONE_OPEN = "You signed in with another interview open, and one at a time can be: this one was closed."
KEPT_ANOTHER = "Two interviews were open when you signed in. The one that was further on is kept, the other was closed."
CLOSED = "The account was deleted."

Grants = Callable[[str], bool]
"""Asked before a guest gets the welcome credits, with the network the guest comes from."""


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    subject: str = field(repr=False)
    kind: VisitorKind
    email: str | None = field(default=None, repr=False)
    notice: str = ""
    """What just happened to the account that its owner should read, once."""


def always(_network: str) -> bool:
    return True


class Accounts:
    """Thread-safe; several processes may share one database. `now` is the server's clock, aware, which also dates
    sign-ins; `database_now` is the one that the ledger goes by, by default the same."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        grants: Grants = always,
        pepper: str = "",
        database_now: Callable[[Db], datetime] | None = None,
    ) -> None:
        self._at = database_now or (lambda _db: now())
        self._store, self._settings, self._now, self._grants = store, settings, now, grants
        self._pepper = pepper.encode()

    def balance(self, user_id: str) -> int:
        with self._store.read() as db:
            return db.balance(user_id)

    def ledger(self, user_id: str) -> list[LedgerEntry]:
        """Oldest first."""
        with self._store.read() as db:
            return db.list_entries(user_id)

    def is_guest(self, user_id: str) -> bool:
        with self._store.read() as db:
            return db.get_user(user_id).kind == "guest"

    # --- who is there ------------------------------------------------------------------------------------------------

    def guest(self, subject: str, network: str = "") -> Account:
        """Gets or creates; a newcomer is granted the guests' credits, once, unless their network had too many."""
        with self._store.read() as db:
            if known := db.find_user("guest", subject):
                return Account(known.id, subject, "guest")
        granted = self._settings.credits_for_guests if self._grants(network) else 0
        user = self._new("guest", subject)
        with self._store.write() as db:
            if db.add_user(user):
                self._grant(db, user.id, granted, user.id)
        return self.guest(subject, network)

    def signed_in(
        self, subject: str, email: str | None, signed_at: datetime, guest: str | None = None
    ) -> Account | None:
        """The account of this sign-in, with what the guest of the same browser has; None when it was revoked."""
        with self._store.read() as db:
            user = db.find_user("user", subject)
            if user and _revoked(user, signed_at):
                return None
            if user and user.email == email and not (guest and db.find_user("guest", guest)):
                return Account(user.id, subject, "user", email)
        try:
            return self._arrive(subject, email, signed_at, guest)
        except Taken:
            return self.signed_in(subject, email, signed_at, guest)

    def _arrive(self, subject: str, email: str | None, signed_at: datetime, guest: str | None) -> Account | None:
        """A first sign-in, or one that brings a guest along. Raises Taken when another request was quicker."""
        notice = ""
        with self._store.write() as db:
            user = db.find_user("user", subject)
            visiting = db.find_user("guest", guest) if guest else None
            if user is None:
                gone = db.find_user("user", self._deleted(subject))
                if gone is not None and _revoked(gone, signed_at):
                    return None
                user = visiting or self._new("user", subject)
                db.name_user(user, "user", subject)
                self._welcome(db, user)
                log.info("first sign-in", user_id=user.id, was_guest=visiting is not None)
            elif visiting is not None:
                notice = self._merge(db, visiting, user)
            user.email = email
            return Account(user.id, subject, "user", email, notice)

    def heir(self, guest_id: str, seen: datetime) -> Account | None:
        """The account that this guest has become since `seen`, at a sign-in of the same browser; None where there is
        none, or its sign-ins ended since."""
        with self._store.read() as db:
            guest = db.get_user(guest_id)
            if guest.kind == "guest" and guest.merged_into is None:
                return None
            user = guest if guest.kind == "user" else db.get_user(guest.merged_into or "")
            return None if _revoked(user, seen) else Account(user.id, user.subject, "user", user.email)

    def _new(self, kind: VisitorKind, subject: str) -> User:
        return User(id=uuid.uuid4().hex, subject=subject, kind=kind, created_at=self._now())

    def _grant(self, db: Db, user_id: str, credits: int, once: str) -> None:
        if credits > 0:
            db.post(user_id, ledger.signup_grant(once, credits, self._at(db)))

    def _welcome(self, db: Db, user: User) -> None:
        """The sign-up credits, less what the same person was granted as a guest; once for each subject, whatever
        account they had before and deleted."""
        had = sum(entry.amount for entry in db.list_entries(user.id) if entry.kind == EntryKind.GRANT)
        self._grant(db, user.id, self._settings.signup_credits - had, self._fingerprint(user.subject))

    # --- guest to user -----------------------------------------------------------------------------------------------

    def _merge(self, db: Db, guest: User, user: User) -> str:
        """The guest's interviews become the user's, never the credits: a fresh cookie comes with some.

        Returns a sentence when one of two open interviews had to be closed.
        """
        for user_id in sorted((guest.id, user.id)):
            db.lock_user(user_id)
        notice = self._keep_one_open(db, guest.id, user.id)
        db.move_interviews(guest.id, user.id)
        if left := db.balance(guest.id):
            key, reason = f"merge:{guest.id}:{user.id}", "Left with the guest: the account has its own credits."
            entry = LedgerEntry(amount=-left, kind=EntryKind.ADJUST, key=key, reason=reason, created_at=self._at(db))
            db.post(guest.id, entry)
        # The cookie names nobody from now on: signing out does not lead back into this account's past.
        guest.subject, guest.merged_into = f"merged:{guest.id}", user.id
        log.info("guest merged", guest_id=guest.id, user_id=user.id)
        return notice

    def _keep_one_open(self, db: Db, guest_id: str, user_id: str) -> str:
        mine, theirs = db.find_open_interview(guest_id), db.find_open_interview(user_id)
        if mine is None or theirs is None:
            return ""
        rank = (Status.ACTIVE, Status.ANALYZING, Status.SETUP).index
        closed = theirs if rank(Status(mine.status)) <= rank(Status(theirs.status)) else mine
        self._close(db, closed, ONE_OPEN)
        db.flush()
        return KEPT_ANOTHER

    def _close(self, db: Db, row: InterviewRow, reason: str) -> None:
        """Whatever state it is in. What it cost is given back: its owner asked for something else."""
        now = self._at(db)
        if row.started_at and row.ended_at is None:
            row.ended_at = now
            row.duration_s = round((now - row.started_at).total_seconds())
        row.status = advance(Status(row.status), Status.FAILED)
        row.failure_reason, row.updated_at = reason, now
        if (charged := db.find_entry(ledger.debit_key(row.id))) and (payer := db.find_payer(row.id)):
            db.post(payer, ledger.refund(charged, reason, now))

    # --- leaving -----------------------------------------------------------------------------------------------------

    def sign_out_everywhere(self, user_id: str) -> None:
        """Every sign-in from before now is over, in every browser and behind every copied cookie."""
        with self._store.write() as db:
            db.lock_user(user_id)
            db.get_user(user_id).signed_out_at = self._now()

    def _fingerprint(self, subject: str) -> str:
        """The same for the same person, and nobody's name to whoever lacks the key."""
        return hmac.new(self._pepper, subject.encode(), hashlib.sha256).hexdigest()[:32]

    def _deleted(self, subject: str) -> str:
        """What a deleted account is called: it ends old sign-ins, and meets the same person's next welcome grant."""
        return f"deleted:{self._fingerprint(subject)}"

    def delete(self, user_id: str) -> list[Interview]:
        """Ends the account: interviews, memories and tokens go, its name goes, ledger entries stay without one.

        Returns the interviews as they were, so that words in memory and copies at vendors can be deleted too; a call
        that is still running loses its interview and ends.
        """
        with self._store.write() as db:
            db.lock_user(user_id)
            rows = db.list_interviews(user_id)
            for row in rows:
                if row.status in OPEN:
                    self._close(db, row, CLOSED)
            deleted = [row.detached() for row in rows]
            for row in rows:
                db.delete(row)
            db.delete_tokens(user_id)
            db.delete_invitations(user_id)
            user = db.get_user(user_id)
            name = self._deleted(user.subject)
            if before := db.find_user("user", name):
                db.name_user(before, "user", f"deleted:{before.id}")
            db.name_user(user, "user", name)
            user.email, user.remembered_since, user.signed_out_at = None, None, self._now()
        self._store.purge()
        log.info("account deleted", user_id=user_id, interviews=len(deleted))
        return deleted


def _revoked(user: User, signed_at: datetime) -> bool:
    return user.signed_out_at is not None and signed_at < user.signed_out_at
