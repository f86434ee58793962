"""The use cases of an interview for the visitor whose it is: credits, plan, look, report, abandon, delete.

Another visitor's interview is InterviewNotFound, the same as one that does not exist. What the live call and the
background sweep do, for nobody in particular, is inherited from `lifecycle`, what people correct from `reviews`.
"""

from __future__ import annotations

import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from services.analyst.rules import Analyst
from services.calls.transcripts import Transcripts
from services.core import ledger
from services.core.errors import (
    AnalysisFailed,
    ConsentMissing,
    InterviewAlreadyOpen,
    InvalidTransition,
    PhoneScreenError,
    TranscriptGone,
)
from services.core.interview import Interview, Status
from services.core.ledger import LedgerEntry
from services.core.plan.plan import Pace, Plan, Question
from services.core.report.readback import marked, noted
from services.core.report.rubric import Report
from services.interviews.lifecycle import WORDS_LOST
from services.interviews.reviews import Reviews
from services.settings import Settings
from services.store.store import InterviewRow, Store, User, VisitorKind

__all__ = ["Interview", "Interviews", "Visitor"]

log = structlog.get_logger(__name__)

ABANDONED = "You abandoned this interview."

Progress = Callable[[str], None]


def _silent(_sentence: str) -> None:
    pass


def _head(sentence: str) -> str:
    """What a sentence is about: "Rating the answers" of "Rating the answers: 3 of 15 done"."""
    return sentence.replace(",", ":").partition(":")[0]


def _plan_columns(plan: Plan) -> dict[str, Any]:
    content = plan.model_dump(mode="json")
    return {
        "plan": content,
        "plan_hash": plan.plan_hash,
        "questions": content["questions"],
        "experience_level": plan.level,
        "domain_track": plan.domain,
    }


@dataclass(frozen=True, slots=True)
class Visitor:
    id: str
    subject: str
    kind: VisitorKind


