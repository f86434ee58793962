"""Words that a recogniser may take for each other, and words that turn what was said into something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import pairwise

LIKE = 0.7
"""Likeness of two words of which one may be what a recogniser made of the other."""
NEGATION = re.compile(r"no|not|never|none|nor|nobody|nothing|without|cannot|\w+n't|nicht|nie|kein\w*|ohne|nahi|nahin")
PERSONS = {
    word: group
    for group, words in enumerate(
        (
            "i i'm i've i'd my me mine myself",
            "we we're we've our us ours",
            "he she they his her their them him it's you",
        )
    )
    for word in words.split()
}
"""Who did it: the same number for words of the same person."""
RUN_TOGETHER = 0.8
"""The same of two words that are taken for one: a short word beside a long one is like the long one anyway."""
_TURNING = re.compile(r"(?:anti|de|dis|down|en|im|in|ir|mis|non|out|over|post|pre|sub|un|under|up)(?=\w{3})")
"""Beginnings that make another word of the same one: two that differ in them alone sound alike, and are not."""


def are_heard(words: Iterable[str], among: Sequence[str]) -> bool:
    """Whether each of them is there, or something a recogniser may take for it.

    Recognisers take one word for two ("post grass"), so that neighbours count as one word too.
    """
    sounds = {*among, *(one + two for one, two in pairwise(among))}
    return all(_is_heard(word, sounds) for word in words)


def are_one(words: Iterable[str], among: Sequence[str]) -> bool:
    """Whether these, run together, may stand for one that is there."""
    return bool(get_close_matches("".join(words), among, 1, RUN_TOGETHER))


def _is_heard(word: str, sounds: set[str]) -> bool:
    return any(not _opposes(word, sound) for sound in get_close_matches(word, sounds, 3, LIKE))


def _opposes(one: str, two: str) -> bool:
    return one != two and any(
        _without_beginning(first) & {second, *_without_beginning(second)} for first, second in ((one, two), (two, one))
    )


def _without_beginning(word: str) -> set[str]:
    found = _TURNING.match(word)
    return {word[found.end() :]} if found else set()
