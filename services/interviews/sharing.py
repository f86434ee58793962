"""Reports for people who have no account here: the candidate's agreement, links that open one report, and reviewers.

A link's token is random, shown once and kept as a hash. Who has it may read the report until it expires or is taken
back, and nothing else of anybody's.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

import structlog

from services.core import sharing
from services.core.errors import InterviewNotFound, LinkRefused, NoteRefused, ShareRefused
from services.core.interview import Interview
from services.core.report import review
from services.core.sharing import SharedForm, SharedReport, ShareLink
from services.interviews.lifecycle import Lifecycle
from services.interviews.secret_tokens import digest, new_token
from services.interviews.signing import Signer
from services.store.store import Db, Store
from services.store.tables import ShareLinkRow

log = structlog.get_logger(__name__)

PREFIX = "shr_"
VIA_LINK = "link:"
MOST_VIA_LINKS = review.MAX_REVIEWS * 2 // 3
"""Levels left through links on one report; the rest is its owner's and the candidate's to use."""
UNKNOWN = "This link opens nothing: it is incomplete, or the report was deleted. Ask whoever sent it for a new one."


class Sharing:
    """Thread-safe. What takes a user's id is for the owner of the interview; what takes a token is for anybody."""

    def __init__(self, store: Store, lifecycle: Lifecycle, now: Callable[[], datetime], signer: Signer | None) -> None:
        self._store, self._lifecycle, self._now, self._signer = store, lifecycle, now, signer

    def name(self, user_id: str, interview_id: str, label: str) -> Interview:
        """Who the candidate is; too long a label is cut."""
        with self._lifecycle.change(interview_id, user_id) as (_, row):
            row.label = sharing.cleaned_label(label)
            return row.detached()

    def agree(self, user_id: str, interview_id: str) -> Interview:
        """Records that the candidate agrees that others read the report; the first time counts."""
        with self._lifecycle.change(interview_id, user_id) as (_, row):
            if row.share_consent_at is None:
                row.share_consent_at = self._now()
                log.info("sharing agreed to", interview_id=interview_id)
            return row.detached()

    def withdraw(self, user_id: str, interview_id: str) -> Interview:
        """Takes the agreement back, and with it every link; agreeing again revives none of them."""
        with self._lifecycle.change(interview_id, user_id) as (db, row):
            row.share_consent_at = None
            db.revoke_links(interview_id, self._now())
            log.info("sharing withdrawn", interview_id=interview_id)
            return row.detached()

    def readable(self, user_id: str) -> list[Interview]:
        """What programs may read with this user's access token, newest first: finished interviews whose candidates
        agreed that others read the report. Without that an interview does not exist for them."""
        with self._store.read() as db:
            rows = db.list_interviews(user_id)
            return [row.detached() for row in rows if row.report is not None and row.share_consent_at is not None]

    def share(self, user_id: str, interview_id: str, form: str, days: int, *, shows_label: bool = False) -> str:
        """The token of a new link, the only time it can be seen.

        Raises ShareRefused without a report or the candidate's agreement, or with too many links; LinkRefused for a
        length that is not offered.
        """
        token, now = new_token(PREFIX), self._now()
        with self._lifecycle.change(interview_id, user_id) as (db, row):
            if row.report is None:
                raise ShareRefused("There is no report to share yet.")
            if row.share_consent_at is None:
                raise ShareRefused("Tick the box first: a report is shared only when its candidate agrees.")
            if form not in list(SharedForm):
                raise ShareRefused("Choose the scorecard or the letter.")
            if sum(link.works(now) for link in db.list_links(interview_id)) >= sharing.MAX_LINKS:
                raise ShareRefused(
                    f"This report has {sharing.MAX_LINKS} links, which is the most. Take one back first."
                )
            db.add(
                ShareLinkRow(
                    id=uuid.uuid4().hex,
                    interview_id=interview_id,
                    token_sha256=digest(token),
                    form=form,
                    shows_label=shows_label,
                    created_at=now,
                    expires_at=sharing.expiry(days, now),
                )
            )
            log.info("report shared", interview_id=interview_id, form=form, days=days)
        return token

    def links(self, user_id: str, interview_id: str) -> list[ShareLink]:
        """Newest first, those that do not work any more too."""
        with self._store.read() as db:
            db.get_interview(interview_id, user_id)
            return db.list_links(interview_id)

    def revoke(self, user_id: str, interview_id: str, link_id: str) -> None:
        """Nothing happens to another interview's link."""
        with self._lifecycle.change(interview_id, user_id) as (db, _):
            db.revoke_links(interview_id, self._now(), link_id)

    def open(self, token: str, *, count: bool = True) -> SharedReport:
        """What this link shows. `count`: somebody opened it, rather than drew it again. Raises LinkRefused."""
        with self._store.read() as db:
            link = self._working(db, token)
            found = db.find_interview(link.interview_id)
            interview = found.detached() if found else None
        if interview is None:
            raise LinkRefused(UNKNOWN)
        verdict = self._signer.verdict(interview.report) if self._signer and interview.report else ""
        read = sharing.shared(interview, SharedForm(link.form), shows_label=link.shows_label, verdict=verdict)
        if count:
            with self._store.write() as db:
                db.count_view(link.id, self._now())
        return read

    def review(self, token: str, name: str, competency_id: str, level: int | None, reason: str) -> None:
        """A reviewer's level, by whoever has a link to the scorecard. Raises LinkRefused, NoteRefused."""
        with self._store.read() as db:
            interview_id = self._working(db, token).interview_id
        try:
            with self._lifecycle.change(interview_id) as (db, row):
                link, known = self._working(db, token), row.detached()
                read = sharing.shared(known, SharedForm(link.form), shows_label=False)
                if read.form is not SharedForm.SCORECARD or known.report is None:
                    raise NoteRefused("Levels are left on a scorecard. This link shows the letter.")
                if sum(item.by.startswith(VIA_LINK) for item in known.reviews) >= MOST_VIA_LINKS:
                    raise NoteRefused("This report takes no more levels through links.")
                by, who = f"{VIA_LINK}{link.id}", review.reviewer_name(name)
                left = review.override(known.report, competency_id, level, reason, by=by, at=self._now(), name=who)
                written = review.added(known.reviews, left)
                row.reviews = [item.model_dump(mode="json") for item in written]
                log.info("shared report reviewed", interview_id=interview_id, link_id=link.id)
        except InterviewNotFound:
            raise LinkRefused(UNKNOWN) from None

    def _working(self, db: Db, token: str) -> ShareLinkRow:
        row = db.find_link(digest(token)) if token.startswith(PREFIX) else None
        if row is None:
            raise LinkRefused(UNKNOWN)
        ShareLink.model_validate(row, from_attributes=True).require_working(self._now())
        return row
