"""The seam between the analyst and a text-model vendor.

A `TextVendor` sends one request and gives back text; `TextModel` (model.py) adds all that is the same for every vendor:
retries, one repair, the budget and the bill. Nothing here or below ever logs a prompt, an answer or a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from services.core.talk.events import Usage

MAX_OUTPUT_TOKENS = 16_384
"""Thinking models spend it on thoughts first, so it is generous; see `Completion.cut`."""


class Trouble(StrEnum):
    """Why a model did not do its part; each has a phrase that completes "it …" for people."""

    KEY = "its API key was not accepted"
    ACCESS = "this key may not use it"
    CREDIT = "its account has no credit left"
    MODEL = "it does not exist at this address"
    REQUEST = "it did not accept the request"
    SAFETY = "its safety filter stopped the answer"
    RATE = "it limits requests at the moment"
    VENDOR = "it has trouble of its own"
    TIMEOUT = "it did not answer in time"
    NETWORK = "it could not be reached"
    ANSWER = "its answer could not be used"
    BUDGET = "it used up what one interview may ask of it"


PASSING = frozenset({Trouble.RATE, Trouble.VENDOR, Trouble.TIMEOUT, Trouble.NETWORK})
"""Asking again may help; with any other trouble it cannot."""


class ModelFailed(Exception):
    """`str` is for people and for logs: it never holds words of a prompt, of an answer, or a key."""

    def __init__(self, trouble: Trouble, label: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{label}: {trouble}")
        self.trouble = trouble
        self.retry_after_s = retry_after_s
        """What the vendor asks us to wait, where it says so."""


@dataclass(frozen=True, slots=True)
class Prompt:
    system: str = field(repr=False)
    """Ours alone: no word of a job description or of a candidate."""
    data: str = field(repr=False)
    """What the model works on, delimited; never an instruction."""
    seed: int = 0
    """Tells independent runs of one prompt apart; used where a vendor takes one."""


@dataclass(frozen=True, slots=True)
class Completion:
    text: str = field(repr=False)
    usage: Usage
    """Mutually exclusive: input_tokens, cached_input_tokens, output_tokens (thoughts are output)."""
    cut: bool = False
    """The vendor stopped it at MAX_OUTPUT_TOKENS."""


class TextVendor(Protocol):
    label: str
    """For people: "Gemini (gemini-3.8-flash)"."""
    model: str

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], name: str, timeout_s: float) -> Completion:
        """One request, not repeated. Thread-safe. Raises ModelFailed, never anything that holds words or a key."""


def usage(input_tokens: int | None = 0, cached: int | None = 0, output_tokens: int | None = 0) -> Usage:
    """From a vendor's totals, of which the cached tokens are a part."""
    kept = min(cached or 0, input_tokens or 0)
    buckets = {
        "input_tokens": (input_tokens or 0) - kept,
        "cached_input_tokens": kept,
        "output_tokens": output_tokens or 0,
    }
    return Usage({name: count for name, count in buckets.items() if count > 0})
