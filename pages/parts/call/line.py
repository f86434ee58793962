"""The WebRTC line of a call: audio both ways, or one way for whoever watches a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from pages.parts import components
from pages.parts.line_mends import register_line
from pages.parts.visit import Visit, guarded, keep_line
from services.core.interview import Interview

if TYPE_CHECKING:
    from services.media.tracks import Playout


def both_ways(visit: Visit, interview: Interview) -> None:
    """Audio both ways, from the moment this tab joins. Draw it at one place of the page, and before the join."""
    join = visit.join if visit.join and visit.join.interview_id == interview.id else None
    _line(
        visit,
        f"line_{interview.id}_{visit.lines}",
        join.ice_servers if join else [],
        mode=WebRtcMode.SENDRECV,
        media_stream_constraints={
            "audio": {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True},
            "video": False,
        },
        desired_playing_state=join is not None,
        source_audio_track=join.media.playout if join else None,
        sink_audio_track=join.media.microphone if join else None,
    )


def listen(visit: Visit, both: Playout | None) -> None:
    """The audio of a sample, from the moment there is any. Draw it at one place of the page, and before it begins."""
    _line(
        visit,
        "sample_line",
        visit.listening_ice_servers if both else [],
        mode=WebRtcMode.RECVONLY,
        media_stream_constraints={"audio": True, "video": False},
        desired_playing_state=both is not None,
        source_audio_track=both,
    )


def _line(visit: Visit, key: str, ice_servers: list[dict[str, Any]], **ends: Any) -> None:
    """The library's front end (0.79) opens a peer connection at each change of its arguments until it has loaded its
    adapter, and answers reach the last one only: so it is there, idle, before the one change that starts it.
    """
    keep_line(key)
    register_line()
    with guarded(), st.container(key="line"):
        components.offstage(key="offstage")
        webrtc_streamer(
            key=key,
            rtc_configuration={"iceServers": ice_servers},
            media_toggle_controls=False,
            audio_html_attrs={"autoPlay": True, "controls": False, "hidden": True},
            **ends,
        )
