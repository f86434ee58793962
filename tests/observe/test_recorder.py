from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from services.calls.call import metrics
from services.core.errors import DatabaseAway
from services.core.plan.plan import Pace
from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.core.talk.transcript import Speaker, Turn
from services.core.usage import Bill, Billed, Spending, TextRequest
from services.observe.event_record import replay
from services.observe.recorder import CallFacts, CallRecorder, Recorder
from services.observe.requests import TextRequests
from services.observe.traces import Traces
from services.store.store import Store
from tests.core.talk.scripts import TEXTS, begins, plan, says
from tests.observe.langfuse import LangfuseServer, langfuse_server
from tests.waiting import eventually_now

BEGAN = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
FACTS = CallFacts("interview-1", "user-1", plan(3, 90), Pace.NORMAL, 900, 60)
_KEYS = count()


@pytest.fixture
def server() -> Iterator[LangfuseServer]:
    with langfuse_server() as running:
        yield running


def traces(server: LangfuseServer) -> Traces:
    return Traces(f"pk-{next(_KEYS)}", "sk", server.url)


def talk(call: CallRecorder, script: list[tuple[float, e.Event]], conversation: Conversation) -> None:
    for at, event in script:
        call.received(event, at, conversation.receive(event, at))


Voices = tuple[tuple[str, str], tuple[str, str]]
VOICES: Voices = (("openai", "gpt-realtime-2.1"), ("gemini", "gemini-3.8-live"))


def interview(call: CallRecorder, voices: Voices = VOICES) -> None:
    """A greeting, an answer with a tool call, a barge-in, a failover and a rejoin."""
    conversation = Conversation(FACTS.plan, pace=Pace.NORMAL, limit_s=900, wrap_up_s=60)

    def connect(at: float, provider: str, model: str) -> None:
        conversation.reconnected(provider)
        call.connected(at, provider=provider, label=provider, model=model)

    connect(0.0, *voices[0])
    talk(call, [(0.0, e.CandidateJoined()), *says("i1", f"Hello, I'm Ema. {TEXTS[0]}", 0.5, 4.0)], conversation)
    talk(call, [(4.1, e.Usage({"input_text": 1000, "output_audio": 100}))], conversation)
    talk(
        call,
        [
            (5.0, e.SpeechStarted()),
            (9.0, e.SpeechStopped()),
            (9.2, e.UserText("u1", "I read the plan of the query", append=False, final=True, confidence=0.9)),
            (9.4, e.ToolCall("c1", "next_question", {"question_id": "q2"})),
            (9.5, e.Usage({"input_audio": 400, "output_text": 20})),
            *begins("i2", TEXTS[1], 9.8),
            (11.0, e.SpeechStarted()),
            (11.0, e.Heard("i2", 1200, 3000)),
            (11.1, e.Usage({"input_audio": 500, "output_audio": 60})),
            (13.0, e.SpeechStopped()),
            (13.2, e.UserText("u2", "we lost a region once", append=False, final=True)),
            (13.5, e.Closed(e.CloseCause.NETWORK)),
        ],
        conversation,
    )
    connect(14.0, *voices[1])
    talk(
        call,
        [
            *says("i3", "What did you learn from it?", 15.0, 17.0),
            (17.0, e.Usage({"input_audio": 2000, "output_audio": 300})),
            (20.0, e.CandidateLeft()),
            (30.0, e.CandidateJoined()),
            (31.0, e.Typed("Replicas in two regions.")),
            *says("i4", "Thank you. Goodbye.", 32.0, 33.0),
            (33.1, e.Usage({"input_audio": 2500, "output_audio": 100})),
            (120.0, e.Tick()),
            (121.0, e.EndRequested()),
        ],
        conversation,
    )
    call.charged(120.0, 15)
    call.received(e.Closed(e.CloseCause.USER), 121.1, [])
    call.ended(121.1, "user")


def recorded(server: LangfuseServer, *, content: bool = False) -> tuple[Recorder, list[Spending]]:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append, traces=traces(server))
    facts = FACTS if not content else CallFacts("interview-1", "user-1", FACTS.plan, Pace.NORMAL, 900, 60, content=True)
    interview(recorder.call(facts))
    recorder.close()
    return recorder, kept


