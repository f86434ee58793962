"""The bank's data are validated once, and a slip in them is named."""

from __future__ import annotations

import pytest

from services.core.plan.bank import Bank, bank


def test_bank_is_read_once() -> None:
    assert bank() is bank()


def test_competency_that_is_nowhere_described_is_named() -> None:
    known = {key: kind for key, kind in bank().competencies.items() if key != "stores"}

    content = {name: getattr(bank(), name) for name in ("clusters", "resources")}

    with pytest.raises(ValueError, match="nowhere described: stores"):
        Bank.model_validate({**content, "competencies": known})
