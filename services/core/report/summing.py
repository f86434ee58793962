"""The words around the ratings: a model's summary, strengths and gaps, kept only where verified quotes carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel

from services.core.report.admission import WITHHELD
from services.core.report.assembly import MAX_SUMMARY_WORDS
from services.core.report.rubric import LEVEL_NAMES, CompetencyRating, Coverage, Evidence, QuestionCoverage, Statement

MAX_STATEMENTS = 5
_LEVEL = re.compile(r"\blevels? (\d)", re.IGNORECASE)


class Stated(BaseModel):
    text: str
    evidence_ids: list[str]


class Summing(BaseModel):
    summary: list[Stated]
    strengths: list[Stated]
    gaps: list[Stated]

    @property
    def sentences(self) -> list[str]:
        return [item.text.strip() for item in (*self.summary, *self.strengths, *self.gaps)]


def statements(
    stated: Iterable[Stated], ratings: Sequence[CompetencyRating], replaced: Mapping[str, str], least: int = 0
) -> tuple[Statement, ...]:
    """Those that rest on evidence of these ratings, name no other level and may be shown.

    `replaced`: what stands for a sentence; "" nothing. `least`: only evidence for a level from this one on counts.
    """
    levels = {item.id: rating.score or 0 for rating in ratings for item in (*rating.evidence, *rating.counter_evidence)}
    kept = []
    for item in stated:
        text = item.text.strip()
        text = replaced.get(text, text)
        resting = tuple(dict.fromkeys(name for name in item.evidence_ids if levels.get(name, -1) >= least))
        named = {int(level) for level in _LEVEL.findall(text)}
        if text and resting and named <= {levels[name] for name in resting}:
            kept.append(Statement(text=text, evidence_ids=resting))
    return tuple(kept[:MAX_STATEMENTS])


def summary(
    kept: Sequence[Statement], ratings: Sequence[CompetencyRating], coverage: Sequence[QuestionCoverage]
) -> str:
    """What was covered, then the sentences kept, or else what the ratings say, within the words a summary may have."""
    answered = sum(item.status is Coverage.ANSWERED for item in coverage)
    parts = [f"{answered} of {len(coverage)} questions were answered."]
    for text in [item.text for item in kept] or _plainly(ratings):
        if sum(len(part.split()) for part in (*parts, text)) <= MAX_SUMMARY_WORDS:
            parts.append(text)
    return " ".join(parts)


def next_steps(ratings: Sequence[CompetencyRating], practice: Sequence[str]) -> tuple[str, ...]:
    """What would raise each rating, the lowest first; for the others the practice the rules suggest."""
    steps = []
    for rating in sorted(ratings, key=lambda rating: rating.score or 0):
        suggested = [step for step in practice if step.startswith(f"{rating.name}: ")]
        if rating.score is not None and rating.what_would_raise_it:
            steps.append(f"{rating.name}: {rating.what_would_raise_it}")
        elif rating.score != max(LEVEL_NAMES):
            steps += suggested
    return tuple(steps)


def admitted(rating: CompetencyRating, replaced: Mapping[str, str]) -> CompetencyRating:
    """The rating with its sentences replaced; where nothing may stand for one, the report says so."""

    def shown(items: Iterable[Evidence]) -> tuple[Evidence, ...]:
        texts = ((item, replaced.get(item.why_it_matters, item.why_it_matters)) for item in items)
        return tuple(item.model_copy(update={"why_it_matters": text or WITHHELD}) for item, text in texts)

    raising = rating.what_would_raise_it
    return rating.model_copy(
        update={
            "evidence": shown(rating.evidence),
            "counter_evidence": shown(rating.counter_evidence),
            "what_would_raise_it": replaced.get(raising, raising),
        }
    )


def sentences_of(ratings: Iterable[CompetencyRating]) -> list[str]:
    """All that was generated in them."""
    found = []
    for rating in ratings:
        found += [item.why_it_matters for item in (*rating.evidence, *rating.counter_evidence)]
        found.append(rating.what_would_raise_it)
    return [sentence for sentence in found if sentence]


def _plainly(ratings: Sequence[CompetencyRating]) -> list[str]:
    said = [
        f"{rating.name}: {LEVEL_NAMES[rating.score].lower()}, level {rating.score} of 4."
        for rating in ratings
        if rating.score is not None
    ]
    return said or ["Nothing could be rated, so there is no score."]
