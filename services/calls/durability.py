"""Writes that must not be lost: tried again while the database is away, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import stamina

from services.core.errors import DatabaseAway

PATIENCE_S = 60.0

P = ParamSpec("P")
T = TypeVar("T")


async def durably(use_case: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a blocking use case off the loop, again and again while the database is away.

    Raises what the use case raises, and DatabaseAway when the database stayed away for a minute.
    """
    async for attempt in stamina.retry_context(
        on=DatabaseAway, attempts=None, timeout=PATIENCE_S, wait_initial=0.1, wait_max=2.0
    ):
        with attempt:
            return await asyncio.to_thread(use_case, *args, **kwargs)
    raise AssertionError("a retry context ends by returning or raising")
