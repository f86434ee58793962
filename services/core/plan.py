"""The interview plan: what is asked, why, and for how long; frozen under a hash so that two candidates get the same."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.core.errors import PlanInvalid

MAX_FOLLOW_UPS = 2
QUESTION_SECONDS = (60, 240)
QUESTION_COUNT = (1, 10)
"""After a user's edits; a fresh plan has 5 to 8."""
TALK_SECONDS = 810
"""Sum of question seconds that fits 15 minutes with greeting and wrap-up."""


class Level(StrEnum):
    MID = "mid"
    SENIOR = "senior"
    STAFF = "staff"


class Domain(StrEnum):
    WEB = "web"
    INFRASTRUCTURE = "infrastructure"
    ANALYTICS = "analytics"
    EDGE = "edge"


class Pace(StrEnum):
    """How long Ema waits before she takes a pause for the end of an answer."""

    PATIENT = "patient"
    NORMAL = "normal"
    BRISK = "brisk"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Skill(_Frozen):
    name: str
    """From the taxonomy, e.g. "PostgreSQL"."""
    jd_phrase: str
    """The job description's own words."""


class Competency(_Frozen):
    id: str
    """c1, c2, …"""
    name: str
    anchors: tuple[str, str, str, str]
    """What levels 1 to 4 look like for this competency."""


class Question(_Frozen):
    id: str
    """q1, q2, …; kept when questions are reordered."""
    text: Annotated[str, Field(min_length=10, max_length=600)]
    purpose: str
    competency_id: str
    jd_phrase: str
    """The words of the job description it came from."""
    follow_ups: Annotated[tuple[str, ...], Field(max_length=MAX_FOLLOW_UPS)] = ()
    seconds: Annotated[int, Field(ge=QUESTION_SECONDS[0], le=QUESTION_SECONDS[1])]


class Plan(_Frozen):
    role_title: str
    level: Level
    domain: Domain
    skills: tuple[Skill, ...]
    competencies: Annotated[tuple[Competency, ...], Field(min_length=1, max_length=5)]
    questions: Annotated[tuple[Question, ...], Field(min_length=QUESTION_COUNT[0], max_length=QUESTION_COUNT[1])]
    made_by: str
    """What wrote it, for people: "rule-based, offline" or a model's name."""
    notices: tuple[str, ...] = ()
    """Sentences the user should read before beginning."""

    @model_validator(mode="after")
    def _consistent(self) -> Plan:
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise ValueError("two questions share an id")
        known = {competency.id for competency in self.competencies}
        if any(question.competency_id not in known for question in self.questions):
            raise ValueError("a question belongs to no competency of the plan")
        if self.seconds > TALK_SECONDS:
            raise ValueError(f"the questions take {self.seconds} s; {TALK_SECONDS} s fit into 15 minutes")
        return self

    @property
    def seconds(self) -> int:
        return sum(question.seconds for question in self.questions)

    @property
    def plan_hash(self) -> str:
        """SHA-256 of what a candidate is asked and rated by; the same for equal plans whatever made them."""
        content = self.model_dump(mode="json", exclude={"made_by", "notices"})
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def question(self, question_id: str) -> Question:
        """Raises KeyError."""
        return {question.id: question for question in self.questions}[question_id]

    def revised(self, questions: tuple[Question, ...]) -> Plan:
        """The same plan with these questions (edited, reordered, dropped); unused competencies stay.

        Raises PlanInvalid with a sentence for the user.
        """
        if not questions:
            raise PlanInvalid("Keep at least one question.")
        for question in questions:
            if not 10 <= len(question.text.strip()) <= 600:
                raise PlanInvalid("Each question needs between 10 and 600 characters.")
        total = sum(question.seconds for question in questions)
        if total > TALK_SECONDS:
            raise PlanInvalid(
                f"These questions need {total // 60} min {total % 60} s; "
                f"{TALK_SECONDS // 60} min {TALK_SECONDS % 60} s fit into the call."
            )
        try:
            return Plan.model_validate({**self.model_dump(), "questions": [q.model_dump() for q in questions]})
        except ValueError as error:
            raise PlanInvalid("The edited plan is not valid. Undo the last change and try again.") from error
