"""From a job description to an interview in `setup`, and the changes to its questions before it begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from services.analyst.rules import Analyst, Progress, silent
from services.core.errors import ChoiceRefused, ConsentMissing, InterviewAlreadyOpen, InvalidTransition
from services.core.interview import Interview, Status
from services.core.plan.bank import samples
from services.core.plan.plan import Pace, Plan, Question
from services.interviews.lifecycle import Lifecycle
from services.memory.memories import Memories
from services.store.store import InterviewRow, Store

log = structlog.get_logger(__name__)

Voices = Callable[[str], bool]
"""Whether an interview may be prepared with the voice of this key."""


def any_voice(_key: str) -> bool:
    return True


def plan_columns(plan: Plan) -> dict[str, Any]:
    content = plan.model_dump(mode="json")
    return {
        "plan": content,
        "plan_hash": plan.plan_hash,
        "questions": content["questions"],
        "experience_level": plan.level,
        "domain_track": plan.domain,
    }


class Preparation:
    """Thread-safe. `now` is the server's clock, aware."""

    def __init__(
        self,
        store: Store,
        analyst: Analyst,
        lifecycle: Lifecycle,
        memories: Memories,
        now: Callable[[], datetime],
        voices: Voices = any_voice,
    ) -> None:
        self._store, self._analyst, self._lifecycle, self._now = store, analyst, lifecycle, now
        self._memories, self._voices = memories, voices

    def prepare(
        self,
        user_id: str,
        *,
        job_description: str,
        provider: str,
        pace: Pace,
        consent: bool,
        preset: str | None = None,
        progress: Progress = silent,
    ) -> Interview:
        """Makes the plan, outside of any transaction, and the interview in `setup`.

        Raises ConsentMissing, ChoiceRefused, InterviewAlreadyOpen, InsufficientCredit, or what the analyst refuses the
        text with. Nothing is taken on trust because a page offers nothing else: a browser may send anything.
        """
        if not consent:
            raise ConsentMissing
        self._check(provider, pace, preset)
        consent_at = self._now()
        with self._store.read() as db:
            if known := db.find_open_interview(user_id):
                raise InterviewAlreadyOpen(known.id)
            self._lifecycle.require_credit(db, user_id)
        plan, plan_key = self._plan(user_id, job_description, progress)
        row = InterviewRow(
            id=uuid.uuid4().hex,
            user_id=user_id,
            status=Status.SETUP,
            provider=provider,
            pace=pace,
            preset=preset,
            plan_key=plan_key if plan.made_by == self._analyst.label else None,
            # What neither database can hold in a text: NUL, and halves of surrogate pairs.
            job_description=job_description.replace("\0", "").encode(errors="ignore").decode(),
            consent_at=consent_at,
            created_at=self._now(),
            updated_at=self._now(),
            **plan_columns(plan),
        )
        with self._store.write() as db:
            db.add_interview(row)
            log.info("interview prepared", interview_id=row.id, user_id=user_id, provider=provider)
            return row.detached()

    def _plan(self, user_id: str, job_description: str, progress: Progress) -> tuple[Plan, str | None]:
        """The plan, and the key under which others get it too."""
        plan_key, history = self._analyst.plan_key(job_description), self._memories.history(user_id)
        known = self._find_plan(plan_key)
        if known and not history.changes(known):
            progress("This job description has a plan already: whoever applies gets the same questions.")
            return known, plan_key
        if history:
            progress("Asking what you were not asked before, as you chose to be remembered.")
            return self._analyst.plan(job_description, progress, history.beside(known) if known else history), None
        return self._analyst.plan(job_description, progress), plan_key

    def revise_plan(self, user_id: str, interview_id: str, questions: tuple[Question, ...]) -> Interview:
        """In `setup` only, else InvalidTransition. Raises PlanInvalid."""
        with self._lifecycle.change(interview_id, user_id) as (_, row):
            if row.status != Status.SETUP:
                raise InvalidTransition("The questions can only be changed before the interview begins.")
            if row.payer_id is not None:
                raise InvalidTransition("You were invited to these questions; everybody gets the same.")
            plan = Plan.model_validate(row.plan).revised(questions)
            for column, value in plan_columns(plan).items():
                setattr(row, column, value)
            row.plan_key = None
            return row.detached()

    def _check(self, provider: str, pace: str, preset: str | None) -> None:
        if not self._voices(provider):
            raise ChoiceRefused("This voice is not set up here. Choose one of those that the page offers.")
        if pace not in list(Pace):
            raise ChoiceRefused("There is no such pace. Choose one of those that the page offers.")
        if preset not in (None, *(sample.key for sample in samples())):
            raise ChoiceRefused("There is no such sample text. Choose one of those that the page offers.")

    def _find_plan(self, plan_key: str | None) -> Plan | None:
        """As it was made for another interview with this key, unedited; that one bears its cost."""
        if plan_key is None:
            return None
        with self._store.read() as db:
            content = db.find_plan(plan_key)
            return None if content is None else Plan.model_validate({**content, "bill": None})
