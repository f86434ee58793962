"""What one plan or report may ask of a model, in requests and seconds, and what it has cost so far."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from services.core.talk.events import Usage
from services.core.usage import Bill, TextRequest
from services.observe.cost import cost_of


class Budget:
    """Thread-safe. Every request counts, whether repeated, repaired or failed."""

    def __init__(self, model: str, requests: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._limit, self._clock = model, requests, clock
        self._until = clock() + seconds
        self._lock = threading.Lock()
        self._requests = 0
        self._asked: list[TextRequest] = []
        self._tokens: Counter[str] = Counter()
        self._cost: Decimal | None = Decimal(0)
        self._stopped = False

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._until - self._clock())

    def take(self) -> bool:
        """Counts one request; False when there is none left, no time, or `stop` was called."""
        with self._lock:
            if self._stopped or self._requests >= self._limit or not self.seconds_left:
                return False
            self._requests += 1
            return True

    def stop(self) -> None:
        """No request any more: what is still waiting for its turn would be thrown away."""
        self._stopped = True

    def spend(self, usage: Usage, seconds: float) -> None:
        """Of one request that was answered after so long: its price depends on its own size."""
        cost = cost_of("", self._model, usage.quantities, datetime.now(UTC))
        self._note(seconds, usage, None if cost is None else cost.usd)
        with self._lock:
            self._tokens.update(usage.quantities)
            if any(usage.quantities.values()):
                self._cost = None if cost is None or self._cost is None else self._cost + cost.usd

    def fail(self, trouble: str, seconds: float) -> None:
        """One request was not answered."""
        self._note(seconds, Usage({}), None, trouble)

    def _note(self, seconds: float, usage: Usage, usd: Decimal | None, trouble: str = "") -> None:
        began_at = datetime.now(UTC) - timedelta(seconds=seconds)
        with self._lock:
            self._asked.append(TextRequest(began_at, seconds, dict(usage.quantities), usd, trouble))

    @property
    def asked(self) -> tuple[TextRequest, ...]:
        """Every request so far, in the order in which they ended."""
        with self._lock:
            return tuple(self._asked)

    @property
    def bill(self) -> Bill:
        with self._lock:
            priced = None if self._cost is None else str(self._cost.normalize())
            return Bill(model=self._model, requests=self._requests, tokens=dict(self._tokens), cost_usd=priced)
