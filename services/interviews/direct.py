"""Calls that a browser makes to a vendor by itself, with an ephemeral token of ours: one each, paid by issue.

Nobody but the vendor sees such a call, and a token can be copied, so what counts is that it was given away: the debit
is due at issue plus the free window, whatever becomes of the interview, unless the vendor's own record shows that the
call ended before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.core import ledger
from services.core.errors import InsufficientCredit, InterviewLive, NoInterviewOpen, TokenIssued
from services.core.interview import Interview, Status
from services.interviews.lifecycle import Lifecycle
from services.settings import Settings
from services.store.store import Store
from services.store.tables import IssuedToken

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Due:
    """A token whose free window is over."""

    interview_id: str
    provider: str
    conversation_id: str | None


class DirectCalls:
    """Thread-safe; several processes, on hosts whose clocks differ, may share one database."""

    def __init__(self, store: Store, settings: Settings, lifecycle: Lifecycle) -> None:
        self._store, self._settings, self._lifecycle = store, settings, lifecycle

    def waiting(self, user_id: str) -> Interview:
        """The visitor's interview that a token may be given for.

        Raises NoInterviewOpen, InterviewLive, TokenIssued or InsufficientCredit.
        """
        with self._store.read() as db:
            row = db.find_open_interview(user_id)
            if row is None:
                raise NoInterviewOpen
            if row.status != Status.SETUP:
                raise InterviewLive
            if db.find_issued(row.id):
                raise TokenIssued
            self._lifecycle.require_credit(db, row.payer_id or user_id, row.id)
            return row.detached()

    def reserve(self, interview: Interview, provider: str) -> None:
        """Before the vendor is asked: of two requests at once one gets the token. Raises as `waiting` does."""
        with self._lifecycle.change(interview.id, interview.user_id) as (db, row):
            if row.status != Status.SETUP:
                raise InterviewLive
            if db.find_issued(row.id):
                raise TokenIssued
            payer = row.payer_id or row.user_id
            self._lifecycle.require_credit(db, payer, row.id)
            db.add(IssuedToken(interview_id=row.id, user_id=payer, provider=provider, issued_at=self._lifecycle.at(db)))

    def confirm(self, interview_id: str, conversation_id: str | None) -> None:
        """The vendor answered: from now on the debit is due."""
        with self._store.write() as db:
            if issued := db.find_issued(interview_id):
                issued.issued_at, issued.conversation_id = self._lifecycle.at(db), conversation_id
        log.info("token issued", interview_id=interview_id)

    def withdraw(self, interview_id: str) -> None:
        """The vendor gave none, so nothing is owed."""
        with self._store.write() as db:
            if issued := db.find_issued(interview_id):
                db.delete(issued)

    def due(self) -> list[Due]:
        """Tokens whose free window is over and for which nobody has paid yet, oldest first."""
        with self._store.read() as db:
            before = self._lifecycle.at(db) - timedelta(seconds=self._settings.free_window_s)
            return [Due(one.interview_id, one.provider, one.conversation_id) for one in db.list_unsettled(before)]

    def settle(self, interview_id: str, *, seconds: float | None) -> None:
        """Debits once. `seconds` is how long the vendor's record says the call took; None where it says nothing."""
        with self._store.write() as db:
            issued = db.find_issued(interview_id)
            if issued is None:
                return
            db.lock_user(issued.user_id)
            now = issued.settled_at = self._lifecycle.at(db)
            if seconds is not None and seconds < self._settings.free_window_s:
                return
            try:
                entry = ledger.debit(interview_id, self._settings.interview_cost_credits, now)
                posted = db.post(issued.user_id, entry)
            except InsufficientCredit:
                log.error("balance does not cover an issued token", interview_id=interview_id)
                return
            if posted and (row := db.find_interview(interview_id)):
                row.charge_committed_at = now
            log.info("issued token charged", interview_id=interview_id)