def test_a_call_becomes_one_tree(server: LangfuseServer) -> None:
    recorded(server)

    (root,) = server.named("voice-interview")
    turns = server.named("turn")
    assert [span.meta("turn.number") for span in turns] == [0, 1, 2, 3]
    assert {span.parent_id for span in turns} == {root.span_id}
    assert [span.name for span in server.below(turns[1])] == [
        "user-speech",
        "assistant-response",
        "next_question",
        "barge-in",
    ]
    above = {span.name for span in server.below(root)}
    assert {"provider-failover", "rejoin", "credit.post", "voice-session", "live-session.started"} <= above
    assert {span.trace_id for span in server.spans.values()} == {root.trace_id}


ALL = (
    *VOICES,
    ("xai", "grok-voice-3.0"),
    ("elevenlabs", "ElevenLabs agent"),
    ("offline", "espeak-ng"),
)


@pytest.mark.parametrize("voices", list(zip(ALL, (*ALL[1:], ALL[0]), strict=True)), ids=lambda pair: pair[0][0])
def test_failover_and_rejoin_are_one_tree_on_every_voice(server: LangfuseServer, voices: Voices) -> None:
    recorder = Recorder(lambda: BEGAN, traces=traces(server))
    interview(recorder.call(FACTS), voices)
    recorder.close()

    (root,), (failover,) = server.named("voice-interview"), server.named("provider-failover")
    assert [(span.meta("provider"), span.meta("attempt")) for span in server.named("live-session.started")] == [
        (voices[0][0], 1),
        (voices[1][0], 2),
    ]
    assert (failover.meta("from"), failover.meta("provider")) == (voices[0][0], voices[1][0])
    assert {span.name for span in server.below(root)} >= {"provider-failover", "rejoin", "turn", "voice-session"}
    assert {span.trace_id for span in server.spans.values()} == {root.trace_id}
    assert {span.parent_id for span in server.spans.values()} <= {"", *server.spans}


def test_every_span_names_session_and_user(server: LangfuseServer) -> None:
    recorded(server)

    named = {(span.attributes["session.id"], span.attributes["user.id"]) for span in server.spans.values()}
    assert named == {("interview-1", "user-1")}


def test_spans_have_the_times_they_had(server: LangfuseServer) -> None:
    recorded(server)

    turn = server.named("turn")[1]
    start_s = turn.start_ns / 1e9 - BEGAN.timestamp()
    assert (round(start_s, 3), turn.meta("ttfa_ms"), turn.meta("e2e_ms")) == (5.0, 800, 800)


def test_usage_of_the_turns_adds_up(server: LangfuseServer) -> None:
    _, kept = recorded(server)

    answers = server.named("assistant-response")
    totals = sum(span.json("usage_details")["total"] for span in answers)
    latest = {spending.key: spending for spending in kept}
    tokens = sum(
        number for spending in latest.values() for name, number in spending.quantities.items() if "put_" in name
    )
    usd = sum(Decimal(str(span.json("cost_details")["total"])) for span in answers)
    assert totals == tokens == 6980
    assert usd == sum(spending.usd or 0 for spending in latest.values())
    assert server.named("voice-interview")[0].meta("usd") == float(usd)


def test_a_cut_answer_gets_the_usage_that_comes_late(server: LangfuseServer) -> None:
    recorded(server)

    cut = server.named("assistant-response")[1]
    assert cut.json("usage_details") == {"input_audio": 900, "output_text": 20, "output_audio": 60, "total": 980}


def test_the_barge_in_tells_what_was_heard(server: LangfuseServer) -> None:
    recorded(server)

    (barge_in,) = server.named("barge-in")
    assert (barge_in.meta("heard_ms"), barge_in.meta("cut_ms"), barge_in.meta("stop_latency_ms")) == (1200, 1800, 0)


def test_scores_arrive_with_the_end(server: LangfuseServer) -> None:
    recorded(server)

    values = {score["name"]: score["value"] for score in server.scores.values()}
    assert values == {
        "call_completed": 1.0,
        "end_reason": "user",
        "charged": 1.0,
        "e2e_p50_ms": 1000.0,
        "e2e_p95_ms": 2000.0,
    }


def test_the_same_call_told_twice_is_one_trace(server: LangfuseServer) -> None:
    recorded(server)
    before = set(server.spans)

    recorded(server)

    assert set(server.spans) == before
    assert len(server.scores) == 5


