"""What Gemini's closes and refusals mean."""

from __future__ import annotations

import pytest

from services.vendors.faults import Fault
from services.vendors.gemini.faults import of_close, of_http


@pytest.mark.parametrize(
    ("code", "reason", "more", "fault"),
    [
        (
            1011,
            "You exceeded your current quota, please check your plan and billing details. For mor",
            {},
            Fault.CREDIT,
        ),
        (1011, "Deadline expired before operation could complete.", {}, Fault.LIMIT),
        (1011, "Internal error encountered.", {}, Fault.VENDOR),
        (1008, "models/x is not found for API version v1, or is not supported for bidi", {}, Fault.MODEL),
        (1008, "Permission denied", {}, Fault.ACCESS),
        (1008, "The operation was aborted.", {"warned": True}, Fault.LIMIT),
        (1008, "The operation was aborted.", {}, Fault.CONFIG),
        (1007, "Request contains an invalid argument.", {"begun": False}, Fault.CONFIG),
        (1007, "Request contains an invalid argument.", {}, Fault.VENDOR),
        (1007, "API key not valid. Please pass a valid API key.", {}, Fault.KEY),
        (1000, "", {}, Fault.LIMIT),
        (1006, "", {}, Fault.NETWORK),
        (None, "", {}, Fault.NETWORK),
    ],
)
def test_close_is_told_by_its_cause(code: int | None, reason: str, more: dict[str, bool], fault: Fault) -> None:
    assert of_close(code, reason, **more) is fault


@pytest.mark.parametrize(
    ("status", "text", "fault"),
    [
        (400, "INVALID_ARGUMENT API key not valid", Fault.KEY),
        (400, "INVALID_ARGUMENT something else", Fault.CONFIG),
        (403, "", Fault.ACCESS),
        (404, "", Fault.MODEL),
        (429, "RESOURCE_EXHAUSTED retryDelay: 34s", Fault.RATE),
        (429, "RESOURCE_EXHAUSTED", Fault.CREDIT),
        (503, "UNAVAILABLE overloaded", Fault.VENDOR),
    ],
)
def test_refusal_is_told_by_its_cause(status: int, text: str, fault: Fault) -> None:
    assert of_http(status, text) is fault
