"""What no page of ours would send, over Streamlit's real socket and over HTTP: refused, and nothing changes."""

from __future__ import annotations

import json
import math
import random
import re
import socket
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import DoubleArray, StringArray, StringTriggerValue
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from services.analyst.rules import utc_now
from services.core.ledger import EntryKind, LedgerEntry
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.identity.cookies import COOKIE
from services.settings import Settings
from services.wiring import Syntaxia, build
from tests.browser.conftest import Server
from tests.browser.tab import Tab
from tests.pages.examples import REPORT

JOB = samples()[0].text
AGREED = {"job_description": JOB, "consent": True, "prepare": True}
LONG = "word " * 2_000_000
OURS = "Something broke on our side"
WRONG = re.compile(r"Traceback|Exception in ASGI|page failed|route failed|Uncaught app execution|call crashed")


@pytest.fixture(scope="module")
def parts(house: Server) -> Syntaxia:
    """The same database, seen from here."""
    return build(Settings(database_url=f"sqlite:///{house.database}", var_dir=house.var))


@pytest.fixture
def quiet(house: Server) -> object:
    """Nothing that a test provokes may be a fault of the server's."""
    began = house.log.stat().st_size
    yield
    assert not WRONG.findall(house.log.read_bytes()[began:].decode(errors="replace"))


def owner(parts: Syntaxia, tab: Tab) -> str:
    visitor = parts.identity.visitor({COOKIE: SimpleCookie(tab.cookie)[COOKIE].value})
    assert visitor
    return visitor.id


def prepared(parts: Syntaxia, tab: Tab, *, over: bool = False) -> str:
    """An interview of this tab's visitor, before its call or with its report."""
    made = parts.interviews.preparation.prepare(
        owner(parts, tab), job_description=JOB, provider="offline", pace=Pace.NORMAL, consent=True
    )
    if over:
        with parts.store.write() as db:
            row = db.get_interview(made.id)
            row.status, row.report, row.ended_at = "complete", REPORT.model_dump(mode="json"), utc_now()
    return made.id


@pytest.mark.parametrize(
    ("page", "values", "told"),
    [
        ("", {**AGREED, "consent": False}, "tick the consent box"),
        ("", {**AGREED, "job_description": LONG}, "10,000,000 characters long"),
        ("", {**AGREED, "job_description": f"{JOB}\0"}, "contents of a file"),
        ("", {**AGREED, "job_description": "\u202e" * 100}, ""),
        ("sample", {"sample_voice": "Level 99", "watch_sample": True}, "This voice is not set up here"),
        ("sample", {"sample_voice": "xAI Grok Voice", "watch_sample": True}, "This voice is not set up here"),
        ("sample", {"sample_voice": "\0", "watch_sample": True}, "This voice is not set up here"),
        ("history", {"confirm_delete": True, "override_c1": True, "delete_account": True, "sign_out": True}, "History"),
        ("admin", {"event_record": "interview-1"}, "for administrators"),
        ("account", {"delete_account": True, "make_token": True, "token_label": "mine"}, "Nobody signs in"),
        ("nowhere", {"prepare": True}, ""),
    ],
)
def test_a_forged_choice_is_refused_in_words(
    house: Server, parts: Syntaxia, quiet: None, page: str, values: dict[str, object], told: str
) -> None:
    with Tab(house.url) as tab:
        tab.run(page)

        shown = tab.run(page, values=values)

        assert told in shown
        assert OURS not in shown
        assert parts.interviews.list(owner(parts, tab)) == []


@pytest.mark.parametrize("values", [{"provider": "xai"}, {"pace": ["Level 99"]}, {"job_preset": ["Level 99"]}])
def test_a_choice_outside_of_a_list_is_never_kept(
    house: Server, parts: Syntaxia, quiet: None, values: dict[str, object]
) -> None:
    with Tab(house.url) as tab:
        tab.run()

        tab.run(values={**AGREED, **values})

        kept = parts.interviews.list(owner(parts, tab))
        assert [(one.provider, one.pace, one.preset) for one in kept] == [("offline", Pace.NORMAL, None)]


def test_a_disabled_button_does_nothing_without_credits(house: Server, parts: Syntaxia, quiet: None) -> None:
    with Tab(house.url) as tab:
        tab.run()
        entry = LedgerEntry(amount=-60, kind=EntryKind.ADJUST, key=tab.cookie, reason="Spent.", created_at=utc_now())
        with parts.store.write() as db:
            db.post(owner(parts, tab), entry)

        shown = tab.run(values=AGREED)

        assert "costs 15 credits and you have 0" in shown
        assert parts.interviews.list(owner(parts, tab)) == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"override_level_c1": "Level 99", "override_reason_c1": "Because.", "override_c1": True},
            "no such competency",
        ),
        ({"override_reason_c1": "\0", "override_c1": True}, "Say in a sentence"),
        ({"rendering": ["Level 99"]}, REPORT.summary[:30]),
        ({"confirm_delete": True}, REPORT.summary[:30]),
        ({"retry_report": True, "confirm_end": True, "begin": True}, REPORT.summary[:30]),
    ],
)
def test_a_report_takes_nothing_that_was_not_offered(
    house: Server, parts: Syntaxia, quiet: None, values: dict[str, object], told: str
) -> None:
    with Tab(house.url) as tab:
        interview_id = prepared(parts, tab, over=True)
        tab.run("report", f"id={interview_id}")

        shown = tab.run("report", f"id={interview_id}", values)

        assert told in shown
        assert OURS not in shown
        assert parts.interviews.get(owner(parts, tab), interview_id).reviews == ()


