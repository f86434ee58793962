"""A webhook gets each alert as JSON, and a webhook that is away costs nobody anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import structlog

from services.identity.alerts import Alert, Webhook

ALERT = Alert("begin 80", "All guests together have used 80 % of their quota.", datetime(2026, 11, 28, tzinfo=UTC))


@contextmanager
def webhook(status: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    got: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    serving = Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-path", got
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_a_webhook_is_told_what_happened() -> None:
    with webhook(204) as (url, got):
        Webhook(url).post(ALERT)

    assert got == [
        {"text": f"Syntaxia: {ALERT.sentence}", "name": "begin 80", "at": "2026-11-28T00:00:00+00:00"},
    ]


def test_a_webhook_that_refuses_is_logged_without_its_address() -> None:
    with webhook(500) as (url, _), structlog.testing.capture_logs() as logged:
        Webhook(url).post(ALERT)

    assert logged == [
        {"event": "alert refused by the webhook", "name": "begin 80", "status": 500, "log_level": "warning"}
    ]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "no address", "http://[oops"])
def test_a_webhook_that_is_away_raises_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.identity.alerts.ATTEMPTS", 1)

    with structlog.testing.capture_logs() as logged:
        Webhook(url).post(ALERT)

    assert [line["event"] for line in logged] == ["alert not delivered"]
