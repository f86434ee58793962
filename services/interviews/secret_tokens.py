"""Secrets that are given away once and kept as a hash: access tokens, links to reports, invitations."""

from __future__ import annotations

import hashlib
import secrets


def new_token(prefix: str) -> str:
    """256 random bits. The prefix lets a scanner for leaked secrets recognise what it found."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    # The token is random and long: there is nothing to guess that a slow hash would protect.
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
