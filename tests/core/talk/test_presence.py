from __future__ import annotations

import pytest

from services.core.talk.presence import BEAT_S, LATE_S, ServedTime


def beating(until: float) -> ServedTime:
    """Awake from 0 to `until`."""
    served = ServedTime(0.0)
    for number in range(1, round(until / BEAT_S) + 1):
        served.beat(number * BEAT_S)
    return served


def test_time_of_a_server_that_is_awake_is_served() -> None:
    assert beating(10).between(2, 10) == 8


def test_a_beat_that_is_a_little_late_loses_nothing() -> None:
    served = beating(10)
    served.beat(10 + BEAT_S + LATE_S)

    assert served.between(9, 11) == 2


@pytest.mark.parametrize(
    ("since", "at", "awake_s"),
    [(9, 16, 1.1), (9, 16.1, 1.2), (12, 16, 0.0), (16, 20, 4.0)],
    ids=["across it", "a moment later", "from within it", "after it"],
)
def test_a_stopped_server_served_nobody(since: float, at: float, awake_s: float) -> None:
    served = beating(10)
    served.beat(16)
    for number in range(1, 41):
        served.beat(16 + number * BEAT_S)

    assert served.between(since, at) == pytest.approx(awake_s)


def test_a_stop_counts_before_anybody_measured_it() -> None:
    served = beating(10)

    assert served.between(9, 16) == pytest.approx(1.1)
    assert served.between(12, 16) == 0
