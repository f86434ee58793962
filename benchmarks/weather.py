"""What bad weather on the network does to the candidate's voice: our jitter buffer beside aiortc's own.

    python benchmarks/weather.py

Two real peer connections a buffer, on this machine; the sender's packets are lost and delayed by the same dice for
both. A frame's delay is counted from the send of its packet until it can be read, decoded, from the receiver's track.
"""

# ruff: noqa: E402 (run as a file from any folder, it must find the project first)

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import aiortc.rtcpeerconnection
import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError

sys.path[:0] = [str(Path(__file__).parents[1])]
from services.media.aiortc_mends import AudioReceiver

FRAME_S = 0.02
FRAME_TICKS = 960
SECONDS = 12.0
BEGINS_S = 3.0
"""Every scenario starts in clear weather."""

Receiver = type[RTCRtpReceiver]
Fate = Callable[[int], float | None]
"""Of the packet with this number: seconds it is under way, or None when it is lost."""


class Metronome(MediaStreamTrack):
    """Opus silence, one packet every `pace_s`, `count` in all; then it keeps quiet."""

    kind = "audio"

    def __init__(self, count: int, pace_s: float = FRAME_S) -> None:
        super().__init__()
        self._count, self._pace_s = count, pace_s
        self._sent = 0
        self._start = 0.0

    async def recv(self) -> av.Packet[Any]:
        if self._sent == self._count:
            await asyncio.get_running_loop().create_future()
        self._start = self._start or time.monotonic()
        await asyncio.sleep(max(0.0, self._start + self._sent * self._pace_s - time.monotonic()))
        packet = av.Packet(b"\xf8\xff\xfe")
        packet.pts, packet.time_base = self._sent * FRAME_TICKS, Fraction(1, 48_000)
        self._sent += 1
        return packet


@dataclass
class Crossing:
    """What became of the packets of one way, each known by its RTP timestamp."""

    sent_at: dict[int, float] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    arrived: list[int] = field(default_factory=list)
    """Timestamps, in the order in which the network let go of them."""
    read: list[tuple[int, float]] = field(default_factory=list)
    """(timestamp, when) of every frame, concealment included: that carries the timestamp of the frame before."""

    def concealed(self) -> int:
        return sum(a[0] == b[0] for a, b in zip(self.read, self.read[1:], strict=False))

    def delays_ms(self) -> list[tuple[int, float]]:
        """(number of the packet, delay of its frame), for those that were read."""
        number = {timestamp: i for i, timestamp in enumerate(self.sent_at)}
        first = dict(reversed(self.read))
        return [(number[t], (at - self.sent_at[t]) * 1000) for t, at in sorted(first.items(), key=lambda x: x[1])]


