"""How late the event loop wakes up, and what gives way when it is late: the optional, before any call is refused."""

from __future__ import annotations

from collections import deque

from services.core.talk.transcript import Caption

LOOK_S = 0.25
"""Between two measurements."""
LOOKS = 12
"""Measurements that are judged together, so that one pause is no overload."""
STRAINED_S = 0.03
"""Half of the wake-ups later than this: frames of 20 ms are late more often than not."""
CALM_S = 0.01
"""Half of them earlier than this: it is over. Between the two, nothing changes."""
VIEW_S, STRAINED_VIEW_S = 0.0, 1.0
"""Between two pictures of a call for its page, at least: its clock, its meter, its figures."""


class Load:
    """Of one event loop, which tells it how late it woke up; read from any thread."""

    def __init__(self) -> None:
        self._late_s: deque[float] = deque(maxlen=LOOKS)
        self.lag_s = 0.0
        """Half of the last wake-ups were later than this."""
        self.strained = False

    def woke(self, late_s: float) -> None:
        """After `LOOK_S`, this much too late."""
        self._late_s.append(max(0.0, late_s))
        self.lag_s = sorted(self._late_s)[len(self._late_s) // 2]
        if len(self._late_s) == LOOKS:
            self.strained = self.lag_s > (CALM_S if self.strained else STRAINED_S)

    @property
    def view_s(self) -> float:
        return STRAINED_VIEW_S if self.strained else VIEW_S

    def shown(self, captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
        """Those that still grow word by word wait until they are whole."""
        return tuple(caption for caption in captions if caption.final) if self.strained else captions
