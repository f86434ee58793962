"""A shape to ask for, and a vendor that follows a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from services.core.talk.events import Usage
from services.vendors.text import Completion, ModelFailed, Prompt, Trouble


class Shape(BaseModel):
    level: Annotated[int, Field(ge=1, le=4)]


def trouble(kind: Trouble, wait_s: float | None = None) -> ModelFailed:
    return ModelFailed(kind, "Scripted", wait_s)


class ScriptedVendor:
    """Answers one after the other: a text, a Completion, or a ModelFailed to raise."""

    label, model = "Scripted (small)", "small"

    def __init__(self, *script: str | Completion | ModelFailed) -> None:
        self._script = list(script)
        self.prompts: list[Prompt] = []
        self.timeouts: list[float] = []

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], name: str, timeout_s: float) -> Completion:
        self.prompts.append(prompt)
        self.timeouts.append(timeout_s)
        step = self._script.pop(0)
        if isinstance(step, ModelFailed):
            raise step
        return step if isinstance(step, Completion) else Completion(step, Usage({"output_tokens": 10}))
