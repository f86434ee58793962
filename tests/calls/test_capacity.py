"""How many calls a machine carries, and when it takes no other: by its cores, its speed, and the lag of its loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.calls import capacity
from services.calls.capacity import MOST, Capacity, cores, lines_of
from services.calls.snapshot import Phase
from services.core.errors import LinesBusy
from services.core.load import LOOKS, WINDOW
from services.core.talk.events import SpeechStarted, UserText
from services.observe.metrics import Bound
from services.web import background
from tests.calls.test_call import GREETING, scripted
from tests.fakes import AudioSent, until
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
    for _ in range(LOOKS + 1):
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


async def test_a_loop_that_is_late_sheds_the_optional_then_closes_and_takes_both_back(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "LOOK_S", 0.01)
    growing = UserText("u1", "I read the query", append=False, final=False)
    script = [GREETING, until(AudioSent), (SpeechStarted(), growing)]
    house = build(max_live_calls=9, free_window_s=60)
    calls, interview = house.calls(scripted(script)), house.prepare()
    await house.visit(calls, interview)
    call, load = calls.find(interview.id), calls.load
    parts: Any = SimpleNamespace(calls=calls)
    assert call

    def seen() -> tuple[bool, bool, int]:
        """Whether the growing caption is shown, and why it would not be, and how many calls there may be."""
        view = call.snapshot()
        return growing.text in [caption.text for caption in view.captions], view.strained, calls.lines

    await eventually(lambda: seen()[0])
    calm, steps = seen(), list[tuple[bool, bool]]()
    measuring = asyncio.create_task(background.measure_lag(parts))
    while not load.behind:
        time.sleep(0.1)  # noqa: ASYNC251 - the loop is as late as it would be with too much to do
        steps.append((load.strained, load.behind))
        await asyncio.sleep(0)
    measuring.cancel()
    await eventually(lambda: call.snapshot().strained)
    late = seen()
    for _ in range(WINDOW):
        load.woke(0.0)
    await eventually(lambda: not call.snapshot().strained)

    assert (True, False) in steps
    assert (calm, late, seen()) == ((True, False, 9), (False, True, 1), (True, False, 9))
    assert (call.snapshot().phase, house.kinds()) == (Phase.LIVE, ["grant"])
    await calls.aclose()
