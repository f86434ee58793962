"""A question of the candidate's is a whole utterance; the same words inside an answer are an answer."""

from __future__ import annotations

import pytest

from services.core.talk.asking import Asked, find_question

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
    "Could be the index.",
    "Which is why we dropped it.",
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
