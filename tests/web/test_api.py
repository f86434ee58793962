"""The HTTP API over its own application: who may ask for what, what is answered, and what never is."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from services.analyst.rules import utc_now
from services.core.plan.plan import Pace
from services.identity.cookies import COOKIE, SIGN_IN_COOKIE
from services.observe.recorder import CallFacts
from services.settings import Settings
from services.store.tables import MemoryRow
from services.vendors import ephemeral
from services.vendors.ephemeral import EphemeralToken
from services.vendors.faults import Fault, error
from services.web import api, background, guards, middleware, routes, signing_in
from services.wiring import Syntaxia, build
from tests.identity.test_sign_in import OIDC, OKTA, SECRET, signed
from tests.pages.examples import REPORT
from tests.simulated_vendors import given
from tests.simulators.token_endpoints import KEY, TokenEndpoints
from tests.stage import PLAN, ScriptedAnalyst

pytestmark = pytest.mark.realtime
URL = "http://testserver"
OWN = {"sec-fetch-site": "same-origin", "origin": URL}
KEYS = {"xai_api_key": "xai-key", "elevenlabs_api_key": "el-key", "elevenlabs_agent_id": "agent"}
MINTED = EphemeralToken("ek_the_secret", utc_now(), "conv_1")
ROUTES = [
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("POST", "/api/xai/session"),
    ("GET", "/api/xai/health"),
    ("GET", "/api/elevenlabs/signed-url"),
    ("GET", "/api/elevenlabs/conversation-token"),
    ("GET", "/api/memories"),
    ("DELETE", "/api/memories"),
    ("DELETE", "/api/memories/nothing"),
    ("GET", "/api/reports"),
    ("GET", "/api/reports/nothing"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/nothing"),
]


class Site:
    """The routes with real parts, and the cookies of whoever asks."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.parts: Syntaxia = build(
            Settings(
                database_url=f"sqlite:///{folder / 'api.db'}",
                var_dir=folder,
                app_url=URL,
                cookie_secret=SecretStr(SECRET),
                **{**OIDC, **KEYS, "admin_emails": "root@example.com", **settings},
            )
        )
        self.parts.store.migrate()
        for part in (self.parts.interviews.preparation, self.parts.interviews.analysis):
            monkeypatch.setattr(part, "_analyst", ScriptedAnalyst())
        for module in (api, routes, middleware, guards, signing_in, background):
            monkeypatch.setattr(module, "wire", lambda: self.parts)
        self.asked: list[str] = []

        async def mint(_: Settings, provider: str, _limit_s: float) -> EphemeralToken:
            self.asked.append(provider)
            return MINTED

        monkeypatch.setattr(ephemeral, "mint_token", mint)
        self.client = TestClient(Starlette(routes=routes.routes, middleware=middleware.middleware))

    def cookies(self, who: str) -> dict[str, str]:
        guest = {COOKIE: self.parts.identity.issue()}
        if who in ("nobody", "guest"):
            return guest if who == "guest" else {}
        claims = {**OKTA, "sub": who, "email": f"{who}@example.com"}
        content = json.dumps({**claims, "origin": URL, "is_logged_in": True, "provider": "default"})
        return guest | signed(SIGN_IN_COOKIE, content, utc_now())

    def ask(self, method: str, path: str, cookies: dict[str, str] | None = None, **more: Any) -> Any:
        headers = more.pop("headers", OWN)
        jar = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        return self.client.request(method, path, headers={**headers, "cookie": jar}, **more)

    def prepared(self, cookies: dict[str, str], provider: str = "xai") -> str:
        visitor = self.parts.identity.visitor(cookies)
        assert visitor
        made = self.parts.interviews.preparation.prepare(
            visitor.id, job_description="x" * 60, provider=provider, pace=Pace.NORMAL, consent=True
        )
        return made.id


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


