"""Logs tell where and what, never the words of a conversation."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.web.server.starlette import starlette_websocket

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


def test_noise_on_streamlits_socket_is_one_line_and_a_fault_has_its_traceback(
    out: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    logger = starlette_websocket._LOGGER
    logger.addHandler(caplog.handler)
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        logger.warning("Error deserializing back message", exc_info=error)
        logger.exception("Error sending websocket payload")
    logger.removeHandler(caplog.handler)

    noise, fault = caplog.records
    assert (noise.getMessage(), noise.exc_info) == ("Error deserializing back message (ValueError)", None)
    assert fault.levelno == logging.ERROR
    assert fault.exc_info


def test_a_component_that_registers_before_there_is_a_page_is_no_warning(
    out: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    logger = script_run_context._LOGGER
    logger.addHandler(caplog.handler)
    told = script_run_context.get_script_run_ctx()
    logger.warning("something else")
    logger.removeHandler(caplog.handler)

    assert (told, [record.message for record in caplog.records]) == (None, ["something else"])
