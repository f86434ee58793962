"""What a candidate asked and nobody knew in the call: noted there, answered by the team, read with the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.core.errors import NoteRefused
from services.core.report.company_questions import is_about_the_company
from services.core.report.privacy import is_private, masked
from services.core.report.review import MAX_NOTE
from services.interviews.lifecycle import Lifecycle
from services.store.store import Db, Store
from services.store.tables import OpenQuestionRow

log = structlog.get_logger(__name__)

PRIVATE = "(a private question)"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    number: int
    question: str
    answer: str
    """Of the team; empty until there is one."""
    answered_at: datetime | None

    @property
    def readable(self) -> bool:
        """False where its words were private, so that none were kept."""
        return self.question != PRIVATE


class OpenQuestions:
    """Thread-safe. For the owner of the interview; anybody else's is InterviewNotFound."""

    def __init__(self, store: Store, lifecycle: Lifecycle, now: Callable[[], datetime]) -> None:
        self._store, self._lifecycle, self._now = store, lifecycle, now

    def note(self, interview_id: str, questions: Sequence[str]) -> None:
        """Of a call that ended; what was noted before stays as it is."""
        if not questions:
            return
        with self._lifecycle.change(interview_id) as (db, _):
            known = db.list_open_questions(interview_id)
            texts = [_readable(text) for text in questions]
            new = [text for text in dict.fromkeys(texts) if text not in {row.question for row in known}]
            for number, text in enumerate(new, len(known) + 1):
                row = OpenQuestionRow(interview_id=interview_id, number=number, question=text, asked_at=self._now())
                db.add(row)
        log.info("questions noted", interview_id=interview_id, count=len(new))

    def list(self, user_id: str, interview_id: str) -> list[OpenQuestion]:
        """In the order in which they were asked."""
        with self._store.read() as db:
            db.get_interview(interview_id, user_id)
            return listed(db, interview_id)

    def answer(self, user_id: str, interview_id: str, number: int, text: str) -> None:
        """The team's answer, written again as often as they like; an empty one takes it back. Raises NoteRefused."""
        words = cleaned(text)
        with self._lifecycle.change(interview_id, user_id) as (db, _):
            write(db, interview_id, number, words, self._now())
        log.info("question answered", interview_id=interview_id)


def listed(db: Db, interview_id: str) -> list[OpenQuestion]:
    rows = db.list_open_questions(interview_id)
    return [OpenQuestion(row.number, row.question, row.answer, row.answered_at) for row in rows]


def cleaned(text: str) -> str:
    """An answer as it is kept. Raises NoteRefused."""
    words = text.replace("\0", "").encode(errors="ignore").decode().strip()
    if len(words) > MAX_NOTE:
        raise NoteRefused(f"That is {len(words)} characters; at most {MAX_NOTE} fit.")
    return words


def write(db: Db, interview_id: str, number: int, words: str, at: datetime) -> None:
    """Raises NoteRefused."""
    row = next((row for row in db.list_open_questions(interview_id) if row.number == number), None)
    if row is None:
        raise NoteRefused("There is no such question any more. Load the page again.")
    row.answer, row.answered_at = words, at if words else None


def _readable(question: str) -> str:
    """As the team may read it."""
    if is_about_the_company(question):
        return question
    return PRIVATE if is_private(question) else masked(question)
