"""Who is in front of the browser: a guest is a signed, http-only cookie, the same for pages and routes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from services.settings import Settings

COOKIE = "syntaxia_visitor"
COOKIE_MAX_AGE_S = 365 * 24 * 3600


class Identity:
    """Issues and reads visitor cookies. A changed or foreign cookie is no visitor, never an error."""

    def __init__(self, secret: str) -> None:
        self._signer = URLSafeSerializer(secret, salt=COOKIE)

    def issue(self) -> str:
        """A cookie value for a guest nobody has seen before."""
        return str(self._signer.dumps(secrets.token_urlsafe(18)))

    def subject(self, cookie: str | None) -> str | None:
        """The guest's stable name, or None when the cookie is missing or was not signed by us."""
        if not cookie:
            return None
        try:
            value = self._signer.loads(cookie)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None


def cookie_secret(settings: Settings) -> str:
    """The operator's secret, or one made at first use and kept with the data, so that a restart keeps its visitors."""
    if settings.cookie_secret is not None:
        return settings.cookie_secret.get_secret_value()
    path = Path(settings.var_dir) / "cookie.key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start together one writes and both read the same key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text()
