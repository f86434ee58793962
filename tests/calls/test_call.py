"""A live call on real tracks and a real database, with a scripted provider and short windows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from services.analyst.rules import utc_now
from services.calls.bridge import Bridge
from services.calls.call import ALL_ANSWERS_CHARACTERS, ANSWER_CHARACTERS, CRASHED, Call
from services.calls.registry import WAITING_A_LINE, Calls
from services.calls.snapshot import Phase
from services.core.errors import CallGone, LinesBusy, ProviderError
from services.core.interview import Status
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.core.talk.conversation import Conversation
from services.core.talk.events import AudioOut, CandidateLeft, CloseCause, EndRequested, PlayoutDrained, Typed
from services.core.talk.transcript import Turn
from services.observe.metrics import Bound
from services.observe.trail import CallTrail
from services.vendors.base import Capabilities
from tests.candidate import Candidate
from tests.fakes import AudioSent, ScriptedProvider, Step, TextSent, close, drop, hears, says, stall, tone, until
from tests.house import Build, House
from tests.lag import loop_lag
from tests.refusals import refusals
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.realtime

GREETING = says("Hello, I am Ema, an AI interviewer.", ms=200)
OTHER_ANSWER = "I moved the billing service to PostgreSQL and cut the slow query from 9 s to 40 ms."


def scripted(*scripts: object, key: str = "offline") -> ScriptedProvider:
    return ScriptedProvider(*scripts, key=key)  # type: ignore[arg-type]


class SlowKeeper(ScriptedProvider):
    """A vendor that never finishes processing the call."""

    def __init__(self, *scripts: Sequence[Step], key: str) -> None:
        super().__init__(*scripts, key=key, capabilities=Capabilities(transcript_afterwards=True))
        self.asked = False

    async def complete(self, conversation_id: str, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        self.asked = True
        await asyncio.Event().wait()
        return turns


async def test_an_answer_too_long_is_cut_and_said_so(build: Build) -> None:
    house = build()
    calls, interview = house.calls(scripted([GREETING, stall(60)])), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: house.now(interview).status is Status.ACTIVE)

    call.tell(Typed("word " * 910))
    await eventually(lambda: "4,000 characters" in call.snapshot().notice)
    taken = [len(turn.text) for turn in call.bridge.conversation.turns if turn.typed]
    for _ in range(ALL_ANSWERS_CHARACTERS // ANSWER_CHARACTERS + 5):
        call.tell(Typed("w" * ANSWER_CHARACTERS))
    await eventually(lambda: "as much as an interview can hold" in call.snapshot().notice)

    typed = sum(len(turn.text) for turn in call.bridge.conversation.turns if turn.typed)
    assert taken == [len("word " * 800) - 1]
    assert typed <= ALL_ANSWERS_CHARACTERS
    assert refusals(calls.recorder.metrics) == {Bound.ANSWER: 7}
    await calls.aclose()


async def test_first_audio_begins_the_interview(build: Build) -> None:
    house = build()
    calls, interview = house.calls(scripted([GREETING])), house.prepare()

    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: house.now(interview).status is Status.ACTIVE)

    assert house.now(interview).started_at is not None
    await calls.aclose()


async def test_nothing_begins_without_a_microphone(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.calls.call.FIRST_AUDIO_S", 0.2)
    house = build()
    calls, interview = house.calls(scripted([GREETING])), house.prepare()

    await calls.admit(interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.over)

    assert "microphone" in call.snapshot().ended_sentence
    assert house.now(interview).status is Status.SETUP
    assert house.kinds() == ["grant"]


async def test_microphone_audio_reaches_the_provider(build: Build) -> None:
    house, provider = build(), scripted([GREETING])
    calls, interview = house.calls(provider), house.prepare()

    await house.visit(calls, interview)
    await eventually(lambda: provider.connections and len(provider.connection.told(AudioSent)) > 20)

    assert provider.connection.told(AudioSent)[5].pcm
    await calls.aclose()


async def test_nobody_is_listened_to_before_emas_first_words(build: Build) -> None:
    house, provider = build(), scripted([stall()])
    calls, interview = house.calls(provider), house.prepare()
    candidate = await house.visit(calls, interview)
    candidate.say(tone(60_000, 48_000))
    await eventually(lambda: provider.connections and len(provider.connection.told(AudioSent)) > 20)
    before = provider.connection.heard

    provider.connection.emit(AudioOut(tone(200), "a1", 0))

    await eventually(lambda: any(provider.connection.heard[len(before) :]))
    assert not any(before)
    await calls.aclose()


async def test_captions_of_both_sides_are_shown(build: Build) -> None:
    house = build()
    calls, interview = house.calls(scripted([GREETING, stall(0.5), hears(OTHER_ANSWER)])), house.prepare()

    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: len(call.snapshot().captions) >= 2)

    assert {caption.speaker for caption in call.snapshot().captions} == {"ema", "candidate"}
    await calls.aclose()


async def test_charge_lands_at_the_end_of_the_free_window(build: Build) -> None:
    house = build(free_window_s=0.8)
    calls, interview = house.calls(scripted([GREETING])), house.prepare()

    async with loop_lag() as lag:
        await house.visit(calls, interview)
        await eventually(lambda: house.now(interview).charge_committed_at)
    charged = house.now(interview)
    await calls.aclose()

    assert charged.started_at
    assert charged.charge_committed_at
    late = charged.charge_committed_at - charged.started_at - timedelta(seconds=0.8)
    assert timedelta(0) <= late < timedelta(milliseconds=100) + timedelta(seconds=lag.lost_s)


async def test_ending_before_the_window_costs_nothing(build: Build) -> None:
    house = build(free_window_s=30)
    calls, interview = house.calls(scripted([GREETING])), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    call.tell(EndRequested())
    await eventually(lambda: house.now(interview).status is Status.COMPLETE)
    await calls.aclose()

    assert house.kinds() == ["grant"]


async def test_candidate_away_at_the_charge_pays_at_the_return(build: Build) -> None:
    house = build(free_window_s=3, rejoin_grace_s=60)
    calls, interview = house.calls(scripted([GREETING], [GREETING])), house.prepare()
    first = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)
    await first.leave()
    await eventually(lambda: call.bridge.at() > 3.5)
    assert house.kinds() == ["grant"]

    await house.visit(calls, interview)
    await eventually(lambda: house.now(interview).charge_committed_at)

    assert house.kinds() == ["grant", "debit"]
    await calls.aclose()


async def test_rejoin_resumes_without_a_second_greeting(build: Build) -> None:
    house, provider = build(rejoin_grace_s=60), scripted([GREETING, stall(0.5), hears(OTHER_ANSWER)], [])
    calls, interview = house.calls(provider), house.prepare()
    first = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: len(call.snapshot().captions) >= 2)
    await first.leave()
    await eventually(lambda: call.snapshot().phase is Phase.AWAY)

    await house.visit(calls, interview)
    await eventually(lambda: len(provider.connections) == 2)

    resume = provider.connection.resume
    assert resume
    assert not resume.apologise
    assert len(resume.turns) == 2
    assert resume.question_id == "q1" or resume.question_id is None
    await calls.aclose()


async def test_no_return_ends_as_of_the_last_audio(build: Build) -> None:
    house = build(rejoin_grace_s=1.0)
    calls, interview = house.calls(scripted([GREETING])), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)
    await asyncio.sleep(0.5)

    await candidate.leave()
    left_at_s = call.bridge.at()
    await eventually(lambda: house.now(interview).status is Status.COMPLETE)

    ended = house.now(interview)
    assert ended.duration_s is not None
    assert ended.duration_s <= round(left_at_s)
    assert house.kinds() == ["grant"]


async def test_closed_tab_is_noticed_by_its_farewell(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.calls.bridge.AWAY_AFTER_S", 600.0)
    house, provider = build(rejoin_grace_s=60), scripted([GREETING])
    calls, interview = house.calls(provider), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    call.tell(CandidateLeft())
    candidate._voice.stop()
    await eventually(lambda: call.snapshot().phase is Phase.AWAY)

    assert provider.open_connections == 0
    await calls.aclose()


async def test_farewell_of_a_tab_that_stays_changes_nothing(build: Build) -> None:
    house, provider = build(), scripted([GREETING])
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    call.tell(CandidateLeft())
    await asyncio.sleep(1.0)

    assert call.snapshot().phase is Phase.LIVE
    assert len(provider.connections) == 1
    await calls.aclose()


async def test_a_second_tab_takes_the_call_over(build: Build) -> None:
    house, provider = build(), scripted([GREETING], [])
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    second = await house.visit(calls, interview)
    await eventually(lambda: len(provider.connections) == 2)

    assert call.bridge.media is second.media
    assert provider.open_connections == 1
    await calls.aclose()


async def test_typed_answer_reaches_the_provider(build: Build) -> None:
    house, provider = build(), scripted([GREETING])
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    call.tell(Typed(OTHER_ANSWER))
    await eventually(lambda: provider.connection.told(TextSent))

    assert provider.connection.told(TextSent) == [TextSent(OTHER_ANSWER)]
    await calls.aclose()


async def test_a_dead_provider_hands_over_without_a_new_greeting(build: Build) -> None:
    house = build()
    vendor = scripted([GREETING, stall(0.5), hears(OTHER_ANSWER), drop()], ProviderError("gone"), key="elevenlabs")
    offline = scripted([])
    calls, interview = house.calls(vendor, offline), house.prepare("elevenlabs")

    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: offline.connections)

    assert offline.connection.resume
    assert offline.connection.resume.apologise
    changes = call.bridge.conversation.conditions(5).provider_changes
    assert changes[0].startswith("The voice changed from Elevenlabs to Offline after 0:0")
    await calls.aclose()


async def test_a_change_of_voice_tells_its_cause_and_can_be_read(build: Build) -> None:
    house = build()
    spent = close(CloseCause.QUOTA, "Elevenlabs: no credit left. Add some in its console.")
    vendor, offline = scripted([GREETING, stall(0.5), spent], key="elevenlabs"), scripted([GREETING, stall()])
    calls, interview = house.calls(vendor, offline), house.prepare("elevenlabs")
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call

    await eventually(lambda: offline.connections and call.bridge.phase is Phase.LIVE)
    seen = call.bridge.notice
    await eventually(lambda: "n1" in {caption.turn_id for caption in call.snapshot().captions})

    [note] = [caption.text for caption in call.snapshot().captions if caption.turn_id == "n1"]
    assert seen == note == "Elevenlabs: no credit left. Offline carries on."
    await calls.aclose()


async def test_no_provider_left_fails_with_a_refund(build: Build) -> None:
    house = build(free_window_s=0.3)
    provider = scripted([GREETING, until(TextSent), drop()])
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: house.now(interview).charge_committed_at)

    call.tell(Typed(OTHER_ANSWER))
    await eventually(lambda: house.now(interview).status is Status.FAILED)

    assert house.kinds() == ["grant", "debit", "refund"]
    assert house.now(interview).failure_reason


async def test_the_limit_ends_the_call(build: Build) -> None:
    house = build(interview_limit_s=1.5, wrap_up_s=0.5, free_window_s=30)
    calls, interview = house.calls(scripted([GREETING])), house.prepare()

    async with loop_lag() as lag:
        await house.visit(calls, interview)
        await eventually(lambda: house.now(interview).status is Status.COMPLETE)

    ended = house.now(interview)
    assert ended.ended_by == CloseCause.LIMIT
    assert ended.duration_s is not None
    assert 1 <= ended.duration_s <= 2 + lag.lost_s


async def test_no_upstream_connection_outlives_its_call(build: Build) -> None:
    house, provider = build(), scripted([GREETING])
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    call.tell(EndRequested())
    await eventually(lambda: call.over)

    assert provider.open_connections == 0


async def test_stopping_the_server_refunds_what_it_cut(build: Build) -> None:
    house = build(free_window_s=0.2)
    calls, interview = house.calls(scripted([GREETING])), house.prepare()
    await house.visit(calls, interview)
    await eventually(lambda: house.now(interview).charge_committed_at)

    await calls.aclose()

    assert house.now(interview).status is Status.FAILED
    assert house.kinds() == ["grant", "debit", "refund"]


async def test_a_full_house_refuses_the_next_call(build: Build) -> None:
    house = build(max_live_calls=1)
    calls, interview = house.calls(scripted([GREETING], [GREETING])), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.holds_line)
    second = interview.model_copy(update={"id": "another"})

    with pytest.raises(LinesBusy, match="All lines are busy"):
        await calls.admit(second)

    assert refusals(calls.recorder.metrics) == {Bound.LINES: 1}
    await calls.aclose()


async def admitted(house: House, calls: Calls, name: str) -> Call:
    """A call of another guest's, whose microphone sends nothing."""
    user_id = house.interviews.accounts.guest(name).id
    interview = house.interviews.preparation.prepare(
        user_id, job_description=samples()[0].text, provider="offline", pace=Pace.NORMAL, consent=True
    )
    await calls.admit(interview)
    call = calls.find(interview.id)
    assert call
    return call


