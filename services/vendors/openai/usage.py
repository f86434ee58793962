"""Token counts of the OpenAI dialect as mutually exclusive buckets, so that each can be multiplied by its price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def of_response(usage: Mapping[str, Any]) -> dict[str, int]:
    """Cached tokens are inside the totals a vendor reports; here they are a bucket of their own. Zeros are left out.

    A vendor that reports bare totals gets `input_tokens` and `output_tokens`.
    """
    inputs = usage.get("input_token_details") or {}
    outputs = usage.get("output_token_details") or {}
    if not inputs and not outputs:
        return _positive({"input_tokens": usage.get("input_tokens"), "output_tokens": usage.get("output_tokens")})
    cached = inputs.get("cached_tokens_details") or _spread(inputs)
    buckets = {f"output_{kind}": outputs.get(f"{kind}_tokens") for kind in ("text", "audio")}
    for kind in ("text", "audio", "image"):
        part = cached.get(f"{kind}_tokens") or 0
        buckets[f"input_{kind}"] = (inputs.get(f"{kind}_tokens") or 0) - part
        buckets[f"input_cached_{kind}"] = part
    return _positive(buckets)


def of_transcription(usage: Mapping[str, Any]) -> dict[str, int]:
    """Transcription is billed apart, by tokens or by the length of the audio."""
    if usage.get("type") == "duration":
        return _positive({"transcription_audio_ms": round(float(usage["seconds"]) * 1000)})
    details = usage.get("input_token_details") or {"audio_tokens": usage.get("input_tokens")}
    return _positive(
        {
            "transcription_input_text": details.get("text_tokens"),
            "transcription_input_audio": details.get("audio_tokens"),
            "transcription_output_text": usage.get("output_tokens"),
        }
    )


def _spread(inputs: Mapping[str, Any]) -> dict[str, int]:
    """Where only the sum of cached tokens is told: text first, since the prompt is what is cached first."""
    cached, text = inputs.get("cached_tokens") or 0, inputs.get("text_tokens") or 0
    return {"text_tokens": min(cached, text), "audio_tokens": max(0, cached - text)}


def _positive(buckets: Mapping[str, int | None]) -> dict[str, int]:
    return {name: count for name, count in buckets.items() if count and count > 0}
