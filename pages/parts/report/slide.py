"""One page of the report as a picture: for a slide, with the levels, the strongest words and what it is not."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.report.findings import running
from pages.parts.words import date
from services.core.interview import Interview
from services.core.report.rubric import LEVEL_NAMES, CompetencyRating, Report

MOST_QUOTES = 3


def draw(interview: Interview, report: Report) -> None:
    with st.expander("A picture for a slide", key="review_slide"):
        rows = [
            {"name": rating.name, "score": rating.score or 0, "level": _level(rating)} for rating in report.competencies
        ]
        about = {piece.id: rating.name for rating in report.competencies for piece in rating.evidence}
        quotes = [{"words": piece.quote, "about": about[piece.id]} for piece in report.highlights] or [
            {"words": piece.quote, "about": rating.name}
            for rating in report.competencies
            for piece in rating.evidence[:1]
        ]
        answered = sum(item.is_answered for item in report.coverage)
        when = f"Phone screen of {date(interview.started_at)}" if interview.started_at else "Phone screen"
        components.slide(
            key="slide",
            data={
                "title": interview.plan.role_title,
                "who": " · ".join(
                    filter(None, (interview.label, when, f"{answered} of {len(report.coverage)} answered"))
                ),
                "rows": rows,
                "quotes": quotes[:MOST_QUOTES],
                "foot": report.decision_support,
                "told": f"{running(interview)}. " + "; ".join(f"{row['name']}: {row['level']}" for row in rows),
                "file": "syntaxia-report.png",
            },
        )


def _level(rating: CompetencyRating) -> str:
    if rating.score is not None:
        return f"{LEVEL_NAMES[rating.score]}, {rating.confidence} confidence"
    quotes = len(rating.evidence)
    return f"No level · {quotes} quote{'s' if quotes != 1 else ''}" if quotes else "No level · nothing to quote"
