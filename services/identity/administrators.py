"""Who runs this house: an allow-list in the settings, asked at each request. Nobody, where it is empty."""

from __future__ import annotations

from services.identity.cookies import SignIn
from services.settings import Settings


def is_administrator(settings: Settings, sign_in: SignIn) -> bool:
    """By verified address (`ADMIN_EMAILS`), or by a claim that holds a value (`ADMIN_CLAIM=groups:admins`)."""
    emails = {email.strip().casefold() for email in settings.admin_emails.split(",") if email.strip()}
    name, _, wanted = settings.admin_claim.partition(":")
    held = sign_in.claims.get(name) if name and wanted else None
    values = held if isinstance(held, list) else [held]
    return (sign_in.email is not None and sign_in.email in emails) or (bool(wanted) and wanted in values)
