"""Where several servers share the database: who is there, and a way to restart one without losing a call."""

from __future__ import annotations

import streamlit as st

from pages.parts.visit import Visit, attempt, plain
from services.replicas.placement import Replica


def draw(visit: Visit) -> None:
    fleet = visit.parts.fleet
    st.caption(f"You are at **{plain(fleet.id)}**. Drained, a server takes no new calls and stops after its last one.")
    for one in fleet.replicas:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(one.id)}** · {one.calls} of {one.lines} lines in use", width="stretch")
            _state(visit, one)


def _state(visit: Visit, one: Replica) -> None:
    asking = f"drain:{one.id}"

    def ask() -> None:
        visit.confirming = asking

    def keep() -> None:
        visit.confirming = ""

    def drain() -> None:
        visit.confirming = ""
        if visit.visitor.admin:
            attempt(visit, visit.parts.fleet.drain, one.id)

    if not one.alive:
        st.badge("No sign of life", color="red", icon=":material/cloud_off:")
    elif one.draining:
        st.badge("Draining", color="orange", icon=":material/hourglass_top:")
    elif visit.confirming == asking:
        st.button("Yes, drain it", key=f"confirm_drain_{one.id}", type="primary", on_click=drain)
        st.button("Keep it", key=f"keep_{one.id}", on_click=keep)
    else:
        st.button("Drain", key=f"drain_{one.id}", icon=":material/logout:", on_click=ask)
