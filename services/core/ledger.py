"""Credits: an append-only list of entries whose sum is the balance, which is never below zero.

Each entry has a key that exists once, so writing the same entry again changes nothing. When a debit is due says
`charge_is_due` in `services/core/interview.py`: after the free window, from a candidate who is connected and was heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from services.core.errors import InsufficientCredit


class EntryKind(StrEnum):
    GRANT = "grant"
    DEBIT = "debit"
    REFUND = "refund"
    ADJUST = "adjust"


class LedgerEntry(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    amount: int
    """Credits: negative for a debit, positive for a grant or refund, either for an adjustment; never 0."""
    kind: EntryKind
    key: str
    """Unique in the whole ledger, e.g. `debit:<interview id>`."""
    reason: str
    """A sentence for the user; holds nothing of the interview's content, because it outlives it."""
    interview_id: str | None = None
    created_at: AwareDatetime

    @model_validator(mode="after")
    def _signed(self) -> LedgerEntry:
        negative_ok = self.kind in (EntryKind.DEBIT, EntryKind.ADJUST)
        positive_ok = self.kind is not EntryKind.DEBIT
        if not ((self.amount < 0 and negative_ok) or (self.amount > 0 and positive_ok)):
            raise ValueError(f"a {self.kind} of {self.amount} credits makes no sense")
        return self


def balance(entries: Iterable[LedgerEntry]) -> int:
    return sum(entry.amount for entry in entries)


def debit_key(interview_id: str) -> str:
    return f"debit:{interview_id}"


def signup_grant(user_id: str, amount: int, at: datetime) -> LedgerEntry:
    return LedgerEntry(
        amount=amount,
        kind=EntryKind.GRANT,
        key=f"grant:signup:{user_id}",
        reason="Welcome credits.",
        created_at=at,
    )


def debit(interview_id: str, cost: int, at: datetime) -> LedgerEntry:
    return LedgerEntry(
        amount=-cost,
        kind=EntryKind.DEBIT,
        key=debit_key(interview_id),
        reason="Interview with Ema, charged when the free time was over.",
        interview_id=interview_id,
        created_at=at,
    )


def refund(charged: LedgerEntry, reason: str, at: datetime) -> LedgerEntry:
    """Gives back what this debit took; `reason` is the sentence the user reads."""
    return LedgerEntry(
        amount=-charged.amount,
        kind=EntryKind.REFUND,
        key=f"refund:{charged.interview_id}",
        reason=f"Refund: {reason}",
        interview_id=charged.interview_id,
        created_at=at,
    )


def adjustment(user_id: str, amount: int, number: int, reason: str, at: datetime) -> LedgerEntry:
    """An operator's correction; `number` tells a user's adjustments apart."""
    return LedgerEntry(
        amount=amount, kind=EntryKind.ADJUST, key=f"adjust:{user_id}:{number}", reason=reason, created_at=at
    )


def require_cover(balance_credits: int, entry: LedgerEntry) -> None:
    """Raises InsufficientCredit when the entry would take the balance below zero."""
    if balance_credits + entry.amount < 0:
        raise InsufficientCredit(balance_credits, -entry.amount)


def post(entries: tuple[LedgerEntry, ...], entry: LedgerEntry) -> tuple[LedgerEntry, ...]:
    """The ledger with this entry in it, once. Raises InsufficientCredit; earlier entries never change."""
    if any(known.key == entry.key for known in entries):
        return entries
    require_cover(balance(entries), entry)
    return (*entries, entry)
