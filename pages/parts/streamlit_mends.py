"""Every private part of Streamlit 1.67 that we lean on, and why; nothing else touches one.

Each mend names the part in its docstring. `tests/pages/test_streamlit_mends.py` fails with that name when an upgrade
moves it. The mends of runs count on `runner.fastReruns` being off.
"""

from __future__ import annotations

import functools
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit
import structlog
from streamlit import config, net_util
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx
from streamlit.runtime.state.session_state import Serialized, Value, WStates

if TYPE_CHECKING:
    from streamlit.proto.WidgetStates_pb2 import WidgetState
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec

log = structlog.get_logger(__name__)


class _ScriptThread(threading.local):
    """Of each thread that runs a page."""

    waits = False


_this_thread = _ScriptThread()


@contextmanager
def overtakable() -> Iterator[None]:
    """Inside, drawing anything lets a newer run of the page go first, which ends this one."""
    _this_thread.waits = True
    try:
        yield
    finally:
        _this_thread.waits = False


def let_runs_finish() -> None:
    """Call once per process. Leans on `ScriptRequests._request_rerun_locked` and `ScriptRequests._state`.

    Streamlit ends a run as soon as it draws anything while a newer run waits, even before the callback of the click
    that began it: one click in eight was lost. With this mend the newer run waits its turn, which is as short as a page
    is quick to draw, except where the page is `overtakable`. A run can still end itself, by switching pages or by
    asking for a rerun.
    """
    fold, look = ScriptRequests._request_rerun_locked, ScriptRequests.on_scriptrunner_yield

    def fold_and_note_who_asked(self: ScriptRequests, asked: RerunData) -> bool:
        fresh = self._state is not ScriptRequestType.RERUN
        of_the_run = get_script_run_ctx(suppress_warning=True) is not None
        self._of_the_run = of_the_run or (not fresh and self._of_the_run)  # type: ignore[attr-defined]
        return fold(self, asked)

    def look_unless_it_can_wait(self: ScriptRequests) -> ScriptRequest | None:
        may_go_first = _this_thread.waits or self._of_the_run  # type: ignore[attr-defined]
        if self._state is ScriptRequestType.RERUN and not may_go_first:
            return None
        return look(self)

    ScriptRequests._request_rerun_locked = fold_and_note_who_asked  # type: ignore[method-assign, assignment]
    ScriptRequests.on_scriptrunner_yield = look_unless_it_can_wait  # type: ignore[method-assign]


