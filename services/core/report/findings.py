"""From rated answers to rated competencies, in plain words: what counted, what is missing, how sure one can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from services.core.plan.plan import Competency
from services.core.report.rating import LEARNED, WEIGHED, AnswerRating, Quote
from services.core.report.rubric import MAX_QUOTES, SUBSTANCE_WORDS, CompetencyRating, Confidence, Coverage, Evidence
from services.core.report.signals import Signal, disowns
from services.core.talk.circumstances import LOW_CONFIDENCE
from services.core.talk.transcript import Conditions, Turn

_SHOWS = {
    Signal.EXAMPLE: "tells what they did themselves",
    Signal.DETAIL: "is specific{shown}",
    Signal.TRADE_OFF: "weighs a cost against a gain{shown}",
    Signal.ALTERNATIVE: "mentions another way they could have gone{shown}",
    Signal.LIMIT: "says what failed or where it ends{shown}",
    Signal.OUTCOME: "says what changed, measured{shown}",
    Signal.PRINCIPLE: "draws a lesson from it{shown}",
    Signal.FIGURE: "gives a figure{shown}",
    Signal.REASON: "gives a reason{shown}",
}
"""In the order in which they are told."""
_MISSING = (
    (3, Signal.EXAMPLE, "tell one example of your own, with what you did yourself"),
    (3, Signal.DETAIL, "name specifics: the part, the tool, the setting it was about"),
    (3, WEIGHED, "name one real trade-off or one figure"),
    (4, Signal.ALTERNATIVE, "say which other way you considered"),
    (4, Signal.LIMIT, "say what failed, or where your solution ends"),
    (4, LEARNED, "give the measured outcome, or the lesson you took from it"),
)
_REASONS = (
    (
        "unrelated",
        "The rules found nothing on this subject in the answer. They only compare words: a person should read it.",
    ),
    ("steered", "Apart from words addressed to the rating itself, there was no answer."),
    ("echo", "The answer repeats the question or the job description and adds nothing of the candidate's own."),
    ("noise", "The answer holds too few sentences that the rules can read."),
    ("unknown", "The candidate said plainly that there is nothing to tell about this, so there is nothing to rate."),
    (
        Coverage.TOO_SHORT.value,
        f"The answers were too short to rate: an answer needs at least {SUBSTANCE_WORDS} words to carry evidence.",
    ),
    (Coverage.UNANSWERED.value, "The question was asked, and no answer was heard."),
    (Coverage.SKIPPED.value, "The question was skipped."),
    (Coverage.NOT_REACHED.value, "The interview ended before a question on this was asked."),
)
_UNREADABLE = "The captions of the answer were too uncertain to rate."


@dataclass(frozen=True, slots=True)
class Finding:
    """A rated competency and what its level rests on."""

    rating: CompetencyRating
    signals: Signal
    answers: tuple[AnswerRating, ...]


class Numbering:
    """Ids of evidence, unique in a report: e1, e2, …"""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def evidence(self, quote: Quote, why: str) -> Evidence:
        turn = quote.clause.turn
        return Evidence(
            id=f"e{next(self._numbers)}",
            turn_id=turn.id,
            question_id=turn.question_id,
            start_ms=turn.started_ms,
            quote=quote.text,
            why_it_matters=why,
            typed=turn.typed,
            low_confidence=is_uncertain(turn),
        )


def find(
    competency: Competency, answers: Sequence[AnswerRating], conditions: Conditions, numbering: Numbering
) -> Finding:
    """The best answer's level; one less where another answer on the same competency stays at level 1."""
    rated = [answer for answer in answers if answer.level is not None]
    if not rated:
        return Finding(_not_assessed(competency, answers, numbering), Signal.NONE, tuple(answers))
    best = max(rated, key=lambda answer: (answer.level or 0, answer.signals.value.bit_count()))
    weak = [answer for answer in rated if answer.level == 1 and answer is not best]
    level = (best.level or 1) - (1 if weak and (best.level or 1) >= 3 else 0)
    evidence = tuple(numbering.evidence(quote, why_it_matters(quote, best)) for quote in best.quotes)
    rating = CompetencyRating(
        competency_id=competency.id,
        name=competency.name,
        score=level,
        confidence=confidence_in(answers, conditions),
        anchor=competency.anchors[level - 1],
        evidence=evidence,
        counter_evidence=_counter_evidence(best, weak, numbering),
        what_would_raise_it=what_would_raise(level, best, weakened=bool(weak) and level < (best.level or 1)),
    )
    return Finding(rating, best.signals, tuple(answers))


