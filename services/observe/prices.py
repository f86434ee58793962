"""What a text model costs. A model that is not listed has no known cost: never a default price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

PRICES_READ_ON = "2026-11-21"
_MILLION = Decimal(1_000_000)

# US dollars per million tokens: fresh input, cached input, output. Standard tier, prompts under 200k tokens.
_PRICES: Mapping[str, tuple[Decimal, Decimal, Decimal]] = {
    # Half price until 2026-12-31, then 1.50, 0.15 and 7.50.
    "gemini-3.8-flash": (Decimal("0.75"), Decimal("0.075"), Decimal("3.75")),
    "gpt-6.1-terra": (Decimal("1.00"), Decimal("0.05"), Decimal("5.00")),
    "gpt-6-sol": (Decimal("2.00"), Decimal("0.20"), Decimal("10.00")),
    "gpt-6-luna": (Decimal("0.10"), Decimal("0.01"), Decimal("0.50")),
    "grok-4.6": (Decimal("2.00"), Decimal("0.50"), Decimal("6.00")),
    "grok-4.5": (Decimal("2.00"), Decimal("0.50"), Decimal("6.00")),
}


def cost_usd(model: str, quantities: Mapping[str, int]) -> Decimal | None:
    """None when the model's price is unknown."""
    prices = _PRICES.get(model)
    if prices is None:
        return None
    names = ("input_tokens", "cached_input_tokens", "output_tokens")
    return sum(
        (quantities.get(name, 0) * price / _MILLION for name, price in zip(names, prices, strict=True)), Decimal(0)
    )
