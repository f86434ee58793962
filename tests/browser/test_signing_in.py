"""Signing in at a real OpenID provider, in a browser: what comes along, how it ends, and what a failure says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.candidate import Candidate, row
from tests.browser.conftest import Anybody, Serve, Server

ADA = User(sub="ada", claims={"email": "Ada@Example.com", "email_verified": True})
ADDRESS = re.compile("ada@.?example.com")
"""A joiner keeps Markdown from making a link of it."""
PATIENCE_MS = 60_000
SECRET = "a secret that both processes were given"


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of an OpenID provider on loopback, where Ada may sign in."""
    with run_server_in_thread(user_claims=[ADA]) as server:
        yield f"http://localhost:{server.server_port}"


def site(serve: Serve, provider: str, **more: object) -> Server:
    return serve(
        **{"APP_URL": "{url}", **more},
        OIDC_CLIENT_ID="syntaxia",
        OIDC_CLIENT_SECRET="a secret of the test",
        OIDC_METADATA_URL=f"{provider}/.well-known/openid-configuration",
    )


def chip(page: Page) -> str:
    shown = page.locator(".st-key-chip button").first
    shown.wait_for(timeout=PATIENCE_MS)
    return shown.inner_text()


def ask_to_sign_in(page: Page) -> None:
    page.locator(".st-key-chip button").first.click(timeout=PATIENCE_MS)
    page.locator(".st-key-sign_in button").click()


def sign_in(page: Page) -> None:
    ask_to_sign_in(page)
    page.get_by_role("button", name="ada", exact=True).first.click(timeout=PATIENCE_MS)
    expect(page.locator(".st-key-chip button").first).to_contain_text(ADDRESS, timeout=PATIENCE_MS)


def test_what_a_guest_did_comes_along_until_everybody_is_signed_out(
    serve: Serve, anybody: Anybody, provider: str
) -> None:
    server, here, elsewhere = site(serve, provider), anybody(), anybody()
    candidate = Candidate(here, server)
    interview_id = candidate.prepare()

    sign_in(candidate.page)
    assert interview_id in candidate.page.url
    candidate.key("begin", "button").wait_for(timeout=PATIENCE_MS)
    other = elsewhere.new_page()
    other.goto(server.url)
    sign_in(other)
    other.goto(f"{server.url}/interview?id={interview_id}")
    other.locator(".st-key-begin button").wait_for(timeout=PATIENCE_MS)
    copied = here.cookies()

    other.goto(f"{server.url}/account")
    other.locator(".st-key-sign_out_everywhere button").click(timeout=PATIENCE_MS)
    other.get_by_role("button", name="End session").click(timeout=PATIENCE_MS)  # at the provider
    expect(other.locator(".st-key-chip button").first).to_contain_text("Guest", timeout=PATIENCE_MS)
    thief = anybody()
    thief.add_cookies(copied)  # type: ignore[arg-type]
    page = thief.new_page()
    page.goto(f"{server.url}/interview?id={interview_id}")

    assert "Guest" in chip(page)
    expect(page.get_by_text("You signed out in every browser")).to_be_visible(timeout=PATIENCE_MS)
    assert page.locator(".st-key-begin").count() == 0


def test_a_sign_in_that_does_not_happen_leaves_a_guest_with_a_sentence(
    serve: Serve, visitor: BrowserContext, provider: str
) -> None:
    server, page = site(serve, provider), visitor.new_page()
    page.goto(server.url)
    ask_to_sign_in(page)

    page.get_by_role("button", name="Deny").click(timeout=PATIENCE_MS)

    expect(page.get_by_text("You did not sign in, so you are here as a guest.")).to_be_visible(timeout=PATIENCE_MS)
    assert "Guest" in chip(page)


def test_a_provider_that_is_away_leaves_a_guest_with_a_sentence(serve: Serve, visitor: BrowserContext) -> None:
    server, page = site(serve, "http://127.0.0.1:9"), visitor.new_page()
    page.goto(server.url)

    ask_to_sign_in(page)

    expect(page.get_by_text("The sign-in service cannot be reached right now")).to_be_visible(timeout=PATIENCE_MS)
    assert "Guest" in chip(page)


def test_two_processes_with_one_secret_know_the_same_sign_in(
    serve: Serve, visitor: BrowserContext, provider: str
) -> None:
    first = site(serve, provider, COOKIE_SECRET=SECRET)
    second = site(serve, provider, COOKIE_SECRET=SECRET, APP_URL=first.url)
    page = visitor.new_page()

    page.goto(second.url)
    sign_in(page)  # asked for at the second; the provider leads back to the first
    assert page.url.startswith(first.url)
    page.goto(f"{second.url}/account")
    expect(page.locator(".st-key-chip button").first).to_contain_text(ADDRESS, timeout=PATIENCE_MS)

    page.locator(".st-key-sign_out_everywhere button").click(timeout=PATIENCE_MS)
    page.get_by_role("button", name="End session").click(timeout=PATIENCE_MS)
    page.wait_for_url(f"{first.url}/**", timeout=PATIENCE_MS)
    for server in (first, second):
        page.goto(server.url)
        assert "Guest" in chip(page)


def test_a_call_goes_on_when_its_guest_signs_in_from_another_tab(serve: Serve, anybody: Anybody, provider: str) -> None:
    server = site(serve, provider, READBACK_WAIT_S=0)
    known = anybody().new_page()
    known.goto(server.url)
    sign_in(known)
    here = anybody()
    candidate = Candidate(here, server)
    interview_id = candidate.prepare()
    candidate.begin()
    guest = row(server, interview_id)["user_id"]

    other = here.new_page()
    other.goto(server.url)
    sign_in(other)

    candidate.eventually(lambda: row(server, interview_id)["user_id"] != guest, "the call has its new owner")
    candidate.answer("I moved the ledger to PostgreSQL, and the double charges stopped within a day.")
    candidate.eventually(lambda: "double charges" in candidate.captions("candidate"), "the answer counts")
    heard = candidate.energy()
    candidate.eventually(lambda: candidate.energy() > heard, "Ema goes on speaking")
    assert candidate.page.locator('.stage[data-phase="live"]').count() == 1
    candidate.end()
    candidate.report()
    assert row(server, interview_id)["status"] == "complete"