@pytest.fixture
def open_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Where tokens are given."""
    return Site(tmp_path, monkeypatch, direct_tokens=True)


# --- who may ask for what --------------------------------------------------------------------------------------------

MAY = {
    "nobody": (401, 401, 401, 200, 401, 401, 401, 401, 401, 401, 401, 200, 404),
    "guest": (401, 401, 401, 200, 401, 401, 200, 204, 404, 401, 401, 200, 404),
    "ada": (409, 409, 409, 200, 409, 409, 200, 204, 404, 401, 401, 200, 404),
    "root": (409, 409, 409, 200, 409, 409, 200, 204, 404, 401, 401, 200, 404),
}


@pytest.mark.parametrize("who", MAY)
def test_every_route_answers_everybody_as_the_table_says(open_site: Site, who: str) -> None:
    cookies = open_site.cookies(who)

    statuses = tuple(open_site.ask(method, path, cookies).status_code for method, path in ROUTES)

    assert statuses == MAY[who]


OWNED = [
    ("POST", "/api/interviews/{interview}/log"),
    ("POST", "/api/interviews/{interview}/left"),
    ("GET", "/api/interviews/{interview}/live"),
    ("GET", "/api/interviews/{interview}/report.json"),
    ("GET", "/api/interviews/{interview}/events.json"),
    ("DELETE", "/api/memories/{memory}"),
]
MAY_OF_ADAS = {
    "nobody": (401, 204, 404, 401, 401, 401),
    "guest": (204, 204, 404, 404, 404, 404),
    "eve": (204, 204, 404, 404, 404, 404),
    "root": (204, 204, 404, 404, 404, 404),
    "ada": (204, 204, 404, 404, 404, 204),
}
"""204 to others too where the answer must not tell whose it is; 404 where no call is live, and no report or record
is there yet."""


@pytest.mark.parametrize("who", MAY_OF_ADAS)
def test_what_is_adas_answers_everybody_as_the_table_says(site: Site, who: str) -> None:
    ada = site.cookies("ada")
    owner = site.parts.identity.visitor(ada)
    assert owner
    ids = {"interview": site.prepared(ada, "offline"), "memory": "m1"}
    site.parts.interviews.memories.agree(owner.id)
    of = {"user_id": owner.id, "interview_id": ids["interview"]}
    with site.parts.store.write() as db:
        db.add(MemoryRow(id="m1", kind="topic", subject="stores", number=3, created_at=utc_now(), **of))
    cookies = ada if who == "ada" else site.cookies(who)

    statuses = tuple(
        site.ask(method, path.format(**ids), cookies, **({"json": BEACON} if path.endswith("log") else {})).status_code
        for method, path in OWNED
    )

    assert statuses == MAY_OF_ADAS[who]
    told = site.parts.interviews.call_logs.of([ids["interview"]])
    assert bool(site.parts.interviews.memories.list(owner.id)) == (who != "ada")
    assert told == {}


def test_the_tables_have_every_route(site: Site) -> None:
    named = {re.sub("nothing|{.*?}", "{}", f"{method} {path}") for method, path in (*ROUTES, *OWNED)}
    described = {
        f"{method.upper()} /api{re.sub('{.*?}', '{}', path)}"
        for path, methods in api.api.openapi()["paths"].items()
        for method in methods
    }
    beside = {
        f"{'POST' if 'POST' in (route.methods or ()) else 'GET'} {re.sub('{.*?}', '{}', route.path)}"
        for route in routes.routes
        if isinstance(route, Route) and route.path.startswith("/api/")
    }

    assert described | beside <= named


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "nothing" not in route[1]])
def test_an_error_has_one_shape(site: Site, method: str, path: str) -> None:
    answer = site.ask(method, path, site.cookies("ada"))

    assert answer.status_code in (200, 204) or answer.json().keys() >= {"error", "code"}


def test_tokens_are_off_by_default(site: Site) -> None:
    cookies = site.cookies("ada")
    site.prepared(cookies)

    answer = site.ask("GET", "/api/session", cookies)

    assert (answer.status_code, answer.json()["code"], site.asked) == (503, "provider_off", [])


# --- a token ---------------------------------------------------------------------------------------------------------


def test_a_session_holds_what_is_listed_and_no_more(open_site: Site) -> None:
    cookies = open_site.cookies("ada")
    interview_id = open_site.prepared(cookies)

    answer = open_site.ask("GET", "/api/session", cookies)

    content = answer.json()
    assert content.keys() == {"client_secret", "provider", "model", "voice", "interview_id", "tools", "identity"}
    assert content["client_secret"]["value"] == MINTED.value
    assert (content["provider"], content["interview_id"]) == ("xai", interview_id)
    assert content["identity"].keys() == {"type", "id", "email"}
    assert all(tool.keys() == {"name"} for tool in content["tools"])
    assert answer.headers["cache-control"] == "no-store"


def _kept_in(folder: Path) -> str:
    """Every file, byte by byte."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).decode("latin-1")


