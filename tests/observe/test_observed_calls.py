"""Whole calls on real tracks, observed: figures in the database, a trace, a record that replays."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from services.analyst.rules import utc_now
from services.calls.snapshot import ENDINGS, Phase
from services.core.errors import DailySpendReached
from services.core.talk.conversation import EmaState
from services.core.talk.events import (
    CloseCause,
    EndRequested,
    Heard,
    InstructionKind,
    ToolCall,
    ToolReturned,
    Typed,
    Usage,
)
from services.core.talk.transcript import Speaker
from services.core.usage import Spending
from services.observe.event_record import replay
from services.observe.metrics import Bound
from services.observe.recorder import Recorder
from services.observe.traces import Traces
from services.settings import Settings
from services.store.store import Store
from services.tools.servers import configured
from services.tools.toolbox import Toolbox
from services.vendors.offline import voice as offline_voice
from services.wiring import board
from tests.fakes import Instructed, ScriptedProvider, Step, drop, hears, says, until
from tests.house import Build
from tests.live import interrupting, started
from tests.observe.langfuse import LangfuseServer, Span, langfuse_server
from tests.refusals import refusals
from tests.simulated_vendors import SIMULATORS
from tests.stage import PLAN
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

GREETING = says("Hello, I am Ema, an AI interviewer.", ms=200)
KNOWN = " ".join(["The team is eight engineers and a designer who share one room and one rota."] * 4)
REPLY_S = 5.0
"""As long as a simulator takes to say what is known: enough to be interrupted on any machine."""
OWN_RECORD = "elevenlabs's own record"
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


def way_up(server: LangfuseServer, span: Span) -> list[str]:
    """The names of what it lies in, up to its trace's root."""
    names = []
    while span.parent_id:
        span = server.spans[span.parent_id]
        names.append(span.name)
    return names


@pytest.mark.parametrize("voice", [*SIMULATORS, "offline"])
async def test_a_whole_call_on_any_voice_is_one_tree(
    build: Build, server: LangfuseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, voice: str
) -> None:
    """Of a lookup, a barge-in and a rejoin; the figures of its turns add up to those of its root."""
    # The offline one takes a quarter of a minute to say.
    monkeypatch.setattr(offline_voice, "greeting", lambda _: f"Hello. {PLAN.questions[0].text}")
    facts, kept, interruption = tmp_path / "facts.md", list[Spending](), interrupting()
    facts.write_text(f"# Team\n{KNOWN}\n")
    recorder = Recorder(utc_now, keep=kept.append, traces=Traces(f"pk-{voice}", "sk", server.url))
    async with AsyncExitStack() as stack:
        box = Toolbox(configured(Settings(company_facts=facts)), tmp_path, {})
        box.start()
        stack.push_async_callback(box.aclose)
        await box.ready()
        vendors = () if voice == "offline" else (voice,)
        live = await started(stack, build, *vendors, toolbox=box, recorder=recorder, utterance_limit_s=REPLY_S)
        if voice == "elevenlabs":
            live.sims[voice].tool, live.sims[voice].rest.polls_until_done = "company__company_facts", 0
        await live.asked(1)
        live.call.tell(Typed("How big is the team?"))
        await eventually(lambda: any(isinstance(event, ToolReturned) for _, event in live.events))
        await live.until(EmaState.SPEAKING)
        live.candidate.say(interruption)
        await eventually(lambda: any(isinstance(event, Heard) for _, event in live.events))
        await live.candidate.leave()
        await eventually(lambda: live.call.snapshot().phase is Phase.AWAY)
        await live.house.visit(live.calls, live.interview)
        await eventually(lambda: live.call.snapshot().phase is Phase.LIVE)
        await live.end()
        if voice == "elevenlabs":
            # Once the vendor has processed it, its own record has the last word, for both of the connections.
            await eventually(
                lambda: [spent.usd for spent in kept if spent.prices == OWN_RECORD] == [Decimal("0.12")] * 2
            )
    await closed(recorder)

    database = Store(live.house.settings.database_url.get_secret_value())
    (line,) = board(database, utc_now(), utc_now() - timedelta(days=1)).vendors
    assert (line.provider, line.p50_ms) == (voice, live.call.snapshot().median_latency_ms)
    assert line.answers
    (root,) = server.named("voice-interview")
    mine = [span for span in server.spans.values() if span.trace_id == root.trace_id]
    ways = {span.name: way_up(server, span) for span in mine}
    assert {"turn", "assistant-response", "company__company_facts", "barge-in", "rejoin"} <= ways.keys()
    assert {way[-1] for name, way in ways.items() if name != "voice-interview"} == {"voice-interview"}
    assert [ways[name][0] for name in ("assistant-response", "company__company_facts", "barge-in")] == ["turn"] * 3
    assert {(span.attributes["session.id"], span.attributes["user.id"]) for span in mine} == {
        (live.interview.id, root.attributes["user.id"])
    }
    last = {spent.key: spent for spent in kept if spent.purpose == "voice" and spent.prices != OWN_RECORD}
    assert root.meta("usd") == float(sum(spent.usd or 0 for spent in last.values()))
    assert {"call_completed", "end_reason", "charged"} <= {score["name"] for score in server.scores.values()}


