"""One plan, one report and the interviews of one visitor, as the pages would get them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.core.interview import Interview, Status
from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question, Skill
from services.core.report.rubric import (
    GENERIC_ANCHORS,
    CompetencyRating,
    Confidence,
    Contract,
    Coverage,
    Evidence,
    QuestionCoverage,
    Report,
    Statement,
)

OWNER = "visitor-1"
BEGAN = datetime(2026, 11, 12, 14, 5, tzinfo=UTC)

_COMPETENCIES = ("API design", "Data at scale", "Reliability", "Security")
_QUESTIONS = (
    ("c1", "Design and operate REST APIs in Python", "Tell me about an API you designed that others had to build on."),
    ("c1", "our merchants integrate against", "How did you change a published contract without breaking its users?"),
    ("c2", "tables grow past a billion rows", "Walk me through a schema change on a table too big to lock."),
    ("c3", "exactly-once booking on top of at-least-once delivery", "How do you book a payment exactly once?"),
    ("c3", "none of them may be lost or booked twice", "Describe an outage you owned from first alert to last fix."),
    ("c4", "OAuth 2.0, tokenisation and regular threat modelling", "What did your last threat model change?"),
)

PLAN = Plan(
    role_title="Senior Backend Engineer, Payments",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=tuple(Skill(name=name, jd_phrase=name) for name in ("Python", "PostgreSQL", "Kafka", "Redis", "OAuth 2.0")),
    competencies=tuple(
        Competency(id=f"c{number}", name=name, anchors=GENERIC_ANCHORS)
        for number, name in enumerate(_COMPETENCIES, start=1)
    ),
    questions=tuple(
        Question(
            id=f"q{number}",
            text=text,
            purpose="Shows depth.",
            competency_id=competency,
            jd_phrase=phrase,
            follow_ups=("What did it cost?",),
            seconds=120,
        )
        for number, (competency, phrase, text) in enumerate(_QUESTIONS, start=1)
    ),
    made_by="rule-based, offline",
)


def _quote(number: int, question: str, at_s: int, quote: str, why: str, *, typed: bool = False) -> Evidence:
    return Evidence(
        id=f"e{number}",
        turn_id=f"t{number}",
        question_id=question,
        start_ms=at_s * 1000,
        quote=quote,
        why_it_matters=why,
        typed=typed,
    )


RATINGS = (
    CompetencyRating(
        competency_id="c1",
        name="API design",
        score=4,
        confidence=Confidence.HIGH,
        evidence=(
            _quote(
                1, "q1", 48, "we versioned the contract in the header and kept both alive for six months", "A choice."
            ),
            _quote(2, "q2", 131, "error rate for old clients stayed at zero point two percent", "A measured outcome."),
        ),
        what_would_raise_it="",
    ),
    CompetencyRating(
        competency_id="c2",
        name="Data at scale",
        score=3,
        confidence=Confidence.MEDIUM,
        evidence=(
            _quote(
                3,
                "q3",
                250,
                "add the column nullable, backfill in batches of ten thousand, then validate",
                "Concrete steps.",
                typed=True,
            ),
        ),
        what_would_raise_it="Say how you would know that the backfill is safe to stop.",
    ),
    CompetencyRating(
        competency_id="c3",
        name="Reliability",
        score=2,
        confidence=Confidence.LOW,
        evidence=(
            _quote(4, "q4", 372, "an idempotency key per payment so the second one does nothing", "Right direction."),
        ),
        what_would_raise_it="Name the failure the key does not cover.",
    ),
    CompetencyRating(
        competency_id="c4",
        name="Security",
        score=None,
        reason_not_assessed="The question was skipped, so there is no answer to rate.",
    ),
)

_STATUS = (
    Coverage.ANSWERED,
    Coverage.ANSWERED,
    Coverage.ANSWERED,
    Coverage.ANSWERED,
    Coverage.TOO_SHORT,
    Coverage.SKIPPED,
)

REPORT = Report(
    plan_hash=PLAN.plan_hash,
    transcript_sha256="9f" * 32,
    made_by="Simulated (model), 3 independent readings",
    generated_at="2026-11-12T14:20:11Z",
    summary="Three of four competencies could be rated. The strongest evidence is about published contracts.",
    competencies=RATINGS,
    coverage=tuple(
        QuestionCoverage(
            question_id=question.id,
            text=question.text,
            jd_phrase=question.jd_phrase,
            competency_id=question.competency_id,
            status=status,
            words=0 if status is Coverage.SKIPPED else 90 - 14 * place,
            asked_ms=20_000 + place * 105_000,
            talk_ms=0 if status is Coverage.SKIPPED else 80_000 - place * 9_000,
        )
        for place, (question, status) in enumerate(zip(PLAN.questions, _STATUS, strict=True))
    ),
    strengths=(Statement(text="Changes contracts without breaking their users.", evidence_ids=("e1", "e2")),),
    gaps=(Statement(text="Failure cases of idempotency stayed open.", evidence_ids=("e4",)),),
    next_steps=("Practise telling an outage in four sentences.", "Read up on token lifetimes."),
    contract=Contract(model="model", requests=9, prompt_version="1", runs=3),
    conditions=("One answer was typed.", "Captions were made by the offline recogniser."),
    duration_s=672,
    candidate_talk_s=301,
)


def interview(status: Status, interview_id: str = "i1", **changes: Any) -> Interview:
    """An interview as the use cases would return it."""
    begun = status is not Status.SETUP
    facts: dict[str, Any] = {
        "id": interview_id,
        "user_id": OWNER,
        "status": status,
        "provider": "offline",
        "pace": Pace.NORMAL,
        "job_description": "Senior Backend Engineer, Payments",
        "plan": PLAN,
        "plan_hash": PLAN.plan_hash,
        "report": REPORT if status is Status.COMPLETE else None,
        "consent_at": BEGAN,
        "created_at": BEGAN,
        "updated_at": BEGAN,
        "started_at": BEGAN if begun else None,
        "duration_s": 672 if status in (Status.COMPLETE, Status.ANALYZING) else None,
        "charge_committed_at": BEGAN + timedelta(seconds=120) if status is Status.COMPLETE else None,
    }
    return Interview.model_validate(facts | changes)
