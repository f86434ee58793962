"""What one plan or report may ask of a model, in requests and seconds, and what it has cost so far."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from services.core.talk.events import Usage
from services.core.usage import Bill
from services.observe.prices import cost_usd


class Budget:
    """Thread-safe. Every request counts, whether repeated, repaired or failed."""

    def __init__(self, model: str, requests: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._limit, self._clock = model, requests, clock
        self._until = clock() + seconds
        self._lock = threading.Lock()
        self._requests = 0
        self._tokens: Counter[str] = Counter()
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

    def spend(self, usage: Usage) -> None:
        with self._lock:
            self._tokens.update(usage.quantities)

    @property
    def bill(self) -> Bill:
        with self._lock:
            cost, tokens = cost_usd(self._model, self._tokens), dict(self._tokens)
            priced = None if cost is None else str(cost)
            return Bill(model=self._model, requests=self._requests, tokens=tokens, cost_usd=priced)