@pytest.mark.parametrize("weather", ["", "401", "500", "nonsense"])
async def test_no_key_and_no_token_is_kept_logged_or_told_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weather: str
) -> None:
    mint = ephemeral.mint_token
    async with TokenEndpoints(weather) as vendor:
        site = Site(tmp_path, monkeypatch, direct_tokens=True, **given(vendor))
        monkeypatch.setattr(ephemeral, "mint_token", mint)
        given_away, told = [], []
        with capture_logs() as logs:
            for provider in ephemeral.PROVIDERS:
                cookies = site.cookies(f"a-user-of-{provider}")
                await asyncio.to_thread(site.prepared, cookies, provider)
                answer = await asyncio.to_thread(site.ask, "GET", "/api/session", cookies)
                if answer.is_success:
                    given_away.append(answer.json().pop("client_secret")["value"])
                else:
                    told.append(answer.text)
                others = ("/api/session", "/api/reports", "/api/memories", "/api/openapi.json")
                told += [(await asyncio.to_thread(site.ask, "GET", path, cookies)).text for path in others]

    everywhere = _kept_in(tmp_path) + repr(logs) + "".join(told)
    assert len(given_away) == (0 if weather else len(ephemeral.PROVIDERS))
    assert len(told) >= 4 * len(ephemeral.PROVIDERS)
    assert not [secret for secret in (*given_away, KEY, SECRET, "sk-live") if secret in everywhere]


def test_an_interview_gets_one_token(open_site: Site) -> None:
    cookies = open_site.cookies("ada")
    open_site.prepared(cookies)

    codes = [open_site.ask("POST", "/api/xai/session", cookies).status_code for _ in range(3)]

    assert (codes, open_site.asked) == ([200, 409, 409], ["xai"])


def test_a_token_is_paid_by_issue_once(open_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    cookies = open_site.cookies("ada")
    interview_id = open_site.prepared(cookies)
    open_site.ask("GET", "/api/session", cookies)
    direct = open_site.parts.interviews.direct
    visitor = open_site.parts.identity.visitor(cookies)
    assert visitor
    open_site.parts.interviews.lifecycle.abandon(visitor.id, interview_id)
    open_site.parts.interviews.lifecycle.delete(visitor.id, interview_id)
    assert direct.due() == []

    monkeypatch.setattr(direct, "_settings", open_site.parts.settings.model_copy(update={"free_window_s": 0}))
    for due in direct.due() * 2:
        direct.settle(due.interview_id, seconds=None)

    entries = open_site.parts.interviews.accounts.ledger(visitor.id)
    assert [entry.amount for entry in entries if entry.kind == "debit"] == [-15]
    assert direct.due() == []


def test_a_call_the_vendor_saw_end_early_is_free(open_site: Site) -> None:
    cookies = open_site.cookies("ada")
    interview_id = open_site.prepared(cookies)
    open_site.ask("GET", "/api/session", cookies)

    open_site.parts.interviews.direct.settle(interview_id, seconds=40)

    visitor = open_site.parts.identity.visitor(cookies)
    assert visitor
    assert [entry.kind for entry in open_site.parts.interviews.accounts.ledger(visitor.id)] == ["grant"]


def test_what_is_owed_cannot_be_spent_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path, monkeypatch, direct_tokens=True, signup_credits=15)
    cookies = site.cookies("ada")
    interview_id = site.prepared(cookies)
    site.ask("GET", "/api/session", cookies)
    visitor = site.parts.identity.visitor(cookies)
    assert visitor
    site.parts.interviews.lifecycle.abandon(visitor.id, interview_id)

    from services.core.errors import InsufficientCredit

    with pytest.raises(InsufficientCredit):
        site.prepared(cookies)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fault.KEY, 502, "upstream"), (Fault.VENDOR, 502, "upstream"), (Fault.TIMEOUT, 504, "timeout")],
)
def test_trouble_upstream_costs_nothing(
    open_site: Site, monkeypatch: pytest.MonkeyPatch, fault: Fault, status: int, code: str
) -> None:
    async def refuse(*_: Any) -> EphemeralToken:
        raise error(fault, "xAI")

    monkeypatch.setattr(ephemeral, "mint_token", refuse)
    cookies = open_site.cookies("ada")
    open_site.prepared(cookies)

    answer = open_site.ask("GET", "/api/session", cookies)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    monkeypatch.setattr(open_site.parts.interviews.direct, "_settings", open_site.parts.settings)
    assert open_site.parts.interviews.direct.due() == []


