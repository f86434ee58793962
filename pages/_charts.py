"""The report's charts: where each competency landed, and when what was said."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from pages._words import COVERAGE_WORDS, minutes
from services.core.plan import Plan
from services.core.rubric import LEVEL_NAMES, CompetencyRating, Report

ROW_PX = 68
_LEVEL_LABELS = " : ".join(f"datum.value == {level} ? '{name}'" for level, name in LEVEL_NAMES.items()) + " : ''"


def _ink() -> dict[str, str]:
    """Colours that read on the page as it is: Vega draws on its own and does not know the theme's names."""
    if st.context.theme.type == "dark":
        return {"accent": "#4cc2a2", "track": "#3a4843", "text": "#e6eeea", "soft": "#a3b1ab", "warm": "#e0b354"}
    return {"accent": "#0b6b57", "track": "#c9d5cf", "text": "#17211d", "soft": "#55635d", "warm": "#b7791f"}


def levels(report: Report) -> None:
    """Each competency on the four-step scale, its name above its row so that it reads on a phone too."""
    ink = _ink()
    rows = [_level_row(rating) for rating in report.competencies]
    steps = [{"name": row["name"], "step": step} for row in rows for step in LEVEL_NAMES]
    y = alt.Y("name:N", sort=[row["name"] for row in rows], axis=None)
    axis = alt.Axis(
        values=list(LEVEL_NAMES),
        labelExpr=_LEVEL_LABELS,
        orient="top",
        labelFontSize=14,
        labelColor=ink["soft"],
        labelFlush=False,
        domain=False,
        ticks=False,
        grid=False,
    )
    scale = alt.Scale(domain=[0.75, 4.35], nice=False)
    x = alt.X("score:Q", scale=scale)
    tips = [
        alt.Tooltip("name:N", title="Competency"),
        alt.Tooltip("level:N", title="Level"),
        alt.Tooltip("confidence:N", title="Confidence"),
        alt.Tooltip("quotes:Q", title="Verified quotes"),
    ]
    every = alt.Chart(alt.Data(values=rows))
    scored = every.transform_filter("isValid(datum.score)")
    chart = alt.layer(
        alt.Chart(alt.Data(values=steps))
        .mark_point(size=90, filled=True, color=ink["track"], opacity=1)
        .encode(x=alt.X("step:Q", scale=scale, axis=axis, title=None), y=y),
        scored.mark_rule(strokeWidth=5, strokeCap="round", color=ink["accent"]).encode(
            x=alt.X("start:Q", scale=scale), x2="score:Q", y=y
        ),
        scored.mark_point(size=380, filled=True, color=ink["accent"], opacity=1).encode(x=x, y=y, tooltip=tips),
        every.mark_text(align="left", dx=-6, dy=-21, fontSize=15, color=ink["text"]).encode(
            x=alt.X("start:Q", scale=scale), y=y, text="label:N"
        ),
    )
    told = "; ".join(f"{row['name']}: {row['level']}" for row in rows)
    _show(chart, len(rows) * ROW_PX + 40, alt_text=f"Levels by competency. {told}.")


def _level_row(rating: CompetencyRating) -> dict[str, Any]:
    level = LEVEL_NAMES[rating.score] if rating.score else "not assessed"
    return {
        "name": rating.name,
        "label": rating.name if rating.score else f"{rating.name} · not assessed",
        "start": 1,
        "score": rating.score,
        "level": level,
        "confidence": rating.confidence if rating.score else "–",
        "quotes": len(rating.evidence),
    }


def timeline(report: Report, plan: Plan) -> None:
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
    x_axis = alt.Axis(
        format="d",
        labelExpr="datum.value + ' min'",
        tickMinStep=1,
        tickCount=6,
        labelColor=ink["soft"],
        domain=False,
        ticks=False,
        gridColor=ink["track"],
        gridOpacity=0.5,
    )
    x = alt.X("from:Q", title=None, axis=x_axis, scale=alt.Scale(domain=[0, max(rows[-1]["to"], 1)], nice=False))
    names = alt.Axis(labelFontSize=14, labelPadding=10, labelColor=ink["text"], domain=False, ticks=False, grid=False)
    y = alt.Y("q:N", sort=[row["q"] for row in rows], title=None, axis=names)
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
    told = "; ".join(f"{row['q']} {row['talk']}" for row in rows)
    _show(chart, len(rows) * 40, alt_text=f"When each question was asked, and how long you spoke: {told}.")
    st.caption("Bars: time on a question; filled: you speaking; diamonds: words the report quotes.")


def _show(chart: alt.LayerChart, height: int, *, alt_text: str) -> None:
    chart = chart.properties(height=height).configure_view(stroke=None).configure(background="transparent")
    st.altair_chart(chart, width="stretch", alt=alt_text)
