"""What people add to a report, on the page: a reviewer's level with its reason, a candidate's dispute with its note."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.visit import Reader, Visit, anew, plain, refusal, submit, widget_value
from pages.parts.words import LEVEL_COLORS, Color, day
from services.core.interview import Interview
from services.core.report.review import (
    MAX_NAME,
    MAX_NOTE,
    Override,
    Review,
    disputable,
    disputes_of,
    latest_override,
    standing_overrides,
)
from services.core.report.rubric import GENERIC_ANCHORS, LEVEL_NAMES, CompetencyRating, Report
from services.core.sharing import SharedReport

NOT_ASSESSED = "No level"
NO_SUCH_LEVEL = 0
"""For a name that was not offered; the use case refuses it, as it would "no level" taken for it."""


def level_name(level: int | None) -> str:
    return LEVEL_NAMES[level] if level else NOT_ASSESSED


def who(item: Override) -> str:
    """The reviewer, as Markdown draws it."""
    return plain(item.name) or "Reviewer"


def badges(reviews: Sequence[Review], rating: CompetencyRating) -> None:
    """The level of each reviewer, beside the report's own."""
    for found in standing_overrides(reviews, rating.competency_id):
        color: Color = LEVEL_COLORS[found.to_level] if found.to_level else "gray"
        st.badge(f"{who(found)}: {level_name(found.to_level)}", color=color, icon=":material/person:")


def notes(reviews: Sequence[Review], rating: CompetencyRating, report: Report) -> None:
    """Everything people wrote about this competency, oldest first."""
    for item in reviews:
        if isinstance(item, Override) and item.competency_id == rating.competency_id:
            levels = level_name(item.to_level)
            if item.from_level is not None:
                same = item.to_level == item.from_level
                levels += ", as rated" if same else f" instead of {level_name(item.from_level)}"
            st.markdown(f":material/person: **{who(item)}, {levels}:** {plain(item.reason)}")
            st.caption(day(item.at))
    items = disputable(report)
    for dispute in disputes_of(reviews, rating):
        st.markdown(f":material/flag: **Disputed by the candidate:** {plain(dispute.note)}")
        st.caption(f"{plain(items[dispute.item_id])} · {day(dispute.at)}")


def override_form(visit: Visit, interview: Interview, rating: CompetencyRating) -> None:
    """For the owner as the reviewer of one competency."""
    key = rating.competency_id
    own = latest_override([item for item in interview.reviews if item.by == visit.user_id], key)

    def save(level: int | None, reason: str) -> None:
        submit(visit, key, visit.interviews.reviews.override, visit.user_id, interview.id, key, level, reason)

    _level_form(visit, interview, rating, own.to_level if own else rating.score, save)


def reader_form(reader: Reader, read: SharedReport, rating: CompetencyRating) -> None:
    """For somebody who came by a link, and says who they are."""
    field = f"override_name_{rating.competency_id}"

    def save(level: int | None, reason: str) -> None:
        reader.name = widget_value(field, "")
        review = reader.parts.interviews.sharing.review
        key = rating.competency_id
        submit(reader, key, review, reader.token, reader.name, key, level, reason)

    _level_form(reader, read, rating, rating.score, save, (field, reader.name))


def host_form(visit: Visit, invitation_id: str, read: SharedReport, rating: CompetencyRating) -> None:
    """For whoever invited the candidate."""
    field = f"override_name_{rating.competency_id}"

    def save(level: int | None, reason: str) -> None:
        visit.reviewer = widget_value(field, "")
        review = visit.interviews.invitations.review
        key = rating.competency_id
        submit(visit, key, review, visit.user_id, invitation_id, visit.reviewer, key, level, reason)

    _level_form(visit, read, rating, rating.score, save, (field, visit.reviewer))


def _level_form(
    visit: Visit | Reader,
    interview: Interview | SharedReport,
    rating: CompetencyRating,
    level: int | None,
    save: Callable[[int | None, str], None],
    name: tuple[str, str] | None = None,
) -> None:
    """A level with a reason, begun at `level`; `name`: key of a field for the reviewer's, and what is known of it."""
    key = rating.competency_id
    reason_key = anew(visit, key, f"override_reason_{key}")
    options, current = [*LEVEL_NAMES.values(), NOT_ASSESSED], level_name(level)
    anchors = next((one.anchors for one in interview.plan.competencies if one.id == key), GENERIC_ANCHORS)

    def keep() -> None:
        name = widget_value(f"override_level_{key}", current)
        levels = {known: level for level, known in LEVEL_NAMES.items()} | {NOT_ASSESSED: None}
        save(levels.get(name, NO_SUCH_LEVEL), widget_value(reason_key, ""))

    with (
        st.popover(
            "Set another level" if rating.score else "Set a level",
            type="tertiary",
            icon=":material/edit_note:",
            key=f"review_{key}",
        ),
        st.form(f"overriding_{key}", border=False),
    ):
        for level, anchor in enumerate(anchors, start=1):
            st.caption(f"**{LEVEL_NAMES[level]}.** {plain(anchor)}")
        st.selectbox("Your level", options, options.index(current), key=f"override_level_{key}")
        if name is not None:
            st.text_input("Your name", name[1], key=name[0], max_chars=MAX_NAME, autocomplete="name")
        st.text_area("Why", key=reason_key, max_chars=MAX_NOTE)
        refusal(visit, key, name[0] if name and not widget_value(name[0]) else reason_key)
        if rating.score:
            st.caption("The report's own level stays visible beside yours.")
        st.form_submit_button("Save", key=f"override_{key}", type="primary", on_click=keep)


def dispute_form(visit: Visit, interview: Interview, report: Report) -> None:
    """For the candidate, of any item of the report."""
    items = disputable(report)

    def save() -> None:
        item, note = widget_value("dispute_item"), widget_value(note_key, "")
        submit(visit, "dispute", visit.interviews.reviews.dispute, visit.user_id, interview.id, item, note)

    note_key = anew(visit, "dispute", "dispute_note")
    with st.container(key="review_dispute"), st.form("disputing"):
        st.markdown("**Is something here wrong?** Say so; your note stays with the report, for everybody who reads it.")
        st.selectbox("What is it about?", items, format_func=items.__getitem__, key="dispute_item")
        st.text_area("Your note", key=note_key, max_chars=MAX_NOTE)
        refusal(visit, "dispute", note_key)
        st.form_submit_button("Add my note", key="dispute", on_click=save)
    disputes(interview.reviews, report)


def disputes(reviews: Sequence[Review], report: Report) -> None:
    """What the candidate wrote, by competency."""
    for rating in report.competencies:
        if disputes_of(reviews, rating):
            notes(disputes_of(reviews, rating), rating, report)
