"""What is known of the candidate's words before anything reads them: which are private, steering, or no answer at all.

A screen is something outside of the core that can tell kinds of sentences apart; here stands what it is asked and what
it found. Without one the rules of the other modules decide alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from services.core.plan.plan import Plan
from services.core.plan.taxonomy import TOKEN
from services.core.report.clauses import clauses_of, spans_of
from services.core.report.privacy import pieces_of
from services.core.talk.transcript import Speaker, Turn

MIN_WORDS = 3
"""Fewer tell nothing of their kind."""
_LATIN = 0.7
"""Share of a text's letters; the sentences a screen was fitted on are in English, or mixed with it."""
_RUN = 4
"""Words in a row that are compared with the job description."""
_READ_ALOUD = 0.5
"""Share of such runs that stand in it from which on a clause is read from it."""


class SentenceKind(StrEnum):
    WORK = "work"
    PRIVATE = "private"
    ORDER = "order"
    """Addressed to the rating."""
    REFUSAL = "refusal"
    """There is nothing to tell, or no wish to."""
    ELSEWHERE = "elsewhere"
    """Neither about the work nor about the question."""
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Screened:
    kinds: Mapping[str, SentenceKind] = field(default_factory=dict, repr=False)
    """By text of a clause or a piece of one; what is not there is taken for what it says."""
    elsewhere: frozenset[str] = frozenset()
    """Questions whose answers, taken whole, are about something else."""
    posting: frozenset[tuple[str, ...]] = field(default=frozenset(), repr=False)
    """Runs of words of the job description."""
    note: str = ""
    """For the conditions of the report: who screened, from where on, and what it misses."""

    def kind(self, text: str) -> SentenceKind:
        return self.kinds.get(text.strip(), SentenceKind.WORK)

    def is_private(self, text: str) -> bool:
        return self.kind(text) is SentenceKind.PRIVATE

    def read_aloud(self, words: Sequence[str]) -> bool:
        """Whether these words of a clause were read from the job description."""
        spoken = _runs(words)
        return bool(spoken) and len(spoken & self.posting) >= _READ_ALOUD * len(spoken)


UNSCREENED = Screened()


class Screen(Protocol):
    """Thread-safe and blocking, for a bounded time; never raises."""

    def __call__(self, plan: Plan, turns: Sequence[Turn], posting: str) -> Screened: ...


def rules_alone(plan: Plan, turns: Sequence[Turn], posting: str) -> Screened:
    """No screen."""
    return Screened(posting=runs_in(posting))


def runs_in(text: str) -> frozenset[tuple[str, ...]]:
    return _runs([token.casefold() for token in TOKEN.findall(text)])


def texts_to_screen(turns: Iterable[Turn]) -> tuple[str, ...]:
    """Every clause, and every piece that could be masked, once; scripts that a screen cannot read are left out."""
    found = (text.strip() for turn in turns if turn.speaker is Speaker.CANDIDATE for text in _texts(turn))
    return tuple(dict.fromkeys(text for text in found if len(text.split()) >= MIN_WORDS and _is_latin(text)))


def answers_to_screen(plan: Plan, turns: Sequence[Turn]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """For each question with an answer: its id, what was asked, and the clauses of the answer."""
    for question in plan.questions:
        own = [turn for turn in turns if turn.question_id == question.id and turn.speaker is Speaker.CANDIDATE]
        clauses = tuple(clause.text.strip() for turn in own for clause in clauses_of(turn))
        if clauses and _is_latin(" ".join(clauses)):
            yield question.id, question.text, clauses


def _texts(turn: Turn) -> Iterator[str]:
    for text in filter(None, (turn.text, turn.recognised)):
        yield from (text[start:end] for start, end in (*spans_of(text), *pieces_of(text)))


def _is_latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter < "\u0250" for letter in letters) >= _LATIN * len(letters)


def _runs(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))
