"""The report as a letter to the candidate: their own words, what would raise them, what to practise with. No levels."""

from __future__ import annotations

import streamlit as st

from pages.parts.report.findings import quote
from pages.parts.visit import plain
from pages.parts.words import day
from services.core.report.letter import Passage, letter
from services.core.report.rubric import Report
from services.interviews.interviews import Interview


def draw(interview: Interview, report: Report) -> None:
    plan = interview.plan
    written = letter(report, plan)
    st.title(f"Your interview: {plain(written.role_title)}", anchor=False)
    st.caption(f"Phone screen of {day(interview.started_at)} · {plain(report.decision_support)}")
    st.markdown(
        f"Thank you for the conversation. Of {written.asked} questions asked, you answered {written.answered}. "
        "What follows rests on your own words and compares you with nobody."
    )
    if written.well:
        st.header("What went well", anchor=False)
        for passage in written.well:
            _passage(passage, interview)
    if written.raise_it:
        st.header("What would make it stronger", anchor=False)
        for passage in written.raise_it:
            _passage(passage, interview)
    if written.unheard:
        st.header("What there was no answer to judge", anchor=False)
        st.markdown("\n".join(f"- {plain(name)}" for name in written.unheard))
    st.header("To practise with", anchor=False)
    st.markdown("\n".join(f"- {plain(step)}" for step in written.practice))
    for resource in written.resources:
        title = f"[{plain(resource.title)}]({resource.url})" if resource.url else plain(resource.title)
        st.markdown(f":material/menu_book: {title}: {plain(resource.why)}")


def _passage(passage: Passage, interview: Interview) -> None:
    with st.container(gap="small", key=f"competency_{passage.competency}_{bool(passage.advice)}"):
        st.subheader(plain(passage.competency), anchor=False)
        if passage.advice:
            st.markdown(plain(passage.advice))
        for piece in passage.quotes:
            quote(piece, interview.plan)
