"""What goes wrong at OpenAI and xAI, and what is counted there."""

from __future__ import annotations

from typing import Any

import pytest

from services.core.talk.events import CloseCause, Closed, UserText
from services.core.talk.transcript import UNRECOGNISED
from services.vendors.faults import Fault
from services.vendors.openai import faults, wire
from services.vendors.openai.wire import Dialect
from tests.vendors.calls import last
from tests.vendors.openai.dialects import HOLD, LISTEN, OPENAI, begin, dialect, end, error, feed, sent, sound


def test_transient_failure_is_retried_once() -> None:
    made = dialect()
    begin(made)

    first = end(made, status="failed", error={"type": "server_error", "code": None, "message": ""})
    begin(made, "resp_2")
    second = end(made, "resp_2", status="failed", error={"type": "server_error", "code": None, "message": ""})

    assert first == []
    assert sent(made) == ["response.create"]
    assert last(second, Closed).cause is CloseCause.PROVIDER


def test_refused_request_is_retried_once() -> None:
    made = dialect()
    made.direct("nudge")

    assert error(made, "rate_limit_exceeded", about=made.outbox[-1]["event_id"]) == []
    assert sent(made) == ["conversation.item.create", "response.create", "response.create"]
    assert error(made, "rate_limit_exceeded")[0].cause is CloseCause.PROVIDER


def test_trouble_unrelated_to_us_is_remembered_only() -> None:
    made = dialect()

    assert error(made, None, kind="internal_error") == []
    assert made.fault is Fault.VENDOR


def test_unknown_model_in_response_reads_as_missing_access() -> None:
    made = dialect()
    begin(made)

    closed = last(end(made, status="failed", error={"code": "model_not_found", "type": "x", "message": ""}), Closed)

    assert closed.cause is CloseCause.AUTH
    assert "may not use gpt-realtime-2.1" in closed.sentence


def test_filtered_answer_closes_for_safety() -> None:
    made = dialect()
    begin(made)

    closed = last(end(made, status="incomplete", reason="content_filter"), Closed)

    assert closed.cause is CloseCause.SAFETY


def test_answer_cut_by_token_limit_goes_on() -> None:
    made = dialect()
    begin(made)

    assert end(made, status="incomplete", reason="max_output_tokens") == []


def test_error_before_configuration_is_a_refused_configuration() -> None:
    made = Dialect(OPENAI, LISTEN, HOLD)

    [closed] = error(made, "invalid_value", "Invalid value: 'x'")

    assert closed.cause is CloseCause.CONFIG


def test_failed_transcription_leaves_what_was_shown_in_doubt() -> None:
    made = dialect()
    fields = {"item_id": "item_1", "error": {"code": "audio_unintelligible"}}

    assert feed(made, "conversation.item.input_audio_transcription.failed", **fields) == [
        UserText("item_1", UNRECOGNISED, append=False, final=True)
    ]


@pytest.mark.parametrize(
    ("code", "reason", "fault"),
    [
        (None, "", Fault.NETWORK),
        (1006, "", Fault.NETWORK),
        (1001, "Your session hit the maximum duration of 60 minutes.", Fault.LIMIT),
        (1001, "", Fault.VENDOR),
        (1000, "", Fault.VENDOR),
        (3000, "invalid_request_error.invalid_api_key", Fault.KEY),
        (3000, "", Fault.KEY),
        (1011, "internal error", Fault.VENDOR),
    ],
)
def test_close_code_names_fault(code: int | None, reason: str, fault: Fault) -> None:
    assert faults.of_close(code, reason) is fault


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, b'{"error": {"code": "invalid_api_key"}}', Fault.KEY),
        (401, b"", Fault.KEY),
        (400, b'{"code": "invalid-argument", "error": "Incorrect API key provided"}', Fault.KEY),
        (403, b'{"error": "team doesn\'t have any credits yet"}', Fault.CREDIT),
        (403, b"[]", Fault.ACCESS),
        (402, b"", Fault.CREDIT),
        (404, b"plain", Fault.MODEL),
        (429, b'{"error": "used all available credits or reached its monthly spending limit"}', Fault.CREDIT),
        (429, b'{"error": "Too many concurrent sessions"}', Fault.BUSY),
        (429, b"{}", Fault.RATE),
        (503, b"", Fault.VENDOR),
        (400, b"", Fault.CONFIG),
    ],
)
def test_refusal_names_fault(status: int, body: bytes, fault: Fault) -> None:
    assert faults.of_status(status, body) is fault


@pytest.mark.parametrize(
    ("reported", "buckets"),
    [
        ({}, {}),
        (
            {"input_token_details": {"text_tokens": 10, "audio_tokens": 20, "cached_tokens": 15}},
            {"input_cached_text": 10, "input_audio": 15, "input_cached_audio": 5},
        ),
    ],
)
def test_usage_buckets_exclude_each_other(reported: dict[str, Any], buckets: dict[str, int]) -> None:
    assert wire.response_usage(reported) == buckets


def test_transcription_by_duration_is_counted_in_time() -> None:
    assert wire.transcription_usage({"type": "duration", "seconds": 3.2}) == {"transcription_audio_ms": 3200}


def test_only_recent_responses_are_remembered() -> None:
    made = dialect()
    for number in range(40):
        begin(made, f"resp_{number}")
        sound(made, 20, f"resp_{number}", f"item_{number}")
        end(made, f"resp_{number}")

    made.interrupt("item_1", 10)

    assert sent(made) == []
