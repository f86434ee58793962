"""A one-time link that lets somebody take an interview at its host's cost, with the host's plan."""

from __future__ import annotations

from pydantic import AwareDatetime

from services.core.errors import LinkRefused
from services.core.plan.plan import Frozen, Plan

INVITE_DAYS = 14
MAX_INVITES = 50
"""Invitations of one host that wait to be taken."""


class Invitation(Frozen):
    """Everything about an invitation but its token."""

    id: str
    host_id: str
    label: str
    """Who is invited, in the host's words."""
    plan: Plan
    provider: str
    """Whose voice Ema has."""
    created_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    taken_at: AwareDatetime | None = None
    interview_id: str | None = None
    """The interview that was made of it; it may have been deleted since."""

    def require_open(self, at: AwareDatetime) -> None:
        """Raises LinkRefused."""
        if self.taken_at is not None:
            raise LinkRefused("This invitation was taken already: it is for one interview. Ask for a new one.")
        if self.revoked_at is not None:
            raise LinkRefused("This invitation was taken back by whoever sent it.")
        if at >= self.expires_at:
            raise LinkRefused("This invitation has expired. Ask whoever sent it for a new one.")

    def is_open(self, at: AwareDatetime) -> bool:
        return self.taken_at is None and self.revoked_at is None and at < self.expires_at
