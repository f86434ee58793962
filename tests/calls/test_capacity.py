"""How many calls a machine carries, and when it takes no other: by its cores, its speed, and the lag of its loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.calls import capacity
from services.calls.capacity import MOST, Capacity, cores, lines_of
from services.core.errors import LinesBusy
from services.core.load import FEWEST
from services.observe.metrics import Bound
from tests.calls.test_call import GREETING, scripted
from tests.house import Build
from tests.refusals import refusals
from tests.waiting import eventually

pytestmark = pytest.mark.realtime


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


async def test_while_the_loop_is_late_nobody_joins_a_running_call(build: Build) -> None:
    house = build(max_live_calls=9)
    calls, interview = house.calls(scripted([GREETING], [GREETING])), house.prepare()
    for _ in range(FEWEST):
        calls.load.woke(0.1)
    await house.visit(calls, interview)
    first = calls.find(interview.id)
    assert first
    await eventually(lambda: first.holds_line)

    with pytest.raises(LinesBusy, match="All lines are busy"):
        await calls.admit(interview.model_copy(update={"id": "another"}))

    assert calls.lines == 1
    assert refusals(calls.recorder.metrics) == {Bound.LAG: 1}
    await calls.aclose()
