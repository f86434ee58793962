"""A click counts, whatever else the browser has to say at that moment."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg

from services.vendors.looks import CHECK_S
from tests.browser.candidate import Candidate
from tests.browser.conftest import Serve, Server
from tests.lag import machine_lag


class Interrupter:
    """Sends, after each click, what a component of the page sends by itself: another run, which knows of no click."""

    def __init__(self, later_s: float) -> None:
        self.later_s = later_s
        self.interrupted = 0

    def stand_between(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def forward(message: str | bytes) -> None:
            server.send(message)
            if isinstance(message, bytes) and (again := _without_clicks(message)):
                self.interrupted += 1
                time.sleep(self.later_s)
                server.send(again)

        browser.on_message(forward)


def _without_clicks(message: bytes) -> bytes | None:
    said: Any = BackMsg.FromString(message)
    states = said.rerun_script.widget_states
    others = [one for one in states.widgets if not one.trigger_value]
    if len(others) == len(states.widgets):
        return None
    del states.widgets[:]
    states.widgets.extend(others)
    rest: bytes = said.SerializeToString()
    return rest


@pytest.mark.parametrize("later_s", [0, 0.06])
def test_a_click_is_acted_on_and_drawn_though_another_run_follows(
    house: Server, visitor: BrowserContext, later_s: float
) -> None:
    candidate, interrupter = Candidate(visitor, house), Interrupter(later_s)
    candidate.page.route_web_socket("**/_stcore/stream", interrupter.stand_between)
    candidate.page.goto(f"{candidate.server.url}/sample")
    candidate.click("watch_sample")
    candidate.page.locator(".stage").wait_for(timeout=60_000)
    assert interrupter.interrupted == 1


def test_a_page_that_waits_for_a_silent_vendor_can_be_left_at_once(serve: Serve, visitor: BrowserContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        server, page = serve(OPENAI_API_KEY="sk-simulated", OPENAI_BASE_URL=url), visitor.new_page()
        page.goto(server.url)
        page.get_by_text("Asking OpenAI").wait_for(timeout=60_000)
        with machine_lag() as lag:
            began = time.monotonic()
            page.get_by_test_id("stTopNavLink").filter(has_text="Credits").click()
            page.get_by_role("heading", name="Credits").wait_for(timeout=60_000)
            took_s = time.monotonic() - began
        assert took_s < CHECK_S / 2 + lag.lost_s
