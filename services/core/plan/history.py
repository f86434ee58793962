"""What a candidate's earlier interviews tell the planner. Rating never sees it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from services.core.plan.bank import bank
from services.core.plan.plan import Level, Plan, Question
from services.core.plan.taxonomy import mentions

_ABOVE = {Level.MID: Level.SENIOR, Level.SENIOR: Level.STAFF, Level.STAFF: Level.STAFF}


@dataclass(frozen=True, slots=True)
class History:
    asked: frozenset[str] = frozenset()
    """Template ids of questions that are not to be asked again where there are others."""
    raised: frozenset[str] = frozenset()
    """Keys of the bank's competencies whose questions start one level higher."""
    asked_before: tuple[str, ...] = ()
    """Some of the questions asked, in words; for a text model, which knows no template ids."""

    def __bool__(self) -> bool:
        return bool(self.asked or self.raised)

    @property
    def one_level_up(self) -> tuple[str, ...]:
        """Names of the competencies that are raised."""
        return tuple(bank().competencies[key].name for key in sorted(self.raised))

    def level_for(self, competency: str, level: Level) -> Level:
        """At which level a role of this level is asked about the competency."""
        return _ABOVE[level] if competency in self.raised else level

    def changes(self, plan: Plan) -> bool:
        """Whether this plan would be another one with this history."""
        return any(
            question.template_id in self.asked or kind_asked(question) in self.raised for question in plan.questions
        )

    def beside(self, plan: Plan) -> History:
        """The same, with the questions of this plan that were asked, in words."""
        texts = tuple(question.text for question in plan.questions if question.template_id in self.asked)
        return replace(self, asked_before=texts)


NO_HISTORY = History()


def kind_asked(question: Question) -> str | None:
    """The key of the bank's competency that a question is about; None where it can be put to none."""
    if cluster := bank().clusters_by_template.get(question.template_id):
        return cluster.competency
    named = Counter(found.cluster.competency for found in mentions(f"{question.jd_phrase} {question.text}"))
    return max(named, key=named.__getitem__, default=None)
