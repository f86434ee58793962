"""What happened on the line, in sentences for whose interview it is."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from pages.parts.visit import Visit
from pages.parts.words import minutes, plain
from services.core.call_log import SeenCall
from services.core.interview import Interview

CLOSED_BY = {
    "user": "you ended it",
    "agent": "Ema ended it",
    "limit": "the time was up",
    "network": "your connection was gone",
    "provider": "the voice was gone",
    "failed": "it failed",
}
_PATHS = {"host": "directly", "srflx": "directly", "prflx": "directly", "relay": "through a relay"}


def draw(visit: Visit, interview: Interview) -> None:
    """Folded; nothing where there was no call. The candidate's browser is believed for nothing else."""
    calls = visit.interviews.call_logs.of([interview.id]).get(interview.id, [])
    if not calls:
        return
    with st.expander("About the call", icon=":material/call:"):
        for seen in calls:
            if len(calls) > 1:
                st.markdown(f"**Call {seen.number}**")
            st.markdown("\n".join(f"- {plain(line)}" for line in lines(seen)))


def lines(seen: SeenCall) -> Iterator[str]:
    """The log in plain sentences."""
    log, beacon = seen.log, seen.beacon
    lasted = (log.ended_at - log.started_at).total_seconds()
    yield f"It lasted {minutes(lasted)}; {CLOSED_BY.get(log.closed_by, log.closed_by)}."
    typed = f", {log.typed} of yours typed" if log.typed else ""
    yield f"{log.turns_candidate} turns of yours and {log.turns_ema} of Ema's{typed}."
    if log.e2e_p50_ms is not None:
        yield f"Ema answered within {log.e2e_p50_ms} ms half of the time, within {log.e2e_p95_ms} ms nearly always."
    if log.barge_ins:
        yield f"You spoke over Ema {_times(log.barge_ins)}."
    if log.drops:
        yield f"Your connection was lost {_times(log.drops)}, for {log.seconds_away} seconds in all."
    if log.tool_calls:
        failed = f", {log.tool_failures} of them in vain" if log.tool_failures else ""
        yield f"The voice asked this server {_times(log.tool_calls)}{failed}."
    if beacon is None:
        return
    if beacon.rtt_ms is not None:
        way = f" {_PATHS[beacon.candidate.split('/')[0]]}" if beacon.candidate else ""
        lost = f", {beacon.lost} packets of her voice were lost" if beacon.lost else ""
        yield f"Your browser ({seen.browser}) reached us{way} in {beacon.rtt_ms} ms{lost}."
    if beacon.visible_s is not None:
        yield f"The page was in front for {minutes(beacon.visible_s)}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