@asynccontextmanager
async def crossing(receiver_class: Receiver, track: MediaStreamTrack, fate: Fate) -> AsyncIterator[Crossing]:
    """A connected pair of peers whose sender is out in this weather; everything is read as soon as it can be."""
    result = Crossing()
    sender, receiver = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    readers: list[asyncio.Task[None]] = []

    async def read(remote: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await remote.recv()
                result.read.append(
                    ((frame.pts or 0) + _origin(receiver.getReceivers()[0]) & 0xFFFFFFFF, time.monotonic())
                )
        except MediaStreamError:
            return

    receiver.on("track", lambda remote: readers.append(asyncio.ensure_future(read(remote))))
    sender.addTrack(track)
    await sender.setLocalDescription(await sender.createOffer())
    await _accept(receiver, sender, receiver_class)
    _expose(sender.getSenders()[0].transport.transport, fate, result)
    await sender.setRemoteDescription(receiver.localDescription)
    try:
        yield result
    finally:
        await asyncio.gather(sender.close(), receiver.close())
        await asyncio.gather(*readers)


async def _accept(receiver: RTCPeerConnection, sender: RTCPeerConnection, receiver_class: Receiver) -> None:
    """The receiver's answer, given with this class of receivers."""
    module: Any = aiortc.rtcpeerconnection
    before = module.RTCRtpReceiver
    module.RTCRtpReceiver = receiver_class
    try:
        await receiver.setRemoteDescription(sender.localDescription)
    finally:
        module.RTCRtpReceiver = before
    await receiver.setLocalDescription(await receiver.createAnswer())


def _origin(receiver: Any) -> int:
    """aiortc counts its timestamps from the first frame it releases; ours are those of the wire."""
    return receiver._RTCRtpReceiver__timestamp_mapper._origin or 0


def _expose(transport: Any, fate: Fate, result: Crossing) -> None:
    """Lets fate decide on every RTP packet the transport sends; handshakes and RTCP pass."""
    send, loop = transport._send, asyncio.get_running_loop()

    async def exposed(data: bytes) -> None:
        if not 127 < data[0] < 192 or 64 <= data[1] & 0x7F < 96:
            await send(data)
            return
        timestamp = int.from_bytes(data[4:8], "big")
        under_way_s = fate(len(result.sent_at))
        result.sent_at[timestamp] = time.monotonic()
        if under_way_s is None:
            result.lost.add(timestamp)
        elif under_way_s == 0.0:
            await deliver(data)
        else:
            loop.call_later(under_way_s, lambda: asyncio.ensure_future(deliver(data)))

    async def deliver(data: bytes) -> None:
        result.arrived.append(int.from_bytes(data[4:8], "big"))
        await send(data)

    transport._send = exposed


@dataclass(frozen=True)
class Scenario:
    fate: Callable[[], Fate]
    ends_s: float
    """From then on the weather is clear again."""


def rain(seed: int, loss: float, jitter_s: float, ends_s: float) -> Fate:
    """Losses, and delays of `jitter_s` on average, evenly between none and twice that."""
    dice = random.Random(seed)

    def fate(number: int) -> float | None:
        lost, delay = dice.random() < loss, dice.uniform(0, 2 * jitter_s)
        if not BEGINS_S <= number * FRAME_S < ends_s:
            return 0.0
        return None if lost else delay

    return fate


SCENARIOS = {
    "clear": Scenario(lambda: lambda number: 0.0, BEGINS_S),
    "one lost packet": Scenario(lambda: lambda number: None if number == BEGINS_S / FRAME_S else 0.0, BEGINS_S + 0.1),
    "2 s of 30 ms jitter": Scenario(lambda: rain(2, 0.0, 0.03, 5.0), 5.0),
    "6 s of 30 ms jitter, 1 % loss": Scenario(lambda: rain(1, 0.01, 0.03, 9.0), 9.0),
}
BUFFERS: dict[str, Receiver] = {"ours": AudioReceiver, "aiortc": RTCRtpReceiver}


async def measure(receiver_class: Receiver, scenario: Scenario) -> list[str]:
    async with crossing(receiver_class, Metronome(int(SECONDS / FRAME_S)), scenario.fate()) as result:
        await asyncio.sleep(SECONDS + 1.5)
    delays = [(number * FRAME_S, ms) for number, ms in result.delays_ms()]
    before = [ms for at, ms in delays if at < BEGINS_S]
    during = [ms for at, ms in delays if BEGINS_S <= at < max(scenario.ends_s, BEGINS_S + 1)]
    after = [ms for at, ms in delays if at >= max(scenario.ends_s, BEGINS_S + 1)]
    unread = round(delays[-1][0] / FRAME_S) + 1 - len(delays)
    counts = [len(result.lost), unread - len(result.lost), result.concealed()]
    return [*map(_spread, (before, during, after)), _recovery(delays, scenario.ends_s), *map(str, counts)]


def _spread(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=20)
    return f"{cuts[9]:.0f} / {cuts[18]:.0f} / {max(values):.0f}"


def _recovery(delays: list[tuple[float, float]], ends_s: float) -> str:
    """Seconds until frames are, for good, within 10 ms of what they were before; by quarters of a second."""
    calm = statistics.median([ms for at, ms in delays if at < BEGINS_S]) + 10
    quarters: dict[int, list[float]] = {}
    for at, ms in delays:
        quarters.setdefault(int((at - ends_s) * 4), []).append(ms)
    slow = [quarter for quarter, values in quarters.items() if quarter >= 0 and statistics.median(values) > calm]
    if not slow:
        return "0"
    return "never" if max(slow) >= max(quarters) - 1 else f"{(max(slow) + 1) / 4:.2f}"


async def main() -> None:
    delays = [f"delay ms {when}: p50 / p95 / max" for when in ("before", "during", "after")]
    columns = ("weather", "buffer", *delays, "recovery s", "lost on the way", "late, dropped", "concealed")
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    for name, scenario in SCENARIOS.items():
        rows = await asyncio.gather(*(measure(kind, scenario) for kind in BUFFERS.values()))
        for buffer, row in zip(BUFFERS, rows, strict=True):
            print("| " + " | ".join([name, buffer, *row]) + " |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
