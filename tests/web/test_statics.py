"""Static files: compressed once, then served from memory."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.web import statics
from services.web.statics import Statics

SCRIPT = b"export const answer = 42; " * 100
PLAIN = {"Accept-Encoding": "identity"}


class Files:
    """An app that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def file(self, request: Request) -> Response:
        self.asked += 1
        headers = {"etag": '"abc"', "cache-control": "public, immutable"}
        if request.headers.get("if-none-match", "").endswith('"abc"'):
            return Response(status_code=304, headers=headers)
        return Response(SCRIPT, media_type="text/javascript", headers=headers)

    async def page(self, _: Request) -> Response:
        self.asked += 1
        return HTMLResponse("<html></html>", headers={"etag": '"page"'})


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def client(files: Files) -> TestClient:
    return served(files)


def served(files: Files, ahead: tuple[str, ...] = ()) -> TestClient:
    routes = [Route("/static/js/a.js", files.file), Route("/static/none", files.page), Route("/other.js", files.file)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Statics, ahead=ahead)]))


def test_a_file_is_compressed_and_asked_for_once(client: TestClient, files: Files) -> None:
    answers = [client.get("/static/js/a.js") for _ in range(3)]

    assert {answer.headers["content-encoding"] for answer in answers} == {"gzip"}
    assert all(int(answer.headers["content-length"]) < len(SCRIPT) / 5 for answer in answers)
    assert {answer.content for answer in answers} == {SCRIPT}
    assert answers[0].headers["cache-control"] == "public, immutable"
    assert files.asked == 1


def test_files_wanted_ahead_are_ready_before_anybody_asks(files: Files) -> None:
    with served(files, ahead=("/static/js/a.js", "/static/none", "/static/missing.js")) as client:
        while files.asked < 2:
            client.get("/other")
        answer = client.get("/static/js/a.js")

    assert (answer.headers["content-encoding"], answer.content) == ("gzip", SCRIPT)
    assert files.asked == 2


def test_a_known_file_is_not_sent_again(client: TestClient) -> None:
    etag = client.get("/static/js/a.js").headers["etag"]

    again = client.get("/static/js/a.js", headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


def test_the_first_one_to_ask_may_know_it_already(client: TestClient) -> None:
    first = client.get("/static/js/a.js", headers={"If-None-Match": '"abc"'})

    assert first.status_code == 304
    assert client.get("/static/js/a.js").content == SCRIPT


@pytest.mark.parametrize("headers", [PLAIN, {"Range": "bytes=0-9"}, {"Accept-Encoding": "gzip;q=0"}], ids=str)
def test_who_takes_no_gzip_gets_the_file_itself(client: TestClient, headers: dict[str, str]) -> None:
    client.get("/static/js/a.js")

    answer = client.get("/static/js/a.js", headers=headers)

    assert "content-encoding" not in answer.headers
    assert answer.content == SCRIPT


def test_what_is_no_file_is_never_kept(client: TestClient, files: Files) -> None:
    for path in ("/static/none", "/other.js", "/static/js/a.js?x=1", "/static/missing.js"):
        client.get(path)
        assert client.get(path).headers.get("content-encoding") is None

    assert files.asked == 6


def test_more_than_may_be_kept_is_passed_on(client: TestClient, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statics, "KEPT_BYTES", 10)

    assert [client.get("/static/js/a.js").content for _ in range(2)] == [SCRIPT, SCRIPT]
    assert files.asked == 2
