"""OpenAI and xAI, which speak one dialect: the Responses API, through the openai SDK 3.57.

`store` is false: the vendor keeps no copy to be read later (both keep one for 30 days by default).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from services.settings import Settings
from services.vendors.text import MAX_OUTPUT_TOKENS, Completion, ModelFailed, Prompt, Trouble, usage

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI
    from openai.types.responses import Response

OPENAI_URL, XAI_URL = "https://api.openai.com/v1", "https://api.x.ai/v1"
OPENAI_MODEL, XAI_MODEL = "gpt-6.1-terra", "grok-4.6"
"""Read 2026-11-21: OpenAI's smaller current model with structured outputs, and xAI's current one."""

_REFUSALS = {
    400: Trouble.REQUEST,
    401: Trouble.KEY,
    402: Trouble.CREDIT,
    403: Trouble.ACCESS,
    404: Trouble.MODEL,
    408: Trouble.TIMEOUT,
    409: Trouble.VENDOR,
    429: Trouble.RATE,
}
_CREDIT = ("insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "credits", "spending limit")


class ResponsesText:
    """A vendor that speaks the Responses API."""

    def __init__(self, name: str, model: str, base_url: str, key: SecretStr) -> None:
        self.model = model
        self.label = f"{name} ({model})"
        self._base_url, self._key = base_url, key
        self._lock = threading.Lock()

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], name: str, timeout_s: float) -> Completion:
        with self._lock:
            client = self._client
        import openai

        try:
            response = client.responses.create(
                model=self.model,
                instructions=prompt.system,
                input=prompt.data,
                text={"format": {"type": "json_schema", "name": name, "schema": dict(schema), "strict": True}},
                max_output_tokens=MAX_OUTPUT_TOKENS,
                store=False,
                timeout=timeout_s,
            )
            return self._reply(response)
        except openai.APITimeoutError:
            raise ModelFailed(Trouble.TIMEOUT, self.label) from None
        except openai.APIConnectionError:
            raise ModelFailed(Trouble.NETWORK, self.label) from None
        except openai.APIStatusError as refused:
            raise self._failed(refused) from None
        # The SDK lets an answer of any shape pass.
        except (openai.OpenAIError, ValueError, TypeError, AttributeError):
            raise ModelFailed(Trouble.VENDOR, self.label) from None

    @functools.cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI

        # Retries are ours: the SDK's would not count against the budget.
        client = OpenAI(api_key=self._key.get_secret_value(), base_url=self._base_url, max_retries=0)
        _ = client.responses  # imports its part of the SDK when it is first used
        return client

    def _reply(self, response: Response) -> Completion:
        spent = usage()
        if counts := response.usage:
            cached = counts.input_tokens_details.cached_tokens if counts.input_tokens_details else 0
            spent = usage(counts.input_tokens, cached, counts.output_tokens)
        if response.status == "incomplete":
            if response.incomplete_details and response.incomplete_details.reason == "content_filter":
                raise ModelFailed(Trouble.SAFETY, self.label)
            return Completion("", spent, cut=True)
        if not response.output_text:
            refused = any(
                part.type == "refusal" for item in response.output if item.type == "message" for part in item.content
            )
            raise ModelFailed(Trouble.SAFETY if refused else Trouble.VENDOR, self.label)
        return Completion(response.output_text, spent)

    def _failed(self, refused: APIStatusError) -> ModelFailed:
        status, said = refused.status_code, f"{refused.code} {refused.type} {refused.body}".casefold()
        if status in (402, 403, 429) and any(mark in said for mark in _CREDIT):
            return ModelFailed(Trouble.CREDIT, self.label)
        if status == 400 and "incorrect api key" in said:  # xAI, where OpenAI says 401
            return ModelFailed(Trouble.KEY, self.label)
        trouble = Trouble.VENDOR if status >= 500 else _REFUSALS.get(status, Trouble.REQUEST)
        return ModelFailed(trouble, self.label, _retry_after_s(refused.response.headers))


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(headers[name]) / divisor)
        except (KeyError, ValueError):
            continue
    return None


def openai_text(settings: Settings) -> ResponsesText:
    model, key = settings.openai_text_model or OPENAI_MODEL, settings.openai_api_key or SecretStr("")
    return ResponsesText("OpenAI", model, settings.openai_base_url or OPENAI_URL, key)


def xai_text(settings: Settings) -> ResponsesText:
    model, key = settings.xai_text_model or XAI_MODEL, settings.xai_api_key or SecretStr("")
    return ResponsesText("xAI", model, settings.xai_base_url or XAI_URL, key)
