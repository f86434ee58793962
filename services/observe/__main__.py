"""`python -m services.observe`: the scoreboard of the admin page in a terminal, for a machine with no sign-in."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from services.observe.scoreboard import Scoreboard
from services.wiring import board, wire

COLUMNS = (
    ("calls", 6),
    ("failed", 8),
    ("answers", 9),
    ("p50", 9),
    ("p95", 9),
    ("cut in", 8),
    ("words", 7),
    ("USD", 11),
    ("USD/min", 10),
)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m services.observe", description="How interviews went, and what they cost."
    )
    parser.add_argument("--days", type=int, default=28, help="how far to look back (28)")
    days = parser.parse_args(arguments).days
    now = datetime.now(UTC)
    print(table(board(wire().store, now, now - timedelta(days=days)), days))


def table(seen: Scoreboard, days: int) -> str:
    """As plain text, 100 columns wide."""
    lines = [
        f"Open now      {_counts(seen.running)}",
        f"Made today    {_counts(seen.today)}",
        f"Spent today   {seen.usd_today:.4f} USD",
        "",
        f"{f'last {days} days':<14}" + "".join(f"{title:>{width}}" for title, width in COLUMNS),
    ]
    for line in seen.vendors:
        a_minute = "" if line.usd_per_minute is None else f"{'~' if line.estimated else ''}{line.usd_per_minute}"
        unknown = f"   {line.unknown} without a known price" if line.unknown else ""
        lines.append(
            f"{line.provider:<14}{line.interviews:>6}{line.failed:>8}{line.answers:>9}{_ms(line.p50_ms):>9}{_ms(line.p95_ms):>9}"
            f"{line.barge_ins:>8}{line.words_per_answer:>7}{line.usd:>11.4f}{a_minute:>10}{unknown}"
        )
    lines += ["", "Failures"] if seen.failures else []
    lines += [f"{failure.at:%Y-%m-%d %H:%M}  {failure.provider:<12}{failure.reason}" for failure in seen.failures[:10]]
    return "\n".join(lines)


def _counts(counts: Mapping[str, int]) -> str:
    parts: Iterable[str] = (f"{number} {state}" for state, number in sorted(counts.items()))
    return ", ".join(parts) or "none"


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value} ms"


if __name__ == "__main__":
    main()
