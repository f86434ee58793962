"""Who is there, in the corner of every page: a guest with what is left, or an account; where people can sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.words import day, plain
from services.identity.quotas import Action

if TYPE_CHECKING:
    from pages.parts.visit import Visit
    from services.settings import Settings

_OUTCOMES = {
    "cancelled": "You did not sign in, so you are here as a guest.",
    "failed": "The sign-in could not be verified, so you are here as a guest. Try again, or go on without an account.",
    "unavailable": "The sign-in service cannot be reached right now, so you are here as a guest.",
}


def draw(visit: Visit, title: str) -> None:
    """Draw it first on a page; `title` tells pages apart, so that a notice is read once."""
    if not visit.parts.settings.sign_in_configured:
        return
    visitor = visit.visitor
    guest = visitor.kind == "guest"
    with st.container(horizontal=True, horizontal_alignment="right"):
        icon = ":material/person:" if guest else ":material/account_circle:"
        with st.popover(_short(visitor.label), icon=icon, type="tertiary", key="chip"):
            if guest:
                st.markdown(_left(visit))
                sign_in(visit.parts.settings)
            else:
                st.markdown(f"Signed in as **{plain(visitor.label)}**" if visitor.email else "Signed in.")
                st.page_link("pages/account.py", label="Your account", icon=":material/manage_accounts:")
    notice = _OUTCOMES.get(st.query_params.get("sign_in", ""), "") if guest else ""
    notice = notice or visitor.notice
    visit.told = visit.told or (title if notice else "")
    if notice and visit.told == title:
        st.info(plain(notice), icon=":material/person_alert:")


def sign_in(settings: Settings, key: str = "sign_in") -> None:
    """`key` is of another name where the corner has this button too."""
    st.button(settings.oidc_label, key=key, type="primary", icon=":material/login:", on_click=st.login)


def gate(settings: Settings, sentence: str) -> None:
    """Instead of a page, where guests are not let in."""
    st.info(plain(sentence), icon=":material/lock:")
    sign_in(settings)


def _left(visit: Visit) -> str:
    """What a guest may still do, in words."""
    lines = ["You are a **guest**: your interviews belong to this browser."]
    if any(provider.info.usd_per_minute for provider in visit.parts.providers.values() if provider.info.ready):
        left = visit.parts.quotas.left(Action.BEGIN, visit.visitor)
        if left is not None:
            calls = f"{left.left} interview{'s' if left.left != 1 else ''} with a paid voice"
            until = f" until {day(left.resets_at)}" if left.left == 0 else " today"
            lines.append(f"Left{until}: {calls}. The offline interviewer is never limited.")
    lines.append(f"Credits: {visit.balance}. Sign in to keep what you did here and to use it in any browser.")
    return "\n\n".join(lines)


def _short(label: str) -> str:
    return plain(label if len(label) <= 28 else f"{label[:27]}…")
