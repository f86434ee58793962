"""What a model used up, and what that cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

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


@dataclass(frozen=True, slots=True)
class TextRequest:
    """One request to a text model, as it went; no word of it."""

    began_at: datetime
    seconds: float
    tokens: Mapping[str, int]
    """Mutually exclusive, as in `Bill`."""
    usd: Decimal | None
    """None: it was not answered, or the model's price is not known."""
    trouble: str = ""
    """A stable name of why there is no answer; empty where there is one."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What a vendor's own record says a conversation used."""

    seconds: float
    usd: Decimal | None
    """All of it; None where the record has no sum in USD."""
    llm_usd: Decimal | None = None
    """Of the language model alone."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What one connection, plan or report used up so far; a later one with the same key replaces it."""

    interview_id: str
    purpose: str
    """voice, plan or report."""
    number: int
    """Of the connection within its call; 0 for a plan or a report."""
    provider: str
    model: str
    began_at: datetime
    updated_at: datetime
    quantities: Mapping[str, int]
    """Mutually exclusive buckets, no words."""
    usd: Decimal | None
    """None: not known."""
    estimated: bool = False
    """The vendor's own record may say otherwise."""
    prices: str = ""
    """The table it was priced by: the same quantities can be priced again by another."""

    @property
    def key(self) -> tuple[str, str, int]:
        return self.interview_id, self.purpose, self.number
