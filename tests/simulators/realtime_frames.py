"""What OpenAI Realtime and xAI take from a client: OpenAI's own types for one, the rules of docs.x.ai for the other."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent
from pydantic import BaseModel, ValidationError

_OPENAI = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(RealtimeClientEvent)[0])
}
_RESERVED = {
    "web_search", "browse_page", "x_keyword_search", "x_semantic_search", "x_user_search", "x_thread_fetch",
    "collections_search", "file_search",
}  # fmt: skip
_PCM_RATES = {8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000}
_XAI: dict[str, set[str]] = {
    "session.update": {"session"},
    "input_audio_buffer.append": {"audio"},
    "input_audio_buffer.commit": set(),
    "input_audio_buffer.clear": set(),
    "conversation.item.create": {"item"},
    "conversation.item.delete": {"item_id"},
    "conversation.item.truncate": {"item_id", "content_index", "audio_end_ms"},
    "response.create": {"response"},
    "response.cancel": set(),
}
_XAI_SESSION: dict[str, Any] = {
    "instructions": str,
    "voice": str,
    "turn_detection": {
        "type": str,
        "threshold": float,
        "prefix_padding_ms": int,
        "silence_duration_ms": int,
        "idle_timeout_ms": int,
    },
    "reasoning": {"effort": str},
    "resumption": {"enabled": bool},
    "audio": {
        "input": {
            "format": {"type": str, "rate": int},
            "transport": str,
            "transcription": {"model": str, "language_hint": str, "keyterms": list},
        },
        "output": {"format": {"type": str, "rate": int}, "transport": str, "speed": float},
    },
    "replace": dict,
    "tools": list,
}
_XAI_ITEMS = {
    "message": {"role", "content"},
    "function_call_output": {"call_id", "output"},
    "force_message": {"role", "content", "interruptible"},
}


def fault(vendor: str, frame: Any) -> str:
    """What the vendor would say against this frame; empty when nothing."""
    if not isinstance(frame, dict):
        return "not a JSON object"
    return next(_xai(frame) if vendor == "xai" else _openai(frame), "") or next(_both(frame), "")


def _both(frame: dict[str, Any]) -> Iterator[str]:
    if frame["type"] == "input_audio_buffer.append":
        try:
            pcm = base64.b64decode(frame["audio"], validate=True)
        except (binascii.Error, ValueError):
            yield "audio is not base64"
        else:
            if len(pcm) % 2 or not 0 < len(pcm) <= 15 * 2**20:
                yield f"{len(pcm)} bytes of audio"
    if frame["type"] == "conversation.item.truncate" and frame["audio_end_ms"] <= 0:
        yield "Only model output audio messages can be truncated"
    if frame["type"] == "conversation.item.create" and not frame["item"].get("content", True):
        yield "an item without content"


def _openai(frame: dict[str, Any]) -> Iterator[str]:
    model = _OPENAI.get(frame.get("type", ""))
    if model is None:
        yield f"unknown type {frame.get('type')!r}"
        return
    try:
        event = model.model_validate(frame)
    except ValidationError as error:
        yield f"{frame['type']}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}"
        return
    yield from (f"{frame['type']}: {path} is unknown" for path in _extras(event))
    if frame["type"] == "session.update":
        yield from _openai_session(frame["session"])


def _openai_session(session: dict[str, Any]) -> Iterator[str]:
    if session.get("type") != "realtime":
        yield "session.type must be realtime"
    if set(session.get("output_modalities", ["audio"])) not in ({"audio"}, {"text"}):
        yield "output_modalities are audio or text, never both"
    for side in session.get("audio", {}).values():
        if side.get("format", {"rate": 24000}).get("rate") != 24000:
            yield "audio/pcm is 24000 Hz only"
    detection = session.get("audio", {}).get("input", {}).get("turn_detection") or {}
    own = {"eagerness"} if detection.get("type") == "semantic_vad" else {"threshold", "prefix_padding_ms"}
    allowed = {"type", "create_response", "interrupt_response", "silence_duration_ms", "idle_timeout_ms", *own}
    if detection.keys() - allowed:
        yield f"{detection.get('type')} has no {sorted(detection.keys() - allowed)}"


def _extras(value: Any, path: str = "") -> Iterator[str]:
    """Fields that the vendor's own model does not know: it would refuse or ignore them."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _extras(each, f"{path}[{number}]")
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or ())
        for name in value.model_fields_set & type(value).model_fields.keys():
            yield from _extras(getattr(value, name), f"{path}.{name}")


def _xai(frame: dict[str, Any]) -> Iterator[str]:
    kind = frame.get("type")
    if kind not in _XAI:
        yield f"unknown type {kind!r}"
        return
    if extra := frame.keys() - _XAI[kind] - {"type", "event_id"}:
        yield f"{kind} has no {sorted(extra)}"
    if missing := _XAI[kind] - {"response"} - frame.keys():
        yield f"{kind} lacks {sorted(missing)}"
        return
    if kind == "session.update":
        yield from _shape(frame["session"], _XAI_SESSION, "session")
        yield from _xai_session(frame["session"])
    if kind == "response.create" and (frame.get("response") or {}).keys() - {"modalities", "instructions"}:
        yield "response has modalities and instructions only"
    if kind == "conversation.item.create":
        item = frame["item"]
        keys = _XAI_ITEMS.get(item.get("type"))
        if keys is None or item.keys() - {"type", "id"} != keys:
            yield f"item {item.get('type')!r} with {sorted(item)}"


def _shape(value: Any, shape: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(shape, dict):
        if extra := value.keys() - shape.keys():
            yield f"{path} has no {sorted(extra)}"
        for name in value.keys() & shape.keys():
            yield from _shape(value[name], shape[name], f"{path}.{name}")
    elif not isinstance(value, (float, int) if shape is float else shape):
        yield f"{path} is no {shape.__name__}"


def _xai_session(session: dict[str, Any]) -> Iterator[str]:
    detection = session.get("turn_detection")
    if detection and not (detection["type"] == "server_vad" and 0.1 <= detection.get("threshold", 0.85) <= 0.9):
        yield "turn_detection is server_vad with a threshold of 0.1 to 0.9"
    for side in session.get("audio", {}).values():
        if side.get("format", {"rate": 24000}).get("rate") not in _PCM_RATES:
            yield "a rate xAI does not have"
    terms = session.get("audio", {}).get("input", {}).get("transcription", {}).get("keyterms", [])
    if len(terms) > 100 or any(len(term) > 50 for term in terms):
        yield "at most 100 keyterms of at most 50 characters"
    for tool in session.get("tools", []):
        if tool.get("name") in _RESERVED:
            yield f"{tool['name']} is a reserved tool name"


USAGE = {
    "total_tokens": 430, "input_tokens": 310, "output_tokens": 120,
    "input_token_details": {
        "text_tokens": 110, "audio_tokens": 200, "image_tokens": 0, "cached_tokens": 192,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 128, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 24, "audio_tokens": 96},
}  # fmt: skip


def response_object(response_id: str, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "id": response_id, "object": "realtime.response", "status": status, "status_details": details, "output": [],
    }  # fmt: skip


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = {**old, **new}
    for key in old.keys() & new.keys():
        if isinstance(old[key], dict) and isinstance(new[key], dict):
            both[key] = merged(old[key], new[key])
    return both
