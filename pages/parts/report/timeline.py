"""The report's timeline: which question was on the table, who spoke when, barge-ins, drops, and where quotes stand."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from pages.parts.report.charts import ink, lane_axis, show, time_axis
from pages.parts.words import COVERAGE_WORDS, minutes
from services.core.plan.plan import Plan
from services.core.report.rubric import Moment, Report
from services.core.report.timeline import talk_s

QUESTIONS, EMA, CANDIDATE, AWAY = "Question", "Ema", "Candidate", "Away"
_LANES = {"ema": EMA, "candidate": CANDIDATE, "typed": CANDIDATE, "away": AWAY}
LANE_PX = 46
_NARROWEST_MIN = 0.06
"""What is shorter is drawn this long: a typed answer has a moment, not a length."""


def draw(report: Report, plan: Plan) -> None:
    questions = _questions(report, plan)
    if not questions:
        return
    inks = ink()
    spoken = [_moment(moment) for moment in report.timeline]
    lanes = [QUESTIONS, *(lane for lane in (EMA, CANDIDATE, AWAY) if any(row["lane"] == lane for row in spoken))]
    quotes = [
        {"lane": CANDIDATE if spoken else QUESTIONS, "at": piece.start_ms / 60_000, "competency": rating.name}
        for rating in report.competencies
        for piece in rating.evidence
    ]
    barge_ins = [{"lane": EMA, "at": moment.to_ms / 60_000} for moment in report.timeline if moment.barge_in]
    end = max([row["to"] for row in (*questions, *spoken)] + [1.0])
    y = alt.Y("lane:N", sort=lanes, scale=alt.Scale(domain=lanes), title=None, axis=lane_axis(inks))
    x = alt.X(
        "from:Q",
        title=None,
        axis=time_axis(inks, "datum.value + ' min'", format="d", tickMinStep=1),
        scale=alt.Scale(domain=[0, end], nice=False),
    )
    asked = alt.Chart(alt.InlineData(values=questions))
    tips = [
        alt.Tooltip("text:N", title="Question"),
        alt.Tooltip("status:N", title="Answer"),
        alt.Tooltip("talk:N", title="Candidate spoke"),
    ]
    colors = alt.Scale(
        domain=["ema", "candidate", "typed", "away"], range=[inks["soft"], inks["accent"], inks["accent"], inks["warm"]]
    )
    chart = alt.layer(
        asked.mark_bar(height=24, cornerRadius=4, color=inks["track"], stroke=inks["soft"], strokeWidth=0.5).encode(
            x=x, x2="to:Q", y=y, tooltip=tips
        ),
        asked.mark_text(align="left", dx=4, fontSize=13, color=inks["text"]).encode(x=x, y=y, text="q:N"),
        alt.Chart(alt.InlineData(values=spoken))
        .mark_bar(height=18, cornerRadius=3, opacity=1)
        .encode(
            x=x,
            x2="to:Q",
            y=y,
            color=alt.Color("kind:N", scale=colors, legend=None),
            tooltip=[alt.Tooltip("told:N", title="Then")],
        ),
        alt.Chart(alt.InlineData(values=barge_ins))
        .mark_point(shape="triangle-down", size=120, filled=True, opacity=1, color=inks["text"], yOffset=-14)
        .encode(x=alt.X("at:Q"), y=y, tooltip=alt.value("The candidate spoke before Ema had ended")),
        alt.Chart(alt.InlineData(values=quotes))
        .mark_point(shape="diamond", size=110, filled=True, opacity=1, color=inks["warm"], stroke=inks["text"])
        .encode(x=alt.X("at:Q"), y=y, tooltip=[alt.Tooltip("competency:N", title="Quoted for")]),
    )
    told = _told(report)
    asked_when = "; ".join(f"{row['q']} at {minutes(row['from'] * 60)}" for row in questions)
    show(chart, len(lanes) * LANE_PX + 30, alt_text=f"Timeline of the interview. {told} Questions: {asked_when}.")
    marks = "Diamonds: words the report quotes" + (
        "; triangles: the candidate spoke before Ema had ended" if barge_ins else ""
    )
    st.caption(f"{told} {marks}.")


def _questions(report: Report, plan: Plan) -> list[dict[str, Any]]:
    asked = sorted((item for item in report.coverage if item.asked_ms is not None), key=lambda item: item.asked_ms or 0)
    if not asked:
        return []
    numbers = {question.id: f"Q{number}" for number, question in enumerate(plan.questions, start=1)}
    ends = [*((item.asked_ms or 0) for item in asked[1:]), max(report.duration_s * 1000, asked[-1].asked_ms or 0)]
    return [
        {
            "lane": QUESTIONS,
            "q": numbers.get(item.question_id, ""),
            "text": item.text,
            "from": (item.asked_ms or 0) / 60_000,
            "to": end / 60_000,
            "status": COVERAGE_WORDS[item.status],
            "talk": minutes(item.talk_ms / 1000),
        }
        for item, end in zip(asked, ends, strict=True)
    ]


def _moment(moment: Moment) -> dict[str, Any]:
    begins, ends = max(0, moment.from_ms) / 60_000, max(0, moment.to_ms) / 60_000
    length = minutes((moment.to_ms - moment.from_ms) / 1000)
    told = {
        "ema": f"Ema spoke for {length}",
        "candidate": f"The candidate spoke for {length}",
        "typed": "The candidate typed an answer",
        "away": f"The connection was lost for {length}",
    }
    return {
        "lane": _LANES[moment.kind],
        "kind": moment.kind,
        "from": begins,
        "to": max(ends, begins + _NARROWEST_MIN),
        "told": told[moment.kind],
    }


def _told(report: Report) -> str:
    if not report.timeline:
        return f"The candidate spoke for {minutes(report.candidate_talk_s)}."
    barge_ins = sum(moment.barge_in for moment in report.timeline)
    drops = sum(moment.kind == "away" for moment in report.timeline)
    parts = [
        f"the candidate spoke for {minutes(talk_s(report.timeline, 'candidate'))}",
        f"Ema for {minutes(talk_s(report.timeline, 'ema'))}",
    ]
    typed = sum(moment.kind == "typed" for moment in report.timeline)
    parts += [f"typed answers: {typed}"] if typed else []
    parts += [f"barge-ins: {barge_ins}"] if barge_ins else []
    parts += [f"drops: {drops}, {minutes(talk_s(report.timeline, 'away'))} in all"] if drops else []
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}."
