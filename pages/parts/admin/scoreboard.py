"""How calls went, what they cost and what went wrong: for administrators, without a word of anybody's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import altair as alt
import streamlit as st

from pages.parts.visit import Visit
from services.observe.scoreboard import Scoreboard, VendorLine
from services.wiring import board

DAYS = 28


def draw(visit: Visit) -> None:
    """Everything of `observe` that the admin page shows."""
    now = datetime.now(UTC)
    seen = board(visit.parts.store, now, now - timedelta(days=DAYS))
    _today(seen)
    _vendors(seen)
    _weeks(seen)
    _failures(seen)
    _records(visit)


def _today(seen: Scoreboard) -> None:
    running, made, spent = st.columns(3)
    running.metric("Open now", sum(seen.running.values()))
    made.metric("Made today", sum(seen.today.values()))
    spent.metric("Spent today, known", f"{seen.usd_today:.2f} USD")


def _vendors(seen: Scoreboard) -> None:
    st.subheader(f"Scoreboard of the last {DAYS} days", anchor=False)
    if not seen.vendors:
        st.caption("No interviews yet.")
        return
    st.dataframe([_row(line) for line in seen.vendors], hide_index=True)


def _row(line: VendorLine) -> dict[str, object]:
    a_minute = None if line.usd_per_minute is None else float(line.usd_per_minute)
    return {
        "Voice": line.provider,
        "Interviews": line.interviews,
        "Failed": line.failed,
        "Answer p50 (ms)": line.p50_ms,
        "Answer p95 (ms)": line.p95_ms,
        "Barge-ins": line.barge_ins,
        "Words an answer": line.words_per_answer,
        "USD": float(line.usd),
        "USD a minute": a_minute,
        "Estimated": line.estimated,
        "Without a known price": line.unknown,
    }


def _weeks(seen: Scoreboard) -> None:
    if not any(usd for *_, usd in seen.weeks):
        return
    rows = [{"Week of": str(monday), "Voice": provider, "USD": float(usd)} for monday, provider, usd in seen.weeks]
    bars = alt.Chart(alt.InlineData(rows)).mark_bar()
    chart = bars.encode(x="Week of:O", y="USD:Q", color="Voice:N")
    st.altair_chart(chart, width="stretch", height=220, alt="Known cost by week and voice")


def _failures(seen: Scoreboard) -> None:
    if seen.failures:
        st.subheader("Failures", anchor=False)
        rows = [
            {"When": f"{one.at:%d %b %H:%M} UTC", "Voice": one.provider, "Cause": one.reason} for one in seen.failures
        ]
        st.dataframe(rows, hide_index=True)


def _records(visit: Visit) -> None:
    st.subheader("Event records", anchor=False)
    records = visit.parts.calls.recorder.records
    ids = records.ids()
    if not ids:
        st.caption("No call since this process started. The last 20 are kept in memory.")
        return
    chosen = st.selectbox("Of which interview", ids, key="event_record")
    record = records.find(chosen)
    if record is None:
        st.caption("This record is gone meanwhile.")
        return
    shown = [entry for entry in record["entries"] if entry["event"] not in ("AudioOut", "Tick") or "did" in entry]
    rows = [
        {"At (s)": round(entry["at"], 2), "Received": entry["event"], "Decided": _decided(entry)}
        for entry in shown
        if entry["event"] != "AudioOut"
    ]
    st.dataframe(rows, hide_index=True, height=320)
    st.link_button("Download as JSON", f"/api/interviews/{chosen}/events.json", icon=":material/download:")


def _decided(entry: dict[str, object]) -> str:
    did = entry.get("did", [])
    assert isinstance(did, list)
    return ", ".join(str(action.get("kind") or action["action"]) for action in did)
