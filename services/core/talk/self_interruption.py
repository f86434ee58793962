"""Whether Ema interrupted herself: a loudspeaker in a room that no canceller can follow, or a noise without words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.core.talk.transcript import count_words

TOLERATED = 2
"""Interruptions in a row without a word of the candidate's own, after which she finishes her sentences."""
OWN_WORDS, OWN_SHARE = 3, 0.8
"""A turn of at least so many words, so many of them her own, is her voice and not the candidate's."""
LEAKED_S = 1.5
"""Between an echo that passed the canceller and the interruption it makes, whichever is told first."""
HEADPHONES = "Ema keeps hearing herself, so she finishes each sentence before she listens. Headphones help."

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def echoes(heard: str, said: str) -> bool:
    """Whether the words heard are those that were being said."""
    return len(_WORD.findall(heard)) >= OWN_WORDS and _own_share(heard, said) >= OWN_SHARE


def _own_share(heard: str, said: str) -> float:
    """1 where nothing but signs was heard."""
    words, own = _WORD.findall(heard.lower()), set(_WORD.findall(said.lower()))
    return sum(word in own for word in words) / len(words) if words else 1.0


@dataclass
class _Interruption:
    at: float
    said: str
    """What she was saying."""
    leaked: bool


class SelfInterruptions:
    """Counts them until there are too many. An interruption is judged by the words that come of it, however late: a
    recogniser on a busy machine tells them after the next one. Until then it may as well be her own voice. Of an echo
    that is torn to pieces it makes words that she never said, so what was no louder than her echo counts as one."""

    def __init__(self) -> None:
        self._unjudged: list[_Interruption] = []
        self._in_a_row = 0
        self._leaked_at = -LEAKED_S

    def leaked(self, at: float) -> None:
        """What was heard over her just now was no louder than her echo is."""
        self._leaked_at = at
        for each in self._unjudged:
            each.leaked = each.leaked or at - each.at < LEAKED_S

    def interrupted(self, said: str, at: float) -> bool:
        """Whether she should no longer be interrupted."""
        self._unjudged.append(_Interruption(at, said, leaked=at - self._leaked_at < LEAKED_S))
        return self._in_a_row + len(self._unjudged) > TOLERATED and self._count_anew()

    def heard(self, words: str, began_s: float) -> tuple[bool, bool]:
        """The final words of a turn: whether they are her own, and whether she should no longer be interrupted.

        Of a turn before any interruption, or of one that was judged, it is neither.
        """
        judged = next((each for each in reversed(self._unjudged) if each.at <= began_s), None)
        if judged is None:
            return False, False
        self._unjudged.remove(judged)
        own = echoes(words, judged.said)
        # A word or two of hers may be the candidate's as well, and stay with them; whose they are shows in a row.
        if own or judged.leaked or not count_words(words) or _own_share(words, judged.said) == 1.0:
            self._in_a_row += 1
        else:
            self._unjudged = [each for each in self._unjudged if each.at > judged.at]
            self._in_a_row = 0
        return own, self._in_a_row >= TOLERATED and self._count_anew()

    def _count_anew(self) -> bool:
        self._unjudged, self._in_a_row = [], 0
        return True
