"""Which language a text is in, by its letters and function words: enough to say so honestly, not to translate."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter

from services.core.plan.bank import Language, languages

ENGLISH = "English"
UNKNOWN = "another language"

_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")
_ENOUGH = 4
"""Function words: a few foreign ones inside an English text ("de", "la" of a place name) must not turn it."""
_SPARSE = 15
"""Words of an English text among which at least one is a function word."""


def language_of(text: str, enough: int = _ENOUGH, *, spoken: bool = False) -> str:
    """English name of the language, or `UNKNOWN`. A text of names and terms alone counts as English.

    `enough`: function words that a Latin language takes to be told from foreign names; a short text has few. `spoken`:
    somebody tells what they did, and no posting speaks.
    """
    letters = _LETTER.findall(text)
    foreign = [letter for letter in letters if ord(letter) > 0x2AF]
    lowered = text.casefold()
    words = Counter(_WORD.findall(lowered))
    # Postings in other scripts are full of product names in Latin letters.
    if len(foreign) * 5 > len(letters):
        return _by_script(text, "".join(foreign), words)
    spaced = " " + lowered.replace("\n", " ")
    latin = [name for name, language in languages().items() if not language.script]
    counts = {name: _score(languages()[name], words, spaced, spoken=spoken) for name in latin}
    likeliest = max(counts, key=lambda name: counts[name])
    if counts[ENGLISH] < counts[likeliest] >= enough:
        return likeliest
    is_foreign = counts[ENGLISH] * _SPARSE < words.total() and sum(map(str.isascii, letters)) < 0.99 * len(letters)
    return UNKNOWN if is_foreign else ENGLISH


def words_known(text: str) -> float:
    """How many words and letters that tell the likeliest language apart are in the text."""
    lowered = text.casefold()
    words, spaced = Counter(_WORD.findall(lowered)), " " + lowered.replace("\n", " ")
    return max(_score(language, words, spaced) for language in languages().values())


def _by_script(text: str, foreign: str, words: Counter[str]) -> str:
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
    return max(written_so, key=lambda name: _score(languages()[name], words, " " + text.casefold().replace("\n", " ")))


def _score(language: Language, words: Counter[str], text: str, *, spoken: bool = False) -> float:
    """`text`: in lower case, with a blank before every word."""
    return (
        sum(words[word] for word in dict.fromkeys((*language.words, *(language.spoken if spoken else ()))))
        + sum(min(5, text.count(letter)) for letter in language.letters) / 2
        + sum(f" {beginning}" in text for beginning in (*language.job, *language.roles))
    )


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
