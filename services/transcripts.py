"""The words of interviews that wait for their report: in the memory of this process only, and not for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from services.core.errors import TranscriptGone
from services.core.turn import Conditions, Turn

KEPT_S = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Transcript:
    turns: tuple[Turn, ...] = field(repr=False)
    conditions: Conditions = field(repr=False)
    until: float
    """Monotonic seconds after which it is gone."""


class Transcripts:
    """Thread-safe. `clock` is monotonic seconds; a transcript is gone `kept_s` after it was first put."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, kept_s: float = KEPT_S) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._transcripts: dict[str, Transcript] = {}

    def __repr__(self) -> str:
        return f"Transcripts({len(self._transcripts)} held)"

    def put(self, interview_id: str, turns: tuple[Turn, ...], conditions: Conditions) -> None:
        """Putting again replaces the words and prolongs nothing."""
        with self._lock:
            known = self._transcripts.get(interview_id)
            until = known.until if known else self._clock() + self._kept_s
            self._transcripts[interview_id] = Transcript(tuple(turns), conditions, until)

    def get(self, interview_id: str) -> Transcript:
        """Raises TranscriptGone."""
        self.expire()
        with self._lock:
            transcript = self._transcripts.get(interview_id)
        if transcript is None:
            raise TranscriptGone
        return transcript

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
