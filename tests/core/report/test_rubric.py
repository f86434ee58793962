"""What a score is, and what it must rest on."""

from __future__ import annotations

import pytest

from services.core.report.rubric import CompetencyRating, Coverage, Evidence, QuestionCoverage, Report
from services.core.usage import Bill

EVIDENCE = Evidence(
    id="e1", turn_id="t1", question_id="q1", start_ms=0, quote="we measured it", why_it_matters="A figure."
)


def coverage(status: Coverage) -> QuestionCoverage:
    return QuestionCoverage(question_id="q", text="?", jd_phrase="", competency_id="c1", status=status, words=0)


def test_score_without_evidence_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="at least one verified quote"):
        CompetencyRating(competency_id="c1", name="Databases", score=3)


def test_missing_score_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        CompetencyRating(competency_id="c1", name="Databases", score=None)


def test_more_than_three_quotes_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="evidence"):
        CompetencyRating(competency_id="c1", name="Databases", score=3, evidence=(EVIDENCE,) * 4)


@pytest.mark.parametrize("score", [0, 5])
def test_levels_run_from_one_to_four(score: int) -> None:
    with pytest.raises(ValueError, match="score"):
        CompetencyRating(competency_id="c1", name="Databases", score=score, evidence=(EVIDENCE,))


@pytest.mark.parametrize(
    ("statuses", "percent"),
    [
        ((), 0),
        ((Coverage.ANSWERED, Coverage.SKIPPED, Coverage.TOO_SHORT), 33),
        ((Coverage.ANSWERED,), 100),
    ],
)
def test_coverage_counts_answered_questions(statuses: tuple[Coverage, ...], percent: int) -> None:
    report = Report(
        plan_hash="",
        transcript_sha256="",
        made_by="rule-based, offline",
        generated_at="",
        summary="",
        competencies=(),
        coverage=tuple(map(coverage, statuses)),
    )

    assert report.coverage_pct == percent


def test_models_asked_in_vain_are_on_the_bill() -> None:
    asked = Bill(model="a-model", requests=3)

    assert Report.model_construct(contract=None, in_vain=asked).bill == asked  # type: ignore[call-arg]
