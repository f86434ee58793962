"""`/mcp` with the official client: what it reads, and every refusal in the protocol's own form."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette

from services.analyst.rules import utc_now
from services.core.interview import Interview
from services.core.report.rubric import Report
from services.identity.tokens import AccessTokens
from services.store.tables import AccessToken
from services.web import middleware, routes
from services.web.report_tools import ReportTools, report_tools
from services.wiring import build
from tests.pages.examples import REPORT
from tests.web.test_api import URL, Site

pytestmark = pytest.mark.realtime

PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch, quotas={"read": {"user": "40/hour"}})


def owner(site: Site, who: str = "ada") -> str:
    visitor = site.parts.identity.visitor(site.cookies(who))
    assert visitor
    return visitor.id


def reported(site: Site, who: str = "ada", *, agreed: bool = True, report: Report = REPORT) -> Interview:
    """A finished interview; `agreed`: its candidate lets others read the report."""
    cookies = site.cookies(who)
    visitor = site.parts.identity.visitor(cookies)
    assert visitor
    interview_id = site.prepared(cookies)
    with site.parts.store.write() as db:
        row = db.get_interview(interview_id)
        row.report, row.status = report.model_dump(mode="json"), "complete"
    if agreed:
        site.parts.interviews.sharing.agree(visitor.id, interview_id)
    return site.parts.interviews.get(visitor.id, interview_id)


@asynccontextmanager
async def reached(site: Site, token: str = "", **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=routes.routes, middleware=middleware.middleware)
    shown = {"authorization": f"Bearer {token}"} if token else {}
    transport = httpx2.ASGITransport(app=app)
    async with (
        report_tools.running(site.parts),
        httpx2.AsyncClient(transport=transport, base_url=URL, headers={**shown, **headers}) as http,
    ):
        yield http


@asynccontextmanager
async def opened(site: Site, token: str) -> AsyncIterator[Client]:
    async with (
        reached(site, token) as http,
        Client(streamable_http_client(f"{URL}/mcp", http_client=http)) as client,
    ):
        yield client


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return " ".join(part.text for part in result.content if part.type == "text")


async def test_an_assistant_lists_reads_and_compares_reports(site: Site) -> None:
    first, second = reported(site), reported(site)
    token = site.parts.tokens.make(owner(site), "assistant")

    async with opened(site, token) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        listed = (await client.call_tool("list_reports", {})).structured_content
        read = (await client.call_tool("get_report", {"id": first.id})).structured_content
        compared = (await client.call_tool("compare_reports", {"ids": [first.id, second.id]})).structured_content

    assert tools == {"list_reports", "get_report", "compare_reports"}
    assert {one["id"] for one in listed["result"]} == {first.id, second.id}
    assert read["report"]["competencies"][0]["evidence"]
    assert set(compared["competencies"][0]["levels"]) == {first.id, second.id}
    assert not {"turns", "job_description", "user_id"} & (set(read) | set(read["report"]))
    assert "x" * 60 not in str(read)


async def test_words_that_are_no_answer_cover_nothing(site: Site) -> None:
    first, *others = REPORT.coverage
    hollow = first.model_copy(update={"why_not": "The words written down are too broken to be read as an answer."})
    reported(site, report=REPORT.model_copy(update={"coverage": (hollow, *others)}))

    async with opened(site, site.parts.tokens.make(owner(site), "assistant")) as client:
        [listed] = (await client.call_tool("list_reports", {})).structured_content["result"]

    assert listed["coverage_pct"] < REPORT.coverage_pct


class Alternating(httpx2.AsyncBaseTransport):
    """Sends each request to the next of these, as a load balancer does."""

    def __init__(self, *apps: ReportTools) -> None:
        self._transports = [httpx2.ASGITransport(app=app) for app in apps]
        self.sent = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent += 1
        return await self._transports[self.sent % len(self._transports)].handle_async_request(request)


async def test_either_replica_answers_with_one_token(site: Site) -> None:
    mine, token = reported(site), site.parts.tokens.make(owner(site), "assistant")
    replicas = ReportTools(), ReportTools()
    other = build(site.parts.settings.model_copy(update={"replica": "other"}))
    balancer = Alternating(*replicas)

    async with (
        replicas[0].running(site.parts),
        replicas[1].running(other),
        httpx2.AsyncClient(transport=balancer, headers={"authorization": f"Bearer {token}"}) as http,
    ):
        async with Client(streamable_http_client(f"{URL}/mcp", http_client=http)) as client:
            listed = [(await client.call_tool("list_reports", {})).structured_content for _ in range(4)]
        other.tokens.revoke(owner(site), other.tokens.list(owner(site))[0].id)
        refused = [(await http.post(f"{URL}/mcp", json=PING, headers=HEADERS)).status_code for _ in range(2)]

    assert balancer.sent >= 6
    assert [[one["id"] for one in page["result"]] for page in listed] == [[mine.id]] * 4
    assert refused == [401, 401]


async def test_what_is_foreign_or_not_agreed_to_does_not_exist(site: Site) -> None:
    mine, kept, foreign = reported(site), reported(site, agreed=False), reported(site, "eve")
    unfinished = site.prepared(site.cookies("ada"))
    token = site.parts.tokens.make(owner(site), "assistant")

    async with opened(site, token) as client:
        said = {await refusal(client, "get_report", id=one) for one in (kept.id, foreign.id, unfinished, "nothing")}
        compared = await refusal(client, "compare_reports", ids=[mine.id, foreign.id])
        listed = (await client.call_tool("list_reports", {})).structured_content

    assert len(said) == 1
    assert "There is no such report" in said.pop()
    assert "There is no such report" in compared
    assert [one["id"] for one in listed["result"]] == [mine.id]


async def test_reports_of_different_plans_are_not_compared(site: Site) -> None:
    first, second = reported(site), reported(site)
    with site.parts.store.write() as db:
        db.get_interview(second.id).plan_hash = "another"
    token = site.parts.tokens.make(owner(site), "assistant")

    async with opened(site, token) as client:
        said = await refusal(client, "compare_reports", ids=[first.id, second.id])

    assert "different plans" in said


async def test_requests_beyond_the_quota_are_refused_in_a_sentence(site: Site) -> None:
    token = site.parts.tokens.make(owner(site), "assistant")

    async with opened(site, token) as client:
        for _ in range(40):
            await client.call_tool("list_reports", {})
        said = await refusal(client, "list_reports")

    assert "40 requests" in said


def _token(site: Site, kind: str) -> str:
    user = owner(site)
    match kind:
        case "none":
            return ""
        case "unknown":
            return "syx_unknown"
        case "expired":
            past = AccessTokens(site.parts.store, lambda: utc_now() - timedelta(days=400))
            return past.make(user, "old")
    made = site.parts.tokens.make(user, "assistant")
    if kind == "revoked":
        site.parts.tokens.revoke(user, site.parts.tokens.list(user)[0].id)
    if kind == "other scope":
        with site.parts.store.write() as db:
            for row in db.list_tokens(user):
                assert isinstance(row, AccessToken)
                row.scope = f"other:{uuid.uuid4().hex}"
    return made


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("none", 401, "invalid_token"),
        ("unknown", 401, "invalid_token"),
        ("expired", 401, "invalid_token"),
        ("revoked", 401, "invalid_token"),
        ("other scope", 403, "insufficient_scope"),
    ],
)
async def test_a_token_that_is_no_good_is_refused(site: Site, kind: str, status: int, error: str) -> None:
    async with reached(site, _token(site, kind)) as http:
        answer = await http.post("/mcp", json=PING, headers=HEADERS)
        metadata = (await http.get("/.well-known/oauth-protected-resource/mcp")).json()

    assert answer.status_code == status
    assert f'error="{error}"' in answer.headers["www-authenticate"]
    assert metadata["scopes_supported"] == ["reports:read"]
    assert metadata["resource"] == f"{URL}/mcp"


@pytest.mark.parametrize(
    ("header", "value", "status"), [("host", "evil.example", 421), ("origin", "https://evil.example", 403)]
)
async def test_a_foreign_host_or_origin_is_refused(site: Site, header: str, value: str, status: int) -> None:
    token = site.parts.tokens.make(owner(site), "assistant")

    async with reached(site, token, **{header: value}) as http:
        answer = await http.post("/mcp", json=PING, headers=HEADERS)

    assert answer.status_code == status


async def test_before_the_server_runs_nothing_answers(site: Site) -> None:
    app = Starlette(routes=routes.routes, middleware=middleware.middleware)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=URL) as http:
        answer = await http.post("/mcp", json=PING, headers=HEADERS)

    assert (answer.status_code, answer.json()["code"]) == (503, "starting")


def test_the_api_reads_what_its_candidate_agreed_to(site: Site) -> None:
    agreed, kept = reported(site), reported(site, agreed=False)
    bearer = {"authorization": f"Bearer {site.parts.tokens.make(owner(site), 'program')}"}

    listed = site.ask("GET", "/api/reports", headers=bearer).json()
    statuses = [site.ask("GET", f"/api/reports/{one.id}", headers=bearer).status_code for one in (agreed, kept)]

    assert [one["id"] for one in listed] == [agreed.id]
    assert statuses == [200, 404]
