"""From the words of an ended interview to its frozen report."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from services.analyst.privacy import without_private_words
from services.analyst.rules import Analyst, Progress, silent
from services.core.errors import AnalysisFailed, InvalidTransition, PhoneScreenError, TranscriptGone
from services.core.interview import Interview, Status
from services.core.report.assembly import hear
from services.core.report.readback import marked, noted
from services.core.report.rubric import Report
from services.core.report.screening import Screen, rules_alone
from services.interviews.lifecycle import WORDS_LOST, Lifecycle
from services.interviews.signing import Signer
from services.interviews.transcripts import Transcripts
from services.store.store import Store

log = structlog.get_logger(__name__)


def _head(sentence: str) -> str:
    """What a sentence is about: "Rating the answers" of "Rating the answers: 3 of 15 done"."""
    return sentence.replace(",", ":").partition(":")[0]


class Analysis:
    """Thread-safe; the words are in one process only, and so is the making of a report."""

    def __init__(
        self,
        store: Store,
        analyst: Analyst,
        lifecycle: Lifecycle,
        transcripts: Transcripts,
        signer: Signer | None = None,
        elsewhere: Callable[[str | None], bool] = lambda _owner: False,
        screen: Screen = rules_alone,
    ) -> None:
        """`elsewhere` says of a lease's owner whether it is another process that lives."""
        self._screen = screen
        self._elsewhere = elsewhere
        self._signer = signer
        """None: reports are not signed."""
        self._store, self._analyst, self._lifecycle, self._transcripts = store, analyst, lifecycle, transcripts
        self._analyzing: dict[str, list[str]] = {}
        """What the making of a report has been at, by interview."""
        self._lock = threading.Lock()

    def analyze(self, interview_id: str, progress: Progress = silent) -> Interview:
        """Makes the report from the words in memory; `analyzing` to `complete`, or `failed` when the words are gone.

        While one thread is at it, or another process has the words, others get the interview as it is. Raises
        AnalysisFailed, or the analyst's own PhoneScreenError, when it could not be made this time: the interview stays
        `analyzing` and the words are kept.
        """
        with self._alone(interview_id) as alone:
            interview = self._get(interview_id)
            held_elsewhere = self._elsewhere(interview.lease_owner)
            if not alone or held_elsewhere or interview.status in (Status.COMPLETE, Status.FAILED):
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
                return self._lifecycle.fail(interview_id, WORDS_LOST)
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

    def _get(self, interview_id: str) -> Interview:
        with self._store.read() as db:
            return db.get_interview(interview_id).detached()

    @contextmanager
    def _alone(self, interview_id: str) -> Iterator[bool]:
        """False when another thread is making this report; the words are in one process only, so threads suffice."""
        with self._lock:
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
        screened = self._screen(interview.plan, transcript.turns, interview.job_description)
        turns = without_private_words(transcript.turns, screened)
        conditions = noted(transcript.conditions, transcript.turns)
        try:
            heard = hear(interview.plan, turns, conditions, screened)
            report = self._analyst.report(heard, interview.duration_s or 0, progress)
            made = marked(report, turns)
            return self._signer.sealed(made) if self._signer else made
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
        with self._lifecycle.change(interview_id) as (_, row):
            if row.status == Status.ANALYZING:
                row.failure_reason = trouble

    def _complete_if_still_analyzing(self, interview_id: str, report: Report) -> Interview:
        try:
            return self._lifecycle.complete(interview_id, report)
        except InvalidTransition:  # abandoned while the report was in the making
            return self._get(interview_id)