async def test_an_interview_that_costs_enough_is_wrapped_up(build: Build) -> None:
    house = build(max_usd_per_interview=Decimal(2))
    script: list[Step] = [GREETING, *hears("I read the query plan."), Usage(HEARD), until(Instructed)]
    script += [says("Thank you for your time. Goodbye.", ms=400), ToolCall("c1", "end_interview", {})]
    provider = vendor("gemini", "gemini-3.8-live", script)
    calls, interview = house.calls(provider, vendor("offline", "none")), house.prepare("gemini")

    await house.visit(calls, interview)
    await eventually(lambda: provider.connections and provider.connection.told(Instructed))

    call = calls.find(interview.id)
    assert call
    assert [told.instruction.kind for told in provider.connection.told(Instructed)] == [InstructionKind.WRAP_UP]
    await eventually(lambda: "what it may cost" in call.snapshot().notice or call.over)
    await eventually(lambda: call.over)
    # Not cut: she was heard to her last word before it ended, and it is she who ended it.
    heard = [turn for turn in call.bridge.conversation.turns if turn.speaker is Speaker.EMA][-1]
    assert (heard.text, heard.interrupted) == ("Thank you for your time. Goodbye.", False)
    assert call.snapshot().ended_sentence == ENDINGS[CloseCause.AGENT]
    assert any("what it may cost" in caption.text for caption in call.snapshot().captions)
    await calls.aclose()


class WatchedTraces(Traces):
    """Knows on which threads the SDK of Langfuse is used, which may take its time."""

    def __init__(self, public_key: str, url: str) -> None:
        super().__init__(public_key, "sk", url)
        self.threads: set[str] = set()

    def open(self) -> None:
        self.threads.add(threading.current_thread().name)
        super().open()


@pytest.mark.parametrize("weather", ["refuses", "hangs", "is away"])
async def test_an_outage_of_langfuse_costs_the_call_nothing(
    build: Build, server: LangfuseServer, monkeypatch: pytest.MonkeyPatch, weather: str
) -> None:
    monkeypatch.setattr("services.observe.traces.CLOSE_S", 0.2)
    house, kept = build(), list[Spending]()
    server.status = 503 if weather == "refuses" else 200
    server.hang = threading.Event() if weather == "hangs" else None
    traces = WatchedTraces(f"pk-{weather}", "http://127.0.0.1:1" if weather == "is away" else server.url)
    recorder = Recorder(utc_now, keep=kept.append, traces=traces)
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
    assert traces.written == traces.lost + traces.waiting > 0
    # Nothing of it ever ran where voices are carried: there, telling is putting it into a queue.
    assert traces.threads == {"observe"}


async def test_a_day_that_cost_enough_refuses_the_next_call(build: Build) -> None:
    house = build(max_usd_per_day=Decimal(5))
    recorder, provider = Recorder(utc_now), vendor("offline", "none", [GREETING])
    calls, interview = house.calls(provider, recorder=recorder), house.prepare()

    calls._spent_today = lambda: Decimal(5)

    with pytest.raises(DailySpendReached, match="Nothing was charged"):
        await asyncio.to_thread(calls.join, interview)
    assert calls.find(interview.id) is None
    assert refusals(recorder.metrics) == {Bound.SPEND: 1}
