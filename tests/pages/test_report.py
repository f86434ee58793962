"""The report page, in each state an interview can be in."""

from __future__ import annotations

from datetime import timedelta

from services.core import ledger
from services.core.interview import Status
from services.core.report.rubric import Moment
from services.core.usage import Bill
from services.interviews.questions import PRIVATE, OpenQuestion
from services.interviews.signing import Signer
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, RATINGS, REPORT, interview
from tests.pages.parts import FakeParts


def test_report_shows_every_competency_with_its_level(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("report", id="i1")

    assert [header.value for header in app.subheader] == [rating.name for rating in RATINGS]
    assert app.metric[0].value == "67 %"


def test_typed_answers_are_counted_in_words(visit: Open, parts: FakeParts) -> None:
    typed = tuple(Moment(kind="typed", from_ms=at, to_ms=at) for at in (21_000, 130_000))
    report = REPORT.model_copy(update={"timeline": typed, "candidate_talk_s": 0})
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, report=report)

    app = visit("report", id="i1")

    words = next(metric for metric in app.metric if metric.label.startswith("Candidate's words"))
    assert words.label == "Candidate's words · all typed"
    assert words.value == str(sum(item.words for item in REPORT.coverage))


def test_the_file_is_fetched_where_its_owner_is_asked_for(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("report", id="i1")

    assert app.get("link_button")[0].proto.url == "/api/interviews/i1/report.json"


def test_the_team_answers_what_the_candidate_asked(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    parts.interviews.questions.asked = [OpenQuestion(1, "Is there a library?", "", None)]

    app = visit("report", id="i1")
    app.text_area(key="open_question_1").set_value("A small one.")
    app.button(key="open_question_1_save").click().run()
    app.segmented_control(key="rendering").set_value("Letter to the candidate").run()

    assert "A small one." in [item.value.replace("\\", "") for item in app.markdown]
    assert "open_question_1" not in [area.key for area in app.text_area]


def test_a_private_question_has_no_words_and_no_answer(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    parts.interviews.questions.asked = [OpenQuestion(1, PRIVATE, "", None)]

    app = visit("report", id="i1")

    assert any("Please talk to each other" in caption.value for caption in app.caption)
    assert "open_question_1" not in [area.key for area in app.text_area]


def test_report_says_what_models_were_asked(visit: Open, parts: FakeParts) -> None:
    bill = Bill(model="gpt-9", requests=1, tokens={"input_tokens": 1200}, cost_usd="0.00123")
    finished = interview(Status.COMPLETE)
    assert finished.report is not None
    parts.interviews.kept["i1"] = finished.model_copy(
        update={
            "plan": finished.plan.model_copy(update={"bill": bill}),
            "report": finished.report.model_copy(
                update={"contract": None, "in_vain": bill.model_copy(update={"requests": 9, "cost_usd": None})}
            ),
        }
    )

    app = visit("report", id="i1")

    told = [item.value.replace("\\", "") for item in app.markdown]
    assert "The plan took 1 request to gpt-9, 1,200 tokens, about $0.0012." in told
    assert "The report took 9 requests to gpt-9, 1,200 tokens, at a price not known here." in told


def test_report_says_that_it_decides_nothing(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("report", id="i1")

    assert "not a hiring decision" in app.info[0].value


def test_typed_quotes_are_marked(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("report", id="i1")

    assert any("4:10 · question 3 · typed" in caption.value for caption in app.caption)


def test_a_report_in_the_making_says_its_stage(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING)
    parts.interviews.at_work = ("Putting the answers in order…", "Rating the answers: 3 of 15 readings done…")

    app = visit("report", id="i1")

    assert (app.status[0].label, app.status[0].state) == ("Rating the answers: 3 of 15 readings done…", "running")
    assert "Putting the answers in order" in app.status[0].markdown[0].value


def test_a_report_before_its_making_says_so(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING)

    app = visit("report", id="i1")

    assert app.status[0].label == "Putting the last words in order…"


def test_a_report_nobody_is_at_can_be_tried_again(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING, ended_at=BEGAN)

    app = visit("report", id="i1")
    app.button(key="retry_report").click().run()

    assert parts.interviews.kept["i1"].status is Status.COMPLETE


def test_a_retry_under_way_shows_its_stage(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING, failure_reason="It could not be made this time.")
    parts.interviews.at_work = ("Rating the answers…",)

    app = visit("report", id="i1")

    assert app.status[0].label == "Rating the answers…"


def test_a_stuck_report_can_be_tried_again(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING, failure_reason="It could not be made this time.")
    app = visit("report", id="i1")

    app.button(key="retry_report").click().run()

    assert app.metric[0].value == "67 %"


def test_a_failed_interview_says_what_was_given_back(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.FAILED, failure_reason="The voice broke down.")
    charged = ledger.debit("i1", 15, BEGAN + timedelta(seconds=120))
    parts.interviews.entries += [charged, ledger.refund(charged, "The voice broke down.", BEGAN)]

    app = visit("report", id="i1")

    assert "15 credits were charged and 15 given back." in app.markdown[0].value


def test_after_a_failure_the_same_job_is_filled_in(visit: Open, parts: FakeParts) -> None:
    failed = interview(Status.FAILED, failure_reason="The voice broke down.")
    parts.interviews.kept["i1"] = failed
    app = visit("report", id="i1")

    app.button(key="prepare_again").click().run()

    assert app.text_area(key="job_description").value == failed.job_description


def test_a_failure_before_the_charge_cost_nothing(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.FAILED, failure_reason="You abandoned this interview.")

    app = visit("report", id="i1")

    assert "Nothing was charged." in app.markdown[0].value


def test_deleting_asks_before_it_deletes(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    app = visit("report", id="i1")

    app.button(key="delete_interview").click().run()

    assert "i1" in parts.interviews.kept
    app.button(key="confirm_delete").click().run()
    assert "i1" not in parts.interviews.kept
    assert "is deleted" in app.success[0].value


def test_markup_in_a_role_title_stays_text(visit: Open, parts: FakeParts) -> None:
    plan = interview(Status.SETUP).plan.model_copy(update={"role_title": "<b>Chief</b> :red[x] $a$"})
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, plan=plan)

    app = visit("report", id="i1")

    assert app.title[0].value == r"\<b\>Chief\</b\> \:red\[x\] \$a\$"


def test_a_report_says_whether_it_is_as_it_was_signed(visit: Open, parts: FakeParts) -> None:
    parts.interviews.signer = Signer("a secret")
    signed = parts.interviews.signer.sealed(REPORT)
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, report=signed)
    parts.interviews.kept["i2"] = interview(
        Status.COMPLETE, "i2", report=signed.model_copy(update={"summary": "Hire."})
    )

    told = ["\n".join(item.value for item in visit("report", id=name).markdown) for name in ("i1", "i2")]

    assert "Unchanged, made by this server" in told[0]
    assert "Changed since it was signed" in told[1]


def test_a_picture_for_a_slide_names_every_level(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("report", id="i1")

    assert "A picture for a slide" in [expander.label for expander in app.expander]
