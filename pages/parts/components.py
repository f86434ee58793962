"""The small browser components: markup, style and script lie beside each other in `assets/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"
ICON = _ASSETS / "icon.svg"
LOGO = _ASSETS / "logo.svg"
"""Its ink follows the colour scheme of what it stands on."""


def _asset(name: str) -> str | None:
    path = _ASSETS / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def _component(name: str, *, isolate_styles: bool = True, orb: bool = False) -> Any:
    return st.components.v2.component(
        f"syntaxia_{name}",
        html=_asset(f"{name}.html"),
        css=(_asset("orb.css") or "") + (_asset(f"{name}.css") or "") if orb else _asset(f"{name}.css"),
        js=_asset(f"{name}.js"),
        isolate_styles=isolate_styles,
    )


FRAME_STYLE = _asset("page.css") or ""
"""Of every page, in its head: there before anything is drawn."""
ways = _component("ways")
minute = _component("minute", orb=True)
live = _component("live", orb=True)
microphone = _component("microphone")
devices = _component("devices")
paper = _component("paper", isolate_styles=False)
offstage = _component("offstage", isolate_styles=False)
frame = _component("frame")
slide = _component("slide")
drop = _component("drop")
focus = _component("focus")
home = _component("home")
