"""Invitations: a one-time link to an interview with the host's plan, which the host's credits pay for.

The candidate owns the interview, as every candidate does. The host pays, and reads the report if the candidate agreed.
"""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from services.core import sharing
from services.core.errors import (
    ConsentMissing,
    InsufficientCredit,
    InterviewNotFound,
    InvalidTransition,
    LinkRefused,
    ShareRefused,
)
from services.core.interview import Interview, Status
from services.core.invitation import INVITE_DAYS, MAX_INVITES, Invitation
from services.core.plan.plan import Plan
from services.core.report import review
from services.core.sharing import SharedForm, SharedReport
from services.interviews import questions
from services.interviews.lifecycle import Lifecycle
from services.interviews.prepare import plan_columns
from services.interviews.questions import OpenQuestion
from services.interviews.secret_tokens import digest, new_token
from services.store.store import Db, InterviewRow, Store
from services.store.tables import InvitationRow

log = structlog.get_logger(__name__)

PREFIX = "inv_"
UNKNOWN = "This invitation opens nothing: its link is incomplete, or it was deleted. Ask whoever sent it for a new one."
OWN = "This is your own invitation. Send its link to the candidate, or try it in another browser."
NO_CREDIT = "Whoever invited you has no credits left for an interview. Tell them; nothing was taken from you."


