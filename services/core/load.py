"""How late the event loop wakes up, and what gives way when it is late: first the optional, then the next call."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from services.core.talk.transcript import Caption, Speaker

LOOK_S = 0.25
"""Between two measurements."""
LOOKS = 12
"""Measurements in which strain shows."""
WINDOW = 40
"""Measurements in which calm shows, and whether it is behind: ten seconds'."""
STRAINED_S = 0.05
"""Twice within `LOOKS` later than this: frames of 20 ms were late for the browser, and soon new calls are refused."""
CALM_S = 0.02
"""At most once within `WINDOW` later than this: it is over. Between the two, nothing changes."""
BEHIND_SHARE, CAUGHT_UP_SHARE = 0.2, 0.05
"""Of the last `WINDOW` wake-ups, too late by `max_lag_s`, from which it is behind, and down to which it stays so. Each
time a frame is late for the browser."""
VIEW_S, STRAINED_VIEW_S = 0.0, 1.0
"""Between two pictures of a call for its page, at least: its clock, its meter, its figures."""


class Load:
    """Of one event loop, which tells it how late it woke up; read from any thread.

    Calm, strained, behind: it falls one step at a time, so that what is optional gives way before a call is refused.
    `max_lag_s` is what a browser's player has in hand; 0: no lag is too much for another call.
    """

    def __init__(self, max_lag_s: float = 0.0) -> None:
        self._late_s: deque[float] = deque(maxlen=WINDOW)
        self._max_lag_s = max_lag_s
        self.lag_s = 0.0
        """The second latest of the last wake-ups was this late: one pause alone is no overload."""
        self.strained = False
        self.behind = False
        """So often late that one more call would be heard to break, and the others with it."""

    def woke(self, late_s: float) -> None:
        """After `LOOK_S`, this much too late."""
        was_strained = self.strained
        self._late_s.append(max(0.0, late_s))
        self.lag_s = _second_latest(list(self._late_s)[-LOOKS:])
        if was_strained:
            self.strained = len(self._late_s) < WINDOW or _second_latest(self._late_s) > CALM_S
        else:
            self.strained = len(self._late_s) >= LOOKS and self.lag_s > STRAINED_S
        self.behind = was_strained and self.strained and self._falls_behind()

    def _falls_behind(self) -> bool:
        too_late = sum(0 < self._max_lag_s < late_s for late_s in self._late_s) / len(self._late_s)
        return too_late > CAUGHT_UP_SHARE if self.behind else too_late >= BEHIND_SHARE

    @property
    def view_s(self) -> float:
        return STRAINED_VIEW_S if self.strained else VIEW_S

    def shown(self, captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
        """The candidate's own wait until they are whole; Ema's do not, for somebody may read her instead of hearing."""
        if not self.strained:
            return captions
        return tuple(caption for caption in captions if caption.final or caption.speaker != Speaker.CANDIDATE)


def _second_latest(late_s: Collection[float]) -> float:
    return sorted(late_s)[-2] if len(late_s) > 1 else 0.0
