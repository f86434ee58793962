"""Who is there, from the two cookies: every wrong sign-in is a guest, and what a guest has becomes the user's."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer
from pydantic import SecretStr

from services.core.errors import SignInRequired
from services.core.interview import Status
from services.core.ledger import EntryKind
from services.core.usage import Spending
from services.identity.cookies import COOKIE, SIGN_IN_COOKIE, Invalid
from services.identity.tokens import AccessTokens
from services.identity.visitor import Identity, Visitor, network_of
from services.interviews.accounts import Accounts
from services.settings import Settings
from services.store.store import Store
from services.wiring import spent_by_guests
from tests.clock import Clock
from tests.stage import COST, GRANT, WINDOW_S, Stage

SECRET, URL = "a secret of thirty-two characters", "http://localhost:8501"
OIDC = {
    "oidc_client_id": "app",
    "oidc_client_secret": SecretStr("s"),
    "oidc_metadata_url": "https://okta.example/.well-known/openid-configuration",
}
OKTA = {"iss": "https://okta.example", "sub": "00u1", "email": "Ada@Example.com", "email_verified": True}
ENTRA = {"iss": "https://login.example/tenant/v2.0", "sub": "pairwise", "preferred_username": "ada@example.com"}


class Front:
    """An application where people can sign in, and what a browser sends it."""

    def __init__(self, store: Store, clock: Clock, **settings: Any) -> None:
        self.settings = Settings(
            cookie_secret=SecretStr(SECRET),
            app_url=URL,
            **{**OIDC, "signup_credits": GRANT, "interview_cost_credits": COST, **settings},
        )
        self.stage = Stage(store, clock)
        self.accounts = Accounts(store, self.settings, clock.now, pepper=SECRET)
        self.clock = clock
        self.tokens = AccessTokens(store, clock.now)
        self.identity = Identity(self.settings, self.accounts, self.tokens, clock.now)
        self.guest = {COOKIE: self.identity.issue()}

    def signed(self, claims: dict[str, Any] = OKTA, at: datetime | None = None, **changed: Any) -> dict[str, str]:
        """The cookie Streamlit writes after a sign-in at this instant."""
        content = {**claims, "origin": URL, "is_logged_in": True, "provider": "default", **changed}
        return signed(SIGN_IN_COOKIE, json.dumps(content), at or self.clock.now())

    def see(self, *cookies: dict[str, str], address: str = "203.0.113.7") -> Visitor:
        merged = {name: value for some in cookies for name, value in some.items()}
        found = self.identity.visitor(merged, address)
        assert found
        return found

    def kinds(self, visitor: Visitor) -> list[tuple[EntryKind, int]]:
        return [(entry.kind, entry.amount) for entry in self.accounts.ledger(visitor.id)]


def signed(name: str, text: str, at: datetime, secret: str = SECRET) -> dict[str, str]:
    serializer = URLSafeTimedSerializer(secret, salt=name)
    signer = serializer.make_signer(name.encode())
    signer.get_timestamp = lambda: int(at.timestamp())  # type: ignore[attr-defined]
    payload = serializer.dump_payload(text)
    return {name: signer.sign(payload).decode()}


@pytest.fixture
def front(db: Store, clock: Clock) -> Front:
    return Front(db, clock)


# --- cookies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claims", "email"), [(OKTA, "ada@example.com"), (ENTRA, None)])
def test_claims_of_two_providers_name_a_user(front: Front, claims: dict[str, Any], email: str | None) -> None:
    visitor = front.see(front.signed(claims))

    assert (visitor.kind, visitor.email, visitor.notice) == ("user", email, "")


def test_a_large_sign_in_comes_in_parts(front: Front) -> None:
    text = json.dumps({**OKTA, "groups": ["g" * 40] * 100, "origin": URL, "is_logged_in": True, "provider": "default"})
    parts = [text[start : start + 1500] for start in range(0, len(text), 1500)]
    cookies = signed(SIGN_IN_COOKIE, f"chunks-{len(parts)}", front.clock.now())
    for number, part in enumerate(parts, 1):
        cookies |= signed(f"{SIGN_IN_COOKIE}_{number}", part, front.clock.now())

    assert front.see(cookies).kind == "user"


def wrong(front: Front, how: str) -> dict[str, str]:
    now, good = front.clock.now(), front.signed()
    made: dict[str, dict[str, str]] = {
        "forged": signed(SIGN_IN_COOKIE, json.dumps({**OKTA, "origin": URL, "is_logged_in": True}), now, "another key"),
        "cut": {SIGN_IN_COOKIE: good[SIGN_IN_COOKIE][:-3]},
        "no cookie at all": {SIGN_IN_COOKIE: "x"},
        "not JSON": signed(SIGN_IN_COOKIE, "{", now),
        "a list": signed(SIGN_IN_COOKIE, "[1]", now),
        "a part is missing": signed(SIGN_IN_COOKIE, "chunks-2", now),
        "too many parts": signed(SIGN_IN_COOKIE, "chunks-9999", now),
        "no subject": front.signed({"iss": "x"}),
        "another origin": front.signed(origin="http://127.0.0.1:8501"),
        "signed out": front.signed(is_logged_in=False),
    }
    return made[how]


@pytest.mark.parametrize(
    "how",
    [
        "forged",
        "cut",
        "no cookie at all",
        "not JSON",
        "a list",
        "a part is missing",
        "too many parts",
        "no subject",
        "another origin",
        "signed out",
    ],
)
def test_a_wrong_sign_in_is_a_guest_with_a_sentence(front: Front, how: str) -> None:
    visitor = front.see(front.guest, wrong(front, how))

    assert (visitor.kind, visitor.notice, visitor.admin) == ("guest", Invalid.UNREADABLE, False)


def test_a_sign_in_expires(front: Front) -> None:
    cookies = front.signed()
    front.clock.advance(front.settings.sign_in_max_age_s + 1)

    assert front.see(front.guest, cookies).notice == Invalid.EXPIRED


def test_nobody_signs_in_where_nothing_is_configured(db: Store, clock: Clock) -> None:
    front = Front(db, clock, oidc_client_secret=None)

    assert front.see(front.guest, front.signed()).kind == "guest"


def test_without_guests_somebody_must_sign_in(db: Store, clock: Clock) -> None:
    front = Front(db, clock, guests_enabled=False)

    assert front.see(front.signed()).kind == "user"
    with pytest.raises(SignInRequired):
        front.identity.visitor(front.guest)


def test_no_cookie_is_nobody(front: Front) -> None:
    assert front.identity.visitor({}) is None


# --- revocation ------------------------------------------------------------------------------------------------------


def test_signing_out_everywhere_ends_older_sign_ins(front: Front) -> None:
    old = front.signed()
    user = front.see(old)
    front.clock.advance(5)

    front.accounts.sign_out_everywhere(user.id)
    front.clock.advance(2)

    assert front.see(front.guest, old).notice == Invalid.SIGNED_OUT
    assert front.see(front.signed()).id == user.id


# --- administrators --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "claims", "admin"),
    [
        ({}, OKTA, False),
        ({"admin_emails": "eve@example.com, ada@example.COM"}, OKTA, True),
        ({"admin_emails": "ada@example.com"}, {**OKTA, "email_verified": False}, False),
        ({"admin_emails": "ada@example.com"}, ENTRA, False),
        ({"admin_claim": "groups:admins"}, {**OKTA, "groups": ["staff", "admins"]}, True),
        ({"admin_claim": "groups:admins"}, {**OKTA, "groups": "admins"}, True),
        ({"admin_claim": "groups:admins"}, {**OKTA, "groups": ["admins2"]}, False),
        ({"admin_claim": "groups"}, {**OKTA, "groups": [None]}, False),
    ],
)
def test_administrators_are_listed_by_the_operator(
    db: Store, clock: Clock, settings: dict[str, str], claims: dict[str, Any], admin: bool
) -> None:
    front = Front(db, clock, **settings)

    assert front.see(front.signed(claims)).admin is admin


# --- guest to user ---------------------------------------------------------------------------------------------------


def test_first_sign_in_turns_the_guest_into_the_user(front: Front) -> None:
    guest = front.see(front.guest)
    interview = front.stage.prepare(guest.id)

    user = front.see(front.guest, front.signed())

    assert (user.id, user.kind) == (guest.id, "user")
    assert front.stage.interviews.get(user.id, interview.id).id == interview.id
    assert front.kinds(user) == [(EntryKind.GRANT, COST), (EntryKind.GRANT, GRANT - COST)]


def test_a_running_call_changes_owner_without_a_hiccup(front: Front) -> None:
    known = front.see(front.signed())
    front.stage.user = front.see(front.guest).id
    running = front.stage.begin()

    front.see(front.guest, front.signed())

    moved = front.stage.interviews.get(known.id, running.id)
    assert moved.status is Status.ACTIVE
    assert front.stage.interviews.lifecycle.renew_lease(running.id, "call-1")
    assert front.stage.interviews.lifecycle.charge(running.id, at=front.clock.advance(WINDOW_S))
    assert front.accounts.balance(known.id) == GRANT - COST


@pytest.mark.parametrize("known_before", [True, False])
def test_an_open_tab_becomes_the_user_its_guest_became(front: Front, known_before: bool) -> None:
    if known_before:
        front.see(front.signed())
    guest = front.see(front.guest)
    seen = front.identity.sighting(front.guest, guest)
    assert seen
    assert front.identity.successor(front.guest, seen) is None
    front.clock.advance(60)

    user = front.see(front.guest, front.signed())

    became = front.identity.successor(front.guest, seen)
    assert became
    assert (became.id, became.kind, became.admin) == (user.id, "user", False)


def test_an_open_tab_becomes_nobody_by_another_browsers_cookies(front: Front) -> None:
    seen = front.identity.sighting(front.guest, front.see(front.guest))
    assert seen
    front.see(front.guest, front.signed())

    assert front.identity.successor({COOKIE: front.identity.issue()}, seen) is None
    assert front.identity.successor({}, seen) is None


def test_an_open_tab_is_signed_out_everywhere_too(front: Front) -> None:
    seen = front.identity.sighting(front.guest, front.see(front.guest))
    assert seen
    front.clock.advance(60)
    user = front.see(front.guest, front.signed())

    front.accounts.sign_out_everywhere(user.id)

    assert front.identity.successor(front.guest, seen) is None


def test_an_open_tab_is_the_user_as_long_as_a_sign_in_lasts(front: Front) -> None:
    seen = front.identity.sighting(front.guest, front.see(front.guest))
    assert seen
    user = front.see(front.guest, front.signed())
    assert front.identity.sighting(front.guest, user) is None

    front.clock.advance(front.settings.sign_in_max_age_s)

    assert front.identity.successor(front.guest, seen) is None


def test_a_known_user_gets_interviews_and_no_credits(front: Front) -> None:
    known, guest = front.see(front.signed()), front.see(front.guest)
    interview = front.stage.prepare(guest.id)

    for _ in range(3):
        front.see(front.guest, front.signed())

    assert front.stage.interviews.get(known.id, interview.id).user_id == known.id
    assert front.accounts.balance(known.id) == GRANT
    assert front.kinds(guest) == [(EntryKind.GRANT, COST), (EntryKind.ADJUST, -COST)]


def test_signing_out_does_not_lead_into_the_merged_past(front: Front) -> None:
    known, guest = front.see(front.signed()), front.see(front.guest)
    front.stage.prepare(guest.id)
    front.see(front.guest, front.signed())

    later = front.see(front.guest)

    assert later.id not in (known.id, guest.id)
    assert front.stage.interviews.list(later.id) == []


@pytest.mark.parametrize("guest_is_live", [True, False])
def test_of_two_open_interviews_the_live_one_is_kept(front: Front, guest_is_live: bool) -> None:
    known, guest = front.see(front.signed()), front.see(front.guest)
    live, waiting = (guest.id, known.id) if guest_is_live else (known.id, guest.id)
    front.stage.user = live
    running, prepared = front.stage.begin(), front.stage.prepare(waiting)

    merged = front.see(front.guest, front.signed())

    assert "Two interviews were open" in merged.notice
    statuses = {one.id: one.status for one in front.stage.interviews.list(known.id)}
    assert statuses == {running.id: Status.ACTIVE, prepared.id: Status.FAILED}


def test_a_refund_returns_to_the_ledger_that_paid(front: Front) -> None:
    known, guest = front.see(front.signed()), front.see(front.guest)
    front.stage.user = guest.id
    charged = front.stage.charged()
    front.see(front.guest, front.signed())

    front.stage.interviews.lifecycle.fail(charged.id, "Ours.")

    assert front.accounts.balance(known.id) == GRANT
    assert front.kinds(guest)[-1] == (EntryKind.REFUND, COST)


def test_welcome_credits_come_once_for_a_person(front: Front) -> None:
    user = front.see(front.signed())
    front.accounts.delete(user.id)
    front.clock.advance(5)

    again = front.see(front.signed())

    assert again.id != user.id
    assert front.accounts.balance(again.id) == 0


# --- the end of an account -------------------------------------------------------------------------------------------


def test_deleting_an_account_leaves_entries_without_a_name(front: Front, db: Store) -> None:
    cookies = front.signed()
    user = front.see(cookies)
    interview = front.stage.prepare(user.id)
    token = front.tokens.make(user.id, "dashboard")

    deleted = front.accounts.delete(user.id)

    front.clock.advance(1)
    assert [one.id for one in deleted] == [interview.id]
    assert front.stage.interviews.list(user.id) == []
    assert front.identity.bearer(token) is None
    assert [kind for kind, _ in front.kinds(user)] == [EntryKind.GRANT]
    with db.read() as transaction:
        row = transaction.get_user(user.id)
        assert (row.email, "00u1" in row.subject, "okta" in row.subject) == (None, False, False)


def test_an_old_sign_in_does_not_bring_a_deleted_account_back(front: Front) -> None:
    cookies = front.signed()
    user = front.see(cookies)
    front.clock.advance(2)
    front.accounts.delete(user.id)

    assert front.see(front.guest, cookies).notice == Invalid.SIGNED_OUT


# --- access tokens ---------------------------------------------------------------------------------------------------


def test_a_token_names_its_owner_until_revoked(front: Front) -> None:
    user = front.see(front.signed())
    token = front.tokens.make(user.id, " our  dashboard ")
    (known,) = front.tokens.list(user.id)

    found = front.identity.bearer(token)
    front.tokens.revoke(user.id, known.id)

    assert (known.label, found and found.id) == ("our dashboard", user.id)
    assert front.identity.bearer(token) is None


def test_a_token_runs_out(front: Front) -> None:
    user = front.see(front.signed())
    token = front.tokens.make(user.id, "dashboard")
    front.clock.advance(timedelta(days=91).total_seconds())

    assert front.identity.bearer(token) is None


def test_another_visitor_cannot_revoke_a_token(front: Front) -> None:
    user, guest = front.see(front.signed()), front.see(front.guest)
    token = front.tokens.make(user.id, "dashboard")

    front.tokens.revoke(guest.id, front.tokens.list(user.id)[0].id)

    assert front.identity.bearer(token)


def test_the_database_does_not_hold_the_token(front: Front, db: Store) -> None:
    user = front.see(front.signed())
    token = front.tokens.make(user.id, "dashboard")

    with db.read() as transaction:
        (row,) = transaction.list_tokens(user.id)
        assert token.removeprefix("syx_") not in repr(row.model_dump())


# --- networks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", ""),
        (None, ""),
    ],
)
def test_a_network_is_an_address_or_a_subnet(address: str | None, network: str) -> None:
    assert network_of(address) == network


# --- what guests cost ------------------------------------------------------------------------------------------------


def test_what_is_not_a_users_is_spent_by_guests(front: Front) -> None:
    user, guest = front.see(front.signed()), front.see(front.guest)
    mine, theirs = front.stage.prepare(user.id).id, front.stage.prepare(guest.id).id
    now, usd = front.clock.now(), Decimal("0.25")
    with front.stage.store.write() as db:
        for interview_id in (mine, theirs, "deleted"):
            db.put_spending(Spending(interview_id, "voice", 1, "xai", "grok", now, now, {}, usd))

    assert spent_by_guests(front.stage.store, now) == 2 * usd
    assert spent_by_guests(front.stage.store, now + timedelta(days=1)) == 0
