"""Verifies that a quote was really said: word for word, in one turn of the candidate's, or it is not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from services.core.report.rubric import CompetencyRating, Confidence, Evidence
from services.core.talk.transcript import Speaker, Turn

MAX_QUOTE = 300
EDITS_PER_WORD = 0.1
"""Share of a quote's words that may be missing, added or different: recognisers and models correct small words."""

UNVERIFIED = "None of the quotes offered for this could be found in the candidate's own words."

_WORD = re.compile(r"[^\s\-–—/]+")
_SILENT = re.compile(r"[^\w+#%]+|_")


def verify(quote: str, turn_text: str) -> bool:
    """True when `quote` is a run of words of this one turn, whatever its case and punctuation, within the edits."""
    return find_span(quote, turn_text) is not None


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


def keep_verified(rating: CompetencyRating, turns: Sequence[Turn]) -> tuple[CompetencyRating, int]:
    """The rating with verified quotes only, each verbatim as it was said, and how many were dropped.

    A score whose last quote is dropped is dropped with it.
    """
    said = {turn.id: turn.text for turn in turns if turn.speaker is Speaker.CANDIDATE}
    evidence = _verified(rating.evidence, said)
    counter = _verified(rating.counter_evidence, said)
    dropped = len(rating.evidence) + len(rating.counter_evidence) - len(evidence) - len(counter)
    changes: dict[str, object] = {"evidence": evidence, "counter_evidence": counter}
    if rating.score is not None and not evidence:
        changes |= {
            "score": None,
            "anchor": "",
            "confidence": Confidence.LOW,
            "reason_not_assessed": UNVERIFIED,
            "what_would_raise_it": "",
        }
    return CompetencyRating.model_validate({**dict(rating), **changes}), dropped


def _verified(evidence: Sequence[Evidence], said: Mapping[str, str]) -> tuple[Evidence, ...]:
    spans = ((item, find_span(item.quote, said.get(item.turn_id, ""))) for item in evidence)
    return tuple(item.model_copy(update={"quote": span}) for item, span in spans if span and len(span) <= MAX_QUOTE)


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
