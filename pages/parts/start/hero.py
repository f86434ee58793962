"""The head of the start page: what this is, a minute of it to watch, and the way to one's own."""

from __future__ import annotations

import streamlit as st

from pages.parts import components
from pages.parts.visit import Visit
from pages.parts.words import minutes

HEADLINE = "A phone screen for your next role"
SENTENCE = (
    "Talk with **Ema, an AI interviewer**, about a job description for up to 15 minutes, and get a report in which "
    "every claim rests on words you really said."
)


def draw(visit: Visit, *, own: bool) -> None:
    """`own`: an interview can be prepared on this page."""
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words.container(gap="small"):
        st.title(HEADLINE, anchor=False)
        st.markdown(SENTENCE)
        components.ways(key="ways", data={"own": own})
    with picture:
        minute(visit)


def minute(visit: Visit) -> None:
    """The recorded minute: what a report quotes from it, until somebody plays it, and the way to its report."""
    recorded = visit.parts.samples.minute
    quoted = recorded.report.competencies[0].evidence[0]
    watched = components.minute(
        key="minute",
        data={
            "sound": "/sample/minute.mp3",
            "seconds": recorded.seconds,
            # Tuples: to find out whether a list is a table Streamlit loads pandas, a second of the first visit.
            "states": recorded.states,
            "lines": tuple(line.model_dump() for line in recorded.lines),
            "quote": quoted.quote,
            "about": recorded.report.competencies[0].name,
            "where": f"at {minutes(quoted.start_ms / 1000)}",
        },
        on_report_change=lambda: None,
    )
    if getattr(watched, "report", None):
        st.switch_page("pages/sample.py", query_params={"report": "minute"})
