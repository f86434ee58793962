"""Inviting somebody else to the plan of this interview, at one's own cost."""

from __future__ import annotations

import streamlit as st

from pages.parts.visit import Visit, attempt, widget_value
from services.core.interview import Interview
from services.core.invitation import INVITE_DAYS
from services.core.sharing import MAX_LABEL


def draw(visit: Visit, interview: Interview) -> None:
    """Nothing where the plan is somebody else's."""
    if interview.payer_id is not None:
        return
    cost = visit.parts.settings.interview_cost_credits
    with st.popover("Invite", icon=":material/person_add:", key="review_invite"):
        st.markdown(
            f"A link lets one person take this interview, with these questions as they are. It costs **you** {cost} "
            "credits when they have talked for two minutes, and them nothing. You read the report if they agree."
        )
        st.text_input("Who is it for?", key="invite_label", max_chars=MAX_LABEL, placeholder="A name or a label")
        st.button(
            "Make an invitation",
            key="invite",
            type="primary",
            icon=":material/add_link:",
            disabled=visit.balance < cost,
            on_click=_invite,
            args=(visit, interview.id),
        )
        if visit.balance < cost:
            st.caption(f"You have {visit.balance} credits; an invitation needs {cost}.")
        if visit.new_invitation is not None and visit.new_invitation[0] == interview.id:
            st.code(visit.new_invitation[1], language=None, wrap_lines=True)
            st.caption(
                f"Copy it now: it is shown this once, works once and for {INVITE_DAYS} days. "
                "Your history shows what became of it."
            )


def _invite(visit: Visit, interview_id: str) -> None:
    def make() -> None:
        token = visit.interviews.invitations.invite(visit.user_id, interview_id, widget_value("invite_label", ""))
        visit.new_invitation = interview_id, f"{visit.parts.settings.app_url.rstrip('/')}/invited?token={token}"

    attempt(visit, make)
