"""The choice of Ema's voice and pace: what works comes first, what is not set up says how to switch it on."""

from __future__ import annotations

from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.visit import Visit, plain, widget_value
from pages.parts.waiting import waited
from services.core.plan.plan import Pace
from services.core.plan.planning import MADE_BY
from services.observe.estimate import MinutePrice
from services.vendors.base import ProviderInfo

_PACES = {
    Pace.PATIENT: "Patient",
    Pace.NORMAL: "Normal",
    Pace.BRISK: "Brisk",
}
_PACE_HELP = (
    "Patient: Ema leaves long pauses alone, good when you think aloud or speak a second language. "
    "Normal: she answers after the pause most people leave. "
    "Brisk: she answers quickly, good when you speak without breaks."
)


def draw(visit: Visit) -> DeltaGenerator:
    """The voices that are set up, and under them the others; returns the place for the state of the chosen one."""
    infos = {key: provider.info for key, provider in visit.parts.providers.items()}
    ready = [key for key, info in infos.items() if info.ready]
    others = [info for info in infos.values() if not info.ready]
    chosen = st.radio(
        "Ema's voice",
        ready,
        format_func=lambda key: infos[key].label,
        captions=[_price(visit, infos[key]) for key in ready],
        key="provider",
    )
    with st.container(gap="xxsmall"):
        place = st.container(gap="xxsmall", key="voice_state")
        with st.container(horizontal=True, gap="small"):
            if chosen is not None:
                with st.popover("About this voice", type="tertiary", icon=":material/info:"):
                    _about(visit, infos[chosen])
            if others:
                with st.popover(_count(len(others)), type="tertiary", icon=":material/add:"):
                    _switch_on(visit, others)
    return place


def ready(visit: Visit) -> bool:
    """Whether there is a voice to take an interview with."""
    return widget_value("provider") is not None


def pace() -> None:
    st.segmented_control(
        "Pace of the conversation",
        list(_PACES),
        format_func=_PACES.__getitem__,
        default=Pace.NORMAL,
        required=True,
        key="pace",
        help=_PACE_HELP,
    )


def state(visit: Visit, place: DeltaGenerator) -> None:
    """Of the chosen voice; asks it once a tab. Draw it last: a voice that does not answer holds nothing else up."""
    key = widget_value("provider")
    line = place.container()
    if key is None:
        line.markdown(":orange-badge[:material/key_off: No voice is set up]")
        return
    info = visit.parts.providers[key].info
    if key not in visit.checks:
        with line, st.spinner(f"Asking {info.label}…"):
            visit.checks |= waited(visit.parts.looks.at, [key])
    check = visit.checks[key]
    if check.ok:
        line.markdown(":green-badge[:material/check: Ready, it answers]")
    else:
        line.markdown(":red-badge[:material/close: Trouble]")
        place.caption(plain(check.sentence))


def writer(visit: Visit) -> str:
    """Who writes plan and report, and what goes out for it, as Markdown."""
    label = visit.parts.analyst.label
    if label == MADE_BY:
        return (
            f"Plan and report are written by fixed rules on this server ({label}), as no text model is configured; the "
            "report shows what was said and has no levels."
        )
    return (
        f"Plan and report are written by **{plain(label)}**, which gets the job description and your answers; "
        "if it fails, by fixed rules, and the report has no levels."
    )


def _about(visit: Visit, info: ProviderInfo) -> None:
    st.caption(f":material/memory: {plain(info.model)}{_price_read(visit, info)}")
    st.caption(f":material/lan: In the call: {plain(_lower_first(info.leaves_machine))}")
    st.caption(f":material/swap_horiz: {_takeover(visit, info.key)}")
    if info.capabilities.rough_captions:
        st.caption(":material/closed_caption: Captions are rough: a small recogniser on this server makes them.")
    st.caption(f":material/edit_note: {writer(visit)}")


def _switch_on(visit: Visit, others: list[ProviderInfo]) -> None:
    st.markdown("Set a key in the environment or in `.streamlit/secrets.toml`, then restart the server.")
    for info in others:
        st.markdown(f"**{plain(info.label)}** · {_price(visit, info)}\n\n{plain(info.missing)}")


def _count(number: int) -> str:
    return "1 more voice" if number == 1 else f"{number} more voices"


def _price(visit: Visit, info: ProviderInfo) -> str:
    if not info.usd_per_minute:
        return "Free to run"
    known = _known(visit, info)
    return f"About ${known.usd if known else info.usd_per_minute:.2f} a minute to the operator"


def _price_read(visit: Visit, info: ProviderInfo) -> str:
    """Where the price is from: our own interviews, or prices that were read on a day."""
    known = _known(visit, info) if info.usd_per_minute else None
    if known and known.interviews:
        return f" · price measured in our last {known.interviews} interviews, until {_day(known.read_on)}"
    read = known.read_on if known else date.fromisoformat(info.price_read_on) if info.price_read_on else None
    return f" · price read on {_day(read)}" if read else ""


def _known(visit: Visit, info: ProviderInfo) -> MinutePrice | None:
    if info.key not in visit.prices:
        visit.prices[info.key] = visit.parts.minute_price(info.key)
    return visit.prices[info.key]


def _day(read: date) -> str:
    return f"{read.day} {read:%b %Y}"


def _takeover(visit: Visit, chosen: str) -> str:
    names = [plain(provider.info.label) for provider in visit.parts.calls.order(chosen)[1:]]
    if not names:
        return "If it fails, no vendor takes over: what was to stay on this server stays there."
    return f"Takes over if it fails in the call: {', then '.join(names)}."


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
