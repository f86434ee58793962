"""What the built-in server answers from the team's file, and what it notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.core.talk.events import CallTool
from services.settings import Settings
from services.tools.company import NOTED, answer, chosen_problem
from services.tools.servers import configured
from services.tools.toolbox import Toolbox

FACTS = """\
# Team
The team is eight engineers and a designer. It reports to Dana, who leads the platform.

## Remote work
Everybody may work from home three days a week.

## On-call
One week in eight, paid, with a day off afterwards.

## Tech stack
Python, PostgreSQL and Kafka on Kubernetes.
"""


@pytest.mark.parametrize(
    ("topic", "begins"),
    [
        ("How big is the team?", "The team is eight"),
        ("What does the team look like?", "The team is eight"),
        ("team size", "The team is eight"),
        ("Who would I report to?", "The team is eight"),
        ("Can I work from home?", "Everybody may"),
        ("Is remote work possible?", "Everybody may"),
        ("Would I be on call?", "One week in eight"),
        ("Which tech stack do you use?", "Python, PostgreSQL"),
    ],
)
def test_what_the_file_says_is_answered(topic: str, begins: str) -> None:
    told = answer(FACTS, topic)

    assert told.known
    assert told.answer.startswith(begins)


@pytest.mark.parametrize(
    "topic", ["What is the parental leave policy?", "Do you sponsor visas?", "What is it like?", ""]
)
def test_what_the_file_does_not_say_is_noted(topic: str) -> None:
    assert answer(FACTS, topic).model_dump() == {"answer": NOTED, "known": False}


def test_an_answer_ends_with_a_sentence() -> None:
    told = answer("# Team\n" + "We are many and we build things. " * 100, "team")

    assert told.answer.endswith("things.")
    assert len(told.answer) <= 700


def test_two_candidates_get_the_same_problem() -> None:
    first, second = chosen_problem("databases", "senior"), chosen_problem("Databases", " Senior ")

    assert first == second
    assert (first.id, chosen_problem("kafka", "mid").id) == ("add-column", "queue-twice")


async def test_the_server_answers_and_notes_over_its_pipes(tmp_path: Path) -> None:
    facts = tmp_path / "facts.md"
    facts.write_text(FACTS)
    box = Toolbox(configured(Settings(company_facts=facts)), tmp_path, {})
    box.start()
    await box.ready()
    kit = box.kit(guest=True)

    known = await kit.ask(CallTool("c1", "company__company_facts", {"topic": "team size"}))
    unknown = await kit.ask(CallTool("c2", "company__company_facts", {"topic": "parental leave"}))
    await box.aclose()

    assert [tool.name for tool in kit.tools] == ["company__company_facts"]
    assert (known.result[:17], known.noted, known.problem) == ("The team is eight", False, "")
    assert (unknown.result, unknown.noted) == (NOTED, True)