async def test_calls_that_nobody_is_heard_in_keep_nobody_out(build: Build) -> None:
    house = build(max_live_calls=2)
    voice = scripted([GREETING], [GREETING], [GREETING])
    calls, interview, silent = house.calls(voice), house.prepare(), list[Call]()
    for number in range(7):
        silent.append(await admitted(house, calls, f"silent {number}"))
    await eventually(lambda: len(voice.connections) == 2)

    await house.visit(calls, interview)

    await eventually(lambda: house.now(interview).status is Status.ACTIVE)
    assert len(voice.connections) == 3
    await calls.aclose()


async def test_the_oldest_call_that_is_not_heard_gives_way(build: Build) -> None:
    house = build(max_live_calls=1, unheard_s=0)
    calls, silent = house.calls(scripted([GREETING])), list[Call]()
    for number in range(WAITING_A_LINE + 1):
        silent.append(await admitted(house, calls, f"silent {number}"))

    await eventually(lambda: silent[0].over)

    assert "No sound" in silent[0].snapshot().ended_sentence
    assert not any(call.over for call in silent[1:])
    assert refusals(calls.recorder.metrics) == {Bound.UNHEARD: 1}
    await calls.aclose()


async def test_waiting_without_a_sound_is_bounded_too(build: Build) -> None:
    house = build(max_live_calls=1)
    calls, interview, silent = house.calls(scripted([GREETING])), house.prepare(), list[Call]()
    for number in range(WAITING_A_LINE):
        silent.append(await admitted(house, calls, f"silent {number}"))

    with pytest.raises(LinesBusy, match="All lines are busy"):
        await calls.admit(interview)

    assert refusals(calls.recorder.metrics) == {Bound.UNHEARD: 1}
    await calls.aclose()


