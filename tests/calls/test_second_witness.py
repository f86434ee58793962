"""A second recogniser beside a vendor's call: what it is given, and what becomes of the words that it did not hear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.core.plan.plan import Plan
from services.core.report.witness import Overheard
from services.core.talk.events import EndRequested
from services.core.talk.transcript import Turn
from services.vendors.base import Capabilities
from tests.fakes import ScriptedProvider, hears, says, stall
from tests.house import Build
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

SAID = "I moved the ledger to Kafka"


class ScriptedWitness:
    """Hears the candidate, in its own words, for as long as the call lasts."""

    input_rate_hz = 16_000

    def __init__(self, text: str) -> None:
        self.text, self.bytes, self.until, self.left = text, 0, 0.0, False

    def hear(self, pcm: bytes, at: float) -> None:
        self.bytes, self.until = self.bytes + len(pcm), at

    async def words(self) -> tuple[Overheard, ...]:
        return (Overheard(0, round(self.until * 1000), self.text, 0.9),)

    @asynccontextmanager
    async def listen(self, plan: Plan) -> AsyncIterator[ScriptedWitness]:
        yield self
        self.left = True


async def read_back(build: Build, heard: str, **capabilities: Any) -> tuple[Turn, ...]:
    """What the candidate reads after a call in which the vendor wrote `SAID` and the witness heard `heard`."""
    house, witness = build(readback_wait_s=60), ScriptedWitness(heard)
    script = [says("Hello, I am Ema.", ms=200), *hears(SAID), stall(60)]
    provider = ScriptedProvider(script, key="offline", capabilities=Capabilities(**capabilities))
    calls, interview = house.calls(provider, listen=witness.listen), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: any(SAID in caption.text for caption in call.snapshot().captions))
    await eventually(lambda: bool(witness.bytes or capabilities))
    call.tell(EndRequested())
    await candidate.leave()
    await eventually(lambda: witness.left)
    reading = house.interviews.reviews.find_readback(house.user_id, interview.id)
    assert reading
    return reading.turns


async def test_words_the_witness_did_not_hear_are_disputed(build: Build) -> None:
    (turn,) = await read_back(build, "I moved the ledger to Cassandra")

    assert [turn.text[one.start : one.end] for one in turn.in_dispute] == ["Kafka"]


async def test_words_both_heard_are_not_disputed(build: Build) -> None:
    (turn,) = await read_back(build, "i moved the ledger to kafka")

    assert turn.in_dispute == ()


async def test_captions_of_our_own_have_no_second_witness(build: Build) -> None:
    (turn,) = await read_back(build, "I moved the ledger to Cassandra", local_captions="an engine")

    assert turn.in_dispute == ()
