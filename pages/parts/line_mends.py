"""Every private part of streamlit-webrtc 0.79 that we lean on, and why; nothing else touches one.

Each mend names the part in its docstring. `tests/pages/test_line_mends.py` fails with that name when an upgrade moves
it. The library is imported where it is needed: it takes half a second.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import structlog
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

from services.core.errors import LineRefused

if TYPE_CHECKING:
    from streamlit_webrtc import WebRtcStreamerContext, WebRtcStreamerState
    from streamlit_webrtc.webrtc import WebRtcWorker

log = structlog.get_logger(__name__)

_CONNECTS_WITHIN_S = 20.0
"""A peer connection of which nothing is heard for so long is nobody's."""
_OFFER_CHARACTERS, _CANDIDATES = 64 * 1024, 64
"""A browser's offer of one voice is a tenth of it, and each of its candidates has a check sent to it."""


def forgive_missed_runs(line: WebRtcStreamerContext[Any, Any] | None) -> None:
    """Before a line is drawn again. Leans on `WebRtcStreamerContext._last_rendered_run_count`.

    streamlit-webrtc resets, and with it hangs up, a component that skipped a script run; quick reruns look like that
    to it. A tab that really left the page comes back with a new key.
    """
    if line is not None:
        line._last_rendered_run_count = None


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
            raise LineRefused("No call on this page is waiting for your voice. Join one first.")
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
        raise RuntimeError("streamlit-webrtc has no adapter_core-*.js any more: see pages/parts/line_mends.py")
    return found.name
