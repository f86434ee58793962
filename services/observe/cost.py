"""Usage in, US dollars out: what a vendor's counts cost on the day they were made.

Counts come in mutually exclusive buckets. Prices come from genai-prices, which knows dates, and from our own dated rows
in `prices.toml` for what it lacks. A model neither of them knows has no cost: there is no default price. The first use
loads the table, which takes a second or two: never on the event loop.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

MILLISECONDS_A_MINUTE = 60_000
MS_A_HEARD_TOKEN = 100
"""OpenAI counts one audio token for every 100 ms it hears."""
TRANSCRIPTION_MODEL = {"openai": "gpt-transcribe"}
"""Billed beside the voice model, by its own price."""
_KINDS = ("text", "audio", "image")
_TIMED = frozenset({"connection_ms", "text_items"})


@dataclass(frozen=True, slots=True)
class Cost:
    usd: Decimal
    table: str
    """Which prices were used: replaying the same usage with another table corrects an old cost."""
    estimated: bool = False
    """The vendor's own record may say otherwise later."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Ours, for what the kept table lacks."""

    provider: str
    since: date
    usd_per_connection_minute: Decimal
    source: str
    estimated: bool = False


def cost_of(provider: str, model: str, quantities: Mapping[str, int], at: datetime) -> Cost | None:
    """What these buckets cost at this instant (aware); None when a price is not known, or nothing has one.

    Where a vendor bills by the time, its token counts cost nothing by themselves: only `connection_ms` and `text_items`
    do. Buckets: `input_text`, `input_audio`, `input_image`, each also as `input_cached_…`; `output_text`,
    `output_audio`, `output_thoughts`; a text model's `input_tokens`, `cached_input_tokens`, `cache_write_tokens`,
    `output_tokens`; `transcription_…`; `connection_ms`, `text_items`.
    """
    if row := row_of(provider, at.astimezone(UTC).date()):
        if "connection_ms" not in quantities:
            return None
        minutes = Decimal(quantities["connection_ms"]) / MILLISECONDS_A_MINUTE
        return Cost(minutes * row.usd_per_connection_minute, row.source, row.estimated)
    spoken = {name: count for name, count in quantities.items() if not name.startswith("transcription_")}
    heard = {name: count for name, count in quantities.items() if name.startswith("transcription_")}
    parts = [_listed(model, _inclusive(spoken), at)] if any(spoken.values()) else []
    if any(heard.values()):
        parts.append(_listed(TRANSCRIPTION_MODEL.get(provider, ""), _transcription(heard), at))
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    timed = {name: quantities[name] for name in _TIMED & quantities.keys()}
    by_time = any(timed.values()) and _listed(model, _inclusive(timed), at) is not None
    return Cost(sum(known, Decimal(0)), _table(), estimated=by_time)


def total(costs: Iterable[Cost | None]) -> tuple[Decimal, bool, int]:
    """(USD of what has a price, whether any of it is an estimate, how many had no price)."""
    listed = list(costs)
    known = [cost for cost in listed if cost is not None]
    usd = sum((cost.usd for cost in known), Decimal(0))
    return usd, any(cost.estimated for cost in known), len(listed) - len(known)


def row_of(provider: str, day: date) -> PriceRow | None:
    """Our own row for this provider that holds on this day."""
    holding = [row for row in rows() if row.provider == provider and row.since <= day]
    return max(holding, key=lambda row: row.since, default=None)


@functools.cache
def rows() -> tuple[PriceRow, ...]:
    listed = tomllib.loads((Path(__file__).parent / "prices.toml").read_text(encoding="utf-8"))["price"]
    return tuple(
        PriceRow(**{**row, "usd_per_connection_minute": Decimal(row["usd_per_connection_minute"])}) for row in listed
    )


def _inclusive(counts: Mapping[str, int]) -> dict[str, int]:
    """As genai-prices counts: `input_tokens` contains audio, images and what was cached."""
    get = counts.get
    fresh = {kind: get(f"input_{kind}", 0) for kind in _KINDS}
    kept = {kind: get(f"input_cached_{kind}", 0) for kind in _KINDS}
    cached = sum(kept.values()) + get("cached_input_tokens", 0)
    written = get("cache_write_tokens", 0)
    output_text = get("output_text", 0) + get("output_thoughts", 0) + get("output_tokens", 0)
    return {  # zeros too: it refuses to guess how many of the audio tokens were cached
        "input_tokens": sum(fresh.values()) + get("input_tokens", 0) + cached + written,
        "input_audio_tokens": fresh["audio"] + kept["audio"],
        "input_image_tokens": fresh["image"] + kept["image"],
        "cache_read_tokens": cached,
        "cache_audio_read_tokens": kept["audio"],
        "cache_image_read_tokens": kept["image"],
        "cache_write_tokens": written,
        "output_tokens": output_text + get("output_audio", 0),
        "output_audio_tokens": get("output_audio", 0),
        "audio_seconds": round(get("connection_ms", 0) / 1000),
        "input_text_messages": get("text_items", 0),
    }


def _transcription(counts: Mapping[str, int]) -> dict[str, int]:
    """Billed by the hour of audio, also where it is reported in tokens."""
    audio_ms = counts.get("transcription_audio_ms") or counts.get("transcription_input_audio", 0) * MS_A_HEARD_TOKEN
    seconds = math.ceil(audio_ms / 1000)
    return {"audio_seconds": seconds, "input_audio_seconds": seconds}


def _listed(model: str, usage: Mapping[str, int], at: datetime) -> Decimal | None:
    from genai_prices import Usage, calc_price

    try:
        price = calc_price(Usage(**usage), model_ref=model, genai_request_timestamp=at).total_price
    except LookupError:
        return None
    return price or None  # nothing: the table prices other units than these


@functools.cache
def _table() -> str:
    """Looking it up takes longer than the sum."""
    from importlib.metadata import version

    return f"genai-prices {version('genai-prices')}"
