"""What is remembered, on the start page and the account page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from services.core.interview import Status
from services.core.plan.memory import Memory
from services.identity.visitor import Visitor
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, OWNER, interview
from tests.pages.parts import FakeParts


def memory(interview: int, kind: str, subject: str, number: int | None = None) -> Memory:
    return Memory.model_validate(
        {
            "id": f"m-{interview}-{subject}",
            "interview_id": f"i{interview}",
            "kind": kind,
            "subject": subject,
            "number": number,
            "created_at": BEGAN + timedelta(days=interview),
        }
    )


KNOWN = [memory(number, "question", f"{number}" * 16) for number in (2, 1)]
KNOWN += [memory(number, "topic", "stores", 3) for number in (2, 1)]


@pytest.fixture
def signed_in(parts: FakeParts) -> FakeParts:
    parts.identity.there = Visitor(OWNER, "user", "ada@example.com")
    return parts


def told(app: AppTest) -> str:
    return " ".join(str(block.value) for block in app.main.markdown)


@pytest.mark.parametrize("name", ["start", "account"])
def test_a_guest_is_asked_nothing(visit: Open, name: str) -> None:
    assert "remember" not in [toggle.key for toggle in visit(name).toggle]


@pytest.mark.parametrize("name", ["start", "account"])
def test_memory_is_off_until_it_is_switched_on(visit: Open, signed_in: FakeParts, name: str) -> None:
    app = visit(name)
    assert not app.toggle(key="remember").value

    app.toggle(key="remember").set_value(True).run()

    assert signed_in.interviews.memories.on


def test_switching_it_off_forgets(visit: Open, signed_in: FakeParts) -> None:
    signed_in.interviews.memories.on, signed_in.interviews.memories.known = True, list(KNOWN)

    visit().toggle(key="remember").set_value(False).run()

    assert (signed_in.interviews.memories.on, signed_in.interviews.memories.known) == (False, [])


def test_the_start_page_says_what_is_used_and_why(visit: Open, signed_in: FakeParts) -> None:
    signed_in.interviews.memories.on, signed_in.interviews.memories.known = True, list(KNOWN)

    app = visit()

    assert "You were asked 2 questions on" in told(app)
    assert "reached level 3 or 4 on" in told(app)


def test_each_line_is_forgotten_by_itself(visit: Open, signed_in: FakeParts) -> None:
    memories = signed_in.interviews.memories
    memories.on, memories.known = True, list(KNOWN)

    app = visit().button(key="forget_stores").click().run()

    assert [one.kind for one in memories.known] == ["question", "question"]
    assert "level 3 or 4" not in told(app)


def test_the_account_page_lists_and_forgets_by_interview(visit: Open, signed_in: FakeParts) -> None:
    memories = signed_in.interviews.memories
    memories.on, memories.known = True, list(KNOWN)
    signed_in.interviews.kept["i1"] = interview(Status.COMPLETE, "i1")

    app = visit("account")
    assert "Senior Backend Engineer" in told(app)
    app.button(key="forget_i1").click().run()

    assert {one.interview_id for one in memories.known} == {"i2"}


def test_everything_is_forgotten_at_once(visit: Open, signed_in: FakeParts) -> None:
    memories = signed_in.interviews.memories
    memories.on, memories.known = True, list(KNOWN)

    app = visit("account").button(key="forget_all").click().run()

    assert memories.known == []
    assert memories.on
    assert "Nothing yet" in told(app)
