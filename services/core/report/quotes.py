"""What may be quoted: words really said, whole clauses, in a sentence that does not turn them round, and not too much.

A crop can be true word for word and still mislead ("In my dreams I designed it"). So a sentence that is short enough is
shown whole, and with it the next one where that corrects it. Of a longer one clauses are shown, together with those
that hold a negation, a wish or somebody else's work, or nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from services.core.report.checklist import TURNED
from services.core.report.clauses import MASK

MAX_QUOTE = 160
"""Characters."""
_REACH = 2 * MAX_QUOTE
"""Characters around a crop that are looked at: a sentence that reaches further is too long to be shown whole."""
EDITS_PER_WORD = 0.1
"""Share of a quote's words that may be missing, added or different: recognisers and models correct small words."""

UNVERIFIED = "None of the quotes offered for this could be found in the candidate's own words."

_WORD = re.compile(r"[^\s\-–—/]+")
_SILENT = re.compile(r"[^\w+#%]+|_")
_STOP = re.compile(r"[.!?;।]+(?:\s+|$)|\n+")
_JOINT = re.compile(
    r"[,:–—]\s+|\s+(?=(?:and then|and so|so|but|because|which|then|and we|and i|when|while|since|after that|we|i)\s)",
    re.IGNORECASE,
)
_TURNS = re.compile(
    rf"\b(?:{TURNED}|he|she|they|somebody|someone|told me"
    r"|(?:a|my|our|another|the other) (?:colleague|co-?worker|manager|boss|lead|team ?mate|contractor|predecessor)"
    r")\b",
    re.IGNORECASE,
)
_LEANS = re.compile(r"(?:which|that|because|so|but|than|as|where|such as|including|like)\b", re.IGNORECASE)
"""Begins a clause that says little without the one before it."""
_LEADS = re.compile(r"(?:when|while|since|after|before|although|though|once|until)\b", re.IGNORECASE)
"""Begins a clause that says little without the one behind it."""
_RETRACTS = re.compile(
    r"\s*(?:(?:no|wait|well|sorry|actually|rather|or rather|pardon|okay|oh|hm+|i mean"
    r"|to be (?:exact|honest|fair|precise)|strictly speaking|on second thoughts?|in (?:fact|truth|reality))\b(?:,|\s)"
    r"|scratch that|correction|(?:just |only )?(?:kidding|joking)|(?:a|that was a) joke"
    r"|(?:that|this|it)(?:'s| is| was)(?:n't| not)? (?:a |an |the )?(?:wrong|not|n't|true|lie|joke|mistake|exaggerat\w+"
    r"|me|us|my|our|in fact|actually|really)"
    r"|i (?:made (?:that|it) up|take (?:that|it) back|did(?:n't| not) really|only watched|was not there)"
    r"|not (?:me|us|really|quite|exactly)\b|but (?:that|it|this) was(?:n't| not))",
    re.IGNORECASE,
)
"""How people begin to correct what they have just said; what follows is then shown along, right or wrong."""


def find_span(quote: str, turn_text: str) -> str | None:
    """The turn's own words that the quote stands for, verbatim; None where it was not said."""
    wanted = [word for word, _, _ in _words(quote)]
    said = _words(turn_text)
    if not wanted or not said:
        return None
    run = _exact([word for word, _, _ in said], wanted)
    if run is None and (edits := int(len(wanted) * EDITS_PER_WORD)):
        run = _nearest([word for word, _, _ in said], wanted, edits)
    return turn_text[said[run[0]][1] : said[run[1] - 1][2]] if run else None


def in_context(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The stretch that may stand for this crop: whole clauses, or the whole sentence. None: it may not be quoted."""
    near, far = max(0, start - _REACH), min(len(text), end + _REACH)
    stops = [near, *(stop.end() for stop in _STOP.finditer(text, near, far)), far]
    first = max(stop for stop in stops if stop <= start)
    last = min(stop for stop in stops if stop >= end)
    if _RETRACTS.match(text, last):
        begin, close = first, min((stop for stop in stops if stop > last), default=last)
    elif last - first <= MAX_QUOTE + 1:
        begin, close = first, last
    else:
        begin, close = _clauses_around(text, (first, last), start, end)
    begin += len(text[begin:close]) - len(text[begin:close].lstrip())
    close = begin + len(text[begin:close].rstrip(" ,:–—\n\t"))
    return (begin, close) if close - begin <= MAX_QUOTE and MASK not in text[begin:close] else None


def clauses_in(quote: str) -> list[tuple[int, int]]:
    """Where whole clauses of a quote stand that can stand alone, one or several; none where one turns another."""
    stops = [stop.end() for stop in _STOP.finditer(quote)]
    if _TURNS.search(quote) or any(_RETRACTS.match(quote, stop) for stop in stops):
        return []
    joints = sorted({0, len(quote), *stops, *(joint.end() for joint in _JOINT.finditer(quote))})
    found = []
    for at, to in combinations(range(len(joints)), 2):
        text = quote[joints[at] : joints[to]].rstrip(" ,:–—")
        leans = _LEANS.match(text) or (to == at + 1 and _LEADS.match(text))
        if not leans and len(text) < len(quote.rstrip()):
            found.append((joints[at], joints[at] + len(text)))
    return found


def _clauses_around(text: str, sentence: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """Those the crop stands in, and with them the neighbours that turn it round, as captions have no full stops."""
    first, last = sentence
    joints = sorted({first, last, *(joint.end() for joint in _JOINT.finditer(text, first, last))})
    begin = max(at for at, joint in enumerate(joints) if joint <= start)
    close = min(at for at, joint in enumerate(joints) if joint >= end)
    while begin and _TURNS.search(text[joints[begin - 1] : joints[begin]]):
        begin -= 1
    while close < len(joints) - 1 and _TURNS.search(text[joints[close] : joints[close + 1]]):
        close += 1
    return joints[begin], joints[close]


def _words(text: str) -> list[tuple[str, int, int]]:
    """Words without case and punctuation, each with where it stands."""
    found = ((_SILENT.sub("", match.group()).casefold(), match.start(), match.end()) for match in _WORD.finditer(text))
    return [word for word in found if word[0]]


def _exact(said: Sequence[str], wanted: Sequence[str]) -> tuple[int, int] | None:
    size = len(wanted)
    starts = (at for at in range(len(said) - size + 1) if said[at] == wanted[0] and said[at : at + size] == wanted)
    at = next(starts, None)
    return None if at is None else (at, at + size)


def _nearest(said: Sequence[str], wanted: Sequence[str], edits: int) -> tuple[int, int] | None:
    """The run of `said` with the fewest word edits to `wanted`, if at most `edits` (Sellers' algorithm)."""
    # For each prefix of `wanted`: (edits, where the run began) of the best run that ends at the current word.
    column = [(row, 0) for row in range(len(wanted) + 1)]
    best: tuple[int, int, int] | None = None
    for at, word in enumerate(said, 1):
        above, column[0] = column[0], (0, at)
        for row, target in enumerate(wanted, 1):
            diagonal = (above[0] + (word != target), above[1])
            above = column[row]
            column[row] = min(diagonal, (above[0] + 1, above[1]), (column[row - 1][0] + 1, column[row - 1][1]))
        cost, began = column[-1]
        if cost <= edits and (best is None or cost < best[0]):
            best = (cost, began, at)
    return None if best is None else (best[1], best[2])
