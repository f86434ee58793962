"""What the candidate does while the line has nobody at its other end, and what the next connection is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.calls.call import Call
from services.calls.snapshot import Phase
from services.core.talk.conversation import EmaState
from services.core.talk.events import (
    CandidateEvent,
    EndingSoon,
    ProviderEvent,
    RepeatRequested,
    ResumeToken,
    SkipRequested,
    ThinkingRequested,
    ToolCall,
    Typed,
)
from services.vendors.base import Resume, Terms
from tests.fakes import ScriptedConnection, ScriptedProvider, Step, TextSent, drop, says, stall
from tests.house import Build
from tests.stage import PLAN
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

GREETING = f"Hello, I am Ema, an AI interviewer. {PLAN.questions[0].text}"
QUESTION = says(GREETING, ms=200)
SOME_WORDS = 50
"""Packets of 20 ms with sound in them: a second of a long greeting."""
ANSWER = "I read the query plan first, because an index on the join column usually decides it."


class SlowToOpen(ScriptedProvider):
    """Its second connection opens, and its first one closes, when it may."""

    def __init__(self, *scripts: list[Step]) -> None:
        super().__init__(*scripts, key="offline")
        self.may_open, self.may_close = asyncio.Event(), asyncio.Event()
        self.may_close.set()
        self.opening = self.closing = 0

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[ScriptedConnection]:
        self.opening += 1
        if self.opening == 2:
            await self.may_open.wait()
        async with super().connect(terms, resume) as connection:
            try:
                yield connection
            finally:
                self.closing += 1
                await self.may_close.wait()


async def joined(build: Build, provider: SlowToOpen) -> Call:
    house = build()
    calls, interview = house.calls(provider), house.prepare()
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    return call


async def asked(call: Call) -> None:
    """Waits until the first question was heard."""
    await eventually(lambda: call.bridge.conversation.state is EmaState.LISTENING and call.bridge.conversation.turns)


async def reconnected(build: Build, provider: SlowToOpen, meanwhile: CandidateEvent, *after: ProviderEvent) -> Call:
    """A call whose first connection came to this end once the question was heard; `meanwhile` happens before the
    second is open."""
    call = await joined(build, provider)
    if after:
        await asked(call)
        provider.connection.emit(*after)
    await eventually(lambda: provider.opening == 2)
    call.tell(meanwhile)
    await asyncio.sleep(0)
    provider.may_open.set()
    await eventually(lambda: call.bridge.phase is Phase.LIVE)
    return call


async def test_answer_typed_while_reconnecting_reaches_ema(build: Build) -> None:
    provider = SlowToOpen([QUESTION], [], [])

    call = await reconnected(build, provider, Typed(ANSWER), drop())

    assert [connection.resume and connection.resume.answer for connection in provider.connections] == [None, "", ANSWER]
    assert provider.connection.told(TextSent) == []
    assert call.bridge.conversation.turns[-1].text == ANSWER
    call.stop()


async def test_question_skipped_while_reconnecting_stays_skipped(build: Build) -> None:
    provider = SlowToOpen([QUESTION], [], [])

    call = await reconnected(build, provider, SkipRequested(), drop())

    assert [connection.resume and connection.resume.question_id for connection in provider.connections[1:]] == [
        "q1",
        "q2",
    ]
    call.stop()


async def test_what_was_typed_before_the_greeting_does_not_replace_it(build: Build) -> None:
    provider = SlowToOpen([drop()], [])

    call = await reconnected(build, provider, Typed(ANSWER))

    assert provider.connection.resume is None
    call.stop()


@pytest.mark.parametrize(("wish", "told"), [(None, ("q1", True)), (SkipRequested(), ("q2", False))])
async def test_what_is_asked_while_a_connection_is_renewed_is_not_lost(
    build: Build, wish: CandidateEvent | None, told: tuple[str, bool]
) -> None:
    provider = SlowToOpen([QUESTION], [])
    provider.may_open.set()
    provider.may_close.clear()
    call = await joined(build, provider)
    await asked(call)
    provider.connection.emit(ResumeToken("again"), EndingSoon(60))
    await eventually(lambda: provider.closing == 1)
    if wish:
        call.tell(wish)
        await asyncio.sleep(0)
    provider.may_close.set()
    await eventually(lambda: len(provider.connections) == 2)

    resume = provider.connection.resume
    assert resume
    assert (resume.question_id, resume.silent) == told
    call.stop()


@pytest.mark.parametrize(("wish", "silent"), [(RepeatRequested(), [True, False]), (ThinkingRequested(), [True])])
async def test_what_is_asked_while_a_renewed_connection_opens_is_not_lost(
    build: Build, monkeypatch: pytest.MonkeyPatch, wish: CandidateEvent, silent: list[bool]
) -> None:
    monkeypatch.setattr("services.calls.bridge.RENEW_QUIET_S", 0.1)
    provider = SlowToOpen([QUESTION], [], [])

    call = await reconnected(build, provider, wish, ResumeToken("again"), EndingSoon(60))
    await eventually(lambda: len(provider.connections) == 1 + len(silent))
    await asyncio.sleep(0)

    assert [connection.resume and connection.resume.silent for connection in provider.connections[1:]] == silent
    assert call.bridge.conversation.moment == isinstance(wish, ThinkingRequested)
    call.stop()


async def test_greeting_cut_off_resumes_before_the_first_question(build: Build) -> None:
    provider = SlowToOpen([says(GREETING, ms=5000)], [])
    provider.may_open.set()
    house = build()
    calls, interview = house.calls(provider), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: sum(peak > 0 for _, peak in candidate.heard) > SOME_WORDS)
    provider.connection.emit(drop())
    await eventually(lambda: len(provider.connections) == 2)

    resume = provider.connection.resume
    assert resume
    assert (resume.unasked, [PLAN.questions[0].text in turn.text for turn in resume.turns]) == (True, [False])
    assert GREETING.startswith(resume.turns[0].text)
    call.stop()


@pytest.mark.parametrize(("ms", "stays"), [(700, True), (9000, False)])
async def test_goodbye_needs_no_other_connection(
    build: Build, monkeypatch: pytest.MonkeyPatch, ms: int, stays: bool
) -> None:
    monkeypatch.setattr("services.core.talk.closing.LINGER_S", 0.1)
    monkeypatch.setattr("services.core.talk.closing.FIRST_MINUTE_S", 0.0)
    goodbye = "Thank you for your time today. Goodbye."
    last: list[Step] = [says(goodbye, ms=ms), ToolCall("c1", "end_interview"), stall(0.2), drop()]
    provider = ScriptedProvider([QUESTION, stall(0.4), *last], [], key="offline")
    house = build()
    calls, interview = house.calls(provider), house.prepare()
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: call.bridge.conversation.parting and not provider.open_connections)
    if not stays:
        await candidate.leave()
    await eventually(lambda: call.over)

    assert len(provider.connections) == 1
    assert (call.bridge.conversation.turns[-1].text == goodbye) == stays
