"""From vectors of sentences to their kinds: one linear layer over the model, fitted by `benchmarks.screen`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from services.analyst.screening.sentences import LAYERS, MODEL, Sentences, Vectors, unit
from services.core.report.clauses import FUNCTION_WORDS
from services.core.report.screening import SentenceKind

FITTED = Path(__file__).with_name("kinds.json")
SHARPNESS = 5.0
"""Vectors have length 1; this many times as long, a step of the fit is not lost in rounding."""
SHORT, SURE = 6, 0.75
"""Sentences of fewer words say little of their kind, and must be this surely of one."""
FOREIGN, SURER = 6, 0.9
"""Where not one word in so many is a small one of English, the model knows little: it must be this sure, and is not
asked about a few words. Broken captions look like that, and are found as short sentences are."""
NEVER = 2.0
"""No probability reaches it."""
_ENGLISH = frozenset(FUNCTION_WORDS.split())
KIND_LAYER = 3
"""Of the model, on whose words sentences are told apart: the last one knows what is talked about, and forgets who talks
and of whom."""
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
    """Of the model the layer was fitted to."""
    thresholds: dict[SentenceKind, float]
    """Probability from which a sentence is taken for this kind."""
    least_work: Annotated[float, Field(ge=0, le=1)]
    """Share of work in an answer, taken whole, below which it is about something else …"""
    relevant: float
    """… unless its likeness to the question is at least this."""
    mean: list[float]
    """Of the sentences the layer was fitted on; what all have in common tells nothing."""
    weights: dict[SentenceKind, list[float]]
    """For each kind one more than the model has dimensions; the last stands alone."""
    apart: dict[str, Counted] = {}

    @cached_property
    def layer(self) -> NDArray[np.float64]:
        return np.array(list(self.weights.values()))

    def probabilities(self, rows: Vectors) -> NDArray[np.float64]:
        """For each row of `KIND_LAYER` one of a probability for each kind."""
        return probabilities(unit(rows - np.array(self.mean, np.float32)), self.layer)

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


_SAID = {
    SentenceKind.PRIVATE: "private words",
    SentenceKind.ORDER: "orders to the rating",
    SentenceKind.REFUSAL: "refusals",
    SentenceKind.NOISE: "broken captions",
}


class Judge:
    """Raises ModelRefused."""

    def __init__(self, fitted: Fitted | None = None) -> None:
        self.fitted = fitted or Fitted.model_validate_json(FITTED.read_bytes())
        self._sentences = Sentences()

    def kinds(self, texts: Sequence[str]) -> dict[str, SentenceKind]:
        """Only those that are anything else than work."""
        if not texts:
            return {}
        rows = self.probabilities(texts)
        found = {text: kind_of(row, self.fitted, text) for text, row in zip(texts, rows, strict=True)}
        return {text: kind for text, kind in found.items() if kind is not SentenceKind.WORK}

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """For each text a row of one probability for each kind."""
        return self.fitted.probabilities(*self._sentences.after(texts, KIND_LAYER))

    def is_elsewhere(self, question: str, clauses: Iterable[str], kinds: Mapping[str, SentenceKind]) -> bool:
        """Of an answer, without what is private in it, steers or refuses: there is too little work in what is left."""
        rest = " ".join(text for text in clauses if kinds.get(text) in (None, SentenceKind.NOISE))
        return bool(rest) and self._is_elsewhere(*self.measures(question, rest))

    def measures(self, question: str, answer: str) -> tuple[float, float]:
        """Share of work in an answer, and the likeness of its nearest part to the question."""
        parts = list(_chunks(answer.split()))
        rows, vectors = self._sentences.after([question, *parts], KIND_LAYER, LAYERS)
        shares, vectors = self.fitted.probabilities(rows[1:])[:, _work(self.fitted)], unit(vectors)
        weights = [len(part.split()) for part in parts]
        return float(np.average(shares, weights=weights)), float((vectors[1:] @ vectors[0]).max())

    def _is_elsewhere(self, work: float, likeness: float) -> bool:
        return work < self.fitted.least_work and likeness < self.fitted.relevant


def probabilities(vectors: Vectors | NDArray[np.float64], layer: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each vector a row of one probability for each kind of the layer."""
    scores = np.c_[vectors * SHARPNESS, np.ones(len(vectors))] @ layer.T
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float64)


def kind_of(row: NDArray[np.float64], fitted: Fitted, text: str) -> SentenceKind:
    """The likeliest kind, where it is one that is left out and surely enough of this text; else work."""
    likely = list(fitted.weights)[int(row.argmax())]
    needed = max(fitted.thresholds.get(likely, NEVER), _needed(text, likely))
    return likely if row.max() >= needed else SentenceKind.WORK


def _needed(text: str, kind: SentenceKind) -> float:
    words = text.casefold().split()
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


def _work(fitted: Fitted) -> int:
    return list(fitted.weights).index(SentenceKind.WORK)


def _chunks(words: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(words), CHUNK_WORDS):
        yield " ".join(words[at : at + CHUNK_WORDS])
