"""A server that stands still: three calls over WebRTC while its process is stopped, and while its cores are taken.

    python -m benchmarks.standstill          # a minute and a half
    python -m benchmarks.standstill --talk   # two minutes: how late the loop is while three offline calls are talked in

The candidates are peers of another process, which go on sending. The server's process is stopped (SIGSTOP) for 1, 3 and
6 s; then as many busy loops as there are cores run for 20 s. Exits with 1 where somebody was declared away, where a
debit is missing or doubled, or where time that the server did not serve was counted into the free minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole

from services.calls.call import Call
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.media.tracks import install_adaptive_jitter_buffer
from services.samples.candidate import LocalVoice
from services.settings import Settings
from services.vendors.offline.voice import OfflineVoice
from tests.house import build_house
from tests.live import offline
from tests.speech import spoken

CALLS, FREE_S, STOPS_S, BUSY_S, REST_S = 3, 15, (1, 3, 6), 20, 4
BUSY = "while True: pass"
LOOK_S, GREETING_S, TURN_S = 0.01, 25.0, 24.0
SENTENCES = (
    "We had a slow query in PostgreSQL, so I read the plan and added an index on customer and date.",
    "Our Kafka consumers were behind, and I added partitions and a circuit breaker.",
    "I moved the service to Kubernetes and wrote the Terraform modules myself.",
    "The React page was slow, so we cached the API responses and measured it again.",
)


async def lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def note_lags(lags: list[float]) -> None:
    """How late the event loop woke up, in ms, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOK_S
        await asyncio.sleep(LOOK_S)
        lags.append(1000 * max(0.0, loop.time() - due))


async def serve(folder: Path, voice: OfflineVoice) -> None:
    """Takes an offer a line and writes its answer; the line `report` with what the calls say of themselves, `lags` with
    how late the loop woke up since the last one."""
    lags = list[float]()
    noting = asyncio.create_task(note_lags(lags))
    install_adaptive_jitter_buffer()
    house = build_house(folder, free_window_s=FREE_S, rejoin_grace_s=60)
    calls, running, peers = house.calls(voice), list[Call](), list[RTCPeerConnection]()
    told = await lines()
    while line := await told.readline():
        asked = json.loads(line)
        if asked == "report":
            print(json.dumps([state(house.interviews, call) for call in running]), flush=True)
            continue
        if asked == "lags":
            print(json.dumps({"lags": lags}), flush=True)
            lags.clear()
            continue
        user_id = house.interviews.accounts.guest(f"candidate {len(running)}").id
        interview = house.interviews.preparation.prepare(
            user_id, job_description=samples()[0].text, provider="offline", pace=Pace.NORMAL, consent=True
        )
        media = await calls.admit(interview)
        call = calls.find(interview.id)
        assert call
        running.append(call)
        peers.append(peer := RTCPeerConnection(RTCConfiguration(iceServers=[])))

        def take(track: Any, microphone: Any = media.microphone) -> None:
            microphone.addTrack(track)
            microphone.start()

        peer.on("track", take)
        peer.addTrack(media.playout)
        await peer.setRemoteDescription(RTCSessionDescription(**asked))
        await peer.setLocalDescription(await peer.createAnswer())
        answer = peer.localDescription
        print(json.dumps({"sdp": answer.sdp, "type": answer.type}), flush=True)
    noting.cancel()
    await calls.aclose()
    await asyncio.gather(*(peer.close() for peer in peers))


def state(interviews: Any, call: Call) -> dict[str, Any]:
    entries = interviews.accounts.ledger(call.interview.user_id)
    bridge = call.bridge
    return {
        "phase": bridge.phase,
        "drops": bridge.conversation.conditions(bridge.at()).drops,
        "at": bridge.at(),
        "served": bridge.served_s(),
        "charged_at": call._charged_at,
        "ledger": [entry.kind for entry in entries],
        "answers": sorted(call.recorder.trail.answered.values()),
    }


