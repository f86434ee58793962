"""Pieces of the start page."""

from __future__ import annotations

from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import checks, components
from pages.parts.start import bringing
from pages.parts.visit import Visit, attempt, fill_widget, plain, widget_value
from pages.parts.waiting import waited
from pages.parts.words import STATUS_COLORS, STATUS_WORDS, minutes
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.core.plan.planning import MADE_BY
from services.interviews.interviews import Interview
from services.vendors.base import ProviderInfo

_PACES = {
    Pace.PATIENT: "Patient",
    Pace.NORMAL: "Normal",
    Pace.BRISK: "Brisk",
}
_PACE_WORDS = {
    Pace.PATIENT: "Ema leaves long pauses alone. Good when you think aloud or speak a second language.",
    Pace.NORMAL: "Ema answers after the pause most people leave.",
    Pace.BRISK: "Ema answers quickly. Good when you speak without breaks.",
}


def hero() -> None:
    words, portrait = st.columns([4, 1], vertical_alignment="center")
    with portrait:
        components.ema(key="ema")
    with words.container(gap="xsmall"):
        st.title("A phone screen for your next role", anchor=False)
        st.markdown(
            "Paste a job description and talk with **Ema, an AI interviewer**, for up to 15 minutes. "
            "You get a report in which every score rests on words you really said.",
            width=720,
        )


def open_interview(visit: Visit, opened: Interview) -> None:
    """The way to the one open interview, and the way out of it."""
    with st.container(border=True, gap="small"):
        st.badge(STATUS_WORDS[opened.status], icon=":material/timelapse:", color=STATUS_COLORS[opened.status])
        st.header(f"You have an open interview: {plain(opened.plan.role_title)}", anchor=False)
        st.markdown(
            "One interview can be open at a time. Continue it, or abandon it to start another. "
            + (
                "It was charged when it passed the free window."
                if opened.charge_committed_at
                else "Abandoning it now costs nothing."
            )
        )
        with st.container(horizontal=True):
            if st.button("Continue", key="continue", type="primary", icon=":material/play_arrow:"):
                st.switch_page("pages/interview.py", query_params={"id": opened.id})
            st.button(
                "Abandon it",
                key="abandon",
                on_click=attempt,
                args=(visit, visit.interviews.abandon, visit.user_id, opened.id),
            )


def job_description(visit: Visit) -> None:
    st.header("The job", anchor=False)
    titles = {sample.key: sample.title for sample in samples()}
    presets = st.container()
    bringing.draw(visit)
    presets.pills(
        "Try one of these, or paste your own below",
        list(titles),
        format_func=titles.__getitem__,
        key="job_preset",
        on_change=_fill_from_preset,
        args=(visit,),
        wrap=True,
    )
    st.text_area(
        "Job description",
        key="job_description",
        height=420,
        placeholder="Paste the whole text: the role, what it does, what it asks for.",
    )


def _fill_from_preset(visit: Visit) -> None:
    visit.brought = None
    chosen = widget_value("job_preset")
    for sample in samples():
        if sample.key == chosen:
            fill_widget("job_description", sample.text)


def voice(visit: Visit) -> DeltaGenerator:
    """The choice of a voice, with model, price and what leaves this machine; returns the place for its state."""
    st.header("The voice", anchor=False)
    infos = {key: provider.info for key, provider in visit.parts.providers.items()}
    ready = [key for key, info in infos.items() if info.ready]
    chosen = st.radio(
        "Who gives Ema her voice",
        list(infos),
        index=list(infos).index(ready[0]) if ready else 0,
        format_func=lambda key: infos[key].label,
        captions=[f"{'Set up' if info.ready else 'Not set up'} · {_price(info)}" for info in infos.values()],
        key="provider",
    )
    info = infos[chosen]
    with st.container(border=True, gap="xsmall"):
        place = st.container()
        st.caption(f":material/memory: {plain(info.model)}{_price_read(info)}")
        st.caption(f":material/lan: In the call: {plain(_lower_first(info.leaves_machine))}")
        if info.ready:
            st.caption(f":material/swap_horiz: {_takeover(visit, chosen)}")
        if info.capabilities.rough_captions:
            st.caption(":material/closed_caption: Captions are rough: a small recogniser on this server makes them.")
    return place


