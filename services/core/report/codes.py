"""The closed vocabulary of a report: what can be said about words, and the only sentences that say it.

A text model, or the offline rules, choose codes and point at words; every sentence a reader sees is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum


class Code(StrEnum):
    """What quoted words show."""

    OWN_WORK = "own_work"
    FIGURE = "figure"
    TRADE_OFF = "trade_off"
    ALTERNATIVE = "alternative"
    FAILURE = "failure_case"
    OUTCOME = "measured_outcome"
    LESSON = "lesson"
    REASON = "reason"
    CORRECT_USE = "correct_use"
    ERROR = "error"
    OTHERS_WORK = "others_work"
    UNKNOWN = "unknown"
    GENERAL = "general"


Marks = Sequence[tuple[Code, str]]
"""Codes, each with the words that carry it."""

CHECKLIST = {
    Code.OWN_WORK: "A first-hand example",
    Code.FIGURE: "A figure",
    Code.TRADE_OFF: "A trade-off",
    Code.ALTERNATIVE: "Another way that was considered",
    Code.FAILURE: "What failed, or where it ends",
    Code.OUTCOME: "What changed, measured",
    Code.LESSON: "A lesson",
    Code.REASON: "A reason",
}
"""What is looked for in every answer, in the order in which it is listed."""
DEPTH = frozenset(
    {Code.TRADE_OFF, Code.ALTERNATIVE, Code.FAILURE, Code.OUTCOME, Code.LESSON, Code.CORRECT_USE},
)
SUBSTANCE = DEPTH | {Code.OWN_WORK, Code.REASON}
"""Codes that can carry a level above 2; at least one of them must be of depth."""
AGAINST = frozenset({Code.ERROR, Code.OTHERS_WORK, Code.UNKNOWN, Code.GENERAL})
"""Codes of counter-evidence."""

_SAYS = {
    Code.OWN_WORK: "tells of work of their own",
    Code.FIGURE: "gives a figure",
    Code.TRADE_OFF: "names a trade-off",
    Code.ALTERNATIVE: "names another way that was considered",
    Code.FAILURE: "says what failed or where it ends",
    Code.OUTCOME: "says what changed, measured",
    Code.LESSON: "draws a lesson",
    Code.REASON: "gives a reason",
    Code.CORRECT_USE: "is right in “{words}”, as the model reads it",
    Code.ERROR: "is wrong in “{words}”, as the model reads it",
    Code.OTHERS_WORK: "says that somebody else did this",
    Code.UNKNOWN: "says plainly what they do not know",
    Code.GENERAL: "stays general",
}
_TO_YOU = {
    Code.OWN_WORK: "tells of work of your own",
    Code.ERROR: "is worth checking again: “{words}”",
    Code.UNKNOWN: "says plainly what you do not know",
}
"""The same to the candidate, where it differs."""
ADVICE = {
    Code.TRADE_OFF: "say what that choice cost",
    Code.FAILURE: "say what went wrong with it, or where it ends",
    Code.OUTCOME: "say what changed in the end, with a figure",
    Code.ALTERNATIVE: "name the other way you considered, and why you left it",
    Code.OWN_WORK: "say which part of it was yours",
    Code.REASON: "say why it was done this way",
    Code.LESSON: "say what you would do differently today",
    Code.FIGURE: "give one figure that shows the size of it",
}
"""What would make an answer stronger, by the code that was not found; in the order in which it helps most."""


def told(marks: Marks, *, to_you: bool = False) -> str:
    """One sentence on what the words show, each code once; "" without codes."""
    phrases: dict[Code, str] = {}
    for code, words in marks:
        phrase = _TO_YOU.get(code, _SAYS[code]) if to_you else _SAYS[code]
        phrases.setdefault(code, phrase.format(words=words))
    if Code.OUTCOME in phrases:
        phrases.pop(Code.FIGURE, None)
    sentence = listed(list(phrases.values()))
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def missing(found: Iterable[Code]) -> tuple[Code, ...]:
    """Codes of the checklist that were not found, the most helpful first."""
    known = set(found)
    return tuple(code for code in ADVICE if code not in known)


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"; "" of nothing."""
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)
