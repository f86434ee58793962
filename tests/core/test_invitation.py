"""An invitation is good once, for a while, and until it is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.core.errors import LinkRefused
from services.core.invitation import INVITE_DAYS, Invitation
from tests.stage import PLAN

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
END = AT + timedelta(days=INVITE_DAYS)
INVITATION = Invitation(id="v1", host_id="u1", label="", plan=PLAN, provider="offline", created_at=AT, expires_at=END)


@pytest.mark.parametrize(
    ("at", "changes", "refusal"),
    [
        (AT, {}, ""),
        (END - timedelta(seconds=1), {}, ""),
        (END, {}, "expired"),
        (AT, {"revoked_at": AT}, "taken back"),
        (AT, {"taken_at": AT}, "taken already"),
        (END, {"taken_at": AT, "revoked_at": AT}, "taken already"),
    ],
)
def test_an_invitation_is_good_once_and_for_a_while(at: datetime, changes: dict[str, datetime], refusal: str) -> None:
    invitation = INVITATION.model_copy(update=changes)

    said = ""
    try:
        invitation.require_open(at)
    except LinkRefused as error:
        said = error.sentence

    assert refusal in said
    assert bool(said) is not invitation.is_open(at)
