"""Questions that nobody could answer in the call: noted once, answered by the team, deleted with the interview."""

from __future__ import annotations

import pytest

from services.core.errors import InterviewNotFound, NoteRefused
from services.core.report.review import MAX_NOTE
from services.interviews.questions import PRIVATE
from tests.stage import Stage


def test_a_noted_question_is_answered_by_the_team(stage: Stage) -> None:
    interview, questions = stage.ended(), stage.interviews.questions
    questions.note(interview.id, ["lunch", "hackathons"])
    questions.note(interview.id, ["hackathons", "conferences"])

    questions.answer(stage.user, interview.id, 2, " Twice a year. ")
    asked = questions.list(stage.user, interview.id)

    assert [(item.question, item.answer) for item in asked] == [
        ("lunch", ""),
        ("hackathons", "Twice a year."),
        ("conferences", ""),
    ]
    assert [item.answered_at is not None for item in asked] == [False, True, False]


def test_a_private_question_is_not_kept(stage: Stage) -> None:
    interview = stage.ended()

    stage.interviews.questions.note(interview.id, ["I am pregnant, is that a problem?"])

    assert [item.question for item in stage.interviews.questions.list(stage.user, interview.id)] == [PRIVATE]


@pytest.mark.parametrize(("number", "text"), [(1, "x" * (MAX_NOTE + 1)), (7, "An answer.")])
def test_an_answer_that_does_not_fit_is_refused(stage: Stage, number: int, text: str) -> None:
    interview = stage.ended()
    stage.interviews.questions.note(interview.id, ["visas"])

    with pytest.raises(NoteRefused):
        stage.interviews.questions.answer(stage.user, interview.id, number, text)


def test_a_strangers_questions_do_not_exist(stage: Stage) -> None:
    interview = stage.ended()
    stage.interviews.questions.note(interview.id, ["visas"])

    with pytest.raises(InterviewNotFound):
        stage.interviews.questions.list("stranger", interview.id)
    with pytest.raises(InterviewNotFound):
        stage.interviews.questions.answer("stranger", interview.id, 1, "No.")


@pytest.mark.parametrize("asked", ["parental leave", "Do you sponsor visas?"])
def test_a_question_about_the_company_can_be_answered(stage: Stage, asked: str) -> None:
    interview, questions = stage.ended(), stage.interviews.questions

    questions.note(interview.id, [asked])

    assert [item.question for item in questions.list(stage.user, interview.id)] == [asked]
