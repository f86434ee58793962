"""The report of one interview: its making in words, the report itself, or why there is none."""

from __future__ import annotations

import streamlit as st

from pages import _findings
from pages._visit import WIDE, Visit, guarded, interview_id, page, plain
from services.core.interview import Status
from services.interviews import Interview


def _draw(visit: Visit, interview: Interview) -> None:
    if interview.status in (Status.SETUP, Status.ACTIVE):
        st.switch_page("pages/interview.py", query_params={"id": interview.id})
    if interview.status is Status.ANALYZING and interview.failure_reason:
        _stuck(visit, interview)
    elif interview.status is Status.ANALYZING:
        _waiting(visit, interview)
    elif interview.report is not None:
        _findings.draw(interview, interview.report)
        _findings.actions(visit, interview, interview.report)
    else:
        _failed(visit, interview)


@st.fragment(run_every=1.0)
@guarded()
def _waiting(visit: Visit, interview: Interview) -> None:
    now = visit.interviews.get(visit.user_id, interview.id)
    if now.status is not Status.ANALYZING or now.failure_reason:
        st.rerun()
    st.title("Your report is being made", anchor=False)
    stages = visit.interviews.stages(interview.id)
    stage = st.status(stages[-1] if stages else "Putting the last words in order…", expanded=True)
    stage.markdown(
        "Every score needs words you really said, so each quote is checked against your answers before it counts. "
        "This page shows the report by itself; you can also leave and find it in your history."
    )
    st.skeleton(height=220)


def _stuck(visit: Visit, interview: Interview) -> None:
    st.title("The report could not be made yet", anchor=False)
    st.warning(plain(interview.failure_reason or ""), icon=":material/build:")
    st.markdown("Your answers are still in memory and nothing is lost. Trying again costs nothing.")
    if st.button("Try again", key="retry_report", type="primary", icon=":material/replay:"):
        with st.status("Making the report…"):
            visit.interviews.analyze(interview.id)
        st.rerun()
    _findings.actions(visit, interview, None)


def _failed(visit: Visit, interview: Interview) -> None:
    st.title("This interview did not finish", anchor=False)
    st.error(
        plain(interview.failure_reason or "It ended before there was anything to report."), icon=":material/error:"
    )
    entries = [entry for entry in visit.interviews.ledger(visit.user_id) if entry.interview_id == interview.id]
    charged = -sum(entry.amount for entry in entries if entry.amount < 0)
    refunded = sum(entry.amount for entry in entries if entry.amount > 0)
    if refunded:
        cost = f"{charged} credits were charged and {refunded} given back."
    elif charged:
        cost = f"It cost {charged} credits."
    else:
        cost = "Nothing was charged."
    st.markdown(f"**What it cost.** {cost}\n\n**What next.** Prepare a new interview from the same job description.")
    st.page_link("pages/start.py", label="Prepare another", icon=":material/arrow_forward:")
    _findings.actions(visit, interview, None)


with page("Report", width=WIDE, heading=False) as here:
    _draw(here, here.interviews.get(here.user_id, interview_id()))
