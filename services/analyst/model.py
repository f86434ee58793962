"""A text model: structured output for a pydantic type, whichever vendor stands behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import stamina
from pydantic import BaseModel, ValidationError

from services.analyst.budget import Budget
from services.analyst.schema import schema_of
from services.vendors.text import PASSING, Completion, ModelFailed, Prompt, TextVendor, Trouble

ATTEMPTS = 3
"""Of one request, in all."""
REQUEST_S = 60.0
LONGEST_WAIT_S = 10.0
"""That a vendor may ask for, in all; who asks for more is not waited for, and the rules do the work."""
MAX_ANSWER = 120_000
"""Characters; what is longer is not even parsed."""
MAX_FAULTS = 8
"""Told to the model when it is asked again."""

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class TextModel:
    """Thread-safe: several `write`s may run side by side."""

    vendor: TextVendor
    first_wait_s: float = 0.5
    """Before asking again, where the vendor does not say how long; doubles."""

    @property
    def label(self) -> str:
        return self.vendor.label

    @property
    def model(self) -> str:
        return self.vendor.model

    def write(
        self, prompt: Prompt, shape: type[Shape], budget: Budget, check: Callable[[Shape], object] | None = None
    ) -> Shape:
        """An answer of this shape that `check` accepts; it refuses one by a ValueError that says what is wrong.

        An answer that cannot be used is asked for once more, with what was wrong. Raises ModelFailed.
        """
        first, fault = self._read(self._request(prompt, shape, budget), shape, check)
        if first is not None:
            return first
        again = replace(prompt, data=f"{prompt.data}\n\nYour last answer could not be used: {fault} Answer again.")
        second, _ = self._read(self._request(again, shape, budget), shape, check)
        if second is None:
            raise ModelFailed(Trouble.ANSWER, self.label)
        return second

    def _request(self, prompt: Prompt, shape: type[BaseModel], budget: Budget) -> Completion:
        schema, waited_s = schema_of(shape), 0.0

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, ModelFailed) or error.trouble not in PASSING:
                return False
            if error.retry_after_s is None:
                return True
            nonlocal waited_s
            waited_s += error.retry_after_s
            return error.retry_after_s if waited_s < LONGEST_WAIT_S and waited_s < budget.seconds_left else False

        attempts = stamina.retry_context(
            on=wait,
            attempts=ATTEMPTS,
            timeout=max(0.001, budget.seconds_left),
            wait_initial=self.first_wait_s,
            wait_jitter=self.first_wait_s,
        )
        for attempt in attempts:
            with attempt:
                if not budget.take():
                    raise ModelFailed(Trouble.BUDGET, self.label)
                seconds = min(REQUEST_S, budget.seconds_left)
                began = time.monotonic()
                try:
                    reply = self.vendor.complete(prompt, schema, shape.__name__, seconds)
                except ModelFailed as failed:
                    budget.fail(failed.trouble.name.lower(), time.monotonic() - began)
                    raise
                budget.spend(reply.usage, time.monotonic() - began)
        return reply

    def _read(
        self, reply: Completion, shape: type[Shape], check: Callable[[Shape], object] | None
    ) -> tuple[Shape | None, str]:
        """The answer, or what is wrong with it."""
        if reply.cut or len(reply.text) > MAX_ANSWER:
            return None, "It was too long. Be much shorter."
        try:
            answer = shape.model_validate_json(_bare(reply.text))
            if check is not None:
                check(answer)
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False, include_context=False)[:MAX_FAULTS]
            return None, " ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}." for fault in faults)
        except ValueError as error:
            return None, str(error)
        return answer, ""


def _bare(text: str) -> str:
    """Without the fence that some models put around JSON."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text[3:-3].removeprefix("json").strip()
    return text
