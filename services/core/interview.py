"""The life of an interview: its states, the instant it is charged, the lease that proves somebody still holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.core.errors import InvalidTransition
from services.core.plan.plan import Pace, Plan
from services.core.report.review import Review
from services.core.report.rubric import Report
from services.core.talk.transcript import Speaker, Turn

LEASE_S = 15.0
"""A live call renews its lease every third of this; a lease that ran out belongs to a dead process."""
SETUP_KEPT_S = 24 * 3600.0
"""A plan nobody began is given up after this."""


class Status(StrEnum):
    SETUP = "setup"
    ACTIVE = "active"
    ANALYZING = "analyzing"
    COMPLETE = "complete"
    FAILED = "failed"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.SETUP: frozenset({Status.ACTIVE, Status.FAILED}),
    Status.ACTIVE: frozenset({Status.ANALYZING, Status.FAILED}),
    Status.ANALYZING: frozenset({Status.COMPLETE, Status.FAILED}),
    Status.COMPLETE: frozenset(),
    Status.FAILED: frozenset(),
}
OPEN = (Status.SETUP, Status.ACTIVE, Status.ANALYZING)
"""A visitor has at most one interview in these."""


def advance(status: Status, to: Status) -> Status:
    """Returns `to`, or raises InvalidTransition."""
    if to not in TRANSITIONS[status]:
        raise InvalidTransition(f'This interview is "{status}" and cannot become "{to}".')
    return to


def charge_due_at(started_at: datetime, free_window_s: float) -> datetime:
    return started_at + timedelta(seconds=free_window_s)


def charge_is_due(*, served_s: float, free_window_s: float, connected: bool, heard: bool) -> bool:
    """Whether a running interview is to be charged at this instant. The one rule; a call asks it until it says yes.

    `served_s`: seconds since `started_at` in which our server was awake, so that a stopped or sleeping server gives
    nobody's free time away. `connected`: the candidate sends audio now, or typed an answer just now. `heard`: a sound
    or a typed answer of theirs has reached us at least once. A debit that cannot commit at the end of the free window
    stays due and waits for the first sound, or for the return, and never happens without.
    """
    return served_s >= free_window_s and connected and heard


def credits_owed(
    *, started_at: datetime | None, at: datetime, connected: bool, charged: bool, cost: int, free_window_s: float
) -> int:
    """What is to be debited at the instant `at` of an interview that is running then, or ends then.

    Nothing before the free window is over, nothing twice, and nothing from a candidate who is away: that debit waits
    for the rejoin.
    """
    if started_at is None or charged or not connected:
        return 0
    return cost if at >= charge_due_at(started_at, free_window_s) else 0


def lapsed(status: Status, *, created_at: datetime, lease_until: datetime | None, at: datetime) -> bool:
    """True when nobody will carry this interview on: its lease ran out, or its plan waited too long."""
    if status is Status.SETUP:
        return at >= created_at + timedelta(seconds=SETUP_KEPT_S)
    return status in OPEN and (lease_until is None or at >= lease_until)


def outlasts_any(lease_until: datetime | None, at: datetime) -> bool:
    """True of a lease longer than any that is given: it was given before the clock jumped back."""
    return lease_until is not None and lease_until > at + timedelta(seconds=2 * LEASE_S)


class Interview(BaseModel):
    """One interview as it was when it was read; nothing of it changes afterwards."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    user_id: str
    payer_id: str | None = None
    """Whose credits pay where it is not the owner: the host who invited them, whose plan it is."""
    status: Status
    provider: str
    provider_model: str | None = None
    provider_conversation_id: str | None = None
    """Of the latest connection."""
    provider_conversations: tuple[tuple[str, str], ...] = ()
    """(provider, conversation id) of every connection that had one, so that they can be deleted there."""
    pace: Pace
    preset: str | None = None
    job_description: str
    plan: Plan
    plan_hash: str
    current_question_index: int = 0
    highlights: tuple[str, ...] = ()
    report: Report | None = None
    """Frozen; what people added to it stands in `reviews`."""
    reviews: tuple[Review, ...] = ()
    """In the order in which they were written."""
    label: str = ""
    """Who the candidate is, in the owner's words; empty: nobody said."""
    share_consent_at: AwareDatetime | None = None
    """When the candidate agreed that others may read the report; None: they did not, or took it back."""
    consent_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime
    started_at: AwareDatetime | None = None
    """First microphone audio the server received."""
    ended_at: AwareDatetime | None = None
    ended_by: str | None = None
    """The `CloseCause` of the call."""
    completed_at: AwareDatetime | None = None
    charge_committed_at: AwareDatetime | None = None
    duration_s: int | None = None
    lease_owner: str | None = None
    """The process that carries its call, or holds its words."""
    failure_reason: str | None = None
    """A sentence for the user. While `analyzing`: why the last attempt at a report failed."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class TurnMetrics(BaseModel):
    """What is kept of a turn: everything but its words."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: int
    """1, 2, … within the interview; a number written again replaces the earlier row."""
    speaker: Speaker
    question_id: str | None
    started_ms: int
    ended_ms: int
    words: int
    typed: bool = False
    interrupted: bool = False
    latency_ms: int | None = None
    """Ema's: end of the candidate's speech to the first sample handed out."""
    provider: str = ""
    confidence: float | None = None

    @classmethod
    def of(cls, number: int, turn: Turn, latency_ms: int | None = None) -> TurnMetrics:
        return cls(
            number=number,
            speaker=turn.speaker,
            question_id=turn.question_id,
            started_ms=turn.started_ms,
            ended_ms=turn.ended_ms,
            words=turn.word_count,
            typed=turn.typed,
            interrupted=turn.interrupted,
            latency_ms=latency_ms,
            provider=turn.provider,
            confidence=turn.confidence,
        )
