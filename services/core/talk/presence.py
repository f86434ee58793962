"""Who was there: how much of a stretch of time the server served, and whether the candidate's silence is theirs."""

from __future__ import annotations

from collections import deque

BEAT_S = 0.1
"""How often the server says that it is awake."""
LATE_S = 0.4
"""A beat later than this was lost time: the process was stopped, or the machine had no time for it."""
KEPT = 64
"""Losses remembered; older ones have been judged long ago."""


class ServedTime:
    """What the server lost of its own clock. All times are seconds of any one clock that never goes back."""

    def __init__(self, at: float) -> None:
        self._beat_at = at
        self._lost: deque[tuple[float, float]] = deque(maxlen=KEPT)
        """(end, length) of each loss."""

    def beat(self, at: float) -> None:
        """The server is awake, as it should have been `BEAT_S` after the last beat."""
        if lost := self._overdue(at):
            self._lost.append((at, lost))
        self._beat_at = max(self._beat_at, at)

    def between(self, since: float, at: float) -> float:
        """Seconds from `since` until `at`, which is now, in which the server was awake and would have noticed."""
        lost = sum(min(length, ended - since) for ended, length in self._lost if ended > since)
        return max(0.0, at - since - lost - max(0.0, min(self._overdue(at), at - since)))

    def _overdue(self, at: float) -> float:
        late = at - self._beat_at - BEAT_S
        return late if late > LATE_S else 0.0