@pytest.mark.parametrize(
    "values",
    [
        {"text_q1": "\0"},
        {"seconds_q1": [1e9]},
        {"add_text": "What did you build last?", "add_question": True},
        {"add_text": "What did you build last?", "add_competency": "Level 99", "add_question": True},
        {"problem": "Level 99", "problem_competency": "Level 99", "add_problem": True},
        {"confirm_end": True, "typed_answer": LONG, "skip_question": True},
    ],
)
def test_a_plan_takes_nothing_that_was_not_offered(
    house: Server, parts: Syntaxia, quiet: None, values: dict[str, object]
) -> None:
    with Tab(house.url) as tab:
        interview_id = prepared(parts, tab)
        tab.run("interview", f"id={interview_id}")
        plan = parts.interviews.get(owner(parts, tab), interview_id).plan_hash

        shown = tab.run("interview", f"id={interview_id}", values)

        assert OURS not in shown
        assert parts.interviews.get(owner(parts, tab), interview_id).plan_hash == plan


KINDS = (
    WidgetState(string_value="Level 99"),
    WidgetState(bool_value=False),
    WidgetState(int_value=-1),
    WidgetState(double_value=math.nan),
    WidgetState(string_array_value=StringArray(data=["Level 99"])),
    WidgetState(double_array_value=DoubleArray(data=[math.inf])),
    WidgetState(json_value="{"),
    WidgetState(json_value="[7]"),
    WidgetState(bytes_value=b"\0"),
    WidgetState(string_trigger_value=StringTriggerValue(data="Level 99")),
)


@pytest.mark.parametrize("page", ["", "sample", "interview", "report", "history", "credits", "compare", "preflight"])
def test_a_value_of_another_kind_breaks_no_page(house: Server, parts: Syntaxia, quiet: None, page: str) -> None:
    """Every widget that the page has holds it."""
    with Tab(house.url) as tab:
        query = f"id={prepared(parts, tab, over=page == 'report')}" if page in ("interview", "report") else ""
        tab.run(page, query)

        for kind in KINDS:
            assert OURS not in tab.run(page, query, dict.fromkeys(tab.ids, kind)), kind


