"""How an interview ends in time: the wrap-up, the farewell, the goodbye and the limit."""

from __future__ import annotations

from services.core.actions import InstructionKind
from services.core.floor import Floor

PATIENCE_S = 10.0
"""How long the wrap-up waits for whoever is speaking."""
FAREWELL_S = 12.0
"""Before the limit, and a fifth of the wrap-up at most. In its last half there is no time to begin one."""
LINGER_S = 2.0
"""Of silence after `end_interview`, in case the goodbye is still on its way."""
LINGER_SPEAKING_S = 10.0
"""The same while the candidate is speaking."""


class Closing:
    """When which step is due, and which ones Ema was told of."""

    def __init__(self, limit_s: float, wrap_up_s: float) -> None:
        # A wrap-up longer than half of a (shortened) interview would leave no time to ask.
        wrap_up_s = min(wrap_up_s, limit_s / 2)
        self.limit_s = limit_s
        self.talk_until_s = limit_s - wrap_up_s
        self._farewell_s = min(FAREWELL_S, wrap_up_s / 5)
        self._wrap_up_at = self.talk_until_s
        self._wrap_up_told = False
        self.farewell_told = False
        self.goodbye_since: float | None = None
        """Of the model's `end_interview`."""

    def told(self, kind: InstructionKind) -> None:
        self._wrap_up_told = self._wrap_up_told or kind is InstructionKind.WRAP_UP
        self.farewell_told = self.farewell_told or kind is InstructionKind.FAREWELL

    def forget_told(self, at: float, *, over: bool) -> None:
        """Ema has to be told again: she is a new one, or was not heard. `over`: there is nothing left to ask."""
        self._wrap_up_told = self.farewell_told = False
        if over:
            self._wrap_up_at = min(self._wrap_up_at, at)

    def wrap_up_at(self, floor: Floor) -> float | None:
        """At a natural moment, or when patience ends."""
        if self._wrap_up_told or self.farewell_told or self.goodbye_since is not None or not floor.reachable:
            return None
        return self._wrap_up_at if floor.still else self._wrap_up_at + PATIENCE_S

    def farewell_at(self, floor: Floor, now: float) -> float | None:
        """Whoever of the two speaks: the candidate is cut, Ema is not, as she is most likely saying it."""
        if (
            self.farewell_told
            or self.goodbye_since is not None
            or not floor.reachable
            or floor.gate.playing is not None
        ):
            return None
        return self.limit_s - self._farewell_s if now <= self.limit_s - self._farewell_s / 2 else None

    def hangup_at(self, floor: Floor) -> float | None:
        """When the goodbye has been heard, or will not come."""
        if self.goodbye_since is None or floor.gate.playing is not None:
            return None
        return max(self.goodbye_since, floor.quiet_since) + (LINGER_SPEAKING_S if floor.speaking else LINGER_S)
