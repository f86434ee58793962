"""Every private part of Streamlit 1.67 and streamlit-webrtc 0.79 that we lean on, and why; nothing else touches one.

Each mend names the part in its docstring. `tests/pages/test_streamlit_mends.py` fails with that name when an upgrade
moves it. The mends of runs count on `runner.fastReruns` being off.
"""

from __future__ import annotations

import asyncio
import functools
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

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

from services.core.errors import LineRefused

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFileRec
    from streamlit_webrtc import WebRtcStreamerContext, WebRtcStreamerState
    from streamlit_webrtc.webrtc import WebRtcWorker

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


def forgive_missed_runs(line: WebRtcStreamerContext[Any, Any] | None) -> None:
    """Before a line is drawn again. Leans on `WebRtcStreamerContext._last_rendered_run_count`.

    streamlit-webrtc resets, and with it hangs up, a component that skipped a script run; quick reruns look like that
    to it. A tab that really left the page comes back with a new key.
    """
    if line is not None:
        line._last_rendered_run_count = None


_CONNECTS_WITHIN_S = 20.0
"""A peer connection of which nothing is heard for so long is nobody's."""
_OFFER_CHARACTERS, _CANDIDATES = 64 * 1024, 64
"""A browser's offer of one voice is a tenth of it, and each of its candidates has a check sent to it."""


def bound_lines(most: int, on_refused: Callable[[], None] = lambda: None, within_s: float = _CONNECTS_WITHIN_S) -> None:
    """Call once per process. Leans on `WebRtcWorker.process_offer`, `._loop`, `component.compile_state` and
    `component._restore_snapshot_if_needed`.

    Offers come as values of the component, which a tab may forge, and streamlit-webrtc answers each with a peer
    connection that waits for its browser until the tab closes. With this mend an offer is answered for a tab that has
    joined something and looks like a browser's, a tab has one line, all tabs together have `most` that have not
    connected, and what has not connected in time is closed. What is refused raises LineRefused.
    """
    from streamlit_webrtc import component
    from streamlit_webrtc.webrtc import WebRtcWorker

    answer, compile_state, restore = (
        WebRtcWorker.process_offer,
        component.compile_state,
        component._restore_snapshot_if_needed,
    )
    of_tab: WeakValueDictionary[str, WebRtcWorker[Any, Any]] = WeakValueDictionary()
    lock = threading.Lock()

    def take(line: WebRtcWorker[Any, Any]) -> WebRtcWorker[Any, Any] | None:
        """The line that this tab had before."""
        if line.source_audio_track is None:
            raise LineRefused("No call of this page waits for your voice. Join it first.")
        run = get_script_run_ctx(suppress_warning=True)
        tab = run.session_id if run else ""
        with lock:
            if sum(_connects(one) for name, one in of_tab.items() if name != tab) >= most:
                raise LineRefused("Too many calls are being connected at this moment. Reload the page in a minute.")
            before = of_tab.get(tab)
            of_tab[tab] = line
        return before

    async def end_unless_connected(line: WebRtcWorker[Any, Any]) -> None:
        await asyncio.sleep(within_s)
        if _connects(line):
            on_refused()
            await asyncio.to_thread(line.stop)  # which waits for this loop

    def answer_who_joined(self: WebRtcWorker[Any, Any], sdp: str, type_: str, timeout: float | None = None) -> Any:
        try:
            before = take(self)
            if before is not None:
                before.stop()
            answered = answer(self, sdp, type_, timeout)
        except Exception as error:
            on_refused()
            self.stop()
            if isinstance(error, LineRefused):
                raise
            log.warning("offer not answered", error=type(error).__name__)
            raise LineRefused(
                "Your browser and this server could not agree on a voice line. Reload the page."
            ) from None
        asyncio.run_coroutine_threadsafe(end_unless_connected(self), self._loop)
        return answered

    def restore_what_a_browser_sends(
        context: WebRtcStreamerContext[Any, Any], component_value: dict[Any, Any] | None
    ) -> dict[Any, Any] | None:
        if component_value is not None and not _is_browsers(component_value):
            on_refused()
            raise LineRefused("What this page sent about its voice line makes no sense. Reload it.")
        return restore(context, component_value)

    def state_of(component_value: Any) -> WebRtcStreamerState:
        return compile_state(component_value if _is_browsers(component_value) else {})

    WebRtcWorker.process_offer = answer_who_joined  # type: ignore[method-assign]
    component._restore_snapshot_if_needed = restore_what_a_browser_sends
    component.compile_state = state_of


def _connects(line: WebRtcWorker[Any, Any]) -> bool:
    return line.pc.connectionState in ("new", "connecting")


def _is_browsers(value: Any) -> bool:
    """Whether streamlit-webrtc's front end could have sent this."""
    if not isinstance(value, dict):
        return False
    offer, candidates = value.get("sdpOffer") or {}, value.get("iceCandidates") or {}
    return (
        isinstance(offer, dict)
        and isinstance(candidates, dict)
        and (not offer or offer.get("type") == "offer")
        and len(candidates) <= _CANDIDATES
        and all(isinstance(one, dict) for one in candidates.values())
        and all(
            isinstance(text, str) and len(text) <= _OFFER_CHARACTERS
            for text in (offer.get("sdp", ""), *(one.get("candidate") for one in candidates.values()))
        )
    )


def register_line() -> None:
    """Before a line is drawn. Leans on `streamlit_webrtc.component._component_func`.

    The server imports the library before there is a script run, to save the first caller half a second; imported that
    early the library registers its front end with nobody, and the browser gets a 404.
    """
    from streamlit_webrtc import component

    get_instance().component_registry.register_component(component._component_func)


@functools.cache
def line_adapter() -> str:
    """Name of the file `adapter_core-*.js`, which streamlit-webrtc's front end loads when it starts.

    The page waits for it before the call begins: until it is there, the front end opens another peer connection at
    each change of its arguments. Raises RuntimeError when there is no such file.
    """
    from streamlit_webrtc import component

    assets = Path(component.__file__).parent / "frontend" / "dist" / "assets"
    found = next(assets.glob("adapter_core-*.js"), None)
    if found is None:
        raise RuntimeError("streamlit-webrtc has no adapter_core-*.js any more: see pages/parts/streamlit_mends.py")
    return found.name


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


def forget_upload(file_id: str) -> None:
    """What was read need not be kept. Leans on `ScriptRunContext.uploaded_file_mgr`."""
    run = get_script_run_ctx()
    if run is not None:
        run.uploaded_file_mgr.remove_file(run.session_id, file_id)  # type: ignore[attr-defined]