OFFER = {"sdp": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\n", "type": "offer"}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"playing": True, "sdpOffer": OFFER, "iceCandidates": {}}, "Join one first"),
        ({"playing": True, "sdpOffer": 7}, "makes no sense"),
        ({"sdpOffer": OFFER, "iceCandidates": [1]}, "makes no sense"),
        ({"sdpOffer": {**OFFER, "sdp": "x" * 9_000_000}}, "makes no sense"),
        ([1], "makes no sense"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("page", ["interview", "sample"])
def test_a_voice_line_is_not_opened_for_whoever_offers_one(
    house: Server, parts: Syntaxia, quiet: None, page: str, sent: object, told: str
) -> None:
    """The browser's end of a line comes as a value of the page's component, before any call of its own is begun."""
    with Tab(house.url) as tab:
        query = f"id={prepared(parts, tab)}" if page == "interview" else ""
        tab.run(page, query)
        line = next(key for key in tab.ids if "line" in key and "frontend" in key)
        refused = offers_refused(house)

        assert told in tab.run(page, query, {line: json.dumps(sent).encode()})

        assert offers_refused(house) > refused


def offers_refused(house: Server) -> float:
    found = re.search(
        r'syntaxia_refused_total{bound="offers of a voice line"} (\S+)', httpx.get(f"{house.url}/metrics").text
    )
    assert found
    return float(found[1])


@pytest.mark.parametrize("page", ["interview", "report"])
def test_another_visitors_interview_is_nobodys(house: Server, parts: Syntaxia, quiet: None, page: str) -> None:
    with Tab(house.url) as theirs, Tab(house.url) as tab:
        interview_id = prepared(parts, theirs, over=page == "report")

        assert "does not exist" in tab.run(page, f"id={interview_id}")


def test_whoever_takes_up_a_tab_with_another_cookie_finds_nothing_of_it(
    house: Server, parts: Syntaxia, quiet: None
) -> None:
    with Tab(house.url) as theirs:
        title = parts.interviews.get(owner(parts, theirs), prepared(parts, theirs, over=True)).plan.role_title
        shown = theirs.run("history")
        session_id = theirs.session_id
    with Tab(house.url, theirs.cookie, session_id) as again, Tab(house.url) as other:
        kept = again.run("history")
        again.__exit__()
        with Tab(house.url, other.cookie, session_id) as tab:
            seen = tab.run("history")

    assert again.session_id == tab.session_id == session_id
    assert (title in shown, title in kept) == (True, True)
    assert "History" in seen
    assert title not in seen


# --- noise -----------------------------------------------------------------------------------------------------------


def test_noise_on_the_socket_ends_it_and_nothing_else(house: Server) -> None:
    began, noise = house.log.stat().st_size, random.Random(17)
    for number in range(40):
        with Tab(house.url) as tab, suppress(ConnectionClosed):
            size = noise.choice((0, 1, 50, 5000))
            tab.say("text, not bytes" if number % 8 == 0 else noise.randbytes(size))
            tab.say(_mangled(noise))
            tab.say(noise.randbytes(13_000_000) if number == 9 else b"")

    written = house.log.read_bytes()[began:].decode(errors="replace")
    # Where an id is no widget's, Streamlit's own refusal is logged; the page says that something broke.
    assert not re.findall(r"Exception in ASGI|call crashed|Uncaught", written)
    with Tab(house.url) as tab:
        assert "phone screen" in tab.run()


def _mangled(noise: random.Random) -> bytes:
    """A message of the right form that asks for what is not there."""
    asked: Any = BackMsg()
    run = asked.rerun_script
    run.query_string, run.page_name = "id=" + "%00" * 9, noise.choice(("..", "report", "\0", "x" * 9999))
    run.page_script_hash, run.fragment_id = noise.choice(("", "f" * 32)), noise.choice(("", "gone"))
    for _ in range(noise.randrange(5)):
        state = run.widget_states.widgets.add()
        state.id = noise.choice(("", "$$ID-x-consent", "$$ID--", "\0" * 10))
        state.json_value = noise.choice(("", "{", "[" * 5000, "NaN", '{"a":1e999}'))
    mangled: bytes = asked.SerializeToString()
    return mangled


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
PATHS = (
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api",
    "/api/session",
    "/api/xai/session",
    "/api/xai/health",
    "/api/elevenlabs/signed-url",
    "/api/elevenlabs/conversation-token",
    "/api/interviews/{}/live",
    "/api/interviews/{}/left",
    "/api/interviews/{}/log",
    "/api/interviews/{}/report.json",
    "/api/interviews/{}/events.json",
    "/api/reports",
    "/api/reports/{}",
    "/api/openapi.json",
    "/oauth2callback",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/upload_file/{}/{}",
    "/_stcore/stream",
    "/media/{}",
    "/component/{}/{}",
    "/static/{}",
    "/app/static/{}",
    "/~/+/_stcore/health",
)
PIECES = (
    "x",
    "0" * 3000,
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%ff%fe",
    "'%20OR%201=1--",
    "{}",
    "é",
    "%2e%2e",
    "-1",
    "a;b?c=%",
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"cookie": "syntaxia=forged; _streamlit_user=%00; =; ;;"},
    {"authorization": "Bearer " + "x" * 5000},
    {"content-type": "application/json", "sec-fetch-site": "same-origin"},
    {"content-type": "multipart/form-data; boundary=", "sec-fetch-site": "same-origin"},
    {"accept-encoding": "gzip;q=nonsense", "range": "bytes=9-1,-,x", "if-none-match": '"' * 99},
    {"x-forwarded-for": "\x7f, ::::", "forwarded": "for=;;;", "host": "evil.example"},
)
BODIES = (b"", b"{", b"[" * 60_000, b'{"expirySeconds": 1e999}', b"\xff" * 70_000, b"--\r\n\r\n")


def test_noise_on_every_route_is_refused_without_a_fault(house: Server, quiet: None) -> None:
    noise, faults = random.Random(17), []
    with httpx.Client(base_url=house.url, timeout=20, follow_redirects=False) as client:
        for path in PATHS:
            for method in noise.sample(METHODS, 4):
                address = path.format(noise.choice(PIECES), noise.choice(PIECES))
                if noise.random() < 0.3:
                    address += "?id=" + noise.choice(PIECES)
                request = client.build_request(
                    method, address, headers=noise.choice(HEADERS), content=noise.choice(BODIES)
                )
                answer = client.send(request)
                off = answer.status_code == 503 and answer.json()["code"] == "provider_off"
                if (answer.status_code >= 500 and not off) or "Traceback" in answer.text:
                    faults.append((method, address, answer.status_code))

    assert faults == []


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00" * 64,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET /_stcore/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_what_is_not_http_is_answered_as_such(house: Server, quiet: None, sent: bytes) -> None:
    host, port = house.url.removeprefix("http://").split(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout=20) as connection, suppress(OSError):
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)

    assert not re.match(rb"HTTP/1.1 5(?!0[15])", answer)
