"""Who voices the interview next when a connection was lost: the same vendor, another one, at last the offline one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.core.talk.events import CloseCause

FINAL_CAUSES = frozenset({CloseCause.AUTH, CloseCause.QUOTA, CloseCause.CONFIG, CloseCause.SAFETY})
"""Trying the same vendor again cannot help."""
ATTEMPTS_EACH = 2
"""Connections in a row one vendor gets without a single answer heard in between."""


@dataclass(slots=True)
class Lineup:
    """The order of vendors for one interview: the chosen one first, the offline one last."""

    order: Sequence[str]
    current: str = field(init=False)
    _attempts: int = field(default=1, init=False)
    _spent: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.current = self.order[0]

    def worked(self) -> None:
        """The current vendor was heard, so its next drop is judged afresh."""
        self._attempts = 1

    def next(self, cause: CloseCause, *, retryable: bool = True) -> str | None:
        """The vendor to connect to after this loss; None when nobody is left."""
        if retryable and cause not in FINAL_CAUSES and self._attempts < ATTEMPTS_EACH:
            self._attempts += 1
            return self.current
        self._spent.add(self.current)
        remaining = [key for key in self.order if key not in self._spent]
        if not remaining:
            return None
        self.current, self._attempts = remaining[0], 1
        return self.current
