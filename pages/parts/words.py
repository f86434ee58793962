"""Words for states, times and numbers, the same on every page."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from services.core.interview import Status
from services.core.report.rubric import Coverage

Color = Literal["blue", "gray", "green", "orange", "red", "yellow"]
"""Of a badge."""

STATUS_WORDS = {
    Status.SETUP: "Plan ready",
    Status.ACTIVE: "In the call",
    Status.ANALYZING: "Report in the making",
    Status.COMPLETE: "Report ready",
    Status.FAILED: "Did not finish",
}
STATUS_COLORS: dict[Status, Color] = {
    Status.SETUP: "blue",
    Status.ACTIVE: "orange",
    Status.ANALYZING: "orange",
    Status.COMPLETE: "green",
    Status.FAILED: "gray",
}
COVERAGE_WORDS = {
    Coverage.ANSWERED: "Answered",
    Coverage.TOO_SHORT: "Too short to read",
    Coverage.SKIPPED: "Skipped",
    Coverage.UNANSWERED: "Not answered",
    Coverage.NOT_REACHED: "Not reached",
}
COVERAGE_COLORS: dict[Coverage, Color] = {
    Coverage.ANSWERED: "green",
    Coverage.TOO_SHORT: "yellow",
    Coverage.SKIPPED: "gray",
    Coverage.UNANSWERED: "gray",
    Coverage.NOT_REACHED: "gray",
}
LEVEL_COLORS: dict[int, Color] = {1: "orange", 2: "yellow", 3: "green", 4: "green"}


def minutes(seconds: float) -> str:
    """Seconds as a clock: 125 becomes "2:05"."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def day(moment: datetime | None) -> str:
    """A UTC time for people: "12 Nov 2026, 14:05 UTC"."""
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC" if moment else "–"


def date(moment: datetime) -> str:
    """The day of a UTC time: "12 Nov 2026"."""
    return f"{moment.day} {moment:%b %Y}"


def plain(text: str) -> str:
    """Text that Markdown draws as it is: nothing in it becomes markup, a link, a formula or an icon."""
    broken = _AFTER_PARSING.sub("\u2060", " ".join(text.split()))
    return "".join("\\" + letter if letter in _MARKUP else letter for letter in broken)


_MARKUP = frozenset("\\`*_{}[]()<>#+-.!|~$:&")
_AFTER_PARSING = re.compile(r"(?<=:)(?=//|material/|streamlit:)|(?<=www)(?=\.)|(?<=@)")
"""Where Streamlit finds icons and links in text that was escaped; a word joiner there keeps it text."""
