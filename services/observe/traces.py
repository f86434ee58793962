"""Observations on their way to Langfuse: one session an interview, three traces (setup, call, report).

Every id follows from the interview and the observation, so a rejoin, a failover, a restart or a retry goes on in the
same trace. Spans are written when they are over, with the times they had. Langfuse is a view: what it costs is known to
the database first, and an outage of it is a gap there and nothing else. Only `observe`'s own thread uses this.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from services.observe.trail import Observation

if TYPE_CHECKING:
    from langfuse import Langfuse

log = structlog.get_logger(__name__)

TIMEOUT_S = 5
"""Of one request to Langfuse."""
CLOSE_S = 5.0
"""For everything that waits to be sent, when the process is told to stop."""
WAITING = 2000
"""Spans for Langfuse, at most; the SDK would keep 2,048 and drop others without a word. About 40 interviews' worth."""
TRACER = "syntaxia"
_SYSTEM = {"openai": "openai", "xai": "x_ai", "gemini": "gcp.gemini", "elevenlabs": "elevenlabs", "offline": "offline"}


@dataclass(frozen=True, slots=True)
class TraceKey:
    """Which trace: of which interview, whose, and which of its three."""

    interview_id: str
    user_id: str
    kind: str
    """setup, call or report."""
    began_at: datetime
    """Second 0 of the observations."""
    tags: tuple[str, ...] = ()

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits, as `Langfuse.create_trace_id` makes them from this seed."""
        return hashlib.sha256(f"{self.interview_id}:{self.kind}".encode()).digest()[:16].hex()

    def span_id(self, key: str) -> int:
        digest = hashlib.sha256(f"{self.interview_id}:{self.kind}:{key}".encode()).digest()[:8]
        return int.from_bytes(digest, "big") or 1


@dataclass(frozen=True, slots=True)
class Score:
    name: str
    value: float | str | bool


class Traces:
    """Connects to nothing before the first observation. Not thread-safe, except `flush` and `close`."""

    def __init__(self, public_key: str, secret_key: str, host: str) -> None:
        self._keys, self._host = (public_key, secret_key), host.rstrip("/")
        self._client: Langfuse | None = None
        self._tracer: Any = None
        self._ids: Any = None
        self.written = self.sent = self._refused = self._overflowed = 0
        """Spans, each counted by one thread alone."""
        self._flushing: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Traces({self._host!r})"

    @property
    def opened(self) -> bool:
        """The SDK is loaded."""
        return self._client is not None

    @property
    def lost(self) -> int:
        """Spans that Langfuse did not take in time, or that found too many waiting for it."""
        return self._refused + self._overflowed

    @property
    def waiting(self) -> int:
        """Spans that were written, and neither sent nor lost."""
        return self.written - self.sent - self.lost

    def open(self) -> None:
        """Loads the SDK, which takes a second: never on the event loop."""
        if self._client is not None:
            return
        import logging

        from langfuse import Langfuse
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SpanExportResult
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        class GivenIds(RandomIdGenerator):
            """Ids that follow from what a span is about."""

            trace_id = 0
            span_id = 0

            def generate_trace_id(self) -> int:
                return self.trace_id or super().generate_trace_id()

            def generate_span_id(self) -> int:
                return self.span_id or super().generate_span_id()

        traces = self

        class CountingExporter(OTLPSpanExporter):
            def export(self, spans: Any) -> SpanExportResult:
                result = super().export(spans)
                if result is SpanExportResult.SUCCESS:
                    traces.sent += len(spans)
                else:
                    traces._refused += len(spans)
                return result

        for chatty in ("langfuse", "opentelemetry.exporter.otlp.proto.http.trace_exporter"):
            logging.getLogger(chatty).setLevel(logging.ERROR)
        self._ids = GivenIds()
        provider = TracerProvider(
            id_generator=self._ids, resource=Resource.create({"service.name": TRACER}), shutdown_on_exit=False
        )
        public_key, secret_key = self._keys
        self._client = Langfuse(
            public_key=public_key,
            secret_key=secret_key,
            base_url=self._host,
            timeout=TIMEOUT_S,
            tracer_provider=provider,
            should_export_span=lambda _: True,
            span_exporter=CountingExporter(
                endpoint=f"{self._host}/api/public/otel/v1/traces",
                headers={
                    "Authorization": "Basic " + base64.b64encode(f"{public_key}:{secret_key}".encode()).decode(),
                    "x-langfuse-public-key": public_key,
                    "x-langfuse-ingestion-version": "4",
                },
                timeout=TIMEOUT_S,
                compression=Compression.Gzip,
            ),
        )
        self._tracer = provider.get_tracer(TRACER)

    def write(self, subject: TraceKey, observation: Observation) -> None:
        """Takes 0.1 ms whether Langfuse is there or not; never waits for it."""
        from opentelemetry import trace
        from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

        self.open()
        self.written += 1
        if self.waiting > WAITING:
            self._overflowed += 1
            return
        context = trace.set_span_in_context(trace.INVALID_SPAN)
        if observation.key != "root":
            above = SpanContext(
                trace_id=int(subject.trace_id, 16),
                span_id=subject.span_id(observation.parent or "root"),
                is_remote=True,
                trace_flags=TraceFlags(TraceFlags.SAMPLED),
            )
            context = trace.set_span_in_context(NonRecordingSpan(above))
        self._ids.trace_id, self._ids.span_id = int(subject.trace_id, 16), subject.span_id(observation.key)
        span = self._tracer.start_span(
            observation.name,
            context=context,
            kind=SpanKind.INTERNAL,
            start_time=_ns(subject.began_at, observation.start_s),
            attributes=_attributes(subject, observation),
        )
        span.end(end_time=max(_ns(subject.began_at, observation.end_s), _ns(subject.began_at, observation.start_s)))

    def score(self, subject: TraceKey, score: Score) -> None:
        """On the trace; the same score told twice is one."""
        self.open()
        assert self._client is not None
        value, kind = score.value, "NUMERIC"
        if isinstance(value, bool):
            value, kind = float(value), "BOOLEAN"
        elif isinstance(value, str):
            kind = "CATEGORICAL"
        tell: Any = self._client.create_score
        tell(
            name=score.name,
            value=value,
            data_type=kind,
            trace_id=subject.trace_id,
            score_id=f"{subject.span_id(f'score:{score.name}'):016x}",
        )

    def flush(self) -> None:
        """In a thread of its own, one at a time: it takes as long as Langfuse does, and what is told meanwhile is sent
        within five seconds anyway."""
        client, flushing = self._client, self._flushing
        if client is not None and (flushing is None or not flushing.is_alive()):
            self._flushing = threading.Thread(target=client.flush, name="langfuse-flush", daemon=True)
            self._flushing.start()

    def close(self) -> None:
        """Sends what waits, for CLOSE_S at most."""
        client = self._client
        if client is not None:
            flushing = threading.Thread(target=client.flush, name="langfuse-close", daemon=True)
            flushing.start()
            flushing.join(CLOSE_S)
            if flushing.is_alive():
                log.warning("traces not sent", seconds=CLOSE_S)


def _ns(began_at: datetime, seconds: float) -> int:
    return round((began_at.astimezone(UTC) + timedelta(seconds=seconds)).timestamp() * 1_000_000) * 1000


def _attributes(subject: TraceKey, observation: Observation) -> dict[str, Any]:
    from langfuse import LangfuseOtelSpanAttributes as Names

    attributes: dict[str, Any] = {
        Names.OBSERVATION_TYPE: observation.kind,
        Names.TRACE_NAME: subject.kind,
        Names.TRACE_SESSION_ID: subject.interview_id,
        Names.TRACE_USER_ID: subject.user_id,
        "gen_ai.conversation.id": subject.interview_id,
    }
    if subject.tags:
        attributes[Names.TRACE_TAGS] = subject.tags
    attributes |= {f"{Names.OBSERVATION_METADATA}.{name}": value for name, value in observation.metadata.items()}
    if observation.provider:
        attributes["gen_ai.provider.name"] = _SYSTEM.get(observation.provider, observation.provider)
    if observation.model:
        attributes[Names.OBSERVATION_MODEL] = observation.model
    if observation.usage:
        usage = {**observation.usage, "total": sum(observation.usage.values())}
        attributes[Names.OBSERVATION_USAGE_DETAILS] = json.dumps(usage)
    attributes |= _cost(observation, Names)
    if observation.first_output_s is not None:
        first = subject.began_at.astimezone(UTC) + timedelta(seconds=observation.first_output_s)
        # As the SDK itself writes it: JSON of an ISO instant.
        attributes[Names.OBSERVATION_COMPLETION_START_TIME] = json.dumps(first.isoformat())
    if observation.asked:
        attributes[Names.OBSERVATION_INPUT] = json.dumps(observation.asked)
    if observation.answered:
        attributes[Names.OBSERVATION_OUTPUT] = json.dumps(observation.answered)
    if observation.failed:
        attributes[Names.OBSERVATION_LEVEL] = "WARNING"
    return attributes


def _cost(observation: Observation, names: Any) -> Mapping[str, Any]:
    """Ours alone: Langfuse consults its own price table only where no cost comes along."""
    cost, metadata = observation.cost, names.OBSERVATION_METADATA
    if observation.kind != "generation" or not observation.model:
        return {}
    if cost is None:
        return {f"{metadata}.cost": "unknown"}
    return {
        names.OBSERVATION_COST_DETAILS: json.dumps({"total": float(cost.usd)}),
        f"{metadata}.cost.estimated": cost.estimated,
        f"{metadata}.cost.prices": cost.table,
    }
