"""Everything an interview needs, tried before it: this browser's devices and network, the database, the voices."""

from __future__ import annotations

import asyncio

import streamlit as st

from pages.parts import checks, components
from pages.parts.visit import WIDE, Visit, guarded, page, plain
from pages.parts.waiting import waited
from pages.parts.words import Color
from services import preflight
from services.identity.quotas import Action

CREDENTIALS_S = 45.0
"""Less than `TURN_TTL_S`."""


@st.fragment(run_every=CREDENTIALS_S)
@guarded()
def _browser(visit: Visit) -> None:
    """Again before the relay's credentials run out, so that "Test again" has good ones."""
    relay = visit.parts.turn
    data = {"iceServers": visit.parts.ice_servers(visit.user_id), "relay": bool(relay)}
    components.devices(key="devices", data=data)


@st.fragment
@guarded()
def _server(visit: Visit) -> None:
    st.header("This server", anchor=False)
    with st.spinner("Asking the database and the voices…"):
        database = visit.parts.store.ready()
        answers = waited(visit.parts.looks.at)
    visit.checks |= answers
    _relay(visit)
    _pace(visit)
    _line("Database", database, "Reachable and up to date." if database else "Not reachable, so nothing can begin.")
    for key, provider in visit.parts.providers.items():
        info, check = provider.info, answers.get(key)
        if check is None:
            _line(info.label, None, info.missing or "Not configured.")
        else:
            _line(f"{info.label} · {info.model}", check.ok, f"{check.sentence} ({check.seconds:.1f} s)")
    if visit.parts.settings.second_witness:
        _witness(visit)
    for server in visit.parts.toolbox.states():
        _line(f"Tools: {server.label}", server.ok, server.sentence)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Check again", key="check_again", icon=":material/replay:")
        talk = st.button("Talk to each voice", key="talk_to_voices", icon=":material/record_voice_over:")
        st.caption(f"A spoken sentence for each, up to {preflight.TOTAL_S:.0f} s. Costs the operator a few cents.")
    if talk:
        if any(one.info.ready and one.info.usd_per_minute for one in visit.parts.providers.values()):
            visit.take(Action.TALK)
        with visit.parts.talking():
            _talk(visit)


def _witness(visit: Visit) -> None:
    ears = visit.parts.providers["offline"].info.capabilities
    if ears.rough_captions:
        _line("Second witness", False, f"{ears.local_captions} is too rough to check a vendor's captions: none are.")
    else:
        _line(
            "Second witness",
            True,
            "The recogniser on this server hears candidates beside a vendor's voice too, to check its captions.",
        )


def _relay(visit: Visit) -> None:
    if visit.parts.turn is None:
        _line("Relay (TURN)", None, "TURN_URL is not set: browser and server must reach each other directly.")
        return
    seen = waited(checks.relay, visit.parts.turn)
    _line("Relay (TURN)", seen.works, seen.sentence)


def _pace(visit: Visit) -> None:
    """Of the event loop that carries everybody's voice."""
    load = visit.parts.calls.load
    if load.behind:
        how = "This server is too busy, and takes no call beside those that run"
    elif load.strained:
        how = "This server is too busy; calls may stutter"
    else:
        how = "Voices are carried on time"
    _line("Pace", not load.strained, f"{how}: in the last three seconds it woke up {load.lag_s * 1000:.0f} ms late.")


def _talk(visit: Visit) -> None:
    """Each voice greets and is answered by a spoken sentence; all at once, with progress in words."""
    steps: dict[str, str] = {}
    labels = {key: provider.info.label for key, provider in visit.parts.providers.items()}
    with st.status("Talking to each voice…", expanded=True) as status:
        shown = st.empty()

        def talk() -> list[preflight.Result]:
            return asyncio.run(preflight.talk_to_all(visit.parts.providers, steps.__setitem__))

        def draw() -> None:
            shown.markdown("\n".join(f"- **{plain(labels[key])}**: {plain(step)}" for key, step in [*steps.items()]))

        results = waited(talk, meanwhile=draw)
        shown.empty()
        for result in results:
            _line(result.label, result.ok, f"{result.sentence} {preflight.timings(result)}")
        working = sum(result.ok for result in results)
        status.update(label=f"{working} of {len(results)} voices answered a spoken sentence.", state="complete")


def _line(what: str, works: bool | None, sentence: str) -> None:
    words: dict[bool | None, tuple[str, Color, str]] = {
        True: ("Works", "green", ":material/check:"),
        False: ("Trouble", "red", ":material/close:"),
        None: ("Not set up", "gray", ":material/remove:"),
    }
    label, color, icon = words[works]
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f"**{plain(what)}**")
            st.caption(plain(sentence))
        st.badge(label, color=color, icon=icon)


with page("Preflight", width=WIDE) as here:
    st.markdown(
        "Try your microphone, your sound and the network before the clock runs. Nothing of yours is sent or kept."
    )
    st.header("This browser", anchor=False)
    _browser(here)
    _server(here)
