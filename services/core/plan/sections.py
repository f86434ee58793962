"""A posting as a tree: its sections, what each is about, and their lines, however the text lost its line breaks."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from services.core.plan.bank import sections
from services.core.plan.markup import collapse
from services.core.plan.role import has_role_noun
from services.core.plan.taxonomy import mentions

SENTENCE_END = re.compile(
    r"(?<=[.!?。！？])(?<!\b[Ee]\.g\.)(?<!\b[Ii]\.e\.)(?<!\betc\.)(?<!\b[Nn]o\.)(?<![A-Z]\.)\s+|\n+"
)
_LONG_LINE = 110
"""Characters from which a line may hold a whole posting whose line breaks are lost."""
_INLINE_BULLET = re.compile(r"(?:^|\s+)[•●▪■◦·►✓✔➢*]\s*(?=\S)|(?<=[\w.;:)])\s+[-–]\s+(?=[A-Z])")
_OPTIONAL = re.compile(
    r"\bnice:|nice[- ]to[- ]have|\b(?:is|are|would be) (?:\w+ ){0,3}(?:asset|advantage|desirable|welcome|plus|bonus)\b"
    r"|\bbonus\b|\ba plus\b|\bpreferred\b|\boptional\b|von vorteil|wünschenswert|would be great|\bideally\b"
    r"|\bdesirable\b"
    r"|\bhelpful but\b|\bnot required\b|\bmeriterande\b|serait un plus|se valora|mile widziane|výhodou|előny",
    re.IGNORECASE,
)
_FILLERS = (
    "a an and & / the your our you we what who is are for of in on to with at key main core other more "
    "about this that role job position work technical professional general additional minimum basic "
    "required preferred personal functional specific primary day typical major relevant und & et y e i en "
    "og och ja us team company "
)
_FILL = frozenset(_FILLERS.split())
"""Words of a heading that say nothing of its kind."""
_ABOUT = frozenset({"about", "über", "sobre", "om"})
"""Before the name of a company."""
_FINITE = re.compile(r"\b(?:is|are|will|has|have|must|should|can|offers?|includes?|ist|sind)\b", re.IGNORECASE)
BULLET = re.compile(r"(?:- |\d{1,2}[.)] )")
_EDGE = re.compile(r"^[^\w]+|[^\w]+$")


class Kind(StrEnum):
    """What a section of a posting is about."""

    SUMMARY = "summary"
    TASKS = "tasks"
    MUST = "must"
    NICE = "nice"
    ABOUT = "about"
    OFFER = "offer"
    LAW = "law"
    PRIVACY = "privacy"
    APPLY = "apply"
    OTHER_JOBS = "other_jobs"


ABOUT_THE_WORK = frozenset({Kind.SUMMARY, Kind.TASKS, Kind.MUST, Kind.NICE})
_OF_A_PARAGRAPH = frozenset({Kind.ABOUT, Kind.OFFER, Kind.APPLY})


@dataclass(frozen=True, slots=True)
class Section:
    kind: Kind
    heading: str
    """Empty for what stands before the first heading."""
    lines: tuple[str, ...]
    """`- ` before a bullet."""


def with_lines(text: str) -> str:
    """Line breaks where headings and bullets stand in the middle of a long line."""
    return "\n".join(_apart(_broken(line) if len(line) > _LONG_LINE else line) for line in text.split("\n"))


def _apart(line: str) -> str:
    """What is required and what is a bonus in lines of their own."""
    if not is_optional(line):
        return line
    pieces = [piece for part in line.split("\n") for piece in SENTENCE_END.split(part)]
    return "\n".join(piece for piece in pieces if piece)


def _broken(line: str) -> str:
    starts = {0}
    folded = _folded(line)
    for phrase, _ in _heading_phrases():
        at = folded.find(phrase)
        while at >= 0:
            if _begins_a_section(line, at, at + len(phrase), " " in phrase):
                starts.add(at)
                starts.add(_end_of_heading(line, at + len(phrase)))
            at = folded.find(phrase, at + len(phrase))
    edges = [*sorted(starts), len(line)]
    pieces = [line[start:end].strip() for start, end in pairwise(edges)]
    return "\n".join(_INLINE_BULLET.sub("\n- ", piece).strip() for piece in pieces if piece.strip(" :-–"))


def _begins_a_section(line: str, start: int, end: int, several_words: bool) -> bool:
    """Whether the phrase at `start` is a heading that lost its line: a capital, and a break of sense around it."""
    before, after = line[:start].rstrip(), line[end:]
    if (
        not line[start].isupper()
        or (start and not line[start - 1].isspace() and line[start - 1] not in ".!?:;•*|")
        or (after and after[0].isalnum())
    ):
        return False
    closes = not before or before[-1] in ".!?:;)•*-–|"
    if re.match(r"\s*[:?]", after):
        return closes or before.rsplit(" ", 1)[-1].casefold() not in _FILL
    follows = re.match(r"\s+(?:[-•*]\s*)?[A-Z0-9]", after) is not None
    last_word = before.rsplit(" ", 1)[-1]
    return follows and (closes or (several_words and not last_word[:1].isupper()))


def _end_of_heading(line: str, end: int) -> int:
    mark = re.compile(r"\s*[:?]").match(line, end)
    return mark.end() if mark else end


def _folded(text: str) -> str:
    """Of the same length, in lower case, with straight apostrophes."""
    folded = text.replace("’", "'").lower()
    return folded if len(folded) == len(text) else text.replace("’", "'")


@functools.cache
def _heading_phrases() -> tuple[tuple[str, Kind], ...]:
    """Longest first."""
    found = {phrase: Kind(kind) for kind, phrases in sections().headings.items() for phrase in phrases}
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))


@functools.cache
def _headings() -> dict[str, Kind]:
    return dict(reversed(_heading_phrases()))


@functools.cache
def _heading_words() -> frozenset[str]:
    return frozenset(word for phrase, _ in _heading_phrases() for word in phrase.split()) | _FILL


def sections_in(text: str) -> tuple[Section, ...]:
    """The text as a tree; sentences that say nothing about the work are in sections of their own kind or gone."""
    found: list[tuple[Kind, str, list[str]]] = [(Kind.SUMMARY, "", [])]
    for line, kind, begins, rest in _classified(text):
        if not line or _is_navigation(line):
            continue
        if begins:
            found.append((kind, line[: len(line) - len(rest)].strip(), []))
        if rest and len(found) == 1 and not found[0][2]:
            found[0][2].append(rest)  # the title may be that of a recruiter
        elif rest:
            found[-1][2].extend(_about_the_work(rest, kind))
    return tuple(Section(kind, heading, tuple(lines)) for kind, heading, lines in found if heading or lines)


def kinds_of_lines(text: str) -> dict[int, Kind]:
    """Which kind of section each line belongs to, by the position before the line."""
    kinds, at = {}, -1
    for line, kind, _, _ in _classified(text):
        kinds[at] = Kind.NICE if kind in ABOUT_THE_WORK and is_optional(line) else kind
        at += len(line) + 1
    return kinds


def _classified(text: str) -> Iterator[tuple[str, Kind, bool, str]]:
    """Each line, its kind, whether it begins a section, and what of it is no heading.

    A label that its text follows in the line ("How to apply: write to us") is one of a paragraph.
    """
    current = Kind.SUMMARY
    is_label = is_over = False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        following = next((later for later in lines[number + 1 : number + 3] if later), "")
        if not line and is_label and current in _OF_A_PARAGRAPH:
            current, is_label, is_over = Kind.SUMMARY, False, True
        kind, rest = _heading(line, following, current) if line and current is not Kind.OTHER_JOBS else (None, "")
        current, is_label = kind or current, bool(rest) if kind else is_label
        yield line, current, kind is not None or (is_over and bool(line)), rest if kind else line
        is_over = is_over and not line


def _heading(line: str, following: str, current: Kind) -> tuple[Kind | None, str]:
    """The kind of section that begins with this line, if one does, and what follows the heading in the line."""
    if BULLET.match(line):
        return None, ""
    head, colon, rest = line.partition(":")
    if colon and len(head) <= 60 and (kind := _kind_of(head, closed=True)):
        return kind, rest.strip()
    if len(line) > 80 or line.endswith((".", ",", ";")):
        return None, ""
    if kind := _kind_of(line.rstrip("?!: "), closed=line.endswith((":", "?")) or line.isupper()):
        return kind, ""
    unknown = len(line.split()) <= 7 and (line.endswith(":") or BULLET.match(following))
    return (Kind.SUMMARY, "") if unknown and current not in ABOUT_THE_WORK else (None, "")


def _kind_of(heading: str, *, closed: bool) -> Kind | None:
    bare = _EDGE.sub("", _folded(heading))
    if (kind := _headings().get(bare)) or not bare:
        return kind
    words = bare.split()
    if words[0] in _ABOUT and len(words) <= 4 and words[1:] and words[1] not in _FILL:
        return Kind.ABOUT
    if len(words) > 9 or (has_role_noun(bare) and not closed):
        return None
    padded = f" {' '.join(_EDGE.sub('', word) or word for word in words)} "
    if bare.isascii():
        within = [(phrase, kind) for phrase, kind in _heading_phrases() if phrase in padded and f" {phrase} " in padded]
    else:
        within = [
            (phrase, kind) for phrase, kind in _heading_phrases() if phrase in bare and len(phrase) * 2 >= len(bare)
        ]
    for phrase, kind in within:
        at_edge = padded.startswith(f" {phrase} ") or padded.endswith(f" {phrase} ")
        rest = padded.replace(f" {phrase} ", " ", 1)
        if not bare.isascii() or all(word in _heading_words() for word in rest.split()):
            return kind
        if " " in phrase and at_edge and len(rest.split()) <= 4 and not _FINITE.search(rest):
            return kind
        if closed and at_edge and len(rest.split()) <= 3 and not _FINITE.search(rest):
            return kind
    return None


def _is_navigation(line: str) -> bool:
    return _folded(line).strip(" -|»›>") in sections().silent["navigation"]


def _about_the_work(line: str, kind: Kind) -> Iterator[str]:
    """The line without sentences that are about something else; all of it in a section that is."""
    if kind not in ABOUT_THE_WORK:
        yield line
        return
    kept = [piece for piece in SENTENCE_END.split(line) if piece and not _is_silent(piece, kind)]
    if kept:
        yield " ".join(kept)


@functools.cache
def _silent_phrases() -> dict[str, tuple[tuple[str, bool], ...]]:
    """By kind; True for a phrase that may go on."""
    return {
        kind: tuple((phrase.rstrip("*"), phrase.endswith("*")) for phrase in phrases)
        for kind, phrases in sections().silent.items()
    }


def _is_silent(sentence: str, kind: Kind) -> bool:
    folded = f" {_folded(sentence)} "
    for about, phrases in _silent_phrases().items():
        said = [phrase for phrase, open_ in phrases if phrase in folded and _stands_in(phrase, open_, folded)]
        if not said or about == "navigation" or (about == "site" and len(sentence.split()) > 12):
            continue
        # "Payroll and salary engines in Java" is a task; the same word beside no skill is an offer.
        may_be_work = about in ("offer", "apply") and kind in (Kind.TASKS, Kind.MUST) and len(said) == 1
        if not (may_be_work and " " not in said[0] and any(mentions(sentence))):
            return True
    return False


def _stands_in(phrase: str, may_go_on: bool, folded: str) -> bool:
    at = folded.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if not folded[at - 1].isalnum() and (may_go_on or end >= len(folded) or not folded[end].isalnum()):
            return True
        at = folded.find(phrase, end)
    return False


def is_optional(line: str) -> bool:
    """Whether the line itself says that what it names is no must."""
    return bool(_OPTIONAL.search(line))


def text_of(parts: Sequence[Section]) -> str:
    return collapse("\n\n".join("\n".join(filter(None, (part.heading, *part.lines))) for part in parts))
