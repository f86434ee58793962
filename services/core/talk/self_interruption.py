"""Whether Ema interrupted herself: a loudspeaker in a room that no canceller can follow, or a noise without words."""

from __future__ import annotations

import re

from services.core.talk.transcript import count_words

TOLERATED = 2
"""Interruptions in a row without a word of the candidate's own, after which she finishes her sentences."""
OWN_WORDS, OWN_SHARE = 3, 0.8
"""A turn of at least so many words, so many of them her own, is her voice and not the candidate's."""
HEADPHONES = "Ema keeps hearing herself, so she finishes each sentence before she listens. Headphones help."

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def echoes(heard: str, said: str) -> bool:
    """Whether the words heard are those that were being said."""
    return len(_WORD.findall(heard)) >= OWN_WORDS and _own_share(heard, said) >= OWN_SHARE


def _own_share(heard: str, said: str) -> float:
    """1 where nothing but signs was heard."""
    words, own = _WORD.findall(heard.lower()), set(_WORD.findall(said.lower()))
    return sum(word in own for word in words) / len(words) if words else 1.0


class SelfInterruptions:
    """Counts them until there are too many. An interruption is judged by the words that come of it."""

    def __init__(self) -> None:
        self._said: str | None = None
        """What she was saying when she was interrupted, until it is known by whom."""
        self._since = 0.0
        self._in_a_row = 0

    def interrupted(self, said: str, at: float) -> None:
        self._said, self._since = said, at

    def heard(self, words: str, began_s: float) -> tuple[bool, bool]:
        """The final words of a turn: whether they are her own, and whether she should no longer be interrupted.

        Of an earlier turn, whose words come late, it is neither.
        """
        if self._said is None or began_s < self._since:
            return False, False
        said, self._said = self._said, None
        own = echoes(words, said)
        # A word or two of hers may be the candidate's as well, and stay with them; whose they are shows in a row.
        nothing_new = not count_words(words) or _own_share(words, said) == 1.0
        self._in_a_row = self._in_a_row + 1 if own or nothing_new else 0
        too_many = self._in_a_row >= TOLERATED
        self._in_a_row = 0 if too_many else self._in_a_row
        return own, too_many