def test_too_many_tokens_are_refused_with_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path, monkeypatch, direct_tokens=True, quotas={"token": {"user": "1/hour"}})
    cookies = site.cookies("ada")
    visitor = site.parts.identity.visitor(cookies)
    assert visitor
    first = site.prepared(cookies)
    site.ask("GET", "/api/session", cookies)
    site.parts.interviews.lifecycle.abandon(visitor.id, first)
    site.prepared(cookies)

    answer = site.ask("GET", "/api/session", cookies)

    assert (answer.status_code, answer.json()["code"]) == (429, "guest_quota")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["retry_at"] > 0


# --- from elsewhere --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/api/session", {}),
        ("GET", "/api/session", {"sec-fetch-site": "cross-site"}),
        ("GET", "/api/elevenlabs/signed-url", {"sec-fetch-site": "none"}),
        ("POST", "/api/session", {"origin": "https://evil.example"}),
        ("POST", "/api/xai/session", {"sec-fetch-site": "same-site", "origin": URL}),
        ("POST", "/api/interviews/i1/left", {"origin": "null"}),
    ],
)
def test_another_site_cannot_make_a_browser_ask(
    open_site: Site, method: str, path: str, headers: dict[str, str]
) -> None:
    cookies = open_site.cookies("ada")
    open_site.prepared(cookies)

    answer = open_site.ask(method, path, cookies, headers=headers)

    assert (answer.status_code, answer.json()["code"], open_site.asked) == (403, "foreign", [])


def test_no_other_origin_may_read(site: Site) -> None:
    answer = site.ask("OPTIONS", "/api/reports", headers={"origin": "https://evil.example"})

    assert "access-control-allow-origin" not in answer.headers


def test_an_address_with_a_line_break_leads_nowhere(site: Site) -> None:
    answer = site.ask("GET", "/api/reports/a%0Ab")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- bodies ----------------------------------------------------------------------------------------------------------


def test_a_body_has_a_bound(open_site: Site) -> None:
    answer = open_site.ask("POST", "/api/xai/session", open_site.cookies("ada"), content=b"x" * 65_537)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_without_a_length_has_a_bound(open_site: Site) -> None:
    def parts() -> Iterator[bytes]:
        yield from [b"x" * 10_000] * 7

    answer = open_site.ask("POST", "/api/xai/session", open_site.cookies("ada"), content=parts())

    assert answer.status_code == 413


def test_a_refused_body_is_not_repeated(open_site: Site) -> None:
    answer = open_site.ask("POST", "/api/xai/session", open_site.cookies("ada"), json={"my secret": "my words"})

    assert answer.status_code == 422
    assert "my" not in answer.text.replace("may", "")


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_token_reads_its_owners_reports_alone(site: Site) -> None:
    ada, eve = site.cookies("ada"), site.cookies("eve")
    owner, other = site.parts.identity.visitor(ada), site.parts.identity.visitor(eve)
    assert owner
    assert other
    token, foreign = site.parts.tokens.make(owner.id, "t"), site.parts.tokens.make(other.id, "t")
    interview_id = site.prepared(ada)

    def read(path: str, shown: str) -> Any:
        return site.ask("GET", path, headers={"authorization": f"Bearer {shown}"})

    assert read("/api/reports", token).json() == []
    assert read(f"/api/reports/{interview_id}", token).status_code == 404
    assert read(f"/api/reports/{interview_id}", foreign).status_code == 404
    assert read("/api/reports", "syx_wrong").status_code == 401


@pytest.mark.parametrize(
    ("who", "status"), [("ada", 200), ("eve", 404), ("root", 404), ("guest", 404), ("nobody", 401)]
)
def test_a_report_file_is_for_its_owner_and_no_cache(site: Site, who: str, status: int) -> None:
    ada = site.cookies("ada")
    interview_id = site.prepared(ada)
    with site.parts.store.write() as db:
        db.get_interview(interview_id).report = REPORT.model_dump(mode="json")

    answer = site.ask("GET", f"/api/interviews/{interview_id}/report.json", ada if who == "ada" else site.cookies(who))

    assert (answer.status_code, "summary" in answer.text) == (status, status == 200)
    assert answer.headers["cache-control"] == "no-store"
    assert status != 200 or answer.headers["content-disposition"].startswith("attachment")


