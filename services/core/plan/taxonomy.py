"""Finds the bank's skills in a text, wherever and however they are written."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.plan.bank import Entry, SkillCluster, bank, stem, stems

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Letters of languages that put no blank between a word of theirs and a name in Latin letters."""
TOKEN = re.compile(
    rf"\.net\b|[cfCF]#|[cC]\+\+(?:\d\d)?|[^\W_{_UNSPACED}]+(?:'[^\W_{_UNSPACED}]+)?|[{_UNSPACED}]+", re.IGNORECASE
)
"""A word, with the three names whose punctuation matters."""

_CONTEXT = stems(
    "language languages programming framework library code coding developer developers engineer development stack"
    " database sdk api tool tools tooling experience knowledge proficiency proficient expertise familiarity familiar"
    " skills fluent backend frontend software microservices app apps application script scripting ecosystem written"
    " platform solution product certified certification consultant administrator module modules"
)
"""Near an unclear name these show that the trade is meant."""
_BREAK = re.compile(r"\n|[.;:!?,]\s")
"""What no name in several words goes across."""
_WITH_ENDINGS, _LONGEST_ENDING, _CHANGED_ENDING = 4, 5, 3
"""Characters: of a name that may have an ending, of the ending, and of one that takes a vowel's place."""
_REACH = 90
"""Characters on both sides of an unclear name in which its context is looked for, within its line."""
_ROLE_AFTER = re.compile(
    r"\s+(?:Software\s+|Backend\s+|Frontend\s+|Platform\s+)?(?:[Dd]eveloper|[Ee]ngineer|[Pp]rogrammer|[Aa]dmin"
    r"|[Aa]rchitect|[Cc]onsultant|[Ss]pecialist|[Ee]xpert"
    r"|[Tt]ester|[Ll]ead|[Aa]nalyst|SDK|API|[Cc]ode)"
)
_TAKEN_UP = re.compile(r"\b(?:with|in|using|via|know|write|writes?|programming|mit|avec|con|med) $")
"""What stands before a name that is used."""
_IN_LIST = re.compile(r"(?:, |/| / | and | or | & |, and |, or | und | et | y | e )")
_MID_SENTENCE = re.compile(r"[a-zß-ÿ,] $")
"""What stands before a capital that opens no sentence and no name."""
_ONLY_LIKE_IT = re.compile(r"[- ](?:compatible|like|style)\b")
"""What is no product itself ("S3-compatible storage")."""
_ADDRESS = re.compile(r"(?<!\S)(?:\S*(?:://|\bwww\.)\S*|\S[^\s@]*@\S+\.\w+)")
"""Names in it are its own ("careers.example/java", "page.html")."""
_PROPER_AFTER = re.compile(r"(?:\s+(?!and\b|or\b)|&)[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A skill found in a text."""

    cluster: SkillCluster
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
    cluster: SkillCluster
    entry: Entry
    is_unclear: bool


@functools.cache
def _aliases() -> dict[str, list[_Alias]]:
    found: dict[str, list[_Alias]] = {}
    for cluster in bank().clusters.values():
        for entry in cluster.entries:
            for alias in entry.aliases:
                tokens = tuple(token.casefold() for token in TOKEN.findall(alias))
                exact = alias if alias != alias.casefold() and len(tokens) == 1 else None
                found.setdefault(tokens[0], []).append(_Alias(tokens, exact, cluster, entry, alias in entry.unclear))
    for aliases in found.values():
        aliases.sort(key=lambda alias: -len(alias.tokens))
    return found


def mentions(text: str, *, in_english: bool = True) -> Iterator[Mention]:
    """In order of appearance, longest name first where several begin at one word, none inside another.

    An unclear name counts only beside words of the trade, or beside another skill. In another language names may have
    endings ("Javě", "Dockera", "Reactilla"), and a name that is an English word is no word of the sentence.
    """
    found = list(_spelled(text, in_english=in_english))
    clear = [mention for mention, is_unclear in found if not is_unclear and not mention.entry.is_subject]
    for mention, is_unclear in found:
        if _is_meant(text, mention, is_unclear, clear, in_english=in_english):
            if is_unclear:
                clear.append(mention)
            yield mention


def _spelled(text: str, *, in_english: bool) -> Iterator[tuple[Mention, bool]]:
    tokens = [(match.group().casefold(), match.start(), match.end()) for match in TOKEN.finditer(text)]
    if not in_english:
        tokens = [
            (_without_ending(token) if text[start].isupper() else token, start, end) for token, start, end in tokens
        ]
    known = _aliases()
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    tokens = [token for token in tokens if not any(start <= token[1] < end for start, end in addresses)]
    at = 0
    while at < len(tokens):
        likely = known.get(tokens[at][0])
        alias = next((alias for alias in likely if _matches(alias, tokens, at, text)), None) if likely else None
        if alias is None:
            at += 1
            continue
        last = at + len(alias.tokens) - 1
        yield Mention(alias.cluster, alias.entry, tokens[at][1], tokens[last][2]), alias.is_unclear
        at = last + 1


@functools.cache
def _names() -> frozenset[str]:
    """Of products, in one word, long enough to be known by their beginning."""
    return frozenset(
        token
        for token, aliases in _aliases().items()
        if len(token) >= _WITH_ENDINGS
        and any(
            len(one.tokens) == 1 and not one.entry.is_subject and not (one.is_unclear and one.entry.near)
            for one in aliases
        )
    )


def _without_ending(token: str) -> str:
    """The name it begins with, a last vowel changed perhaps; the token where it begins with none."""
    if token in _aliases():
        return token
    token = token.partition("'")[0]
    for cut in range(_LONGEST_ENDING + 1):
        start = token[: len(token) - cut]
        for name in (start, *(start + vowel for vowel in "aoe" if 0 < cut <= _CHANGED_ENDING)):
            if name in _names():
                return name
    return token


def _is_meant(text: str, mention: Mention, is_unclear: bool, clear: Sequence[Mention], *, in_english: bool) -> bool:
    entry, start, end = mention.entry, mention.start, mention.end
    if not entry.is_subject and _ONLY_LIKE_IT.match(text, end):
        return False
    if not is_unclear and not entry.against:
        return True
    left = max(text.rfind("\n", 0, start) + 1, start - _REACH)
    line_end = text.find("\n", end)
    right = min(len(text) if line_end < 0 else line_end, end + _REACH)
    around = f" {text[left:right].casefold()} "
    if any(phrase in around for phrase in entry.against):
        return False
    if not is_unclear or (not in_english and not entry.near and not text[start:end].islower()):
        return True
    if not text[left:start].strip(" -") and not text[end:right].strip(" .,;"):
        return True  # alone in its line
    is_name = text[start].isupper() and not _PROPER_AFTER.match(text, end)
    if is_name and (_TAKEN_UP.search(text[max(left, start - 12) : start]) or _is_listed(text, mention, clear)):
        return True
    if entry.near:
        return any(stem(word) in entry.near for word in TOKEN.findall(text[left:start] + " " + text[end:right]))
    if _ROLE_AFTER.match(text, end):
        return True
    if _PROPER_AFTER.match(text, end) and not any(end < one.start <= end + 3 for one in clear):
        return False  # part of somebody's name
    if any(left <= one.start < right for one in clear) or (
        text[start].isupper() and _MID_SENTENCE.search(text[max(left, start - 3) : start])
    ):
        return True
    words = TOKEN.findall(text[left:start] + " " + text[end:right])
    return any(stem(word) in _CONTEXT for word in words)


def _is_listed(text: str, mention: Mention, clear: Sequence[Mention]) -> bool:
    """Whether it stands beside a skill that is clear, in a list."""
    return any(
        _IN_LIST.fullmatch(text[one.end : mention.start] or text[mention.end : one.start])
        for one in clear
        if abs(one.start - mention.start) <= 40
    )


def _matches(alias: _Alias, tokens: list[tuple[str, int, int]], at: int, text: str) -> bool:
    last = at + len(alias.tokens) - 1
    if last >= len(tokens) or any(tokens[at + step][0] != token for step, token in enumerate(alias.tokens)):
        return False
    start, end = tokens[at][1], tokens[last][2]
    has_ending = "".join(token for token, _, _ in tokens[at : last + 1]) != text[start:end].casefold()
    spelt = alias.exact is None or text[start:end] == alias.exact or (has_ending and len(alias.tokens) == 1)
    return spelt and not _BREAK.search(text, start, end)


def with_names_restored(text: str) -> str:
    """`text`, whose capitals are lost, with those that tell a product from a word."""
    spellings = {
        alias.tokens[0]: alias.exact
        for found in _aliases().values()
        for alias in found
        if alias.exact and len(alias.tokens) == 1
    }
    return TOKEN.sub(lambda word: spellings.get(word.group().casefold()) or word.group(), text)
