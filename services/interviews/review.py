"""What people add: corrections before a report is frozen, levels and notes beside it afterwards.

The words of corrections stay in memory like those they correct. A reason or a note is kept, as it was typed to be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from services.core.errors import InvalidTransition
from services.core.interview import Interview
from services.core.report import readback, review
from services.core.report.readback import Readback
from services.core.report.review import Review
from services.core.report.rubric import Report
from services.core.talk.transcript import Turn
from services.interviews.lifecycle import Lifecycle
from services.interviews.transcripts import Transcripts
from services.store.store import Store

log = structlog.get_logger(__name__)


class Reviews:
    """For the visitor whose interview it is; anybody else's is InterviewNotFound. `now` is aware."""

    def __init__(
        self, store: Store, lifecycle: Lifecycle, transcripts: Transcripts, now: Callable[[], datetime]
    ) -> None:
        self._store, self._lifecycle, self._transcripts, self._now = store, lifecycle, transcripts, now

    def find_readback(self, user_id: str, interview_id: str) -> Readback | None:
        """The candidate's own words while the report waits for them; None when it does not. Asking prolongs that."""
        self._require_owner(user_id, interview_id)
        return self._transcripts.find_readback(interview_id)

    def correct(self, user_id: str, interview_id: str, turn_id: str, text: str) -> None:
        """What the candidate really said. Raises CorrectionRefused."""
        self._change_turn(user_id, interview_id, turn_id, partial(readback.correct, text=text))

    def doubt(self, user_id: str, interview_id: str, turn_id: str, *, wrong: bool) -> None:
        """The candidate says that the words are wrong, or takes that back. Raises CorrectionRefused."""
        self._change_turn(user_id, interview_id, turn_id, partial(readback.doubt, wrong=wrong))

    def confirm(self, user_id: str, interview_id: str, turn_id: str) -> None:
        """The candidate says that disputed words are right as they stand. Raises CorrectionRefused."""
        self._change_turn(user_id, interview_id, turn_id, readback.confirm)

    def finish_readback(self, user_id: str, interview_id: str) -> None:
        """The candidate is done reading, or does not want to: the report is made now."""
        self._require_owner(user_id, interview_id)
        self._transcripts.close(interview_id)

    def override(
        self, user_id: str, interview_id: str, competency_id: str, level: int | None, reason: str
    ) -> Interview:
        """A reviewer's level beside the report's own. Raises NoteRefused, InvalidTransition without a report."""
        return self._add(
            user_id,
            interview_id,
            lambda report: review.override(report, competency_id, level, reason, by=user_id, at=self._now()),
        )

    def dispute(self, user_id: str, interview_id: str, item_id: str, note: str) -> Interview:
        """A candidate's note on an item. Raises NoteRefused, InvalidTransition without a report."""
        return self._add(
            user_id, interview_id, lambda report: review.dispute(report, item_id, note, by=user_id, at=self._now())
        )

    def _add(self, user_id: str, interview_id: str, write: Callable[[Report], Review]) -> Interview:
        with self._lifecycle.change(interview_id, user_id) as (_, row):
            known = row.detached()
            if known.report is None:
                raise InvalidTransition("There is no report yet.")
            written = review.added(known.reviews, write(known.report))
            row.reviews = [item.model_dump(mode="json") for item in written]
            log.info("report reviewed", interview_id=interview_id, user_id=user_id, kind=written[-1].kind)
            return row.detached()

    def _change_turn(self, user_id: str, interview_id: str, turn_id: str, change: Callable[[Turn], Turn]) -> None:
        self._require_owner(user_id, interview_id)
        self._transcripts.change(interview_id, turn_id, change)

    def _require_owner(self, user_id: str, interview_id: str) -> None:
        with self._store.read() as db:
            db.get_interview(interview_id, user_id)
