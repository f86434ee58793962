"""What people add to a frozen report: a reviewer's level with a reason, a candidate's dispute. Nothing is replaced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from services.core.errors import NoteRefused
from services.core.plan.plan import Frozen
from services.core.report.rubric import LEVEL_NAMES, CompetencyRating, Evidence, Report

MAX_NOTE = 600
"""Characters of a reason or a note."""
MAX_NAME = 80
MAX_REVIEWS = 60
"""Overrides and disputes of one report."""


class Override(Frozen):
    """A reviewer's level of a competency. The report's own stays as it is, visible beside it."""

    kind: Literal["override"] = "override"
    competency_id: str
    from_level: int | None
    """The report's; None: not assessed."""
    to_level: Annotated[int, Field(ge=1, le=4)] | None
    reason: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]
    by: str
    """The visitor's id, or `link:` and the id of the link through which it was left."""
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""
    """Who the reviewer said they were; empty: the owner of the interview."""
    at: AwareDatetime


class Dispute(Frozen):
    """A candidate's note on one item of the report."""

    kind: Literal["dispute"] = "dispute"
    item_id: str
    """Of a piece of evidence, or of a competency."""
    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]
    by: str
    at: AwareDatetime


Review = Annotated[Override | Dispute, Field(discriminator="kind")]


def override(
    report: Report, competency_id: str, level: int | None, reason: str, *, by: str, at: datetime, name: str = ""
) -> Override:
    """Raises NoteRefused."""
    rating = next((rating for rating in report.competencies if rating.competency_id == competency_id), None)
    if rating is None or level not in (None, *LEVEL_NAMES):
        raise NoteRefused("There is no such competency or level in this report.")
    return Override(
        competency_id=competency_id,
        from_level=rating.score,
        to_level=level,
        reason=_note(reason, "Say in a sentence why the level should be another one."),
        by=by,
        at=at,
        name=name,
    )


def reviewer_name(text: str) -> str:
    """On one line. Raises NoteRefused when it is empty or too long."""
    name = " ".join(_storable(text).split())
    if not name:
        raise NoteRefused("Say who you are, so that your level is not nobody's.")
    if len(name) > MAX_NAME:
        raise NoteRefused(f"That name is {len(name)} characters; at most {MAX_NAME} fit.")
    return name


def dispute(report: Report, item_id: str, note: str, *, by: str, at: datetime) -> Dispute:
    """Raises NoteRefused."""
    if item_id not in disputable(report):
        raise NoteRefused("There is no such item in this report.")
    return Dispute(item_id=item_id, note=_note(note, "Say in a sentence what is wrong."), by=by, at=at)


def added(reviews: Sequence[Review], review: Review) -> tuple[Review, ...]:
    """Raises NoteRefused when there are too many."""
    if len(reviews) >= MAX_REVIEWS:
        raise NoteRefused(f"This report has {MAX_REVIEWS} notes already, and takes no more.")
    return (*reviews, review)


def disputable(report: Report) -> dict[str, str]:
    """Ids of what can be disputed, each with what it is: the competencies, and every quote under them."""
    items = {}
    for rating in report.competencies:
        items[rating.competency_id] = rating.name
        items |= {piece.id: f"{rating.name}: “{piece.quote}”" for piece in _quotes(rating)}
    return items


def latest_override(reviews: Sequence[Review], competency_id: str) -> Override | None:
    """The one that counts; earlier ones stay in the record."""
    found = [item for item in reviews if isinstance(item, Override) and item.competency_id == competency_id]
    return found[-1] if found else None


def standing_overrides(reviews: Sequence[Review], competency_id: str) -> list[Override]:
    """The last one of each reviewer, in the order in which these were written."""
    last: dict[tuple[str, str], Override] = {}
    for item in reviews:
        if isinstance(item, Override) and item.competency_id == competency_id:
            last.pop((item.by, item.name), None)
            last[item.by, item.name] = item
    return list(last.values())


def disputes_of(reviews: Sequence[Review], rating: CompetencyRating) -> list[Dispute]:
    """Of the competency or of any of its quotes, in the order in which they were written."""
    ids = {rating.competency_id, *(piece.id for piece in _quotes(rating))}
    return [item for item in reviews if isinstance(item, Dispute) and item.item_id in ids]


def exported(report: Report, reviews: Sequence[Review]) -> str:
    """JSON: the frozen report as it is, with what people added under `review`."""
    written = {
        "overrides": [item.model_dump(mode="json") for item in reviews if isinstance(item, Override)],
        "disputes": [item.model_dump(mode="json") for item in reviews if isinstance(item, Dispute)],
    }
    return json.dumps({**report.model_dump(mode="json"), "review": written}, indent=2, ensure_ascii=False)


def _quotes(rating: CompetencyRating) -> tuple[Evidence, ...]:
    return (*rating.evidence, *rating.counter_evidence)


def _note(text: str, empty: str) -> str:
    words = _storable(text).strip()
    if not words:
        raise NoteRefused(empty)
    if len(words) > MAX_NOTE:
        raise NoteRefused(f"That is {len(words)} characters; at most {MAX_NOTE} fit.")
    return words


def _storable(text: str) -> str:
    """Without what neither database can hold in a text: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="ignore").decode()
