"""One whole interview in a browser for each vendor, with its key alone; and that key, or what it opens, is nowhere."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Response, WebSocket

from tests import speech
from tests.browser.candidate import Candidate, eventually, microphone, row
from tests.browser.conftest import Browse, Serve, Server
from tests.simulated_vendors import SIMULATORS

TYPED = (
    "I measured p99 first: 900 ms. We chose an index over a cache, because writes had to stay cheap; it fell to 90 ms."
)
SPOKEN = (7, speech.UNDERSTOOD, 7, speech.UNDERSTOOD, 120)
"""Twice, for a server that is slow to open its first line."""
TOKENS = ("cvtkn_secret", "conversation_signature", "handle-secret")
"""Of what the simulators hand out to our server: signed URLs and resumption handles."""


@contextmanager
def simulator(vendor: str) -> Iterator[Any]:
    """On an event loop and a thread of its own, because the browser's driver blocks this one."""
    loop, sim = asyncio.new_event_loop(), SIMULATORS[vendor](utterance_limit_s=0.6)
    thread = threading.Thread(target=loop.run_forever, name=f"simulated {vendor}", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(sim.__aenter__(), loop).result(10)
    try:
        yield sim
    finally:
        asyncio.run_coroutine_threadsafe(sim.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


class Wire:
    """Everything the server sent to this page."""

    def __init__(self, page: Page) -> None:
        self.frames: list[bytes] = []
        self._responses: list[Response] = []
        page.on("response", lambda response: self._responses.append(response))
        page.on("websocket", self._follow)
        watcher = page.context.new_cdp_session(page)
        watcher.send("Network.enable")
        watcher.on("Network.eventSourceMessageReceived", lambda event: self._keep(event["data"]))

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._keep)

    def _keep(self, payload: str | bytes) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    def everything(self) -> bytes:
        return b"\n".join([*self.frames, *map(_seen, self._responses)])


def _seen(response: Response) -> bytes:
    """Headers, and the body where the browser kept one: of an event stream it keeps none."""
    headers = json.dumps([response.url, response.headers]).encode()
    try:
        return headers + response.body()
    except Error:
        return headers


def hold(candidate: Candidate) -> None:
    """The first answer is spoken, two more are typed, and the candidate ends it."""
    candidate.begin()
    candidate.eventually(candidate.understood, "the spoken answer has words")
    for _ in range(2):
        candidate.eventually(lambda: candidate.ema() == "listening", "the candidate's turn")
        before = candidate.captions("ema")
        candidate.answer(TYPED)
        candidate.eventually(partial(moved_on, candidate, before), "Ema's answer")
    candidate.end()


def moved_on(candidate: Candidate, before: str) -> bool:
    return candidate.captions("ema") != before


def kept(server: Server) -> bytes:
    """Whatever the app left behind: log, database, and all else in its folder."""
    files = [server.log, *(path for path in server.var.rglob("*") if path.is_file())]
    return b"\n".join(path.read_bytes() for path in files)


@pytest.mark.parametrize("vendor", SIMULATORS)
def test_interview_on_a_vendor_ends_in_a_report_and_leaks_nothing(
    vendor: str, serve: Serve, browse: Browse, tmp_path: Path
) -> None:
    with simulator(vendor) as sim:
        server = serve(FREE_WINDOW_S=600, READBACK_WAIT_S=0, **sim.environment)
        candidate = Candidate(browse(microphone(tmp_path / "mic.wav", *SPOKEN)).new_context(), server)
        wire = Wire(candidate.page)
        interview_id = candidate.prepare()

        hold(candidate)
        words = candidate.report()

        eventually(lambda: sim.open_sockets == 0, "the vendor's socket is closed")
        interview = row(server, interview_id)
        seen = wire.everything()
        server.stop()
        assert sim.invalid == []

    assert (interview["status"], interview["provider"]) == ("complete", vendor)
    assert json.loads(interview["report"])["competencies"]
    assert b"Ema" in seen
    for secret in (sim.api_key, *TOKENS):
        assert secret.encode() not in seen
        assert secret not in words
        assert secret.encode() not in kept(server)


def test_preflight_talks_to_each_voice_and_shows_no_key(serve: Serve, visitor: BrowserContext) -> None:
    with ExitStack() as running:
        sims = [running.enter_context(simulator(vendor)) for vendor in SIMULATORS]
        server = serve(**{name: value for sim in sims for name, value in sim.environment.items()})
        page = visitor.new_page()
        wire = Wire(page)
        page.goto(f"{server.url}/preflight")
        page.locator(".st-key-talk_to_voices button").click(timeout=60_000)

        page.get_by_text("5 of 5 voices answered a spoken sentence.").wait_for(timeout=120_000)

        seen, logged = wire.everything(), server.log.read_text()
    assert [sim.invalid for sim in sims] == [[]] * len(sims)
    assert [sim.api_key for sim in sims if sim.api_key.encode() in seen or sim.api_key in logged] == []
