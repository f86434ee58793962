"""Whole calls on real tracks, observed: figures in the database, a trace, a record that replays."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from decimal import Decimal

import pytest

from services.analyst.rules import utc_now
from services.core.errors import DailySpendReached
from services.core.talk.events import EndRequested, InstructionKind, Usage
from services.core.usage import Spending
from services.observe.event_record import replay
from services.observe.recorder import Recorder
from services.observe.traces import Traces
from tests.fakes import Instructed, ScriptedProvider, Step, drop, hears, says, until
from tests.house import Build
from tests.observe.langfuse import LangfuseServer, langfuse_server
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

GREETING = says("Hello, I am Ema, an AI interviewer.", ms=200)
HEARD = {"input_audio": 1_000_000}
"""3 USD at Gemini, 32 at OpenAI."""


@pytest.fixture
def server() -> Iterator[LangfuseServer]:
    with langfuse_server() as running:
        yield running


def vendor(key: str, model: str, *scripts: list[Step]) -> ScriptedProvider:
    made = ScriptedProvider(*scripts, key=key)
    made.info = dataclasses.replace(made.info, model=model)
    return made


async def closed(recorder: Recorder) -> None:
    await asyncio.to_thread(recorder.close)


async def test_a_call_with_a_failover_is_one_trace(build: Build, server: LangfuseServer) -> None:
    house, kept = build(), list[Spending]()
    recorder = Recorder(utc_now, keep=kept.append, traces=Traces("pk-failover", "sk", server.url))
    first = vendor("openai", "gpt-realtime-2.1", [GREETING, Usage(HEARD), drop()])
    second = vendor("gemini", "gemini-3.8-live", [says("Where were we?", ms=200), Usage(HEARD), *hears("I said so.")])
    calls, interview = house.calls(first, second, vendor("offline", "none"), recorder=recorder), house.prepare("openai")

    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.recorder.usd == Decimal(35))
    await eventually(lambda: any(turn.text == "I said so." for turn in call.bridge.conversation.turns))
    call.tell(EndRequested())
    await eventually(lambda: call.over)
    await calls.aclose()
    await closed(recorder)

    (root,) = server.named("voice-interview")
    assert (root.meta("usd"), root.meta("end_reason"), root.meta("attempts")) == (35.0, "user", 2)
    assert server.named("provider-failover")[0].parent_id == root.span_id
    assert {span.attributes["session.id"] for span in server.spans.values()} == {interview.id}
    assert {span.attributes["langfuse.trace.name"] for span in server.spans.values()} == {"setup", "call", "report"}
    assert len({span.trace_id for span in server.spans.values()}) == 3
    assert {(spent.provider, spent.usd) for spent in kept if spent.usd} == {
        ("openai", Decimal(32)),
        ("gemini", Decimal(3)),
    }
    record = recorder.records.find(interview.id)
    assert record is not None
    assert replay(record) == []


async def test_an_interview_that_costs_enough_is_wrapped_up(build: Build) -> None:
    house = build(max_usd_per_interview=Decimal(2))
    script: list[Step] = [GREETING, *hears("I read the query plan."), Usage(HEARD), until(Instructed)]
    provider = vendor("gemini", "gemini-3.8-live", script)
    calls, interview = house.calls(provider, vendor("offline", "none")), house.prepare("gemini")

    await house.visit(calls, interview)
    await eventually(lambda: provider.connections and provider.connection.told(Instructed))

    call = calls.find(interview.id)
    assert call
    assert [told.instruction.kind for told in provider.connection.told(Instructed)] == [InstructionKind.WRAP_UP]
    await eventually(lambda: "what it may cost" in call.snapshot().notice)
    assert not call.over
    await calls.aclose()


@pytest.mark.parametrize("status", [503, None])
async def test_an_outage_of_langfuse_costs_the_call_nothing(
    build: Build, server: LangfuseServer, status: int | None
) -> None:
    house, kept = build(), list[Spending]()
    server.status = status or 200
    url = server.url if status else "http://127.0.0.1:1"
    recorder = Recorder(utc_now, keep=kept.append, traces=Traces(f"pk-outage-{status}", "sk", url))
    provider = vendor("gemini", "gemini-3.8-live", [GREETING, Usage(HEARD)])
    calls, interview = house.calls(provider, vendor("offline", "none"), recorder=recorder), house.prepare("gemini")

    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.recorder.usd == Decimal(3))
    call.tell(EndRequested())
    await eventually(lambda: call.over)
    await calls.aclose()
    await closed(recorder)

    assert (kept[-1].usd, recorder.dropped, server.spans) == (Decimal(3), 0, {})


async def test_a_day_that_cost_enough_refuses_the_next_call(build: Build) -> None:
    house = build(max_usd_per_day=Decimal(5))
    recorder, provider = Recorder(utc_now), vendor("offline", "none", [GREETING])
    calls, interview = house.calls(provider, recorder=recorder), house.prepare()

    calls._spent_today = lambda: Decimal(5)

    with pytest.raises(DailySpendReached, match="Nothing was charged"):
        await asyncio.to_thread(calls.join, interview)
    assert calls.find(interview.id) is None
