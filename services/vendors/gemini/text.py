"""Gemini's generateContent, through google-genai 3.6. Each quirk is named where it is handled."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.settings import Settings
from services.vendors.text import MAX_OUTPUT_TOKENS, Completion, ModelFailed, Prompt, Trouble, usage

if TYPE_CHECKING:
    from google.genai import Client, types

_REFUSALS = {401: Trouble.KEY, 403: Trouble.ACCESS, 404: Trouble.MODEL, 408: Trouble.TIMEOUT, 429: Trouble.RATE}
_CUT, _DONE = "MAX_TOKENS", "STOP"


class GeminiText:
    def __init__(self, settings: Settings) -> None:
        if settings.gemini_api_key is None:
            raise ValueError("Gemini needs a key")
        self._key, self._base_url = settings.gemini_api_key, settings.gemini_base_url
        self.model = settings.gemini_text_model
        self.label = f"Gemini ({self.model})"
        self._lock = threading.Lock()

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], name: str, timeout_s: float) -> Completion:
        with self._lock:
            client = self._client
        import httpx2
        from google.genai import errors, types

        # `timeout` is in milliseconds; retries are off unless asked for, and would not honour RetryInfo.
        config = types.GenerateContentConfig(
            system_instruction=prompt.system,
            response_mime_type="application/json",
            response_json_schema=dict(schema),
            max_output_tokens=MAX_OUTPUT_TOKENS,
            seed=prompt.seed,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            http_options=types.HttpOptions(timeout=max(1, int(timeout_s * 1000))),
        )
        try:
            response = client.models.generate_content(model=self.model, contents=prompt.data, config=config)
        except errors.APIError as refused:
            raise self._failed(refused) from None
        except httpx2.TimeoutException:
            raise ModelFailed(Trouble.TIMEOUT, self.label) from None
        except (httpx2.HTTPError, OSError):
            raise ModelFailed(Trouble.NETWORK, self.label) from None
        except (ValueError, TypeError, KeyError, AttributeError):  # an answer that is no JSON, or of no known shape
            raise ModelFailed(Trouble.VENDOR, self.label) from None
        return self._reply(response)

    @functools.cached_property
    def _client(self) -> Client:
        from google import genai
        from google.genai import types

        # Unset, the SDK asks v1, which does not know every field of this configuration.
        options = types.HttpOptions(base_url=self._base_url, api_version="v1beta")
        return genai.Client(api_key=self._key.get_secret_value(), vertexai=False, http_options=options)

    def _reply(self, response: types.GenerateContentResponse) -> Completion:
        # `text` is None for a blocked or empty answer; why is in the candidate or in the feedback on the prompt.
        candidate = next(iter(response.candidates or ()), None)
        reason = candidate.finish_reason.value if candidate and candidate.finish_reason else ""
        spent = usage()
        if counts := response.usage_metadata:
            written = (counts.candidates_token_count or 0) + (counts.thoughts_token_count or 0)
            spent = usage(counts.prompt_token_count, counts.cached_content_token_count, written)
        if reason == _CUT:
            return Completion("", spent, cut=True)
        if not response.text:
            blocked = reason not in ("", _DONE) or (response.prompt_feedback and response.prompt_feedback.block_reason)
            raise ModelFailed(Trouble.SAFETY if blocked else Trouble.VENDOR, self.label)
        return Completion(response.text, spent)

    def _failed(self, refused: Any) -> ModelFailed:
        status, said = int(refused.code or 0), f"{refused.status} {refused.message} {refused.details}"
        if "API_KEY_INVALID" in said or "API key not valid" in said:  # a 400, not a 401
            return ModelFailed(Trouble.KEY, self.label)
        if status == 429 and (delay := _retry_delay_s(refused.details)) is not None:
            return ModelFailed(Trouble.RATE, self.label, delay)
        if status == 429 and "exceeded your current quota" in said:
            return ModelFailed(Trouble.CREDIT, self.label)
        if status >= 500:
            return ModelFailed(Trouble.VENDOR, self.label, _retry_delay_s(refused.details))
        return ModelFailed(_REFUSALS.get(status, Trouble.REQUEST), self.label)


def _retry_delay_s(details: Any) -> float | None:
    """Of a RetryInfo such as `{"retryDelay": "34s"}`, wherever the error keeps it."""
    error = details.get("error", details) if isinstance(details, dict) else {}
    notes = error.get("details") if isinstance(error, dict) else None
    for note in notes if isinstance(notes, list) else []:
        delay = note.get("retryDelay", "") if isinstance(note, dict) else ""
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                return max(0.0, float(delay[:-1]))
            except ValueError:
                return None
    return None
