from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from services.core.usage import Spending

AT = datetime(2026, 11, 28, tzinfo=UTC)


def test_a_spending_replaces_the_one_with_its_key() -> None:
    first = Spending("i1", "voice", 2, "openai", "gpt-realtime-2.1", AT, AT, {"input_text": 5}, Decimal("0.1"))
    later = Spending("i1", "voice", 2, "openai", "gpt-realtime-2.1", AT, AT, {"input_text": 9}, Decimal("0.2"))

    assert first.key == later.key == ("i1", "voice", 2)
