"""The private parts of streamlit-webrtc that we lean on; offers from browsers and forgers, to its own worker."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from streamlit_webrtc import WebRtcMode, WebRtcStreamerContext, component
from streamlit_webrtc.webrtc import WebRtcWorker

from pages.parts import line_mends
from services.core.errors import LineRefused
from services.media.tracks import Playout

Bounded = Callable[..., list[str]]


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> Bounded:
    """`bounded(most, within_s)` bounds the library's lines for one test; returns what is refused from then on."""
    for owner, name, signature in (
        (
            WebRtcWorker,
            "process_offer",
            "(self, sdp, type_, timeout: Optional[float] = None) -> aiortc.rtcsessiondescription.RTCSessionDescription",
        ),
        (
            component,
            "compile_state",
            "(component_value) -> streamlit_webrtc.component.WebRtcStreamerState",
        ),
        (
            component,
            "_restore_snapshot_if_needed",
            "(context: streamlit_webrtc.component.WebRtcStreamerContext, component_value: Optional[Dict])"
            " -> Optional[Dict]",
        ),
    ):
        part = getattr(owner, name)
        assert str(inspect.signature(part)) == signature, f"streamlit-webrtc's {name} has changed"
        monkeypatch.setattr(owner, name, part)
    assert "self._loop =" in inspect.getsource(WebRtcWorker.__init__), "WebRtcWorker._loop is gone"

    def bound(most: int = 10, within_s: float = 60.0) -> list[str]:
        refused = list[str]()
        line_mends.bound_lines(most, lambda: refused.append("an offer"), within_s)
        return refused

    return bound


def line(monkeypatch: pytest.MonkeyPatch, tab: str, source: Playout | None) -> Callable[[str], Any]:
    """Takes an offer for this tab as the library does while it draws the page; returns the worker."""
    names = [name for name in inspect.signature(WebRtcWorker.__init__).parameters if name != "self"]
    given: dict[str, Any] = dict.fromkeys(names) | {
        "mode": WebRtcMode.SENDRECV,
        "rtc_configuration": RTCConfiguration(iceServers=[]),
        "source_audio_track": source,
        "async_processing": True,
        "loop": asyncio.get_running_loop(),
        "relay": MediaRelay(),
    }

    def offer(sdp: str) -> Any:
        monkeypatch.setattr(line_mends, "get_script_run_ctx", lambda **_: SimpleNamespace(session_id=tab))
        worker: Any = WebRtcWorker(**given)
        worker.process_offer(sdp, "offer", timeout=10)
        return worker

    return offer


async def offered() -> tuple[RTCPeerConnection, str]:
    """A browser's end, and what it offers."""
    far = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    far.addTransceiver("audio")
    await far.setLocalDescription(await far.createOffer())
    return far, far.localDescription.sdp


async def closed(worker: Any) -> None:
    done = asyncio.Event()
    worker.pc.on("connectionstatechange", done.set)
    if worker.pc.connectionState != "closed":
        await asyncio.wait_for(done.wait(), 20)
    assert worker.pc.connectionState == "closed"


