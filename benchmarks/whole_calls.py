"""Whole interviews that nobody ends: the clock does, while the candidate, a television or nobody talks.

    python -m benchmarks.whole_calls                    # a quarter of an hour, at a fifth of a core
    python -m benchmarks.whole_calls --seconds 120      # a short one, to see that it runs

Three calls at once over WebRTC with the offline interviewer and a plan by the rules. One candidate never pauses; one
says a sentence now and then, beside a television 15 dB below them that never ends; one types that sentence, and nothing
but the room is heard. Prints at which second of the interview each step came, from the event records of the calls, and
what was charged. Exits with 1 where the clock did not end an interview, or ended it late. Without a word she would have
asked all she has after half of the time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.contrib.media import MediaBlackhole

from benchmarks.background import ANSWER, TELEVISION, VOICES
from services.analyst.rules import utc_now
from services.calls.call import Call
from services.core.plan.bank import samples
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.plan import Pace, Plan
from services.core.plan.planning import plan_for
from services.core.plan.posting import JobDescription
from services.core.talk.conversation import TURN_CAPPED, TURN_WARNING, EmaState
from services.core.talk.events import Typed
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.media.aiortc_mends import RATE_HZ
from services.media.frames import frame_of
from services.media.tracks import install_adaptive_jitter_buffer
from services.observe.recorder import Recorder
from services.samples.candidate import FRAME_BYTES, LocalVoice
from services.settings import Settings
from services.store.store import Store
from services.vendors.offline import synthesis
from tests.house import House
from tests.live import offline
from tests.speech import resampled
from tests.stage import ScriptedAnalyst

LATE_S, BELOW_DB, PONDERS_S = 1.0, -15, 28.0
POLL_S = 0.2
STEPS = ("turn warned", "turn capped", "next", "check", "nudge", "wrap_up", "farewell")


class Planner(ScriptedAnalyst):
    """With enough to ask for the whole time; the report is none of this benchmark's business."""

    def plan(self, job_description: str, progress: Callable[[str], None], history: History = NO_HISTORY) -> Plan:
        return plan_for(JobDescription(job_description, "English"))


def said(text: str, number: int, db: float = 0.0) -> bytes:
    pcm = resampled(synthesis.render(text, VOICES[number]), synthesis.RATE_HZ, RATE_HZ)
    return (np.frombuffer(pcm, "<i2") * 10 ** (db / 20)).astype("<i2").tobytes()


class Room(LocalVoice):
    """A room in real time: its noise, a voice in it that does not end, and over that what the candidate says."""

    def __init__(self, goes_on: tuple[bytes, ...] = ()) -> None:
        super().__init__()
        self._goes_on, self._rest, self._samples = cycle(goes_on) if goes_on else None, b"", 0

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        sound = frame.to_ndarray().reshape(-1).astype(np.int32) + self._background()
        frame = frame_of(np.clip(sound, -32768, 32767).astype("<i2").tobytes(), RATE_HZ)
        frame.pts = self._samples
        self._samples += frame.samples
        return frame

    def _background(self) -> Any:
        while self._goes_on and len(self._rest) < FRAME_BYTES:
            self._rest += next(self._goes_on) + bytes(FRAME_BYTES * 10)
        part, self._rest = self._rest[:FRAME_BYTES].ljust(FRAME_BYTES, b"\0"), self._rest[FRAME_BYTES:]
        return np.frombuffer(part, "<i2")


@dataclass
class Held:
    """One interview."""

    name: str
    room: Room
    user_id: str
    call: Call
    answers: str
    """How: "spoken", "typed" or, where they speak anyway, nothing."""
    peers: list[RTCPeerConnection] = field(default_factory=list)

    async def hold(self) -> None:
        """Answers when Ema has listened for a while, and asked once whether somebody is there."""
        listening_s, before = 0.0, time.monotonic()
        while not self.call.over:
            passed_s, before = time.monotonic() - before, time.monotonic()
            listening_s += passed_s * (self.call.snapshot().ema is EmaState.LISTENING)
            if self.answers and listening_s > PONDERS_S:
                listening_s = 0.0
                if self.answers == "spoken":
                    self.room.say(said(ANSWER[1], 0))
                else:
                    self.call.tell(Typed(ANSWER[1]))
            await asyncio.sleep(POLL_S)


