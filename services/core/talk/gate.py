"""The generation gate: which of Ema's audio may be played, and what of it is still being played."""

from __future__ import annotations

from services.core.talk.events import AudioOut


class Gate:
    """Follows one connection's audio from the provider to the candidate's ear.

    Audio of an item that was interrupted, or of a generation older than any seen, never passes. A provider's
    generations start at 0 or above and rise with every flush and every interrupt.
    """

    def __init__(self) -> None:
        self._oldest = 0
        self._void: set[str] = set()
        # Items let through and not drained, in order of playing, with the generation of each.
        self._queue: dict[str, int] = {}

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
        return True

    def flush(self, generation: int) -> str | None:
        """The provider voided everything below `generation`; returns the item this takes from the candidate's ear."""
        self._oldest = max(self._oldest, generation)
        return self._void_queue() if any(old < generation for old in self._queue.values()) else None

    def interrupt(self) -> str | None:
        """We void all there is; returns the item this takes from the candidate's ear."""
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
        self._queue.clear()
        return playing