async def test_a_tab_that_joined_nothing_gets_no_line(bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = bounded()
    far, sdp = await offered()

    with pytest.raises(LineRefused, match="Join one first"):
        await asyncio.to_thread(line(monkeypatch, "tab", None), sdp)

    assert refused == ["an offer"]
    await far.close()


async def test_a_tab_has_one_line(bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = bounded(most=1)
    far, sdp = await offered()
    first = await asyncio.to_thread(line(monkeypatch, "tab", Playout()), sdp)

    second = await asyncio.to_thread(line(monkeypatch, "tab", Playout()), sdp)

    assert first.pc.connectionState == "closed"
    assert second.pc.connectionState != "closed"
    assert refused == []
    await asyncio.to_thread(second.stop)
    await far.close()


async def test_only_so_many_lines_are_connected_at_once(bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = bounded(most=2)
    far, sdp = await offered()
    taken = [await asyncio.to_thread(line(monkeypatch, tab, Playout()), sdp) for tab in "ab"]

    with pytest.raises(LineRefused, match="Too many calls"):
        await asyncio.to_thread(line(monkeypatch, "c", Playout()), sdp)

    await asyncio.to_thread(taken[0].stop)
    taken.append(await asyncio.to_thread(line(monkeypatch, "c", Playout()), sdp))
    assert refused == ["an offer"]
    for worker in taken:
        await asyncio.to_thread(worker.stop)
    await far.close()


async def test_a_line_that_nobody_takes_up_is_closed(bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = bounded(within_s=0.01)
    far, sdp = await offered()

    worker = await asyncio.to_thread(line(monkeypatch, "tab", Playout()), sdp)
    await closed(worker)

    assert refused == ["an offer"]
    await far.close()


async def test_a_line_that_connected_is_kept(bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    due = list[float]()
    sleep = asyncio.sleep

    async def wait(seconds: float) -> None:
        """As long as it takes to connect, where the mend waits."""
        if seconds != 77.0:
            return await sleep(seconds)
        due.append(seconds)
        await connected.wait()

    connected = asyncio.Event()
    monkeypatch.setattr(asyncio, "sleep", wait)
    refused = bounded(within_s=77.0)
    far, sdp = await offered()

    worker = await asyncio.to_thread(line(monkeypatch, "tab", Playout()), sdp)
    worker.pc.on("connectionstatechange", lambda: connected.set() if worker.pc.connectionState == "connected" else None)
    await far.setRemoteDescription(RTCSessionDescription(worker.pc.localDescription.sdp, "answer"))
    await asyncio.wait_for(connected.wait(), 20)
    await sleep(0)

    assert (due, refused, worker.pc.connectionState) == ([77.0], [], "connected")
    await asyncio.to_thread(worker.stop)
    await far.close()


async def test_an_offer_that_is_none_is_refused_in_words(bounded: Bounded, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = bounded()

    with pytest.raises(LineRefused, match="could not agree"):
        await asyncio.to_thread(line(monkeypatch, "tab", Playout()), "m=audio nonsense")

    assert refused == ["an offer"]


SENT = {"playing": True, "sdpOffer": {"sdp": "v=0", "type": "offer"}, "iceCandidates": {"a": {"candidate": "b"}}}


@pytest.mark.parametrize("value", [SENT, {"playing": False}, {**SENT, "sdpOffer": None, "iceCandidates": None}, None])
def test_what_a_browser_sends_passes(bounded: Bounded, value: dict[str, Any] | None) -> None:
    bounded()
    context: Any = SimpleNamespace(_component_value_snapshot=None)

    assert component._restore_snapshot_if_needed(context, value) == value


@pytest.mark.parametrize(
    "value",
    [
        [1],
        "x",
        {**SENT, "sdpOffer": 7},
        {**SENT, "sdpOffer": {"sdp": 7, "type": "offer"}},
        {**SENT, "sdpOffer": {"sdp": "v=0", "type": "answer"}},
        {**SENT, "sdpOffer": {"sdp": "x" * 70_000, "type": "offer"}},
        {**SENT, "iceCandidates": [1]},
        {**SENT, "iceCandidates": {"a": "b"}},
        {**SENT, "iceCandidates": {"a": {}}},
        {**SENT, "iceCandidates": {"a": {"candidate": "x" * 70_000}}},
        {**SENT, "iceCandidates": {str(number): {"candidate": "b"} for number in range(65)}},
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_no_browser_sends_is_refused_in_words(bounded: Bounded, value: Any) -> None:
    refused = bounded()

    assert component.compile_state(value) == (False, False)
    with pytest.raises(LineRefused, match="makes no sense"):
        component._restore_snapshot_if_needed(SimpleNamespace(_component_value_snapshot=None), value)  # type: ignore[arg-type]
    assert refused == ["an offer"]


def test_a_line_that_missed_runs_is_not_hung_up() -> None:
    name = "_last_rendered_run_count"
    assert name in WebRtcStreamerContext.__annotations__, (
        f"streamlit-webrtc has no WebRtcStreamerContext.{name} any more"
    )
    assert f"context.{name} is not None" in inspect.getsource(component), f"{name} no longer decides who is hung up"
    line = SimpleNamespace(_last_rendered_run_count=3)

    line_mends.forgive_missed_runs(line)  # type: ignore[arg-type]

    assert line._last_rendered_run_count is None


def test_the_line_is_registered_with_the_running_server(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []
    runtime = SimpleNamespace(component_registry=SimpleNamespace(register_component=registered.append))
    monkeypatch.setattr(line_mends, "get_instance", lambda: runtime)
    assert hasattr(component, "_component_func"), "streamlit-webrtc has no component._component_func any more"

    line_mends.register_line()

    assert registered == [component._component_func]


def test_the_line_has_one_adapter_file() -> None:
    assert line_mends.line_adapter().startswith("adapter_core-")


def test_a_missing_adapter_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(component, "__file__", str(tmp_path / "component.py"))

    with pytest.raises(RuntimeError, match="adapter_core"):
        line_mends.line_adapter.__wrapped__()
