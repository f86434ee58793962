"""How late the event loop wakes up, and what gives way when it is late: the optional, before any call is refused."""

from __future__ import annotations

from collections import deque

from services.core.talk.transcript import Caption, Speaker

LOOK_S = 0.25
"""Between two measurements."""
LOOKS = 12
"""Measurements that are judged together."""
STRAINED_S = 0.05
"""Twice within them later than this: frames of 20 ms were late for the browser, and soon new calls are refused."""
CALM_S = 0.02
"""At most once later than this: it is over. Between the two, nothing changes."""
VIEW_S, STRAINED_VIEW_S = 0.0, 1.0
"""Between two pictures of a call for its page, at least: its clock, its meter, its figures."""


class Load:
    """Of one event loop, which tells it how late it woke up; read from any thread."""

    def __init__(self) -> None:
        self._late_s: deque[float] = deque(maxlen=LOOKS)
        self.lag_s = 0.0
        """The second latest of the last wake-ups was this late: one pause alone is no overload."""
        self.strained = False

    def woke(self, late_s: float) -> None:
        """After `LOOK_S`, this much too late."""
        self._late_s.append(max(0.0, late_s))
        self.lag_s = sorted(self._late_s)[-2:][0]
        if len(self._late_s) == LOOKS:
            self.strained = self.lag_s > (CALM_S if self.strained else STRAINED_S)

    @property
    def view_s(self) -> float:
        return STRAINED_VIEW_S if self.strained else VIEW_S

    def shown(self, captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
        """The candidate's own wait until they are whole; Ema's do not, for somebody may read her instead of hearing."""
        if not self.strained:
            return captions
        return tuple(caption for caption in captions if caption.final or caption.speaker != Speaker.CANDIDATE)
