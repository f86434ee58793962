"""The sentences around the findings come from codes and verified quotes, and from nothing else."""

from __future__ import annotations

import pytest

from services.core.report.codes import Code
from services.core.report.rubric import (
    MAX_STEPS,
    NO_LEVEL,
    CompetencyRating,
    Coverage,
    Evidence,
    Mark,
    QuestionCoverage,
)
from services.core.report.summing import gaps, next_steps, short, strengths, summary

LACKING = (Code.TRADE_OFF, Code.FAILURE, Code.CORRECT_USE)


def evidence(name: str, *codes: Code) -> Evidence:
    marks = tuple(Mark(code=code, words="the words") for code in codes)
    return Evidence(id=name, turn_id="t1", question_id="q1", start_ms=0, quote=f"we ran {name}", marks=marks)


def rated(
    name: str,
    score: int | None,
    *items: Evidence,
    against: tuple[Evidence, ...] = (),
    missing: tuple[Code, ...] = LACKING,
) -> CompetencyRating:
    return CompetencyRating(
        competency_id=name,
        name=name,
        score=score,
        reason_not_assessed="" if score else "Nothing was said.",
        evidence=items,
        counter_evidence=against,
        missing=missing,
    )


def covered(status: Coverage, competency: str = "Ops") -> QuestionCoverage:
    return QuestionCoverage(
        question_id="q1", text="How?", jd_phrase="", competency_id=competency, status=status, words=0
    )


COVERAGE = (covered(Coverage.ANSWERED, "Data"), covered(Coverage.ANSWERED), covered(Coverage.SKIPPED))
DATA = rated("Data", 3, evidence("e1", Code.OWN_WORK, Code.LESSON))
DESIGN = rated("Design", 2, evidence("e2", Code.REASON))
OPS = rated("Ops", None)
WRONG = rated("Design", 2, evidence("e2"), against=(evidence("e3", Code.ERROR),))


def test_summary_of_a_model_names_both_ends() -> None:
    assert summary((DATA, DESIGN, OPS), COVERAGE, by_model=True) == (
        "2 of 3 questions were answered. Strongest evidence: data (level 3 of 4, solid), “we ran e1”."
        " Weakest evidence: design (level 2 of 4, partial). Not assessed: ops."
    )


def test_summary_without_a_model_says_why_there_is_no_level() -> None:
    assert summary((OPS, rated("Data", None, evidence("e1"))), COVERAGE[:1]) == (
        f"The only question was answered. {NO_LEVEL} Nothing to quote on: ops."
    )


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        ((), "No question was planned."),
        (COVERAGE[2:], "The only question was not answered."),
        (COVERAGE[1:], "1 of 2 questions was answered."),
        (COVERAGE[2:] * 2, "None of 2 questions was answered."),
    ],
)
def test_summary_counts_questions_in_plain_english(coverage: tuple[QuestionCoverage, ...], said: str) -> None:
    assert summary((), coverage, by_model=True).startswith(said)


def test_summary_of_nothing_rated_says_so() -> None:
    assert summary((OPS,), (), by_model=True).endswith("Nothing could be rated, so there is no level.")


def test_summary_cites_nothing_that_speaks_against() -> None:
    alone = rated("Data", 1, against=(evidence("e1", Code.ERROR),))

    assert summary((alone,), (), by_model=True).endswith("Strongest evidence: data (level 1 of 4, below).")


def test_strengths_are_what_quotes_of_a_level_show() -> None:
    (made,) = strengths((DATA, DESIGN, OPS))

    assert (made.text, made.evidence_ids) == ("Data: tells of work of their own and draws a lesson.", ("e1",))


def test_strength_that_a_model_alone_reads_is_only_quoted() -> None:
    alone = (Mark(code=Code.TRADE_OFF, words="the words", alone=True),)
    item = evidence("e1").model_copy(update={"marks": alone})

    assert strengths((rated("Data", 3, item),))[0].text == "Data: the candidate said “we ran e1”."


def test_gaps_are_errors_or_what_was_not_found() -> None:
    made = gaps((DATA, DESIGN, WRONG, OPS, rated("Bare", 2, evidence("e4"), missing=())))

    assert [item.text for item in made] == [
        "Design: not found in the words: a trade-off; what failed, or where it ends.",
        "Design: as the model alone reads it: is wrong in “the words”.",
    ]


def test_steps_are_few_and_give_no_advice_twice() -> None:
    steps = next_steps((DATA, DESIGN, OPS, rated("More", None)), COVERAGE)

    assert steps == (
        "Ops: prepare a case of your own for “How?”",
        "Design: where you said “we ran e2”, say what that choice cost.",
        "Data: where you said “we ran e1”, say what went wrong with it, or where it ends.",
    )
    assert len(next_steps((DATA, DESIGN, WRONG, OPS, DATA), COVERAGE)) == MAX_STEPS


def test_errors_are_to_be_checked_again() -> None:
    assert next_steps((WRONG,), ()) == ("Design: check “the words” again, which the model read as wrong.",)


def test_full_answer_needs_no_step() -> None:
    assert next_steps((rated("Data", 4, evidence("e1"), missing=()),), COVERAGE) == ()


@pytest.mark.parametrize(("quote", "told"), [("We ran it.", "We ran it"), ("a " * 20, "a a a a a a a a a a a a …")])
def test_long_quote_is_referred_to_by_its_beginning(quote: str, told: str) -> None:
    assert short(quote) == told