def test_no_report_makes_no_file(site: Site) -> None:
    ada = site.cookies("ada")

    assert site.ask("GET", f"/api/interviews/{site.prepared(ada)}/report.json", ada).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("root", 200), ("ada", 404), ("guest", 404), ("nobody", 401)])
def test_an_event_record_is_for_administrators(site: Site, who: str, status: int) -> None:
    site.parts.calls.recorder.call(CallFacts("interview-1", "user-1", PLAN, Pace.NORMAL, 900, 60))

    answer = site.ask("GET", "/api/interviews/interview-1/events.json", site.cookies(who))

    assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")


# --- what is remembered ----------------------------------------------------------------------------------------------


def test_memories_are_their_owners_alone(site: Site) -> None:
    ada, eve = site.cookies("ada"), site.cookies("eve")
    owner = site.parts.identity.visitor(ada)
    assert owner
    site.parts.interviews.memories.agree(owner.id)
    of = {"user_id": owner.id, "interview_id": site.prepared(ada)}
    with site.parts.store.write() as db:
        db.add(MemoryRow(id="m1", kind="topic", subject="stores", number=3, created_at=utc_now(), **of))

    seen = site.ask("GET", "/api/memories", ada)
    assert [(one["id"], one["subject"], one["number"]) for one in seen.json()] == [("m1", "stores", 3)]
    assert seen.headers["cache-control"] == "no-store"
    assert site.ask("GET", "/api/memories", eve).json() == []
    assert site.ask("DELETE", "/api/memories/m1", eve).status_code == 404
    assert site.ask("DELETE", "/api/memories", eve).status_code == 204
    assert len(site.ask("GET", "/api/memories", ada).json()) == 1
    assert site.ask("DELETE", "/api/memories/m1", ada, headers={"origin": "https://evil.example"}).status_code == 403

    assert site.ask("DELETE", "/api/memories/m1", ada).status_code == 204
    assert site.ask("GET", "/api/memories", ada).json() == []


# --- description -----------------------------------------------------------------------------------------------------


def test_the_description_names_every_route_and_status(site: Site) -> None:
    paths = site.ask("GET", "/api/openapi.json").json()["paths"]

    assert paths.keys() >= {"/session", "/xai/session", "/xai/health", "/reports", "/reports/{interview_id}"}
    assert paths["/session"]["get"]["responses"].keys() >= {"200", "401", "402", "404", "409", "429", "502", "503"}


# --- what a browser leaves -------------------------------------------------------------------------------------------

BEACON = {"v": 1, "call": 1, "reason": "pagehide", "rtt_ms": 31, "candidate": "relay/udp", "visible_s": 412}


def test_a_browsers_log_stands_beside_the_servers(site: Site) -> None:
    cookies = site.cookies("guest")
    interview_id = site.prepared(cookies, "offline")

    answer = site.ask("POST", f"/api/interviews/{interview_id}/log", cookies, json=BEACON)

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("who", "content", "headers", "status"),
    [
        ("ada", BEACON, OWN, 204),
        ("nobody", BEACON, OWN, 401),
        ("guest", {**BEACON, "said": "my own words"}, OWN, 422),
        ("guest", BEACON, {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, 403),
    ],
)
def test_a_strangers_log_learns_nothing_and_repeats_nothing(
    site: Site, who: str, content: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    interview_id = site.prepared(site.cookies("root"), "offline")

    answer = site.ask("POST", f"/api/interviews/{interview_id}/log", site.cookies(who), json=content, headers=headers)

    assert answer.status_code == status
    assert "my own words" not in answer.text


# --- other origins ---------------------------------------------------------------------------------------------------

ASKING_FIRST = {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}


@pytest.mark.parametrize(
    ("named", "origin", "allowed"),
    [
        ("", "https://tools.example.com", None),
        ("https://tools.example.com", "https://tools.example.com", "https://tools.example.com"),
        ("https://tools.example.com", "https://tools.example.com.evil.net", None),
        ("https://tools.example.com", "http://tools.example.com", None),
    ],
)
def test_only_a_named_origin_may_read_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, origin: str, allowed: str | None
) -> None:
    site = Site(tmp_path, monkeypatch, cors_origins=named)

    asked = site.ask("OPTIONS", "/api/reports", headers={"origin": origin, **ASKING_FIRST})
    answer = site.ask("GET", "/api/reports", headers={"origin": origin})

    for one in (asked, answer):
        assert one.headers.get("access-control-allow-origin") == allowed
        assert "access-control-allow-credentials" not in one.headers
