"""The way to the one open interview, and the way out of it."""

from __future__ import annotations

import streamlit as st

from pages.parts.visit import Visit, attempt, plain
from pages.parts.words import STATUS_COLORS, STATUS_WORDS
from services.core.interview import Interview


def draw(visit: Visit, opened: Interview) -> None:
    with st.container(border=True, gap="small"):
        st.badge(STATUS_WORDS[opened.status], icon=":material/timelapse:", color=STATUS_COLORS[opened.status])
        st.header(f"You have an open interview: {plain(opened.plan.role_title)}", anchor=False)
        st.markdown(
            "One interview can be open at a time. Continue it, or abandon it to start another. "
            + ("It has been charged already." if opened.charge_committed_at else "Abandoning it now costs nothing.")
        )
        with st.container(horizontal=True):
            if st.button("Continue", key="continue", type="primary", icon=":material/play_arrow:"):
                st.switch_page("pages/interview.py", query_params={"id": opened.id})
            st.button(
                "Abandon it",
                key="abandon",
                on_click=attempt,
                args=(visit, visit.interviews.lifecycle.abandon, visit.user_id, opened.id),
            )
