"""Which replica a browser belongs to, and whether a replica lives: decided from what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

DEAD_S = 3.5
"""Without a sign of life for so long, a replica is taken for dead; its interviews still wait for their leases."""


class Place(StrEnum):
    HERE = "here"
    ELSEWHERE = "elsewhere"
    GONE = "gone"
    """Nobody has it: its server gives no sign of life."""


@dataclass(frozen=True, slots=True)
class Replica:
    id: str
    owner: str
    """Its process, as leases name it."""
    silent_s: float
    """Since its last sign of life, when that was looked up."""
    draining: bool
    calls: int
    lines: int

    @property
    def alive(self) -> bool:
        return self.silent_s < DEAD_S

    @property
    def welcoming(self) -> bool:
        """It takes another call."""
        return self.alive and not self.draining and self.calls < self.lines


def chosen(replicas: Sequence[Replica], *, cookie: str | None, lease_owner: str | None, here: str) -> str:
    """The replica this browser should come to from now on.

    That is where its call or its words are; else the one it is used to, as long as that takes calls; else the least
    busy one, and of those the one that answers.
    """
    holder = next((one for one in replicas if one.owner == lease_owner and one.alive), None)
    if holder is not None:
        return holder.id
    welcoming = [one for one in replicas if one.welcoming]
    if any(one.id == cookie for one in welcoming):
        return str(cookie)
    standing = welcoming or [one for one in replicas if one.alive and not one.draining]
    if not standing:
        return here
    return min(standing, key=lambda one: (one.calls / max(1, one.lines), one.id != here)).id
