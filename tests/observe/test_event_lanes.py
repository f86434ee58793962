from __future__ import annotations

from typing import Any

from services.observe.event_lanes import CANDIDATE, EMA, LINE, LaneMark, LaneSpan, lanes_of
from services.observe.recorder import Recorder
from tests.observe.test_recorder import BEGAN, FACTS, interview


def entry(at: float, event: str, *did: dict[str, Any], **told: Any) -> dict[str, Any]:
    return {"at": at, "event": event, **told, "did": list(did)}


def test_a_call_becomes_spans_and_marks() -> None:
    lanes = lanes_of(
        {
            "entries": [
                entry(0.0, "connected", label="OpenAI"),
                entry(1.0, "PlayoutStarted"),
                entry(2.0, "SpeechStarted", {"action": "Interrupt", "item": "i1"}),
                entry(2.1, "Heard", heard_ms=1100, total_ms=3000),
                entry(4.0, "SpeechStopped"),
                entry(5.0, "Typed"),
                entry(6.0, "Closed", cause="network"),
            ]
        }
    )

    assert lanes.spans == [
        LaneSpan(EMA, 1.0, 2.1, "Ema was heard, cut after 1.1 of 3.0 s"),
        LaneSpan(CANDIDATE, 2.0, 4.0, "The candidate spoke"),
        LaneSpan(LINE, 0.0, 6.0, "OpenAI, closed: network"),
    ]
    assert lanes.marks == [
        LaneMark(EMA, 2.0, "barge-in", "Interrupt"),
        LaneMark(CANDIDATE, 5.0, "typed", "A typed answer"),
    ]


def test_what_still_goes_on_lasts_to_the_end() -> None:
    lanes = lanes_of({"entries": [entry(0.0, "connected", label="Gemini"), entry(7.0, "Tick")]})

    assert (lanes.end_s, lanes.spans) == (7.0, [LaneSpan(LINE, 0.0, 7.0, "Gemini")])


def test_a_real_record_has_every_lane() -> None:
    recorder = Recorder(lambda: BEGAN)
    interview(recorder.call(FACTS))
    recorder.close()
    record = recorder.records.find("interview-1")
    assert record is not None

    lanes = lanes_of(record)

    assert {span.lane for span in lanes.spans} == {LINE, EMA, CANDIDATE}
    assert {"barge-in", "tool", "hang-up", "away", "typed"} <= {mark.kind for mark in lanes.marks}
