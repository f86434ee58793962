"""Joining a call: the button, the microphone's consent, and what a refusal means."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.line_mends import line_adapter
from pages.parts.visit import Join, Visit, attempt, widget_value
from services.core.interview import Interview
from services.identity.quotas import Action

_REFUSALS = {
    "NotAllowedError": "The browser refused the microphone. Open the permissions beside the address, allow the "
    "microphone for this site, then try again.",
    "NotFoundError": "The browser found no microphone. Connect one, then try again.",
    "NotReadableError": "The microphone is there but another program holds it. Close that program, then try again.",
    "InsecureContext": "Browsers give the microphone only to addresses that begin with https:// or to localhost. "
    "Open this site that way.",
}
_ANY_REFUSAL = "The browser could not open the microphone. Check it on the preflight page, then try again."


def refusal(visit: Visit) -> None:
    """Why the browser gave no microphone when it was last asked."""
    if visit.microphone_refusal:
        sentence = _REFUSALS.get(visit.microphone_refusal, _ANY_REFUSAL)
        st.error(f"{sentence} Nothing has begun and nothing was charged.", icon=":material/mic_off:")


def ask_to_join(visit: Visit, interview: Interview, label: str, *, ready: bool = True) -> None:
    """The button that starts everything: first the microphone's consent, and with it the call."""

    def asked() -> None:
        visit.asking_for_microphone, visit.microphone_refusal = True, ""

    def granted() -> None:
        visit.asking_for_microphone = False
        attempt(visit, _join, visit, interview)

    def refused() -> None:
        visit.asking_for_microphone = False
        visit.microphone_refusal = widget_value("microphone").refused or "unknown"

    st.button(
        "Waiting for the microphone…" if visit.asking_for_microphone else label,
        key="begin",
        type="primary",
        icon=":material/mic:",
        disabled=visit.asking_for_microphone or not ready,
        on_click=asked,
    )
    if visit.asking_for_microphone:
        st.caption("Your browser asks for permission: choose “Allow”. Without an answer, nothing begins.")
        components.microphone(
            key="microphone",
            data={"adapter": line_adapter()},
            on_granted_change=granted,
            on_refused_change=refused,
        )


def _join(visit: Visit, interview: Interview) -> None:
    calls = visit.parts.calls
    if calls.find(interview.id) is None and visit.parts.providers[interview.provider].info.usd_per_minute:
        visit.take(Action.BEGIN)
    media = calls.join(interview)
    call = calls.find(interview.id)
    visit.join = Join(interview.id, call.bridge.joins if call else 0, media, visit.parts.ice_servers(interview.id))