async def test_who_is_heard_when_all_lines_are_taken_may_begin_again(build: Build) -> None:
    house = build(max_live_calls=1)
    calls, interview = house.calls(scripted([GREETING], [GREETING])), house.prepare()
    call = await admitted(house, calls, "late")
    await house.visit(calls, interview)
    await eventually(lambda: house.now(interview).status is Status.ACTIVE)
    assert call.bridge.media

    late = Candidate(call.bridge.media)
    await eventually(lambda: call.over)

    assert "busy" in call.snapshot().ended_sentence
    assert house.now(interview).status is Status.ACTIVE
    await late.leave()
    await calls.aclose()


async def test_an_interview_of_a_dead_process_cannot_be_joined(build: Build) -> None:
    house = build()
    calls, interview = house.calls(scripted([GREETING])), house.prepare()
    house.interviews.lifecycle.begin(interview.id, at=utc_now(), owner="a process that is gone")

    with pytest.raises(CallGone):
        await calls.admit(house.now(interview))


async def test_stopping_the_server_does_not_wait_for_a_vendors_transcript(build: Build) -> None:
    house, provider = build(), SlowKeeper([GREETING], key="offline")
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)
    call.tell(EndRequested())
    await eventually(lambda: provider.asked)

    async with asyncio.timeout(PATIENCE_S):
        await calls.aclose()

    assert house.now(interview).status is Status.COMPLETE


