"""Slow work beside a page that can still be clicked and left."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import streamlit as st
import structlog

from pages.parts.streamlit_mends import overtakable

log = structlog.get_logger(__name__)

LOOK_S = 0.1
AT_ONCE = 64
"""Of all tabs together. All of this work has timeouts of its own, so none of it is held for good."""

_workers = concurrent.futures.ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slow-work")

T = TypeVar("T")


class Overtaken(Exception):
    """Ends work whose page has gone on without it."""


class Steps:
    """What slow work says of its progress: the work says it, from its own thread, and the page draws it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._left = False

    def __enter__(self) -> Steps:
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True

    def say(self, words: str) -> None:
        """Raises Overtaken when the page is no longer there to draw it."""
        if self._left:
            raise Overtaken
        self.said.append(words)


def waited(work: Callable[..., T], *args: Any, meanwhile: Callable[[], None] = lambda: None) -> T:
    """What `work(*args)` returns or raises. It runs in another thread and draws nothing; `meanwhile` draws.

    Whatever overtakes this run of the page ends the waiting, not the work.
    """
    place, working = st.empty(), _workers.submit(work, *args)
    try:
        while not concurrent.futures.wait([working], LOOK_S).done:
            with overtakable():
                meanwhile()
                place.empty()
        meanwhile()
    except BaseException:
        working.add_done_callback(_own_up)
        raise
    return working.result()


def _own_up(working: Future[Any]) -> None:
    """Of work that nobody waits for any more."""
    error = working.exception()
    if error is not None and not isinstance(error, Overtaken):
        log.warning("slow work failed unseen", error=type(error).__name__)
