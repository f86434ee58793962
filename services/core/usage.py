"""What was asked of a text model, and what that cost."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Bill(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    requests: int
    """All that were sent, also those that failed or had to be repeated."""
    tokens: dict[str, int] = {}
    """Mutually exclusive: input_tokens, cached_input_tokens, output_tokens."""
    cost_usd: str | None = None
    """A decimal number; None: the model's price is not known."""
