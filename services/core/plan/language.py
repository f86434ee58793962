"""Which language a text is in, by its letters and function words: enough to say so honestly, not to translate."""

from __future__ import annotations

import functools
import re
import unicodedata

from services.core.plan.bank import Language, languages

ENGLISH = "English"
UNKNOWN = "another language"

_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
_ENOUGH = 4
"""Function words: a few foreign ones inside an English text ("de", "la" of a place name) must not turn it."""


def language_of(text: str) -> str:
    """English name of the language, or `UNKNOWN`. A text of names and terms alone counts as English."""
    letters = _LETTER.findall(text)
    foreign = [letter for letter in letters if ord(letter) > 0x2AF]
    words = [word.casefold() for word in _WORD.findall(text)]
    # Postings in other scripts are full of product names in Latin letters.
    if len(foreign) * 5 > len(letters):
        return _by_script("".join(foreign), words)
    latin = [name for name, language in languages().items() if not language.script]
    lowered = text.casefold()
    counts = {name: _score(languages()[name], words, lowered) for name in latin}
    likeliest = max(counts, key=lambda name: counts[name])
    return ENGLISH if counts[ENGLISH] >= counts[likeliest] or counts[likeliest] < _ENOUGH else likeliest


def _by_script(foreign: str, words: list[str]) -> str:
    shares = {
        name: len(_script(language.script).findall(foreign))
        for name, language in languages().items()
        if language.script
    }
    if shares["Japanese"] * 20 > len(foreign):  # beside kana Japanese is written in Chinese characters
        return "Japanese"
    most = max(shares.values())
    if most * 2 < len(foreign):
        return UNKNOWN
    written_so = [name for name, share in shares.items() if share == most]
    return max(written_so, key=lambda name: _score(languages()[name], words, foreign.casefold()))


def _score(language: Language, words: list[str], text: str) -> float:
    known = frozenset(language.words)
    return sum(word in known for word in words) + sum(min(5, text.count(letter)) for letter in language.letters) / 2


@functools.cache
def _script(letters: str) -> re.Pattern[str]:
    return re.compile(f"[{letters}]")


def can_be_said(phrase: str) -> bool:
    """Whether an English voice can read it: plain letters, no address, no path, no leftovers of markup."""
    return (
        all(ord(character) < 0x180 or unicodedata.category(character)[0] in "PSZ" for character in phrase)
        and not re.search(
            r"https?:|www\.|@\w|\\|[<>{}\[\]_|]|\w/\w+/\w|\S{25}|[^\x00-\x7f’“”‘–—·éèüöäñçï½°€£µ]", phrase
        )
        and phrase.count("(") == phrase.count(")")
    )
