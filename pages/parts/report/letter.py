"""The report as a letter to the candidate: their own words, what makes them stronger, what to read on. No levels."""

from __future__ import annotations

import streamlit as st

from pages.parts.report.findings import byline, quote
from pages.parts.visit import plain
from services.core.interview import Interview
from services.core.report.letter import LetterPart, letter
from services.core.report.rubric import Report
from services.core.sharing import SharedReport


def draw(interview: Interview | SharedReport, report: Report) -> None:
    plan = interview.plan
    written = letter(report, plan)
    st.title(f"Your interview: {plain(written.role_title)}", anchor=False)
    st.caption(byline(interview, report.decision_support))
    st.markdown(
        f"Thank you for the conversation. Of {written.asked} questions asked, you answered {written.answered}. "
        "What follows rests on your own words and compares you with nobody."
    )
    if written.heard:
        st.header("What you told us", anchor=False)
        for passage in written.heard:
            _passage(passage, interview, "heard")
    if written.look_again:
        st.header("Worth another look", anchor=False)
        for passage in written.look_again:
            _passage(passage, interview, "again")
    if written.unheard:
        st.header("Where there was too little to quote", anchor=False)
        st.markdown("\n".join(f"- {plain(name)}" for name in written.unheard))
    if written.next_steps:
        st.header("What would make it stronger", anchor=False)
        st.markdown("\n".join(f"- {plain(step)}" for step in written.next_steps))
    st.header("To read on", anchor=False)
    for resource in written.resources:
        title = f"[{plain(resource.title)}]({resource.url})" if resource.url else plain(resource.title)
        st.markdown(f":material/menu_book: {title}: {plain(resource.why)}")


def _passage(passage: LetterPart, interview: Interview | SharedReport, part: str) -> None:
    with st.container(gap="small", key=f"{part}_{passage.competency}"):
        st.subheader(plain(passage.competency), anchor=False)
        for piece in passage.quotes:
            quote(piece, interview.plan)
