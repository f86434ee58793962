"""The sentences around the findings, all written here: summary, strengths, gaps and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.core.report.codes import ADVICE, CHECKLIST, Code, Marks, told
from services.core.report.rubric import (
    LEVEL_NAMES,
    MAX_STEPS,
    NO_LEVEL,
    CompetencyRating,
    Evidence,
    QuestionCoverage,
    Statement,
)

MAX_SUMMARY_WORDS = 120
SOLID = 3
"""From this level on a competency is told of as a strength."""
MAX_NAMED = 2
"""Gaps named in one sentence."""


def summary(
    ratings: Sequence[CompetencyRating], coverage: Sequence[QuestionCoverage], *, by_model: bool = False
) -> str:
    """What was covered, where most and least was found, and what could not be judged."""
    answered = sum(item.is_answered for item in coverage)
    parts = [_answered(answered, len(coverage))]
    if not by_model:
        parts.append(NO_LEVEL)
    rated = sorted((rating for rating in ratings if rating.score is not None), key=lambda rating: -(rating.score or 0))
    if by_model and not rated:
        parts.append("Nothing could be rated, so there is no level.")
    if rated:
        parts.append(f"Strongest evidence: {_with_level(rated[0])}{_cited(rated[0].evidence)}.")
    if len(rated) > 1 and rated[-1].score != rated[0].score:
        parts.append(f"Weakest evidence: {_with_level(rated[-1])}.")
    silent = [_lower(rating.name) for rating in ratings if rating.score is None and (by_model or not rating.evidence)]
    if silent and (rated or not by_model):
        parts.append(f"{'Not assessed' if by_model else 'Nothing to quote on'}: {'; '.join(silent)}.")
    return " ".join(parts)


def _answered(answered: int, planned: int) -> str:
    if planned <= 1:
        return f"The only question was {'' if answered else 'not '}answered." if planned else "No question was planned."
    return f"{answered or 'None'} of {planned} questions {'were' if answered > 1 else 'was'} answered."


def strengths(ratings: Sequence[CompetencyRating]) -> tuple[Statement, ...]:
    """What the quotes of a level show, from "Solid" on."""
    return tuple(
        _statement(rating, told(_marks(rating.evidence)) or _only_said(rating.evidence), rating.evidence)
        for rating in ratings
        if (rating.score or 0) >= SOLID
    )


def gaps(ratings: Sequence[CompetencyRating]) -> tuple[Statement, ...]:
    """What speaks against a level, and what the quotes of a lower one lack."""
    found = []
    for rating in ratings:
        if rating.score is None:
            continue
        items = rating.counter_evidence
        if against := told(_marks(items), [mark for item in items for mark in item.read]):
            found.append(_statement(rating, against, rating.counter_evidence))
        elif rating.score < SOLID and (lacking := named(rating.missing)):
            found.append(_statement(rating, f"Not found in the words: {lacking}.", rating.evidence))
    return tuple(found)


def next_steps(ratings: Sequence[CompetencyRating], coverage: Sequence[QuestionCoverage]) -> tuple[str, ...]:
    """To the candidate: at most three, each tied to a gap that was seen, the widest first, and no advice twice."""
    steps: list[str] = []
    given: set[Code] = set()
    for rating in sorted(ratings, key=lambda rating: (rating.score or 0, not rating.counter_evidence)):
        step = _step(rating, coverage, given)
        if step and len(steps) < MAX_STEPS:
            steps.append(f"{rating.name}: {step}")
    return tuple(steps)


def named(codes: Iterable[Code]) -> str:
    """The first of what was looked for, for a sentence: "a trade-off; a reason"."""
    return "; ".join([_lower(CHECKLIST[code]) for code in codes if code in CHECKLIST][:MAX_NAMED])


def short(quote: str, words: int = 12) -> str:
    """The beginning of a quote, for a sentence that refers to it."""
    said = quote.rstrip(".!?;, ").split()
    return " ".join(said) if len(said) <= words else f"{' '.join(said[:words])} …"


def _step(rating: CompetencyRating, coverage: Sequence[QuestionCoverage], given: set[Code]) -> str:
    for mark in (mark for item in rating.counter_evidence for mark in item.marks):
        if mark.code is Code.ERROR:
            return f"check “{short(mark.words)}” again, which the model read as wrong."
    advice = next((code for code in rating.missing if code in ADVICE and code not in given), None)
    if rating.evidence and advice:
        given.add(advice)
        said = max(rating.evidence, key=lambda item: len(item.marks)).quote
        return f"where you said “{short(said)}”, {ADVICE[advice]}."
    own = [item for item in coverage if item.competency_id == rating.competency_id]
    unanswered = next((item for item in own if not item.is_answered), None)
    if not rating.evidence and unanswered:
        # The question quotes the posting, and ends in a mark of its own.
        asked = unanswered.text.replace("“", "‘").replace("”", "’")
        return f"prepare a case of your own for “{asked}”"
    return ""


def _statement(rating: CompetencyRating, text: str, items: Sequence[Evidence]) -> Statement:
    return Statement(text=f"{rating.name}: {_lower(text)}", evidence_ids=tuple(item.id for item in items))


def _marks(items: Iterable[Evidence]) -> Marks:
    return [mark for item in items for mark in item.found]


def _only_said(evidence: Sequence[Evidence]) -> str:
    """For words of which a model alone says what they show."""
    return f"the candidate said “{short(max(evidence, key=lambda item: len(item.marks)).quote, 18)}”."


def _cited(evidence: Sequence[Evidence]) -> str:
    return f", “{short(max(evidence, key=lambda item: len(item.marks)).quote, 18)}”" if evidence else ""


def _with_level(rating: CompetencyRating) -> str:
    return f"{_lower(rating.name)} (level {rating.score} of 4, {LEVEL_NAMES[rating.score or 1].lower()})"


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
