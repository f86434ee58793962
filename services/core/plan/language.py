"""Which language a text is in, by its function words: enough to say so honestly, not to translate."""

from __future__ import annotations

import re

ENGLISH = "English"
UNKNOWN = "another language"

_FUNCTION_WORDS = {
    ENGLISH: "the and of to in for with you we our is are that this on at as will have from your be an or what who",
    "German": "der die das und mit für von den wir du sie dein deine unser unsere ist sind eine einen im zur zum auf"
    " bei als",
    "French": "le la les et des du pour avec nous vous notre votre est sont une dans sur aux que qui au en par ou",
    "Spanish": "el la los las y de para con nosotros tu nuestro nuestra es son una en que del por como más al se",
    "Italian": "il lo la gli e di per con noi tuo nostro nostra è sono una nel che del della come più al dei un",
    "Dutch": "de het een en van voor met wij je jij ons onze is zijn in op dat die bij als te aan wat",
    "Portuguese": "o os as e de para com nós você nosso nossa é são uma em que do da no na por como mais ao",
    "Polish": "i w z na do dla się jest są oraz nasz nasza które który przez od po jak za twoje",
}
_LANGUAGES = {name: frozenset(words.split()) for name, words in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_MARKED = re.compile(r"[^\W\d_]")


def language_of(text: str) -> str:
    """English name of the language, or `UNKNOWN`. A text of names and terms alone counts as English."""
    letters = _MARKED.findall(text)
    if sum(ord(letter) > 0x2AF for letter in letters) * 2 > len(letters):
        return UNKNOWN
    words = [word.casefold() for word in _WORD.findall(text)]
    counts = {name: sum(word in known for word in words) for name, known in _LANGUAGES.items()}
    likeliest = max(counts, key=lambda name: counts[name])
    # A few foreign words inside an English text ("de", "la" of a place name) must not turn it.
    return ENGLISH if counts[ENGLISH] >= counts[likeliest] or counts[likeliest] < 4 else likeliest