async def test_a_hangup_in_the_moment_of_a_drop_ends_the_call(build: Build) -> None:
    house, provider = build(), scripted([GREETING], [GREETING])
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live)

    provider.connection.emit(drop())
    call.tell(EndRequested())

    await eventually(lambda: house.now(interview).status is Status.COMPLETE)


@pytest.mark.parametrize("how", ["ended", "tab closed", "microphone never heard"])
async def test_every_call_leaves_its_log_once(build: Build, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    house = build(rejoin_grace_s=0.2)
    calls, interview = house.calls(scripted([GREETING, hears(OTHER_ANSWER)])), house.prepare()
    if how == "microphone never heard":
        monkeypatch.setattr("services.calls.call.FIRST_AUDIO_S", 0.2)
        await calls.admit(interview)
    else:
        candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    if how != "microphone never heard":
        await eventually(lambda: any(turn.speaker == "candidate" for turn in call.bridge.conversation.turns))
        if how == "ended":
            call.tell(EndRequested())
        else:
            candidate._voice.stop()

    await eventually(lambda: house.interviews.call_logs.of([interview.id]))
    (seen,) = house.interviews.call_logs.of([interview.id])[interview.id]

    closed_by = {"ended": "user", "tab closed": "network", "microphone never heard": "failed"}[how]
    assert (seen.log.closed_by, seen.log.provider, seen.log.turns_candidate) == (closed_by, "offline", how[0] != "m")
    await calls.aclose()
    assert len(house.interviews.call_logs.of([interview.id])[interview.id]) == 1


def ends(call: Call) -> None:
    call.tell(EndRequested())


def types(call: Call) -> None:
    call.tell(Typed("I ran the cluster."))


def spends(call: Call) -> None:
    call._on_spent(Decimal(1_000_000))


def hears_an_echo(call: Call) -> None:
    assert call.bridge.media
    assert call.bridge.media.microphone.on_leaked
    call.bridge.media.microphone.on_leaked()


def plays(call: Call) -> None:
    assert call.bridge.media
    assert call.bridge.media.playout.on_event
    call.bridge.media.playout.on_event(PlayoutDrained("i1"))


def waits(_: Call) -> None:
    pass


@pytest.mark.parametrize("charged", [False, True])
@pytest.mark.parametrize(
    ("broken", "then"),
    [
        ("Conversation.receive", waits),
        ("Call._look", waits),
        ("Conversation.conditions", ends),
        ("CallTrail.received", ends),
        ("CallTrail.received", hears_an_echo),
        ("CallTrail.received", plays),
        ("Call._take", types),
        ("Bridge.announce", spends),
    ],
)
async def test_a_fault_nobody_foresaw_settles_as_ours(
    build: Build, monkeypatch: pytest.MonkeyPatch, broken: str, then: Callable[[Call], None], charged: bool
) -> None:
    house = build(free_window_s=0.2 if charged else 60, max_usd_per_interview=Decimal(100))
    calls, interview = house.calls(scripted([GREETING])), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.live and (not charged or "debit" in house.kinds()))

    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    owner, name = broken.split(".")
    owners = {"Conversation": Conversation, "Call": Call, "CallTrail": CallTrail, "Bridge": Bridge}
    monkeypatch.setattr(owners[owner], name, fault)
    then(call)
    await eventually(lambda: not house.now(interview).is_open)

    assert house.now(interview).failure_reason == CRASHED
    assert house.kinds() == (["grant", "debit", "refund"] if charged else ["grant"])
    assert call.snapshot().phase is Phase.ENDED
    await eventually(lambda: not call.live)
    monkeypatch.undo()
    await calls.aclose()
