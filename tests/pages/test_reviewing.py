"""Before the report: the candidate's own words. With it: two renderings, a reviewer's level, a candidate's note."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pages.parts.visit import plain
from services.core.interview import Interview, Status
from services.core.report.review import dispute, exported, override
from services.core.report.rubric import CompetencyRating, Moment, Report
from services.core.talk.transcript import DisputedWords, Speaker, Turn
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, PLAN, RATINGS, REPORT, interview
from tests.pages.parts import FakeParts

SPOKEN = Turn(
    "t2", Speaker.CANDIDATE, "we versioned the cone tract in the header", 48_000, 60_000, "q1", confidence=0.3
)
SURE = Turn("t4", Speaker.CANDIDATE, "we kept both alive", 70_000, 75_000, "q1", confidence=0.9)
TYPED = Turn("t6", Speaker.CANDIDATE, "for six months", 80_000, 80_000, "q2", typed=True)


@pytest.fixture
def reading(visit: Open, parts: FakeParts) -> FakeParts:
    parts.interviews.kept["i1"] = interview(Status.ANALYZING)
    parts.interviews.readable = [SPOKEN, SURE, TYPED]
    return parts


def complete(parts: FakeParts, **changes: Any) -> Interview:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, **changes)
    return parts.interviews.kept["i1"]


def all_words(app: object) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


def test_own_words_are_read_back_by_question(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    assert app.title[0].value == "Is this what you said?"
    assert [header.value for header in app.subheader] == [plain(question.text) for question in PLAN.questions[:2]]


def test_uncertain_words_are_grey(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    values = [element.value for element in app.markdown]
    assert f":gray[{SPOKEN.text}]" in values
    assert SURE.text in values


DISPUTED = replace(SURE, disputed=(DisputedWords(3, 7, "cut"),))


def test_disputed_words_are_grey_and_asked_back(visit: Open, reading: FakeParts) -> None:
    reading.interviews.readable[1] = DISPUTED
    app = visit("report", id="i1")

    assert "we :gray[kept] both alive" in [element.value for element in app.markdown]
    assert "A second recogniser heard “cut”" in all_words(app)


def test_disputed_words_can_be_confirmed(visit: Open, reading: FakeParts) -> None:
    reading.interviews.readable[1] = DISPUTED
    app = visit("report", id="i1")

    app.button(key="confirm_t4").click().run()

    assert reading.interviews.readable[1].confirmed
    assert "confirmed by you" in all_words(app)


def test_a_correction_is_kept(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    app.button(key="correct_t2").click().run()
    app.text_area(key="correction_t2").set_value("We versioned the contract in the header.")
    app.button(key="save_correction").click().run()

    assert reading.interviews.readable[0].recognised == SPOKEN.text
    assert "corrected by you" in all_words(app)


def test_a_refused_correction_says_why(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    app.button(key="correct_t2").click().run()
    app.text_area(key="correction_t2").set_value("word " * 60)
    app.button(key="save_correction").click().run()

    assert "adds nothing" in app.error[0].value
    assert app.text_area(key="correction_t2").value == "word " * 60
    assert reading.interviews.readable[0] == SPOKEN


def test_leaving_a_correction_changes_nothing(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    app.button(key="correct_t2").click().run()
    app.button(key="leave_correction").click().run()

    assert reading.interviews.readable[0] == SPOKEN


def test_words_can_be_marked_as_wrong(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    app.button(key="doubt_t4").click().run()

    assert reading.interviews.readable[1].doubted
    assert "marked as wrong by you" in all_words(app)


def test_typed_words_are_only_shown(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    assert "doubt_t6" not in [button.key for button in app.button]


def test_one_click_skips_the_reading(visit: Open, reading: FakeParts) -> None:
    app = visit("report", id="i1")

    app.button(key="make_report").click().run()

    assert app.title[0].value == "Your report is being made"


def test_letter_names_no_level(visit: Open, parts: FakeParts) -> None:
    complete(parts)
    app = visit("report", id="i1")

    app.segmented_control(key="rendering").set_value("Letter to the candidate").run()

    words = all_words(app)
    assert "What you told us" in words
    assert RATINGS[0].evidence[0].quote in words
    assert not {"Strong", "Solid", "Partial", "Below"} & set(words.split())


def test_scorecard_suggests_what_to_ask(visit: Open, parts: FakeParts) -> None:
    complete(parts)

    app = visit("report", id="i1")

    assert "What your last threat model change?" not in all_words(app)
    assert "What did your last threat model change?" in all_words(app)


def test_override_stands_beside_the_level(visit: Open, parts: FakeParts) -> None:
    complete(parts)
    app = visit("report", id="i1")

    app.selectbox(key="override_level_c3").set_value("Solid")
    app.text_area(key="override_reason_c3").set_value("She explained it to me afterwards.")
    app.button(key="override_c3").click().run()

    words = all_words(app)
    assert "Reviewer, Solid instead of Partial" in words
    assert "explained it to me" in words


def test_an_override_needs_a_reason(visit: Open, parts: FakeParts) -> None:
    complete(parts)
    app = visit("report", id="i1")

    app.selectbox(key="override_level_c3").set_value("Solid")
    app.button(key="override_c3").click().run()

    assert "why the level" in app.error[0].value
    assert app.selectbox(key="override_level_c3").value == "Solid"


def test_a_refusal_is_gone_on_the_next_page(visit: Open, parts: FakeParts) -> None:
    complete(parts)
    app = visit("report", id="i1")
    app.button(key="override_c3").click().run()

    app.switch_page("pages/history.py").run()
    app.switch_page("pages/report.py").run()

    assert not app.error


def test_a_dispute_shows_in_both_renderings(visit: Open, parts: FakeParts) -> None:
    complete(parts)
    app = visit("report", id="i1")
    app.segmented_control(key="rendering").set_value("Letter to the candidate").run()

    app.selectbox(key="dispute_item").set_value("e4")
    app.text_area(key="dispute_note").set_value("I named the failure too.")
    app.button(key="dispute").click().run()
    in_letter = all_words(app)
    app.segmented_control(key="rendering").set_value("Scorecard for reviewers").run()

    assert "I named the failure too" in in_letter
    assert "I named the failure too" in all_words(app)


def test_export_holds_what_people_added(parts: FakeParts) -> None:
    reviews = (
        override(REPORT, "c1", None, "Not on the job.", by="u", at=BEGAN),
        dispute(REPORT, "e1", "No.", by="u", at=BEGAN),
    )

    written = json.loads(exported(REPORT, complete(parts, reviews=reviews).reviews))

    assert len(written["review"]["overrides"]) == len(written["review"]["disputes"]) == 1


def enriched() -> Report:
    """Corrected, doubted and differing, with a course."""
    quote = RATINGS[1].evidence[0].model_copy(update={"recognised": "ad the column", "doubted": True})
    rating = CompetencyRating.model_validate(
        {**dict(RATINGS[1]), "evidence": (quote,), "spread": 1, "readings": (2, 3, 3)}
    )
    moments = (
        Moment(kind="ema", from_ms=-500, to_ms=20_000, barge_in=True),
        Moment(kind="candidate", from_ms=21_000, to_ms=90_000),
        Moment(kind="typed", from_ms=95_000, to_ms=95_000),
        Moment(kind="away", from_ms=100_000, to_ms=112_000),
    )
    return REPORT.model_copy(update={"competencies": (RATINGS[0], rating, *RATINGS[2:]), "timeline": moments})


def test_corrected_quotes_show_both_versions(visit: Open, parts: FakeParts) -> None:
    complete(parts, report=enriched())

    app = visit("report", id="i1")

    words = all_words(app)
    assert "Corrected by the candidate; the recogniser wrote “ad the column”" in words
    assert "marked by the candidate as written down wrongly" in words
    assert "Independent readings differed: Partial, Solid, Solid" in words


def test_timeline_tells_talk_barge_ins_and_drops(visit: Open, parts: FakeParts) -> None:
    complete(parts, report=enriched())

    app = visit("report", id="i1")

    assert (
        "The candidate spoke for 1:09; Ema for 0:20; typed answers: 1; barge-ins: 1; drops: 1, 0:12 in all."
        in all_words(app)
    )