def state(visit: Visit, place: DeltaGenerator) -> None:
    """Of the chosen voice; asks it once a tab. Draw it last: a voice that does not answer holds nothing else up."""
    key = widget_value("provider")
    info = visit.parts.providers[key].info
    if not info.ready:
        place.markdown(f":orange-badge[:material/key_off: Not configured] {plain(info.missing)}")
        return
    if key not in visit.checks:
        with place, st.spinner(f"Asking {info.label}…"):
            visit.checks |= waited(checks.check_all, {key: visit.parts.providers[key]})
    check = visit.checks[key]
    if check.ok:
        place.markdown(":green-badge[:material/check: Ready, it answers]")
    else:
        place.markdown(f":red-badge[:material/close: Trouble] {plain(check.sentence)}")


def _price(info: ProviderInfo) -> str:
    return f"about ${info.usd_per_minute:.2f} a minute to the operator" if info.usd_per_minute else "free to run"


def _price_read(info: ProviderInfo) -> str:
    if not info.price_read_on:
        return ""
    read = date.fromisoformat(info.price_read_on)
    return f" · price read on {read.day} {read:%b %Y}"


def _takeover(visit: Visit, chosen: str) -> str:
    names = [plain(provider.info.label) for provider in visit.parts.calls.order(chosen)[1:]]
    if not names:
        return "If it fails, no vendor takes over: what was to stay on this server stays there."
    return f"Takes over if it fails in the call: {', then '.join(names)}."


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def writer(visit: Visit) -> None:
    """Who writes plan and report, and what goes out for it."""
    label = visit.parts.analyst.label
    if label == MADE_BY:
        told = f"by fixed rules on this server ({label}), as no text model is configured."
    else:
        told = (
            f"by **{plain(label)}**, which gets the job description and your answers; where it fails, by fixed rules."
        )
    st.caption(f":material/edit_note: Plan and report are written {told}")


def pace() -> None:
    chosen = st.segmented_control(
        "Pace of the conversation",
        list(_PACES),
        format_func=_PACES.__getitem__,
        default=Pace.NORMAL,
        required=True,
        key="pace",
    )
    st.caption(_PACE_WORDS[chosen])


def promises(visit: Visit) -> None:
    """What is assessed, what is not, where audio goes, what is kept."""
    settings = visit.parts.settings
    st.header("Before you agree", anchor=False)
    cards = st.columns(3, gap="medium")
    with cards[0].container(border=True, height="stretch"):
        st.markdown("**:material/fact_check: What is assessed**")
        st.markdown(
            "Only the content of your answers: what you did, why, what it cost and what you learned, "
            "on a written four-level scale per competency."
        )
    with cards[1].container(border=True, height="stretch"):
        st.markdown("**:material/block: What is not**")
        st.markdown(
            "Accent, tone, speed, confidence and emotion are never assessed. "
            "Typed answers count the same as spoken ones."
        )
    with cards[2].container(border=True, height="stretch"):
        st.markdown("**:material/lock: Where your words go**")
        st.markdown(
            "Your voice goes to this server and to the voice chosen above, your words to whoever writes the report. "
            "Neither is stored here; the report keeps short quotes, and you can delete it at any time."
        )
    st.caption(
        f"An interview takes at most {minutes(settings.interview_limit_s)}. Ema says that she is an AI first. "
        "The result is practice material; it is not a hiring decision."
    )


def price(visit: Visit) -> None:
    settings = visit.parts.settings
    cost, balance = settings.interview_cost_credits, visit.balance
    st.markdown(
        f"**Free until {minutes(settings.free_window_s)}**, then {cost} credits, once. "
        f"You have **{balance} credits**" + ("." if balance >= cost else ", which is too few for an interview.")
    )
