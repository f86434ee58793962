"""What can go wrong with a text model, in each vendor's own words; and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Weather = Callable[[Any], str]


@dataclass(frozen=True)
class Answered:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def fair(asked: Any) -> str:
    return ""


def on(shape: str, kind: str) -> Weather:
    """Whenever this is asked for."""
    return lambda asked: kind if asked.shape == shape else ""


def at(number: int, kind: str) -> Weather:
    """Of all requests only this one."""
    return lambda asked: kind if asked.number == number else ""


def until(number: int, kind: str) -> Weather:
    """Requests up to this one."""
    return lambda asked: kind if asked.number <= number else ""


def either(*weathers: Weather) -> Weather:
    """The first of them that is not fair."""
    return lambda asked: next(filter(None, (weather(asked) for weather in weathers)), "")


def _google(status: int, name: str, message: str, *details: dict[str, str], code: int = 0) -> Answered:
    error = {"code": code or status, "status": name, "message": message, "details": list(details)}
    return Answered({"error": error}, status)


_INFO, _RETRY = "type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.RetryInfo"
_SLOWLY = {"@type": _RETRY, "retryDelay": "0.2s"}
_MUCH_LATER = {"@type": _RETRY, "retryDelay": "34s"}
_QUOTA = "You exceeded your current quota, please check your plan and billing details."
_REFUSALS: dict[str, dict[str, Answered]] = {
    "gemini": {
        "bad_key": _google(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            {"@type": _INFO, "reason": "API_KEY_INVALID"},
        ),
        "bad_request": _google(400, "INVALID_ARGUMENT", "Invalid JSON payload received."),
        "permission": _google(403, "PERMISSION_DENIED", "The caller does not have permission"),
        "unknown_model": _google(404, "NOT_FOUND", "models/x is not found for API version v1beta"),
        "no_credit": _google(429, "RESOURCE_EXHAUSTED", _QUOTA),
        "rate_limit": _google(429, "RESOURCE_EXHAUSTED", _QUOTA, {"@type": _INFO}, _SLOWLY),
        "long_limit": _google(429, "RESOURCE_EXHAUSTED", _QUOTA, _MUCH_LATER),
        "odd_limit": _google(429, "RESOURCE_EXHAUSTED", "Slow down.", {"@type": _RETRY, "retryDelay": "soons"}),
        "down": _google(503, "UNAVAILABLE", "The model is overloaded."),
        "blocked": Answered({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        "odd": Answered(b"<html>Bad gateway</html>"),
        "odder": Answered(["no", "object"]),
    },
    "openai": {
        "bad_key": Answered({"error": {"code": "invalid_api_key", "message": "Incorrect API key: sk-***"}}, 401),
        "bad_request": Answered({"error": {"type": "invalid_request_error", "message": "Unknown parameter."}}, 400),
        "permission": Answered({"error": {"type": "forbidden", "message": "No access."}}, 403),
        "unknown_model": Answered({"error": {"code": "model_not_found", "message": "No such model."}}, 404),
        "no_credit": Answered({"error": {"code": "insufficient_quota", "message": "Exceeded."}}, 429),
        "rate_limit": Answered({"error": {"code": "rate_limit_exceeded"}}, 429, {"Retry-After": "0.2"}),
        "long_limit": Answered({"error": {"code": "rate_limit_exceeded"}}, 429, {"Retry-After": "34"}),
        "odd_limit": Answered({"error": {"code": "rate_limit_exceeded"}}, 429, {"Retry-After": "soon"}),
        "down": Answered({"error": {"type": "server_error", "message": "Oops."}}, 500),
        "blocked": Answered({"error": {"code": "content_policy_violation", "message": "No."}}, 400),
        "odd": Answered(b"<html>Bad gateway</html>"),
        "odder": Answered(["no", "object"]),
    },
    "xai": {
        "bad_key": Answered({"code": "invalid-argument", "error": "Incorrect API key provided: xa***"}, 400),
        "bad_request": Answered({"code": "invalid-argument", "error": "Unknown field."}, 400),
        "permission": Answered({"code": "permission-denied", "error": "The key is blocked."}, 403),
        "unknown_model": Answered({"code": "not-found", "error": "The model does not exist."}, 404),
        "no_credit": Answered({"code": "permission-denied", "error": "Your team doesn't have any credits yet."}, 403),
        "rate_limit": Answered({"code": "resource-exhausted"}, 429, {"Retry-After": "0.2"}),
        "long_limit": Answered({"code": "resource-exhausted"}, 429, {"Retry-After": "34"}),
        "odd_limit": Answered({"code": "resource-exhausted"}, 429, {"Retry-After": "soon"}),
        "down": Answered({"code": "internal", "error": "Oops."}, 502),
        "blocked": Answered({"code": "invalid-argument", "error": "Blocked by a safety check."}, 400),
        "odd": Answered(b"<html>Bad gateway</html>"),
        "odder": Answered(["no", "object"]),
    },
}


def refusal(vendor: str, kind: str) -> Answered | None:
    """None for a kind of weather that lets the model answer."""
    return _REFUSALS[vendor].get(kind)