async def begin(house: House, calls: Any, name: str, room: Room, answers: str) -> Held:
    user_id = house.interviews.accounts.guest(name).id
    interview = house.interviews.preparation.prepare(
        user_id, job_description=samples()[0].text, provider="offline", pace=Pace.NORMAL, consent=True
    )
    media = await calls.admit(interview)
    call = calls.find(interview.id)
    assert call
    near, far = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    ear = MediaBlackhole()

    def take(track: Any) -> None:
        media.microphone.addTrack(track)
        media.microphone.start()

    near.on("track", ear.addTrack)
    near.addTrack(room)
    far.on("track", take)
    far.addTrack(media.playout)
    await near.setLocalDescription(await near.createOffer())
    await far.setRemoteDescription(near.localDescription)
    await far.setLocalDescription(await far.createAnswer())
    await near.setRemoteDescription(far.localDescription)
    await ear.start()
    return Held(name, room, user_id, call, answers, [near, far])


def steps(record: Mapping[str, Any]) -> dict[str, list[float]]:
    """When each step came, in seconds of the interview."""
    found: dict[str, list[float]] = {}
    for at, action in _actions(record):
        name = {TURN_WARNING: "turn warned", TURN_CAPPED: "turn capped"}.get(action.get("sentence", ""), "")
        name = name or (action["kind"] if action["action"] == "Instruct" else action["action"].lower())
        found.setdefault(name, []).append(at)
    return found


def _actions(record: Mapping[str, Any]) -> Iterator[tuple[float, Mapping[str, Any]]]:
    for entry in record["entries"]:
        for action in entry.get("did", ()):
            yield entry["at"], action


def shown(found: list[float]) -> str:
    if not found:
        return "-"
    return ", ".join(f"{at:.0f}" for at in found[:3]) + (f", … ({len(found)})" if len(found) > 3 else "")


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=900)
    limit_s = parser.parse_args().seconds
    install_adaptive_jitter_buffer()
    rooms = {
        "the candidate talks on": (Room(tuple(said(text, 1) for text in ANSWER)), ""),
        "a television talks on": (Room(tuple(said(text, 3, BELOW_DB) for text in TELEVISION)), "spoken"),
        "nobody talks": (Room(), "typed"),
    }
    late = 0
    with tempfile.TemporaryDirectory() as home:
        free_s, wrap_up_s = min(120, limit_s / 4), min(60, limit_s / 4)
        settings = Settings(
            database_url=f"sqlite:///{home}/calls.db",
            var_dir=Path(home),
            free_window_s=free_s,
            interview_limit_s=limit_s,
            wrap_up_s=wrap_up_s,
            readback_wait_s=0,
        )
        store, transcripts = Store(settings.database_url.get_secret_value()), Transcripts()
        store.migrate()
        house = House(settings, Interviews(store, settings, Planner(), utc_now, transcripts), transcripts)
        recorder = Recorder(utc_now)
        calls = house.calls(offline(), recorder=recorder)
        held = [await begin(house, calls, name, room, answers) for name, (room, answers) in rooms.items()]
        await asyncio.gather(*(each.hold() for each in held))
        print("| meanwhile | " + " | ".join(STEPS) + " | over | by | ledger |")
        print("|---" * (len(STEPS) + 4) + "|")
        await calls.aclose()
        for each in held:
            interview = house.interviews.get(each.user_id, each.call.interview.id)
            found = steps(recorder.records.find(interview.id) or {"entries": []})
            over = found.get("hangup", [0.0])[-1]
            late += not (limit_s - wrap_up_s <= over <= limit_s + LATE_S)
            kinds = [entry.kind.value for entry in house.interviews.accounts.ledger(each.user_id)]
            cells = [shown(found.get(step, [])) for step in STEPS]
            print(f"| {each.name} | {' | '.join(cells)} | {over:.1f} | {interview.ended_by} | {', '.join(kinds)} |")
        await asyncio.gather(*(peer.close() for each in held for peer in each.peers))
    return int(late > 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
