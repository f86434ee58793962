"""What a reader without an account sees of an interview: what was shared, copied field by field, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from services.core.errors import LinkRefused
from services.core.interview import Interview
from services.core.plan.plan import Frozen, Plan
from services.core.report.review import Dispute, Override, Review
from services.core.report.rubric import CompetencyRating, Report

MAX_LABEL = 80
"""Characters of a candidate's name or label."""
MAX_LINKS = 20
"""Links of one interview that work at the same time."""
LINK_DAYS = (1, 7, 14, 30)
"""How long a link may work."""
READ_REPORTS = "reports:read"
"""Scope of an access token that reads its owner's shared reports."""
NOT_IN_A_LETTER = "A letter to the candidate carries no levels."


class SharedForm(StrEnum):
    """What of a report is shared."""

    SCORECARD = "scorecard"
    LETTER = "letter"


class SharedReport(Frozen):
    """What a link opens. Holds no job description, no phrase of it, no id of a person, no bill and no turn."""

    form: SharedForm
    label: str
    """Who the candidate is, as whoever shared it chose to say; empty otherwise."""
    plan: Plan
    report: Report
    reviews: tuple[Review, ...]
    started_at: AwareDatetime | None
    verdict: str = ""
    """What the server says of the report's signature; empty where it signs none."""


class ShareLink(Frozen):
    """Everything about a link but its token."""

    id: str
    form: SharedForm
    shows_label: bool
    created_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    views: int = 0
    """How often somebody opened it."""
    last_viewed_at: AwareDatetime | None = None

    def require_working(self, at: datetime) -> None:
        """Raises LinkRefused."""
        if self.revoked_at is not None:
            raise LinkRefused("This link was taken back by whoever shared it. Ask them for a new one.")
        if at >= self.expires_at:
            raise LinkRefused("This link has expired. Ask whoever sent it for a new one.")

    def works(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at


def expiry(days: int, at: datetime) -> datetime:
    """Raises LinkRefused for a length that is not offered."""
    if days not in LINK_DAYS:
        raise LinkRefused("Choose one of the lengths that the page offers.")
    return at + timedelta(days=days)


def cleaned_label(text: str) -> str:
    """On one line, and without what neither database can hold: NUL, and halves of surrogate pairs."""
    whole = " ".join(text.replace("\0", "").encode(errors="ignore").decode().split())
    return whole[:MAX_LABEL].strip()


def shared(interview: Interview, form: SharedForm, *, shows_label: bool, verdict: str = "") -> SharedReport:
    """Raises LinkRefused while there is no report, or the candidate has not agreed that others read it."""
    if interview.report is None or interview.share_consent_at is None:
        raise LinkRefused("There is nothing to read at this link any more. Ask whoever sent it.")
    letter = form is SharedForm.LETTER
    return SharedReport(
        form=form,
        label=interview.label if shows_label else "",
        plan=_plan(interview.plan),
        report=_letter(interview.report) if letter else _scorecard(interview.report),
        reviews=tuple(_anonymous(item) for item in interview.reviews if not letter or isinstance(item, Dispute)),
        started_at=interview.started_at,
        verdict="" if letter else verdict,
    )


def _plan(plan: Plan) -> Plan:
    questions = [question.model_copy(update={"jd_phrase": "", "purpose": ""}) for question in plan.questions]
    return Plan(
        role_title=plan.role_title,
        level=plan.level,
        domain=plan.domain,
        skills=(),
        competencies=plan.competencies,
        questions=tuple(questions),
        made_by=plan.made_by,
    )


def _scorecard(report: Report) -> Report:
    contract = report.contract and report.contract.model_copy(update={"requests": 0, "tokens": {}, "cost_usd": None})
    coverage = tuple(item.model_copy(update={"jd_phrase": ""}) for item in report.coverage)
    return report.model_copy(update={"coverage": coverage, "contract": contract, "in_vain": None, "seal": None})


def _letter(report: Report) -> Report:
    """What the letter is written from: quotes, what became of each question, next steps; no level anywhere."""
    ratings = tuple(
        CompetencyRating(
            competency_id=rating.competency_id,
            name=rating.name,
            score=None,
            reason_not_assessed=NOT_IN_A_LETTER,
            evidence=rating.evidence,
            counter_evidence=rating.counter_evidence,
        )
        for rating in report.competencies
    )
    return Report(
        rubric_version=report.rubric_version,
        plan_hash="",
        transcript_sha256="",
        made_by=report.made_by,
        generated_at=report.generated_at,
        summary="",
        competencies=ratings,
        coverage=tuple(item.model_copy(update={"jd_phrase": ""}) for item in report.coverage),
        next_steps=report.next_steps,
        decision_support=report.decision_support,
    )


def _anonymous(item: Override | Dispute) -> Review:
    return item.model_copy(update={"by": ""})
