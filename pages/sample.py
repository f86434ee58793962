"""A sample interview to watch and listen to: a synthetic candidate, the real Ema; it costs nothing and is nobody's."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.call import line, stage
from pages.parts.report import findings
from pages.parts.start import hero
from pages.parts.visit import WIDE, Visit, attempt, guarded, page, plain, widget_value
from services.calls.snapshot import Phase
from services.core.interview import Interview, Status
from services.core.sharing import SharedForm, SharedReport


def _draw(visit: Visit) -> None:
    st.badge("Sample · a synthetic candidate, not your interview", icon=":material/smart_display:", color="violet")
    if st.query_params.get("report") == "minute":
        _minute(visit)
        return
    sample = visit.parts.samples.latest(visit.user_id)
    call = visit.parts.samples.find(visit.user_id, sample.id) if sample else None
    if sample is None:
        _invite(visit)
    elif call is not None and call.snapshot().phase is not Phase.ENDED:
        _watch(visit, sample)
        _present(visit, sample)
    elif sample.status in (Status.SETUP, Status.ACTIVE, Status.ANALYZING) and not sample.failure_reason:
        _waiting(visit, sample)
    else:
        _over(visit, sample)


def _invite(visit: Visit) -> None:
    """Before anything was watched: what there is to see, and a picture of it."""
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.title("Watch a sample interview", anchor=False)
        st.markdown(
            "A computer voice plays the candidate, so you need neither a quiet room nor a microphone. Ema, her turns "
            "and the report are the real ones."
        )
        st.markdown(
            ":material/forum: **Listen for** a question that follows up on an answer, and for Ema stopping when the "
            "candidate speaks.\n\n"
            ":material/format_quote: **Then read** the report: every claim in it opens the words it rests on.\n\n"
            ":material/timer: **About three minutes**, free; nothing of it is kept."
        )
        _offer(visit, "Watch a sample interview")
    with picture:
        hero.minute(visit)


def _minute(visit: Visit) -> None:
    """The report of the recorded minute, and the way to a whole interview."""
    minute = visit.parts.samples.minute
    read = SharedReport(
        form=SharedForm.SCORECARD,
        label="",
        plan=minute.plan,
        report=minute.report,
        reviews=(),
        started_at=minute.started_at,
    )
    findings.draw(read, minute.report)
    st.space("medium")
    with st.container(horizontal=True, vertical_alignment="center", key="actions"):
        components.paper(key="print", width="content", data={"running": findings.running(read)})
        if st.button("Watch a whole sample, live", key="watch_live", icon=":material/play_circle:"):
            st.switch_page("pages/sample.py")
        st.page_link("pages/start.py", label="Take your own", icon=":material/arrow_forward:")


def _offer(visit: Visit, label: str) -> None:
    labels = {key: voice.info.label for key, voice in visit.parts.providers.items() if voice.info.ready}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Ema's voice", list(labels), format_func=labels.__getitem__, key="sample_voice", width=280)
        st.button(
            label, key="watch_sample", type="primary", icon=":material/play_arrow:", on_click=_start, args=(visit,)
        )


def _start(visit: Visit) -> None:
    attempt(visit, visit.start_sample, widget_value("sample_voice"))


def _watch(visit: Visit, sample: Interview) -> None:
    st.title(plain(sample.plan.role_title), anchor=False)
    stage.watch(visit, sample)
    if visit.parts.providers[sample.provider].info.capabilities.local_captions:
        st.caption(
            ":material/closed_caption: Here the candidate's captions are its script, so that the sample does not "
            "depend on how busy this server is."
        )
    st.button(
        "Stop the sample",
        key="stop_sample",
        icon=":material/stop:",
        on_click=visit.parts.samples.stop,
        args=(visit.user_id, sample.id),
    )


@st.fragment(run_every=5.0)
@guarded()
def _present(visit: Visit, sample: Interview) -> None:
    """Says that somebody watches, as long as this page is there: a sample that nobody watches ends."""
    visit.parts.samples.watch(sample.id)


@st.fragment(run_every=1.0)
@guarded()
def _waiting(visit: Visit, sample: Interview) -> None:
    st.status("The sample's report is being made…")
    now = visit.parts.samples.latest(visit.user_id)
    if now is None or now.status is not sample.status or now.failure_reason:
        st.rerun()


def _over(visit: Visit, sample: Interview) -> None:
    if sample.report is not None:
        findings.draw(sample, sample.report)
    else:
        st.info(plain(sample.failure_reason or "The sample ended before there was anything to report."))
    st.space("medium")
    with st.container(key="actions"):
        if sample.report is not None:
            components.paper(key="print", width="content", data={"running": findings.running(sample)})
        _offer(visit, "Watch another")


def _listen(visit: Visit) -> None:
    """Both voices, while there are any."""
    samples = visit.parts.samples
    sample = samples.latest(visit.user_id)
    if sample is None:
        visit.listening = None
    elif visit.listening is None or visit.listening[0] != sample.id:
        both = samples.listen(sample.id)
        visit.listening = (sample.id, both) if both else None
        visit.listening_ice_servers = visit.parts.ice_servers(sample.id)
    line.listen(visit, visit.listening[1] if visit.listening else None)


with page("Sample interview", width=WIDE, heading=False) as here:
    _draw(here)
    _listen(here)
