"""Who is in front of the browser: one function for pages and routes, asked at every run and every request."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.core.errors import SignInRequired
from services.identity.administrators import is_administrator
from services.identity.cookies import (
    COOKIE,
    Cookies,
    GuestCookie,
    Invalid,
    SignIn,
    SignInCookie,
    cookie_secret,
    origin_of,
)
from services.identity.tokens import AccessTokens
from services.interviews.accounts import Account, Accounts
from services.settings import Settings
from services.store.tables import VisitorKind


@dataclass(frozen=True, slots=True)
class Visitor:
    id: str
    kind: VisitorKind
    email: str | None = field(default=None, repr=False)
    admin: bool = False
    address: str = field(default="", repr=False)
    """The network the visitor comes from, as quotas count it; empty where it is unknown."""
    notice: str = ""
    """One sentence about the sign-in for the page, or empty."""

    @property
    def label(self) -> str:
        if self.kind == "guest":
            return "Guest"
        return self.email or "Signed in"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A guest as an open tab last was."""

    name: str = field(repr=False)
    """In the cookie."""
    account_id: str
    at: datetime


class Identity:
    """Thread-safe. Whatever is wrong with a sign-in, its visitor is a guest with a sentence, never an error."""

    def __init__(self, settings: Settings, accounts: Accounts, tokens: AccessTokens, now: Callable[[], datetime]):
        self._settings, self._accounts, self._tokens, self._now = settings, accounts, tokens, now
        secret = cookie_secret(settings)
        self._guests = GuestCookie(secret)
        self._sign_ins = SignInCookie(secret, origin_of(settings.app_url), settings.sign_in_max_age_s)

    def issue(self) -> str:
        """A cookie value for a guest nobody has seen before."""
        return self._guests.issue()

    def guest(self, cookies: Cookies) -> str | None:
        """The guest's name in these cookies, whether or not somebody is signed in besides."""
        return self._guests.subject(cookies.get(COOKIE))

    def sign_in(self, cookies: Cookies) -> SignIn | Invalid | None:
        """What the cookies say by themselves; only `visitor` knows whether it was revoked."""
        return self._sign_ins.read(cookies, self._now()) if self._settings.sign_in_configured else None

    def visitor(self, cookies: Cookies, address: str | None = None) -> Visitor | None:
        """Whoever these cookies name; None without any that counts. `address` is the client's, as the server saw it.

        At the first request that carries a guest's cookie and a sign-in, what the guest has becomes the user's.
        Raises SignInRequired where guests are not let in.
        """
        network, guest, found = network_of(address), self.guest(cookies), self.sign_in(cookies)
        if isinstance(found, SignIn):
            account = self._accounts.signed_in(found.subject, found.email, found.signed_at, guest)
            if account is not None:
                return self._of(account, network, found)
            found = Invalid.SIGNED_OUT
        notice = found.value if found else ""
        if not self._settings.guests_enabled:
            raise SignInRequired(notice)
        return self._of(self._accounts.guest(guest, network), network, notice=notice) if guest else None

    def sighting(self, cookies: Cookies, visitor: Visitor) -> Sighting | None:
        """To be kept by a tab for `successor`; None of somebody who is signed in."""
        name = self.guest(cookies)
        return Sighting(name, visitor.id, self._now()) if name and visitor.kind == "guest" else None

    def successor(self, cookies: Cookies, seen: Sighting, address: str | None = None) -> Visitor | None:
        """The user whom an open tab's guest became when somebody signed in from another tab of the same browser.

        A tab's cookies are as old as its connection, and in a live call it must not connect anew. None where it is that
        guest still, where these are another browser's cookies, or sign-ins of that user have ended since.
        """
        if not self._settings.sign_in_configured or self.guest(cookies) != seen.name or self.sign_in(cookies):
            return None
        if (self._now() - seen.at).total_seconds() >= self._settings.sign_in_max_age_s:
            return None
        account = self._accounts.heir(seen.account_id, seen.at)
        return self._of(account, network_of(address)) if account else None

    def administrates(self, cookies: Cookies) -> bool:
        """What the cookies say by themselves, for a menu; a page asks `visitor`."""
        found = self.sign_in(cookies)
        return isinstance(found, SignIn) and is_administrator(self._settings, found)

    def bearer(self, token: str, address: str | None = None) -> Visitor | None:
        """The owner of an access token; None for one that does not exist, ran out or was revoked."""
        account = self._tokens.owner(token)
        return self._of(account, network_of(address)) if account else None

    def _of(self, account: Account, network: str, sign_in: SignIn | None = None, notice: str = "") -> Visitor:
        admin = sign_in is not None and is_administrator(self._settings, sign_in)
        email = sign_in.email if sign_in else account.email
        return Visitor(account.id, account.kind, email, admin, network, notice or account.notice)


def names_of(identity: Identity, cookies: Cookies) -> list[tuple[VisitorKind, str]]:
    """The accounts these cookies may speak for, by kind and subject, asking no database. Authorises nothing."""
    guest, found = identity.guest(cookies), identity.sign_in(cookies)
    names: list[tuple[VisitorKind, str]] = [("guest", guest)] if guest else []
    return [*names, ("user", found.subject)] if isinstance(found, SignIn) else names


def network_of(address: str | None) -> str:
    """An IPv4 address as it is, an IPv6 one as its /64: a household has that many. Empty for what is neither."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped or found.version == 4:
        return str(mapped or found)
    return str(ipaddress.ip_network((found.packed, 64), strict=False))
