"""What a call costs the server, in encodings of one frame: the figure by which a machine finds how many it carries.

    python -m benchmarks.lines               # three minutes; for `CALL_IN_ENCODINGS` in services/calls/capacity.py
    python -m benchmarks.lines --replicas    # four minutes: the same calls on one server and on two

The relay carries 1, 4, 8 and 12 calls with a simulated vendor; callers and vendor run at the lowest weight. Processor
time alone is counted, and the encoding is measured between the cells, so that the machine's other work is in both.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import av
import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from deploy.cluster import free_port
from services.calls.capacity import FRAME_S, cores, lines_of
from services.media.speed import encoding_s
from services.samples.candidate import LocalVoice
from tests.fakes import tone
from tests.simulators.realtime import RealtimeSimulator

CALLS = (1, 4, 8, 12)
SETTLE_S, MEASURED_S = 8.0, 20.0
ROUNDS, SPREAD = 3, 8
ASIDE = ["nice", "-n", "19", sys.executable, "-m", "benchmarks.lines"]
TICKS = os.sysconf("SC_CLK_TCK")


def spent_s(process: subprocess.Popen[bytes]) -> float:
    """Processor seconds of this process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Speaker(LocalVoice):
    """Sent over the network, a frame needs its place in time."""

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        self._sent = getattr(self, "_sent", 0)
        frame.pts, self._sent = self._sent, self._sent + frame.samples
        return frame


async def vendor(port: int) -> None:
    async with RealtimeSimulator("openai", api_key="unused", port=port):
        await asyncio.Event().wait()


async def callers(port: int, count: int) -> None:
    """So many calls, each speaking and pausing in turn, until this process ends."""
    dice, held = random.Random(count), []
    async with httpx.AsyncClient(timeout=30) as client:
        for _ in range(count):
            peer, voice = RTCPeerConnection(RTCConfiguration(iceServers=[])), Speaker()
            peer.addTrack(voice)
            await peer.setLocalDescription(await peer.createOffer())
            offer = {"sdp": peer.localDescription.sdp, "type": "offer"}
            answer = (await client.post(f"http://127.0.0.1:{port}/offer", json=offer)).raise_for_status().json()
            await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
            held.append((peer, voice))
    print("calling", flush=True)
    while True:
        for _, voice in held:
            if not voice.speaking and dice.random() < 0.3:
                voice.say(tone(dice.uniform(1000, 4000), rate_hz=48_000))
        await asyncio.sleep(1)


class Relays:
    """So many servers of the product's media path, beside a simulated vendor; `with` it."""

    def __init__(self, count: int, prepared: int) -> None:
        self.ports, provider = [free_port() for _ in range(count)], free_port()
        environment = {**os.environ, "MAX_LIVE_CALLS": "100"}
        command = [sys.executable, "benchmarks/relay.py", "--provider", f"ws://127.0.0.1:{provider}"]
        command += ["--prepared", str(prepared)]
        self._vendor = subprocess.Popen([*ASIDE, "--vendor", str(provider)])
        self.servers = [subprocess.Popen([*command, "--port", str(port)], env=environment) for port in self.ports]

    def __enter__(self) -> Relays:
        for port in self.ports:
            while True:
                with suppress(httpx.TransportError):
                    httpx.get(f"http://127.0.0.1:{port}/")
                    break
                time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._vendor, *self.servers):
            process.kill()
            process.wait()

    def share(self, calls: int) -> tuple[float, float]:
        """Of a core that one of these calls takes, evenly spread over the servers; and seconds of an encoding."""
        calling = [_calling(port, calls // len(self.ports)) for port in self.ports]
        time.sleep(SETTLE_S)
        before, began, encoding = self._spent_s(), time.monotonic(), encoding_s()
        time.sleep(MEASURED_S)
        share = (self._spent_s() - before) / (time.monotonic() - began) / calls
        for callers in calling:
            callers.kill()
            callers.wait()
        time.sleep(4)
        return share, encoding

    def _spent_s(self) -> float:
        return sum(map(spent_s, self.servers))


def _calling(port: int, count: int) -> subprocess.Popen[str]:
    """A process whose calls are up; it ends only when it is killed."""
    process = subprocess.Popen([*ASIDE, "--call", str(port), "--count", str(count)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline() != "calling\n":
        raise SystemExit("the callers did not get through")
    return process


def measure() -> None:
    print("calls  core-s per call-minute  encoding ms  call in encodings")
    ratios, encodings = [], []
    with Relays(1, sum(CALLS)) as relays:
        for count in CALLS:
            share, encoding = relays.share(count)
            ratios.append(share * FRAME_S / encoding)
            encodings.append(encoding)
            print(f"{count:5} {60 * share:22.2f} {1000 * encoding:12.3f} {ratios[-1]:18.1f}", flush=True)
    quickest = min(encodings)
    print(f"{cores():.1f} cores, {1000 * quickest:.3f} ms: {lines_of(cores(), quickest)} lines; ", end="")
    print(f"a call is {statistics.median(ratios[1:]):.1f} encodings where there are several")


def overhead() -> None:
    """The same calls on one server and on two, in turns."""
    found: dict[int, list[float]] = {1: [], 2: []}
    with Relays(1, ROUNDS * SPREAD) as one, Relays(2, ROUNDS * SPREAD) as two:
        for _ in range(ROUNDS):
            for relays in (one, two):
                found[len(relays.ports)].append(60 * relays.share(SPREAD)[0])
    for count, shares in found.items():
        print(f"{count} servers, {SPREAD} calls: {', '.join(f'{one:.2f}' for one in shares)} core-s per call-minute")
    ratio = statistics.median(found[2]) / statistics.median(found[1])
    print(f"two servers take {100 * (ratio - 1):+.0f} % of the processor time of one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for role in ("--vendor", "--call", "--count"):
        parser.add_argument(role, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--replicas", action="store_true", help="eight calls on one server and on two")
    asked = parser.parse_args()
    if asked.vendor:
        asyncio.run(vendor(asked.vendor))
    elif asked.call:
        asyncio.run(callers(asked.call, asked.count))
    elif asked.replicas:
        overhead()
    else:
        measure()


if __name__ == "__main__":
    main()