def test_no_word_is_traced_unless_asked_for(server: LangfuseServer) -> None:
    recorded(server)

    told = repr([span.attributes for span in server.spans.values()])
    assert not [word for word in ("region", "Goodbye", "Replicas", "PostgreSQL", "learn") if word in told]


def test_words_are_traced_where_both_sides_want_it(server: LangfuseServer) -> None:
    recorded(server, content=True)

    answer = server.named("assistant-response")[2]
    assert (answer.json("input"), answer.json("output")) == ("we lost a region once", "What did you learn from it?")


def test_a_vendor_billed_by_time_costs_at_its_end(server: LangfuseServer) -> None:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append, traces=traces(server))
    call = recorder.call(FACTS)

    call.connected(0.0, provider="xai", label="Grok", model="grok-voice-3.0")
    call.received(e.AudioOut(b"\0\0", "i1", 0), 1.0, [])
    call.received(e.Usage({"input_tokens": 310, "output_tokens": 120}), 2.0, [])
    call.received(e.Closed(e.CloseCause.USER), 60.0, [])
    call.ended(60.0, "user")
    recorder.close()

    (session,) = server.named("voice-session")
    (answer,) = server.named("assistant-response")
    assert session.json("cost_details") == {"total": 0.08}
    assert answer.meta("cost") == "unknown"
    assert (kept[-1].usd, kept[-1].estimated) == (Decimal("0.08"), True)


def test_an_unknown_model_says_that_it_has_no_cost() -> None:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append)
    call = recorder.call(FACTS)

    call.connected(0.0, provider="openai", label="OpenAI", model="gpt-nobody-knows")
    call.received(e.Usage({"input_audio": 310}), 2.0, [])
    call.ended(3.0, "user")
    recorder.close()

    assert [spending.usd for spending in kept] == [None]


def test_a_database_that_was_away_gets_the_last_figures() -> None:
    kept: list[Spending] = []
    tries = count()

    def keep(spending: Spending) -> None:
        if next(tries) < 2:
            raise DatabaseAway
        kept.append(spending)

    recorder = Recorder(lambda: BEGAN, keep=keep)
    call = recorder.call(FACTS)
    call.connected(0.0, provider="gemini", label="Gemini", model="gemini-3.8-live")
    call.received(e.Usage({"input_audio": 100}), 2.0, [])
    call.received(e.Usage({"input_audio": 200}), 4.0, [])
    recorder.close()

    assert [spending.quantities["input_audio"] for spending in kept] == [300]


def test_a_dead_calls_trace_gets_its_root(server: LangfuseServer) -> None:
    recorder = Recorder(lambda: BEGAN, traces=traces(server))
    call = recorder.call(FACTS)
    call.connected(0.0, provider="openai", label="OpenAI", model="gpt-realtime-2.1")

    recorder.settled("interview-1", "user-1", BEGAN, BEGAN.replace(minute=5), "server stopped")
    recorder.close()

    (root,) = server.named("voice-interview")
    assert (root.meta("end_reason"), root.end_ns - root.start_ns) == ("server stopped", 300 * 10**9)
    assert [span.name for span in server.below(root)] == ["connect", "live-session.started"]


def test_a_plans_request_is_a_generation(server: LangfuseServer) -> None:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append, traces=traces(server))
    bill = Bill(model="gemini-3.8-flash", requests=1, tokens={"input_tokens": 900}, cost_usd="0.000675")

    recorder.wrote("interview-1", "user-1", "plan", bill, BEGAN)
    recorder.close()

    (root,) = server.named("interview-setup")
    (request,) = server.below(root)
    assert (request.kind, request.json("cost_details")) == ("generation", {"total": 0.000675})
    assert [(spending.purpose, spending.usd) for spending in kept] == [("plan", Decimal("0.000675"))]


