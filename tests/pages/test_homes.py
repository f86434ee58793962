"""What a page says when its interview is at another server, or at one that is gone."""

from __future__ import annotations

import pytest

from services.core.interview import Status
from services.replicas.placement import Place
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, interview
from tests.pages.parts import FakeParts


@pytest.mark.parametrize(
    ("page", "status", "stopped"),
    [
        ("interview", Status.ACTIVE, "The server that carried your call stopped."),
        ("report", Status.ANALYZING, "The server that held your words stopped."),
    ],
)
def test_a_dead_server_is_told_with_what_it_cost(
    visit: Open, parts: FakeParts, page: str, status: Status, stopped: str
) -> None:
    parts.interviews.kept["i1"] = interview(status).model_copy(update={"charge_committed_at": BEGAN})
    parts.fleet.where = Place.GONE

    app = visit(page, id="i1")

    assert stopped in app.error[0].value
    assert "The 15 credits it had cost are given back." in app.markdown[0].value
    assert not app.exception


def test_an_interview_elsewhere_is_not_shown_here(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING)
    parts.fleet.where = Place.ELSEWHERE

    app = visit("report", id="i1")

    assert "on another of our servers" in app.info[0].value
    assert not [button for button in app.button if button.key == "retry_report"]


def test_a_full_server_leads_to_another_before_the_call(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.SETUP)
    parts.fleet.full = True

    app = visit("interview", id="i1")

    assert "no line free" in app.info[0].value
    assert not [button for button in app.button if button.key == "begin"]
