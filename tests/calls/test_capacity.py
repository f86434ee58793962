"""How many calls a machine carries, and when it takes no other: by its cores, its speed, and the lag of its loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.calls import capacity
from services.calls.capacity import FEWEST_LOOKS, MOST, WINDOW_S, Capacity, cores, lines_of
from services.core.errors import LinesBusy
from services.observe.metrics import Bound
from tests.calls.test_call import GREETING, scripted
from tests.clock import Clock
from tests.house import Build
from tests.refusals import refusals
from tests.waiting import eventually

pytestmark = pytest.mark.realtime
LAG_S = 0.06


@pytest.mark.parametrize(
    ("have", "encoding_ms", "lines"),
    [(2, 0.135, 12), (4, 0.135, 12), (1, 0.135, 6), (0.5, 0.135, 3), (8, 0.05, 33), (8, 0.005, MOST), (2, 30, 1)],
)
def test_lines_follow_from_cores_and_encoding(have: float, encoding_ms: float, lines: int) -> None:
    assert lines_of(have, encoding_ms / 1000) == lines


def test_a_containers_quota_counts_as_its_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(capacity, "CGROUP", quota)
    whole = cores()

    quota.write_text("50000 100000\n")
    half = cores()
    quota.write_text("max 100000\n")

    assert (half, cores()) == (0.5, whole)


def test_what_the_operator_set_is_not_measured() -> None:
    def slow() -> float:
        raise AssertionError("nobody asked")

    told = Capacity(lines=3)
    told.measure(slow)

    assert told.lines == 3


def looked(*late_s: float, max_lag_s: float = LAG_S) -> Capacity:
    clock = Clock()
    made = Capacity(max_lag_s=max_lag_s, clock=clock.monotonic)
    for one in late_s:
        clock.advance(0.25)
        made.woke(one)
    return made


@pytest.mark.parametrize(
    ("late_s", "behind"),
    [
        ([0.0] * 40, False),
        ([0.0] * 39 + [5.0], False),
        ([0.0, 0.0, 0.0, 0.1] * 10, True),
        ([0.05] * 40, False),
        ([0.1] * (FEWEST_LOOKS - 1), False),
        ([0.1] * 40 + [0.0] * round(WINDOW_S / 0.25 + 1), False),
    ],
)
def test_only_a_loop_that_is_often_late_is_behind(late_s: list[float], behind: bool) -> None:
    assert looked(*late_s).behind is behind


def test_without_a_bound_no_lag_is_too_much() -> None:
    assert not looked(*[9.0] * 40, max_lag_s=0).behind


async def test_while_the_loop_is_late_nobody_joins_a_running_call(build: Build) -> None:
    house = build(max_live_calls=9)
    calls, interview = house.calls(scripted([GREETING], [GREETING])), house.prepare()
    calls.capacity = looked(*[0.1] * 40)
    await house.visit(calls, interview)
    first = calls.find(interview.id)
    assert first
    await eventually(lambda: first.holds_line)

    with pytest.raises(LinesBusy, match="All lines are busy"):
        await calls.admit(interview.model_copy(update={"id": "another"}))

    assert calls.lines == 1
    assert refusals(calls.recorder.metrics) == {Bound.LAG: 1}
    await calls.aclose()
