"""The reading order of a page whose two columns were drawn row by row, as some word processors print tables.

Drawn like that a page reads "What you do What you bring": each line goes across both columns. Where the lines of a page
have two pieces of prose with a gap at one place, the left column is read to its end before the right one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_GAP = re.compile(r" {3,}")
_SAME_EDGE = 2
"""Characters between the beginnings of one column's lines."""
_ROWS = 5
"""With two pieces, from which a page is one of two columns."""
_WORDS = 2.5
"""In a piece on average; the left half of a table of labels has fewer."""

Row = list[tuple[int, str]]
"""Pieces of a line, each with the place it begins at."""


def in_columns(laid_out: str) -> str | None:
    """The text of a page, one column after the other; None where it has not two.

    `laid_out`: with as many blanks between the pieces of a line as there is room on the page.
    """
    rows = [row for line in laid_out.split("\n") if (row := _pieces(line))]
    edge = _edge(rows)
    if edge is None:
        return None
    pairs = [number for number, row in enumerate(rows) if len(row) == 2 and _begins_at(row[1], edge)]
    if len(pairs) < _ROWS or not _is_prose([rows[number] for number in pairs]):
        return None
    first, last = pairs[0], pairs[-1]
    while first and _straddles(rows[first - 1], edge):  # headings in the middle of their columns
        first -= 1
    while last + 1 < len(rows) and len(rows[last + 1]) == 1 and _begins_at(rows[last + 1][0], edge):
        last += 1
    within = rows[first : last + 1]
    if any(place < edge - _SAME_EDGE and place + len(text) > edge for row in within for place, text in row):
        return None  # a line goes across both
    left = [text for row in within for place, text in row if place < edge - _SAME_EDGE]
    right = [text for row in within for place, text in row if place >= edge - _SAME_EDGE]
    above, below = ([" ".join(text for _, text in row) for row in part] for part in (rows[:first], rows[last + 1 :]))
    return "\n".join((*above, "", *left, "", *right, "", *below)).strip()


def _pieces(line: str) -> Row:
    row, at = [], len(line) - len(line.lstrip())
    for gap in [*_GAP.finditer(line, at), None]:
        if text := line[at : gap.start() if gap else len(line)].strip():
            row.append((at, text))
        at = gap.end() if gap else at
    return row


def _edge(rows: Sequence[Row]) -> int | None:
    """Where the right column begins, if there is one."""
    begins = Counter(row[1][0] for row in rows if len(row) == 2)
    return begins.most_common(1)[0][0] if begins else None


def _begins_at(piece: tuple[int, str], edge: int) -> bool:
    return abs(piece[0] - edge) <= _SAME_EDGE


def _straddles(row: Row, edge: int) -> bool:
    return len(row) == 2 and row[0][0] + len(row[0][1]) <= edge <= row[1][0] + _SAME_EDGE


def _is_prose(pairs: Sequence[Row]) -> bool:
    """Not the labels and values of a table: both sides have words, and the left ones do not end in colons."""
    words = [sum(len(pair[side][1].split()) for pair in pairs) for side in (0, 1)]
    labels = sum(pair[0][1].endswith(":") for pair in pairs)
    return min(words) >= _WORDS * len(pairs) and labels * 2 < len(pairs)
