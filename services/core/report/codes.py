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
JUDGED = frozenset({Code.CORRECT_USE, Code.ERROR, Code.GENERAL})
"""What only a reader can say of words: no rule finds it."""

_SAYS = {
    Code.OWN_WORK: "tells of work of their own",
    Code.FIGURE: "gives a figure",
    Code.TRADE_OFF: "names a trade-off",
    Code.ALTERNATIVE: "names another way that was considered",
    Code.FAILURE: "says what failed or where it ends",
    Code.OUTCOME: "says what changed, measured",
    Code.LESSON: "draws a lesson",
    Code.REASON: "gives a reason",
    Code.CORRECT_USE: "is right",
    Code.ERROR: "is wrong",
    Code.OTHERS_WORK: "says that somebody else did this",
    Code.UNKNOWN: "says plainly what they do not know",
    Code.GENERAL: "stays general",
}
_TO_YOU = {
    Code.OWN_WORK: "tells of work of your own",
    Code.UNKNOWN: "says plainly what you do not know",
}
"""The same to the candidate, where it differs."""
_READ_TO_YOU = {
    Code.CORRECT_USE: "Was read as right: {words}.",
    Code.ERROR: "Is worth checking again: {words}.",
    Code.GENERAL: "Could be more concrete: {words}.",
}
"""To the candidate, of what a model alone reads; the rest of it is not told to them."""
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


def told(found: Marks, read: Marks = (), *, to_you: bool = False) -> str:
    """What the words show, each code once; "" without codes.

    `found`: codes that rules bear out, told as what is there. `read`: those a model alone reads, told as its reading,
    with the words, for no word list knows what a reader knows.
    """
    codes = dict(found)
    if Code.OUTCOME in codes:
        codes.pop(Code.FIGURE, None)
    sentence = listed([_TO_YOU.get(code, _SAYS[code]) if to_you else _SAYS[code] for code in codes])
    alone = {code: f"“{words.rstrip(' .,;:!?')}”" for code, words in reversed(read) if code not in codes}
    by_model = [f"{_SAYS[code]} in {words}" for code, words in reversed(alone.items())]
    if to_you:
        more = [_READ_TO_YOU[code].format(words=alone[code]) for code in _READ_TO_YOU if code in alone]
    else:
        more = [f"As the model alone reads it: {listed(by_model)}."] if by_model else []
    return " ".join([*([f"{sentence[0].upper()}{sentence[1:]}."] if sentence else []), *more])


def missing(found: Iterable[Code]) -> tuple[Code, ...]:
    """Codes of the checklist that were not found, the most helpful first."""
    known = set(found)
    return tuple(code for code in ADVICE if code not in known)


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"; "" of nothing."""
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)
