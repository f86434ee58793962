"""Levels by transparent rules (REPORT scale 1 to 4): what the candidate's own words show, in at most three quotes.

The rules look for an example of their own, specifics, figures, trade-offs, alternatives, limits, measured outcomes and
lessons. They cannot tell whether an answer is correct. They see words only: never how somebody speaks, and length
counts for nothing, because a level must be visible in the quotes.

"I don't know": under 12 words there is nothing to rate (not assessed, and the report says that it was said plainly);
with 12 words or more, and nothing of their own beside it, it is level 1 with that quote.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from services.core.plan.bank import bank, stem, stems
from services.core.plan.plan import Competency
from services.core.plan.taxonomy import mentions, vocabulary_of
from services.core.report.answers import Answer, Reply, stems_of
from services.core.report.clauses import Clause, is_prose
from services.core.report.figures import figures_in
from services.core.report.quotes import MAX_QUOTE
from services.core.report.rubric import MAX_QUOTES, SUBSTANCE_WORDS
from services.core.report.signals import NO_SIGNS, PLAIN_WORDS, Signal, disowns, says_unknown, signs_in

RELEVANT_STEMS = 2
"""An answer with fewer words of the subject is rated only where other signs say that it is about it."""
SOLID_STEMS = 10
"""Level 3 and above need at least this many different words that carry meaning in their quotes."""

_PLAIN_STEMS = frozenset(map(stem, PLAIN_WORDS))
_TAKES_UP = frozenset(
    {"it", "that", "this", "which", "so", "then", "and", "but", "after", "because", "since", "they", "these", "in"}
)
_FILLERS = stems("hm hmm mm uh um ok okay yes yeah yep no nope well right sure sorry thanks")
WEIGHED = Signal.TRADE_OFF | Signal.FIGURE | Signal.OUTCOME
LEARNED = Signal.OUTCOME | Signal.PRINCIPLE
_SOLID = (Signal.EXAMPLE.value, Signal.DETAIL.value, WEIGHED.value)
_STRONG = (Signal.ALTERNATIVE.value, Signal.LIMIT.value, LEARNED.value)
_TELLING = ~Signal.REASON.value
_CANDIDATES = 12
"""Quotes considered for the best three; those that show least are left out first."""


@dataclass(frozen=True, slots=True)
class Quote:
    clause: Clause
    signals: Signal
    shown: Mapping[Signal, str]

    @property
    def text(self) -> str:
        return self.clause.text

    @property
    def weight(self) -> int:
        return len(self.clause.stems)

    @property
    def is_firm(self) -> bool:
        """False for what was hardly heard: it carries no level above 2."""
        return not self.clause.turn.rewritten


@dataclass(frozen=True, slots=True)
class AnswerRating:
    answer: Answer
    level: int | None
    quotes: tuple[Quote, ...]
    signals: Signal
    held: bool | None
    """Whether the answer held when Ema asked further; None when she did not."""
    reason: str
    """Why there is no level."""
    unknown: Quote | None
    """Where the candidate says plainly that they do not know, or that somebody else did it."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the signs of one answer are looked for in."""

    subject: frozenset[str]
    asked: frozenset[str]
    trade: frozenset[str] | None
    """Off the trade nothing counts (a holiday may have a figure and a failure too), unless it takes up what came
    before. None: anything may bear on the subject, as with work among people."""
    disowned: bool
    void: Signal
    """Signs that do not count."""


@functools.cache
def _trade() -> frozenset[str]:
    """Stems of what people say about software work."""
    general = bank().of_every_profession
    clusters = (cluster for cluster in bank().clusters.values() if cluster.competency not in general)
    return frozenset().union(*map(vocabulary_of, clusters))


@functools.cache
def _named_trade() -> frozenset[str]:
    return _trade() - _PLAIN_STEMS


@functools.cache
def _trade_alone() -> frozenset[str]:
    """Of the trade's words those that nobody says of anything else."""
    return (_trade() | stems("ms gb mb tb")) - bank().everyday


