"""Waiting until something holds. The limit only keeps a broken test from hanging: no promise of speed rests on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""Long enough for any machine that is busy with other work."""


async def eventually(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Waits on the loop until the condition holds; fails with its source line when it never does."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


def eventually_now(condition: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """The same, where there is no loop."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.01)
