"""How late the event loop wakes up, and what gives way when it is late: first the optional, then the next call."""

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
WINDOW, FEWEST = 40, 10
"""Measurements by which it is behind or not: ten seconds' where it is not, and at least so many."""
LATE_SHARE = 0.2
"""Of them. A frame is late for the browser each time."""
VIEW_S, STRAINED_VIEW_S = 0.0, 1.0
"""Between two pictures of a call for its page, at least: its clock, its meter, its figures."""


class Load:
    """Of one event loop, which tells it how late it woke up; read from any thread.

    `max_lag_s` is what a browser's player has in hand; 0: no lag is too much for another call.
    """

    def __init__(self, max_lag_s: float = 0.0) -> None:
        self._late_s: deque[float] = deque(maxlen=LOOKS)
        self._too_late: deque[bool] = deque(maxlen=WINDOW)
        self._max_lag_s = max_lag_s
        self.lag_s = 0.0
        """The second latest of the last wake-ups was this late: one pause alone is no overload."""
        self.strained = False
        self.behind = False
        """So often late that one more call would be heard to break, and the others with it."""

    def woke(self, late_s: float) -> None:
        """After `LOOK_S`, this much too late."""
        self._late_s.append(max(0.0, late_s))
        self.lag_s = sorted(self._late_s)[-2:][0]
        if len(self._late_s) == LOOKS:
            self.strained = self.lag_s > (CALM_S if self.strained else STRAINED_S)
        self._too_late.append(0 < self._max_lag_s < late_s)
        many = len(self._too_late) >= FEWEST
        self.behind = many and sum(self._too_late) >= LATE_SHARE * len(self._too_late)

    @property
    def view_s(self) -> float:
        return STRAINED_VIEW_S if self.strained else VIEW_S

    def shown(self, captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
        """The candidate's own wait until they are whole; Ema's do not, for somebody may read her instead of hearing."""
        if not self.strained:
            return captions
        return tuple(caption for caption in captions if caption.final or caption.speaker != Speaker.CANDIDATE)
