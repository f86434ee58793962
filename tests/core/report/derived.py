"""Thirty answers in seven forms: what is said stays, how it is said changes. The data are in forms.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

SHAPE = ("own_work", "failure_case", "alternative", "measured_outcome", "trade_off")
_BRACED = re.compile(r"[{}]")


@dataclass(frozen=True)
class Form:
    text: str
    carried: tuple[tuple[str, str], ...]
    """Codes, each with the words that carry it, in order."""


_FILLERS = ("um", "uh", "like", "you know")
_PRESENT = {
    "moved": "move", "wrote": "write", "split": "split", "added": "add", "replaced": "replace", "designed": "design",
    "migrated": "migrate", "made": "make", "rewrote": "rewrite", "introduced": "introduce", "rotated": "rotate",
    "cut": "cut", "built": "build", "changed": "change", "tuned": "tune", "led": "lead", "encrypted": "encrypt",
    "calibrated": "calibrate", "sharded": "shard", "fixed": "fix", "considered": "consider", "compared": "compare",
    "evaluated": "evaluate", "went": "goes", "fell": "falls", "dropped": "drops", "shrank": "shrinks", "grew": "grows",
    "took": "takes", "broke": "breaks", "failed": "fails", "accepted": "accept", "was": "is", "were": "are",
}  # fmt: skip


def _forms(answer: dict[str, str]) -> dict[str, str]:
    polished = answer["polished"]
    return {
        "polished": polished,
        "learner": answer["learner"],
        "present": _with(_PRESENT, polished),
        "short": answer["short"],
        "fillers": _filled(polished),
        "mixed": answer["mixed"],
        "typed": polished.lower().replace(".", ""),
    }


def _with(words: dict[str, str], text: str) -> str:
    named = "|".join(map(re.escape, words))
    return re.sub(rf"\b(?:{named})\b", lambda found: words[found.group().lower()], text, flags=re.IGNORECASE)


def _filled(text: str) -> str:
    words = text.split()
    filled = [
        f"{word} {_FILLERS[at % 4]}" if at % 3 == 2 and word[-1].isalpha() else word for at, word in enumerate(words)
    ]
    return f"So um {' '.join(filled)}"


def _form(braced: str, codes: tuple[str, ...]) -> Form:
    spans = re.findall(r"\{(.*?)\}", braced)
    return Form(_BRACED.sub("", braced), tuple(zip(codes, spans, strict=True)))


ANSWERS: tuple[dict[str, Form], ...] = tuple(
    {name: _form(braced, tuple(answer.get("codes", SHAPE))) for name, braced in _forms(answer).items()}
    for answer in tomllib.loads(Path(__file__).with_name("forms.toml").read_text(encoding="utf-8"))["answer"]
)
