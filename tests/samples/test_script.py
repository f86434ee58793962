"""The sample interview: a plan like any other, and answers that show all that the report can say."""

from __future__ import annotations

from services.samples.script import ANSWERS, PLAN, ROLE


def test_every_question_and_follow_up_has_its_answer() -> None:
    assert {question.id: 1 + len(question.follow_ups) for question in PLAN.questions} == {
        key: len(answers) for key, answers in ANSWERS.items()
    }


def test_what_is_asked_comes_from_the_posting() -> None:
    assert [question.jd_phrase for question in PLAN.questions if question.jd_phrase not in ROLE] == []
