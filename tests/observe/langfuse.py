"""A Langfuse on loopback for tests: takes spans over OTLP and scores, and can be slow, refuse, or be away."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.attributes.get("langfuse.observation.type"))

    def meta(self, name: str) -> Any:
        return self.attributes.get(f"langfuse.observation.metadata.{name}")

    def json(self, name: str) -> Any:
        return json.loads(self.attributes[f"langfuse.observation.{name}"])


@dataclass
class LangfuseServer:
    url: str = ""
    status: int = 200
    hang: threading.Event | None = None
    """While not set, no request is answered."""
    spans: dict[str, Span] = field(default_factory=dict)
    """By id: what is told twice is there once."""
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def named(self, name: str) -> list[Span]:
        return sorted((span for span in self.spans.values() if span.name == name), key=lambda span: span.start_ns)

    def below(self, parent: Span) -> list[Span]:
        found = [span for span in self.spans.values() if span.parent_id == parent.span_id]
        return sorted(found, key=lambda span: (span.start_ns, span.name))

    def tree(self) -> str:
        """Every trace as an indented listing."""
        roots = [span for span in self.spans.values() if not span.parent_id]
        return "\n".join(self._lines(root, 0) for root in sorted(roots, key=lambda span: span.start_ns))

    def _lines(self, span: Span, depth: int) -> str:
        ms = (span.end_ns - span.start_ns) // 1_000_000
        lines = [f"{'  ' * depth}{span.kind:<10} {span.name} ({ms} ms)"]
        return "\n".join([*lines, *(self._lines(child, depth + 1) for child in self.below(span))])

    def take_spans(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    attributes = {each.key: _value(each.value) for each in span.attributes}
                    self.spans[span.span_id.hex()] = Span(
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.name,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        attributes,
                    )

    def take_scores(self, body: bytes) -> None:
        for score in json.loads(body):
            self.scores[score["id"]] = score


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


@contextmanager
def langfuse_server() -> Iterator[LangfuseServer]:
    state = LangfuseServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            state.requests += 1
            state.headers = dict(self.headers)
            if state.hang is not None:
                state.hang.wait(30)
            if state.status == 200:
                take = state.take_spans if self.path.endswith("/otel/v1/traces") else state.take_scores
                take(body)
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        if state.hang is not None:
            state.hang.set()
        server.shutdown()
        server.server_close()
