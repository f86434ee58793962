"""Logs tell where and what, never the words of a conversation."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from services import logs

WORDS = "zeppelin marmalade"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    before = structlog.get_config()
    out = io.StringIO()
    logs.configure(out=out)
    yield out
    structlog.configure(**before)


@pytest.mark.parametrize("field", sorted(logs.FORBIDDEN_FIELDS))
def test_fields_that_carry_words_are_withheld(out: io.StringIO, field: str) -> None:
    structlog.get_logger().info("something happened", **{field: WORDS, "interview_id": "i1"})

    line = json.loads(out.getvalue())
    assert line[field] == "(withheld)"
    assert line["interview_id"] == "i1"


def test_an_error_is_logged_by_type_and_place_alone(out: io.StringIO) -> None:
    try:
        raise ValueError(WORDS)
    except ValueError:
        structlog.get_logger().exception("something broke")

    line = json.loads(out.getvalue())
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["where"][0]
    assert "zeppelin" not in out.getvalue()
