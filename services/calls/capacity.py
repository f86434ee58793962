"""How many calls this server carries at once: from the machine, and from how late its event loop wakes up."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
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

WINDOW_S = 10.0
LATE_SHARE = 0.2
"""Of the looks within the window. A frame is late for the browser each time."""
FEWEST_LOOKS = 10


class Capacity:
    """Thread-safe. `lines` overrides what the machine would say; `max_lag_s` of 0: the count decides alone."""

    def __init__(
        self, lines: int | None = None, max_lag_s: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._set, self._measured, self._max_lag_s, self._clock = lines, TYPICAL, max_lag_s, clock
        self._looks: deque[tuple[float, bool]] = deque()
        self._lock = threading.Lock()

    @property
    def lines(self) -> int:
        return self._measured if self._set is None else self._set

    def measure(self, encoding_s: Callable[[], float]) -> None:
        """Asks how long a frame takes to encode, in seconds of the processor; blocks as long as that does."""
        if self._set is None:
            took_s, have = encoding_s(), cores()
            self._measured = lines_of(have, took_s)
            log.info("lines", count=self._measured, cores=round(have, 1), encoding_ms=round(1000 * took_s, 3))

    def woke(self, late_s: float) -> None:
        """The loop woke up this much later than it was to; told a few times a second."""
        with self._lock:
            now = self._clock()
            self._looks.append((now, late_s > self._max_lag_s))
            while self._looks[0][0] < now - WINDOW_S:
                self._looks.popleft()

    @property
    def behind(self) -> bool:
        """The loop is late so often that one more call would be heard to break, and the others with it."""
        with self._lock:
            count, late = len(self._looks), sum(one[1] for one in self._looks)
        return self._max_lag_s > 0 and count >= FEWEST_LOOKS and late >= LATE_SHARE * count


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
