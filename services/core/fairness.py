"""What a report must never speak of: how somebody sounds or feels, and who they are apart from their work."""

from __future__ import annotations

import re

_PERSONAL = re.compile(
    r"""\b(?:
    my\ (?:wife|husband|partner|spouse|girlfriend|boyfriend|kids?|child|children|son|daughter|baby|pregnancy|religion
      |church|faith|age|illness|disease|condition|disability|depression|anxiety|therapy|therapist|doctor|surgery|cancer
      |visa|nationality|accent|skin|gender|sexuality|mother|father|parents|family|divorce|marriage)
    |(?:i|we)(?:'m|\ am|\ was|'ve\ been|\ have\ been|\ got|'re|\ are|\ were)\ (?:pregnant|married|divorced|gay|lesbian
      |trans|transgender|disabled|autistic|dyslexic|ill|sick|depressed|muslim|jewish|christian|catholic|hindu
      |an?\ immigrant|a\ refugee)
    |\d{2}\ years\ old|(?:maternity|paternity|parental|sick)\ leave
    |as\ an?\ (?:woman|man|mother|father|immigrant|foreigner)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FORBIDDEN = re.compile(
    r"""\b(?:
    accents?|pronunciation|pronounces?|fluen(?:t|cy|tly)|native\ speaker|broken\ english|articulate|stutter\w*|mumbl\w*
    |tone\ of\ voice|voice\ (?:sounds?|sounded|is|was)|sounds?\ (?:confident|nervous|unsure|bored|tired|young|old|angry)
    |sounded\ \w+|(?:self-)?confident(?:ly)?|self-confidence|lacks?\ confidence|nervous\w*|anxious\w*|hesita\w+|shy
    |emotion\w*|enthusias\w+|passionate|charismatic|likeable|friendly|cheerful|energetic|engagement\ level|sentiment
    |mood|body\ language|facial|appearance|attractive|young|elderly|middle-aged|too\ old|years\ old|age\ group
    |male|female|gender|pregnan\w+|maternity|married|divorced|husband|wife|children|ethnic\w*|racial|race\ or
    |nationality|religio\w+|muslim|christian|jewish|hindu|disab\w+|mental\ health|illness|medical\ condition|sexual\w*
    |cultural\ fit
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PRYING = re.compile(
    r"\b(?:how old|your age|date of birth|where were you born|social security|passport|password|credit card"
    r"|bank account|(?:current|your|previous) salary|marital|your (?:family|partner|health|faith|politics|vote))\b",
    re.IGNORECASE,
)


def is_personal(sentence: str) -> bool:
    """True for a candidate's words about their private life: never quoted, never evidence."""
    return bool(_PERSONAL.search(sentence))


def forbidden_claim(sentence: str) -> str | None:
    """The word that makes a generated sentence about a candidate inadmissible, or None."""
    found = _FORBIDDEN.search(sentence)
    return found.group() if found else None


def prying_words(question: str) -> str | None:
    """The words that make a question one about the person instead of the work, or None."""
    found = _PRYING.search(question) or _FORBIDDEN.search(question)
    return found.group() if found else None
