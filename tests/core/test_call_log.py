"""What a browser may tell of a call: numbers and closed lists, and nothing else."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.core.call_log import Beacon, browser_of

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "browser"),
    [
        (CHROME, "Chrome 141"),
        (CHROME + " Edg/141.0.0.0", "Edge 141"),
        ("Mozilla/5.0 (Macintosh; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox 143"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", "Safari 26"),
        ("<script>alert(1)</script>", "other"),
        ("Chrome/99999999", "other"),
        ("", "other"),
    ],
)
def test_a_browser_is_its_family_and_major_version(agent: str, browser: str) -> None:
    assert browser_of(agent) == browser


@pytest.mark.parametrize(
    "content",
    [
        {"call": 1, "reason": "because I said so"},
        {"call": 0, "reason": "ended"},
        {"call": 1, "reason": "ended", "rtt_ms": "31"},
        {"call": 1, "reason": "ended", "rtt_ms": -1},
        {"call": 1, "reason": "ended", "candidate": "my own words"},
        {"call": 1, "reason": "ended", "said": "I moved the ledger"},
    ],
)
def test_a_beacon_takes_nothing_free(content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Beacon.model_validate(content)
