"""What was received of Ema's voice: generations, and how much of an utterance the server must forget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BYTES_PER_MS = 48
"""PCM16 mono at 24 kHz, the one rate OpenAI takes and xAI's default."""
_KEPT = 16
_VOID = -1


@dataclass(slots=True)
class _Item:
    """One utterance; its id is the server's item id."""

    response: str
    generation: int
    received_bytes: int = 0
    done: bool = False
    cut: bool = False


class Utterances:
    """Audio belongs to the generation in which its response began; a flush or an interrupt begins a new one."""

    def __init__(self) -> None:
        self.generation = 0
        self.received_bytes = 0
        self._audible = False
        self._items: dict[str, _Item] = {}
        self._responses: dict[str, int] = {}
        self._added: dict[str, list[str]] = {}

    def begin(self, response_id: str) -> None:
        self._responses[response_id] = self.generation

    def withdraw(self, response_id: str) -> None:
        """Nothing of this response is ever heard, and the server is to forget all of it."""
        self._responses[response_id] = _VOID

    def withdraw_unheard(self, response_id: str) -> bool:
        """The same, unless some of it may have been heard: what was asked for meanwhile answers in its place."""
        if any(item.response == response_id for item in self._items.values()):
            return False
        self.withdraw(response_id)
        return True

    def is_withdrawn(self, response_id: str) -> bool:
        return self._responses.get(response_id) == _VOID

    def is_late(self, response_id: str) -> bool:
        """A response of an older generation; one whose beginning was missed counts as new."""
        return self._responses.get(response_id, self.generation) < self.generation

    def add(self, response_id: str, item_id: str) -> None:
        """The response has this utterance, no sound of it yet."""
        self._added.setdefault(response_id, []).append(item_id)

    def receive(self, response_id: str, item_id: str, size: int) -> None:
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = _Item(response_id, self.generation)
        item.received_bytes += size
        self.received_bytes += size
        self._audible = True

    def end(self, item_id: str) -> bool:
        """The utterance is complete; True the first time, if it may still be heard."""
        item = self._items.get(item_id)
        if item is None or item.done:
            return False
        item.done = True
        return item.generation == self.generation

    def end_response(self, response_id: str) -> tuple[list[str], list[str]]:
        """Utterances that end with their response, and those the server is to forget."""
        open_items = [key for key, item in self._items.items() if item.response == response_id]
        ended = [item_id for item_id in open_items if self.end(item_id)]
        added = self._added.pop(response_id, [])
        withdrawn = added if self.is_withdrawn(response_id) else []
        for old in list(self._responses)[:-_KEPT]:
            del self._responses[old]
        for old in list(self._items)[:-_KEPT]:
            del self._items[old]
        return ended, withdrawn

    def flush(self, *, active: bool) -> bool:
        """The server withdrew what it sent. True when there was something: a new generation began."""
        if active or self._audible:
            self._advance()
            return True
        return False

    def interrupt(self, item_id: str, heard_ms: int) -> tuple[bool, list[dict[str, Any]]]:
        """Whether this began a new generation, and the frames that make the server forget what was not heard: the
        rest of this utterance, and those that were to follow it.

        OpenAI refuses `audio_end_ms` beyond the item's audio, and 0: an unheard item is deleted.
        """
        item = self._items.get(item_id)
        if item is None or item.cut:
            return False, []
        fresh = item.generation == self.generation
        if fresh:
            self._advance()
        frames = [self._cut(item_id, item, heard_ms)]
        later = list(self._items)[list(self._items).index(item_id) + 1 :]
        frames += [
            self._cut(key, self._items[key], 0)
            for key in later
            if self._items[key].generation < self.generation and not self._items[key].cut
        ]
        return fresh, [frame for frame in frames if frame]

    def _cut(self, item_id: str, item: _Item, heard_ms: int) -> dict[str, Any] | None:
        item.cut = True
        received_ms = item.received_bytes // BYTES_PER_MS
        heard_ms = min(heard_ms, received_ms)
        if heard_ms <= 0:
            return {"type": "conversation.item.delete", "item_id": item_id}
        if heard_ms == received_ms and item.done:
            return None
        return {
            "type": "conversation.item.truncate",
            "item_id": item_id,
            "content_index": 0,
            "audio_end_ms": heard_ms,
        }

    def _advance(self) -> None:
        self.generation += 1
        self._audible = False
