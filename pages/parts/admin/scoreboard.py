"""How calls went, what they cost and what went wrong: for administrators, without a word of anybody's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import streamlit as st

from pages.parts.admin import event_record
from pages.parts.report.charts import ink, show
from pages.parts.visit import Visit, plain
from pages.parts.words import day
from services.observe.scoreboard import Scoreboard, VendorLine
from services.preflight import SLOW_ANSWER_S
from services.wiring import board

DAYS = 28
FAILURES = 8
ROW_PX = 58
AXIS_PX = 36
VENDOR_INKS = (
    "light-dark(#0b6b57, #4cc2a2)",
    "light-dark(#b7791f, #e0b354)",
    "light-dark(#3b6fb6, #86aee6)",
    "light-dark(#8a4fa3, #c79ad8)",
    "light-dark(#5b6b64, #a9b8b1)",
)
Rows = list[dict[str, Any]]


def draw(visit: Visit) -> None:
    """Everything of `observe` that the admin page shows."""
    now = datetime.now(UTC)
    seen = board(visit.parts.store, now, now - timedelta(days=DAYS))
    labels = {key: provider.info.label for key, provider in visit.parts.providers.items()}

    def label(key: str) -> str:
        return labels.get(key, key or "Text model")

    _today(seen)
    _vendors(seen, label)
    _weeks(seen, label)
    _failures(seen, label)
    event_record.draw(visit)


def _today(seen: Scoreboard) -> None:
    running, made, spent = st.columns(3, border=True)
    running.metric("Open now", sum(seen.running.values()))
    made.metric("Made today", sum(seen.today.values()), help=_counts(seen))
    spent.metric("Spent today, known", f"{seen.usd_today:.2f} USD")


def _counts(seen: Scoreboard) -> str:
    return ", ".join(f"{number} {status}" for status, number in sorted(seen.today.items())) or "None so far."


def _vendors(seen: Scoreboard, label: Callable[[str], str]) -> None:
    st.header(f"Scoreboard of the last {DAYS} days", anchor=False)
    if not seen.vendors:
        st.info("No interviews yet. The first one puts its voice on this board.", icon=":material/leaderboard:")
        return
    waits, costs, failures = st.columns(3, gap="large")
    with waits:
        st.subheader("The wait for an answer", anchor=False)
        _waits(seen.vendors, label)
    with costs:
        st.subheader("What a minute costs", anchor=False)
        costs_of = [_cost_row(line, label) for line in seen.vendors]
        _bars(costs_of, max(row["value"] for row in costs_of) or 1.0, "cost a minute", "accent")
    with failures:
        st.subheader("Interviews that failed", anchor=False)
        _bars([_failure_row(line, label) for line in seen.vendors], 1.0, "failures", "warm")
    if any(line.estimated for line in seen.vendors):
        st.caption("≈: the vendor's own record may say otherwise.")
    with st.expander("All figures"):
        st.dataframe(
            [_row(line, label) for line in seen.vendors], hide_index=True, column_config=_COLUMNS, placeholder="–"
        )


def _waits(lines: Sequence[VendorLine], label: Callable[[str], str]) -> None:
    """Half of the answers are heard by the dot, 19 in 20 by the end of the line."""
    inks = ink()
    rows: Rows = [_wait_row(line, label) for line in lines]
    y = alt.Y("name:N", sort=[row["name"] for row in rows], axis=None)
    scale = alt.Scale(domain=[0, max([SLOW_ANSWER_S * 1.15, *(row["p95"] for row in rows)])], nice=False)
    x = alt.X("p50:Q", scale=scale, title=None, axis=_axis("datum.value + ' s'", inks))
    every = alt.Chart(alt.InlineData(values=rows))
    measured = every.transform_filter("datum.measured")
    slow = alt.Chart(alt.InlineData(values=[{"at": SLOW_ANSWER_S}]))
    chart = alt.layer(
        slow.mark_rule(strokeDash=[4, 4], strokeWidth=1.5, color=inks["warm"]).encode(x=alt.X("at:Q", scale=scale)),
        measured.mark_rule(strokeWidth=5, strokeCap="round", color=inks["track"]).encode(x=x, x2="p95:Q", y=y),
        measured.mark_point(size=220, filled=True, opacity=1, color=inks["accent"]).encode(x=x, y=y),
        _names(every, y, inks),
    )
    told = "; ".join(row["told"] for row in rows)
    show(chart, len(rows) * ROW_PX + 30 + AXIS_PX, alt_text=f"The wait for an answer by voice. {told}.")
    st.caption(
        f"Dot: half of the answers began by then; line: 19 of 20. Beyond {SLOW_ANSWER_S:g} s it feels like a dead line."
    )


def _wait_row(line: VendorLine, label: Callable[[str], str]) -> dict[str, Any]:
    name, p50, p95 = label(line.provider), line.p50_ms, line.p95_ms
    if p50 is None or p95 is None:
        return {"name": name, "measured": False, "p50": 0, "p95": 0, "told": f"{name}, not measured yet"}
    told = f"{name}  {p50 / 1000:.1f} s, {p95 / 1000:.1f} s"
    return {"name": name, "measured": True, "p50": p50 / 1000, "p95": p95 / 1000, "told": told}


def _cost_row(line: VendorLine, label: Callable[[str], str]) -> dict[str, Any]:
    name, cost = label(line.provider), line.usd_per_minute
    if cost is None:
        return {"name": name, "value": 0.0, "told": f"{name}, not known"}
    return {"name": name, "value": float(cost), "told": f"{name}  {'≈ ' if line.estimated else ''}{cost} USD"}


def _failure_row(line: VendorLine, label: Callable[[str], str]) -> dict[str, Any]:
    name = label(line.provider)
    told = f"{name}  {line.failed} of {line.interviews}"
    return {"name": name, "value": line.failed / line.interviews if line.interviews else 0.0, "told": told}


def _bars(rows: Rows, full: float, what: str, color: str) -> None:
    inks = ink()
    y = alt.Y("name:N", sort=[row["name"] for row in rows], axis=None)
    scale = alt.Scale(domain=[0, full], nice=False)
    every = alt.Chart(alt.InlineData(values=[{**row, "all": full} for row in rows]))
    chart = alt.layer(
        every.mark_bar(height=10, cornerRadius=5, color=inks["track"], opacity=0.6).encode(
            x=alt.X("all:Q", scale=scale, axis=None), y=y
        ),
        every.transform_filter("datum.value > 0")
        .mark_bar(height=10, cornerRadius=5, color=inks[color])
        .encode(x=alt.X("value:Q", scale=scale, axis=None), y=y),
        _names(every, y, inks),
    )
    show(chart, len(rows) * ROW_PX + 30, alt_text=f"By voice, {what}: {'; '.join(row['told'] for row in rows)}.")


def _names(every: alt.Chart, y: alt.Y, inks: dict[str, str]) -> alt.Chart:
    """Above its row, so that it reads on a phone too."""
    names: alt.Chart = every.mark_text(align="left", dy=-20, fontSize=14, color=inks["text"]).encode(
        x=alt.value(0), y=y, text="told:N"
    )
    return names


def _axis(words: str, inks: dict[str, str]) -> alt.Axis:
    return alt.Axis(
        labelExpr=words, tickCount=4, labelColor=inks["soft"], domain=False, ticks=False, grid=False, labelFontSize=13
    )


_COLUMNS = {
    "Answer p50 (ms)": st.column_config.NumberColumn(format="%d"),
    "Answer p95 (ms)": st.column_config.NumberColumn(format="%d"),
    "USD": st.column_config.NumberColumn(format="%.2f"),
    "USD a minute": st.column_config.NumberColumn(format="%.3f"),
}


def _row(line: VendorLine, label: Callable[[str], str]) -> dict[str, object]:
    a_minute = None if line.usd_per_minute is None else float(line.usd_per_minute)
    return {
        "Voice": label(line.provider),
        "Interviews": line.interviews,
        "Failed": line.failed,
        "Answers": line.answers,
        "Answer p50 (ms)": line.p50_ms,
        "Answer p95 (ms)": line.p95_ms,
        "Barge-ins": line.barge_ins,
        "Words an answer": line.words_per_answer,
        "USD": float(line.usd),
        "USD a minute": a_minute,
        "Estimated": line.estimated,
        "Without a known price": line.unknown,
    }


def _weeks(seen: Scoreboard, label: Callable[[str], str]) -> None:
    weeks = [(monday, label(provider), usd) for monday, provider, usd in seen.weeks if usd]
    if not weeks:
        return
    st.header("What was spent, week by week", anchor=False)
    inks = ink()
    names = sorted({name for _, name, _ in weeks})
    mondays = [f"{monday.day} {monday:%b}" for monday in sorted({monday for monday, *_ in weeks})]
    rows: Rows = [
        {"week": f"{monday.day} {monday:%b}", "voice": name, "usd": float(usd), "told": f"{usd:.2f} USD"}
        for monday, name, usd in weeks
    ]
    sums = [sum(row["usd"] for row in rows if row["week"] == week) for week in mondays]
    totals: Rows = [
        {"week": week, "usd": usd, "told": f"{usd:.2f} USD"} for week, usd in zip(mondays, sums, strict=True)
    ]
    x = alt.X(
        "week:O",
        sort=mondays,
        title=None,
        axis=alt.Axis(labelAngle=0, labelColor=inks["text"], labelFontSize=13, domain=False, ticks=False),
        scale=alt.Scale(paddingInner=0.35),
    )
    y = alt.Y("usd:Q", title=None, axis=None)
    colors = alt.Scale(domain=names, range=list(VENDOR_INKS[: len(names)]))
    legend = alt.Legend(
        title=None, orient="top", labelColor=inks["text"], labelFontSize=13, symbolType="circle", columns=3
    )
    chart = alt.layer(
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(cornerRadius=3, size=46)
        .encode(
            x=x,
            y=alt.Y("usd:Q", stack="zero", title=None, axis=None),
            color=alt.Color("voice:N", scale=colors, legend=legend),
            tooltip=[alt.Tooltip("voice:N", title="Voice"), alt.Tooltip("told:N", title="Spent")],
        ),
        alt.Chart(alt.InlineData(values=totals))
        .mark_text(dy=-9, fontSize=13, color=inks["text"])
        .encode(x=x, y=y, text="told:N"),
    )
    told = "; ".join(f"week of {row['week']}: {row['told']}" for row in totals)
    show(chart, 260, alt_text=f"Known cost by week and voice. {told}.")
    unknown = sum(line.unknown for line in seen.vendors)
    if unknown:
        st.caption(f"{unknown} connections have no known price and are not in it.")


def _failures(seen: Scoreboard, label: Callable[[str], str]) -> None:
    if not seen.failures:
        return
    st.header("What went wrong", anchor=False)
    for one in seen.failures[:FAILURES]:
        with st.container(gap="xxsmall"):
            st.markdown(f"**{plain(label(one.provider))}** · {day(one.at)}")
            st.caption(plain(one.reason))
    if len(seen.failures) > FAILURES:
        st.caption(f"And {len(seen.failures) - FAILURES} before them.")
