"""Vendors' own copies: words completed after the call, deleted with the interview, never in the way of a report."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.calls.vendor_records import VendorRecords
from services.core.errors import ProviderError
from services.core.talk.transcript import Speaker, Turn
from services.vendors.base import Capabilities
from tests.fakes import ScriptedProvider

OURS = (Turn("t1", Speaker.CANDIDATE, "we moved the legend to posters", 0, 4000, "q1"),)


class Keeper(ScriptedProvider):
    """Keeps one corrected turn; may fail or take for ever."""

    def __init__(self, trouble: Exception | None = None, *, slow: bool = False) -> None:
        super().__init__(capabilities=Capabilities(transcript_afterwards=True, deletes_afterwards=True))
        self.deleted: list[str] = []
        self._trouble, self._slow = trouble, slow

    async def complete(self, conversation_id: str, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        if self._slow:
            await asyncio.Event().wait()
        if self._trouble:
            raise self._trouble
        return tuple(replace(turn, text="we moved the ledger to Postgres") for turn in turns)

    async def delete(self, conversation_id: str) -> None:
        if self._trouble:
            raise self._trouble
        self.deleted.append(conversation_id)


async def test_vendor_corrects_our_words() -> None:
    records = VendorRecords({"scripted": Keeper()})

    turns = await records.completed(OURS, [("scripted", "conv_1")])

    assert [turn.text for turn in turns] == ["we moved the ledger to Postgres"]


@pytest.mark.parametrize("keeper", [Keeper(ProviderError("gone")), Keeper(slow=True)], ids=["failing", "slow"])
async def test_our_words_are_enough_without_the_vendor(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.calls.vendor_records.PATIENCE_S", 0.05)

    assert await VendorRecords({"scripted": keeper}).completed(OURS, [("scripted", "conv_1")]) == OURS


async def test_provider_that_keeps_nothing_is_not_asked() -> None:
    records = VendorRecords({"scripted": ScriptedProvider()})

    await records.delete([("scripted", "conv_1"), ("unknown", "conv_2")])

    assert await records.completed(OURS, [("scripted", "conv_1")]) == OURS


async def test_every_copy_is_deleted_though_one_vendor_fails() -> None:
    good, bad = Keeper(), Keeper(ProviderError("gone"))

    await VendorRecords({"bad": bad, "good": good}).delete([("bad", "c1"), ("good", "c2"), ("good", "c3")])

    assert good.deleted == ["c2", "c3"]
