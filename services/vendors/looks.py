"""One look at every voice that is set up, for everybody who asks: all at once and none for longer than it deserves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from services.vendors.base import Check, Provider

CHECK_S = 6.0
FRESH_S = 5.0
"""An answer this young is anybody's: however many pages ask, a vendor is asked no more often."""


class Looks:
    """Thread-safe."""

    def __init__(self, providers: Mapping[str, Provider], clock: Callable[[], float] = time.monotonic) -> None:
        self._providers, self._clock = providers, clock
        self._known: dict[str, tuple[float, Check]] = {}
        self._lock = threading.Lock()

    def at(self, keys: Iterable[str] | None = None) -> dict[str, Check]:
        """By key, for these providers, or all, as far as they are ready; blocks for `CHECK_S` at most, or twice that
        where somebody else's look is under way."""
        ready = {
            key: provider
            for key, provider in self._providers.items()
            if provider.info.ready and (keys is None or key in keys)
        }
        with self._lock:
            due = {key: one for key, one in ready.items() if not self._is_fresh(key)}
            if due:
                answers = asyncio.run(_together(due.values()))
                self._known |= {key: (self._clock(), answer) for key, answer in zip(due, answers, strict=True)}
            return {key: self._known[key][1] for key in ready}

    def _is_fresh(self, key: str) -> bool:
        known = self._known.get(key)
        return known is not None and self._clock() - known[0] < FRESH_S


async def _together(providers: Iterable[Provider]) -> list[Check]:
    return await asyncio.gather(*map(_check, providers))


async def _check(provider: Provider) -> Check:
    try:
        return await asyncio.wait_for(provider.check(), CHECK_S)
    except TimeoutError:
        return Check(False, CHECK_S, f"No answer within {CHECK_S:.0f} s. Try again, or choose another voice.")
