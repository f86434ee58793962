"""Job descriptions that come as a file or as a page's address."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.parts import FakeParts


def field(app: AppTest) -> str:
    return str(app.text_area(key="job_description").value)


def read_page(app: AppTest, address: str) -> None:
    app.text_area(key="job_description").set_value(address).run()


def test_a_file_fills_the_field_to_be_edited(visit: Open) -> None:
    app = visit()

    app.file_uploader(key="job_file").set_value(("job.txt", b"A job from a file", "text/plain")).run()
    read = app.success[0].value
    app.text_area(key="job_description").set_value("A job that I edited").run()

    assert read == "17 characters read from “job\\.txt”. Check and change them above."
    assert field(app) == "A job that I edited"


def test_a_page_fills_the_field(visit: Open) -> None:
    app = visit()

    read_page(app, "https://example.com/job")

    assert field(app) == "A job from the web"


def test_a_refused_file_loses_nothing(visit: Open) -> None:
    app = visit()
    app.text_area(key="job_description").set_value("Pasted before").run()

    app.file_uploader(key="job_file").set_value(("job.docx", b"PK", "application/zip")).run()

    assert app.warning[0].value == "This document is damaged."
    assert field(app) == "Pasted before"


def test_a_refused_address_stays_to_be_mended(visit: Open) -> None:
    app = visit()

    read_page(app, "http://127.0.0.1/")

    assert app.warning[0].value == "This address leads into a private network."
    assert field(app) == "http://127.0.0.1/"


def test_a_refused_address_is_not_asked_again(visit: Open, parts: FakeParts, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit()
    read_page(app, "http://127.0.0.1/")
    monkeypatch.setattr(parts.intake, "from_page", lambda address: pytest.fail("asked again"))

    app.checkbox(key="consent").check()
    app.button(key="prepare").click().run()

    assert app.error[0].value == "This address leads into a private network."
    assert not parts.interviews.prepared


def test_an_address_within_a_text_is_left_alone(visit: Open) -> None:
    app = visit()

    read_page(app, "Backend engineer, see https://example.com/job for more")

    assert field(app) == "Backend engineer, see https://example.com/job for more"


def test_what_a_file_replaced_can_be_put_back(visit: Open) -> None:
    app = visit()
    app.text_area(key="job_description").set_value("Pasted before").run()
    app.file_uploader(key="job_file").set_value(("job.txt", b"A job from a file", "text/plain")).run()

    app.button(key="put_back").click().run()

    assert field(app) == "Pasted before"
    assert not app.success


def test_a_text_that_is_too_long_says_what_to_do(visit: Open) -> None:
    app = visit()

    app.file_uploader(key="job_file").set_value(("job.txt", b"job " * 12_000, "text/plain")).run()

    assert "Only 40,000 can be used" in app.success[0].value


def test_what_was_brought_is_no_sample(visit: Open, parts: FakeParts) -> None:
    app = visit()
    app.button_group(key="job_preset").select("backend_senior").run()
    read_page(app, "https://example.com/job")
    app.checkbox(key="consent").check()

    app.button(key="prepare").click().run()

    assert parts.interviews.prepared["job_description"] == "A job from the web"
    assert parts.interviews.prepared["preset"] is None
