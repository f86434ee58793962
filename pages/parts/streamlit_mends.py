"""Mends of Streamlit 1.67: which run of a page goes before which. Both count on `runner.fastReruns` being off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx


class _Here(threading.local):
    """Of one script thread."""

    waits = False


_here = _Here()


@contextmanager
def overtakable() -> Iterator[None]:
    """Inside, whatever the page draws lets a newer run go first, and this one is over."""
    _here.waits = True
    try:
        yield
    finally:
        _here.waits = False


def let_runs_finish() -> None:
    """For the whole process, once.

    A newer run ends the one before wherever that draws or reads a widget, be it before the callback of the click that
    began it: the click was lost. Now it waits its turn, which is as short as a page is quick to draw, except where the
    page is `overtakable`. A run still ends itself, by a switch of pages or a rerun of its own.
    """
    fold, look = ScriptRequests._request_rerun_locked, ScriptRequests.on_scriptrunner_yield

    def fold_and_note_whose(self: ScriptRequests, asked: RerunData) -> bool:
        fresh = self._state is not ScriptRequestType.RERUN
        of_the_run = get_script_run_ctx(suppress_warning=True) is not None
        self._of_the_run = of_the_run or (not fresh and self._of_the_run)  # type: ignore[attr-defined, has-type]
        return fold(self, asked)

    def look_unless_it_can_wait(self: ScriptRequests) -> ScriptRequest | None:
        if self._state is ScriptRequestType.RERUN and not (_here.waits or self._of_the_run):  # type: ignore[attr-defined]
            return None
        return look(self)

    ScriptRequests._request_rerun_locked = fold_and_note_whose  # type: ignore[method-assign]
    ScriptRequests.on_scriptrunner_yield = look_unless_it_can_wait  # type: ignore[method-assign]


def keep_turned_pages() -> None:
    """For the whole process, once.

    An answer sent in the moment a call ends asks for a fragment of the page before. Streamlit announces a run of that
    page, at which the browser clears the new one, and then finds no such fragment to run. The new page runs instead.
    """
    run = script_runner.ScriptRunner._run_script

    def run_current_page(self: script_runner.ScriptRunner, asked: RerunData) -> None:
        current = self._pages_manager.current_page_script_hash
        gone = not any(map(self._fragment_storage.contains, asked.fragment_id_queue))
        if asked.fragment_id_queue and gone and current and asked.page_script_hash != current:
            asked = replace(asked, fragment_id_queue=[], is_auto_rerun=False, page_script_hash=current, page_name="")
        run(self, asked)

    script_runner.ScriptRunner._run_script = run_current_page  # type: ignore[method-assign]
