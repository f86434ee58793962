"""What a call costs the server, in encodings of one frame: the figure by which a machine finds how many it carries.

    python -m benchmarks.lines        # three minutes; `CALL_IN_ENCODINGS` in services/calls/capacity.py comes from here

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
TICKS = os.sysconf("SC_CLK_TCK")


def spent_s(process: subprocess.Popen[bytes]) -> float:
    """Processor seconds of this process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def vendor(port: int) -> None:
    async with RealtimeSimulator("openai", api_key="unused", port=port):
        await asyncio.Event().wait()


async def callers(port: int, count: int) -> None:
    """So many calls, each speaking and pausing in turn, until this process ends."""
    dice, held = random.Random(count), []
    async with httpx.AsyncClient(timeout=30) as client:
        for _ in range(count):
            peer, voice = RTCPeerConnection(RTCConfiguration(iceServers=[])), LocalVoice()
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


def measure() -> None:
    port, provider, environment = free_port(), free_port(), {**os.environ, "MAX_LIVE_CALLS": "100"}
    aside = ["nice", "-n", "19", sys.executable, "-m", "benchmarks.lines"]
    relay = [sys.executable, "benchmarks/relay.py", "--port", str(port), "--provider", f"ws://127.0.0.1:{provider}"]
    relay += ["--prepared", str(sum(CALLS))]
    processes: list[subprocess.Popen[bytes]] = [
        subprocess.Popen([*aside, "--vendor", str(provider)]),
        subprocess.Popen(relay, env=environment),
    ]
    try:
        while True:
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            time.sleep(0.2)
        print("calls  core-s per call-minute  encoding ms  call in encodings")
        ratios, encodings = [], []
        for count in CALLS:
            calling = subprocess.Popen(
                [*aside, "--call", str(port), "--count", str(count)], stdout=subprocess.PIPE, text=True
            )
            assert calling.stdout is not None
            if calling.stdout.readline() != "calling\n":
                raise SystemExit("the callers did not get through")
            time.sleep(SETTLE_S)
            before, began = spent_s(processes[1]), time.monotonic()
            encodings.append(encoding_s())
            time.sleep(MEASURED_S)
            share = (spent_s(processes[1]) - before) / (time.monotonic() - began) / count
            ratios.append(share * FRAME_S / encodings[-1])
            print(f"{count:5} {60 * share:22.2f} {1000 * encodings[-1]:12.3f} {ratios[-1]:18.1f}", flush=True)
            calling.kill()
            calling.wait()
            time.sleep(4)
        quickest = min(encodings)
        print(f"{cores():.1f} cores, {1000 * quickest:.3f} ms: {lines_of(cores(), quickest)} lines; ", end="")
        print(f"a call is {statistics.median(ratios[1:]):.1f} encodings where there are several")
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for role in ("--vendor", "--call", "--count"):
        parser.add_argument(role, type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.vendor:
        asyncio.run(vendor(asked.vendor))
    elif asked.call:
        asyncio.run(callers(asked.call, asked.count))
    else:
        measure()


if __name__ == "__main__":
    main()
