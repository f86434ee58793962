"""The receiving jitter buffer's rules: in which order packets leave, and how long a gap may hold up what came after it.

What leaves goes to a recogniser, not to a loudspeaker: nothing has to be played at its moment, so a packet that is next
in order never waits, however unevenly packets arrive. Only a gap costs time, and the *depth* bounds it: shallow on a
path that keeps its order, as deep as its latest packets need on one that does not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

Packet = TypeVar("Packet")

FLOOR_S = 0.02
"""Depth on a path without late packets: one frame, so that two swapped neighbours cost nothing."""
CEILING_S = 0.12
"""A later packet is given up: the conversation would suffer more than the recogniser."""
MARGIN_S = 0.01
"""Over the latest packet seen."""
MEMORY_S = 4.0
"""How long a late packet keeps the buffer deep."""
RESTART_PACKETS = 100
"""A jump of the sequence numbers by more than this, either way, is a new stream and no loss (RFC 3550, A.1)."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets given up, in their place in the stream."""

    count: int


class JitterBuffer(Generic[Packet]):
    """Times are seconds on any clock that never goes back."""

    def __init__(self) -> None:
        self._next: int | None = None
        """Unwrapped number of the packet that leaves next."""
        self._newest = 0
        self._held: dict[int, Packet] = {}
        self._overtaken: dict[int, float] = {}
        """Numbers still absent, and when a later one came. Kept a while beyond their loss: they may come and teach."""
        self._lateness: deque[tuple[float, float]] = deque()
        """(when, how long overtaken) of packets that came after all."""
        self._other_stream: int | None = None
        """The number that would prove a jump of the sequence numbers to be a new stream."""

    def depth_s(self, at: float) -> float:
        while self._lateness and self._lateness[0][0] <= at - MEMORY_S:
            self._lateness.popleft()
        latest = max((late + MARGIN_S for _, late in self._lateness), default=FLOOR_S)
        return min(CEILING_S, max(FLOOR_S, latest))

    def next_at(self, at: float) -> float | None:
        """When a gap is given up if nothing arrives until then; None while there is no gap."""
        if self._next is None or not self._held:
            return None
        return self._overtaken[self._next] + self.depth_s(at)

    def add(self, sequence_number: int, packet: Packet, at: float) -> list[Packet | Gap]:
        """Takes a packet as it arrives (`sequence_number` as on the wire, 16 bits); returns what leaves now."""
        if self._next is None:
            self._next, self._newest = sequence_number, sequence_number - 1
        number = self._next + ((sequence_number - self._next + 0x8000) & 0xFFFF) - 0x8000
        if abs(number - self._next) > RESTART_PACKETS:
            return self._jump(sequence_number, packet)
        self._other_stream = None
        self._overtaken.update((absent, at) for absent in range(self._newest + 1, number))
        self._newest = max(self._newest, number)
        overtaken_at = self._overtaken.pop(number, None)
        if overtaken_at is not None and at - overtaken_at <= CEILING_S:
            self._lateness.append((at, at - overtaken_at))
        if number >= self._next:
            self._held.setdefault(number, packet)
        return self.release(at)

    def release(self, at: float) -> list[Packet | Gap]:
        """What may leave by now, in order."""
        out: list[Packet | Gap] = []
        lost = 0
        while self._next is not None and self._held:
            if self._next in self._held:
                out += [Gap(lost)] if lost else []
                out.append(self._held.pop(self._next))
                lost = 0
            elif at >= self._overtaken[self._next] + self.depth_s(at):
                lost += 1
            else:
                break
            self._next += 1
        out += [Gap(lost)] if lost else []
        self._forget(at)
        return out

    def _forget(self, at: float) -> None:
        """A packet later than this teaches nothing. One not given up is never absent for so long after a release."""
        for number in [n for n, since in self._overtaken.items() if since + CEILING_S < at]:
            del self._overtaken[number]

    def _jump(self, sequence_number: int, packet: Packet) -> list[Packet | Gap]:
        """Two neighbours in a row prove a new stream (RFC 3550, A.1); one alone is a stray and dropped."""
        if sequence_number != self._other_stream:
            self._other_stream = (sequence_number + 1) & 0xFFFF
            return []
        rest: list[Packet | Gap] = [self._held[number] for number in sorted(self._held)]
        self._held.clear()
        self._overtaken.clear()
        self._other_stream = None
        self._next, self._newest = sequence_number + 1, sequence_number
        return [*rest, packet]
