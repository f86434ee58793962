"""What the report page says of the line, in sentences."""

from __future__ import annotations

from datetime import timedelta

from services.core.call_log import Beacon, CallLog, LeaveReason, SeenCall
from services.core.interview import Status
from tests.pages.conftest import Open
from tests.pages.examples import BEGAN, interview
from tests.pages.parts import FakeParts

LOG = CallLog(
    started_at=BEGAN,
    ended_at=BEGAN + timedelta(seconds=605),
    closed_by="agent",
    provider="openai",
    turns_candidate=7,
    turns_ema=9,
    typed=2,
    barge_ins=1,
    tool_calls=3,
    tool_failures=1,
    joins=2,
    drops=2,
    seconds_away=14,
    e2e_p50_ms=640,
    e2e_p95_ms=1210,
)
BEACON = Beacon(call=1, reason=LeaveReason.ENDED, rtt_ms=31, lost=4, candidate="relay/udp", visible_s=590)


def test_the_report_page_tells_what_happened_on_the_line(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.COMPLETE)
    parts.interviews.calls_seen = [SeenCall(number=1, log=LOG, beacon=BEACON, browser="Firefox 143")]

    app = visit("report", id="i1")

    told = next(item.value for item in app.markdown if "It lasted" in item.value).replace("\\", "")
    assert told.splitlines() == [
        "- It lasted 10:05; Ema ended it.",
        "- 7 turns of yours and 9 of Ema's, 2 of yours typed.",
        "- Ema answered within 640 ms half of the time, within 1210 ms nearly always.",
        "- You spoke over Ema once.",
        "- Your connection was lost 2 times, for 14 seconds in all.",
        "- The voice asked this server 3 times, 1 of them in vain.",
        "- Your browser (Firefox 143) reached us through a relay in 31 ms, 4 packets of her voice were lost.",
        "- The page was in front for 9:50.",
    ]


def test_an_interview_without_a_call_tells_nothing_of_one(visit: Open, parts: FakeParts) -> None:
    parts.interviews.kept["i1"] = interview(Status.FAILED)

    app = visit("report", id="i1")

    assert [item.label for item in app.expander] == []
