"""How an interview ends in time: the wrap-up, the farewell, the goodbye and the limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.core.talk.events import CloseCause, Instruction, InstructionKind
from services.core.talk.floor import BREATH_S, Floor

PATIENCE_S = 10.0
"""How long the wrap-up waits for whoever is speaking."""
FAREWELL_S = 12.0
"""Before the limit, and a fifth of the wrap-up at most. In its last half there is no time to begin one."""
LINGER_S = 2.0
"""Of silence after the goodbye, in case more of it is still on its way."""
LINGER_SPEAKING_S = 10.0
"""The same while the candidate is speaking."""
LINGER_AT_MOST_S = 20.0
"""After the goodbye was heard, whoever speaks: a television does not stop for it."""
GOODBYE_S = 8.0
"""How long the call waits for a goodbye after an `end_interview` that came without one."""
FIRST_MINUTE_S = 60.0
"""In which a model ends nothing unless the candidate confirmed the wish to: it is more often a misunderstanding."""


class Closing:
    """When which step is due, and which ones Ema was told of."""

    def __init__(self, limit_s: float, wrap_up_s: float) -> None:
        # A wrap-up longer than half of a (shortened) interview would leave no time to ask.
        wrap_up_s = min(wrap_up_s, limit_s / 2)
        self.limit_s = limit_s
        self.talk_until_s = limit_s - wrap_up_s
        self._farewell_s = min(FAREWELL_S, wrap_up_s / 5)
        self._wrap_up_at = self.talk_until_s
        self.wrap_up_told = False
        self.farewell_told = False
        self.goodbye_since: float | None = None
        """Of the model's `end_interview`, or of its hanging up."""

    def bring_forward(self, at: float) -> None:
        """As if the time to talk were over at this second: the wrap-up has the time that it always has."""
        self.limit_s = min(self.limit_s, at + self.limit_s - self.talk_until_s)
        self.talk_until_s = min(self.talk_until_s, at)
        self._wrap_up_at = min(self._wrap_up_at, at)

    def say_goodbye(self, at: float) -> None:
        """Said again, it began when it was said first."""
        self.goodbye_since = at if self.goodbye_since is None else self.goodbye_since

    def permits(self, at: float, *, confirmed: bool, asking: bool) -> bool:
        """Whether the model may end the interview before it was told to.

        `confirmed`: the candidate said yes to that. `asking`: the candidate has yet to answer what she asked last.
        """
        told = self.wrap_up_told or self.farewell_told
        return told or (not asking and (confirmed or at >= FIRST_MINUTE_S))

    def told(self, kind: InstructionKind) -> None:
        self.wrap_up_told = self.wrap_up_told or kind is InstructionKind.WRAP_UP
        self.farewell_told = self.farewell_told or kind is InstructionKind.FAREWELL

    def forget_told(self, at: float, *, over: bool) -> None:
        """Ema has to be told again: she is a new one, or was not heard. `over`: there is nothing left to ask."""
        self.wrap_up_told = self.farewell_told = False
        if over:
            self._wrap_up_at = min(self._wrap_up_at, at)

    def deadlines(
        self, floor: Floor, now: float
    ) -> Iterator[tuple[float, Callable[[float], Instruction | CloseCause]]]:
        """What is due when, in order of precedence."""
        yield self.limit_s, lambda at: CloseCause.LIMIT
        if self.goodbye_since is not None:
            if floor.gate.playing is None:
                yield self._hangup_at(self.goodbye_since, floor), lambda at: CloseCause.AGENT
        elif floor.reachable and not self.farewell_told:
            # Ema is not cut: she is most likely saying goodbye.
            if floor.gate.playing is None and now <= self.limit_s - self._farewell_s / 2:
                yield self.limit_s - self._farewell_s, lambda at: Instruction(InstructionKind.FAREWELL)
            if not self.wrap_up_told:
                yield self._natural_at(floor), lambda at: Instruction(InstructionKind.WRAP_UP)

    def _natural_at(self, floor: Floor) -> float:
        """When the wrap-up is due: at the end of the candidate's turn or in a silence, or when patience ends."""
        at_last = self._wrap_up_at + PATIENCE_S
        if not floor.still:
            return at_last
        if floor.awaited_since is not None:
            return self._wrap_up_at
        return min(at_last, max(self._wrap_up_at, floor.quiet_since + BREATH_S))

    def _hangup_at(self, goodbye_since: float, floor: Floor) -> float:
        heard = floor.heard_until is not None and floor.heard_until > goodbye_since - GOODBYE_S
        # A connection that is gone brings no goodbye any more.
        patient_until = goodbye_since if heard or not floor.connected else goodbye_since + GOODBYE_S
        linger_s = LINGER_SPEAKING_S if floor.speaking else LINGER_S
        lingered_at = max(goodbye_since, floor.quiet_since) + linger_s
        at_last = max(goodbye_since, floor.heard_until or 0.0) + LINGER_AT_MOST_S
        return max(patient_until, min(lingered_at, at_last))
