"""The offline Ema asked something herself, with and without something to look it up in."""

from __future__ import annotations

import pytest

from services.core.talk.events import Instruction, InstructionKind
from services.core.talk.interviewer import FOUND_CHARACTERS, CandidateTurn, Interviewer
from services.core.talk.lookups import NOTHING_FOUND, STILL_LOOKING, framed
from tests.core.talk.scripts import TEXTS, plan


def typed(ema: Interviewer, text: str) -> str:
    return ema.answer(CandidateTurn(text, typed=True)).text


@pytest.mark.parametrize("text", ["How big is the team?", "What is the salary?", "How do releases work?"])
def test_a_question_becomes_a_topic(text: str) -> None:
    reply = Interviewer(plan(), looks_up=True).answer(CandidateTurn(text, typed=True))

    assert (reply.text, reply.topic) == ("", text)


@pytest.mark.parametrize("text", ["How do releases work?", "What is the salary?"])
def test_without_a_tool_the_hiring_team_is_named(text: str) -> None:
    assert "hiring team can answer" in typed(Interviewer(plan()), text)


def test_a_question_about_her_question_brings_it_again() -> None:
    assert typed(Interviewer(plan()), "Do you mean in production?").endswith(TEXTS[0])


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (STILL_LOOKING, "Let me look that up."),
        (NOTHING_FOUND, f"I could not look that up; the hiring team can answer it. {TEXTS[0]}"),
        (framed("Eight engineers."), f"Eight engineers. {TEXTS[0]}"),
    ],
)
def test_what_a_tool_returned_is_said_before_the_question(told: str, words: str) -> None:
    assert Interviewer(plan()).instruct(Instruction(InstructionKind.FOUND, text=told)).text == words


def test_a_long_result_is_said_in_its_first_sentences() -> None:
    words = Interviewer(plan()).found(framed("We are eight engineers. " * 50)).text

    assert len(words) <= FOUND_CHARACTERS + len(TEXTS[0]) + 1
    assert words.endswith(f"engineers. {TEXTS[0]}")


def test_after_the_wrap_up_no_question_comes_again() -> None:
    ema = Interviewer(plan())
    ema.instruct(Instruction(InstructionKind.WRAP_UP))

    assert typed(ema, "How do releases work at your company?").endswith("Anything else before we close?")
