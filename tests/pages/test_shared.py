"""Sharing a report, reading a shared one, and a reviewer's level left through a link."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from services.core.interview import Status
from services.core.sharing import SharedForm
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, PLAN, RATINGS, interview
from tests.pages.parts import TOKEN, FakeParts


@pytest.fixture
def shared(parts: FakeParts) -> FakeParts:
    """One scorecard with its link."""
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, share_consent_at=BEGAN, label="Ana M.")
    parts.interviews.sharing.share("", "i1", SharedForm.SCORECARD, 14, shows_label=True)
    return parts


def words(app: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "error", "code")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind)).replace("\\", "")


def test_nothing_is_shared_before_the_candidate_agrees(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    app = visit("report", id="i1")

    assert "share" not in [button.key for button in app.button]
    app.checkbox(key="share_consent").check().run()
    assert "share" in [button.key for button in app.button]
    assert "Agreed on 12 Nov 2026" in words(app)


def test_a_link_is_shown_once_it_is_made(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE, share_consent_at=BEGAN)
    app = visit("report", id="i1")

    app.button(key="share").click().run()

    assert f"/shared?token={TOKEN}" in words(app)
    assert parts.interviews.sharing.made[0].form is SharedForm.SCORECARD


def test_a_link_can_be_taken_back(visit: Open, shared: FakeParts) -> None:
    app = visit("report", id="i1")

    app.button(key="revoke_l1").click().run()

    assert "taken back 12 Nov 2026" in words(app)
    assert "revoke_l1" not in [button.key for button in app.button]


def test_the_candidates_name_stands_on_the_report(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    app = visit("report", id="i1")

    app.text_input(key="candidate_label").set_value("Ana M.").run()

    assert "**Ana M.** · Phone screen" in words(app)


def test_a_link_shows_the_scorecard_without_the_job(visit: Open, shared: FakeParts) -> None:
    app = visit("shared", token=TOKEN)

    told = words(app)
    assert all(rating.name in told for rating in RATINGS)
    assert PLAN.questions[0].jd_phrase not in told
    assert "delete_interview" not in [button.key for button in app.button]


def test_drawing_again_is_not_another_view(visit: Open, shared: FakeParts) -> None:
    app = visit("shared", token=TOKEN)
    app.run()

    assert shared.interviews.sharing.opened == 1


def test_a_reviewer_leaves_a_level_with_a_name(visit: Open, shared: FakeParts) -> None:
    app = visit("shared", token=TOKEN)

    app.text_input(key="override_name_c3").set_value("Bo")
    app.selectbox(key="override_level_c3").set_value("Solid")
    app.text_area(key="override_reason_c3").set_value("It was explained well.")
    app.button(key="override_c3").click().run()

    assert "Bo, Solid instead of Partial" in words(app)
    assert "Bo, Solid instead of Partial" in words(visit("report", id="i1"))


def test_a_level_without_a_name_is_refused(visit: Open, shared: FakeParts) -> None:
    app = visit("shared", token=TOKEN)

    app.text_area(key="override_reason_c3").set_value("It was explained well.")
    app.button(key="override_c3").click().run()

    assert "Say who you are" in app.error[0].value
    assert shared.interviews.kept["i1"].reviews == ()


@pytest.mark.parametrize("token", ["", "shr_guess"])
def test_a_wrong_link_says_so_in_words(visit: Open, shared: FakeParts, token: str) -> None:
    app = visit("shared", token=token)

    assert app.title[0].value == "This link opens nothing"
    assert "API design" not in words(app)


def test_a_letter_is_read_without_levels(visit: Open, shared: FakeParts) -> None:
    shared.interviews.sharing.made = [shared.interviews.sharing.made[0].model_copy(update={"form": SharedForm.LETTER})]

    app = visit("shared", token=TOKEN)

    assert "What you told us" in words(app)
    assert not {"Strong", "Solid", "Partial", "Below"} & set(words(app).split())
