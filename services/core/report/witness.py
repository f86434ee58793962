"""A second witness: where another recogniser heard other words than the captions have, these carry no quote.

The two are compared as somebody would who reads them side by side. Figures and names of the trade count as the same
however they are written, short forms as the long ones; words that sound alike count as heard, and so do small words
and hems that one of the two left out. A negation, a person, a number and a word of substance do not: where one has it
and the other has not, it is disputed, and of a word that the captions lack its neighbours are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import groupby

from services.core.plan.language import ENGLISH, language_of
from services.core.plan.taxonomy import TOKEN, mentions
from services.core.report.checklist import TURNED
from services.core.report.clauses import FUNCTION_WORDS
from services.core.report.figures import figures_at
from services.core.report.likeness import NEGATION, PERSONS, are_heard, are_one
from services.core.talk.transcript import LOW_CONFIDENCE, DisputedWords, Speaker, Turn, count_words

EARLIER_MS, LATER_MS = 3000, 1500
"""How much earlier than a vendor says, and how much later, the words of a turn may have been said: some notice speech
with its first caption only."""
SLACK_MS = 1000
"""By which a turn may lie outside of the time that the second one listened."""
_UNITS = {
    "ms": "milliseconds",
    "kb": "kilobytes",
    "mb": "megabytes",
    "gb": "gigabytes",
    "tb": "terabytes",
    "secs": "seconds",
    "mins": "minutes",
}
_SHORT = {
    "cannot": ("can", "not"),
    "can't": ("can", "not"),
    "won't": ("will", "not"),
    "gonna": ("going", "to"),
    "wanna": ("want", "to"),
    "gotta": ("got", "to"),
    "kinda": ("kind", "of"),
}
_LIGHT = frozenset(
    f"{FUNCTION_WORDS} let yes yeah yep okay ok right actually basically really quite sort kind mean know see say said"
    " thing things oh ah hm mm mhm uh um er erm percent per cent dollar dollars euro euros going want".split()
)
"""What recognisers leave out or put in at will, and what a sign may stand for."""
_HEAVY = re.compile(TURNED)
_ANY_FIGURE = re.compile(r"\d[\d.]*")


@dataclass(frozen=True, slots=True)
class Overheard:
    """What the second recogniser made of one stretch of the candidate's speech. Times as a turn's."""

    started_ms: int
    ended_ms: int
    text: str = field(default="", repr=False)
    """Empty: somebody spoke, and it could not tell what."""
    confidence: float | None = None

    @property
    def is_certain(self) -> bool:
        return bool(count_words(self.text)) and (self.confidence is None or self.confidence >= LOW_CONFIDENCE)


@dataclass(frozen=True, slots=True)
class _Word:
    key: str
    """The same however it is written."""
    written: str
    turn: int
    start: int
    end: int

    @property
    def weighs(self) -> bool:
        return self.key not in _LIGHT or bool(_HEAVY.fullmatch(self.key))

    @property
    def is_exact(self) -> bool:
        """Nothing that sounds alike stands for it."""
        return bool(NEGATION.fullmatch(self.key) or _ANY_FIGURE.fullmatch(self.key))


_Placed = tuple[int, _Word]
"""With its number among all that was said."""


def compared(
    turns: Sequence[Turn], overheard: Iterable[Overheard], listened_ms: Sequence[tuple[int, int]]
) -> tuple[Turn, ...]:
    """The turns, with what is disputed in the candidate's spoken ones.

    `listened_ms` is from and to of each time that the second one listened. What was said outside of it, or in another
    language than English, or where it could make out nothing for certain, is not compared.
    """
    disputed: dict[str, tuple[DisputedWords, ...]] = {}
    for together, words in _meetings(turns, overheard):
        if _can_be_compared(together, words, listened_ms):
            disputed |= _disputed(together, " ".join(one.text for one in words))
    return tuple(replace(turn, disputed=disputed.get(turn.id, turn.disputed)) for turn in turns)


def moved(disputed: Sequence[DisputedWords], before: str, after: str) -> tuple[DisputedWords, ...]:
    """The same stretches in a text of which parts were taken out or masked."""
    if not disputed or before == after:
        return tuple(disputed)
    old, new = list(_places(before)), list(_places(after))
    same = {
        block.a + at: block.b + at
        for block in SequenceMatcher(
            None, [word for word, *_ in old], [word for word, *_ in new], False
        ).get_matching_blocks()
        for at in range(block.size)
    }
    found = []
    for one in disputed:
        at = [
            same[place]
            for place, (_, start, end) in enumerate(old)
            if start < one.end and end > one.start and place in same
        ]
        if at:
            found.append(replace(one, start=new[at[0]][1], end=new[at[-1]][2]))
    return tuple(found)


def _meetings(turns: Sequence[Turn], overheard: Iterable[Overheard]) -> Iterator[tuple[list[Turn], list[Overheard]]]:
    """Turns and what was overheard of them, as far as they have to do with each other in time."""
    spoken: list[tuple[int, int, Turn | Overheard]] = [
        (turn.started_ms - EARLIER_MS, turn.ended_ms + LATER_MS, turn)
        for turn in turns
        if turn.speaker is Speaker.CANDIDATE and not turn.typed
    ]
    spoken += [(one.started_ms, one.ended_ms, one) for one in overheard]
    together: list[Turn | Overheard] = []
    until = 0
    for start, end, one in sorted(spoken, key=lambda item: item[:2]):
        if together and start >= until:
            yield _parted(together)
            together = []
        until = max(until, end) if together else end
        together.append(one)
    if together:
        yield _parted(together)


def _parted(together: Sequence[Turn | Overheard]) -> tuple[list[Turn], list[Overheard]]:
    turns = [one for one in together if isinstance(one, Turn)]
    return sorted(turns, key=lambda turn: turn.started_ms), [one for one in together if isinstance(one, Overheard)]


def _can_be_compared(turns: Sequence[Turn], words: Sequence[Overheard], listened_ms: Sequence[tuple[int, int]]) -> bool:
    if not turns or not all(one.is_certain for one in words):
        return False
    first, last = min(turn.started_ms for turn in turns), max(turn.ended_ms for turn in turns)
    heard_all = any(start <= first + SLACK_MS and last <= end + SLACK_MS for start, end in listened_ms)
    return heard_all and language_of(" ".join(turn.text for turn in turns), spoken=True) == ENGLISH


def _disputed(turns: Sequence[Turn], overheard: str) -> dict[str, tuple[DisputedWords, ...]]:
    said = [word for at, turn in enumerate(turns) for word in _words(turn.text, at)]
    heard = list(_words(overheard))
    stretches: dict[str, list[DisputedWords]] = {turn.id: [] for turn in turns}
    matcher = SequenceMatcher(None, [word.key for word in said], [word.key for word in heard], False)
    for kind, first, last, from_heard, to_heard in matcher.get_opcodes():
        if kind == "equal":
            continue
        new = heard[from_heard:to_heard]
        otherwise = overheard[new[0].start : new[-1].end] if new else ""
        for words in _runs(_apart(said, first, last, new)):
            stretches[turns[words[0].turn].id].append(DisputedWords(words[0].start, words[-1].end, otherwise))
    return {turn_id: _merged(found) for turn_id, found in stretches.items()}


def _apart(said: Sequence[_Word], first: int, last: int, new: Sequence[_Word]) -> list[_Placed]:
    """Of the words from `first` to `last`, in whose place the other one heard `new`: those that are disputed."""
    gone = list(enumerate(said[first:last], first))
    words = [word for _, word in gone]
    if any(_run_together(words, name) == _run_together(new, name) for name in ("key", "written")):
        return []
    persons = [{PERSONS[word.key] for word in side if word.key in PERSONS} for side in (words, new)]
    turned = all(persons) and persons[0] != persons[1]
    missing = _missing(words, new)
    odd = [(at, word) for at, word in gone if word in missing or (turned and word.key in PERSONS)]
    if odd and len(odd) >= sum(word.weighs for word in words):
        return gone
    if odd or not _missing(new, words):
        return odd
    return gone or list(enumerate(said))[max(0, first - 1) : first + 1]


def _runs(places: Iterable[_Placed]) -> Iterator[list[_Word]]:
    """Those side by side in one turn."""
    for _, run in groupby(enumerate(places), key=lambda item: (item[1][0] - item[0], item[1][1].turn)):
        yield [word for _, (_, word) in run]


def _missing(words: Sequence[_Word], among: Sequence[_Word]) -> list[_Word]:
    """Those that weigh and that nothing among the others stands for, alone or run together with a neighbour."""
    keys, written = [other.key for other in among], [other.written for other in among]
    found = []
    for at, word in enumerate(words):
        if not word.weighs or word.key in keys:
            continue
        pairs = [[one.written for one in words[first : first + 2]] for first in (at - 1, at) if first >= 0]
        alike = are_heard([word.key], keys) or are_heard([word.written], written)
        if word.is_exact or not (alike or any(are_one(pair, written) for pair in pairs)):
            found.append(word)
    return found


def _run_together(words: Sequence[_Word], name: str) -> str:
    return "".join(getattr(word, name) for word in words)


def _merged(found: Sequence[DisputedWords]) -> tuple[DisputedWords, ...]:
    merged: list[DisputedWords] = []
    for one in found:
        if merged and one.start < merged[-1].end:
            last = merged.pop()
            said = " … ".join(filter(None, (last.otherwise, one.otherwise)))
            one = DisputedWords(last.start, max(last.end, one.end), said)
        merged.append(one)
    return tuple(merged)


def _words(text: str, turn: int = 0) -> list[_Word]:
    known = {(start, end): value for value, start, end in figures_at(text)}
    for name in mentions(text):
        if not any(_overlap((name.start, name.end), span) for span in known):
            known[name.start, name.end] = _closed_up(name.name)
    found = [_Word(key, _closed_up(text[slice(*span)]), turn, *span) for span, key in known.items()]
    for word, start, end in _places(text):
        if not any(_overlap((start, end), span) for span in known):
            found += [_Word(key, key, turn, start, end) for key in _long(word)]
    # Somebody who stumbles says a word twice, and recognisers write it once.
    return [next(run) for _, run in groupby(sorted(found, key=lambda word: word.start), key=lambda word: word.key)]


def _closed_up(text: str) -> str:
    return "".join(word for word, *_ in _places(text))


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _long(word: str) -> Sequence[str]:
    """A short form in full: "didn't" as "did not"; "we've" as "we", for the rest is what recognisers leave out."""
    if word in _SHORT:
        return _SHORT[word]
    if word.endswith("n't"):
        return word[:-3], "not"
    stem = word.partition("'")[0] or word
    return (_UNITS.get(stem, stem),)


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    for found in TOKEN.finditer(text.replace("’", "'")):
        yield found.group().casefold(), found.start(), found.end()
