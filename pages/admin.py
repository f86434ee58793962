"""For whoever runs this house: what is going on, without a word of what anybody said."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.parts.admin import scoreboard, servers
from pages.parts.visit import Visit, page, plain
from pages.parts.words import STATUS_WORDS, day
from services.core.call_log import SeenCall
from services.core.interview import Interview


def _refused(visit: Visit) -> None:
    st.info("This page is for administrators of this site.", icon=":material/lock:")
    st.page_link("pages/start.py", label="Back to the start page", icon=":material/arrow_forward:")


def _alerts(visit: Visit) -> None:
    quotas = visit.parts.quotas
    if quotas.degraded:
        st.warning("Redis does not answer: each process counts quotas alone.", icon=":material/cloud_off:")
    for alert in reversed(quotas.alerts[-10:]):
        st.markdown(f":material/notifications: **{day(alert.at)}** {plain(alert.sentence)}")
    if not quotas.alerts and not quotas.degraded:
        st.caption("No alerts since this process started.")


def _limits(visit: Visit) -> None:
    quotas = visit.parts.quotas
    if not quotas.in_force:
        st.caption("Quotas are not in force: nobody can sign in here, and QUOTAS is not set.")
        return
    st.dataframe(quotas.table(), hide_index=True, placeholder="–")


def _interviews(visit: Visit) -> None:
    latest = visit.interviews.latest(100)
    calls = visit.interviews.call_logs.of(one.id for one in latest)
    labels = {key: provider.info.label for key, provider in visit.parts.providers.items()}
    st.dataframe([_row(one, calls.get(one.id, []), labels) for one in latest], hide_index=True, placeholder="–")


def _row(one: Interview, calls: list[SeenCall], labels: Mapping[str, str]) -> dict[str, object]:
    logs, told = [seen.log for seen in calls], [seen for seen in calls if seen.beacon]
    last = told[-1] if told else None
    return {
        "Begun": day(one.started_at or one.created_at),
        "Status": STATUS_WORDS[one.status],
        "Voice": labels.get(one.provider, one.provider),
        "Seconds": one.duration_s,
        "Ended by": one.ended_by or "",
        "Charged": bool(one.charge_committed_at),
        "Turns": sum(log.turns_candidate for log in logs),
        "Answer p50 (ms)": logs[-1].e2e_p50_ms if logs else None,
        "Answer p95 (ms)": logs[-1].e2e_p95_ms if logs else None,
        "Barge-ins": sum(log.barge_ins for log in logs),
        "Drops": sum(log.drops for log in logs),
        "Tools": sum(log.tool_calls for log in logs),
        "Browser": last.browser if last else None,
        "Round trip (ms)": last.beacon.rtt_ms if last and last.beacon else None,
        "Path": last.beacon.candidate if last and last.beacon else None,
        "Interview": one.id,
    }


with page("Admin", width=1080) as here:
    if not here.visitor.admin:
        _refused(here)
    else:
        scoreboard.draw(here)
        st.header("Alerts", anchor=False)
        _alerts(here)
        st.header("Quotas", anchor=False)
        _limits(here)
        if here.parts.fleet.shared:
            st.header("Servers", anchor=False)
            servers.draw(here)
        st.header("Interviews", anchor=False)
        _interviews(here)
