"""Inviting a candidate, and what somebody with an invitation sees."""

from __future__ import annotations

import pytest

from services.core.interview import Status
from services.core.plan.plan import Question
from services.interviews.questions import OpenQuestion
from tests.pages.conftest import Open
from tests.pages.examples import OWNER, PLAN, interview
from tests.pages.parts import INVITATION, FakeParts
from tests.pages.test_shared import words


@pytest.fixture
def inviting(parts: FakeParts) -> FakeParts:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    parts.interviews.invitations.invite(OWNER, "i1", "Ana M.")
    return parts


def test_an_invitation_is_made_from_a_report(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    app = visit("report", id="i1")

    app.text_input(key="invite_label").set_value("Ana M.")
    app.button(key="invite").click().run()

    assert f"/invited?token={INVITATION}" in words(app)
    assert parts.interviews.invitations.made[0].label == "Ana M."


def test_the_invited_read_what_it_is_and_no_question(visit: Open, inviting: FakeParts) -> None:
    app = visit("invited", token=INVITATION)

    told = words(app)
    assert "It costs you nothing" in told
    assert "Ema's voice here (Offline interviewer)" in told
    assert not [question for question in PLAN.questions if isinstance(question, Question) and question.text in told]


def test_consent_is_asked_for_at_its_place(visit: Open, inviting: FakeParts) -> None:
    app = visit("invited", token=INVITATION)

    app.button(key="accept").click().run()

    assert "tick the consent box" in app.error[0].value


def test_agreement_to_share_is_the_candidates(visit: Open, inviting: FakeParts) -> None:
    app = visit("invited", token=INVITATION)

    app.checkbox(key="consent").check()
    app.button(key="accept").click().run()

    assert inviting.interviews.invitations.accepted == [False]


def test_a_wrong_invitation_says_so(visit: Open, inviting: FakeParts) -> None:
    assert visit("invited", token="inv_guess").title[0].value == "This invitation opens nothing"


def test_the_plan_of_an_invitation_cannot_be_edited(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.SETUP, payer_id="host")

    app = visit("interview", id="i1")

    assert PLAN.questions[0].text not in words(app)
    assert "it costs you nothing" in words(app)


def test_history_tells_what_became_of_invitations(visit: Open, inviting: FakeParts) -> None:
    app = visit("history")
    assert "waits until" in words(app)

    app.button(key="revoke_v1").click().run()

    assert "taken back" in words(app)


def test_the_host_reads_the_report_that_was_shared(visit: Open, inviting: FakeParts) -> None:
    app = visit("report", invitation="v1")

    assert "**Ana M.** · Phone screen" in words(app)
    assert "delete_interview" not in [button.key for button in app.button]


def test_the_host_leaves_a_level_on_that_page(visit: Open, inviting: FakeParts) -> None:
    app = visit("report", invitation="v1")

    app.text_input(key="override_name_c3").set_value("Bo")
    app.selectbox(key="override_level_c3").set_value("Solid")
    app.text_area(key="override_reason_c3").set_value("The notes show it.")
    app.button(key="override_c3").click().run()

    assert inviting.interviews.invitations.reviewed[0][1:] == ("v1", "Bo", "c3", 3, "The notes show it.")


def test_the_host_answers_what_the_candidate_asked(visit: Open, inviting: FakeParts) -> None:
    asked = inviting.interviews.invitations.open_questions
    asked.asked = [OpenQuestion(1, "Is there a library?", "", None)]

    app = visit("report", invitation="v1")
    app.text_area(key="open_question_1").set_value("A small one.")
    app.button(key="open_question_1_save").click().run()

    assert asked.asked[0].answer == "A small one."
