"""Reports of one plan side by side: the same questions, each candidate's levels and words, and what reviewers said."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.report.findings import quote
from pages.parts.report.reviews import badges, level_name, who
from pages.parts.visit import WIDE, Visit, page, plain, plan_hash
from pages.parts.words import LEVEL_COLORS, date
from services.core.interview import Interview
from services.core.report.review import standing_overrides
from services.core.report.rubric import LEVEL_NAMES, CompetencyRating, Report
from services.core.sharing import SharedReport

AT_ONCE = 4
Read = tuple[str, Interview | SharedReport, Report]
"""A name, and the report under it."""


def _draw(visit: Visit) -> None:
    found = [(one, one.report) for one in visit.interviews.of_plan(visit.user_id, plan_hash()) if one.report]
    if len(found) < 2:
        st.title("Nothing to compare yet", anchor=False)
        st.markdown(
            "Two reports of the same plan stand here side by side. Invite a second candidate from a report: they get "
            "the same questions."
        )
        st.page_link("pages/history.py", label="Open history", icon=":material/arrow_forward:")
        return
    named = [(_name(one, number), one, report) for number, (one, report) in enumerate(found, start=1)]
    st.title(plain(found[0][0].plan.role_title), anchor=False)
    st.caption(
        "Same plan, same questions. In the order of the interviews; nothing here ranks people or decides about them."
    )
    if len(named) > AT_ONCE:
        names = [name for name, _, _ in named]
        chosen = st.multiselect("Candidates", names, names[:AT_ONCE], max_selections=AT_ONCE, key="compared")
        named = [read for read in named if read[0] in chosen]
    if named:
        _overview(named)
        for rating in named[0][2].competencies:
            _competency(rating, named)
        with st.container(horizontal=True, key="actions"):
            components.paper(key="print", width="content", data={"running": named[0][1].plan.role_title})


def _name(one: Interview | SharedReport, number: int) -> str:
    day = f" · {date(one.started_at)}" if one.started_at else ""
    return f"{number}. {one.label or 'Candidate'}{day}"


def _overview(named: list[Read]) -> None:
    """A table: a row for each competency, a column for each candidate."""
    head = ["", *(plain(name) for name, _, _ in named)]
    rows = [
        ["Plan covered", *(f"{report.coverage_pct} %" for _, _, report in named)],
        ["Answered", *(f"{sum(item.is_answered for item in report.coverage)} of {len(report.coverage)}"
                       for _, _, report in named)],
    ]  # fmt: skip
    rows += [
        [f"**{plain(rating.name)}**", *(_cell(rating.competency_id, read) for read in named)]
        for rating in named[0][2].competencies
    ]
    lines = [head, ["---"] * len(head), *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _cell(competency_id: str, read: Read) -> str:
    _, one, report = read
    own = _rating(competency_id, report)
    levels = [LEVEL_NAMES[own.score] if own and own.score else "No level"]
    overrides = standing_overrides(one.reviews, competency_id)
    return " · ".join([*levels, *(f"{who(item)}: {level_name(item.to_level)}" for item in overrides)])


def _rating(competency_id: str, report: Report) -> CompetencyRating | None:
    return next((one for one in report.competencies if one.competency_id == competency_id), None)


def _competency(rating: CompetencyRating, named: list[Read]) -> None:
    st.header(plain(rating.name), anchor=False)
    for place, (column, (name, one, report)) in enumerate(
        zip(st.columns(len(named), gap="medium"), named, strict=True)
    ):
        key = f"competency_{rating.competency_id}_{place}"
        with column, st.container(border=True, gap="small", height="stretch", key=key):
            st.markdown(f"**{plain(name)}**")
            own = _rating(rating.competency_id, report)
            if own is None:
                continue
            with st.container(horizontal=True, gap="small"):
                if own.score is not None:
                    st.badge(LEVEL_NAMES[own.score], color=LEVEL_COLORS[own.score], icon=":material/check:")
                else:
                    st.badge("No level", color="gray", icon=":material/remove:")
                badges(one.reviews, own)
            for piece in (*own.evidence, *own.counter_evidence)[:2]:
                quote(piece, one.plan)
            if not own.evidence and not own.counter_evidence:
                st.caption("Nothing was said on this that could be quoted.")


with page("Compare", width=WIDE, heading=False) as here:
    _draw(here)
