"""Reports of one plan side by side."""

from __future__ import annotations

from services.core.interview import Status
from services.core.report.review import override
from services.core.sharing import SharedForm
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, PLAN, RATINGS, REPORT, interview
from tests.pages.parts import TOKEN, FakeParts
from tests.pages.test_shared import words


def three(parts: FakeParts) -> None:
    bo = override(REPORT, "c1", 3, "Less than that.", by="link:1", at=BEGAN, name="Bo")
    for number, (name, reviews) in enumerate({"Ana M.": (bo,), "Li W.": (), "": ()}.items(), start=1):
        key = f"i{number}"
        parts.interviews.kept[key] = interview(Status.COMPLETE, key, label=name, reviews=reviews)


def test_candidates_of_one_plan_stand_side_by_side(visit: Open, parts: FakeParts) -> None:
    three(parts)

    told = words(visit("compare", plan=PLAN.plan_hash))

    assert "| **API design** | Strong · Bo: Solid | Strong | Strong |" in told
    assert told.count(RATINGS[0].evidence[0].quote) == 3


def test_two_reviewers_levels_stand_beside_the_models(visit: Open, parts: FakeParts) -> None:
    """Each by the link, without an account; whoever compares the three candidates reads both, and who left them."""
    for number, name in enumerate(("Ana M.", "Li W.", ""), start=1):
        key = f"i{number}"
        parts.interviews.kept[key] = interview(Status.COMPLETE, key, label=name, share_consent_at=BEGAN)
    parts.interviews.sharing.share("", "i1", SharedForm.SCORECARD, 14)
    for name, level in (("Bo", "Solid"), ("Cy", "Partial")):
        app = visit("shared", token=TOKEN)
        app.text_input(key="override_name_c1").set_value(name)
        app.selectbox(key="override_level_c1").set_value(level)
        app.text_area(key="override_reason_c1").set_value("The cost was left out.")
        app.button(key="override_c1").click().run()

    told = words(visit("compare", plan=PLAN.plan_hash))

    assert "| **API design** | Strong · Bo: Solid · Cy: Partial | Strong | Strong |" in told
    assert "| **Reliability** | Partial | Partial | Partial |" in told


def test_history_leads_to_the_comparison(visit: Open, parts: FakeParts) -> None:
    three(parts)
    app = visit("history")
    assert {button.label for button in app.button if (button.key or "").startswith("open_")} == {"Open"}

    app.button(key=f"compare_{PLAN.plan_hash[:12]}").click().run()

    assert app.title[0].value.replace("\\", "") == PLAN.role_title


def test_one_report_is_no_comparison(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)

    assert visit("compare", plan=PLAN.plan_hash).title[0].value == "Nothing to compare yet"
