"""Cuts what the candidate said into clauses short enough to quote, each knowing where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from services.core.plan.bank import stem
from services.core.plan.taxonomy import TOKEN
from services.core.talk.transcript import Turn

MASK = "(private, left out)"
"""Stands for what was private. Sentences around it are whole without it."""
MAX_CLAUSE_WORDS = 26
"""Captions without punctuation are cut after this many words, at a joint where there is one."""
MIN_CLAUSE_WORDS = 8
_FRAGMENT_WORDS = 4
_SMALL = 3
"""Letters of the words that hold sentences together, in languages whose small words are not listed here."""
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts without spaces, whose words are not told apart here."""

FUNCTION_WORDS = (
    "a about after all also an and any are as at be because been before but by can could did do does for from get"
    " got had has have he"
    " her here him his how i if in into is it its just like me more most my no not of off on one only or other our"
    " out over own she so"
    " some such than that the their them then there these they this those through to too under until up us very"
    " was we well were what"
    " when where which while who why will with would you your"
)
_FUNCTION_WORDS = frozenset(FUNCTION_WORDS.split())
_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_JOINT = re.compile(
    r"(?<!\band)(?<!\bbut)(?<!\bso)(?<!\bnow)(?<!\bthen)(?<!because)(?<!\bwhich)(?:,\s|\s)"
    r"(?=(?:and then|and so|so|but|because|which|then|and we|and i|after that|we|i)\s)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    turn: Turn
    start: int
    end: int
    words: tuple[str, ...]
    stems: frozenset[str]
    """Of words that carry meaning."""

    @property
    def text(self) -> str:
        return self.turn.text[self.start : self.end]

    def adjoins(self, after: Clause) -> bool:
        """Nothing was left out between them: an echo, or words addressed to the rating, must not be quoted along."""
        return self.turn is after.turn and not self.turn.text[self.end : after.start].strip()


def clauses_of(turn: Turn) -> list[Clause]:
    found = []
    for start, end in spans_of(turn.text):
        words = tuple(token.casefold() for token in TOKEN.findall(turn.text[start:end]))
        found.append(Clause(turn, start, end, words, content_stems(words)))
    return found


def content_stems(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(stem(word) for word in words if word not in _FUNCTION_WORDS and len(word) > 1)


def is_prose(clause: Clause) -> bool:
    """False for lists of key words and for noise: people who tell something use small words, in every language."""
    words = clause.words
    if _UNSPACED.search(clause.text):
        return True
    small = sum(word in _FUNCTION_WORDS or len(word) <= _SMALL for word in words)
    return len(words) >= _FRAGMENT_WORDS and small * 6 >= len(words) and len(set(words)) * 2 >= len(words)


def spans_of(text: str) -> list[tuple[int, int]]:
    """Where its clauses stand."""
    ends = [0, *(end.end() for end in _END.finditer(text)), len(text)]
    spans: list[tuple[int, int]] = []
    for start, end in pairwise(ends):
        spans.extend(_shortened(text, start, end))
    return _merged(text, [span for start, end in spans if (span := _trimmed(text, start, end))[0] < span[1]])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    start = end - len(text[start:end].lstrip())
    return start, start + len(text[start:end].rstrip())


def _merged(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Fragments ("It had doubled.") belong to what they follow; a mask does not."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and len(text[start:end].split()) < _FRAGMENT_WORDS and not text.startswith(MASK, start):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _shortened(text: str, start: int, end: int) -> list[tuple[int, int]]:
    starts = [start + word.start() for word in re.finditer(r"\S+", text[start:end])]
    pieces = []
    first = 0
    while len(starts) - first > MAX_CLAUSE_WORDS:
        latest = first + MAX_CLAUSE_WORDS
        joints = {joint.end() for joint in _JOINT.finditer(text, starts[first + MIN_CLAUSE_WORDS - 1], starts[latest])}
        cut = next((at for at in range(latest, first + MIN_CLAUSE_WORDS, -1) if starts[at] in joints), latest)
        pieces.append((start, starts[cut]))
        start, first = starts[cut], cut
    return [*pieces, (start, end)]
