"""The start page: a job description, a voice, what happens with it, consent; or the interview that is still open."""

from __future__ import annotations

import functools

import streamlit as st

from pages.parts.start import choices
from pages.parts.visit import WIDE, Visit, page, plain, widget_value
from pages.parts.waiting import Steps, waited


def _draw(visit: Visit) -> None:
    opened = visit.interviews.find_open(visit.user_id)
    if opened is not None:
        choices.open_interview(visit, opened)
        return

    left, right = st.columns([5, 3], gap="large")
    with left:
        choices.job_description(visit)
    with right:
        place = choices.voice(visit)
        choices.pace()
        choices.writer(visit)

    choices.promises(visit)
    consent = st.checkbox(
        "I have read this and agree that my voice and typed answers are processed this way for this interview.",
        key="consent",
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pressed = st.button(
            "Prepare my interview",
            key="prepare",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            disabled=not visit.parts.providers[widget_value("provider")].info.ready,
        )
        choices.price(visit)
    choices.state(visit, place)
    if pressed:
        _prepare(visit, consent)


def _prepare(visit: Visit, consent: bool) -> None:
    """Makes the plan with its progress in words, then leads to it. Raises PhoneScreenError."""
    with st.status("Reading the job description…", expanded=True) as status, Steps() as steps:
        drawn = 0

        def draw() -> None:
            nonlocal drawn
            if not steps.said:
                return
            *done, at = steps.said
            for step in done[drawn:]:
                st.markdown(f":material/check: {plain(step)}")
            drawn = len(done)
            status.update(label=at)

        prepare = functools.partial(
            visit.interviews.prepare,
            visit.user_id,
            job_description=widget_value("job_description", ""),
            provider=widget_value("provider"),
            pace=widget_value("pace"),
            consent=consent,
            preset=widget_value("job_preset"),
            progress=steps.say,
        )
        made = waited(prepare, meanwhile=draw)
        status.update(label="Your plan is ready.", state="complete")
    st.switch_page("pages/interview.py", query_params={"id": made.id})


with page("Start", width=WIDE, heading=False) as here:
    choices.hero()
    st.page_link("pages/sample.py", label="Watch a sample interview first", icon=":material/smart_display:")
    _draw(here)
