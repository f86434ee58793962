"""The words around the ratings rest on verified quotes, or they are left out."""

from __future__ import annotations

import pytest

from services.core.report.admission import WITHHELD
from services.core.report.rubric import CompetencyRating, Coverage, Evidence, QuestionCoverage, Statement
from services.core.report.summing import Stated, admitted, next_steps, sentences_of, statements, summary


def evidence(name: str) -> Evidence:
    return Evidence(
        id=name, turn_id="t1", question_id="q1", start_ms=0, quote="we ran it", why_it_matters=f"Why {name}."
    )


def rated(name: str, score: int | None, *ids: str, against: tuple[str, ...] = (), advice: str = "") -> CompetencyRating:
    return CompetencyRating(
        competency_id=name,
        name=name,
        score=score,
        reason_not_assessed="" if score else "Nothing was said.",
        evidence=tuple(map(evidence, ids)),
        counter_evidence=tuple(map(evidence, against)),
        what_would_raise_it=advice,
    )


RATINGS = (rated("Data", 3, "e1", advice="Weigh it."), rated("Design", 2, "e2", against=("e3",)), rated("Ops", None))


def covered(status: Coverage) -> QuestionCoverage:
    return QuestionCoverage(question_id="q1", text="?", jd_phrase="", competency_id="c1", status=status, words=0)


COVERAGE = (covered(Coverage.ANSWERED), covered(Coverage.SKIPPED))


@pytest.mark.parametrize(
    ("text", "ids", "least", "kept"),
    [
        ("Good.", ["e1", "e1", "e9"], 0, ("Good.", ("e1",))),
        ("Good.", ["e9"], 0, None),
        ("Good.", [], 0, None),
        (" ", ["e1"], 0, None),
        ("Good.", ["e2"], 3, None),
        ("Level 3.", ["e1"], 0, ("Level 3.", ("e1",))),
        ("Level 4.", ["e1"], 0, None),
        ("Bad.", ["e3"], 0, ("Better.", ("e3",))),
        ("Worse.", ["e3"], 0, None),
    ],
)
def test_statement_needs_evidence(
    text: str, ids: list[str], least: int, kept: tuple[str, tuple[str, ...]] | None
) -> None:
    made = statements([Stated(text=text, evidence_ids=ids)], RATINGS, {"Bad.": "Better.", "Worse.": ""}, least)

    assert [(one.text, one.evidence_ids) for one in made] == ([kept] if kept else [])


def test_summary_tells_what_was_covered_first() -> None:
    made = summary([Statement(text="It was good.", evidence_ids=("e1",))], RATINGS, COVERAGE)

    assert made == "1 of 2 questions were answered. It was good."


def test_summary_without_sentences_tells_the_levels() -> None:
    assert summary([], RATINGS, COVERAGE) == (
        "1 of 2 questions were answered. Data: solid, level 3 of 4. Design: partial, level 2 of 4."
    )


def test_summary_of_nothing_says_so() -> None:
    assert summary([], RATINGS[2:], COVERAGE).endswith("Nothing could be rated, so there is no score.")


def test_summary_keeps_to_its_length_by_whole_sentences() -> None:
    long = [Statement(text="word " * 50 + ".", evidence_ids=("e1",))] * 4

    assert len(summary(long, RATINGS, COVERAGE).split()) <= 120


def test_steps_begin_with_the_lowest() -> None:
    practice = ("Ops: prepare an example.", "Design: rehearse it.", "Data: do this.")

    assert next_steps(RATINGS, practice) == ("Ops: prepare an example.", "Design: rehearse it.", "Data: Weigh it.")
    assert next_steps([rated("Data", 4, "e1")], practice) == ()


def test_sentences_are_replaced_or_withheld() -> None:
    rating = rated("Data", 3, "e1", "e2", against=("e3",), advice="Be confident.")

    made = admitted(rating, {"Why e1.": "Because.", "Why e3.": "", "Be confident.": ""})

    assert [item.why_it_matters for item in (*made.evidence, *made.counter_evidence)] == [
        "Because.",
        "Why e2.",
        WITHHELD,
    ]
    assert made.what_would_raise_it == ""


def test_all_generated_sentences_are_listed() -> None:
    assert sentences_of(RATINGS) == ["Why e1.", "Weigh it.", "Why e2.", "Why e3."]
