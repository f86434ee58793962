"""One report by a text model: every competency read several times side by side, each reading checked by code."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from services.analyst.budget import Budget
from services.analyst.model import TextModel
from services.analyst.rules import Progress
from services.core.plan.plan import Competency
from services.core.report.answers import Answer
from services.core.report.assembly import Interviewed, by_rules, frozen
from services.core.report.evidence import Finding, Ground
from services.core.report.prompts import PROMPT_VERSION, RATE, rating_data
from services.core.report.readings import QUORUM, RUNS, UNCARRIED, Reading, Verdict, read_verdict, settle
from services.core.report.rubric import Contract, Report
from services.vendors.text import PASSING, ModelFailed, Prompt, Trouble

GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A competency with answers that can be read."""

    competency: Competency
    ground: Ground
    answers: tuple[Answer, ...]
    ceiling: int


class ReportWriter:
    """Writes once."""

    def __init__(self, model: TextModel, budget: Budget, heard: Interviewed) -> None:
        self._model, self._budget, self._heard = model, budget, heard
        subjects = (_subject(heard, competency) for competency in heard.competencies)
        self._subjects = {subject.competency.id: subject for subject in subjects if subject}

    def write(self, duration_s: int, generated_at: str, progress: Progress) -> Report:
        """Raises ModelFailed when the ratings could not be made."""
        readings, failed = self._read_all(progress)
        lost = RUNS * len(readings) - sum(map(len, readings.values()))
        progress("Checking every quote…")
        return frozen(
            self._heard,
            [self._settle(competency, readings) for competency in self._heard.competencies],
            duration_s,
            generated_at,
            made_by=f"{self._model.label}, {RUNS} independent readings, prompts {PROMPT_VERSION}",
            contract=Contract(prompt_version=PROMPT_VERSION, runs=RUNS, **dict(self._budget.bill)),
            notes=[_told(lost, RUNS * len(readings), failed)] if failed else [],
            dropped=sum(reading.dropped for found in readings.values() for reading in found),
        )

    def _read_all(self, progress: Progress) -> tuple[dict[str, list[Reading]], ModelFailed | None]:
        """By competency, with the last failure. They run side by side; what time cannot mend ends them all."""
        subjects = self._subjects.values()
        readings: dict[str, list[Reading]] = {subject.competency.id: [] for subject in subjects}
        told = [(subject, rating_data(self._heard.plan, subject.competency, subject.ground)) for subject in subjects]
        jobs = [(subject, data, run) for run in range(RUNS) for subject, data in told]
        if not jobs:
            return readings, None
        failed: ModelFailed | None = None
        pool = ThreadPoolExecutor(len(jobs), thread_name_prefix="reading")
        try:
            futures: dict[Future[Reading], str] = {
                pool.submit(self._read, subject, data, run): subject.competency.id for subject, data, run in jobs
            }
            progress(f"Rating the answers, each competency {RUNS} times independently…")
            for done, future in enumerate(as_completed(futures, self._budget.seconds_left + GRACE_S), 1):
                try:
                    readings[futures[future]].append(future.result())
                except ModelFailed as error:
                    failed = error
                    if error.trouble not in PASSING | {Trouble.ANSWER}:
                        raise
                progress(f"Rating the answers: {done} of {len(jobs)} independent readings done…")
        except TimeoutError:
            failed = ModelFailed(Trouble.TIMEOUT, self._model.label)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if failed and any(len(found) < QUORUM for found in readings.values()):
            raise failed
        return readings, failed

    def _read(self, subject: Subject, data: str, run: int) -> Reading:
        verdict = self._model.write(Prompt(RATE, data, seed=run), Verdict, self._budget)
        return read_verdict(verdict, subject.ground, subject.ceiling)

    def _settle(self, competency: Competency, readings: dict[str, list[Reading]]) -> Finding:
        """Where there was nothing to read, what the rules say."""
        subject = self._subjects.get(competency.id)
        if subject is None:
            return by_rules(self._heard, competency)
        return settle(competency, readings[competency.id], subject.answers, self._heard.conditions)


def _told(lost: int, of: int, failed: ModelFailed) -> str:
    return f"{lost} of {of} independent readings failed because {failed.trouble}; the levels rest on the others."


def _subject(heard: Interviewed, competency: Competency) -> Subject | None:
    answers = heard.on(competency)
    readable = tuple(answer for answer in answers if not answer.why_not)
    if not readable:
        return None
    # Who addresses the rating in one answer may have done so in the others without being noticed.
    ceiling = UNCARRIED if any(answer.steered for answer in answers) else 4
    return Subject(competency, Ground(readable), readable, ceiling)
