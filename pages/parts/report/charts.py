"""The report's chart of levels: the model's, how far its readings differed, and those a reviewer set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from services.core.report.review import Override, Review, standing_overrides
from services.core.report.rubric import LEVEL_NAMES, CompetencyRating, Report

ROW_PX = 68
_LEVEL_LABELS = " : ".join(f"datum.value == {level} ? '{name}'" for level, name in LEVEL_NAMES.items()) + " : ''"


def ink() -> dict[str, str]:
    """Colours on light and on dark ground: the browser chooses, so a chart follows a theme that changes under it."""
    return {
        "accent": "light-dark(#0b6b57, #4cc2a2)",
        "track": "light-dark(#c9d5cf, #3a4843)",
        "text": "light-dark(#17211d, #e6eeea)",
        "soft": "light-dark(#55635d, #a3b1ab)",
        "warm": "light-dark(#b7791f, #e0b354)",
    }


def levels(report: Report, reviews: Sequence[Review] = ()) -> None:
    """Each competency on the four-step scale, its name above its row so that it reads on a phone too.

    Without a text model there are the reviewer's levels alone.
    """
    inks = ink()
    standing = {rating.name: _reviewed(rating, reviews) for rating in report.competencies}
    rows = [_level_row(rating, standing[rating.name]) for rating in report.competencies]
    reviewed: list[dict[str, Any]] = [
        {"name": name, "level": item.to_level, "reviewer": f"{item.name or 'Reviewer'}: {LEVEL_NAMES[item.to_level]}"}
        for name, overrides in standing.items()
        for item in overrides
        if item.to_level
    ]
    steps = [{"name": row["name"], "step": step} for row in rows for step in LEVEL_NAMES]
    spreads = [
        {"name": rating.name, "low": rating.readings[0], "high": rating.readings[-1]}
        for rating in report.competencies
        if rating.spread and rating.readings
    ]
    y = alt.Y("name:N", sort=[row["name"] for row in rows], axis=None)
    axis = alt.Axis(
        values=list(LEVEL_NAMES),
        labelExpr=_LEVEL_LABELS,
        orient="top",
        labelFontSize=14,
        labelColor=inks["soft"],
        labelFlush=40,
        domain=False,
        ticks=False,
        grid=False,
    )
    scale = alt.Scale(domain=[0.93, 4.1], nice=False)
    x = alt.X("score:Q", scale=scale)
    tips = [
        alt.Tooltip("name:N", title="Competency"),
        alt.Tooltip("level:N", title="Level"),
        alt.Tooltip("confidence:N", title="Confidence"),
        alt.Tooltip("readings:N", title="Independent readings"),
        alt.Tooltip("quotes:Q", title="Verified quotes"),
    ]
    every = alt.Chart(alt.InlineData(values=rows))
    scored = every.transform_filter("isValid(datum.score)")
    chart = alt.layer(
        alt.Chart(alt.InlineData(values=steps))
        .mark_point(size=90, filled=True, color=inks["track"], opacity=1)
        .encode(x=alt.X("step:Q", scale=scale, axis=axis, title=None), y=y),
        scored.mark_rule(strokeWidth=5, strokeCap="round", color=inks["accent"]).encode(
            x=alt.X("start:Q", scale=scale), x2="score:Q", y=y
        ),
        alt.Chart(alt.InlineData(values=spreads))
        .mark_rule(strokeWidth=16, strokeCap="round", opacity=0.35, color=inks["accent"])
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y),
        scored.mark_point(size=380, filled=True, color=inks["accent"], opacity=1).encode(x=x, y=y, tooltip=tips),
        alt.Chart(alt.InlineData(values=reviewed))
        .mark_point(shape="diamond", size=260, filled=True, color=inks["warm"], opacity=1, stroke=inks["text"])
        .encode(x=alt.X("level:Q", scale=scale), y=y, tooltip=[alt.Tooltip("reviewer:N", title="Reviewer")]),
        every.mark_text(align="left", dx=-6, dy=-21, fontSize=15, color=inks["text"]).encode(
            x=alt.X("start:Q", scale=scale), y=y, text="label:N"
        ),
    )
    told = "; ".join(_told(row, [item["reviewer"] for item in reviewed if item["name"] == row["name"]]) for row in rows)
    show(chart, len(rows) * ROW_PX + 40, alt_text=f"Levels by competency. {told}.")
    legend = ["dots: the report's level, as the model reads the quotes below"] if report.contract else []
    legend += ["wide bars: where independent readings differed"] if spreads else []
    legend += ["diamonds: levels that reviewers gave"] if reviewed else []
    told = "; ".join(legend)
    st.caption(f"{told[:1].upper()}{told[1:]}.")


def _told(row: dict[str, Any], reviewers: Sequence[str]) -> str:
    return ", ".join([f"{row['name']}: {row['level']}", *reviewers])


def _reviewed(rating: CompetencyRating, reviews: Sequence[Review]) -> list[Override]:
    return [item for item in standing_overrides(reviews, rating.competency_id) if item.to_level]


def _level_row(rating: CompetencyRating, reviewed: Sequence[Override]) -> dict[str, Any]:
    level = LEVEL_NAMES[rating.score] if rating.score else "no level"
    return {
        "name": rating.name,
        "label": rating.name if rating.score or reviewed else f"{rating.name} · no level",
        "start": 1,
        "score": rating.score,
        "level": level,
        "confidence": rating.confidence if rating.score else "–",
        "readings": ", ".join(LEVEL_NAMES[level] for level in rating.readings) or "–",
        "quotes": len(rating.evidence),
    }


def lane_axis(inks: dict[str, str]) -> alt.Axis:
    return alt.Axis(labelFontSize=14, labelPadding=10, labelColor=inks["text"], domain=False, ticks=False, grid=False)


def time_axis(inks: dict[str, str], label: str, **more: Any) -> alt.Axis:
    """`label` is a Vega expression of `datum.value`."""
    return alt.Axis(
        labelExpr=label,
        tickCount=6,
        labelColor=inks["soft"],
        domain=False,
        ticks=False,
        gridColor=inks["track"],
        gridOpacity=0.5,
        **more,
    )


def show(chart: alt.LayerChart | alt.FacetChart, height: int, *, alt_text: str) -> None:
    for layer in chart.layer:
        layer.mark.aria = False  # the whole chart has its sentence; alone they are read as "symbol mark container"
    chart = chart.properties(height=height).configure_view(stroke=None).configure(background="transparent")
    st.altair_chart(chart, width="stretch", alt=alt_text)
