"""From vectors of sentences to their kinds: by the sentences near them that `benchmarks.screen` fitted a say to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from services.analyst.screening.sentences import LAYERS, MODEL, Sentences, Vectors, unit
from services.core.report.clauses import FUNCTION_WORDS
from services.core.report.screening import SentenceKind

Numbers = NDArray[np.float64]

FITTED = Path(__file__).with_name("kinds.json")
REMEMBERED = Path(__file__).with_name("kinds.npz")
"""What `Remembered` holds, without which the other file is of no use."""
SHARPNESS = 4.0
"""Scores lie about 1 from each other; so many times as far apart, they make shares."""
NEARNESS = 1.0
"""How fast a remembered sentence loses its say with distance; vectors have length 1."""
MOST = 127
"""A component of 1 as it is kept in a byte; few are larger than a quarter, and those are cut."""
SHORT, SURE = 6, 0.8
"""Sentences of fewer words say little of their kind, and must be this surely of one."""
FOREIGN, SURER = 6, 0.9
"""Where not one word in so many is a small one of English, the model knows little: it must be this sure, and is not
asked about a few words. Broken captions look like that, and are found as short sentences are."""
NEVER = 2.0
"""No share reaches it."""
LEAST_OWN = 0.2
"""Share of a kind among all; with less, a story of a holiday would be more of an order than of work."""
_ENGLISH = frozenset(FUNCTION_WORDS.split())
_CONTRACTED = re.compile(r"n?['’]")
KIND_LAYERS = (3, LAYERS)
"""Of the model, on whose words sentences are told apart: the last one knows what is talked about, and half forgets who
talks and of whom; one in the middle knows that."""
CHUNK_WORDS = 70
"""Of an answer that is looked at whole; the model reads about this much at once."""


LEFT_OUT = (SentenceKind.PRIVATE, SentenceKind.ORDER, SentenceKind.REFUSAL, SentenceKind.NOISE)
"""Kinds of a single sentence; that an answer is about something else shows in the whole of it alone."""


class Counted(BaseModel):
    """What became of sentences that were kept apart from the fit."""

    model_config = ConfigDict(frozen=True)

    of: int
    wrong: int
    """Missed; of "work": taken for something else."""


class Fitted(BaseModel):
    model_config = ConfigDict(frozen=True)

    sha256: str
    """Of the model the sentences were read with."""
    thresholds: dict[SentenceKind, float]
    """Share of this kind, against that of work, from which a sentence is taken for it."""
    least_work: Annotated[float, Field(ge=0, le=1)]
    """Share of work in an answer, taken whole, below which it is about something else …"""
    relevant: float
    """… unless its likeness to the question is at least this."""
    apart: dict[str, Counted] = {}

    def note(self) -> str:
        """For the conditions of a report."""
        missed = {kind: count for kind, count in self.apart.items() if kind != SentenceKind.WORK}
        work, lost = self.apart[SentenceKind.WORK], sum(count.wrong for count in missed.values())
        at = ", ".join(f"{_SAID[kind]} from {value:.2f} on" for kind, value in self.thresholds.items() if kind in _SAID)
        return (
            f"Before anything read the answers, {MODEL} on this server screened them: {at}; an answer is about"
            f" something else where its share of work is under {self.least_work:.2f} and its likeness to the question"
            f" under {self.relevant:.2f}. On sentences and answers kept apart it missed {lost} of"
            f" {sum(count.of for count in missed.values())} and hid {work.wrong} of {work.of} about the work."
        )


@dataclass(frozen=True, slots=True)
class Remembered:
    """The sentences of the fit, each with its say on the kind of those near it; far from all, nothing is said."""

    means: Numbers
    """For each of `KIND_LAYERS` what all sentences have in common, which tells nothing."""
    axes: Numbers
    """Along which sentences differ most: one row for each component that is kept."""
    points: Numbers
    """The sentences along these axes, of length 1."""
    says: Numbers
    """A row for each sentence, a column for each kind."""

    @classmethod
    def load(cls, path: Path = REMEMBERED) -> Remembered:
        with np.load(path) as kept:
            means, axes, says, points = (kept[name].astype(np.float64) for name in ("means", "axes", "says", "points"))
        return cls(means, axes, points / (MOST * 4), says)

    def save(self, path: Path = REMEMBERED) -> None:
        points = np.clip(np.rint(self.points * MOST * 4), -MOST, MOST).astype(np.int8)
        means, axes, says = (kept.astype(np.float16) for kept in (self.means, self.axes, self.says))
        np.savez_compressed(path, means=means, axes=axes, says=says, points=points)

    def shares(self, layers: Sequence[Vectors]) -> Numbers:
        """For each sentence a row of one share for each kind, in the order of `SentenceKind`."""
        scores = nearness(along(directions(layers, self.means), self.axes), self.points) @ self.says
        powers = np.exp(SHARPNESS * (scores - scores.max(1, keepdims=True)))
        return np.asarray(powers / powers.sum(1, keepdims=True), np.float64)


def directions(layers: Sequence[Vectors], means: Numbers) -> Numbers:
    """Side by side, what is said of the same sentences in each layer, none louder than the others."""
    rows = [unit((layer - mean).astype(np.float32)) for layer, mean in zip(layers, means, strict=True)]
    return np.concatenate(rows, axis=1, dtype=np.float64)


def along(rows: Numbers, axes: Numbers) -> Numbers:
    kept = rows @ axes.T
    return np.asarray(kept / np.linalg.norm(kept, axis=1, keepdims=True), np.float64)


def nearness(rows: Numbers, points: Numbers) -> Numbers:
    """From 1, the same place, to almost 0."""
    squares = (rows * rows).sum(1)[:, None] + (points * points).sum(1) - 2 * rows @ points.T
    return np.asarray(np.exp(-NEARNESS * np.maximum(squares, 0)), np.float64)


_SAID = {
    SentenceKind.PRIVATE: "private words",
    SentenceKind.ORDER: "orders to the rating",
    SentenceKind.REFUSAL: "refusals",
    SentenceKind.NOISE: "broken captions",
}


class Judge:
    """Raises ModelRefused."""

    def __init__(self, fitted: Fitted | None = None, remembered: Remembered | None = None) -> None:
        self.fitted = fitted or Fitted.model_validate_json(FITTED.read_bytes())
        self._remembered = remembered or Remembered.load()
        self._sentences = Sentences()

    def kinds(self, texts: Sequence[str]) -> dict[str, SentenceKind]:
        """Only those that are anything else than work."""
        if not texts:
            return {}
        found = {text: kind_of(row, self.fitted, text) for text, row in zip(texts, self.shares(texts), strict=True)}
        return {text: kind for text, kind in found.items() if kind is not SentenceKind.WORK}

    def shares(self, texts: Sequence[str]) -> Numbers:
        """For each text a row of one share for each kind."""
        return self._remembered.shares(self._sentences.after(texts, *KIND_LAYERS))

    def is_elsewhere(self, question: str, clauses: Iterable[str], kinds: Mapping[str, SentenceKind]) -> bool:
        """Of an answer, without what is private in it, steers or refuses: there is too little work in what is left."""
        rest = " ".join(text for text in clauses if kinds.get(text) in (None, SentenceKind.NOISE))
        return bool(rest) and self._is_elsewhere(*self.measures(question, rest))

    def measures(self, question: str, answer: str) -> tuple[float, float]:
        """Share of work in an answer, and the likeness of its nearest part to the question."""
        parts = list(_chunks(answer.split()))
        middle, last = self._sentences.after([question, *parts], *KIND_LAYERS)
        shares, vectors = self._remembered.shares((middle[1:], last[1:]))[:, _AT[SentenceKind.WORK]], unit(last)
        weights = [len(part.split()) for part in parts]
        return float(np.average(shares, weights=weights)), float((vectors[1:] @ vectors[0]).max())

    def _is_elsewhere(self, work: float, likeness: float) -> bool:
        return work < self.fitted.least_work and likeness < self.fitted.relevant


def against_work(row: Numbers, kind: SentenceKind) -> float:
    """The share of a kind where there were no other than this and work: what else a sentence may be hides no work."""
    return float(row[_AT[kind]] / (row[_AT[kind]] + row[_AT[SentenceKind.WORK]]))


def kind_of(row: Numbers, fitted: Fitted, text: str) -> SentenceKind:
    """The likeliest of the kinds that are left out and have share enough; else work."""
    least = {kind: max(limit, _least(text, kind)) for kind, limit in fitted.thresholds.items()}
    likely = [kind for kind in least if row[_AT[kind]] >= LEAST_OWN]
    found = [kind for kind in likely if against_work(row, kind) >= least[kind]]
    return max(found, key=lambda kind: row[_AT[kind]], default=SentenceKind.WORK)


def _least(text: str, kind: SentenceKind) -> float:
    words = [_CONTRACTED.split(word)[0] for word in text.casefold().split()]
    is_short = len(words) < SHORT
    if sum(word in _ENGLISH for word in words) * FOREIGN >= len(words):
        return SURE if is_short else 0.0
    if kind is SentenceKind.NOISE:
        return SURE
    return NEVER if is_short else SURER


def judged(request: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked over a pipe and answered over it: `texts`, and `answers` as [question id, question, clauses]."""
    judge = Judge()
    kinds = judge.kinds(request["texts"])
    elsewhere = [name for name, question, clauses in request["answers"] if judge.is_elsewhere(question, clauses, kinds)]
    return {"kinds": kinds, "elsewhere": elsewhere, "note": judge.fitted.note()}


def _chunks(words: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(words), CHUNK_WORDS):
        yield " ".join(words[at : at + CHUNK_WORDS])


_AT = {kind: at for at, kind in enumerate(SentenceKind)}
