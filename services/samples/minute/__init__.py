"""The minute that the start page plays: its sound, who says what when, and the report it ended in.

All of it was recorded together by `scripts/minute.py`, and nothing is written by hand.
"""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from services.core.plan.plan import Plan
from services.core.report.rubric import Report

_FOLDER = Path(__file__).parent
AUDIO, SCORE = _FOLDER / "minute.mp3", _FOLDER / "minute.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Line(_Frozen):
    """What one of the two says without a break, as the stage showed it; times are seconds of the sound."""

    speaker: str
    text: str
    begin: float
    end: float
    cut: bool = False
    """The other one interrupted it; `text` is what was heard."""


class Minute(_Frozen):
    seconds: float
    states: tuple[tuple[float, str], ...]
    """What Ema did, from when on."""
    lines: tuple[Line, ...]
    plan: Plan
    report: Report
    started_at: datetime


@functools.cache
def recorded() -> Minute:
    return Minute.model_validate_json(SCORE.read_text(encoding="utf-8"))
