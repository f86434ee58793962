"""How many calls this server carries at once, from the machine; how it fares with them is `services/core/load.py`'s."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

TYPICAL = 12
"""Until the machine has been measured."""
MOST = 40
FRAME_S = 0.02
CALL_IN_ENCODINGS = 6.0
"""A call's whole work on the loop, in encodings of its frames: `python -m benchmarks.lines`."""
LOOP_SHARE = 0.5
"""Of one core, because one loop carries all voices; the rest of its time keeps their deadlines."""
CGROUP = Path("/sys/fs/cgroup/cpu.max")


class Capacity:
    """`lines` overrides what the machine would say. Read from any thread."""

    def __init__(self, lines: int | None = None) -> None:
        self._set, self._measured = lines, TYPICAL

    @property
    def lines(self) -> int:
        return self._measured if self._set is None else self._set

    def measure(self, encoding_s: Callable[[], float]) -> None:
        """Asks how long a frame takes to encode, in seconds of the processor; blocks as long as that does."""
        if self._set is None:
            took_s, have = encoding_s(), cores()
            self._measured = lines_of(have, took_s)
            log.info("lines", count=self._measured, cores=round(have, 1), encoding_ms=round(1000 * took_s, 3))


def lines_of(cores: float, encoding_s: float) -> int:
    """Of a machine that takes so long for a frame. On less than two cores, pages and recogniser share the loop's."""
    share = LOOP_SHARE * min(1.0, cores / 2)
    return max(1, min(MOST, int(share * FRAME_S / (CALL_IN_ENCODINGS * encoding_s))))


def cores() -> float:
    """That this process may use: of the machine, of its own affinity, and of its container's quota."""
    have = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with suppress(OSError, ValueError):
        quota, period = CGROUP.read_text().split()
        have = min(have, float(quota) / float(period))  # "max" is no number: no quota
    return have
