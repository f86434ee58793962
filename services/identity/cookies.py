"""The two cookies a visitor is known by: the guest's, which is ours, and the sign-in, which Streamlit writes."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from services.settings import Settings

COOKIE = "syntaxia_visitor"
COOKIE_MAX_AGE_S = 365 * 24 * 3600
SIGN_IN_COOKIE = "_streamlit_user"
"""Streamlit 1.67: `URLSafeTimedSerializer(cookie_secret, salt=<cookie's name>)` over the id token's claims."""
CALLBACK_PATH = "/oauth2callback"
MAX_CHUNKS = 32

Cookies = Mapping[str, str]


class GuestCookie:
    """Issues and reads guests' cookies. A changed or foreign cookie is no guest, never an error."""

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


class Invalid(StrEnum):
    """Why a sign-in does not count; the visitor is a guest then, and reads the sentence once."""

    EXPIRED = "Your sign-in has expired, so you are here as a guest. Nothing is lost: sign in again."
    UNREADABLE = "Your sign-in could not be verified, so you are here as a guest. Sign in again."
    SIGNED_OUT = "You signed out in every browser, so you are here as a guest."


@dataclass(frozen=True)
class SignIn:
    """What the identity provider vouched for, at one instant."""

    subject: str = field(repr=False)
    """`<issuer>|<sub>`: stable, unlike an address."""
    email: str | None = field(repr=False)
    """Verified by the provider, case-folded; else None."""
    claims: Mapping[str, Any] = field(repr=False)
    signed_at: datetime


class SignInCookie:
    """Reads what `st.login` wrote, for pages and routes alike, and adds what Streamlit does not check: an age."""

    def __init__(self, secret: str, origin: str, max_age_s: float) -> None:
        self._secret, self._origin, self._max_age = secret, origin, timedelta(seconds=max_age_s)

    def read(self, cookies: Cookies, at: datetime) -> SignIn | Invalid | None:
        """None without a cookie. Never raises: whatever is wrong with the cookie makes the visitor a guest."""
        if SIGN_IN_COOKIE not in cookies:
            return None
        try:
            text, signed_at = self._joined(cookies)
            claims = json.loads(text)
            subject = f"{claims['iss']}|{claims['sub']}"
            if not claims["is_logged_in"] or claims["origin"] != self._origin:
                return Invalid.UNREADABLE
        except (BadSignature, ValueError, KeyError, TypeError):
            return Invalid.UNREADABLE
        if at - signed_at > self._max_age:
            return Invalid.EXPIRED
        return SignIn(subject, verified_email(claims), claims, signed_at)

    def _joined(self, cookies: Cookies) -> tuple[str, datetime]:
        """A large value is split: the cookie says `chunks-N`, and `<name>_1` … `<name>_N` hold the parts."""
        text, signed_at = self._loads(cookies, SIGN_IN_COOKIE)
        if not text.startswith("chunks-"):
            return text, signed_at
        count = int(text.removeprefix("chunks-"))
        if not 0 < count <= MAX_CHUNKS:
            raise ValueError("a cookie in more parts than a browser keeps")
        parts = [self._loads(cookies, f"{SIGN_IN_COOKIE}_{number}")[0] for number in range(1, count + 1)]
        return "".join(parts), signed_at

    def _loads(self, cookies: Cookies, name: str) -> tuple[str, datetime]:
        signer = URLSafeTimedSerializer(self._secret, salt=name)
        value, signed_at = signer.loads(cookies[name], return_timestamp=True)
        if not isinstance(value, str):
            raise TypeError
        return value, signed_at.astimezone(UTC)


def verified_email(claims: Mapping[str, Any]) -> str | None:
    """An address counts only where the provider says that it verified it."""
    email = claims.get("email")
    return email.strip().casefold() if isinstance(email, str) and claims.get("email_verified") is True else None


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def streamlit_secrets(settings: Settings, secret: str) -> dict[str, Any] | None:
    """What `st.App` needs for `st.login`; None where no provider is configured. Tables only: Streamlit copies
    top-level strings into the environment."""
    if not settings.sign_in_configured:
        return None
    assert settings.oidc_client_secret is not None
    return {
        "auth": {
            "redirect_uri": settings.app_url.rstrip("/") + CALLBACK_PATH,
            "cookie_secret": secret,
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url,
        }
    }


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
