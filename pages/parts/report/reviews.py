"""What people add to a report, on the page: a reviewer's level with its reason, a candidate's dispute with its note."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.visit import Visit, attempt, plain, widget_value
from pages.parts.words import LEVEL_COLORS, Color, day
from services.core.interview import Interview
from services.core.report.review import MAX_NOTE, Override, Review, disputable, disputes_of, latest_override
from services.core.report.rubric import GENERIC_ANCHORS, LEVEL_NAMES, CompetencyRating, Report

NOT_ASSESSED = "No level"
NO_SUCH_LEVEL = 0
"""For a name that was not offered; the use case refuses it, as it would "no level" taken for it."""


def level_name(level: int | None) -> str:
    return LEVEL_NAMES[level] if level else NOT_ASSESSED


def badge(reviews: Sequence[Review], rating: CompetencyRating) -> None:
    """The reviewer's level, beside the report's own."""
    if found := latest_override(reviews, rating.competency_id):
        color: Color = LEVEL_COLORS[found.to_level] if found.to_level else "gray"
        st.badge(f"Reviewer: {level_name(found.to_level)}", color=color, icon=":material/person:")


def notes(reviews: Sequence[Review], rating: CompetencyRating, report: Report) -> None:
    """Everything people wrote about this competency, oldest first."""
    for item in reviews:
        if isinstance(item, Override) and item.competency_id == rating.competency_id:
            levels = level_name(item.to_level)
            if item.from_level is not None:
                same = item.to_level == item.from_level
                levels += ", as rated" if same else f" instead of {level_name(item.from_level)}"
            st.markdown(f":material/person: **Reviewer, {levels}:** {plain(item.reason)}")
            st.caption(day(item.at))
    items = disputable(report)
    for dispute in disputes_of(reviews, rating):
        st.markdown(f":material/flag: **Disputed by the candidate:** {plain(dispute.note)}")
        st.caption(f"{plain(items[dispute.item_id])} · {day(dispute.at)}")


def override_form(visit: Visit, interview: Interview, rating: CompetencyRating) -> None:
    """For the reviewer of one competency."""
    key = rating.competency_id
    options = [*LEVEL_NAMES.values(), NOT_ASSESSED]
    own = latest_override(interview.reviews, key)
    current = level_name(own.to_level if own else rating.score)
    anchors = next((one.anchors for one in interview.plan.competencies if one.id == key), GENERIC_ANCHORS)

    def save() -> None:
        name = widget_value(f"override_level_{key}", current)
        levels = {known: level for level, known in LEVEL_NAMES.items()} | {NOT_ASSESSED: None}
        level = levels.get(name, NO_SUCH_LEVEL)
        reason = widget_value(f"override_reason_{key}", "")
        attempt(visit, visit.interviews.reviews.override, visit.user_id, interview.id, key, level, reason)

    with (
        st.popover(
            "Set another level" if rating.score else "Set a level",
            type="tertiary",
            icon=":material/edit_note:",
            key=f"review_{key}",
        ),
        st.form(f"overriding_{key}", border=False, clear_on_submit=True),
    ):
        for level, anchor in enumerate(anchors, start=1):
            st.caption(f"**{LEVEL_NAMES[level]}.** {plain(anchor)}")
        st.selectbox("Your level", options, options.index(current), key=f"override_level_{key}")
        st.text_area("Why", key=f"override_reason_{key}", max_chars=MAX_NOTE)
        if rating.score:
            st.caption("The report's own level stays visible beside yours.")
        st.form_submit_button("Save", key=f"override_{key}", type="primary", on_click=save)


def dispute_form(visit: Visit, interview: Interview, report: Report) -> None:
    """For the candidate, of any item of the report."""
    items = disputable(report)

    def save() -> None:
        item, note = widget_value("dispute_item"), widget_value("dispute_note", "")
        attempt(visit, visit.interviews.reviews.dispute, visit.user_id, interview.id, item, note)

    with st.container(key="review_dispute"), st.form("disputing", clear_on_submit=True):
        st.markdown("**Is something here wrong?** Say so; your note stays with the report, for everybody who reads it.")
        st.selectbox("What is it about", items, format_func=items.__getitem__, key="dispute_item")
        st.text_area("Your note", key="dispute_note", max_chars=MAX_NOTE)
        st.form_submit_button("Add my note", key="dispute", on_click=save)
    for rating in report.competencies:
        if disputes_of(interview.reviews, rating):
            notes(disputes_of(interview.reviews, rating), rating, report)
