"""The interview page: plan, call, and the way back into a call."""

from __future__ import annotations

import pytest

from services.calls.snapshot import Phase
from services.core.interview import Status
from tests.pages.conftest import Open
from tests.pages.examples import PLAN, interview
from tests.pages.parts import FakeCall, FakeParts


@pytest.fixture
def planned(parts: FakeParts) -> FakeParts:
    parts.interviews.kept["i1"] = interview(Status.SETUP)
    return parts


def test_plan_shows_each_question_with_its_phrase(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    shown = " ".join(block.value for block in app.markdown).replace("\\", "")
    assert [header.value.replace("\\", "") for header in app.subheader] == [q.text for q in PLAN.questions]
    assert all(f":green-background[“{question.jd_phrase}”]" in shown for question in PLAN.questions)


def test_a_voice_is_told_that_a_call_is_likely(visit: Open, planned: FakeParts) -> None:
    visit("interview", id="i1")

    assert planned.calls.expected == ["i1"]


def test_a_question_can_be_moved_down(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.button(key="down_q1").click().run()

    assert [q.id for q in planned.interviews.kept["i1"].plan.questions][:2] == ["q2", "q1"]


def test_a_dropped_question_can_be_restored(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")
    app.button(key="drop_q3").click().run()

    app.button(key="restore_q3").click().run()

    assert planned.interviews.kept["i1"].plan.questions[-1].id == "q3"


def test_an_edit_is_kept_with_the_interview(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.text_area(key="text_q1").set_value("What was the hardest API you built?").run()

    assert planned.interviews.kept["i1"].plan.question("q1").text == "What was the hardest API you built?"


def test_too_many_seconds_hold_the_call_back(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.slider(key="seconds_q1").set_value(240).run()

    assert "fit into the call" in app.warning[0].value
    assert app.button(key="begin").disabled


def test_begin_asks_for_the_microphone_first(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.button(key="begin").click().run()

    assert app.button(key="begin").label == "Waiting for the microphone…"
    assert app.button(key="begin").disabled


@pytest.mark.parametrize(("phase", "label"), [(Phase.AWAY, "Rejoin the call"), (Phase.LIVE, "Continue the call here")])
def test_a_running_call_can_be_taken_up(visit: Open, planned: FakeParts, phase: Phase, label: str) -> None:
    planned.calls.live["i1"] = FakeCall(phase)

    app = visit("interview", id="i1")

    assert app.button(key="begin").label == label


def test_a_call_that_never_began_says_why(visit: Open, planned: FakeParts) -> None:
    planned.calls.live["i1"] = FakeCall(Phase.ENDED, "No sound from your microphone reached us.")

    app = visit("interview", id="i1")

    assert app.warning[0].value == "No sound from your microphone reached us."
    assert not app.button(key="begin").disabled


def test_a_finished_interview_leads_to_its_report(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("interview", id="i1")

    assert any("From the job description to the answers" in header.value for header in app.header)


@pytest.mark.parametrize("page", ["interview", "report"])
def test_a_foreign_interview_looks_like_none(visit: Open, parts: FakeParts, page: str) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, user_id="somebody else")

    app = visit(page, id="i1")

    assert app.title[0].value == page.capitalize()
    assert app.error[0].value.startswith("This interview does not exist, or it belongs to somebody else.")


def test_without_an_open_interview_the_page_leads_to_start(visit: Open) -> None:
    app = visit("interview")

    assert app.info[0].value == "No interview is open in this browser."


def test_follow_ups_can_be_edited(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.text_input(key="follow_up_q1_2").set_value(" Who else  was there? ").run()

    assert planned.interviews.kept["i1"].plan.question("q1").follow_ups == ("What did it cost?", "Who else was there?")


def test_a_follow_up_can_be_emptied(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.text_input(key="follow_up_q1_1").set_value("").run()

    assert planned.interviews.kept["i1"].plan.question("q1").follow_ups == ()


def test_an_edit_survives_being_dropped(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")
    app.text_area(key="text_q1").set_value("What was the hardest API you built?").run()
    app.button(key="drop_q1").click().run()

    app.button(key="restore_q1").click().run()

    assert app.subheader[-1].value == "What was the hardest API you built?"
    assert app.text_area(key="text_q1").value == "What was the hardest API you built?"


def test_an_own_question_is_asked_for_a_competency(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.text_area(key="add_text").set_value("What would you change here first?").run()
    app.selectbox(key="add_competency").select("c3").run()
    app.button(key="add_question").click().run()

    kept = planned.interviews.kept["i1"].plan.questions[-1]
    assert (kept.id, kept.text, kept.competency_id) == ("q7", "What would you change here first?", "c3")
    assert app.text_area(key="add_text_1").value == ""
    assert "Added to this plan" in " ".join(block.value for block in app.markdown)


def test_a_problem_becomes_a_question_of_the_plan(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.selectbox(key="problem").select("queue-twice").run()
    app.selectbox(key="problem_competency").select("c3").run()
    app.button(key="add_problem").click().run()
    app.button(key="fit").click().run()

    kept = planned.interviews.kept["i1"].plan.questions[-1]
    assert (kept.id, kept.competency_id, len(kept.follow_ups)) == ("q7", "c3", 1)
    assert "sends an email" in kept.text
    assert "queue-twice" not in app.selectbox(key="problem").options


def test_an_own_question_without_words_is_refused(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")
    app.text_area(key="add_text").set_value("Why?").run()

    app.button(key="add_question").click().run()

    assert "between 10 and 600 characters" in app.error[0].value
    assert app.text_area(key="add_text").value == "Why?"


def test_a_private_question_holds_the_call_back(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")

    app.text_area(key="text_q2").set_value("Are you married, and is it a happy marriage?").run()

    assert "Leave out “married”" in app.warning[0].value
    assert app.button(key="begin").disabled
    assert planned.interviews.kept["i1"].plan == PLAN


def test_questions_that_take_too_long_can_be_shortened(visit: Open, planned: FakeParts) -> None:
    app = visit("interview", id="i1")
    app.slider(key="seconds_q1").set_value(240).run()

    app.button(key="fit").click().run()

    assert planned.interviews.kept["i1"].plan.seconds <= 810
    assert app.slider(key="seconds_q1_1").value == planned.interviews.kept["i1"].plan.question("q1").seconds
    assert not app.button(key="begin").disabled
