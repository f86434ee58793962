"""The report of one interview: its making in words, the report itself, or why there is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import streamlit as st

from pages.parts import homes, invite
from pages.parts.report import call_log, findings, letter, questions, readback, reviews, share, slide
from pages.parts.start import job
from pages.parts.visit import WIDE, Visit, fill_widget, guarded, interview_id, page, plain
from pages.parts.waiting import waited
from services.core.interview import Interview, Status
from services.core.report.rubric import Report

SCORECARD, LETTER = "Scorecard for reviewers", "Letter to the candidate"
PATIENCE = timedelta(seconds=90)
"""A vendor's transcript is waited for half as long; then somebody must be at the report."""
_COUNTED = re.compile(r"(\d+) of (\d+)")


def _draw(visit: Visit, interview: Interview) -> None:
    if interview.status in (Status.SETUP, Status.ACTIVE):
        st.switch_page("pages/interview.py", query_params={"id": interview.id})
    visit.reports_seen.add(interview.id)
    if homes.elsewhere(visit, interview):
        return
    if interview.status is Status.ANALYZING:
        homes.stay(visit)
        _analyzing(visit, interview)
    elif interview.report is not None:
        _rendered(visit, interview, interview.report)
        slide.draw(interview, interview.report)
        call_log.draw(visit, interview)
        findings.actions(visit, interview, interview.report)
    else:
        _failed(visit, interview)


def _rendered(visit: Visit, interview: Interview, report: Report) -> None:
    """The same evidence, once for who decides and once for whose it is."""
    with st.container(horizontal=True, vertical_alignment="center", key="report_bar"):
        rendering = st.segmented_control(
            "Read it as",
            (SCORECARD, LETTER),
            default=SCORECARD,
            required=True,
            key="rendering",
            label_visibility="collapsed",
        )
        st.space("stretch")
        invite.draw(visit, interview)
        share.draw(visit, interview)
    if rendering == LETTER:
        letter.draw(interview, report)
        reviews.dispute_form(visit, interview, report)
    else:
        findings.draw(interview, report, visit, lambda rating: reviews.override_form(visit, interview, rating))
    questions.draw(visit, interview, answering=rendering != LETTER)


def _analyzing(visit: Visit, interview: Interview) -> None:
    reading = visit.interviews.reviews.find_readback(visit.user_id, interview.id)
    if reading is not None:
        readback.draw(visit, interview, reading)
    elif interview.failure_reason and not visit.interviews.analysis.stages(interview.id):
        _stuck(visit, interview)
    else:
        _waiting(visit, interview)


@st.fragment(run_every=1.0)
@guarded()
def _waiting(visit: Visit, interview: Interview) -> None:
    now, stages = visit.interviews.get(visit.user_id, interview.id), visit.interviews.analysis.stages(interview.id)
    if now.status is not Status.ANALYZING or (now.failure_reason and not stages):
        st.rerun()
    if not stages and visit.interviews.reviews.find_readback(visit.user_id, interview.id):
        st.rerun()
    st.title("Your report is being made", anchor=False)
    *done, at = stages or ("Putting the last words in order…",)
    with st.status(at, expanded=True) as status:
        for stage in done:
            st.markdown(f":material/check: {plain(stage)}")
        if counted := _COUNTED.search(at):
            st.progress(int(counted[1]) / int(counted[2]))
        st.markdown(
            "Every finding needs words you really said, so each quote is checked against your answers first. "
            "This page shows the report by itself; you can also leave and find it in your history."
        )
    status.update(state="running")  # leaving the block has marked it as done
    if not stages and now.ended_at and datetime.now(UTC) - now.ended_at > PATIENCE:
        st.caption("This takes longer than it should.")
        _retry(visit, interview)
    st.skeleton(height=220)


def _stuck(visit: Visit, interview: Interview) -> None:
    st.title("The report could not be made yet", anchor=False)
    st.warning(plain(interview.failure_reason or ""), icon=":material/build:")
    st.markdown("Your answers are still in memory and nothing is lost. Trying again costs nothing.")
    _retry(visit, interview)
    findings.actions(visit, interview, None)


def _retry(visit: Visit, interview: Interview) -> None:
    if st.button("Try again", key="retry_report", type="primary", icon=":material/replay:"):
        with st.status("Making the report…"):
            waited(visit.interviews.analysis.analyze, interview.id)
        st.rerun()


def _failed(visit: Visit, interview: Interview) -> None:
    st.title("This interview did not finish", anchor=False)
    st.error(
        plain(interview.failure_reason or "It ended before there was anything to report."), icon=":material/error:"
    )
    entries = [entry for entry in visit.interviews.accounts.ledger(visit.user_id) if entry.interview_id == interview.id]
    charged = -sum(entry.amount for entry in entries if entry.amount < 0)
    refunded = sum(entry.amount for entry in entries if entry.amount > 0)
    if refunded:
        cost = f"{charged} credits were charged and {refunded} given back."
    elif charged:
        cost = f"It cost {charged} credits."
    else:
        cost = "Nothing was charged."
    st.markdown(f"**What it cost.** {cost}\n\n**What next.** Prepare a new interview from the same job description.")
    if st.button("Prepare another", key="prepare_again", icon=":material/arrow_forward:"):
        fill_widget(job.FIELD, interview.job_description)
        st.switch_page("pages/start.py")
    call_log.draw(visit, interview)
    findings.actions(visit, interview, None)


def _invited(visit: Visit, invitation_id: str) -> None:
    """For the host, of an interview somebody took at their invitation."""
    st.badge("Shared with you by the candidate", icon=":material/visibility:", color="blue")
    read = visit.interviews.invitations.report(visit.user_id, invitation_id)
    findings.draw(read, read.report, review=lambda rating: reviews.host_form(visit, invitation_id, read, rating))
    questions.draw_for_host(visit, invitation_id)


with page("Report", width=WIDE, heading=False) as here:
    if invitation := st.query_params.get("invitation", ""):
        _invited(here, invitation)
        st.stop()
    _draw(here, here.interviews.get(here.user_id, interview_id()))