def keep_turned_pages() -> None:
    """Call once per process. Leans on `AppSession.request_rerun`, `._pages_manager` and `._scriptrunner`, on
    `ScriptRequests._rerun_data`, and on `ScriptRunner._run_script`, `._pages_manager` and `._fragment_storage`.

    A page that was just left may still send: a component's first value, an answer in the moment a call ends. Streamlit
    goes back to that page, or looks for a fragment of it and finds none. With this mend the new page runs with what was
    sent. A browser that turns the page sends no widgets with it, as long as `app.py` draws none for all pages.
    """
    run, request = script_runner.ScriptRunner._run_script, AppSession.request_rerun

    def run_current_page(self: script_runner.ScriptRunner, asked: RerunData) -> None:
        current = self._pages_manager.current_page_script_hash
        gone = not any(map(self._fragment_storage.contains, asked.fragment_id_queue))
        if asked.fragment_id_queue and gone and current and asked.page_script_hash != current:
            asked = replace(asked, fragment_id_queue=[], is_auto_rerun=False, page_script_hash=current, page_name="")
        self._pages_manager.ran_with = asked.query_string  # type: ignore[attr-defined]
        run(self, asked)

    def request_current_page(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.widget_states.widgets:
            page, query = _turned_to(self)
            if page and client_state.page_script_hash != page:
                late, client_state = client_state, ClientState()
                client_state.CopyFrom(late)
                client_state.page_script_hash, client_state.query_string = page, query
                client_state.page_name = client_state.fragment_id = ""
        request(self, client_state)

    script_runner.ScriptRunner._run_script = run_current_page  # type: ignore[method-assign, assignment]
    AppSession.request_rerun = request_current_page  # type: ignore[method-assign]


def _turned_to(session: AppSession) -> tuple[str, str]:
    """The page that this session shows, or is about to, and its query."""
    requests = session._scriptrunner._requests if session._scriptrunner else None
    if requests is not None:
        with requests._lock:
            waiting = requests._rerun_data if requests._state is ScriptRequestType.RERUN else None
        if waiting is not None and waiting.page_script_hash:
            return waiting.page_script_hash, waiting.query_string
    return session._pages_manager.current_page_script_hash, getattr(session._pages_manager, "ran_with", "")


def list_pages_by_navigation_alone() -> None:
    """Call once per process. Leans on `PagesManager.uses_pages_directory`.

    Until `st.navigation` has run once, Streamlit goes by its older rule that every file in `pages/` is a page. The
    first visitor after a start would see the helpers' names in the menu.
    """
    PagesManager.uses_pages_directory = False


@functools.cache
def front_end_parts(*names: str) -> tuple[str, ...]:
    """Paths of the files in Streamlit's front end that draw these widgets, or are these fonts, and of what they import.

    Leans on the folder `static/` and on file names such as `js/Radio.BWQwdNIB.js`. A name without a file is left out: a
    page that is told of a file less loads slower and is the same.
    """
    folder = Path(streamlit.__file__).parent / "static" / "static"
    waiting = [found for name in names for kind in ("js", "media") for found in folder.glob(f"{kind}/{name}.*")]
    seen: dict[Path, None] = {}
    while waiting:
        path = waiting.pop(0)
        if path in seen or not path.exists():
            continue
        seen[path] = None
        if path.suffix == ".js":
            imports = re.findall(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", path.read_text(encoding="utf-8"))
            waiting += [path.parent / name for name in imports]
    return tuple(f"static/{path.relative_to(folder)}" for path in seen)


def take_only_what_a_widget_sends(on_refused: Callable[[], None] = lambda: None) -> None:
    """Call once per process. Leans on `WStates.__getitem__`, `WidgetMetadata.value_type` and `Serialized`.

    A tab may send a value of any kind for any widget, and Streamlit hands it on: a text that should have been a tick is
    true, a number in place of a text ends the page in a traceback. With this mend the widget stands as if untouched.
    """
    read = WStates.__getitem__

    def read_what_fits(self: WStates, key: str) -> Any:
        sent, widget = self.states.get(key), self.widget_metadata.get(key)
        if isinstance(sent, Serialized) and widget is not None and not _fits(sent.value, widget.value_type):
            on_refused()
            self.states[key] = Value(widget.deserializer(None))
        return read(self, key)

    WStates.__getitem__ = read_what_fits  # type: ignore[method-assign]


_NUMBERS = ("int_value", "double_value")
"""A browser sends a whole number as it is; Streamlit names every number a float."""


def _fits(sent: WidgetState, kind: str | None) -> bool:
    """`kind` is None where the widget was cleared in this run."""
    field = sent.WhichOneof("value")
    if field == "json_value":
        try:
            json.loads(sent.json_value)
        except (ValueError, RecursionError):
            return False
    return field is None or kind is None or field == kind or (field in _NUMBERS and kind in _NUMBERS)


def keep_sign_ins_between_processes(secret: str) -> None:
    """For the whole process, once, before the app is made.

    Streamlit signs what it remembers between the two redirects of a sign-in with a key that is random for each process
    (1.67: secrets given to `st.App` are merged later), so a restart or a second replica lost the sign-in.
    """
    if not config.is_manually_set("server.cookieSecret"):
        config.set_option("server.cookieSecret", secret)


def ask_nobody_for_our_address() -> None:
    """Call once per process. Leans on `net_util._external_ip`.

    Streamlit asks a server on the internet for this machine's address when it starts, and again, on the event loop and
    for up to two seconds each time, whenever a socket with a foreign Origin knocks. Where nothing gets out, that was
    two seconds of silence in every call.
    """
    net_util._external_ip = ""


def bound_uploads(total_bytes: int, on_refused: Callable[[], None] = lambda: None) -> None:
    """Call once per process. Leans on `MemoryUploadedFileManager.add_file`, `.file_storage` and `._total_bytes`.

    Streamlit keeps every file that was sent to a tab until the tab closes: 250 of 2 MB were half a gigabyte. With this
    mend a tab has one at a time, and beyond the total the oldest of all tabs go, which were read long ago.
    """
    add, order = MemoryUploadedFileManager.add_file, deque[tuple[str, str]]()

    def add_alone(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        for earlier in list(self.file_storage.get(session_id, ())):
            self.remove_file(session_id, earlier)
        add(self, session_id, file)
        waiting = [one for one in order if one[1] in self.file_storage.get(one[0], ())]
        order.clear()
        order.extend((*waiting, (session_id, file.file_id)))
        while self._total_bytes > total_bytes and len(order) > 1:
            on_refused()
            self.remove_file(*order.popleft())

    MemoryUploadedFileManager.add_file = add_alone  # type: ignore[method-assign]


def forget_left_tabs() -> None:
    """On the event loop. Leans on `Runtime._session_mgr`, `._session_storage` and `MemorySessionStorage._cache`.

    Streamlit keeps a tab for two minutes after it was closed, as it may come back; one that did not is forgotten when
    another one is closed, so the last ones before a quiet night stayed with their memory and three handles each.
    """
    get_instance()._session_mgr._session_storage._cache.expire()  # type: ignore[attr-defined]


def forget_upload(file_id: str) -> None:
    """What was read need not be kept. Leans on `ScriptRunContext.uploaded_file_mgr`."""
    run = get_script_run_ctx()
    if run is not None:
        run.uploaded_file_mgr.remove_file(run.session_id, file_id)  # type: ignore[attr-defined]
