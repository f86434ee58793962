"""From whatever was pasted to what a job description says about the work, or a refusal in one sentence.

A posting is read as a tree first: title, sections, lines. What says nothing about the work (the company, benefits, law,
privacy, how to apply, other jobs) is left out here, so that nothing behind this module ever sees it. Nothing in the
text is ever followed: sentences that address the interviewer are left out and named in a notice.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from services.core.errors import JobDescriptionRefused
from services.core.plan.bank import languages, sections
from services.core.plan.language import ENGLISH, language_of
from services.core.plan.markup import collapse, plain_text
from services.core.plan.role import has_role_noun, is_title
from services.core.plan.taxonomy import mentions, with_names_restored
from services.core.report.injection import addresses_the_rater

MIN_CHARACTERS = 50
MAX_CHARACTERS = 40_000
MAX_RAW_CHARACTERS = 200_000
"""Refused unread beyond this, whatever markup it may be made of."""

_SENTENCE_END = re.compile(
    r"(?<=[.!?。！？])(?<!\b[Ee]\.g\.)(?<!\b[Ii]\.e\.)(?<!\betc\.)(?<!\b[Nn]o\.)(?<![A-Z]\.)\s+|\n+"
)
_TASK_WORDS = re.compile(
    r"""\b(?:responsibilit\w+|requirements?|qualifications?|you(?:'|’)?(?:ll|\ will)|looking\ for|hiring|seeking
    |candidates?|apply|skills?|nice\ to\ have|must[- ]have|engineers?|developers?|architects?|analysts?|scientists?
    |administrators?|programmers?|specialists?|consultants?|technicians?|testers?
    |about\ (?:you|the\ (?:role|job))|what\ you|your\ (?:profile|tasks|role)|job|vacancy
    |aufgaben|profil|wir\ suchen|kenntnisse|stelle|bewerb\w+|entwickler\w*|anforderungen|poste|recherchons
    |compétences|missions|développeu\w+|ingénieur\w*|buscamos|requisitos|puesto|desarrollador\w*|cerchiamo|requisiti
    |sviluppat\w+|zoeken|vacature|functie|ontwikkelaar|vaga|desenvolvedor\w*|szukamy|programist\w+)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""A role, a task or what is required for it."""
_OTHER_JOB_WORDS = re.compile(
    r"""\b(?:experienced?|years|role|position|teams?|salary|benefits|remote|hybrid|full[- ]time|join\ us
    |about\ (?:us|the\ team)|employ\w+|career|erfahrung\w*|mitarbeiter\w*|wir\ bieten|expérience|experiencia
    |esperienza|ervaring|experiência|doświadczeni\w+)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Found in postings, and in newspapers too."""
_PERIOD = re.compile(
    r"\b(?:19|20)\d\d\s*(?:[-–—]|to|until|bis)\s*(?:[^\W\d_]{3,9}\.?\s+|\d\d[./])?"
    r"(?:(?:19|20)\d\d|present|today|now|current|heute)\b",
    re.IGNORECASE,
)
_ADDRESSES_A_READER = re.compile(r"\b(?:you|your|we|our|du|dein\w*|wir|unser\w*|vous|votre|nous)\b", re.IGNORECASE)
_RECIPE_WORDS = re.compile(
    r"\b(?:preheat|oven|tablespoons?|tbsp|teaspoons?|tsp|cups?|simmer|whisk|dough|flour|garlic|onions?|butter|sugar"
    r"|bake[ds]"
    r"?"
    r"|baking|stir|saucepan|ingredients|serves \d|minced|chopped|knead|teig|mehl|zucker|backofen)\b",
    re.IGNORECASE,
)
_CODE_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|from|return|if|for|while|else|elif|public|private|protected|static|const|let|var"
    r"|func|fn|functio"
    r"n"
    r"|package|using|namespace|struct|enum|try|catch|except|raise|async|await|export)\b.*[({:;=.\w]|#include|#!|//"
    r"|/\*|@\w+"
    r")"
    r"|[;{}]\s*$|^\s*[)\]}]+[;,]?\s*$|\w\(.*\)\s*;?\s*$|^\s*\w[\w.\[\]]*\s*[+*-]?=\s*\S"
)
_CODE_MARK = re.compile(r"[;{}()=\[\]]")


_WALL = re.compile(
    r"\b(?:sign in|log in|login|sign up|join now|create (?:an|your) account|forgot (?:your )?password|enable javascript"
    r"|javascript is (?:disabled|required)|verify (?:that )?you are (?:a )?human|captcha|access denied|are you a robot"
    r"|session (?:has )?expired|anmelden|se connecter|iniciar sesión)\b",
    re.IGNORECASE,
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
_BULLET = re.compile(r"(?:- |\d{1,2}[.)] )")
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


@dataclass(frozen=True, slots=True)
class Section:
    kind: Kind
    heading: str
    """Empty for what stands before the first heading."""
    lines: tuple[str, ...]
    """`- ` before a bullet."""


@dataclass(frozen=True, slots=True)
class JobDescription:
    text: str
    """What it says about the work: cleaned, and without what was left out."""
    language: str
    """English name of the language."""
    notices: tuple[str, ...] = field(default_factory=tuple)
    """Sentences the user should read."""


def read_job_description(raw: str) -> JobDescription:
    """Raises JobDescriptionRefused with a sentence that says what to paste instead."""
    text = clean(raw)
    language = language_of(text)
    usable, offending = _without_instructions(text)
    parts = sections_in(usable)
    _refuse_what_is_no_job(text, language)
    _refuse_several(parts)
    work = _text_of([part for part in parts if part.kind in ABOUT_THE_WORK])
    notices = []
    if offending:
        shown = "; ".join(f"“{_shorten(sentence)}”" for sentence in offending[:3])
        notices.append(
            f"Left out, because it could be read as an order to the interviewer: {shown}. It changes nothing else."
        )
    if len(usable) < MIN_CHARACTERS:
        raise JobDescriptionRefused(
            "Apart from instructions to the interviewer there is hardly any text here. Paste the job description"
            " itself."
        )
    if language == ENGLISH and len(_job_words(usable)) < 3:
        notices.append(
            "This says little about the job, so the questions are general. A fuller job description gives better ones."
        )
    return JobDescription(work if len(work) >= MIN_CHARACTERS else usable, language, tuple(notices))


def clean(raw: str) -> str:
    """Plain text of `raw`: markup, emphasis, scripts, control and invisible characters gone, blank runs collapsed.

    Raises JobDescriptionRefused when nothing of a usable length is left.
    """
    if len(raw) > MAX_RAW_CHARACTERS:
        raise JobDescriptionRefused(
            f"This is {len(raw):,} characters long; a job description may have {MAX_CHARACTERS:,}. "
            "Paste only the description of the role."
        )
    if not raw.strip():
        raise JobDescriptionRefused("Paste a job description first, or pick one of the samples.")
    if _is_binary(raw):
        raise JobDescriptionRefused(
            "This looks like the contents of a file, not like text. Open the document and copy its text."
        )
    text = plain_text(raw)
    if len(text) > MAX_CHARACTERS:
        raise JobDescriptionRefused(
            f"This is {len(text):,} characters long; a job description may have {MAX_CHARACTERS:,}. "
            "Paste only the description of the role."
        )
    letters = sum(character.isalpha() for character in text)
    if text and letters * 4 < len(text):
        raise JobDescriptionRefused(
            "There are hardly any words in this text. Paste a job description in sentences or bullets."
        )
    if len(text) < (MIN_CHARACTERS if text.isascii() else MIN_CHARACTERS // 2):
        raise JobDescriptionRefused(
            f"This is too short: {len(text)} characters of text, and a job description needs at least"
            f" {MIN_CHARACTERS}. "
            "Paste the whole posting."
        )
    return _with_lines(_calmed(text, letters))


def _is_binary(raw: str) -> bool:
    odd = sum(
        unicodedata.category(character) in {"Cc", "Co", "Cs", "Cn"} and character not in "\n\r\t\f\v"
        for character in raw
    )
    return (
        "\x00" in raw
        or raw.startswith(("%PDF-", "PK\x03\x04", "{\\rtf"))
        or (odd + raw.count("\ufffd")) * 50 > len(raw)
    )


def _calmed(text: str, letters: int) -> str:
    """A text all in capitals, or with none, written as others are."""
    upper = sum(character.isupper() for character in text)
    lower = sum(character.islower() for character in text)
    if upper + lower < letters * 0.9 or 0.004 * letters < upper < 0.7 * letters:
        return text
    calm = re.sub(
        r"(?m)(^(?:- )?|[.!?] )([a-zß-ÿ])", lambda begin: begin[1] + begin[2].upper(), text.lower() if upper else text
    )
    return with_names_restored(calm)


def _with_lines(text: str) -> str:
    """Line breaks where headings and bullets stand in the middle of a long line."""
    return "\n".join(_apart(_broken(line) if len(line) > _LONG_LINE else line) for line in text.split("\n"))


def _apart(line: str) -> str:
    """What is required and what is a bonus in lines of their own."""
    if not is_optional(line):
        return line
    pieces = [piece for part in line.split("\n") for piece in _SENTENCE_END.split(part)]
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
    """Each line, its kind, whether it begins a section, and what of it is no heading."""
    current = Kind.SUMMARY
    lines = text.split("\n")
    for number, line in enumerate(lines):
        following = next((later for later in lines[number + 1 : number + 3] if later), "")
        kind, rest = _heading(line, following, current) if line and current is not Kind.OTHER_JOBS else (None, "")
        current = kind or current
        yield line, current, kind is not None, rest if kind else line


def _heading(line: str, following: str, current: Kind) -> tuple[Kind | None, str]:
    """The kind of section that begins with this line, if one does, and what follows the heading in the line."""
    if _BULLET.match(line):
        return None, ""
    head, colon, rest = line.partition(":")
    if colon and len(head) <= 60 and (kind := _kind_of(head, closed=True)):
        return kind, rest.strip()
    if len(line) > 80 or line.endswith((".", ",", ";")):
        return None, ""
    if kind := _kind_of(line.rstrip("?!: "), closed=line.endswith((":", "?")) or line.isupper()):
        return kind, ""
    unknown = len(line.split()) <= 7 and (line.endswith(":") or _BULLET.match(following))
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
        within = [(phrase, kind) for phrase, kind in _heading_phrases() if f" {phrase} " in padded]
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
    kept = [piece for piece in _SENTENCE_END.split(line) if piece and not _is_silent(piece, kind)]
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
        said = [phrase for phrase, open_ in phrases if _stands_in(phrase, open_, folded)]
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


def _text_of(parts: Sequence[Section]) -> str:
    return collapse("\n\n".join("\n".join(filter(None, (part.heading, *part.lines))) for part in parts))


def _refuse_several(parts: Sequence[Section]) -> None:
    """Each of several postings has a title and a section of its own."""
    titles: list[str] = []
    waiting = ""
    for part in parts:
        if part.kind in (Kind.TASKS, Kind.MUST) and waiting:
            titles.append(waiting)
            waiting = ""
        for line in (part.heading, *part.lines):
            if line and not _BULLET.match(line) and is_title(line) and len(line) <= 70:
                waiting = line
    distinct = list(dict.fromkeys(titles))
    if len(distinct) > 1:
        named = "; ".join(f"“{_shorten(title, 60)}”" for title in distinct[:6])
        raise JobDescriptionRefused(
            f"There are {len(distinct)} postings in this text: {named}. Which one is the interview about? Leave only"
            " that one in the text."
        )


def _refuse_what_is_no_job(text: str, language: str) -> None:
    if len(text) < 1500 and len({match.casefold() for match in _WALL.findall(text)}) >= 2 and not _has_sections(text):
        raise JobDescriptionRefused(
            "This is the sign-in or check page of a web site, not the posting behind it. Open the posting in your"
            " browser, copy its text and paste it here."
        )
    job = len(_TASK_WORDS.findall(text)) + len(_OTHER_JOB_WORDS.findall(text))
    lines = [line for line in text.split("\n") if line.strip()]
    code = sum(bool(_CODE_LINE.search(line)) and bool(_CODE_MARK.search(line)) for line in lines)
    if len(lines) >= 3 and code * 5 >= len(lines) * 2 and job * 4 < len(lines):
        raise JobDescriptionRefused(
            "This looks like source code. Paste the job description the interview should be about."
        )
    if len({match.casefold() for match in _RECIPE_WORDS.findall(text)}) >= 3 and job < 4:
        raise JobDescriptionRefused(
            "This reads like a recipe. Paste the job description the interview should be about."
        )
    if len(_PERIOD.findall(text)) >= 2 and not _ADDRESSES_A_READER.search(text):
        raise JobDescriptionRefused(
            "This reads like a CV. Paste the description of the job the interview should be about."
        )
    if language != ENGLISH and _foreign_job_words(text, language) + any(mentions(text)) >= 2:
        return
    if not _TASK_WORDS.search(text) or (len(_job_words(text)) < 2 and not any(mentions(text))):
        raise JobDescriptionRefused(
            "This does not read like a job description: it names no role, task or requirement. Paste the posting"
            " itself."
        )


def _has_sections(text: str) -> bool:
    return any(part.kind in (Kind.TASKS, Kind.MUST) for part in sections_in(text))


def _job_words(text: str) -> set[str]:
    return {word.casefold() for words in (_TASK_WORDS, _OTHER_JOB_WORDS) for word in words.findall(text)}


def _foreign_job_words(text: str, language: str) -> int:
    """How many words that postings in this language are made of; in any, where the language is not known."""
    folded = text.casefold()
    known = [languages()[language]] if language in languages() else languages().values()
    return max(sum(word in folded for word in (*one.job, *one.roles)) for one in known)


def _without_instructions(text: str) -> tuple[str, list[str]]:
    """The text without sentences that address the rater, and those sentences."""
    offending = [piece.strip() for piece in _SENTENCE_END.split(text) if addresses_the_rater(piece)]
    for sentence in offending:
        text = text.replace(sentence, "")
    return collapse(text), offending


def _shorten(sentence: str, limit: int = 120) -> str:
    return sentence if len(sentence) <= limit else sentence[: limit - 1].rsplit(" ", 1)[0] + "…"
