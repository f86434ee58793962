"""The floor: whose turn it is, computed from Ema's playout and the candidate's speech."""

from __future__ import annotations

from enum import StrEnum

from services.core.talk.events import AudioOut

ANSWER_S = 10.0
"""An answer of Ema's that has not begun by then is not waited for any longer."""
STALL_S = 8.0
"""Without a piece of audio that is due, beyond which the provider has stalled."""
GAP_S = 2.0
"""An utterance whose audio ran out goes on within this much, if the provider only fell behind."""
BREATH_S = 2.0
"""A shorter silence is a breath, and texts lag behind speech by less."""


class EmaState(StrEnum):
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"


class Gate:
    """Follows one connection's audio from the provider to the candidate's playout.

    Audio of an item that was interrupted, or of a generation older than any seen, never passes. A provider's
    generations start at 0 or above and rise with every flush and every interrupt.
    """

    def __init__(self) -> None:
        self._oldest = 0
        self._void: set[str] = set()
        # Items let through and not drained, in order of playing, with the generation of each.
        self._queue: dict[str, int] = {}
        self._complete: set[str] = set()
        self._unfinished: set[str] = set()

    @property
    def unfinished(self) -> bool:
        """The provider began an utterance that passed and has not ended it."""
        return bool(self._unfinished)

    def finish(self, item: str) -> None:
        """The provider sent the last audio of this item."""
        self._complete.add(item)
        self._unfinished.discard(item)

    def give_up(self) -> None:
        """Nobody waits any longer for the rest of what was begun."""
        self._unfinished.clear()

    @property
    def playing(self) -> str | None:
        """The item the candidate is hearing, or is about to hear."""
        return next(iter(self._queue), None)

    def admits(self, audio: AudioOut) -> bool:
        """Whether to play it; if so, it counts as playing until it drains."""
        if not audio.pcm or audio.item in self._void or audio.generation < self._oldest:
            return False
        self._oldest = audio.generation
        self._queue[audio.item] = audio.generation
        if audio.item not in self._complete:
            self._unfinished.add(audio.item)
        return True

    def flush(self, generation: int) -> str | None:
        """The provider voided everything below `generation`; returns the item the candidate was hearing."""
        self._oldest = max(self._oldest, generation)
        return self._void_queue() if any(old < generation for old in self._queue.values()) else None

    def interrupt(self) -> str | None:
        """We void all there is; returns the item the candidate was hearing."""
        if not self._queue:
            return None
        self._oldest += 1
        return self._void_queue()

    def began(self, item: str) -> bool:
        """Everything before this item has been played; False when it was itself, or was cut."""
        if item not in self._queue:
            return False
        for earlier in list(self._queue)[: list(self._queue).index(item)]:
            del self._queue[earlier]
        return True

    def drained(self, item: str) -> bool:
        """Everything up to this item has been played; False when that was known. More audio may reopen it."""
        if not self.began(item):
            return False
        del self._queue[item]
        return True

    def _void_queue(self) -> str | None:
        playing = self.playing
        self._void |= self._queue.keys()
        self._unfinished.clear()
        self._queue.clear()
        return playing


