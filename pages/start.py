"""The start page: what this is, a job description, a voice, consent; or the interview that is still open."""

from __future__ import annotations

import functools

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import components, remembered
from pages.parts.start import hero, job, open_interview, promises, voice
from pages.parts.visit import WIDE, Visit, page, plain, widget_value
from pages.parts.waiting import Steps, waited
from services.core.errors import ConsentMissing, JobDescriptionRefused
from services.core.interview import Interview
from services.core.plan.planning import MADE_BY
from services.identity.quotas import Action


def _draw(visit: Visit) -> None:
    opened = visit.interviews.find_open(visit.user_id)
    hero.draw(visit, own=opened is None)
    if opened is not None:
        open_interview.draw(visit, opened)
        return

    left, right = st.columns([5, 3], gap="large")
    with left.container(gap="xsmall"):
        job.draw(visit)
        at_job = st.container()
    with right.container(gap="small"):
        state = voice.draw(visit)
        voice.pace()
    consent, at_consent = promises.draw(visit), st.container()
    remembered.draw(visit)
    affordable = promises.affordable(visit)
    if not affordable:
        promises.no_credits(visit)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="prepare_bar"):
        pressed = st.button(
            "Prepare my interview",
            key="prepare",
            type="primary",
            icon=":material/arrow_forward:",
            icon_position="right",
            disabled=not affordable or not voice.ready(visit),
        )
        promises.price(visit)
    progress = st.empty()
    voice.state(visit, state)
    if pressed:
        _prepare(visit, consent, progress, at_job, at_consent)


def _prepare(
    visit: Visit, consent: bool, progress: DeltaGenerator, at_job: DeltaGenerator, at_consent: DeltaGenerator
) -> None:
    """Makes the plan and leads to it; what is missing is said at its field, and the focus goes there."""
    try:
        if refused := job.refusal(visit):
            raise JobDescriptionRefused(refused)
        if visit.parts.analyst.label != MADE_BY:
            visit.take(Action.PLAN)
        with progress.container():
            made = _made(visit, consent)
    except JobDescriptionRefused as error:
        progress.empty()
        _point(at_job, error.sentence, job.FIELD)
    except ConsentMissing as error:
        progress.empty()
        _point(at_consent, error.sentence, "consent")
    else:
        st.switch_page("pages/interview.py", query_params={"id": made.id})


def _point(place: DeltaGenerator, sentence: str, field: str) -> None:
    with place:
        st.error(sentence, icon=":material/error:")
        components.focus(key=f"focus_{field}", data={"field": field, "sentence": sentence})


def _made(visit: Visit, consent: bool) -> Interview:
    """The interview with its plan, its progress told in words. Raises PhoneScreenError."""
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
            visit.interviews.preparation.prepare,
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
    return made


with page("Start", width=WIDE, heading=False) as here:
    _draw(here)
