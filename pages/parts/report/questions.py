"""What the candidate asked and Ema did not know: the team answers it here, and the candidate reads it here."""

from __future__ import annotations

import streamlit as st

from pages.parts.visit import Visit, attempt, plain, widget_value
from pages.parts.words import day
from services.core.interview import Interview
from services.core.report.review import MAX_NOTE


def draw(visit: Visit, interview: Interview, *, answering: bool) -> None:
    """`answering`: the page is read by the team; else by the candidate."""
    asked = visit.interviews.questions.list(visit.user_id, interview.id)
    if not asked:
        return
    st.subheader("Asked in the interview", anchor=False)
    st.caption(
        "Ema did not know these, and said that she would note them for the team. "
        + ("Answer them here; the candidate reads it in their letter." if answering else "This is what the team says.")
    )
    for item in asked:
        with st.container(border=True):
            st.markdown(f":material/help: **{plain(item.question)}**")
            if item.answer:
                st.markdown(plain(item.answer))
                st.caption(f"The team, {day(item.answered_at)}" if item.answered_at else "The team")
            elif not answering:
                st.caption("Not answered yet.")
            if answering:
                _form(visit, interview, item.number, item.answer)


def _form(visit: Visit, interview: Interview, number: int, answer: str) -> None:
    field = f"open_question_{number}"

    def save() -> None:
        text = widget_value(field, "")
        attempt(visit, visit.interviews.questions.answer, visit.user_id, interview.id, number, text)

    with st.form(f"{field}_form", border=False):
        st.text_area("The team's answer", answer, key=field, max_chars=MAX_NOTE, height=80)
        st.form_submit_button("Save the answer", on_click=save, key=f"{field}_save", icon=":material/reply:")
