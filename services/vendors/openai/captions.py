"""The candidate's words as a vendor rewrites them: whole texts that replace, and items that repeat the one before."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from services.core.talk.events import UserText


class Captions:
    """xAI starts a new item after a mid-sentence breath and repeats the earlier words in it; re-punctuated, so texts
    are compared by words. Such an item continues the turn it extends, until Ema has answered."""

    def __init__(self, grow: bool) -> None:
        self._grow = grow
        self._turns: dict[str, str] = {}
        self._last_turn = self._last_words = ""

    def answered(self) -> None:
        """Ema spoke: whatever comes is another turn."""
        self._last_turn = self._last_words = ""

    def append(self, event: Mapping[str, Any]) -> list[UserText]:
        return [UserText(event["item_id"], event.get("delta") or "", append=True, final=False)]

    def give_up(self, event: Mapping[str, Any]) -> list[UserText]:
        """The recogniser failed; what it had said before stays."""
        return [UserText(event["item_id"], "", append=True, final=True)]

    def replace(self, event: Mapping[str, Any], *, final: bool) -> list[UserText]:
        item, text = event["item_id"], event["transcript"]
        words = " ".join(re.findall(r"\w+", text.lower()))
        turn = self._turns.get(item, item)
        events: list[UserText] = []
        if self._extends(words) and turn != self._last_turn:
            if item in self._turns:
                # Its first words were taken for a turn of their own.
                events.append(UserText(item, "", append=False, final=True))
            turn = self._last_turn
        self._turns[item] = turn
        if final and self._grow:
            self._last_turn, self._last_words = turn, words
        confidence = _confidence(event.get("logprobs"))
        return [*events, UserText(turn, text, append=False, final=final, confidence=confidence)]

    def _extends(self, words: str) -> bool:
        return bool(self._last_words) and (words + " ").startswith(self._last_words + " ")


def _confidence(logprobs: Any) -> float | None:
    """Geometric mean of the tokens' probabilities."""
    values = [float(token["logprob"]) for token in logprobs or ()]
    return round(math.exp(sum(values) / len(values)), 3) if values else None
