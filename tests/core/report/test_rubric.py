"""What a score is, and what it must rest on."""

from __future__ import annotations

import pytest

from services.core.report.codes import Code
from services.core.report.rubric import CompetencyRating, Coverage, Evidence, Mark, QuestionCoverage, Report
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


def made(*evidence: Evidence) -> Report:
    rating = CompetencyRating(competency_id="c", name="C", score=None, reason_not_assessed="-", evidence=evidence)
    return Report(
        plan_hash="",
        transcript_sha256="",
        made_by="",
        generated_at="",
        summary="",
        competencies=(rating, rating.model_copy(update={"evidence": ()})),
        coverage=(),
    )


def test_highlights_are_the_quotes_that_show_most() -> None:
    marks = [Mark(code=code, words="we") for code in (Code.OWN_WORK, Code.LESSON)]
    rich = EVIDENCE.model_copy(update={"marks": tuple(marks)})
    corrected = rich.model_copy(update={"in_substance": True})

    assert made(EVIDENCE, corrected, rich).highlights == (rich,)
    assert made(EVIDENCE).highlights == made(corrected).highlights == ()


@pytest.mark.parametrize("contract", [None, {"model": "m", "prompt_version": "1", "runs": 3, "requests": 1}])
def test_reports_of_the_first_shape_lose_what_rules_had_judged(contract: dict[str, object] | None) -> None:
    kept = made(EVIDENCE).model_dump(mode="json")
    rating = {**kept["competencies"][0], "score": 3, "anchor": "Solid.", "what_would_raise_it": "For level 4: more."}
    old = {**kept, "schema_version": 1, "summary": "Strong.", "competencies": [rating], "contract": contract}
    old["coverage"] = [{**coverage(Coverage.ANSWERED).model_dump(mode="json"), "level": 3}]

    read = Report.model_validate(old)

    assert (read.schema_version, read.summary, read.competencies[0].score) == (2, "", 3 if contract else None)
    assert read.competencies[0].evidence[0].why_it_matters == ""
