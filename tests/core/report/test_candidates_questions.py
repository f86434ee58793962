"""What a candidate asks Ema is no part of an answer: not counted, not rated, not quoted."""

from __future__ import annotations

import pytest

from services.core.report.answers import answer_table
from services.core.report.assembly import hear, make_report
from services.core.report.clauses import MASK
from services.core.report.evidence import Ground
from services.core.report.prompts import rating_data
from services.core.report.rubric import Coverage
from services.core.talk.transcript import Speaker, Turn
from tests.said import CONDITIONS, PLAN, STRONG, turns

ASKED = "How big is the team? Who would I report to? Do you measure the latency of releases, and by how many percent?"
PRIVATE = f"{MASK}, and can I still join the team that I would like to join most of all of them?"
WRITTEN_AT = "2026-01-01T00:00:00+00:00"


def beside(*asked: str, typed: bool = False, answers: dict[str, str] = STRONG) -> list[Turn]:
    """The candidate asks these before answering the first question."""
    said = turns(answers)
    place = next(at for at, turn in enumerate(said) if turn.speaker is Speaker.EMA and turn.question_id == "q1") + 1
    extra = []
    for number, text in enumerate(asked):
        extra += [
            Turn(f"x{number}", Speaker.CANDIDATE, text, 10, 20, "q1", typed=typed),
            Turn(f"y{number}", Speaker.EMA, f"We are eight. {PLAN.questions[0].text}", 20, 30, "q1"),
        ]
    return [*said[:place], *extra, *said[place:]]


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("asked", [ASKED, ASKED.lower(), f"Thanks. One question: {ASKED}", PRIVATE])
def test_a_question_to_ema_answers_nothing(asked: str, typed: bool) -> None:
    said = [turn for turn in beside(asked, typed=typed) if turn.id != "a-q1"]

    answer = answer_table(PLAN, said, CONDITIONS)[0]

    assert (answer.status, answer.words, answer.clauses, answer.talk_ms) == (Coverage.UNANSWERED, 0, (), 0)


@pytest.mark.parametrize("typed", [True, False])
def test_what_is_asked_changes_no_byte_of_what_is_rated(typed: bool) -> None:
    plain, asked = (
        make_report(hear(PLAN, said, CONDITIONS), 60, WRITTEN_AT).model_dump_json(
            include={"competencies", "coverage", "strengths", "gaps", "next_steps"}
        )
        for said in (turns(STRONG), beside("How big is the team?", "Could you tell me how you deploy?", typed=typed))
    )

    assert "nine minutes" in plain
    assert asked == plain


def test_questions_do_not_let_more_be_quoted() -> None:
    answers = {"q1": "I ran three PostgreSQL nodes for the ticket shop with a full disk on one of them in March."}
    plain, asked = (
        make_report(hear(PLAN, said, CONDITIONS), 60, WRITTEN_AT)
        for said in (turns(answers), beside(*[ASKED] * 4, answers=answers))
    )

    assert plain.quotes_left_out == 1
    assert asked.competencies == plain.competencies


def test_a_question_after_an_answer_is_neither_counted_nor_read() -> None:
    trailing = "By the way, do you measure the latency of releases here?"
    plain, asked = (hear(PLAN, turns(answers), CONDITIONS) for answers in (STRONG, _with_trailing(trailing)))
    ground = Ground(asked.answers)

    assert [answer.words for answer in asked.answers] == [answer.words for answer in plain.answers]
    assert ground.locate("do you measure the latency of releases here", "a-q1") is None
    assert "releases" not in rating_data(PLAN, PLAN.competencies[0], ground)


def test_a_question_that_the_recogniser_wrote_is_not_read_either() -> None:
    said = [
        Turn(
            "a-q1",
            Speaker.CANDIDATE,
            "We ran three PostgreSQL nodes for the shop and kept them small. How big is the team?",
            0,
            1,
            "q1",
            recognised="We ran three post grass nodes for the shop and kept them small. How big is the teen?",
        )
    ]

    turn = answer_table(PLAN, said, CONDITIONS)[0].turns[0]

    assert turn.text.endswith("small.")
    assert (turn.recognised or "").endswith("small.")


def _with_trailing(asked: str) -> dict[str, str]:
    return {**STRONG, "q1": f"{STRONG['q1']} {asked}"}
