"""What a minute of an interview costs, computed from a typical one until our own interviews have shown it."""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.observe.cost import cost_of

MEASURED_FROM = 3
"""So many interviews of our own, before their mean says more than the computed estimate."""
CENT = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class MinutePrice:
    usd: Decimal
    interviews: int
    """Of our own that it was measured on; 0: computed."""
    read_on: date
    """When the prices behind it were read, or when the newest of those interviews ended."""


def measured(spent: Sequence[tuple[Decimal, int, date]]) -> MinutePrice | None:
    """From (USD, seconds, day) of ended interviews; None where there are too few to say anything."""
    seconds = sum(duration for _, duration, _ in spent)
    if len(spent) < MEASURED_FROM or not seconds:
        return None
    usd = sum((cost for cost, _, _ in spent), Decimal(0))
    return MinutePrice((usd * 60 / seconds).quantize(CENT), len(spent), max(day for *_, day in spent))


def computed(provider: str, model: str, at: datetime) -> MinutePrice | None:
    """For the typical interview; None where the model's price is not known."""
    cost = cost_of(provider, model, typical_usage(provider), at)
    if cost is None:
        return None
    interview = _figures()["interview"]
    return MinutePrice((cost.usd / interview["minutes"]).quantize(CENT), 0, date.fromisoformat(interview["read_on"]))


def typical_usage(provider: str) -> Mapping[str, int]:
    """All buckets of one typical interview: by time, or as the sum over exchanges that read everything again."""
    interview, tokens = _figures()["interview"], _figures()["tokens"].get(provider)
    if tokens is None:
        return {"connection_ms": interview["minutes"] * 60_000, **_figures()["timed"].get(provider, {})}
    counts: Counter[str] = Counter()
    exchanges, cached = interview["exchanges"], tokens["cached_share"]
    heard = interview["candidate_s"] * tokens["heard_a_second"] / exchanges
    spoken = interview["ema_s"] * tokens["spoken_a_second"] / exchanges
    for earlier in range(exchanges):
        audio = earlier * (heard + spoken)
        counts["input_cached_audio"] += round(audio * cached)
        counts["input_audio"] += round(heard + audio * (1 - cached))
        text = tokens["instructions"]
        counts["input_cached_text"] += round(text * cached) if earlier else 0
        counts["input_text"] += round(text * (1 - cached)) if earlier else text
        counts["output_audio"] += round(spoken)
    if tokens.get("transcribed"):
        counts["transcription_audio_ms"] = interview["candidate_s"] * 1000
    return +counts


@functools.cache
def _figures() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "estimate.toml").read_text(encoding="utf-8"))
