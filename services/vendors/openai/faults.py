"""Which fault an error code, HTTP status or close code of the OpenAI dialect means.

Codes are matched first, statuses second, texts last: vendors rename codes while keeping types, so both are looked up.
"""

from __future__ import annotations

import json
from typing import Any

from services.vendors.faults import Fault

_CODES = {
    "invalid_api_key": Fault.KEY,
    "account_deactivated": Fault.KEY,
    "insufficient_quota": Fault.CREDIT,
    "credit_balance_exhausted": Fault.CREDIT,
    "billing_hard_limit_reached": Fault.CREDIT,
    "model_not_found": Fault.MODEL,
    "session_expired": Fault.LIMIT,
    "max_duration": Fault.LIMIT,
    "content_filter": Fault.SAFETY,
    "rate_limit_exceeded": Fault.RATE,
    "server_error": Fault.VENDOR,
    "internal_error": Fault.VENDOR,
    "timeout": Fault.VENDOR,
}
_TEXTS = (
    ("concurren", Fault.BUSY),
    ("credits", Fault.CREDIT),
    ("spending limit", Fault.CREDIT),
    ("exceeded your current quota", Fault.CREDIT),
    ("api key", Fault.KEY),
    ("maximum duration", Fault.LIMIT),
)
_STATUSES = {401: Fault.KEY, 402: Fault.CREDIT, 403: Fault.ACCESS, 404: Fault.MODEL, 429: Fault.RATE}
_BENIGN_CODES = frozenset({"response_cancel_not_active", "input_audio_buffer_commit_empty"})
_BENIGN_TEXTS = ("cancellation failed", "no active response", "truncat")
_COLLISION = "already has an active response"


def of_error(code: str | None, kind: str | None, message: str | None) -> Fault | None:
    """The fault of an `error` object; None where it names none we know."""
    for name in (code, kind):
        if name in _CODES:
            return _CODES[name]
    return _of_text(message or "")


def of_failure(code: str | None, kind: str | None, message: str | None) -> Fault:
    """The fault of a response that failed. There, an unknown model is one that this key may not use."""
    fault = of_error(code, kind, message)
    return Fault.ACCESS if fault is Fault.MODEL else fault or Fault.VENDOR


def of_status(status: int, body: bytes = b"") -> Fault:
    """The fault of a refused upgrade or REST call."""
    error = _error_object(body)
    fault = of_error(error.get("code"), error.get("type"), error.get("message"))
    if fault:
        return fault
    return _STATUSES.get(status) or (Fault.VENDOR if status >= 500 else Fault.CONFIG)


def of_close(code: int | None, reason: str) -> Fault:
    """The fault of a closed socket; `code` None: there was no close frame."""
    if code is None or code == 1006:
        return Fault.NETWORK
    for name, fault in _CODES.items():
        if name in reason:
            return fault
    return _of_text(reason) or (Fault.KEY if code == 3000 else Fault.VENDOR)


def is_benign(code: str | None, message: str | None) -> bool:
    """Errors that only say that we and the server crossed on the wire."""
    text = (message or "").lower()
    return code in _BENIGN_CODES or any(part in text for part in _BENIGN_TEXTS)


def is_collision(code: str | None, message: str | None) -> bool:
    """A `response.create` met a response that had just begun."""
    return code == "conversation_already_has_active_response" or _COLLISION in (message or "").lower()


def _of_text(text: str) -> Fault | None:
    lowered = text.lower()
    return next((fault for part, fault in _TEXTS if part in lowered), None)


def _error_object(body: bytes) -> dict[str, Any]:
    """`{"error": {...}}` of OpenAI, `{"code": ..., "error": "text"}` of xAI, or plain text."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return {"message": body.decode(errors="replace")}
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else parsed
    return error if isinstance(error, dict) else {"message": str(error)}
