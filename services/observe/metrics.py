"""Counters and histograms of this process in the Prometheus text form; thread-safe, no words, no ids of people."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from services.observe.trail import Latency

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
_LAG = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


class Bound(StrEnum):
    """What turns somebody away, or cuts them short, so that the others are served."""

    LINES = "lines"
    LAG = "event loop late"
    UNHEARD = "calls that wait to be heard"
    OFFERS = "offers of a voice line"
    VALUES = "values that no widget sends"
    ANSWER = "length of a typed answer"
    SPEND = "spend of a day"
    QUOTA = "quota"
    TALKS = "talks with each voice"
    READERS = "readers of a call"
    PAGES = "open pages"
    ORIGIN = "origin"
    MESSAGE = "message on the socket"
    UPLOADS = "uploads at once"
    UPLOADED = "uploaded in all"
    SLOW_UPLOAD = "time of an upload"
    BODY = "size of a body"
    SLOW_BODY = "time of a body"
    SLOW_HEAD = "time of a head"
    CONNECTIONS = "connections"


KEPT = 200
"""Latencies of each vendor that the summary looks back on."""


class Metrics:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._answers = Histogram(
            "syntaxia_answer_seconds",
            "End of the candidate's turn to the first sample of the answer.",
            ["provider"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._first_audio = Histogram(
            "syntaxia_first_audio_seconds",
            "End of the candidate's turn to the vendor's first audio.",
            ["provider"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._barge_ins = Histogram(
            "syntaxia_barge_in_stop_seconds",
            "Speech over Ema to silence.",
            ["provider"],
            buckets=_LAG,
            registry=registry,
        )
        self._ended = Counter(
            "syntaxia_calls_ended", "Calls by how they ended.", ["provider", "cause"], registry=registry
        )
        self._usd = Counter(
            "syntaxia_voice_usd", "Known cost of ended calls in US dollars.", ["provider"], registry=registry
        )
        self._lag = Histogram(
            "syntaxia_loop_lag_seconds", "How late the event loop wakes up.", buckets=_LAG, registry=registry
        )
        self._refused = Counter(
            "syntaxia_refused", "Turned away or cut short, by the bound that was reached.", ["bound"], registry=registry
        )
        for bound in Bound:
            self._refused.labels(bound)
        self._gauges: dict[str, Gauge] = {}
        self._recent: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def latency(self, latency: Latency) -> None:
        if latency.answer_ms is not None:
            self._answers.labels(latency.provider).observe(latency.answer_ms / 1000)
            with self._lock:
                self._recent.setdefault(latency.provider, deque(maxlen=KEPT)).append(latency.answer_ms)
        if latency.first_audio_ms is not None:
            self._first_audio.labels(latency.provider).observe(latency.first_audio_ms / 1000)
        if latency.barge_in_ms is not None:
            self._barge_ins.labels(latency.provider).observe(latency.barge_in_ms / 1000)

    def ended(self, provider: str, cause: str, usd: Decimal) -> None:
        self._ended.labels(provider, cause or "unknown").inc()
        self._usd.labels(provider).inc(float(usd))

    def refused(self, bound: Bound) -> None:
        """From any thread."""
        self._refused.labels(bound).inc()

    def loop_lag(self, seconds: float) -> None:
        self._lag.observe(max(0.0, seconds))

    def gauge(
        self, name: str, help_text: str, read: Callable[[], float], labels: Mapping[str, str] | None = None
    ) -> None:
        """Read whenever somebody asks; a later one of the same name and labels takes the place of the first."""
        labels = labels or {}
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, help_text, list(labels), registry=self._registry)
        gauge = self._gauges[name].labels(**labels) if labels else self._gauges[name]
        gauge.set_function(read)

    def text(self) -> bytes:
        return generate_latest(self._registry)
