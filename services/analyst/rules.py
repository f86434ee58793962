"""What turns a job description into a plan, and turns into a report: the offline rules, or a text model like them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from services.core.plan.history import NO_HISTORY, History
from services.core.plan.plan import Plan
from services.core.plan.planning import MADE_BY, plan_for
from services.core.plan.posting import read_job_description
from services.core.report.assembly import Interviewed, make_report
from services.core.report.rubric import Report

Progress = Callable[[str], None]
"""Takes one sentence for the page: what is being done now."""


def silent(_sentence: str) -> None:
    """The progress nobody watches."""


class Analyst(Protocol):
    """Blocking; called in a thread that may wait. Knows nothing of interviews, money or pages."""

    @property
    def label(self) -> str:
        """Who it is, for people: "rule-based, offline", or a vendor and its model."""

    def plan_key(self, job_description: str) -> str | None:
        """The same for texts that are to get the same plan; None: every plan of the same text is the same anyway.

        Raises JobDescriptionRefused.
        """

    def plan(self, job_description: str, progress: Progress, history: History = NO_HISTORY) -> Plan:
        """`history` is what the candidate agreed to have remembered. Raises JobDescriptionRefused."""

    def report(self, heard: Interviewed, duration_s: int, progress: Progress) -> Report: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


class OfflineAnalyst:
    """Rules only: needs no key and no network, and gives the same answer to the same text."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now

    @property
    def label(self) -> str:
        return MADE_BY

    def plan_key(self, job_description: str) -> str | None:
        return None

    def plan(self, job_description: str, progress: Progress, history: History = NO_HISTORY) -> Plan:
        progress("Reading the job description…")
        description = read_job_description(job_description)
        progress("Choosing what to ask, in the job description's own words…")
        return plan_for(description, history)

    def report(self, heard: Interviewed, duration_s: int, progress: Progress) -> Report:
        progress("Reading your answers and checking every quote against them…")
        made_at = self._now().isoformat(timespec="seconds")
        report = make_report(heard, duration_s, made_at)
        progress("The report is ready.")
        return report
