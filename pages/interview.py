"""One interview until its call is over: the plan, the call, and the way back into a call that goes on."""

from __future__ import annotations

import streamlit as st

from pages.parts import homes
from pages.parts.call import joining, line, stage
from pages.parts.plan import questions
from pages.parts.visit import WIDE, Visit, guarded, interview_id, page, plain
from pages.parts.words import minutes
from services.calls.snapshot import Phase
from services.core.interview import Interview, Status


def _draw(visit: Visit, interview: Interview) -> None:
    if interview.status not in (Status.SETUP, Status.ACTIVE):
        if interview.id in visit.reports_seen:
            _over(interview)
            return
        st.switch_page("pages/report.py", query_params={"id": interview.id})
    call = visit.parts.calls.find(interview.id)
    phase = call.snapshot().phase if call else Phase.ENDED
    if call or interview.status is Status.ACTIVE:
        homes.stay(visit)
    if call and phase is not Phase.ENDED and visit.join and visit.join.interview_id == interview.id:
        stage.draw(visit, visit.join, call)
    elif call and phase is not Phase.ENDED:
        _rejoin(visit, interview, phase)
    elif interview.status is Status.ACTIVE:
        _settling(visit, interview)
    else:
        if call:
            st.warning(call.snapshot().ended_sentence, icon=":material/mic_off:")
        if not homes.full(visit):
            _begin(visit, interview)


def _over(interview: Interview) -> None:
    """For who came back from the report: sent there again, they would never get past it."""
    st.title(plain(interview.plan.role_title), anchor=False)
    st.info("This interview is over.", icon=":material/call_end:")
    with st.container(horizontal=True):
        st.page_link("pages/report.py", label="Open its report", query_params={"id": interview.id})
        st.page_link("pages/start.py", label="Start page")


def _begin(visit: Visit, interview: Interview) -> None:
    settings = visit.parts.settings
    visit.parts.calls.expect(interview)
    ready = questions.draw(visit, interview)
    st.header("When you are ready", anchor=False)
    price = (
        f"until {minutes(settings.free_window_s)} it is free, then it costs {settings.interview_cost_credits} credits, "
        "once"
        if interview.payer_id is None
        else "it costs you nothing"
    )
    st.markdown(
        "Use headphones if you have them, and a quiet room. The interview starts with the first sound from your "
        f"microphone and takes at most {minutes(settings.interview_limit_s)}; {price}. You can type any answer instead."
    )
    joining.refusal(visit)
    with st.container(horizontal=True, vertical_alignment="center", key="begin_bar"):
        joining.ask_to_join(visit, interview, "Begin the interview", ready=ready)
        st.page_link("pages/preflight.py", label="Check microphone and sound first", icon=":material/checklist:")


def _rejoin(visit: Visit, interview: Interview, phase: Phase) -> None:
    st.title(plain(interview.plan.role_title), anchor=False)
    joining.refusal(visit)
    if phase in (Phase.AWAY, Phase.RECONNECTING):
        st.info("Your interview is still on the line: same question, same clock.", icon=":material/phone_paused:")
        joining.ask_to_join(visit, interview, "Rejoin the call")
    else:
        st.warning(
            "This interview is live in another tab, or this page was just reloaded. Taking over moves the call here; "
            "the other tab falls silent.",
            icon=":material/tab_move:",
        )
        joining.ask_to_join(visit, interview, "Continue the call here")
    _watch(visit, interview, phase)


@st.fragment(run_every=2.0)
@guarded()
def _watch(visit: Visit, interview: Interview, shown: Phase) -> None:
    """The call goes on without this tab: what is offered here follows it."""
    call = visit.parts.calls.find(interview.id)
    if call is None or call.snapshot().phase is not shown:
        st.rerun()


@st.fragment(run_every=1.0)
@guarded()
def _settling(visit: Visit, interview: Interview) -> None:
    st.info("The call has ended. Your last words are being put in order.", icon=":material/hourglass_top:")
    if visit.interviews.get(visit.user_id, interview.id).status is not Status.ACTIVE:
        st.rerun()


def _nothing() -> None:
    st.title("Interview", anchor=False)
    st.info("No interview is open in this browser.", icon=":material/info:")
    st.page_link("pages/start.py", label="Prepare one", icon=":material/arrow_forward:")


opened = None
with page("Interview", width=WIDE, heading=False, call=True) as here:
    wanted = interview_id()
    opened = here.interviews.get(here.user_id, wanted) if wanted else here.interviews.find_open(here.user_id)
    if opened is None:
        _nothing()
    elif here.parts.calls.find(opened.id) is None and homes.elsewhere(here, opened):
        opened = None
    else:
        _draw(here, opened)
if opened is not None:
    line.both_ways(here, opened)