class Interviews(Reviews):
    """Thread-safe; several processes may share one database. `now` is the server's clock, aware."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        analyst: Analyst,
        now: Callable[[], datetime],
        transcripts: Transcripts,
    ) -> None:
        super().__init__(store, settings, now, transcripts)
        self._analyst = analyst
        self._analyzing: dict[str, list[str]] = {}
        """What the making of a report has been at, by interview."""
        self._analyzing_lock = threading.Lock()

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

    def prepare(
        self,
        user_id: str,
        *,
        job_description: str,
        provider: str,
        pace: Pace,
        consent: bool,
        preset: str | None = None,
        progress: Progress = _silent,
    ) -> Interview:
        """Makes the plan, outside of any transaction, and the interview in `setup`.

        Raises ConsentMissing, InterviewAlreadyOpen, InsufficientCredit, or what the analyst refuses the text with.
        """
        if not consent:
            raise ConsentMissing
        consent_at = self._now()
        with self._store.read() as db:
            if known := db.find_open_interview(user_id):
                raise InterviewAlreadyOpen(known.id)
            self._require_credit(db, user_id)
        plan_key = self._analyst.plan_key(job_description)
        known_plan = self._find_plan(plan_key)
        if known_plan:
            progress("This job description has a plan already: whoever applies gets the same questions.")
        plan = known_plan or self._analyst.plan(job_description, progress)
        row = InterviewRow(
            id=uuid.uuid4().hex,
            user_id=user_id,
            status=Status.SETUP,
            provider=provider,
            pace=pace,
            preset=preset,
            plan_key=plan_key if plan.made_by == self._analyst.label else None,
            # What neither database can hold in a text: NUL, and halves of surrogate pairs.
            job_description=job_description.replace("\0", "").encode(errors="ignore").decode(),
            consent_at=consent_at,
            created_at=self._now(),
            updated_at=self._now(),
            **_plan_columns(plan),
        )
        with self._store.write() as db:
            db.add_interview(row)
            log.info("interview prepared", interview_id=row.id, user_id=user_id, provider=provider)
            return row.detached()

    def revise_plan(self, user_id: str, interview_id: str, questions: tuple[Question, ...]) -> Interview:
        """In `setup` only, else InvalidTransition. Raises PlanInvalid."""
        with self._change(interview_id, user_id) as (_, row):
            if row.status != Status.SETUP:
                raise InvalidTransition("The questions can only be changed before the interview begins.")
            plan = Plan.model_validate(row.plan).revised(questions)
            for column, value in _plan_columns(plan).items():
                setattr(row, column, value)
            row.plan_key = None
            return row.detached()

    def get(self, user_id: str, interview_id: str) -> Interview:
        with self._store.read() as db:
            return db.get_interview(interview_id, user_id).detached()

    def list(self, user_id: str) -> list[Interview]:
        """Newest first."""
        with self._store.read() as db:
            return [row.detached() for row in db.list_interviews(user_id)]

    def find_open(self, user_id: str) -> Interview | None:
        with self._store.read() as db:
            row = db.find_open_interview(user_id)
            return row.detached() if row else None

    def analyze(self, interview_id: str, progress: Progress = _silent) -> Interview:
        """Makes the report from the words in memory; `analyzing` to `complete`, or `failed` when the words are gone.

        While one thread is at it, others get the interview as it is. Raises AnalysisFailed, or the analyst's own
        PhoneScreenError, when it could not be made this time: the interview stays `analyzing` and the words are kept.
        """
        with self._alone(interview_id) as alone:
            interview = self._get(interview_id)
            if not alone or interview.status in (Status.COMPLETE, Status.FAILED):
                return interview
            if interview.status is not Status.ANALYZING:
                raise InvalidTransition("The report is made when the interview is over.")

            def tell(sentence: str) -> None:
                self._analyzing[interview_id].append(sentence)
                progress(sentence)

            if interview.failure_reason:
                self._note(interview_id, None)
            try:
                report = self._report(interview, tell)
            except TranscriptGone:
                return self.fail(interview_id, WORDS_LOST)
            except PhoneScreenError as error:
                self._note(interview_id, error.sentence)
                raise
            return self._complete_if_still_analyzing(interview_id, report)

    def stages(self, interview_id: str) -> tuple[str, ...]:
        """What the making of this report has been at, in words; the last is going on. Empty: nobody is at it."""
        stages: list[str] = []
        for sentence in tuple(self._analyzing.get(interview_id, ())):
            if stages and _head(stages[-1]) == _head(sentence):
                stages.pop()
            stages.append(sentence)
        return tuple(stages)

    def abandon(self, user_id: str, interview_id: str) -> Interview:
        """Any open state to `failed`. What was charged stays charged: leaving is the visitor's own choice."""
        with self._change(interview_id, user_id) as (db, row):
            self._fail(db, row, ABANDONED, refund=False)
            abandoned = row.detached()
        self._transcripts.drop(interview_id)
        return abandoned

    def delete(self, user_id: str, interview_id: str) -> Interview:
        """Removes the interview with its job description, plan, report, turns and words; ledger entries stay.

        Returns it as it was, so that its conversations can be deleted at the vendors too. Raises InvalidTransition
        while the call is running.
        """
        with self._change(interview_id, user_id) as (db, row):
            if row.status == Status.ACTIVE:
                raise InvalidTransition("End the interview before you delete it.")
            deleted = row.detached()
            db.delete(row)
        self._transcripts.drop(interview_id)
        self._store.purge()
        log.info("interview deleted", interview_id=interview_id, user_id=user_id)
        return deleted

    def _find_plan(self, plan_key: str | None) -> Plan | None:
        """As it was made for another interview with this key, unedited; that one bears its cost."""
        if plan_key is None:
            return None
        with self._store.read() as db:
            content = db.find_plan(plan_key)
            return None if content is None else Plan.model_validate({**content, "bill": None})

    def _get(self, interview_id: str) -> Interview:
        with self._store.read() as db:
            return db.get_interview(interview_id).detached()

    @contextmanager
    def _alone(self, interview_id: str) -> Iterator[bool]:
        """False when another thread is making this report; the words are in one process only, so threads suffice."""
        with self._analyzing_lock:
            alone = interview_id not in self._analyzing
            self._analyzing.setdefault(interview_id, ["Reading your answers…"])
        try:
            yield alone
        finally:
            if alone:
                del self._analyzing[interview_id]

    def _report(self, interview: Interview, progress: Progress) -> Report:
        self._transcripts.close(interview.id)
        transcript = self._transcripts.get(interview.id)
        turns, conditions = transcript.turns, noted(transcript.conditions, transcript.turns)
        try:
            report = self._analyst.report(interview.plan, turns, conditions, interview.duration_s or 0, progress)
            return marked(report, turns)
        except PhoneScreenError:
            raise
        except Exception as error:  # noqa: BLE001
            # A boundary: a text model's client may raise anything, and its message may quote the candidate.
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.name}:{last.lineno}"
            log.error("analysis failed", interview_id=interview.id, error=type(error).__name__, where=where)
            raise AnalysisFailed from None

    def _note(self, interview_id: str, trouble: str | None) -> None:
        """Why the last attempt failed; None while a new one is under way."""
        with self._change(interview_id) as (_, row):
            if row.status == Status.ANALYZING:
                row.failure_reason = trouble

    def _complete_if_still_analyzing(self, interview_id: str, report: Report) -> Interview:
        try:
            return self.complete(interview_id, report)
        except InvalidTransition:  # abandoned while the report was in the making
            return self._get(interview_id)
