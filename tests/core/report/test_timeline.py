"""The course of an interview: who spoke when, without a word."""

from __future__ import annotations

from services.core.report.rubric import Moment
from services.core.report.timeline import talk_s, timeline
from services.core.talk.transcript import Conditions, Speaker, Turn

TURNS = (
    Turn("t1", Speaker.EMA, "How?", 0, 4000, "q1", interrupted=True),
    Turn("t2", Speaker.CANDIDATE, "Like this.", 3800, 9000, "q1"),
    Turn("t3", Speaker.CANDIDATE, "And so.", 20_000, 20_000, "q1", typed=True),
)


def test_timeline_tells_turns_and_absences_in_order() -> None:
    moments = timeline(TURNS, Conditions(drops=1, away_ms=((9000, 15_000),)))

    assert moments == (
        Moment(kind="ema", from_ms=0, to_ms=4000, barge_in=True),
        Moment(kind="candidate", from_ms=3800, to_ms=9000),
        Moment(kind="away", from_ms=9000, to_ms=15_000),
        Moment(kind="typed", from_ms=20_000, to_ms=20_000),
    )
    assert (talk_s(moments, "ema"), talk_s(moments, "candidate"), talk_s(moments, "typed")) == (4, 5, 0)


def test_timeline_holds_no_words() -> None:
    assert "this" not in str(timeline(TURNS, Conditions()))
