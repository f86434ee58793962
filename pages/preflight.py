"""Everything an interview needs, tried before it: this browser's devices and network, the database, the voices."""

from __future__ import annotations

import streamlit as st

from pages import _checks, _components
from pages._visit import WIDE, Visit, page, plain


@st.fragment
def _server(visit: Visit) -> None:
    st.header("This server", anchor=False)
    with st.spinner("Asking the database and the voices…"):
        database = visit.parts.store.ready()
        checks = _checks.check_all(visit.parts.providers)
    _line("Database", database, "Reachable and up to date." if database else "Not reachable, so nothing can begin.")
    for key, provider in visit.parts.providers.items():
        info, check = provider.info, checks.get(key)
        if check is None:
            _line(info.label, None, info.missing or "Not configured.")
        else:
            _line(f"{info.label} · {info.model}", check.ok, f"{check.sentence} ({check.seconds:.1f} s)")
    st.button("Check again", key="check_again", icon=":material/replay:")


def _line(what: str, works: bool | None, sentence: str) -> None:
    label, color, icon = {
        True: ("Works", "green", ":material/check:"),
        False: ("Trouble", "red", ":material/close:"),
        None: ("Not set up", "gray", ":material/remove:"),
    }[works]
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f"**{plain(what)}**")
            st.caption(plain(sentence))
        st.badge(label, color=color, icon=icon)


with page("Preflight", width=WIDE) as here:
    st.markdown("Try your microphone, your sound and the network before the clock runs. Nothing here is sent or kept.")
    st.header("This browser", anchor=False)
    _components.devices(key="devices", data={"iceServers": list(here.parts.settings.ice_servers)})
    _server(here)
