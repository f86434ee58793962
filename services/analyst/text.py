"""The analyst that lets a text model write, and code verify; whatever the model fails at, the offline rules do.

Nothing of what the model wrote reaches a plan unchecked (`core.plan.drafting`), and no sentence of it a report: there
it chooses codes and points at words (`core.report.readings`). When it fails, the plan or the report says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog

from services.analyst.budget import Budget
from services.analyst.model import TextModel
from services.analyst.rules import Progress, utc_now
from services.analyst.text_report import ReportWriter
from services.core.plan.drafting import PlanDraft, plan_from
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.plan import Plan
from services.core.plan.planning import plan_for
from services.core.plan.posting import read_job_description
from services.core.report.assembly import Interviewed, by_rules, frozen
from services.core.report.prompts import PROMPT_VERSION, plan_data, plan_rules
from services.core.report.rubric import Report
from services.core.usage import Bill, TextRequest
from services.vendors.text import ModelFailed, Prompt

log = structlog.get_logger(__name__)

PLAN_REQUESTS, PLAN_S = 6, 60.0
REPORT_REQUESTS, REPORT_S = 40, 120.0
"""Five competencies read three times, with room for repetitions."""


class TextAnalyst:
    """Thread-safe. `now` is the server's clock, aware. `told` gets every request made for the plan of a hash, or for
    the report of a transcript's digest."""

    def __init__(
        self,
        model: TextModel,
        now: Callable[[], datetime] = utc_now,
        told: Callable[[str, Sequence[TextRequest]], None] = lambda digest, requests: None,
    ) -> None:
        self._model, self._now, self._told = model, now, told

    @property
    def label(self) -> str:
        return self._model.label

    def plan_key(self, job_description: str) -> str | None:
        text = " ".join(read_job_description(job_description).text.casefold().split())
        return hashlib.sha256(f"{self.label}\n{PROMPT_VERSION}\n{text}".encode()).hexdigest()

    def plan(self, job_description: str, progress: Progress, history: History = NO_HISTORY) -> Plan:
        progress("Reading the job description…")
        description = read_job_description(job_description)
        progress(f"{self.label} chooses what to ask, in the job description's own words…")
        budget = Budget(self._model.model, PLAN_REQUESTS, PLAN_S)
        made = partial(plan_from, description=description, made_by=self.label, history=history)
        data = plan_data(description, history.asked_before, history.one_level_up)
        try:
            draft = self._model.write(Prompt(plan_rules(), data), PlanDraft, budget, made)
        except ModelFailed as failed:
            self._note("plan", failed)
            progress("The offline rules write the plan instead…")
            plan = plan_for(description, history)
            notice = f"{self.label} could not write this plan because {failed.trouble}; the offline rules wrote it."
            plan = plan.model_copy(update={"notices": (*plan.notices, notice)})
        else:
            plan = made(draft)
        finally:
            self._account("plan", budget.bill)
        self._told(plan.plan_hash, budget.asked)
        return plan.model_copy(update={"bill": budget.bill})

    def report(self, heard: Interviewed, duration_s: int, progress: Progress) -> Report:
        progress("Putting the answers in order…")
        generated_at = self._now().isoformat(timespec="seconds")
        budget = Budget(self._model.model, REPORT_REQUESTS, REPORT_S)
        try:
            report = ReportWriter(self._model, budget, heard).write(duration_s, generated_at, progress)
        except ModelFailed as failed:
            self._note("report", failed)
            progress("The report is made without levels instead…")
            said = f"{self.label} could not rate these answers because {failed.trouble}; there is no level."
            found = [by_rules(heard, competency) for competency in heard.competencies]
            report = frozen(heard, found, duration_s, generated_at, in_vain=budget.bill, notes=(said,))
        finally:
            budget.stop()
            self._account("report", budget.bill)
        self._told(report.transcript_sha256, budget.asked)
        progress("The report is ready.")
        return report

    def _note(self, purpose: str, failed: ModelFailed) -> None:
        log.warning("text model failed", purpose=purpose, model=self._model.model, trouble=failed.trouble.name)

    def _account(self, purpose: str, bill: Bill) -> None:
        log.info(
            "text model used",
            purpose=purpose,
            model=bill.model,
            requests=bill.requests,
            cost_usd=bill.cost_usd,
            **bill.tokens,
        )
        if bill.cost_usd is None:
            log.warning("price of a text model is unknown", model=bill.model)
