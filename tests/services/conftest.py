"""A house per test, whose candidates leave when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.house import Build, House, build_house


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    houses: list[House] = []

    def make(**windows: float) -> House:
        houses.append(build_house(tmp_path, **windows))
        return houses[-1]

    yield make
    for house in houses:
        for candidate in house.candidates:
            await candidate.leave()
