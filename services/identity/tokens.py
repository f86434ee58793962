"""Access tokens: what a program shows to read its owner's reports. Kept as a hash; the secret is shown once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.core.errors import TokenRefused
from services.core.sharing import READ_REPORTS
from services.interviews.accounts import Account
from services.interviews.secret_tokens import digest, new_token
from services.store.store import Store
from services.store.tables import AccessToken

PREFIX = "syx_"
LIFE = timedelta(days=90)
MOST = 10
USE_NOTED = timedelta(minutes=1)
"""How exactly the last use is kept: a program that polls does not write each time."""
LABEL_CHARACTERS = 60


@dataclass(frozen=True)
class KnownToken:
    """Everything about a token but the token."""

    id: str
    label: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class ShownToken:
    """What a token that somebody showed is good for."""

    account: Account
    scope: str


class AccessTokens:
    """Thread-safe. For signed-in visitors only: a guest's cookie is no account to act for."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def make(self, user_id: str, label: str) -> str:
        """The token, the only time it can be seen. Raises TokenRefused without a name, or with too many tokens."""
        label = " ".join(label.split())[:LABEL_CHARACTERS]
        if not label:
            raise TokenRefused("Give the token a name, so that you know later which program has it.")
        token, now = new_token(PREFIX), self._now()
        with self._store.write() as db:
            db.lock_user(user_id)
            if db.get_user(user_id).kind != "user":
                raise TokenRefused("Access tokens are for people who are signed in.")
            if len(db.list_tokens(user_id)) >= MOST:
                raise TokenRefused(f"You have {MOST} access tokens, which is the most. Revoke one first.")
            db.add(
                AccessToken(
                    id=uuid.uuid4().hex,
                    user_id=user_id,
                    label=label,
                    secret_sha256=digest(token),
                    scope=READ_REPORTS,
                    created_at=now,
                    expires_at=now + LIFE,
                )
            )
        return token

    def list(self, user_id: str) -> list[KnownToken]:
        """Newest first."""
        with self._store.read() as db:
            return [
                KnownToken(row.id, row.label, row.created_at, row.expires_at, row.last_used_at)
                for row in db.list_tokens(user_id)
            ]

    def revoke(self, user_id: str, token_id: str) -> None:
        """Nothing happens to another visitor's token."""
        with self._store.write() as db:
            db.delete_tokens(user_id, token_id)

    def owner(self, token: str) -> Account | None:
        """Whose reports this token reads; None when it is unknown, ran out, was revoked, or is for something else."""
        found = self.find(token)
        return found.account if found and found.scope == READ_REPORTS else None

    def find(self, token: str) -> ShownToken | None:
        """None when it is unknown, ran out or was revoked."""
        if not token.startswith(PREFIX):
            return None
        now = self._now()
        with self._store.read() as db:
            row = db.find_token(digest(token))
            if row is None or row.expires_at <= now:
                return None
            user = db.get_user(row.user_id)
            account = Account(user.id, user.subject, "user", user.email)
            scope = row.scope
            noted = row.last_used_at is not None and now - row.last_used_at < USE_NOTED
        if not noted:
            with self._store.write() as db:
                if row := db.find_token(digest(token)):
                    row.last_used_at = now
        return ShownToken(account, scope)
