"""The live call in the browser: the microphone's consent, the WebRTC line, the stage that shows Ema, the controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from pages.parts import components
from pages.parts.streamlit_mends import line_adapter, register_line
from pages.parts.visit import Join, Visit, attempt, guarded, keep_line, widget_value
from pages.parts.words import minutes
from services.calls.call import Call
from services.core.talk.events import EndRequested, RepeatRequested, SkipRequested, ThinkingRequested, Typed
from services.identity.quotas import Action
from services.interviews.interviews import Interview

if TYPE_CHECKING:
    from services.media.tracks import Playout

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
    visit.join = Join(interview.id, call.bridge.joins if call else 0, media)


def draw(visit: Visit, join: Join, call: Call) -> None:
    """Everything of a call that this tab takes part in."""

    def leave() -> None:
        visit.leave()
        # The browser sends what happens at once in one message: beside an answer it is for that fragment's run alone.
        st.rerun()

    components.live(
        key=f"stage_{visit.lines}",
        data={
            "id": join.interview_id,
            "join": join.number,
            "cost": visit.parts.settings.interview_cost_credits,
            "hud": "hud" in st.query_params,
        },
        on_ended_change=leave,
        on_moved_change=leave,
        on_lost_change=leave,
    )
    _controls(visit, call, join)


def watch(visit: Visit, sample: Interview) -> None:
    """The same stage for a sample, whose candidate is not the one who watches."""
    components.live(
        key=f"stage_{sample.id}",
        data={"id": sample.id, "join": 1, "cost": 0, "sample": True},
        on_ended_change=lambda: None,
        on_moved_change=lambda: None,
        on_lost_change=lambda: None,
    )


def line(visit: Visit, interview: Interview) -> None:
    """Audio both ways, from the moment this tab joins. Draw it at one place of the page, and before the join."""
    join = visit.join if visit.join and visit.join.interview_id == interview.id else None
    _line(
        visit,
        f"line_{interview.id}_{visit.lines}",
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
        mode=WebRtcMode.RECVONLY,
        media_stream_constraints={"audio": True, "video": False},
        desired_playing_state=both is not None,
        source_audio_track=both,
    )


def _line(visit: Visit, key: str, **ends: Any) -> None:
    """The library's front end (0.79) opens a peer connection at each change of its arguments until it has loaded its
    adapter, and answers reach the last one only: so it is there, idle, before the one change that starts it.
    """
    keep_line(key)
    register_line()
    with st.container(key="line"):
        components.offstage(key="offstage")
        webrtc_streamer(
            key=key,
            rtc_configuration={"iceServers": list(visit.parts.settings.ice_servers)},
            media_toggle_controls=False,
            audio_html_attrs={"autoPlay": True, "controls": False, "hidden": True},
            **ends,
        )


@st.fragment
@guarded()
def _controls(visit: Visit, call: Call, join: Join) -> None:
    """Reruns alone: a click never redraws the line."""
    text = st.chat_input("Type an answer instead of speaking it", key="typed_answer", max_chars=4000)
    if text:
        call.tell(Typed(text))
    with st.container(horizontal=True, gap="small"):
        for label, key, icon, event in (
            ("I need a moment", "thinking", ":material/hourglass_top:", ThinkingRequested()),
            ("Repeat the question", "repeat_question", ":material/replay:", RepeatRequested()),
            ("Skip this question", "skip_question", ":material/skip_next:", SkipRequested()),
        ):
            st.button(label, key=key, icon=icon, on_click=call.tell, args=(event,))
        st.space("stretch")
        st.button(
            "End the interview", key="end_call", icon=":material/call_end:", on_click=_confirm, args=(visit, join)
        )
    if visit.confirming == f"end:{join.interview_id}":
        _confirm_end(visit, call)


def _confirm(visit: Visit, join: Join) -> None:
    visit.confirming = f"end:{join.interview_id}"


def _confirm_end(visit: Visit, call: Call) -> None:
    def end() -> None:
        visit.confirming = ""
        call.tell(EndRequested())

    def stay() -> None:
        visit.confirming = ""

    view, settings = call.snapshot(), visit.parts.settings
    cost = (
        f"It has been charged: {settings.interview_cost_credits} credits."
        if view.charged
        else f"Before {minutes(settings.free_window_s)} it costs nothing."
    )
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**End now?** Ema says goodbye and your report is made from what you said. {cost}", width="stretch"
        )
        st.button("Yes, end it", key="confirm_end", type="primary", on_click=end)
        st.button("Keep talking", key="keep_talking", on_click=stay)
