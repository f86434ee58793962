"""ElevenLabs' refusals and closes, translated: REST bodies, error frames, close codes.

Codes are matched first, then the status or close code, text last; quota comes as 401, 402, 1002 or as a flat frame
depending on the service that noticed (home-assistant/core#160414, elevenlabs/packages#911). Nothing of what the vendor
wrote is passed on, except the name of a field that may not be overridden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from services.core.errors import ProviderError, ProviderRefused
from services.core.talk.events import CloseCause, Closed
from services.vendors.faults import Fault, cause, error, sentence

LABEL = "ElevenLabs"
NO_AGENT = (
    "ElevenLabs knows no agent with this id. Check ELEVENLABS_AGENT_ID, or create one with "
    "python -m services.vendors.elevenlabs.agent --apply."
)
_ACCESS = (
    "This ElevenLabs key may not use conversational agents. Enable that for the key in the ElevenLabs console, "
    "or use another key."
)
_SILENCE = "ElevenLabs disconnected after a minute of silence."
_VARIABLES = (
    "The ElevenLabs agent asks for a variable that this application does not send. Update the agent with "
    "python -m services.vendors.elevenlabs.agent --apply."
)
_REST_CODES = {
    "invalid_api_key": Fault.KEY,
    "missing_api_key": Fault.KEY,
    "needs_authorization": Fault.KEY,
    "insufficient_permissions": Fault.ACCESS,
    "missing_permissions": Fault.ACCESS,
    "subscription_required": Fault.ACCESS,
    "insufficient_credits": Fault.CREDIT,
    "quota_exceeded": Fault.CREDIT,
    "rate_limit_exceeded": Fault.RATE,
    "system_busy": Fault.RATE,
    "concurrent_limit_exceeded": Fault.BUSY,
    "too_many_concurrent_requests": Fault.BUSY,
    "agent_not_found": Fault.MODEL,
}
_REST_STATUSES = {401: Fault.KEY, 402: Fault.CREDIT, 403: Fault.ACCESS, 404: Fault.MODEL, 429: Fault.RATE}
_UPGRADE = {401: Fault.ACCESS, 403: Fault.ACCESS, 402: Fault.CREDIT, 404: Fault.MODEL, 429: Fault.BUSY}
_ERROR_TYPES = {
    "override_error": Fault.CONFIG,
    "missing_dynamic_variable": Fault.CONFIG,
    "missing_dynamic_variable_transfer": Fault.CONFIG,
    "mcp_https_error": Fault.CONFIG,
    "mcp_tool_error": Fault.CONFIG,
    "invalid_message": Fault.CONFIG,
    "missing_fields": Fault.CONFIG,
    "value_error": Fault.CONFIG,
    "telephony_agent_error": Fault.CONFIG,
    "safety_violation": Fault.SAFETY,
    "max_duration_exceeded": Fault.LIMIT,
    "transport_receive_timeout": Fault.LIMIT,
    "websocket_disconnect": Fault.NETWORK,
}
_QUOTA = re.compile(r"quota|credit", re.IGNORECASE)
_FIELD = re.compile(r"field '([\w.]{1,40})'")
_QUEUE_TIMED_OUT = 4300


def refused(status: int | None, body: Any) -> ProviderError:
    """What a REST answer with an error status means. 422 is a request of ours that the vendor does not understand."""
    detail = body.get("detail") if isinstance(body, Mapping) else None
    named = [str(detail.get(key, "")) for key in ("code", "status")] if isinstance(detail, Mapping) else []
    fault = next((_REST_CODES[name] for name in named if name in _REST_CODES), None)
    fault = fault or _REST_STATUSES.get(status or 0, Fault.CONFIG if status in (400, 422) else Fault.VENDOR)
    if fault is Fault.MODEL:
        return ProviderRefused(NO_AGENT, CloseCause.CONFIG)
    if fault is Fault.ACCESS:
        return ProviderRefused(_ACCESS, CloseCause.AUTH)
    return error(fault, LABEL)


def of_upgrade(status: int, _body: bytes) -> Fault:
    """Why a socket was not opened; the key has just fetched the signed URL, so it is good."""
    return _UPGRADE.get(status, Fault.VENDOR)


def error_frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Both forms: `error_event` inside, or flat with a message alone."""
    event = frame.get("error_event") or frame.get("client_error_event") or frame
    names = ("error_type", "error_name", "code", "message", "reason")
    return {name: event.get(name) for name in names} if isinstance(event, Mapping) else {}


def closed(code: int | None, reason: str, last_error: Mapping[str, Any] | None, *, ended_by_agent: bool) -> Closed:
    """Why the socket closed, from the last error frame, the close code and the reason, in this order of trust.

    `code` None: the connection broke without a close frame.
    """
    told = last_error or {}
    kind = str(told.get("error_type") or told.get("error_name") or "")
    text = f"{told.get('message') or ''} {told.get('reason') or ''} {reason}"
    if kind in _ERROR_TYPES:
        return _closed(_ERROR_TYPES[kind], _own_sentence(kind, text))
    named = next((name for name in _ERROR_TYPES if name in text), "")
    if named:
        return _closed(_ERROR_TYPES[named], _own_sentence(named, text))
    if _QUOTA.search(text):
        return _closed(Fault.CREDIT)
    if code == 1000 and (ended_by_agent or not told):
        return Closed(CloseCause.AGENT, "Ema ended the call.")
    if code == 1008:
        return _closed(Fault.CONFIG)
    if code == _QUEUE_TIMED_OUT:
        return _closed(Fault.BUSY)
    return _closed(Fault.NETWORK if code in (None, 1001, 1006) else Fault.VENDOR)


def _own_sentence(kind: str, text: str) -> str:
    if kind == "override_error":
        field = _FIELD.search(text)
        what = f"“{field[1]}”" if field else "what this application sets"
        return f"The ElevenLabs agent does not allow changing {what}. Enable it in the agent's security settings."
    if kind.startswith("missing_dynamic_variable"):
        return _VARIABLES
    return _SILENCE if kind == "transport_receive_timeout" else ""


def _closed(fault: Fault, own: str = "") -> Closed:
    return Closed(cause(fault), own or sentence(fault, LABEL))