def why_it_matters(quote: Quote, answer: AnswerRating) -> str:
    told = [
        phrase.format(shown=f" (“{quote.shown[signal]}”)" if quote.shown.get(signal) else "")
        for signal, phrase in _SHOWS.items()
        if signal & quote.signals and not (signal is Signal.FIGURE and Signal.OUTCOME & quote.signals)
    ]
    if told:
        sentence = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
        return f"{sentence[0].upper()}{sentence[1:]}."
    if answer.unknown is quote:
        return "Says plainly that there is nothing of their own to tell about this."
    return "Stays general: no example of their own, no detail and no reason in it."


def what_would_raise(level: int, answer: AnswerRating, *, weakened: bool) -> str:
    if level == 4:
        return "This is the highest level of the scale."
    if weakened:
        return f"For level {level + 1}: give the weaker of the two answers an example of your own as well."
    goal = 2 if level == 1 else level + 1
    wanted = [advice for at, signal, advice in _MISSING if at == max(goal, 3) and not signal & answer.signals]
    if answer.held is False:
        wanted.append("have something to add when you are asked further")
    if level == 2 and not all(quote.is_firm for quote in answer.quotes):
        wanted.append("say in the call what so far stands only in a correction")
    if not wanted:
        wanted = ["say it in a few more words of your own"]
    return f"For level {goal}: {'; '.join(wanted[:1] if goal == 2 else wanted)}."


def confidence_in(answers: Sequence[AnswerRating], conditions: Conditions) -> Confidence:
    """From the amount of evidence and how surely its words are known; nothing about how they were spoken."""
    turns = [turn for answer in answers if answer.level is not None for turn in answer.answer.turns]
    words = sum(len(clause.words) for answer in answers if answer.level is not None for clause in answer.answer.clauses)
    uncertain = sum(turn.word_count for turn in turns if is_uncertain(turn) or turn.rewritten)
    spoken = sum(turn.word_count for turn in turns if not turn.typed)
    rough = conditions.rough_captions and spoken * 2 > sum(turn.word_count for turn in turns)
    points = (len(turns) >= 2) + (words >= 60) + (words >= 120)
    points -= rough + 3 * (uncertain * 2 > sum(turn.word_count for turn in turns))
    return Confidence.HIGH if points >= 3 else Confidence.MEDIUM if points >= 1 else Confidence.LOW


def is_uncertain(turn: Turn) -> bool:
    """Corrected words are the candidate's own; words they doubted are nobody's."""
    low = turn.confidence is not None and turn.confidence < LOW_CONFIDENCE
    return turn.doubted or (low and turn.recognised is None)


def _counter_evidence(best: AnswerRating, weak: Sequence[AnswerRating], numbering: Numbering) -> tuple[Evidence, ...]:
    quotes = [(quote, why_it_matters(quote, answer)) for answer in weak for quote in answer.quotes]
    if best.unknown and best.unknown not in best.quotes and Signal.EXAMPLE not in best.signals:
        theirs = disowns(best.unknown.text)
        said = "that somebody else did this" if theirs else "what they do not know"
        quotes.append((best.unknown, f"Says plainly {said}."))
    return tuple(numbering.evidence(quote, why) for quote, why in quotes[:MAX_QUOTES])


def _not_assessed(competency: Competency, answers: Sequence[AnswerRating], numbering: Numbering) -> CompetencyRating:
    reasons = {answer.reason for answer in answers}
    key, sentence = next(((key, said) for key, said in _REASONS if key in reasons), _REASONS[-1])
    turns = [turn for answer in answers for turn in answer.answer.turns]
    if key in ("unrelated", "noise") and turns and sum(map(is_uncertain, turns)) * 2 > len(turns):
        sentence = _UNREADABLE
    unknown = [answer.unknown for answer in answers if answer.unknown]
    return CompetencyRating(
        competency_id=competency.id,
        name=competency.name,
        score=None,
        reason_not_assessed=sentence,
        counter_evidence=tuple(
            numbering.evidence(quote, "Says plainly that there is nothing of their own to tell about this.")
            for quote in unknown[:MAX_QUOTES]
        ),
    )
