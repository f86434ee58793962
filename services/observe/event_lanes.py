"""An event record as spans and marks on a few lanes: what a chart of a call draws. Pure, and without words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CANDIDATE, EMA, LINE = "Candidate", "Ema", "Line"
LANES = (LINE, EMA, CANDIDATE)
DECISIONS = {
    "Interrupt": "barge-in",
    "Instruct": "instruction",
    "AnswerTool": "tool",
    "CallTool": "tool",
    "Announce": "notice",
    "Hangup": "hang-up",
}
"""What is worth a mark, in the chart's words."""


@dataclass(frozen=True, slots=True)
class LaneSpan:
    lane: str
    start_s: float
    end_s: float
    told: str


@dataclass(frozen=True, slots=True)
class LaneMark:
    lane: str
    at_s: float
    kind: str
    told: str


@dataclass(slots=True)
class Lanes:
    """`end_s`: of the record."""

    end_s: float = 0.0
    spans: list[LaneSpan] = field(default_factory=list)
    marks: list[LaneMark] = field(default_factory=list)
    _open: dict[str, tuple[float, str]] = field(default_factory=dict)

    def begin(self, lane: str, at: float, told: str) -> None:
        self.end(lane, at)
        self._open[lane] = at, told

    def end(self, lane: str, at: float, how: str = "") -> None:
        if known := self._open.pop(lane, None):
            began, told = known
            self.spans.append(LaneSpan(lane, began, max(at, began), f"{told}{how}"))


def lanes_of(record: Mapping[str, Any]) -> Lanes:
    """Of a masked record, running or over."""
    lanes = Lanes()
    for entry in record["entries"]:
        at = max(0.0, float(entry["at"]))
        lanes.end_s = max(lanes.end_s, at)
        _take(lanes, entry, at)
        for action in entry.get("did", ()):
            _decided(lanes, action, at)
    for lane in LANES:
        lanes.end(lane, lanes.end_s)
    return lanes


def _take(lanes: Lanes, entry: Mapping[str, Any], at: float) -> None:
    match entry["event"]:
        case "connected":
            lanes.begin(LINE, at, str(entry["label"]))
        case "Closed":
            lanes.end(LINE, at, f", closed: {entry['cause']}")
        case "EndingSoon":
            lanes.marks.append(LaneMark(LINE, at, "notice", "The vendor will close this connection soon"))
        case "SpeechStarted":
            lanes.begin(CANDIDATE, at, "The candidate spoke")
        case "SpeechStopped":
            lanes.end(CANDIDATE, at)
        case "Typed":
            lanes.marks.append(LaneMark(CANDIDATE, at, "typed", "A typed answer"))
        case "CandidateLeft":
            lanes.end(CANDIDATE, at)
            lanes.marks.append(LaneMark(CANDIDATE, at, "away", "The candidate was gone"))
        case "PlayoutStarted":
            lanes.begin(EMA, at, "Ema was heard")
        case "PlayoutDrained":
            lanes.end(EMA, at)
        case "Heard":
            lanes.end(EMA, at, f", cut after {entry['heard_ms'] / 1000:.1f} of {entry['total_ms'] / 1000:.1f} s")


def _decided(lanes: Lanes, action: Mapping[str, Any], at: float) -> None:
    kind = DECISIONS.get(str(action["action"]))
    if kind is not None:
        lane = LINE if kind in ("notice", "hang-up") else EMA
        told = f"{action['action']} {action.get('kind') or action.get('name') or action.get('cause') or ''}".strip()
        lanes.marks.append(LaneMark(lane, at, kind, told))
