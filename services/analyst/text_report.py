"""One report by a text model: every competency read several times side by side, then the words around the ratings."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import count

from services.analyst.budget import Budget
from services.analyst.model import TextModel
from services.analyst.rules import Progress
from services.core.plan.plan import Competency, Plan
from services.core.report.admission import Admission, Rewritten
from services.core.report.answers import Answer, answer_table
from services.core.report.assembly import rate
from services.core.report.evidence import Ground
from services.core.report.prompts import PROMPT_VERSION, RATE, REWRITE, SUM, rating_data, rewriting_data, summing_data
from services.core.report.rating import AnswerRating
from services.core.report.rubric import CompetencyRating, Contract, Report
from services.core.report.scoring import QUORUM, RUNS, Reading, Verdict, read_verdict, settle
from services.core.report.summing import Summing, admitted, next_steps, sentences_of, statements, summary
from services.core.talk.transcript import Conditions, Turn
from services.vendors.text import PASSING, ModelFailed, Prompt, Trouble

RATEABLE = frozenset({"", "unrelated"})
"""Of the rules' reasons for no level: an answer is there, and whether it is on the subject a model can tell."""
DOUBTED = 2
"""Highest level where the rules find nothing of the trade in the answers."""
GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A competency with answers that can be rated."""

    competency: Competency
    ground: Ground
    answers: tuple[AnswerRating, ...]
    ceiling: int


class ReportWriter:
    """Writes once. `by_rules` is the rules' report on the same turns: its facts stay, its ratings are replaced."""

    def __init__(
        self,
        model: TextModel,
        budget: Budget,
        plan: Plan,
        turns: Sequence[Turn],
        conditions: Conditions,
        by_rules: Report,
    ) -> None:
        self._model, self._budget, self._plan, self._by_rules = model, budget, plan, by_rules
        self._conditions = conditions
        self._subjects = _subjects(plan, answer_table(plan, turns, conditions))

    def write(self, progress: Progress) -> Report:
        """Raises ModelFailed when the ratings could not be made; what fails after them is stated in the report."""
        readings = self._read_all(progress)
        ratings = self._settle(readings)
        troubles: list[str] = []
        summing = Summing(summary=[], strengths=[], gaps=[])
        if any(rating.score is not None for rating in ratings):
            progress("Writing the summary…")
            summing = self._sum(ratings, troubles)
        progress("Checking every sentence…")
        replaced = self._lint(ratings, summing, troubles)
        shown = [admitted(rating, replaced) for rating in ratings]
        kept = statements(summing.summary, shown, replaced)
        rules = self._by_rules
        return rules.model_copy(
            update={
                "made_by": f"{self._model.label}, {RUNS} independent readings, prompts {PROMPT_VERSION}",
                "competencies": tuple(shown),
                "coverage": tuple(item.model_copy(update={"level": None}) for item in rules.coverage),
                "summary": summary(kept, shown, rules.coverage),
                "strengths": statements(summing.strengths, shown, replaced, least=3),
                "gaps": statements(summing.gaps, shown, replaced),
                "next_steps": next_steps(shown, rules.next_steps),
                "conditions": (*rules.conditions, *troubles),
                "quotes_dropped": sum(reading.dropped for found in readings.values() for reading in found),
                "contract": Contract(prompt_version=PROMPT_VERSION, runs=RUNS, **dict(self._budget.bill)),
            }
        )

    def _read_all(self, progress: Progress) -> dict[str, list[Reading]]:
        """By competency. All readings run side by side; a failure that time cannot mend ends them all."""
        readings: dict[str, list[Reading]] = {subject.competency.id: [] for subject in self._subjects}
        told = [(subject, rating_data(self._plan, subject.competency, subject.ground)) for subject in self._subjects]
        jobs = [(subject, data, run) for run in range(RUNS) for subject, data in told]
        if not jobs:
            return readings
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
        return readings

    def _read(self, subject: Subject, data: str, run: int) -> Reading:
        verdict = self._model.write(Prompt(RATE, data, seed=run), Verdict, self._budget)
        return read_verdict(verdict, subject.ground, subject.ceiling)

    def _settle(self, readings: dict[str, list[Reading]]) -> list[CompetencyRating]:
        """In the order of the plan; where there was nothing to rate, what the rules say."""
        numbers = count(1)
        subjects = {subject.competency.id: subject for subject in self._subjects}
        ratings = []
        for rating in self._by_rules.competencies:
            if subject := subjects.get(rating.competency_id):
                found = readings[rating.competency_id]
                rating = settle(subject.competency, found, subject.answers, self._conditions, numbers)
            else:
                renumbered = (item.model_copy(update={"id": f"e{next(numbers)}"}) for item in rating.counter_evidence)
                rating = rating.model_copy(update={"counter_evidence": tuple(renumbered)})
            ratings.append(rating)
        return ratings

    def _sum(self, ratings: Sequence[CompetencyRating], troubles: list[str]) -> Summing:
        try:
            return self._model.write(Prompt(SUM, summing_data(self._plan, ratings)), Summing, self._budget)
        except ModelFailed as failed:
            troubles.append(f"The summary was put together by rules, because of {self._model.label}: {failed.trouble}.")
            return Summing(summary=[], strengths=[], gaps=[])

    def _lint(self, ratings: Sequence[CompetencyRating], summing: Summing, troubles: list[str]) -> dict[str, str]:
        """What stands in the place of sentences that may not be shown: one correction, or nothing."""
        admission = self._admission(ratings)
        faults = admission.faults([*sentences_of(ratings), *summing.sentences])
        if not faults:
            return {}
        try:
            prompt = Prompt(REWRITE, rewriting_data(list(faults.items())))
            replaced = admission.repaired(list(faults), self._model.write(prompt, Rewritten, self._budget))
        except ModelFailed:
            replaced = dict.fromkeys(faults, "")
        if withheld := sum(not text for text in replaced.values()):
            many = "sentences were" if withheld > 1 else "sentence was"
            troubles.append(
                f"{withheld} generated {many} withheld for speaking of more than the content of the answers."
            )
        return replaced

    def _admission(self, ratings: Sequence[CompetencyRating]) -> Admission:
        quotes = [item.quote for rating in ratings for item in (*rating.evidence, *rating.counter_evidence)]
        asked = [question.text for question in self._plan.questions]
        scales = [text for competency in self._plan.competencies for text in (competency.name, *competency.anchors)]
        sources = [*quotes, *asked, *scales, self._plan.role_title]
        known = "\n".join(sources).casefold()

        def said(words: str) -> bool:
            return words.casefold() in known or any(subject.ground.locate(words, "") for subject in self._subjects)

        return Admission(said, sources)


def _subjects(plan: Plan, answers: Sequence[Answer]) -> list[Subject]:
    rated = rate(plan, answers)
    subjects = []
    for competency in plan.competencies:
        own = [answer for answer in answers if answer.question.competency_id == competency.id]
        usable = [answer for answer in own if rated[answer.question.id].reason in RATEABLE]
        if usable:
            ratings = tuple(rated[answer.question.id] for answer in usable)
            ground = Ground(usable)
            ceiling = _ceiling(ratings, ground, steered=any(answer.steered for answer in own))
            subjects.append(Subject(competency, ground, ratings, ceiling))
    return subjects


def _ceiling(ratings: Sequence[AnswerRating], ground: Ground, *, steered: bool) -> int:
    """What the rules, which nobody can talk into anything, allow: all, unless there is reason for doubt."""
    if all(rating.unknown and rating.level == 1 for rating in ratings):
        return 1
    if steered or (not ground.on_trade and all(rating.level is None for rating in ratings)):
        return max(rating.level or DOUBTED for rating in ratings)
    return 4
