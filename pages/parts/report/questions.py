"""What the candidate asked and Ema did not know: the team answers it here, and the candidate reads it here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.visit import Visit, attempt, plain, widget_value
from pages.parts.words import day
from services.core.interview import Interview
from services.core.report.review import MAX_NOTE
from services.interviews.questions import OpenQuestion

Answer = Callable[[int, str], None]
"""Of the question with this number."""


def draw(visit: Visit, interview: Interview, *, answering: bool) -> None:
    """`answering`: the page is read by the team; else by the candidate."""

    def answer(number: int, text: str) -> None:
        visit.interviews.questions.answer(visit.user_id, interview.id, number, text)

    _draw(visit, visit.interviews.questions.list(visit.user_id, interview.id), answer if answering else None)


def draw_for_host(visit: Visit, invitation_id: str) -> None:
    """For whoever invited the candidate, as long as they may read the report."""

    def answer(number: int, text: str) -> None:
        visit.interviews.invitations.answer(visit.user_id, invitation_id, number, text)

    _draw(visit, visit.interviews.invitations.questions(visit.user_id, invitation_id), answer)


def _draw(visit: Visit, asked: Sequence[OpenQuestion], answer: Answer | None) -> None:
    if not asked:
        return
    st.header("Asked in the interview", anchor=False)
    st.caption(
        "Ema did not know these, and said that she would note them for the team. "
        + ("Answer them here; the candidate reads it with their letter." if answer else "This is what the team says.")
    )
    for item in asked:
        with st.container(border=True):
            st.markdown(f":material/help: **{plain(item.question)}**")
            if not item.readable:
                st.caption("It held something private, so its words were not kept. Please talk to each other about it.")
            elif answer:
                _form(visit, item, answer)
            elif item.answer:
                st.markdown(plain(item.answer))
            if item.answer:
                st.caption(f"The team, {day(item.answered_at)}" if item.answered_at else "The team")
            elif item.readable and not answer:
                st.caption("Not answered yet.")


def _form(visit: Visit, item: OpenQuestion, answer: Answer) -> None:
    field = f"open_question_{item.number}"

    def save() -> None:
        attempt(visit, answer, item.number, widget_value(field, ""))

    with st.form(f"{field}_form", border=False):
        st.text_area("The team's answer", item.answer, key=field, max_chars=MAX_NOTE, height=80)
        st.form_submit_button("Save the answer", on_click=save, key=f"{field}_save", icon=":material/reply:")
