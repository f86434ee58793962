"""Whole interviews that nobody ends: the clock does, while the candidate, a television or nobody talks.

    python -m benchmarks.whole_calls                    # a quarter of an hour, at a third of a core
    python -m benchmarks.whole_calls --seconds 120      # a short one, to see that it runs

Five calls at once over WebRTC with the offline interviewer, a plan by the rules and a report by the rules. In three the
candidate uses the time, so that the clock ends them: one never pauses, one gives long answers beside a television 15 dB
below them that never ends, one thinks for a minute and types. In two the clock may come too late: the television is as
loud as the candidate, who says a sentence now and then; and nobody is there at all. Prints at which second of the
interview each step came, from the event records of the calls, and what was charged, noted and reported. Exits with 1
where the clock did not end one of the first three, or ended one late.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.contrib.media import MediaBlackhole

from benchmarks.background import ANSWER, TELEVISION, VOICES
from services.analyst.rules import OfflineAnalyst, utc_now
from services.calls.call import Call
from services.core.interview import Interview
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.core.talk.conversation import TURN_CAPPED, TURN_WARNING, EmaState
from services.core.talk.events import ThinkingRequested, Typed
from services.core.talk.transcript import Speaker
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

LATE_S, BELOW_DB = 1.0, -15
WHOLE_S = 900
"""What the seconds below are measured by."""
PONDERS_S, NUDGED_TWICE_S, THINKS_S = 6.0, 28.0, 60.0
SENTENCE_S, ANSWER_S, LAST_ANSWER_S = 3.0, 95.0, 170.0
"""Of an answer: a sentence, most of what a question is given, and one that reaches beyond the time to talk."""
LAST_S = 210.0
"""Before the limit, from which an answer is the last one."""
POLL_S = 0.2
STEPS = ("turn warned", "turn capped", "next", "check", "nudge", "wrap_up", "farewell")


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


class Manner(StrEnum):
    """How the candidate answers, once it is for them to speak."""

    NEVER = "not at all, or all the time"
    BRIEFLY = "with a sentence, after two questions whether they are there"
    AT_LENGTH = "with most of the time there is for the question"
    TYPED = "by typing, after a minute"


@dataclass(frozen=True)
class Kind:
    name: str
    room: Room
    manner: Manner
    to_the_end: bool = True
    """The clock is to end it."""


@dataclass
class Held:
    """One interview."""

    kind: Kind
    user_id: str
    call: Call
    limit_s: float
    peers: list[RTCPeerConnection] = field(default_factory=list)

    async def hold(self) -> None:
        """Answers when Ema has listened for a while."""
        listening_s, before, thinks = 0.0, time.monotonic(), False
        room, manner, scale = self.kind.room, self.kind.manner, self.limit_s / WHOLE_S
        while not self.call.over:
            passed_s, before = time.monotonic() - before, time.monotonic()
            view = self.call.snapshot()
            listening = view.ema is EmaState.LISTENING and not room.speaking
            listening_s = listening_s + passed_s if listening else listening_s * (manner is Manner.BRIEFLY)
            last = view.elapsed_s > self.limit_s - LAST_S * scale
            if not listening:
                thinks = False
            elif manner is Manner.TYPED and not thinks:
                thinks = True
                self.call.tell(ThinkingRequested())
            elif manner is Manner.TYPED and listening_s > THINKS_S * scale:
                thinks, listening_s = False, 0.0
                if not last or view.wrapping_up:
                    self.call.tell(Typed(ANSWER[1]))
            elif manner is Manner.AT_LENGTH and listening_s > PONDERS_S * scale:
                room.say(answer((LAST_ANSWER_S if last else ANSWER_S) * scale))
            elif manner is Manner.BRIEFLY and listening_s > NUDGED_TWICE_S:
                listening_s = 0.0
                room.say(answer(SENTENCE_S))
            await asyncio.sleep(POLL_S)


@functools.cache
def answer(seconds: float) -> bytes:
    """Sentences, until so many seconds are over."""
    pcm = b""
    for text in cycle(ANSWER):
        pcm += said(text, 0) + bytes(FRAME_BYTES * 10)
        if len(pcm) >= seconds * RATE_HZ * 2:
            return pcm
    raise AssertionError


async def begin(house: House, calls: Any, kind: Kind) -> Held:
    user_id = house.interviews.accounts.guest(kind.name).id
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
    near.addTrack(kind.room)
    far.on("track", take)
    far.addTrack(media.playout)
    await near.setLocalDescription(await near.createOffer())
    await far.setRemoteDescription(near.localDescription)
    await far.setLocalDescription(await far.createAnswer())
    await near.setRemoteDescription(far.localDescription)
    await ear.start()
    return Held(kind, user_id, call, house.settings.interview_limit_s, [near, far])


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
    television = [tuple(said(text, 3, db) for text in TELEVISION) for db in (BELOW_DB, 0)]
    kinds = (
        Kind("the candidate talks on", Room(tuple(said(text, 1) for text in ANSWER)), Manner.NEVER),
        Kind("a television talks on", Room(television[0]), Manner.AT_LENGTH),
        Kind("nobody talks", Room(), Manner.TYPED),
        Kind("a television as loud as they are", Room(television[1]), Manner.BRIEFLY, to_the_end=False),
        Kind("nobody is there", Room(), Manner.NEVER, to_the_end=False),
    )
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
        house = House(settings, Interviews(store, settings, OfflineAnalyst(), utc_now, transcripts), transcripts)
        recorder = Recorder(utc_now)
        calls = house.calls(offline(), recorder=recorder)
        held = [await begin(house, calls, kind) for kind in kinds]
        await asyncio.gather(*(each.hold() for each in held))
        print("| meanwhile | " + " | ".join(STEPS) + " | over | by | ledger | turns: Ema, candidate | report |")
        print("|---" * (len(STEPS) + 6) + "|")
        await calls.aclose()
        for each in held:
            interview = house.interviews.get(each.user_id, each.call.interview.id)
            found = steps(recorder.records.find(interview.id) or {"entries": []})
            over, told = found.get("hangup", [0.0])[-1], found.get("wrap_up", [0.0])[0]
            in_time = over <= limit_s + LATE_S
            late += not (in_time and (told >= limit_s - wrap_up_s or not each.kind.to_the_end))
            ledger = ", ".join(entry.kind.value for entry in house.interviews.accounts.ledger(each.user_id))
            with store.read() as db:
                spoke = Counter(turn.speaker for turn in db.list_turns(interview.id))
            turns = f"{spoke[Speaker.EMA]}, {spoke[Speaker.CANDIDATE]}"
            cells = [*(shown(found.get(step, [])) for step in STEPS), f"{over:.1f}", str(interview.ended_by), ledger]
            print(f"| {each.kind.name} | {' | '.join(cells)} | {turns} | {reported(interview)} |")
        await asyncio.gather(*(peer.close() for each in held for peer in each.peers))
    return int(late > 0)


def reported(interview: Interview) -> str:
    report = interview.report
    if report is None:
        return f"{interview.status.value}: {interview.failure_reason or 'no report'}"
    answered = sum(item.is_answered for item in report.coverage)
    return (
        f"{answered} of {len(report.coverage)} answered, {report.duration_s} s, candidate {report.candidate_talk_s} s"
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
