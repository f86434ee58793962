"""What a screen found decides before anything reads the words; without one the rules decide alone."""

from __future__ import annotations

import pytest

from services.core.report.answers import NO_ANSWER, Answer, answer_table
from services.core.report.assembly import hear, make_report
from services.core.report.rubric import Coverage, Report
from services.core.report.screening import (
    UNSCREENED,
    Screened,
    SentenceKind,
    answers_to_screen,
    rules_alone,
    runs_in,
    texts_to_screen,
)
from services.core.talk.transcript import Conditions
from tests.core.report.transcripts import IDS, PLAN, candidate, interview

Q = IDS[0]
SAID = "We moved the ledger to another store because the old one lost writes under load every single night."
POSTING = "You will own the deployment of our billing platform and keep twelve services alive through the night."


@pytest.mark.parametrize(
    "said",
    [
        "Um, uh, yeah, so. " * 8,
        "um uh yeah so " * 8,
        "Thank you for watching. " * 6,
        "Next question please. " * 6,
        "I mean, like, you know, kind of, sort of, uh, well, um, okay, yeah, so",
        "It's, you know, I'm, um, I don't, it's like, I don't, well, you know what I mean",
    ],
)
def test_sounds_of_listening_and_wishes_are_no_answer_however_many(said: str) -> None:
    assert answer(said, UNSCREENED).status is Coverage.TOO_SHORT


def test_fillers_around_an_answer_make_it_none_the_less_one() -> None:
    said = "I think, um, we moved, like, the ledger to, you know, another store, so it was okay."

    assert answer(said, UNSCREENED).status is Coverage.ANSWERED


def answer(said: str, screened: Screened) -> Answer:
    return answer_table(PLAN, interview((Q, said)), Conditions(), screened)[0]


def report(said: str, screened: Screened) -> Report:
    heard = hear(PLAN, interview((Q, said)), Conditions(asked_question_ids=IDS), screened)
    return make_report(heard, 600, "2026-11-28")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (SentenceKind.PRIVATE, "private"),
        (SentenceKind.ORDER, "steered"),
        (SentenceKind.REFUSAL, "unknown"),
        (SentenceKind.NOISE, "noise"),
    ],
)
def test_clause_of_a_kind_is_no_answer(kind: SentenceKind, why: str) -> None:
    found = answer(SAID, Screened({SAID: kind}))

    assert (found.why_not, answer(SAID, UNSCREENED).why_not) == (why, "")
    assert found.coverage.why_not == NO_ANSWER[why]


def test_answer_about_something_else_is_none() -> None:
    made = report(SAID, Screened(elsewhere=frozenset({Q}), note="Screened."))

    rated = next(one for one in made.competencies if one.competency_id == PLAN.question(Q).competency_id)
    assert (rated.evidence, rated.reason_not_assessed) == ((), NO_ANSWER["elsewhere"])
    assert made.coverage[0].why_not == NO_ANSWER["elsewhere"]
    assert made.conditions[-1] == "Screened."


def test_rest_of_a_screened_answer_counts() -> None:
    rest = "I designed the importer myself, and it took eleven minutes instead of nine hours at the cost of memory."

    found = answer(f"{SAID} {rest}", Screened({SAID: SentenceKind.ORDER}))

    assert (found.why_not, [clause.text for clause in found.clauses], found.steered) == ("", [rest], 1)


def test_posting_read_aloud_is_an_echo() -> None:
    screened = rules_alone(PLAN, (), POSTING)

    assert answer(POSTING, screened).why_not == "echo"
    assert answer(SAID, screened).why_not == ""
    assert not Screened(posting=runs_in(POSTING)).read_aloud(["billing", "platform"])


def test_texts_are_clauses_and_pieces_once() -> None:
    turns = [
        *interview((Q, "We ran it, and my shift was long. We ran it, and my shift was long.")),
        candidate(Q, 9, "No."),
    ]

    assert texts_to_screen(turns) == ("We ran it, and my shift was long.", "We ran it,", "and my shift was long.")


def test_scripts_that_a_screen_cannot_read_are_left_out() -> None:
    turns = interview((Q, "Я перенёс базу данных на Postgres ночью."), (IDS[1], SAID))

    assert all(text in SAID for text in texts_to_screen(turns))
    assert [name for name, _, _ in answers_to_screen(PLAN, turns)] == [IDS[1]]