@pytest.mark.parametrize("weather", ["refuses", "hangs"])
def test_an_outage_loses_what_was_told_in_it(
    server: LangfuseServer, monkeypatch: pytest.MonkeyPatch, weather: str
) -> None:
    monkeypatch.setattr("services.observe.traces.TIMEOUT_S", 0.2)
    monkeypatch.setenv("LANGFUSE_FLUSH_INTERVAL", "0.1")
    kept: list[Spending] = []
    sent = traces(server)
    recorder = Recorder(lambda: BEGAN, keep=kept.append, traces=sent)

    def call(interview_id: str) -> None:
        interview(recorder.call(replace(FACTS, interview_id=interview_id)))

    call("before")
    eventually_now(lambda: server.named("voice-interview") and not sent.waiting)
    before = sent.sent
    server.status, server.hang = (503, None) if weather == "refuses" else (200, threading.Event())
    call("during")
    eventually_now(lambda: sent.lost == before)
    if server.hang:
        server.hang.set()
    server.status, server.hang = 200, None
    call("after")
    recorder.close()

    seen = {span.attributes["session.id"] for span in server.spans.values()}
    assert ({"before", "after"} <= seen, sent.sent, sent.lost) == (True, 2 * before, before)
    assert {spending.interview_id for spending in kept} == {"before", "during", "after"}


