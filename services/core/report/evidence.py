"""What of a candidate's answers may be rated and quoted, and where a quote stands in it.

Left out are echoes of the question, repetitions, private life and everything addressed to the rating itself, so that
neither a model nor a reader of the report gets to see it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.plan.bank import bank, stem
from services.core.plan.plan import Question
from services.core.plan.taxonomy import TOKEN, vocabulary_of
from services.core.report.answers import Answer
from services.core.report.clauses import Clause, content_stems
from services.core.report.injection import addresses_the_rater
from services.core.report.privacy import is_private
from services.core.report.quotes import EDITS_PER_WORD, MAX_QUOTE, find_span
from services.core.report.signals import PLAIN_WORDS, disowns
from services.core.talk.transcript import Turn

MIN_QUOTE_WORDS = 4
TRADE_STEMS = 5
"""Answers with fewer different words of any trade the rules know may be about something else."""
_WORD = re.compile(r"[\w+#%]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one turn that stand side by side."""

    question: Question
    turn: Turn
    start: int
    end: int
    vocabulary: frozenset[str]

    @property
    def text(self) -> str:
        return self.turn.text[self.start : self.end]


class Ground:
    """The passages of one competency's answers."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.questions = tuple(answer.question for answer in answers)
        self.passages = tuple(passage for answer in answers for passage in _passages(answer))
        self.disowned = frozenset(
            turn.id
            for answer in answers
            if any(disowns(clause.text) for clause in answer.clauses)
            for turn in answer.turns
        )
        """Turns of answers that say that somebody else did it."""
        stems = frozenset().union(*(clause.stems for answer in answers for clause in answer.clauses))
        self.on_trade = len(stems & _trade()) >= TRADE_STEMS

    def locate(self, quote: str, turn_id: str) -> Clause | None:
        """Where this was said: in the turn named, or else in another one. None: it may not be shown as a quote."""
        if len(quote.split()) < MIN_QUOTE_WORDS or len(quote) > 2 * MAX_QUOTE:
            return None
        words = _vocabulary(quote)
        for passage in sorted(self.passages, key=lambda passage: passage.turn.id != turn_id):
            # Aligning words is the costly part; a quote that shares too few of them needs no alignment.
            if len(words - passage.vocabulary) > EDITS_PER_WORD * len(quote.split()):
                continue
            span = find_span(quote, passage.text)
            if span and len(span) <= MAX_QUOTE and not addresses_the_rater(span) and not is_private(span):
                return _clause(passage, span)
        return None


@functools.cache
def _trade() -> frozenset[str]:
    return frozenset().union(*map(vocabulary_of, bank().clusters.values())) - frozenset(map(stem, PLAIN_WORDS))


def _passages(answer: Answer) -> list[Passage]:
    passages: list[Passage] = []
    last: Clause | None = None
    for clause in answer.clauses:
        start = clause.start
        if last is not None and last.adjoins(clause):
            start = passages.pop().start
        text = clause.turn.text[start : clause.end]
        passages.append(Passage(answer.question, clause.turn, start, clause.end, _vocabulary(text)))
        last = clause
    return passages


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text.replace("'", "").replace("’", "")))


def _clause(passage: Passage, span: str) -> Clause:
    start = passage.start + passage.text.index(span)
    words = tuple(token.casefold() for token in TOKEN.findall(span))
    return Clause(passage.turn, start, start + len(span), words, content_stems(words))
