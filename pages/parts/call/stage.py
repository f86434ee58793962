"""The stage that shows a live call, and the controls under it."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.visit import Join, Visit, guarded
from pages.parts.words import minutes
from services.calls.call import Call
from services.core.interview import Interview
from services.core.talk.events import (
    DoneRequested,
    EndRequested,
    RepeatRequested,
    SkipRequested,
    ThinkingRequested,
    Typed,
)


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
            "invited": call.interview.payer_id is not None,
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


@st.fragment
@guarded()
def _controls(visit: Visit, call: Call, join: Join) -> None:
    """Reruns alone: a click never redraws the line."""
    # Without a limit: beyond one the field ignores what is pasted, and says nothing.
    text = st.chat_input("Type an answer instead of speaking it", key="typed_answer")
    if text:
        call.tell(Typed(text))
    # In the place of the buttons: below them it could be below the screen.
    if visit.confirming == f"end:{join.interview_id}":
        _confirm_end(visit, call)
    else:
        _buttons(visit, call, join)


def _buttons(visit: Visit, call: Call, join: Join) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, key, icon, event in (
            ("That's my answer", "done_answering", ":material/check:", DoneRequested()),
            ("I need a moment", "thinking", ":material/hourglass_top:", ThinkingRequested()),
            ("Repeat the question", "repeat_question", ":material/replay:", RepeatRequested()),
            ("Skip this question", "skip_question", ":material/skip_next:", SkipRequested()),
        ):
            st.button(label, key=key, icon=icon, on_click=call.tell, args=(event,))
        st.space("stretch")
        st.button(
            "End the interview", key="end_call", icon=":material/call_end:", on_click=_confirm, args=(visit, join)
        )
    if visit.confirming == f"kept:{join.interview_id}":
        components.focus(key="focus_end_call", data={"field": "end_call", "sentence": ""})


def _confirm(visit: Visit, join: Join) -> None:
    visit.confirming = f"end:{join.interview_id}"


def _confirm_end(visit: Visit, call: Call) -> None:
    def end() -> None:
        visit.confirming = ""
        call.tell(EndRequested())

    def stay() -> None:
        visit.confirming = f"kept:{call.interview.id}"

    view, settings = call.snapshot(), visit.parts.settings
    if call.interview.payer_id is not None:
        cost = "It costs you nothing."
    elif view.charged:
        cost = f"It has been charged: {settings.interview_cost_credits} credits."
    else:
        cost = f"Before {minutes(settings.free_window_s)} it costs nothing."
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="ending"):
        st.markdown(
            f"**End now?** Ema says goodbye and your report is made from what you said. {cost}", width="stretch"
        )
        st.button("Yes, end it", key="confirm_end", type="primary", on_click=end)
        st.button("Keep talking", key="keep_talking", on_click=stay)
    # The button that was pressed is gone, and what reads the page aloud would be at its top.
    components.focus(key="focus_keep_talking", data={"field": "keep_talking", "sentence": ""})
