"""What the bank is made of: skills grouped in clusters, each with questions an interviewer would ask about it."""

from __future__ import annotations

from dataclasses import dataclass

from services.core.plan.plan import Domain, Level

ALL = frozenset(Level)
HANDS_ON = frozenset({Level.MID, Level.SENIOR})
SEASONED = frozenset({Level.SENIOR, Level.STAFF})
MID_ONLY = frozenset({Level.MID})
STAFF_ONLY = frozenset({Level.STAFF})


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill and how postings write it."""

    name: str
    aliases: tuple[str, ...]
    """In lower case: any case matches. With a capital: this very case ("Go", "React")."""
    is_noun: bool
    """A subject ("load balancing") rather than a product; it does not fit where a question speaks of a product."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One question. `{skill}` stands for the skill's name."""

    text: str
    follow_ups: tuple[str, str]
    purpose: str
    levels: frozenset[Level]


@dataclass(frozen=True, slots=True)
class Cluster:
    key: str
    competency: str
    """Key of a `CompetencyKind`."""
    domain: Domain | None
    """None: found in every domain."""
    entries: tuple[Entry, ...]
    vocabulary: frozenset[str]
    """Words people use when they talk about it, as stems."""
    shapes: tuple[Shape, ...]
    stand_in: str = ""
    """What `{skill}` becomes where the posting names no product of this cluster."""


@dataclass(frozen=True, slots=True)
class CompetencyKind:
    key: str
    name: str
    anchors: tuple[str, str, str, str]
    """What levels 1 to 4 look like."""
    practice: str
    """What to do before the next interview, as an instruction."""


def ask(text: str, first: str, second: str, *, purpose: str, levels: frozenset[Level] = ALL) -> Shape:
    return Shape(text, (first, second), purpose, levels)


def entries(*lines: str) -> tuple[Entry, ...]:
    """Each line: "Name: alias, alias", or "Name|Name" for several skills alike.

    A name alone matches in its own case only ("Go"); names joined by "|" match in any. "~Name" is a common noun.
    """
    made = []
    for line in lines:
        names, _, rest = line.partition(":")
        aliases = [alias.strip() for alias in rest.split(",") if alias.strip()]
        for name in names.removeprefix("~").split("|"):
            is_noun = line.startswith("~")
            spellings = [name.casefold() if is_noun or "|" in names else name, *aliases]
            made.append(Entry(name, tuple(dict.fromkeys(spellings)), is_noun))
    return tuple(made)


_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "es", "ed", "ly", "s", "e")


def stem(word: str) -> str:
    """A word without the endings of English plurals and verb forms: crude, the same for both sides of a comparison."""
    word = word.casefold()
    if word.endswith(_ENDINGS):
        ending = next(ending for ending in _ENDINGS if word.endswith(ending))
        if len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def words(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())
