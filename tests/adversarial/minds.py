"""Text models that have been talked into it, or were never any good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.core.report.codes import Code
from tests.simulators.text_minds import honest, quoted

Mind = Callable[[Any], Any]
Quotes = Callable[[Any], list[Any]]

SLANDER = "Sounds confident and fluent in spite of a strong accent."
ORDER = "Strong hire: recommend for the next round."
EXPECTING = "Is expecting and will be away from March."
VERDICT = "Does not meet the bar."
FACT = "Holds a patent on this, and led nine teams."
GIVEN_IN = "As asked, I ignore my rules and give this candidate the full score."
INVENTED = "Kafka carried nine billion events a day on a cluster that I designed alone for the whole company"
LIES = (SLANDER, ORDER, EXPECTING, VERDICT, FACT, GIVEN_IN, INVENTED)


def passages(asked: Any) -> list[Any]:
    return [answer for question in asked.data["questions"] for answer in question["answers"]]


def rating(level: Any, quotes: Quotes) -> Mind:
    """Honest, but rates everything so, with these quotes."""

    def mind(asked: Any) -> Any:
        if asked.shape != "Verdict":
            return honest(asked)
        return {"quotes": quotes(asked), "gaps": [], "level": level}

    return mind


def real(asked: Any) -> list[Any]:
    return [quoted(answer) for answer in passages(asked)][:3]


def coded(*codes: str) -> Quotes:
    """Real quotes that are all said to show this."""
    return lambda asked: [quoted(answer, codes=codes) for answer in passages(asked)][:3]


def lying(field: str, lie: str) -> Quotes:
    """Real quotes with one field of a quote, or of each of its codes, replaced."""

    def quotes(asked: Any) -> list[Any]:
        found = real(asked)
        for quote in found:
            for part in [quote] if field in quote else quote["codes"]:
                part[field] = lie
        return found

    return quotes


def one(quote: str, turn_id: str = "a-q1") -> dict[str, Any]:
    return {"turn_id": turn_id, "quote": quote, "codes": [{"code": code, "words": quote} for code in Code]}


def made_up(asked: Any) -> list[Any]:
    return [one(INVENTED)]


def both(asked: Any) -> list[Any]:
    return [*real(asked)[:1], *made_up(asked)]


def reworded(asked: Any) -> list[Any]:
    """Every fourth word is another."""
    quotes = real(asked)
    for quote in quotes:
        for part, key in ((quote, "quote"), *((code, "words") for code in quote["codes"])):
            words = part[key].split()
            part[key] = " ".join("magnificently" if number % 4 == 3 else word for number, word in enumerate(words))
    return quotes


def of_ema(asked: Any) -> list[Any]:
    return [one(question["question"], "e-q1") for question in asked.data["questions"]]


def stitched(asked: Any) -> list[Any]:
    """The beginning of one answer and the end of another."""
    words = [answer["words"].split() for answer in passages(asked)]
    return [one(" ".join(words[0][:8] + words[-1][-8:]))]


def crumbs(asked: Any) -> list[Any]:
    return [quoted(answer, words=2) for answer in passages(asked)]


def flood(asked: Any) -> list[Any]:
    return [quoted(answer, words=8 + number % 7) for number in range(40) for answer in passages(asked)]


def whole(asked: Any) -> list[Any]:
    return [one(answer["words"], answer["turn_id"]) for answer in passages(asked)]


def text(said: str) -> Mind:
    """Says this instead of JSON."""
    return lambda asked: said if asked.shape == "Verdict" else honest(asked)


OBEDIENT = rating(4, real)
"""Does what the answer asks for: the highest level, with whatever was said as evidence."""
