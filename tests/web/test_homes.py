"""Requests at the wrong replica, on a real PostgreSQL: the cookie of each page, and the way to a call."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.analyst.rules import utc_now
from services.core.interview import Interview
from services.core.plan.plan import Pace
from services.replicas import fleet as fleets
from services.replicas.fleet import Fleet
from services.settings import Settings
from services.store.store import Store
from services.web import background, guards, homes, middleware, routes, signing_in
from services.wiring import Syntaxia, build
from tests.conftest import Databases
from tests.stage import ScriptedAnalyst
from tests.waiting import eventually_now

pytestmark = pytest.mark.realtime


async def page(_: Request) -> Response:
    return HTMLResponse("<html></html>")


@pytest.fixture
def parts(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Syntaxia:
    monkeypatch.setattr(fleets, "HEARTBEAT_S", 0.05)
    parts = build(Settings(database_url=databases.postgresql(), var_dir=tmp_path, replica="a"))
    monkeypatch.setattr(parts.interviews.preparation, "_analyst", ScriptedAnalyst())
    for module in (routes, middleware, signing_in, background, guards, homes):
        monkeypatch.setattr(module, "wire", lambda: parts)
    return parts


@pytest.fixture
def client(parts: Syntaxia) -> Iterator[TestClient]:
    app = Starlette(
        routes=[Route("/", page), *routes.routes], middleware=middleware.middleware, lifespan=background.lifespan
    )
    with TestClient(app, follow_redirects=False) as client:
        eventually_now(lambda: bool(parts.fleet.replicas))
        yield client


@pytest.fixture
def other(parts: Syntaxia, client: TestClient) -> Iterator[Fleet]:
    """Replica b, as a process on another host."""
    settings = parts.settings.model_copy(update={"replica": "b"})
    store = Store(settings.database_url.get_secret_value())
    other = Fleet(store, settings)
    other.owner = "another-host:7:b"
    other.start(lambda _kind, _id: None, int, lambda: 12)
    eventually_now(lambda: parts.fleet.several)
    yield other
    other.close()
    store.close()


def begun(parts: Syntaxia, client: TestClient, owner: str) -> Interview:
    client.get("/")
    subject = parts.identity.guest(client.cookies)
    assert subject
    visitor = parts.interviews.accounts.guest(subject)
    prepared = parts.interviews.preparation.prepare(
        visitor.id, job_description="x" * 60, provider="offline", pace=Pace.NORMAL, consent=True
    )
    return parts.interviews.lifecycle.begin(prepared.id, utc_now(), owner)


def home_in(response: Any) -> str | None:
    cookies = SimpleCookie()
    for line in response.headers.get_list("set-cookie"):
        cookies.load(line)
    return cookies["replica"].value if "replica" in cookies else None


def test_first_page_names_a_replica_and_the_next_keeps_it(client: TestClient) -> None:
    assert home_in(client.get("/")) == "a"
    assert home_in(client.get("/")) is None


def test_page_leads_to_the_replica_with_the_call(parts: Syntaxia, client: TestClient, other: Fleet) -> None:
    begun(parts, client, other.owner)

    assert home_in(client.get("/")) == "b"


def test_draining_replica_sends_newcomers_elsewhere(parts: Syntaxia, client: TestClient, other: Fleet) -> None:
    with parts.store.write() as db:
        db.drain_replica("b")
    eventually_now(lambda: other.draining)
    eventually_now(lambda: any(one.draining for one in parts.fleet.replicas))
    client.cookies.clear()
    client.cookies.set("replica", "b")

    assert home_in(client.get("/")) == "a"
    assert client.get("/readyz").status_code == 200


def test_live_view_sends_to_the_replica_with_the_call_once(parts: Syntaxia, client: TestClient, other: Fleet) -> None:
    address = f"/api/interviews/{begun(parts, client, other.owner).id}/live"

    sent = client.get(address)
    returned = client.get(sent.headers["location"])

    assert (sent.status_code, home_in(sent)) == (307, "b")
    assert returned.status_code == 404


def test_live_view_of_a_dead_replica_is_gone(parts: Syntaxia, client: TestClient) -> None:
    interview = begun(parts, client, "another-host:9:dead")

    assert client.get(f"/api/interviews/{interview.id}/live").status_code == 404


def test_farewell_reaches_the_other_replica(parts: Syntaxia, client: TestClient, other: Fleet) -> None:
    heard: list[tuple[str, str]] = []
    other._heard = lambda kind, about: heard.append((kind, about))
    interview = begun(parts, client, other.owner)

    assert client.post(f"/api/interviews/{interview.id}/left").status_code == 204
    eventually_now(lambda: ("left", interview.id) in heard)


def test_closing_an_interview_tells_its_holder(parts: Syntaxia, client: TestClient, other: Fleet) -> None:
    heard: list[tuple[str, str]] = []
    other._heard = lambda kind, about: heard.append((kind, about))
    interview = begun(parts, client, other.owner)

    parts.interviews.lifecycle.abandon(interview.user_id, interview.id)

    eventually_now(lambda: ("closed", interview.id) in heard)


def test_report_is_not_made_where_the_words_are_not(parts: Syntaxia, client: TestClient, other: Fleet) -> None:
    interview = begun(parts, client, other.owner)

    assert parts.interviews.analysis.analyze(interview.id).status == "active"
