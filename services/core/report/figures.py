"""Numbers as people say and write them: "ten thousand rows", "10,000 rows" and "10k rows" hold the same figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

_UNITS = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {
    **{word: number for number, word in enumerate(f"{_UNITS} {_TEENS}".split(), 1)},
    **dict(zip(_TENS.split(), range(20, 100, 10), strict=True)),
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "k": 1000, "million": 10**6, "billion": 10**9}

_SMALL = _UNITS.replace(" ", "|")
_UNDER_100 = rf"(?:(?:{_TENS.replace(' ', '|')})(?:[ -](?:{_SMALL})\b)?|{_TEENS.replace(' ', '|')}|{_SMALL})"
_SCALE = r"(?:dozen|hundred|thousand|million|billion)\b"
_SPOKEN = (
    rf"(?:(?:half )?an?(?=[ -]{_SCALE})|{_UNDER_100}\b)(?: point(?: (?:{_SMALL})\b)+)?"
    rf"(?:[ -]{_SCALE}(?:(?: and)?[ -]{_UNDER_100}\b)?)*"
)
_WRITTEN = rf"\d+(?:[.,]\d+)*(?:k\b|(?: {_SCALE})*)"
NUMBER = rf"(?:{_WRITTEN}|half an?|a couple of|several|{_SPOKEN})"
"""In lower case."""
MEASURE = (
    r"(?:%|percent|per cent|ms\b|milliseconds?|microseconds?|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|months?"
    r"|years?|quarters?|x\b|times|fold|kb|mb|gb|tb|kilobytes?|megabytes?|gigabytes?|terabytes?|bytes|volts?"
    r"|milliamps?|microamps?|milliamperes?|euros?|dollars?)"
)
_COUNTED = (
    r"(?:k\b|hundred|thousand|million|billion|users?|customers?|requests?|queries|rows?|tables?|records?|events?"
    r"|messages?|services?|servers?|nodes?|pods?|clusters?|devices?|sensors?|machines?|engineers?|developers?|people"
    r"|teams?|tests?|alerts?|incidents?|tickets?|deploys?|deployments?|releases?|pages?|components?|regions?|lines"
    r"|commits|pull requests|partitions?|consumers?)"
)
QUANTITY = (
    rf"(?:{NUMBER}\s*(?:more |fewer |less |of (?:the |our )?|different |large |small |big |odd )?"
    rf"(?:{MEASURE}|{_COUNTED}))"
)
"""A number of something, in lower case."""

_FIGURE = re.compile(rf"(?<!\w)(?:(?P<written>{_WRITTEN})|(?P<spoken>{_SPOKEN}))")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def figures_in(text: str) -> frozenset[str]:
    """Every number in it, written the same way however it was said. What is part of a name ("S3") is none."""
    return frozenset(value for value, _, _ in figures_at(text))


def figures_at(text: str) -> Iterator[tuple[str, int, int]]:
    """The same in order, each with where it stands."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two, and places would be wrong
        lower = "".join(letter if len(letter.lower()) > 1 else letter.lower() for letter in text)
    return ((_value(found), found.start(), found.end()) for found in _FIGURE.finditer(lower))


def _value(found: re.Match[str]) -> str:
    if found["spoken"]:
        return _amount(Decimal(0), re.split("[ -]", found["spoken"]))
    digits, scale = re.fullmatch(r"([\d.,]+)(.*)", found["written"]).groups()  # type: ignore[union-attr]
    digits = digits.replace(",", "" if _GROUPED.fullmatch(digits) else ".")
    return digits if digits.count(".") > 1 else _amount(Decimal(digits), scale.split())


def _amount(current: Decimal, words: Iterable[str]) -> str:
    """What these words make of the number they follow."""
    total, place = Decimal(0), Decimal(1)
    for word in words:
        if word == "half":
            current = Decimal("0.5")
        elif word == "point":
            place = Decimal("0.1")
        elif (scale := _SCALES.get(word, 1)) > 1:
            current = (current or Decimal(1)) * scale
            if scale >= 1000:
                total, current = total + current, Decimal(0)
        elif value := _VALUES.get(word):
            current += value * place
            place = place if place == 1 else place / 10
    return f"{(total + current).normalize():f}"
