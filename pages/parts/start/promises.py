"""What a candidate agrees to before an interview, and what it costs."""

from __future__ import annotations

import streamlit as st

from pages.parts import chip
from pages.parts.visit import Visit
from pages.parts.words import minutes


def draw(visit: Visit, words_go: str = "Your voice to this server and the voice chosen above") -> bool:
    """What is assessed, what is not, where words go; True when the box under it is ticked."""
    settings = visit.parts.settings
    assessed, never, words = st.columns(3, gap="medium")
    assessed.caption(
        "**What is assessed.** Only the content of your answers: what you did, why, what it cost and what you learned, "
        "on a written four-level scale."
    )
    never.caption(
        "**What is not.** Accent, tone, speed, confidence and emotion. Typed answers count the same as spoken ones. "
        f"This is practice, not a hiring decision; it takes at most {minutes(settings.interview_limit_s)}."
    )
    witness = (
        "Beside a vendor's voice, a second recogniser on this server hears you too, to check the captions. "
        if settings.second_witness
        else ""
    )
    words.caption(
        f"**Where your words go.** {words_go}, your words to whoever writes the report. {witness}"
        "Neither voice nor words are stored here; the report keeps short quotes, and you can delete it."
    )
    return st.checkbox(
        "I have read this and agree that my voice and typed answers are processed this way for this interview.",
        key="consent",
    )


def price(visit: Visit) -> None:
    settings = visit.parts.settings
    cost, balance = settings.interview_cost_credits, visit.balance
    st.markdown(
        f"**Free until {minutes(settings.free_window_s)}**, then {cost} credits, once. You have **{balance} credits**."
    )


def affordable(visit: Visit) -> bool:
    return visit.balance >= visit.parts.settings.interview_cost_credits


def no_credits(visit: Visit) -> None:
    """Why nothing can be prepared, and what to do."""
    settings = visit.parts.settings
    guest = settings.sign_in_configured and visit.visitor.kind == "guest"
    more = "Sign in for an account's credits" if guest else "Ask whoever runs this server for more"
    st.warning(
        f"An interview costs {settings.interview_cost_credits} credits and you have {visit.balance}. {more}; "
        "the sample interview is free.",
        icon=":material/toll:",
    )
    if guest:
        chip.sign_in(settings, key="sign_in_for_credits")
    st.page_link("pages/credits.py", label="Open credits", icon=":material/arrow_forward:")
