"""How late the machine itself was: what a promise of timing must have taken off before a test may judge it.

A promise is judged by the product's own records: what they show, less what the machine lost meanwhile, is within the
promised bound. On a quiet machine that is the bound itself.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

STEP_S = 0.005
USUAL_S = 0.002
"""By which a sleep is late on a machine that has nothing else to do."""


@dataclass
class Lag:
    """Seconds lost so far, added up: by how much each of many short sleeps came back too late."""

    lost_s: float = 0.0

    def slept(self, seconds: float) -> None:
        if (late := seconds - STEP_S) > USUAL_S:
            self.lost_s += late


@asynccontextmanager
async def loop_lag() -> AsyncIterator[Lag]:
    """Of the running event loop."""
    lag = Lag()

    async def measure() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(STEP_S)
            lag.slept(time.monotonic() - began)

    measuring = asyncio.create_task(measure())
    try:
        yield lag
    finally:
        measuring.cancel()
        await asyncio.gather(measuring, return_exceptions=True)


@contextmanager
def machine_lag() -> Iterator[Lag]:
    """Of a thread of this process, where the product runs in another."""
    lag, over = Lag(), threading.Event()

    def measure() -> None:
        while not over.is_set():
            began = time.monotonic()
            time.sleep(STEP_S)
            lag.slept(time.monotonic() - began)

    measuring = threading.Thread(target=measure)
    measuring.start()
    try:
        yield lag
    finally:
        over.set()
        measuring.join()
