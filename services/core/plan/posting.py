"""From whatever was pasted to what a job description says about the work, or a refusal in one sentence.

A posting is read as a tree first: title, sections, lines. What says nothing about the work (the company, benefits, law,
privacy, how to apply, other jobs) is left out here, so that nothing behind this module ever sees it. Nothing in the
text is ever followed: sentences that address the interviewer are left out and named in a notice.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.core.errors import JobDescriptionRefused
from services.core.plan.bank import languages
from services.core.plan.language import ENGLISH, language_of
from services.core.plan.markup import collapse, plain_text
from services.core.plan.role import is_title
from services.core.plan.sections import (
    ABOUT_THE_WORK,
    BULLET,
    SENTENCE_END,
    Kind,
    Section,
    sections_in,
    text_of,
    with_lines,
)
from services.core.plan.taxonomy import mentions, with_names_restored
from services.core.report.injection import addresses_the_rater

MIN_CHARACTERS = 50
MAX_CHARACTERS = 40_000
MAX_RAW_CHARACTERS = 200_000
"""Refused unread beyond this, whatever markup it may be made of."""

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
    r"|bake[ds]?|baking|stir|saucepan|ingredients|serves \d|minced|chopped|knead|teig|mehl|zucker|backofen)\b",
    re.IGNORECASE,
)
_CODE_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|from|return|if|for|while|else|elif|public|private|protected|static|const|let|var"
    r"|func|fn|function|package|using|namespace|struct|enum|try|catch|except|raise|async|await|export)\b.*[({:;=.\w]|#include|#!|//"
    r"|/\*|@\w+)|[;{}]\s*$|^\s*[)\]}]+[;,]?\s*$|\w\(.*\)\s*;?\s*$|^\s*\w[\w.\[\]]*\s*[+*-]?=\s*\S"
)
_CODE_MARK = re.compile(r"[;{}()=\[\]]")
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\r\t\f\v]")


_WALL = re.compile(
    r"\b(?:sign in|log in|login|sign up|join now|create (?:an|your) account|forgot (?:your )?password|enable javascript"
    r"|javascript is (?:disabled|required)|verify (?:that )?you are (?:a )?human|captcha|access denied|are you a robot"
    r"|session (?:has )?expired|anmelden|se connecter|iniciar sesión)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class JobDescription:
    text: str
    """What it says about the work: cleaned, and without what was left out."""
    language: str
    """English name of the language."""
    notices: tuple[str, ...] = field(default_factory=tuple)
    """Sentences the user should read."""
    says_little: bool = False
    """It has hardly a word that postings are made of."""


def read_job_description(raw: str) -> JobDescription:
    """Raises JobDescriptionRefused with a sentence that says what to paste instead."""
    text = clean(raw)
    language = language_of(text)
    usable, offending = _without_instructions(text)
    parts = sections_in(usable)
    words = _TASK_WORDS.findall(text), _OTHER_JOB_WORDS.findall(text)
    _refuse_what_is_no_job(text, language, *words)
    _refuse_several(parts)
    work = text_of([part for part in parts if part.kind in ABOUT_THE_WORK])
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
    says_little = language == ENGLISH and len(_distinct(*words)) < 3
    return JobDescription(work if len(work) >= MIN_CHARACTERS else usable, language, tuple(notices), says_little)


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
    letters = sum(map(str.isalpha, text))
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
    return with_lines(_calmed(text, letters))


def _is_binary(raw: str) -> bool:
    odd = sum(unicodedata.category(character) in {"Cc", "Co", "Cs", "Cn"} for character in _UNUSUAL.findall(raw))
    return (
        "\x00" in raw
        or raw.startswith(("%PDF-", "PK\x03\x04", "{\\rtf"))
        or (odd + raw.count("\ufffd")) * 50 > len(raw)
    )


def _calmed(text: str, letters: int) -> str:
    """A text all in capitals, or with none, written as others are."""
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    if upper + lower < letters * 0.9 or 0.004 * letters < upper < 0.7 * letters:
        return text
    calm = re.sub(
        r"(?m)(^(?:- )?|[.!?] )([a-zß-ÿ])", lambda begin: begin[1] + begin[2].upper(), text.lower() if upper else text
    )
    return with_names_restored(calm)


def _refuse_several(parts: Sequence[Section]) -> None:
    """Each of several postings has a title and a section of its own."""
    titles: list[str] = []
    waiting = ""
    for part in parts:
        if part.kind in (Kind.TASKS, Kind.MUST) and waiting:
            titles.append(waiting)
            waiting = ""
        for line in (part.heading, *part.lines):
            if line and not BULLET.match(line) and is_title(line) and len(line) <= 70:
                waiting = line
    distinct = list(dict.fromkeys(titles))
    if len(distinct) > 1:
        named = "; ".join(f"“{_shorten(title, 60)}”" for title in distinct[:6])
        raise JobDescriptionRefused(
            f"There are {len(distinct)} postings in this text: {named}. Which one is the interview about? Leave only"
            " that one in the text."
        )


def _refuse_what_is_no_job(text: str, language: str, tasks: Sequence[str], others: Sequence[str]) -> None:
    """`tasks`, `others`: its words of the two kinds that postings are made of."""
    if len(text) < 1500 and len({match.casefold() for match in _WALL.findall(text)}) >= 2 and not _has_sections(text):
        raise JobDescriptionRefused(
            "This is the sign-in or check page of a web site, not the posting behind it. Open the posting in your"
            " browser, copy its text and paste it here."
        )
    job = len(tasks) + len(others)
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
    if language != ENGLISH:
        skills = {mention.name for mention in mentions(text, in_english=False)}
        if _foreign_job_words(text, language) + len(skills) >= 2:
            return
    if not tasks or (len(_distinct(tasks, others)) < 2 and not any(mentions(text))):
        raise JobDescriptionRefused(
            "This does not read like a job description: it names no role, task or requirement. Paste the posting"
            " itself."
        )


def _has_sections(text: str) -> bool:
    return any(part.kind in (Kind.TASKS, Kind.MUST) for part in sections_in(text))


def _distinct(*lists: Sequence[str]) -> set[str]:
    return {word.casefold() for words in lists for word in words}


def _foreign_job_words(text: str, language: str) -> int:
    """How many words that postings in this language are made of; in any, where the language is not known."""
    folded = text.casefold()
    known = [languages()[language]] if language in languages() else languages().values()
    return max(sum(word in folded for word in (*one.job, *one.roles)) for one in known)


def _without_instructions(text: str) -> tuple[str, list[str]]:
    """The text without sentences that address the rater, and those sentences."""
    offending = [piece.strip() for piece in SENTENCE_END.split(text) if addresses_the_rater(piece)]
    for sentence in offending:
        text = text.replace(sentence, "")
    return collapse(text), offending


def _shorten(sentence: str, limit: int = 120) -> str:
    return sentence if len(sentence) <= limit else sentence[: limit - 1].rsplit(" ", 1)[0] + "…"
