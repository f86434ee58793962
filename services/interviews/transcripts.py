"""The words of interviews that wait for their report: in the memory of this process only, and not for long."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from services.core.errors import CorrectionRefused, TranscriptGone
from services.core.report.readback import Readback, own_turns
from services.core.talk.transcript import Conditions, Turn

KEPT_S = 30 * 60.0
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class HeldTranscript:
    turns: tuple[Turn, ...] = field(repr=False)
    conditions: Conditions = field(repr=False)
    until: float
    """Monotonic seconds after which it is gone."""
    readable_until: float = 0.0
    """The candidate may read and correct it until then, as things are."""
    read_by: float = 0.0
    """The same, once somebody came to read it."""


class Transcripts:
    """Thread-safe. `clock` is monotonic seconds; a transcript is gone `kept_s` after it was first put."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, kept_s: float = KEPT_S) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._transcripts: dict[str, HeldTranscript] = {}

    def __repr__(self) -> str:
        return f"Transcripts({len(self._transcripts)} held)"

    def put(self, interview_id: str, turns: tuple[Turn, ...], conditions: Conditions) -> None:
        with self._lock:
            self._transcripts[interview_id] = HeldTranscript(turns, conditions, self._clock() + self._kept_s)

    def complete(self, interview_id: str, turns: tuple[Turn, ...]) -> None:
        """Better words for the same interview; of one that was deleted meanwhile nothing comes back."""
        with self._lock:
            if held := self._transcripts.get(interview_id):
                self._transcripts[interview_id] = replace(held, turns=turns)

    def get(self, interview_id: str) -> HeldTranscript:
        """Raises TranscriptGone."""
        self.expire()
        with self._lock:
            transcript = self._transcripts.get(interview_id)
        if transcript is None:
            raise TranscriptGone
        return transcript

    async def read_back(self, interview_id: str, wait_s: float, read_s: float) -> None:
        """Until its candidate has read it, or did not come within `wait_s`, or took longer than `read_s`."""
        self.offer(interview_id, wait_s, read_s)
        while self.waits(interview_id):
            await asyncio.sleep(POLL_S)

    def offer(self, interview_id: str, wait_s: float, read_s: float) -> None:
        """Opens it to its candidate: for `wait_s`, or for `read_s` if they come to read it by then."""
        with self._lock:
            if held := self._transcripts.get(interview_id):
                at = self._clock()
                offered = replace(held, readable_until=at + min(wait_s, read_s), read_by=at + read_s)
                self._transcripts[interview_id] = offered

    def waits(self, interview_id: str) -> bool:
        """Its candidate may still read it, or may still come."""
        with self._lock:
            held = self._transcripts.get(interview_id)
            return held is not None and self._clock() < held.readable_until

    def find_readback(self, interview_id: str) -> Readback | None:
        """For the candidate, who has come; None when it is not open to them."""
        with self._lock:
            held = self._transcripts.get(interview_id)
            if held is None or self._clock() >= held.readable_until:
                return None
            self._transcripts[interview_id] = replace(held, readable_until=held.read_by)
            return Readback(own_turns(held.turns), held.read_by - self._clock())

    def change(self, interview_id: str, turn_id: str, change: Callable[[Turn], Turn]) -> None:
        """Raises CorrectionRefused when it is too late."""
        with self._lock:
            held = self._transcripts.get(interview_id)
            if held is None or self._clock() >= held.readable_until:
                raise CorrectionRefused("The report is being made already, so nothing can be corrected any more.")
            turns = tuple(change(turn) if turn.id == turn_id else turn for turn in held.turns)
            self._transcripts[interview_id] = replace(held, turns=turns)

    def close(self, interview_id: str) -> None:
        """The candidate is done: nothing of it changes any more."""
        with self._lock:
            if held := self._transcripts.get(interview_id):
                self._transcripts[interview_id] = replace(held, readable_until=0.0)

    def drop(self, interview_id: str) -> None:
        with self._lock:
            self._transcripts.pop(interview_id, None)

    def expire(self, now: float | None = None) -> None:
        """Forgets what is too old at `now`; by default on its own clock."""
        at = self._clock() if now is None else now
        with self._lock:
            self._transcripts = {key: held for key, held in self._transcripts.items() if at < held.until}

    def held_ids(self) -> frozenset[str]:
        self.expire()
        with self._lock:
            return frozenset(self._transcripts)
