"""A wall clock and a monotonic one for tests, which move when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """A wall clock and a monotonic one that move together, when told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at
