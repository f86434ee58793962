"""The interview plan: what is asked, why, and for how long; frozen under a hash so that two candidates get the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.core.errors import PlanInvalid
from services.core.report.fairness import prying_words
from services.core.report.injection import addresses_the_rater
from services.core.usage import Bill

MAX_FOLLOW_UPS = 2
QUESTION_CHARACTERS = (10, 600)
FOLLOW_UP_CHARACTERS = (5, 400)
QUESTION_SECONDS = (60, 240)
QUESTION_COUNT = (1, 10)
"""After a user's edits; a fresh plan has 6 to 10."""
TALK_SECONDS = 810
"""Sum of question seconds that fits 15 minutes with greeting and wrap-up."""
STEP_S = 5
"""Seconds of a question are a multiple of this."""


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


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Skill(Frozen):
    name: str
    """From the taxonomy, e.g. "PostgreSQL"."""
    jd_phrase: str
    """The job description's own words."""


class Competency(Frozen):
    id: str
    """c1, c2, …"""
    name: str
    anchors: tuple[str, str, str, str]
    """What levels 1 to 4 look like for this competency."""


class Question(Frozen):
    id: str
    """q1, q2, …; kept when questions are reordered."""
    text: Annotated[str, Field(min_length=QUESTION_CHARACTERS[0], max_length=QUESTION_CHARACTERS[1])]
    purpose: str
    competency_id: str
    jd_phrase: str
    """The words of the job description it came from; empty for a question that somebody added."""
    follow_ups: Annotated[tuple[str, ...], Field(max_length=MAX_FOLLOW_UPS)] = ()
    seconds: Annotated[int, Field(ge=QUESTION_SECONDS[0], le=QUESTION_SECONDS[1])]
    template_id: str = ""
    """Of what the planner wrote, whatever words it was edited to since; empty for a question that somebody added."""


class Plan(Frozen):
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
    bill: Bill | None = None
    """None: no text model was asked for this interview's plan."""

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
        content = self.model_dump(
            mode="json",
            exclude={"made_by": True, "notices": True, "bill": True, "questions": {"__all__": {"template_id"}}},
        )
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def question(self, question_id: str) -> Question:
        """Raises KeyError."""
        return {question.id: question for question in self.questions}[question_id]

    def revised(self, questions: tuple[Question, ...]) -> Plan:
        """The same plan with these questions (edited, reordered, dropped, added); unused competencies stay.

        Raises PlanInvalid with a sentence for the user.
        """
        if not questions:
            raise PlanInvalid("Keep at least one question.")
        if len(questions) > QUESTION_COUNT[1]:
            raise PlanInvalid(f"A plan has at most {QUESTION_COUNT[1]} questions. Drop one first.")
        known = {question.id: question for question in self.questions}
        for question in questions:
            _check(question, known.get(question.id))
        total = sum(question.seconds for question in questions)
        if total > TALK_SECONDS:
            raise PlanInvalid(
                f"These questions need {total // 60} min {total % 60} s; "
                f"{TALK_SECONDS // 60} min {TALK_SECONDS % 60} s fit into the call."
            )
        try:
            return Plan.model_validate({**self.model_dump(), "questions": [q.model_dump() for q in questions]})
        except ValueError as error:
            raise PlanInvalid("The edited plan is not valid. Reload the page to see it as it was last kept.") from error


def template_id(text: str) -> str:
    """Names a question by what it was written as, in 16 hexadecimal digits."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()[:16]


def fit_seconds(wanted: Sequence[int]) -> list[int]:
    """In the proportions wanted, within the bounds of a question, and as much of the interview as fits."""
    least, most = QUESTION_SECONDS
    bounded = [min(most, max(least, seconds)) for seconds in wanted]
    scale = TALK_SECONDS / sum(bounded)
    fitted = [min(most, max(least, int(seconds * scale) // STEP_S * STEP_S)) for seconds in bounded]
    while sum(fitted) > TALK_SECONDS:
        fitted[fitted.index(max(fitted))] -= STEP_S
    return fitted


def added_question(plan: Plan, text: str, competency_id: str, seconds: int, taken: Collection[str]) -> Question:
    """A question of somebody's own for this plan, under an id that is not among those taken. Raises PlanInvalid."""
    if competency_id not in [competency.id for competency in plan.competencies]:
        raise PlanInvalid("Choose what the answer shows: one of the competencies of this plan.")
    text = " ".join(text.split())
    _check_lengths(text, ())
    number = next(number for number in range(1, len(taken) + 2) if f"q{number}" not in taken)
    return Question(
        id=f"q{number}",
        text=text,
        purpose="Added by whoever prepared this interview.",
        competency_id=competency_id,
        jd_phrase="",
        seconds=seconds,
    )


def _check(question: Question, before: Question | None) -> None:
    """Edited words obey the rules of written ones; those that stood there before may quote the job description."""
    _check_lengths(question.text.strip(), question.follow_ups)
    allowed = {before.text, *before.follow_ups} if before else set()
    quoted = " ".join((*allowed, question.jd_phrase)).casefold()
    for text in (question.text, *question.follow_ups):
        word = prying_words(text)
        if text not in allowed and word and word.casefold() not in quoted:
            raise PlanInvalid(
                f"Leave out “{word}”: questions are about the work alone, never about who somebody is, how they feel"
                " or how they sound."
            )
        if text not in allowed and addresses_the_rater(text):
            raise PlanInvalid("A question is put to the candidate; leave out what it tells the interviewer to do.")


def _check_lengths(text: str, follow_ups: tuple[str, ...]) -> None:
    least, most = QUESTION_CHARACTERS
    if not least <= len(text) <= most:
        raise PlanInvalid(f"Each question needs between {least} and {most} characters.")
    least, most = FOLLOW_UP_CHARACTERS
    if len(follow_ups) > MAX_FOLLOW_UPS or not all(least <= len(text.strip()) <= most for text in follow_ups):
        raise PlanInvalid(f"A follow-up needs between {least} and {most} characters, or none at all.")
