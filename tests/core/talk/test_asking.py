"""A question of the candidate's is a whole utterance; the same words inside an answer are an answer."""

from __future__ import annotations

import pytest

from services.core.talk.asking import Asked, answer_end, find_question

TABLE = "How do you find a slow query in PostgreSQL?"
QUESTIONS = (
    "What does the team look like?",
    "How big is the team?",
    "how big is the team",
    "How many people work there?",
    "Is there an on-call rotation?",
    "Do you have an office in Berlin?",
    "Could you tell me about the tech stack?",
    "Before we go on, could you tell me how the on-call rota works?",
    "I was wondering whether remote work is possible.",
    "Who would I report to?",
    "who leads the team",
    "What happens after this interview?",
    "When could I start?",
    "Would I be on call?",
    "Can I work from home?",
    "Thanks. One question: what's the parental leave policy?",
    "I have a question. How do releases work at your company?",
    "What about lunch?",
    "Which languages are used most?",
    "So, why did the last engineer leave?",
    "May I ask what the budget for conferences is?",
    "Are engineers expected to travel?",
    "Does the company sponsor visas?",
    "I'd like to know how often you deploy.",
    "Do you use Node.js?",
)
CLARIFICATIONS = (
    "Do you mean in production?",
    "Should I talk about PostgreSQL or in general?",
    "Is it okay if I use an example from MySQL?",
    "What do you mean by slow?",
    "Are you asking about one query?",
    "In production?",
    "How do I find a slow query in PostgreSQL?",
)
ANSWERS = (
    "What we did was to read the query plan first.",
    "How we solved it was with an index.",
    "When the service failed we rolled back.",
    "Why it was slow was never clear to us.",
    "What happened was that the cache was cold.",
    "The team was eight people and we moved to Kafka.",
    "First I ask myself what the query is doing. Then I look at the plan, and at the statistics of the table, and I "
    "ask whether the index is used at all. How big is the table? That decides it.",
    "I look at the slow query log and sort it by total time, then I take the worst one and explain it, and I wonder "
    "how often it runs. Is it worth the effort?",
    "Do the simplest thing first.",
    "Have the database log it.",
    "I would ask who is using it.",
    "An index.",
    "Was too expensive for us.",
    "Could be the index.",
    "Which is why we dropped it.",
    "I was curious about how it spent its time so I profiled it.",
    "I looked at the log. I wanted to know whether the index was used.",
    "Is the join slow then I add an index and look again",
    "",
    "?",
)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_to_her_is_recognised(text: str) -> None:
    assert find_question(text, TABLE) is Asked.ELSE


@pytest.mark.parametrize("text", CLARIFICATIONS)
def test_a_question_about_her_question_is_one(text: str) -> None:
    assert find_question(text, TABLE) is Asked.CLARIFICATION


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_no_question(text: str) -> None:
    assert find_question(text, TABLE) is None


@pytest.mark.parametrize("table", ["What would you ask the customer first?", "Which question brought you closer?"])
def test_a_question_that_was_asked_for_is_an_answer(table: str) -> None:
    text = "What are they trying to find?"

    assert find_question(text, table) is None
    assert answer_end(text, table) == len(text)


@pytest.mark.parametrize("text", [*QUESTIONS, *CLARIFICATIONS[:3]])
def test_a_question_to_her_is_no_part_of_an_answer(text: str) -> None:
    assert answer_end(text, TABLE) == 0


@pytest.mark.parametrize("text", [*ANSWERS[:-2], "I would add an index?", "An index on the join column?"])
def test_what_only_asks_itself_is_all_answer(text: str) -> None:
    assert answer_end(text, TABLE) >= len(text) - len(" Is it worth the effort?")


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        ("I read the plan and add an index.", "By the way, how big is the team?"),
        ("I read the plan and add an index.", "Does that help? And could you tell me how you deploy?"),
        ("I read the plan. Is the index used? That decides it.", "What is the on-call like?"),
        ("", "Thanks. How big is the team? Who would I report to? And is there an on-call rotation?"),
        ("", "I have a question. How big is the team"),
    ],
)
def test_an_answer_ends_before_the_questions_that_wait(answer: str, asked: str) -> None:
    text = f"{answer} {asked}".strip()

    assert text[: answer_end(text, TABLE)].strip() == answer
