"""When who spoke, typed or was gone: what a report keeps of the course of an interview, without a word of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from services.core.report.rubric import Moment
from services.core.talk.transcript import Conditions, Speaker, Turn

Kind = Literal["ema", "candidate", "typed", "away"]


def timeline(turns: Sequence[Turn], conditions: Conditions) -> tuple[Moment, ...]:
    """In the order of the beginnings."""
    moments = [
        Moment(kind=_kind(turn), from_ms=turn.started_ms, to_ms=turn.ended_ms, barge_in=turn.interrupted)
        for turn in turns
    ]
    moments += [Moment(kind="away", from_ms=left, to_ms=back) for left, back in conditions.away_ms]
    return tuple(sorted(moments, key=lambda moment: (moment.from_ms, moment.to_ms)))


def talk_s(moments: Sequence[Moment], kind: Kind) -> int:
    return round(sum(moment.to_ms - moment.from_ms for moment in moments if moment.kind == kind) / 1000)


def _kind(turn: Turn) -> Kind:
    if turn.speaker is Speaker.EMA:
        return "ema"
    return "typed" if turn.typed else "candidate"