class Invitations:
    """Thread-safe; several processes may share one database. `now` is the server's clock, aware."""

    def __init__(self, store: Store, lifecycle: Lifecycle, now: Callable[[], datetime]) -> None:
        self._store, self._lifecycle, self._now = store, lifecycle, now

    def invite(self, host_id: str, interview_id: str, label: str = "") -> str:
        """The token of a new invitation to the plan of this interview of theirs, the only time it can be seen.

        Raises InsufficientCredit; ShareRefused with too many that wait; InvalidTransition for a plan that is itself
        somebody else's.
        """
        token, now = new_token(PREFIX), self._now()
        with self._lifecycle.change(interview_id, host_id) as (db, row):
            if row.payer_id is not None:
                raise InvalidTransition("This plan is somebody else's: only they can invite others to it.")
            self._lifecycle.require_credit(db, host_id, row.id)
            if sum(one.is_open(now) for one in db.list_invitations(host_id)) >= MAX_INVITES:
                raise ShareRefused(f"{MAX_INVITES} of your invitations wait already. Take one back first.")
            db.add(
                InvitationRow(
                    id=uuid.uuid4().hex,
                    host_id=host_id,
                    token_sha256=digest(token),
                    label=sharing.cleaned_label(label),
                    plan=Plan.model_validate(row.plan).model_copy(update={"bill": None}).model_dump(mode="json"),
                    provider=row.provider,
                    pace=row.pace,
                    job_description=row.job_description,
                    created_at=now,
                    expires_at=now + timedelta(days=INVITE_DAYS),
                )
            )
            log.info("invitation made", interview_id=interview_id, user_id=host_id)
        return token

    def list(self, host_id: str) -> list[tuple[Invitation, Status | None, bool]]:
        """Newest first, each with the state of its interview (None: not taken, or deleted since) and whether its
        report can be read."""
        with self._store.read() as db:
            found = []
            for one in db.list_invitations(host_id):
                row = db.find_interview(one.interview_id) if one.interview_id else None
                readable = row is not None and row.report is not None and row.share_consent_at is not None
                found.append((one, Status(row.status) if row else None, readable))
            return found

    def revoke(self, host_id: str, invitation_id: str) -> None:
        """Nothing happens to another host's, or to one that was taken: that interview goes on."""
        with self._store.write() as db:
            db.lock_user(host_id)
            db.revoke_invitation(host_id, invitation_id, self._now())

    def report(self, host_id: str, invitation_id: str) -> SharedReport:
        """What the candidate agreed to show the host. Raises InterviewNotFound, LinkRefused."""
        with self._store.read() as db:
            return self._read(db, host_id, invitation_id)[1]

    def review(
        self, host_id: str, invitation_id: str, name: str, competency_id: str, level: int | None, reason: str
    ) -> None:
        """The host's level beside the report's own, for as long as they may read it. Raises InterviewNotFound,
        LinkRefused, NoteRefused."""
        with self._store.read() as db:
            interview_id, _ = self._read(db, host_id, invitation_id)
        with self._lifecycle.change(interview_id) as (_, row):
            known = row.detached()
            sharing.shared(known, SharedForm.SCORECARD, shows_label=True)
            if known.report is None:
                raise InterviewNotFound
            who = review.reviewer_name(name)
            left = review.override(known.report, competency_id, level, reason, by=host_id, at=self._now(), name=who)
            row.reviews = [item.model_dump(mode="json") for item in review.added(known.reviews, left)]
            log.info("invited report reviewed", interview_id=interview_id, user_id=host_id)

    def questions(self, host_id: str, invitation_id: str) -> builtins.list[OpenQuestion]:
        """What Ema could not answer, for as long as the host may read the report. Raises InterviewNotFound,
        LinkRefused."""
        with self._store.read() as db:
            interview_id, _ = self._read(db, host_id, invitation_id)
            return questions.listed(db, interview_id)

    def answer(self, host_id: str, invitation_id: str, number: int, text: str) -> None:
        """The host's answer, which the candidate reads. Raises InterviewNotFound, LinkRefused, NoteRefused."""
        words = questions.cleaned(text)
        with self._store.read() as db:
            interview_id, _ = self._read(db, host_id, invitation_id)
        with self._lifecycle.change(interview_id) as (db, row):
            sharing.shared(row.detached(), SharedForm.SCORECARD, shows_label=True)
            questions.write(db, interview_id, number, words, self._now())
            log.info("question answered", interview_id=interview_id, user_id=host_id)

    def _read(self, db: Db, host_id: str, invitation_id: str) -> tuple[str, SharedReport]:
        """The interview's id, and what the candidate agreed to show of it."""
        found = db.find_invitation(invitation_id)
        if found is None or found.host_id != host_id or found.interview_id is None:
            raise InterviewNotFound
        interview = db.get_interview(found.interview_id).detached()
        return interview.id, sharing.shared(interview, SharedForm.SCORECARD, shows_label=True)

    def look(self, token: str, user_id: str) -> Invitation:
        """What somebody with the link is invited to; one that this visitor took is shown to them again.

        Raises LinkRefused.
        """
        with self._store.read() as db:
            found = self._known(db, token)
            if not self._taken_by(db, found, user_id):
                self._check(found, user_id)
            return found

    def accept(self, token: str, user_id: str, *, consent: bool, share: bool) -> Interview:
        """Makes the interview in `setup`, once: its owner is this visitor, its payer the host. Asked again by the same
        visitor, it is the same interview.

        `share`: the candidate agrees that the host reads the report. Raises ConsentMissing, LinkRefused, and
        InterviewAlreadyOpen where the visitor has another one.
        """
        if not consent:
            raise ConsentMissing
        with self._store.read() as db:
            host_id = self._known(db, token).host_id
        with self._store.write() as db:
            for locked in sorted({host_id, user_id}):
                db.lock_user(locked)
            found = self._known(db, token)
            if found.host_id != host_id:
                raise LinkRefused("Whoever invited you is signing in just now. Please try again.")
            if before := self._taken_by(db, found, user_id):
                return before
            self._check(found, user_id)
            try:
                self._lifecycle.require_credit(db, host_id)
            except InsufficientCredit:
                raise LinkRefused(NO_CREDIT) from None
            row = self._interview(db.get_invitation(found.id), user_id, share=share)
            db.add_interview(row)
            db.take_invitation(found.id, row.id, self._now())
            log.info("invitation taken", interview_id=row.id, user_id=user_id, payer_id=host_id)
            return row.detached()

    def _interview(self, invitation: InvitationRow, user_id: str, *, share: bool) -> InterviewRow:
        now = self._now()
        return InterviewRow(
            id=uuid.uuid4().hex,
            user_id=user_id,
            payer_id=invitation.host_id,
            status=Status.SETUP,
            provider=invitation.provider,
            pace=invitation.pace,
            job_description=invitation.job_description,
            label=invitation.label,
            share_consent_at=now if share else None,
            consent_at=now,
            created_at=now,
            updated_at=now,
            **plan_columns(Plan.model_validate(invitation.plan)),
        )

    def _known(self, db: Db, token: str) -> Invitation:
        row = db.find_invitation_by(digest(token)) if token.startswith(PREFIX) else None
        if row is None:
            raise LinkRefused(UNKNOWN)
        return row

    def _taken_by(self, db: Db, found: Invitation, user_id: str) -> Interview | None:
        row = db.find_interview(found.interview_id) if found.interview_id else None
        return row.detached() if row is not None and row.user_id == user_id else None

    def _check(self, found: Invitation, user_id: str) -> None:
        found.require_open(self._now())
        if found.host_id == user_id:
            raise LinkRefused(OWN)
