"""Structured logs: one JSON object a line, a static message, values as fields. No spoken words, no secrets."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

FORBIDDEN_FIELDS = frozenset(
    {"text", "transcript", "pcm", "audio", "quote", "answer", "job_description", "prompt", "key", "token", "cookie"}
)
"""Names under which words or secrets travel; a log line that carries one loses it."""


def _without_words(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in FORBIDDEN_FIELDS & event.keys():
        event[name] = "(withheld)"
    return event


def _where(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and its place in the code: its message and the variables around it may hold words."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        event["where"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return event


class _OneLine(logging.Filter):
    """What Streamlit warns of is what somebody sent: one line says it, and a traceback for each would fill the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR and record.exc_info and record.exc_info[0]:
            record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
            record.exc_info = None
        return True


def _of_a_page(record: logging.LogRecord) -> bool:
    """Components register with the server before there is a page: Streamlit warns of that, and nothing is wrong."""
    return "missing ScriptRunContext" not in record.getMessage()


def configure(level: int = logging.INFO, out: TextIO = sys.stderr) -> None:
    """Call once, at start-up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
            _where,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    for chatty in ("aioice", "aiortc", "httpx", "httpx2", "openai", "google_genai", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    sockets = logging.getLogger("streamlit.web.server.starlette.starlette_websocket")
    if not any(isinstance(each, _OneLine) for each in sockets.filters):
        sockets.addFilter(_OneLine())
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").addFilter(_of_a_page)
