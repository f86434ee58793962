"""The log of a call: counts and times, and not a word. The server's figures count; the browser's stand beside them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LATE = timedelta(minutes=10)
"""So long after a call's end its browser may still tell."""

_BROWSERS = (("Edge", "Edg"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Version"))
"""In the order in which they must be looked for: each names the ones it descends from as well."""


class CallLog(BaseModel):
    """What the server saw of one call, whoever ended it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    started_at: datetime
    ended_at: datetime
    closed_by: str
    """`CloseCause`, or "failed"."""
    provider: str
    model: str | None = None
    turns_candidate: int
    turns_ema: int
    typed: int
    barge_ins: int
    tool_calls: int
    tool_failures: int
    joins: int
    drops: int
    seconds_away: int
    e2e_p50_ms: int | None = None
    """From the end of the candidate's speech to Ema's first sound."""
    e2e_p95_ms: int | None = None


class LeaveReason(StrEnum):
    """Why a browser tells."""

    PAGEHIDE = "pagehide"
    HIDDEN = "hidden"
    ENDED = "ended"
    MOVED = "moved"


Candidate = Literal[
    "host/udp", "host/tcp", "srflx/udp", "srflx/tcp", "prflx/udp", "prflx/tcp", "relay/udp", "relay/tcp"
]
Count = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]


class Beacon(BaseModel):
    """What only the browser saw: numbers and closed lists, so that nothing else can be left here."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    v: Literal[1] = 1
    call: Annotated[int, Field(ge=1, le=1000, strict=True)]
    reason: LeaveReason
    rtt_ms: Count | None = None
    jitter_ms: Count | None = None
    lost: Count | None = None
    """Packets of Ema's voice."""
    candidate: Candidate | None = None
    """ICE candidate type and transport of the browser's end."""
    autoplay_blocked: bool | None = None
    visible_s: Count | None = None
    errors: Count | None = None


class SeenCall(BaseModel):
    """One call's log as it is shown: the server's figures, and what the browser told last."""

    model_config = ConfigDict(frozen=True)

    number: int
    """1, 2, … within the interview."""
    log: CallLog
    beacon: Beacon | None = None
    browser: str | None = None


def browser_of(user_agent: str) -> str:
    """Family and major version, such as "Firefox 141"; "other" for what is none of the four."""
    for name, token in _BROWSERS:
        if found := re.search(rf"\b{token}(?:iOS|A)?/(\d{{1,4}})\b", user_agent):
            return f"{name} {found[1]}"
    return "other"