class Server:
    def __init__(self, folder: Path, *, hears: bool = False) -> None:
        """`hears`: with the recogniser of the product in place of one that only pretends."""
        command = [sys.executable, "-m", "benchmarks.standstill", "--serve", str(folder), "hears" if hears else ""]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    async def ask(self, line: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            said = await asyncio.to_thread(self.process.stdout.readline)
            if said.startswith((b"{", b"[{")):
                return json.loads(said)
            if not said:
                raise RuntimeError("the server ended")


class Voice(LocalVoice):
    """With a place in time for each frame, as a sender needs it."""

    def __init__(self) -> None:
        super().__init__()
        self._samples = 0

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        frame.pts = self._samples
        self._samples += frame.samples
        return frame


async def candidate(server: Server, voice: Voice) -> RTCPeerConnection:
    peer, ear = RTCPeerConnection(RTCConfiguration(iceServers=[])), MediaBlackhole()
    peer.on("track", ear.addTrack)
    peer.addTrack(voice)
    await peer.setLocalDescription(await peer.createOffer())
    offer = peer.localDescription
    answer = await server.ask({"sdp": offer.sdp, "type": offer.type})
    await peer.setRemoteDescription(RTCSessionDescription(**answer))
    await ear.start()
    return peer


def faults(calls: list[dict[str, Any]]) -> list[str]:
    found = []
    for number, call in enumerate(calls, 1):
        found += [f"call {number} is {call['phase']}"] * (call["phase"] != "live")
        found += [f"call {number} was declared away"] * (call["drops"] > 0)
        debits = call["ledger"].count("debit")
        if (
            debits > 1
            or (debits, call["served"] >= FREE_S) == (1, False)
            or (not debits and call["served"] > FREE_S + 2)
        ):
            found.append(f"call {number}, {call['served']:.1f} s served: {call['ledger']}")
        if call["charged_at"] is not None and call["charged_at"] < FREE_S:
            found.append(f"call {number} was charged at {call['charged_at']:.1f} s")
    return found


async def main() -> int:
    broken: list[str] = []
    print("| the server | seconds of the clock | served, by its own account | away | charged | faults |")
    print("|---" * 6 + "|")
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, -15)  # candidates have machines of their own
        peers = [await candidate(server, Voice()) for _ in range(CALLS)]
        try:
            while not all(call["served"] > 0 for call in await server.ask("report")):
                await asyncio.sleep(0.5)
            for what in (*STOPS_S, "busy"):
                await asyncio.sleep(REST_S)
                before, began = await server.ask("report"), time.monotonic()
                if what == "busy":
                    busy = [sys.executable, "-c", BUSY]
                    loops = [await asyncio.create_subprocess_exec(*busy) for _ in range(os.cpu_count() or 1)]
                    await asyncio.sleep(BUSY_S)
                    for loop in loops:
                        loop.kill()
                        await loop.wait()
                else:
                    server.process.send_signal(signal.SIGSTOP)
                    await asyncio.sleep(float(what))
                    server.process.send_signal(signal.SIGCONT)
                await asyncio.sleep(REST_S)
                after, passed = await server.ask("report"), time.monotonic() - began
                served = max(b["served"] - a["served"] for a, b in zip(before, after, strict=True))
                away, charged = (sum(bool(one[key]) for one in after) for key in ("drops", "charged_at"))
                found = faults(after)
                broken += found
                name = f"has its cores taken for {BUSY_S} s" if what == "busy" else f"is stopped for {what} s"
                print(f"| {name} | {passed:.1f} | {served:.1f} | {away} | {charged} | {len(found)} |", flush=True)
        finally:
            assert server.process.stdin
            server.process.stdin.close()
            await asyncio.gather(*(peer.close() for peer in peers))
            server.process.wait(30)
    print(*broken, sep="\n")
    return int(bool(broken))


def children(pid: int) -> list[int]:
    """Of whichever of its threads."""
    listed = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(one) for words in listed for one in words.split()]


def resident_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


async def talk(seconds: float) -> int:
    """Three candidates answer aloud in turns, and nothing else happens."""
    said = [spoken(sentence, 48_000) for sentence in SENTENCES]
    with tempfile.TemporaryDirectory() as home:
        server, voices = Server(Path(home), hears=True), [Voice() for _ in range(CALLS)]
        peers = [await candidate(server, voice) for voice in voices]
        try:
            await asyncio.sleep(GREETING_S)
            await server.ask("lags")
            until, turn = time.monotonic() + seconds, 0
            while time.monotonic() < until:
                voices[turn % CALLS].say(said[turn % len(said)])
                turn += 1
                await asyncio.sleep(TURN_S / CALLS)
            lags = sorted((await server.ask("lags"))["lags"])
            memory = [resident_mb(pid) for pid in (server.process.pid, *children(server.process.pid))]
            answers = sorted(ms for call in await server.ask("report") for ms in call["answers"])
        finally:
            assert server.process.stdin
            server.process.stdin.close()
            await asyncio.gather(*(peer.close() for peer in peers))
            server.process.wait(30)
    print(
        f"the loop woke up late by {', '.join(f'p{at} {lags[len(lags) * at // 100]:.1f}' for at in (50, 95, 99))} ms, "
    )
    print(f"at most {lags[-1]:.1f}; {len(answers)} answers after {statistics.median(answers):.0f} ms in the median; ")
    print(f"the server has {memory[0]} MB, its recogniser {memory[1:]}")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(Path(sys.argv[2]), OfflineVoice(Settings()) if sys.argv[3] else offline()))
    elif sys.argv[1:2] == ["--talk"]:
        sys.exit(asyncio.run(talk(90.0)))
    else:
        sys.exit(asyncio.run(main()))