class Floor:
    """Facts about the present moment; it decides nothing."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.connected = True
        """There is a provider to talk to."""
        self.joined = False
        """The candidate has been there at least once; what Ema prepares earlier waits in the playout."""
        self.away_since: float | None = None
        self.speaking_since: float | None = None
        """Since when the candidate has been speaking: voice activity, where the provider tells it."""
        self.quiet_since = 0.0
        """Of the last sign of either side."""
        self.awaited_since: float | None = 0.0
        """Since when Ema is expected to speak. She opens the conversation."""
        self.audio_at: float | None = None
        """When the last piece of an utterance came that broke off before its end; None while none did."""
        self.moment_since: float | None = None
        self.stopped_at: float | None = None
        """When the candidate ended a turn that Ema has not answered yet."""
        self.latency_ms: int | None = None
        self.heard_until: float | None = None
        """When the candidate last heard the end of something that Ema said."""

    @property
    def state(self) -> EmaState:
        if self.gate.playing is not None:
            return EmaState.SPEAKING
        return EmaState.LISTENING if self.speaking or self.awaited_since is None else EmaState.THINKING

    @property
    def speaking(self) -> bool:
        return self.speaking_since is not None

    @property
    def stalled_at(self) -> float | None:
        """When the provider will have stalled if nothing comes: an answer that is due, or the rest of an utterance."""
        if self.awaited_since is None or not self.still:
            return None
        if self.audio_at is not None:
            return max(self.audio_at + STALL_S, self.awaited_since + GAP_S)
        return self.awaited_since + STALL_S

    @property
    def attended(self) -> bool:
        """The candidate is there."""
        return self.joined and self.away_since is None

    @property
    def reachable(self) -> bool:
        """Whether telling Ema something makes sense: a provider speaks, and the candidate listens."""
        return self.connected and self.attended

    @property
    def still(self) -> bool:
        """Nobody is speaking."""
        return self.gate.playing is None and not self.speaking

    @property
    def waiting(self) -> bool:
        """It is for the candidate to speak, and they do not."""
        return self.reachable and self.still and self.awaited_since is None

    @property
    def awaited_until(self) -> float | None:
        if self.awaited_since is None or not (self.reachable and self.still):
            return None
        return self.awaited_since + ANSWER_S

    def lags(self, began_s: float, at: float) -> bool:
        """A text of speech that began before the candidate asked for a moment does not end that moment."""
        return self.moment_since is not None and began_s < self.moment_since and at < self.moment_since + BREATH_S

    def begin_connection(self, at: float, *, silent: bool) -> None:
        """Nothing of the earlier one's audio counts. On the new one Ema will speak first; `silent`: it is still for
        the candidate to speak, or to think."""
        self.gate, self.connected = Gate(), True
        self.give_back(at)
        if not silent:
            self.moment_since = None
            self.expect(at)

    def expect(self, at: float) -> None:
        """It is for Ema to speak."""
        self.quiet_since = self.awaited_since = at
        self.audio_at = None

    def break_off(self, audio_at: float, at: float) -> None:
        """All that came of Ema's utterance was played, and its end is still to come."""
        self.awaited_since, self.audio_at = at, audio_at

    def complete(self) -> None:
        """Nothing more comes of what had broken off: it was all."""
        if self.audio_at is not None:
            self.awaited_since = self.audio_at = None

    def yield_to_candidate(self, at: float) -> None:
        """It is for the candidate to speak."""
        self.quiet_since, self.awaited_since, self.stopped_at = at, None, None
        self.audio_at = None
        self.gate.give_up()

    def candidate_ended(self, at: float, *, measured: bool) -> None:
        """The end of their turn; `measured`: it was noticed at once, not by a text that came in later."""
        self.pause(at)
        if self.gate.playing is None:
            self.awaited_since, self.audio_at = at, None
            self.stopped_at = at if measured else None

    def pause(self, at: float) -> None:
        """The candidate fell silent and keeps the floor."""
        self.speaking_since, self.quiet_since = None, at

    def give_back(self, at: float) -> None:
        """Nobody speaks any more, and it is for the candidate to."""
        self.pause(at)
        self.yield_to_candidate(at)

    def begin_moment(self, at: float) -> None:
        """The candidate keeps the floor without speaking; asked for again, it begins again."""
        self.give_back(at)
        self.moment_since = at

    def join(self, at: float) -> None:
        self.joined, self.away_since, self.quiet_since = True, None, at
        if self.awaited_since is not None:
            self.awaited_since = at

    def leave(self, at: float) -> None:
        self.speaking_since, self.away_since = None, at

    def end(self) -> None:
        """The call is over."""
        self.gate = Gate()
        self.speaking_since = self.awaited_since = self.moment_since = self.audio_at = None

    def ema_ended(self, at: float) -> None:
        """Everything she said so far was played."""
        self.quiet_since = self.heard_until = at

    def ema_began(self, at: float) -> None:
        if self.stopped_at is not None:
            self.latency_ms = round(1000 * (at - self.stopped_at))
        self.stopped_at = None