def rate_answer(answer: Answer, competency: Competency) -> AnswerRating:
    keys = _subject(answer, competency)
    subject = _words_of(keys)
    clauses = [clause for clause in answer.clauses if is_prose(clause.words)]
    denied = [clause for clause in clauses if disowns(clause.text)]
    scope = _scope(answer, clauses, subject, keys, disowned=bool(denied))
    spans = _spans([clause for clause in clauses if clause not in denied], scope)
    unknown = next((_bare(clause) for clause in answer.clauses if _denies(clause.text) and _fits(clause)), None)
    held = _held(answer)
    quotes = _best(spans, held)
    signals = _union(quotes)
    relevant = _is_relevant(clauses, subject, keys)
    reason = _reason(answer, clauses, spans, unknown)
    if not reason and not relevant and (unknown is None or signals & Signal.EXAMPLE):
        reason = "unrelated"
    if reason:
        return AnswerRating(answer, None, (), Signal.NONE, held, reason, unknown)
    if not relevant or not quotes:
        general = max(spans, key=lambda span: len(span.clause.stems & subject), default=unknown)
        shown = unknown or general
        return AnswerRating(answer, 1, (shown,) if shown else (), Signal.NONE, held, "", unknown)
    return AnswerRating(answer, level_of(quotes, held), quotes, signals, held, "", unknown)


def level_of(quotes: Sequence[Quote], held: bool | None) -> int:
    """What these quotes show. 2: something of substance. 3: an own, specific example with a trade-off or a figure that
    holds when asked further. 4: also alternatives, limits, and a measured outcome or a lesson."""
    firm = [quote for quote in quotes if quote.is_firm]
    shown = _level(_union(quotes).value, 0, held)
    return max(shown, _level(_union(firm).value, sum(quote.weight for quote in firm), held))


def _level(signals: int, weight: int, held: bool | None) -> int:
    solid = all(signals & wanted for wanted in _SOLID) and weight >= SOLID_STEMS and held is not False
    if solid:
        return 4 if all(signals & wanted for wanted in _STRONG) else 3
    return 2 if signals else 1


def _subject(answer: Answer, competency: Competency) -> frozenset[str]:
    """Keys of the clusters an answer should be about: those the question names, and those of the competency."""
    kinds = {kind.key for kind in bank().competencies.values() if kind.name == competency.name}
    named = {mention.cluster.key for mention in mentions(f"{answer.question.text} {answer.question.jd_phrase}")}
    return frozenset(named | {cluster.key for cluster in bank().clusters.values() if cluster.competency in kinds})


def _words_of(keys: frozenset[str]) -> frozenset[str]:
    """Stems of what people say about these clusters; of the whole trade where the rules know none of them."""
    return frozenset().union(*(vocabulary_of(bank().clusters[key]) for key in keys)) or _trade()


def _reason(answer: Answer, clauses: Sequence[Clause], spans: Sequence[Quote], unknown: Quote | None) -> str:
    """Why there is nothing to rate; "" when there is."""
    if answer.words < SUBSTANCE_WORDS:
        return answer.status.value if unknown is None else "unknown"
    if unknown:
        return ""
    if not spans or sum(len(clause.words) for clause in clauses) < SUBSTANCE_WORDS:
        return "steered" if answer.steered else "echo" if answer.echoed else "noise"
    return ""


def _is_relevant(clauses: Sequence[Clause], subject: frozenset[str], keys: frozenset[str]) -> bool:
    """Two words of the subject, or one among several of the trade, or a skill of the subject by its name."""
    said = frozenset().union(*(clause.stems for clause in clauses))
    on_subject, on_trade = len(said & subject), len(said & _named_trade())
    if on_subject >= RELEVANT_STEMS or (on_subject and on_trade > RELEVANT_STEMS):
        return True
    return any(mention.cluster.key in keys for clause in clauses for mention in mentions(clause.text))


def _held(answer: Answer) -> bool | None:
    """True when at least one reply to a follow-up says something; False when all of them give up."""
    held = [_says_something(reply) for reply in answer.probed]
    return True if any(held) else None if None in held or not held else False


