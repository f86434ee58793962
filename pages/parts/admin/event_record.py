"""The event record of one of the last calls: what went wrong in the demo, as a picture, a table and a download."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from pages.parts.report.charts import ink, lane_axis, show, time_axis
from pages.parts.visit import Visit, plain
from pages.parts.words import minutes
from services.observe.event_lanes import CANDIDATE, EMA, LANES, LINE, Lanes, lanes_of
from services.observe.event_record import replay

LANE_PX = 56
NARROWEST = 0.003
"""Share of the whole: what is shorter is drawn this long."""
NAMED = 0.3
"""Share of the whole that has room for a name, also on a phone."""
SHAPES = {
    "barge-in": "triangle-down",
    "tool": "square",
    "instruction": "diamond",
    "notice": "triangle-up",
    "hang-up": "cross",
    "typed": "circle",
    "away": "triangle-left",
}


def draw(visit: Visit) -> None:
    st.header("Event records", anchor=False)
    records = visit.parts.calls.recorder.records
    ids = records.ids()
    if not ids:
        st.info(
            "No call since this server started. What its last 20 calls received and decided is kept in memory.",
            icon=":material/timeline:",
        )
        return
    begun = {one: found["began_at"][11:16] for one in ids if (found := records.find(one))}

    def named(one: str) -> str:
        return f"{begun.get(one, '')} UTC · {one[:8]}"

    chosen = st.selectbox("Of which call", ids, key="event_record", format_func=named)
    record = records.find(chosen)
    if record is None:
        st.caption("This record is no longer kept.")
        return
    _chart(lanes_of(record))
    differences = replay(record) if not record["dropped"] else []
    if differences:
        st.warning(f"Played again, {len(differences)} decisions come out otherwise. The first: {plain(differences[0])}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Download as JSON", f"/api/interviews/{chosen}/events.json", icon=":material/download:")
        st.caption("Times, events and decisions; every word in it is masked.")
    with st.expander("Every event and what was decided"):
        st.dataframe(_rows(record), hide_index=True, height=360, column_config=_COLUMNS, placeholder="–")


def _chart(lanes: Lanes) -> None:
    inks = ink()
    end = max(lanes.end_s, 1.0)
    spans = [
        {
            "lane": span.lane,
            "from": span.start_s,
            "to": max(span.end_s, span.start_s + end * NARROWEST),
            "told": span.told,
        }
        for span in lanes.spans
    ]
    marks = [{"lane": mark.lane, "at": mark.at_s, "kind": mark.kind, "told": mark.told} for mark in lanes.marks]
    y = alt.Y("lane:N", sort=list(LANES), scale=alt.Scale(domain=list(LANES)), title=None, axis=lane_axis(inks))
    clock = "floor(datum.value / 60) + ':' + pad(floor(datum.value % 60), 2, '0', 'left')"
    x = alt.X("from:Q", title=None, axis=time_axis(inks, clock), scale=alt.Scale(domain=[0, end], nice=False))
    colors = alt.Scale(domain=[LINE, EMA, CANDIDATE], range=[inks["track"], inks["soft"], inks["accent"]])
    kinds = [kind for kind in SHAPES if any(mark["kind"] == kind for mark in marks)]
    legend = alt.Legend(
        title=None,
        orient="top",
        labelColor=inks["text"],
        labelFontSize=13,
        symbolFillColor=inks["warm"],
        columns=3,
        symbolStrokeWidth=0.6,
    )
    bars = alt.Chart(alt.InlineData(values=spans))
    chart = alt.layer(
        bars.mark_bar(height=18, cornerRadius=3, opacity=1).encode(
            x=x,
            x2="to:Q",
            y=y,
            color=alt.Color("lane:N", scale=colors, legend=None),
            tooltip=[alt.Tooltip("told:N", title="Then"), alt.Tooltip("from:Q", title="At (s)", format=".2f")],
        ),
        bars.transform_filter(f"datum.lane == '{LINE}' && datum.to - datum.from > {end * NAMED}")
        .mark_text(align="left", dx=6, fontSize=12, color=inks["text"])
        .encode(x=x, y=y, text="told:N"),
        alt.Chart(alt.InlineData(values=marks))
        .mark_point(
            size=90, filled=True, opacity=1, color=inks["warm"], stroke=inks["text"], strokeWidth=0.6, yOffset=-16
        )
        .encode(
            x=alt.X("at:Q"),
            y=y,
            shape=alt.Shape(
                "kind:N", scale=alt.Scale(domain=kinds, range=[SHAPES[kind] for kind in kinds]), legend=legend
            ),
            tooltip=[alt.Tooltip("told:N", title="Decided"), alt.Tooltip("at:Q", title="At (s)", format=".2f")],
        ),
    )
    barge_ins = sum(mark.kind == "barge-in" for mark in lanes.marks)
    lines = sum(span.lane == LINE for span in lanes.spans)
    told = f"{minutes(end)} long, connections: {lines}, barge-ins: {barge_ins}"
    show(chart, len(LANES) * LANE_PX + 60, alt_text=f"A call event by event: {told}.")
    st.caption(f"{told}.")


_COLUMNS = {"At (s)": st.column_config.NumberColumn(format="%.2f", width="small")}


def _rows(record: dict[str, Any]) -> list[dict[str, object]]:
    return [
        {"At (s)": entry["at"], "Received": entry["event"], "Decided": _decided(entry)}
        for entry in record["entries"]
        if entry["event"] != "AudioOut" and (entry["event"] != "Tick" or "did" in entry)
    ]


def _decided(entry: dict[str, Any]) -> str:
    return ", ".join(str(action.get("kind") or action["action"]) for action in entry.get("did", ()))
