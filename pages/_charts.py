"""The report's charts: where each competency landed, and when what was said."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from pages._words import COVERAGE_WORDS, minutes
from services.core.plan import Plan
from services.core.rubric import LEVEL_NAMES, CompetencyRating, Coverage, Report

ROW_PX = 56
_NAMES = {0: "", **LEVEL_NAMES}
_LEVEL_LABELS = " : ".join(f"datum.value == {level} ? '{name}'" for level, name in LEVEL_NAMES.items()) + " : ''"
_TALK_COLORS = {
    Coverage.ANSWERED: 0,
    Coverage.TOO_SHORT: 1,
    Coverage.SKIPPED: 4,
    Coverage.UNANSWERED: 4,
}


def _ink() -> dict[str, str]:
    """Colours that read on the page as it is: Vega draws on its own and does not know the theme's names."""
    if st.context.theme.type == "dark":
        return {"accent": "#4cc2a2", "track": "#3a4843", "text": "#e6eeea", "soft": "#a3b1ab", "warm": "#e0b354"}
    return {"accent": "#0b6b57", "track": "#c9d5cf", "text": "#17211d", "soft": "#55635d", "warm": "#b7791f"}


def levels(report: Report) -> None:
    """Each competency on the four-step scale; a hollow row was not assessed."""
    ink = _ink()
    names = [rating.name for rating in report.competencies]
    rows = [_level_row(rating) for rating in report.competencies]
    steps = [{"name": name, "step": step} for name in names for step in LEVEL_NAMES]
    y = alt.Y("name:N", sort=names, title=None, axis=_names_axis(ink))
    x_axis = alt.Axis(values=list(LEVEL_NAMES), labelExpr=_LEVEL_LABELS, orient="top", labelFontSize=13,
                      labelColor=ink["soft"], labelPadding=10, **_BARE)  # fmt: skip
    scale = alt.Scale(domain=[0.6, 4.75], nice=False)

    track = alt.Chart(alt.Data(values=steps)).mark_point(size=110, filled=True, color=ink["track"], opacity=1)
    stem = alt.Chart(alt.Data(values=rows)).mark_rule(strokeWidth=6, strokeCap="round", color=ink["accent"])
    dot = alt.Chart(alt.Data(values=rows)).mark_point(size=420, filled=True, color=ink["accent"], opacity=1)
    words = alt.Chart(alt.Data(values=rows)).mark_text(align="left", dx=20, fontSize=13, color=ink["text"])
    none = alt.Chart(alt.Data(values=rows)).mark_text(align="left", dx=20, fontSize=13, fontStyle="italic",
                                                      color=ink["soft"])  # fmt: skip
    scored, unscored = alt.datum.score != None, alt.datum.score == None  # noqa: E711
    chart = alt.layer(
        track.encode(x=alt.X("step:Q", scale=scale, axis=x_axis, title=None), y=y),
        stem.transform_filter(scored).encode(x=alt.X("start:Q", scale=scale), x2="score:Q", y=y),
        dot.transform_filter(scored).encode(
            x=alt.X("score:Q", scale=scale),
            y=y,
            tooltip=[
                alt.Tooltip("name:N", title="Competency"),
                alt.Tooltip("level:N", title="Level"),
                alt.Tooltip("confidence:N", title="Confidence"),
                alt.Tooltip("quotes:Q", title="Verified quotes"),
            ],
        ),
        words.transform_filter(scored).encode(x=alt.X("score:Q", scale=scale), y=y, text="confidence:N"),
        none.transform_filter(unscored).encode(x=alt.datum(len(LEVEL_NAMES)), y=y, text="confidence:N"),
    )
    told = "; ".join(f"{row['name']}: {row['level']}" for row in rows)
    _show(chart, len(rows) * ROW_PX, alt_text=f"Levels by competency. {told}.")


def _level_row(rating: CompetencyRating) -> dict[str, Any]:
    return {
        "name": rating.name,
        "start": 1,
        "score": rating.score,
        "level": _NAMES[rating.score or 0] or "not assessed",
        "confidence": f"{rating.confidence} confidence" if rating.score else "not assessed",
        "quotes": len(rating.evidence),
    }


def timeline(report: Report, plan: Plan, free_window_s: float) -> None:
    """When each question was on the table, how much of it was your voice, and where the quotes come from."""
    ink = _ink()
    asked = sorted((item for item in report.coverage if item.asked_ms is not None), key=lambda item: item.asked_ms or 0)
    if not asked:
        return
    numbers = {question.id: f"Q{number}" for number, question in enumerate(plan.questions, start=1)}
    ends = [*((item.asked_ms or 0) for item in asked[1:]), max(report.duration_s * 1000, asked[-1].asked_ms or 0)]
    rows = [
        {
            "q": numbers.get(item.question_id, item.question_id),
            "from": (item.asked_ms or 0) / 60_000,
            "to": end / 60_000,
            "talk_to": min(end, (item.asked_ms or 0) + item.talk_ms) / 60_000,
            "status": COVERAGE_WORDS[item.status],
            "talk": minutes(item.talk_ms / 1000),
        }
        for item, end in zip(asked, ends, strict=True)
    ]
    quotes = [
        {"q": numbers.get(piece.question_id or "", ""), "at": piece.start_ms / 60_000, "competency": rating.name}
        for rating in report.competencies
        for piece in rating.evidence
        if piece.question_id
    ]
    x_axis = alt.Axis(format="d", labelExpr="datum.value + ' min'", tickMinStep=1, labelColor=ink["soft"],
                      domain=False, ticks=False, gridColor=ink["track"], gridOpacity=0.5)  # fmt: skip
    x = alt.X("from:Q", title=None, axis=x_axis, scale=alt.Scale(domain=[0, max(rows[-1]["to"], 1)], nice=False))
    y = alt.Y("q:N", sort=[row["q"] for row in rows], title=None, axis=_names_axis(ink))
    spans = alt.Chart(alt.Data(values=rows))
    tips = [
        alt.Tooltip("q:N", title="Question"),
        alt.Tooltip("status:N", title="Answer"),
        alt.Tooltip("talk:N", title="You spoke"),
    ]
    chart = alt.layer(
        spans.mark_bar(height=16, cornerRadius=8, color=ink["track"]).encode(x=x, x2="to:Q", y=y, tooltip=tips),
        spans.mark_bar(height=16, cornerRadius=8, color=ink["accent"]).encode(x=x, x2="talk_to:Q", y=y, tooltip=tips),
        alt.Chart(alt.Data(values=quotes))
        .mark_point(
            shape="diamond", size=110, filled=True, opacity=1, color=ink["warm"], stroke=ink["text"], strokeWidth=1
        )
        .encode(x=alt.X("at:Q"), y=y, tooltip=[alt.Tooltip("competency:N", title="Quoted for")]),
    )
    _show(chart, len(rows) * 40, alt_text="When each question was asked and how long you spoke: "
          + "; ".join(f"{row['q']} {row['talk']}" for row in rows))  # fmt: skip
    st.caption("Bars: time on a question; filled: you speaking; diamonds: words the report quotes.")


_BARE: dict[str, Any] = {"domain": False, "ticks": False, "grid": False}


def _names_axis(ink: dict[str, str]) -> alt.Axis:
    return alt.Axis(labelFontSize=14, labelLimit=230, labelPadding=14, labelColor=ink["text"], **_BARE)


def _show(chart: alt.LayerChart, height: int, *, alt_text: str) -> None:
    chart = chart.properties(height=height).configure_view(stroke=None).configure(background="transparent")
    st.altair_chart(chart, width="stretch", alt=alt_text)
