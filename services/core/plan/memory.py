"""What is remembered of an interview for the next one: ids of closed lists, numbers and dates, nobody's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.core.plan.bank import bank
from services.core.plan.history import History, kind_asked
from services.core.plan.plan import Plan
from services.core.report.rubric import Coverage, Report

MemoryKind = Literal["question", "topic"]
SOLID = 3
"""The level that counts towards a higher start."""
TIMES = 2
"""In how many interviews it must have been reached."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing to remember of an interview."""

    kind: MemoryKind
    subject: str
    """A question's template id, or the key of one of the bank's competencies."""
    number: int | None = None
    """A competency's level, 1 to 4."""


class Memory(BaseModel):
    """One thing remembered."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    interview_id: str
    kind: MemoryKind
    subject: str
    number: int | None
    created_at: AwareDatetime

    @property
    def counts(self) -> bool:
        """Towards a higher start."""
        return self.kind == "topic" and (self.number or 0) >= SOLID


def learned(plan: Plan, report: Report) -> list[Lesson]:
    """The questions that were put, and the level of each of the bank's competencies that has one."""
    put = {item.question_id for item in report.coverage if item.status is not Coverage.NOT_REACHED}
    asked = dict.fromkeys(item.template_id for item in plan.questions if item.id in put and item.template_id)
    levels: dict[str, int] = {}
    for rating in report.competencies:
        kinds = Counter(kind_asked(item) for item in plan.questions if item.competency_id == rating.competency_id)
        kind = max(kinds, key=kinds.__getitem__, default=None)
        if kind is not None and rating.score is not None:
            levels[kind] = min(rating.score, levels.get(kind, rating.score))
    return [
        *(Lesson("question", subject) for subject in asked),
        *(Lesson("topic", key, level) for key, level in levels.items()),
    ]


def history_of(memories: Iterable[Memory]) -> History:
    """What the next plan makes of it."""
    known = list(memories)
    solid = Counter(memory.subject for memory in known if memory.counts)
    raised = frozenset(key for key, times in solid.items() if times >= TIMES and key in bank().competencies)
    return History(frozenset(memory.subject for memory in known if memory.kind == "question"), raised)