def _says_something(reply: Reply) -> bool | None:
    """None where there is nothing to judge by: an echo, "hm", a question back."""
    clauses = [clause for clause in reply.clauses if clause.stems - _FILLERS and not clause.text.endswith("?")]
    if not any(says_unknown(clause.text) for clause in clauses):
        return True if clauses else None
    figures = frozenset().union(*(figures_in(clause.text) for clause in clauses))
    # "I don't know that one" names no figure.
    return bool(figures - {"1"}) or sum(len(clause.words) for clause in clauses) >= SUBSTANCE_WORDS


def _fits(clause: Clause) -> bool:
    return clause.end - clause.start <= MAX_QUOTE


def _bare(clause: Clause) -> Quote:
    return Quote(clause, Signal.NONE, {})


def _denies(text: str) -> bool:
    return says_unknown(text) or disowns(text)


def _scope(
    answer: Answer, clauses: Sequence[Clause], subject: frozenset[str], keys: frozenset[str], *, disowned: bool
) -> _Scope:
    people = bank().of_every_profession | {"leadership", "leading_people"}
    about_people = any(bank().clusters[key].competency in people for key in keys)
    # Tables, locks and batches are spoken of when moving house as well: only beside a word of the trade alone do they
    # tell anything specific.
    specific = about_people or any(clause.stems & _trade_alone() for clause in clauses)
    return _Scope(
        subject,
        stems_of(answer.question.text),
        None if about_people else subject | _named_trade(),
        disowned,
        Signal.NONE if specific else Signal.DETAIL,
    )


def _spans(clauses: Sequence[Clause], scope: _Scope) -> list[Quote]:
    """Every clause that may be quoted, and every two in a row of one turn that fit into a quote."""
    found = [
        (clause, signs_in(clause, scope.subject, scope.asked, disowned=scope.disowned))
        for clause in clauses
        if _fits(clause)
    ]
    singles = [(clause, signs if _touches(clause, scope.trade) else NO_SIGNS) for clause, signs in found]
    pairs = [
        (one.joined(two), own.joined(after))
        for (one, own), (two, after) in pairwise(found)
        if one.adjoins(two) and _touches(one, scope.trade) and (_touches(two, scope.trade) or two.words[0] in _TAKES_UP)
    ]
    both = (*singles, *pairs)
    return [Quote(clause, signs.signals & ~scope.void, signs.shown) for clause, signs in both if _fits(clause)]


def _touches(clause: Clause, trade: frozenset[str] | None) -> bool:
    return trade is None or bool(clause.stems & trade)


def _best(spans: Sequence[Quote], held: bool | None) -> tuple[Quote, ...]:
    """The quotes, at most three, that show the highest level, then the most, then in the fewest words."""
    first: dict[tuple[int, bool, bool], Quote] = {}
    for span in spans:
        if span.signals:
            first.setdefault((span.signals.value, span.weight >= SOLID_STEMS, span.is_firm), span)
    richest = sorted(first.values(), key=lambda quote: (not quote.is_firm, -quote.signals.value.bit_count()))
    options = [(quote, quote.signals.value, quote.weight, -quote.is_firm) for quote in richest[:_CANDIDATES]]
    best: tuple[Quote, ...] = ()
    best_value = (0, 0, 0)
    for size in range(1, MAX_QUOTES + 1):
        for chosen in combinations(options, size):
            signals, weight, firm, borne = 0, 0, 0, 0
            for _, shown, own, mask in chosen:
                signals, weight, firm, borne = signals | shown, weight + own, firm | shown & mask, borne + (own & mask)
            level = max(_level(signals, 0, held), _level(firm, borne, held))
            value = (level, (signals & _TELLING).bit_count(), -weight)
            if value > best_value and not _overlap([quote for quote, *_ in chosen]):
                best, best_value = tuple(quote for quote, *_ in chosen), value
    return tuple(sorted(best, key=lambda quote: (quote.clause.turn.started_ms, quote.clause.start)))


def _overlap(quotes: Sequence[Quote]) -> bool:
    return any(
        one.clause.turn is two.clause.turn and one.clause.start < two.clause.end and two.clause.start < one.clause.end
        for one, two in combinations(quotes, 2)
    )


def _union(quotes: Iterable[Quote]) -> Signal:
    total = Signal.NONE
    for quote in quotes:
        total |= quote.signals
    return total