def test_spans_beyond_the_bound_are_counted(server: LangfuseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.observe.traces.CLOSE_S", 0.1)
    monkeypatch.setattr("services.observe.traces.WAITING", 3)
    server.hang = threading.Event()

    recorder, kept = recorded(server)

    assert recorder.traces is not None
    assert (recorder.traces.waiting, recorder.traces.lost) == (3, recorder.traces.written - 3)
    assert kept


def test_a_full_queue_never_waits(server: LangfuseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.observe.recorder.QUEUED", 4)
    held = threading.Event()

    def keep(spending: Spending) -> None:
        held.wait()

    recorder = Recorder(lambda: BEGAN, keep=keep)

    interview(recorder.call(FACTS))
    held.set()

    assert recorder.dropped > 0


def test_a_killed_process_loses_the_exchange_that_went_on(server: LangfuseServer, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    store = Store(url)
    store.migrate()

    died = subprocess.run([sys.executable, "-m", "tests.observe.killed", server.url, url], timeout=120, check=False)

    assert died.returncode == -signal.SIGKILL
    assert [span.meta("turn.number") for span in server.named("turn")] == [0, 1]
    with store.read() as db:
        (spent,) = db.list_spendings(BEGAN.replace(year=2000), "interview-1")
    assert spent.quantities["input_audio"] == 900  # also of the exchange whose span was lost
    recorder = Recorder(lambda: BEGAN, traces=traces(server))
    recorder.settled("interview-1", "user-1", BEGAN, BEGAN.replace(minute=5), "server stopped")
    recorder.close()
    (root,) = server.named("voice-interview")
    assert {span.parent_id for span in server.spans.values()} <= {"", *server.spans}
    assert root.meta("end_reason") == "server stopped"


@pytest.mark.parametrize("status", [401, 503])
def test_a_refusing_langfuse_costs_no_figure(server: LangfuseServer, status: int) -> None:
    server.status = status

    recorder, kept = recorded(server)

    assert server.spans == {}
    assert recorder.dropped == 0
    assert {spending.provider for spending in kept} == {"openai", "gemini"}


def test_without_a_key_no_thread_and_no_trace() -> None:
    recorder = Recorder(lambda: BEGAN)

    assert (recorder.traces, recorder.queued) == (None, 0)


def test_the_event_record_replays_without_words() -> None:
    recorder = Recorder(lambda: BEGAN)
    interview(recorder.call(FACTS))
    recorder.close()

    record = recorder.records.find("interview-1")

    assert record is not None
    assert replay(record) == []
    assert "region" not in repr(record)
    assert "query" not in repr(record)
    assert [entry["did"][0]["action"] for entry in record["entries"] if entry["event"] == "EndRequested"] == ["Hangup"]


def test_a_replay_tells_what_is_decided_otherwise() -> None:
    recorder = Recorder(lambda: BEGAN)
    interview(recorder.call(FACTS))
    recorder.close()
    record = recorder.records.find("interview-1")
    assert record is not None

    assert replay({**record, "limit_s": 70})


def test_only_the_last_calls_are_remembered() -> None:
    recorder = Recorder(lambda: BEGAN)
    for number in range(22):
        call = recorder.call(CallFacts(f"interview-{number}", "u", FACTS.plan, Pace.NORMAL, 900, 60))
        call.ended(1.0, "user")
    recorder.close()

    assert recorder.records.ids() == [f"interview-{number}" for number in range(21, 1, -1)]


def test_an_answers_latency_is_known_by_when_it_began() -> None:
    call = Recorder(lambda: BEGAN).call(FACTS)
    interview(call)
    ema = Turn("t1", Speaker.EMA, "Which failures?", 9_820, 11_000, "q2")
    candidate = Turn("t2", Speaker.CANDIDATE, "One.", 9_820, 11_000, "q2")

    assert call.trail.answered == {9_800: 800, 15_000: 2_000, 32_000: 1_000}
    assert [turn.latency_ms for turn in metrics((ema, candidate), call.trail.answered)] == [800, None]
    assert call.median_ms == 1_000


def test_each_request_to_a_text_model_is_a_generation(server: LangfuseServer) -> None:
    requests = TextRequests()
    answered = TextRequest(BEGAN + timedelta(seconds=3), 2.0, {"input_tokens": 900}, Decimal("0.000675"))
    requests.put("digest-1", [TextRequest(BEGAN, 1.5, {}, None, "rate"), answered])
    recorder = Recorder(lambda: BEGAN, traces=traces(server), requests=requests)
    bill = Bill(model="gemini-3.8-flash", requests=2, tokens={"input_tokens": 900}, cost_usd="0.000675")

    recorder.wrote("interview-1", "user-1", "report", bill, BEGAN, digest="digest-1")
    recorder.close()

    refused, written = server.named("rate-answers")
    assert (refused.meta("trouble"), refused.end_ns - refused.start_ns) == ("rate", 1_500_000_000)
    assert written.json("cost_details") == {"total": 0.000675}


def test_a_connection_that_reports_nothing_costs_meanwhile() -> None:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append)
    call, sums = recorder.call(FACTS), list[Decimal]()
    call.on_spent = sums.append

    call.connected(0.0, provider="elevenlabs", label="ElevenLabs", model="ElevenLabs agent")
    call.received(e.TurnDone("i1"), 30.0, [])
    call.received(e.TurnDone("i2"), 60.0, [])
    recorder.close()

    assert sums == [Decimal("0.04"), Decimal("0.08")]
    assert [spending.usd for spending in kept] == sums


def closed_at_elevenlabs(recorder: Recorder) -> CallRecorder:
    call = recorder.call(FACTS)
    call.connected(
        0.0,
        provider="elevenlabs",
        label="ElevenLabs",
        model="ElevenLabs agent",
        conversation_id="conv_1",
        connect_s=0.4,
    )
    call.received(e.Closed(e.CloseCause.USER), 60.0, [])
    call.ended(60.0, "user")
    return call


@pytest.mark.parametrize(
    ("billed", "usd", "estimated"),
    [
        (Billed(54.0, Decimal("0.119"), Decimal("0.03")), "0.119", False),
        (Billed(45.0, None, Decimal("0.03")), "0.09", True),
        (Billed(45.0, None), "0.06", True),
    ],
)
def test_the_vendors_own_record_replaces_the_estimate(
    server: LangfuseServer, billed: Billed, usd: str, estimated: bool
) -> None:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append, traces=traces(server))
    call = closed_at_elevenlabs(recorder)

    call.billed(62.0, "conv_1", billed)
    recorder.close()

    assert [spending.usd for spending in kept] == [Decimal("0.08"), Decimal(usd)]
    assert (kept[-1].key, kept[-1].estimated) == (kept[0].key, estimated)
    (event,) = server.named("cost.reconciled")
    assert (event.meta("usd"), event.meta("usd.estimated")) == (float(usd), 0.08)


def test_opening_a_connection_is_a_span(server: LangfuseServer) -> None:
    recorder = Recorder(lambda: BEGAN, traces=traces(server))

    closed_at_elevenlabs(recorder)
    recorder.close()

    (connect,) = server.named("connect")
    assert (connect.kind, connect.meta("ms")) == ("span", 400)


def test_a_connection_that_never_opened_costs_nothing_more() -> None:
    kept: list[Spending] = []
    recorder = Recorder(lambda: BEGAN, keep=kept.append)
    call = recorder.call(FACTS)
    call.connected(0.0, provider="xai", label="Grok", model="grok-voice-3.0")
    call.received(e.Closed(e.CloseCause.NETWORK), 60.0, [])

    call.received(e.Closed(e.CloseCause.NETWORK), 90.0, [])
    recorder.close()

    assert [spending.usd for spending in kept] == [Decimal("0.08")]
