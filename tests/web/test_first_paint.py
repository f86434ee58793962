"""What a browser shows before the front end has loaded."""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from services.web.first_paint import FirstPaint, Opening

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
OPENING = Opening("Ours", "<style></style>", lambda path: f"<p>{path}</p>", "No script.")


async def page(_: Request) -> Response:
    return FileResponse(INDEX)


async def other(_: Request) -> Response:
    return HTMLResponse("<p>Other</p>")


def client() -> TestClient:
    routes = [Route(path, page) for path in ("/", "/sample", "/component/line/index.html")]
    middleware = [Middleware(FirstPaint, opening=OPENING), Middleware(GZipMiddleware)]
    return TestClient(Starlette(routes=[*routes, Route("/other", other)], middleware=middleware))


def test_a_page_opens_with_our_words() -> None:
    html = client().get("/sample").text

    assert "<title>Ours</title>" in html
    assert "<style></style></head>" in html
    assert '<div id="root"></div><p>/sample</p>' in html
    assert "<noscript>No script.</noscript>" in html
    assert "Streamlit app" not in html


def test_our_words_wait_for_no_styles_of_streamlit() -> None:
    html = client().get("/").text

    assert html.count('rel="stylesheet"') == 1
    assert html.index("<p>/</p>") < html.index('rel="stylesheet"') < html.index("</body>")


def test_a_page_is_sent_whole_though_the_browser_knows_an_earlier_one() -> None:
    asked = client()
    known = asked.get("/").headers

    again = asked.get("/", headers={"If-Modified-Since": "Wed, 01 Jan 2098 00:00:00 GMT", "If-None-Match": "*"})

    assert "etag" not in known
    assert "<title>Ours</title>" in again.text
    assert int(again.headers["content-length"]) == len(again.content)


def test_what_is_no_page_of_ours_stays_as_it_is() -> None:
    assert client().get("/component/line/index.html").text == INDEX.read_text()
    assert client().get("/other").text == "<p>Other</p>"
    assert client().post("/").status_code == 405
