"""Finds the bank's skills in a text, wherever and however they are written."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.core.plan.bank import Cluster, Entry, bank, stem

TOKEN = re.compile(r"\.net\b|[cfCF]#|[cC]\+\+(?:\d\d)?|[^\W_]+(?:'[^\W_]+)?", re.IGNORECASE)
"""A word, with the three names whose punctuation matters."""

_COMMON_WORDS = frozenset(
    {
        "Go",
        "R",
        "C",
        "BI",
        "Express",
        "Rails",
        "Spring",
        "Flask",
        "Ruby",
        "Swift",
        "Rust",
        "React",
        "Combine",
        "Room",
        "Unity",
    }
)
"""Aliases that are English words or letters too: a spoken word does not name them unless other words do."""
_NOT_THE_LANGUAGE = re.compile(
    r"(?:Go(?: to| live| beyond|-to)|[RC](?:&|-level| & |\.[A-Z])|(?:Combine|Room) (?!and\b|or\b)[a-z])"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A skill found in a text."""

    cluster: Cluster
    entry: Entry
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.entry.name


@dataclass(frozen=True, slots=True)
class _Alias:
    tokens: tuple[str, ...]
    exact: str | None
    """The very spelling it must have, for an alias with capitals."""
    cluster: Cluster
    entry: Entry


@functools.cache
def _aliases() -> dict[str, list[_Alias]]:
    found: dict[str, list[_Alias]] = {}
    for cluster in bank().clusters.values():
        for entry in cluster.entries:
            for alias in entry.aliases:
                tokens = tuple(token.casefold() for token in TOKEN.findall(alias))
                exact = alias if alias != alias.casefold() and len(tokens) == 1 else None
                found.setdefault(tokens[0], []).append(_Alias(tokens, exact, cluster, entry))
    for aliases in found.values():
        aliases.sort(key=lambda alias: -len(alias.tokens))
    return found


def mentions(text: str) -> Iterator[Mention]:
    """In order of appearance, longest name first where several begin at one word, none inside another."""
    tokens = [(match.group().casefold(), match.start(), match.end()) for match in TOKEN.finditer(text)]
    known = _aliases()
    at = 0
    while at < len(tokens):
        likely = known.get(tokens[at][0])
        alias = next((alias for alias in likely if _matches(alias, tokens, at, text)), None) if likely else None
        if alias is None:
            at += 1
            continue
        last = at + len(alias.tokens) - 1
        yield Mention(alias.cluster, alias.entry, tokens[at][1], tokens[last][2])
        at = last + 1


def _matches(alias: _Alias, tokens: list[tuple[str, int, int]], at: int, text: str) -> bool:
    last = at + len(alias.tokens) - 1
    if last >= len(tokens) or any(tokens[at + step][0] != token for step, token in enumerate(alias.tokens)):
        return False
    start, end = tokens[at][1], tokens[last][2]
    if "\n" in text[start:end]:
        return False
    return alias.exact is None or (text[start:end] == alias.exact and not _NOT_THE_LANGUAGE.match(text, start))


def vocabulary_of(cluster: Cluster) -> frozenset[str]:
    """Stems of the words people use about its skills, names in one word included."""
    return cluster.vocabulary | _name_stems()[cluster.key]


@functools.cache
def _name_stems() -> dict[str, frozenset[str]]:
    """By cluster, of names in one word: those in several ("great expectations") are made of words that mean other
    things too."""
    return {key: frozenset(_single_names(cluster)) for key, cluster in bank().clusters.items()}


def _single_names(cluster: Cluster) -> Iterator[str]:
    for entry in cluster.entries:
        for alias in entry.aliases:
            tokens = TOKEN.findall(alias)
            if alias not in _COMMON_WORDS and len(tokens) == 1 and len(tokens[0]) > 2:
                yield stem(tokens[0])
