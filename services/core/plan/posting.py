"""From whatever was pasted to the text of a job description, or a refusal in one sentence.

Nothing in the text is ever followed: sentences that address the interviewer are left out and named in a notice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser

from services.core.errors import JobDescriptionRefused
from services.core.plan.language import language_of
from services.core.plan.taxonomy import mentions
from services.core.report.injection import addresses_the_rater

MIN_CHARACTERS = 50
MAX_CHARACTERS = 10_000
MAX_RAW_CHARACTERS = 100_000
"""Refused unread beyond this, whatever markup it may be made of."""

_TAG = re.compile(
    r"</?(?:html|head|body|div|p|br|ul|ol|li|h[1-6]|span|a|b|i|em|strong|table|tr|td|th|script|style|section|article"
    r"|header|footer|main|img|font|meta|link|iframe|svg|title)\b[^<>]{0,2000}>|<!doctype",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"(?<=[^\n]{60})(?<![:;])\n(?=[a-zß-ÿ])")
"""A line break in the middle of a sentence, as in text wrapped for a terminal or an e-mail."""
_BLOCK = re.compile(r"<(?:html|body|div|p|ul|ol|li|h[1-6]|table|section|article)\b", re.IGNORECASE)
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_STRAY = re.compile(r"<(?!/?[a-zA-Z][^<>]{0,2000}>)")
_SILENT_TAGS = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "title"})
_INLINE_TAGS = frozenset(
    {"a", "b", "i", "u", "em", "strong", "span", "font", "code", "small", "sub", "sup", "abbr", "mark"}
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
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
    r"\b(?:preheat|oven|tablespoons?|tbsp|teaspoons?|tsp|cups?|simmer|whisk|dough|flour|garlic|onions?|butter|sugar|bake[ds]"
    r"?"
    r"|baking|stir|saucepan|ingredients|serves \d|minced|chopped|knead|teig|mehl|zucker|backofen)\b",
    re.IGNORECASE,
)
_CODE_LINE = re.compile(
    r"^\s*(?:(?:def|class|import|from|return|if|for|while|else|elif|public|private|protected|static|const|let|var|func|fn|functio"
    r"n"
    r"|package|using|namespace|struct|enum|try|catch|except|raise|async|await|export)\b.*[({:;=.\w]|#include|#!|//|/\*|@\w+"
    r")"
    r"|[;{}]\s*$|^\s*[)\]}]+[;,]?\s*$|\w\(.*\)\s*;?\s*$|^\s*\w[\w.\[\]]*\s*[+*-]?=\s*\S"
)
_CODE_MARK = re.compile(r"[;{}()=\[\]]")


@dataclass(frozen=True, slots=True)
class JobDescription:
    text: str
    """Cleaned, and without the sentences that were left out."""
    language: str
    """English name of the language."""
    notices: tuple[str, ...] = field(default_factory=tuple)
    """Sentences the user should read."""


def read_job_description(raw: str) -> JobDescription:
    """Raises JobDescriptionRefused with a sentence that says what to paste instead."""
    text = clean(raw)
    _refuse_what_is_no_job(text)
    usable, offending = _without_instructions(text)
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
    if len(_job_words(usable)) < 3:
        notices.append(
            "This says little about the job, so the questions are general. A fuller job description gives better ones."
        )
    return JobDescription(usable, language_of(usable), tuple(notices))


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
    if len(text) < MIN_CHARACTERS:
        raise JobDescriptionRefused(
            f"This is too short: {len(text)} characters of text, and a job description needs at least"
            f" {MIN_CHARACTERS}. "
            "Paste the whole posting."
        )
    return text


def plain_text(raw: str, silent: frozenset[str] = frozenset()) -> str:
    """What a reader would see of `raw`, whatever its length and meaning; in markup, nothing of elements in `silent`."""
    return _collapse(_without_markdown(_visible(_text_of_html(raw, silent) if _TAG.search(raw) else raw)))


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


def _visible(text: str) -> str:
    """NFKC, so that letters dressed up as bold symbols read as letters; no control, format or private characters."""
    text = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return "".join(
        character
        for character in text
        if character == "\n" or (unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    )


def _without_markdown(text: str) -> str:
    text = re.sub(r"\[([^\[\]\n]{1,200})\]\((?:https?|mailto):[^()\s]{1,500}\)", r"\1", text)
    return re.sub(r"(?m)^[ >]*#{1,6} +|\*\*|__|`", "", text)


def _collapse(text: str) -> str:
    text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", _WRAPPED.sub(" ", text)).strip()


class _Text(HTMLParser):
    """Collects what a reader would see. An unclosed script or style element swallows the rest, as in a browser."""

    def __init__(self, silent: frozenset[str], *, keep_lines: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._silent_tags = _SILENT_TAGS | silent
        self._keep_lines = keep_lines
        self.pieces: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._silent_tags:
            self._silent.append(tag)
        elif tag not in _INLINE_TAGS:
            self.pieces.append("\n- " if tag == "li" else "\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._silent_tags:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        elif tag not in _INLINE_TAGS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # Where elements break lines, those of the source are blanks to a reader.
            self.pieces.append(data if self._keep_lines else re.sub(r"\s+", " ", data))


def _text_of_html(raw: str, silent: frozenset[str]) -> str:
    parser = _Text(silent, keep_lines=not _BLOCK.search(raw))
    # The parser looks ahead from every "<" that opens nothing: quadratic on hostile input (measured: 74 s for 100 kB).
    parser.feed(_STRAY.sub("&lt;", _DECLARATION.sub("", _without_comments(raw))))
    parser.close()
    return "".join(parser.pieces)


def _without_comments(raw: str) -> str:
    pieces, at = [], 0
    while (start := raw.find("<!--", at)) >= 0:
        pieces.append(raw[at:start])
        end = raw.find("-->", start + 4)
        at = end + 3 if end >= 0 else len(raw)
    return "".join([*pieces, raw[at:]])


def _refuse_what_is_no_job(text: str) -> None:
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
    if not _TASK_WORDS.search(text) or (len(_job_words(text)) < 2 and not any(mentions(text))):
        raise JobDescriptionRefused(
            "This does not read like a job description: it names no role, task or requirement. Paste the posting"
            " itself."
        )


def _job_words(text: str) -> set[str]:
    return {word.casefold() for words in (_TASK_WORDS, _OTHER_JOB_WORDS) for word in words.findall(text)}


def _without_instructions(text: str) -> tuple[str, list[str]]:
    """The text without sentences that address the rater, and those sentences."""
    offending = [piece.strip() for piece in _SENTENCE_END.split(text) if addresses_the_rater(piece)]
    for sentence in offending:
        text = text.replace(sentence, "")
    return _collapse(text), offending


def _shorten(sentence: str, limit: int = 120) -> str:
    return sentence if len(sentence) <= limit else sentence[: limit - 1].rsplit(" ", 1)[0] + "…"
