"""Minds for simulated text models: an honest one, and the pieces others are made of."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from services.core.report.checklist import marks_in
from services.core.report.clauses import clauses_of
from services.core.report.codes import Code
from services.core.talk.transcript import Speaker, Turn

KINDS = ("api", "stores", "operations", "collaboration")
_ASKS = (
    "Which project of yours comes closest to “{phrase}”, and what was your own part in it?",
    "Tell me about a decision you took on “{phrase}” and what it cost.",
    "What went wrong when you last had to “{phrase}”, and how did you notice?",
)


def honest(asked: Any) -> Any:
    return {"PlanDraft": plan, "Verdict": verdict}[asked.shape](asked.data)


def plan(data: Any) -> dict[str, Any]:
    text = "\n".join(line for part in data["job_description"] for line in (part["heading"], *part["lines"]) if line)
    phrases = phrases_of(text)
    return {
        "role_title": text.splitlines()[0],
        "level": "senior",
        "domain": "web",
        "skills": [{"name": phrase.split()[0], "jd_phrase": phrase} for phrase in phrases[:5]],
        "competencies": [{"kind": kind, "name": ""} for kind in KINDS],
        "questions": [
            {
                "text": _ASKS[number % 3].format(phrase=phrases[number % len(phrases)]),
                "competency": KINDS[number % len(KINDS)],
                "jd_phrase": phrases[number % len(phrases)],
                "follow_ups": ["What would you do differently today?"],
                "seconds": 100,
            }
            for number in range(8)
        ],
    }


def verdict(data: Any) -> dict[str, Any]:
    quotes = [quote for question in data["questions"] for answer in question["answers"] for quote in read(answer)]
    return {"quotes": quotes[:6], "gaps": ["alternative"], "level": 3}


def read(answer: Any, clauses: int = 2) -> list[dict[str, Any]]:
    """The clauses of an answer that show most, with the codes that are there; what shows nothing is general."""
    turn = Turn(answer["turn_id"], Speaker.CANDIDATE, answer["words"], 0, 1)
    found = sorted(((clause.text, marks_in(clause, frozenset())) for clause in clauses_of(turn)), key=_shows)
    quotes = []
    for text, marks in found[:clauses]:
        codes = [{"code": code, "words": widened(words, text)} for code, words in marks]
        quotes.append({"turn_id": turn.id, "quote": text, "codes": codes})
    general = [{"code": "general", "words": found[0][0]}]
    return [quote for quote in quotes if quote["codes"]] or [{**quotes[0], "codes": general}]


def _shows(clause: tuple[str, tuple[tuple[Code, str], ...]]) -> int:
    return -len(clause[1])


def widened(words: str, text: str) -> str:
    """With its neighbours, as a model points at what carries a code."""
    start = text.index(words)
    return " ".join([*text[:start].split()[-1:], words, *text[start + len(words) :].split()[:1]])


def phrases_of(job_description: str) -> list[str]:
    """Its whole clauses of a few plain words, openers ("You will …") aside; a title where there are none."""
    clauses = (
        re.sub(r"^(?:[-*•\s]+|you(?: will| have| know|'ll)? |and |with )+", "", clause, flags=re.IGNORECASE).strip()
        for clause in re.split(r"[,.;:()–\n](?!\d)", job_description)
    )
    plain = [
        clause
        for clause in clauses
        if 3 <= len(clause.split()) <= 14 and re.fullmatch(r"(?!.*\b(?:we|us)\b)[\w ’'/+-]+", clause)
    ]
    return plain or [job_description.splitlines()[0]]


def quoted(
    answer: Any, words: int = 22, codes: tuple[str, ...] = ("own_work", "trade_off", "lesson")
) -> dict[str, Any]:
    """The first clause of an answer that a quote may hold, cut to a few words; each code by words of its own."""
    said = answer["words"].split(". ")[0].split()[:words]
    share = max(2, len(said) // len(codes))
    carried = [" ".join(said[at * share : (at + 1) * share]) for at in range(len(codes))]
    marks = [{"code": code, "words": part} for code, part in zip(codes, carried, strict=True)]
    return {"turn_id": answer["turn_id"], "quote": " ".join(said), "codes": marks}


def noisy(seed: int, levels: tuple[int, ...] = (2, 3, 4)) -> Callable[[Any], Any]:
    """Honest but for the level, which wavers."""
    chance = random.Random(seed)

    def mind(asked: Any) -> Any:
        said = honest(asked)
        return {**said, "level": chance.choice(levels)} if asked.shape == "Verdict" else said

    return mind
