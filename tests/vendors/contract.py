"""What every provider owes a call (`services/vendors/base.py`), as checks that run against any of them.

A `Subject` is a provider set up to be called: offline as it is, a vendor's against its simulator.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from services.core.errors import ProviderDropped
from services.core.plan.plan import Pace
from services.core.talk.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    Instruction,
    InstructionKind,
    ProviderEvent,
    ToolCall,
    TurnDone,
)
from services.vendors.base import Connection, Provider, Terms
from tests.speech import frames, spoken
from tests.vendors.calls import last
from tests.vendors.terms import PLAN
from tests.waiting import PATIENCE_S

RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)
TERMS = Terms(PLAN, Pace.NORMAL, limit_s=900, wrap_up_s=60)

Event = TypeVar("Event", bound=ProviderEvent)


@dataclass(frozen=True)
class Subject:
    provider: Provider
    secrets: tuple[str, ...] = ()
    """What no `repr` may ever show."""


async def until(
    connection: Connection, kind: type[Event], where: Callable[[Event], bool] = lambda event: True
) -> tuple[Event, list[ProviderEvent]]:
    """The next event of a kind, and everything that came before it. Fails when the connection ends first."""
    before: list[ProviderEvent] = []
    async with asyncio.timeout(PATIENCE_S):
        async for event in connection:
            if isinstance(event, kind) and where(event):
                return event, before
            before.append(event)
    pytest.fail(f"The connection ended without {kind.__name__}: {before[-3:]}")


async def drain(connection: Connection) -> list[ProviderEvent]:
    async with asyncio.timeout(PATIENCE_S):
        return [event async for event in connection]


def words(events: list[ProviderEvent]) -> str:
    return " ".join("".join(event.text for event in events if isinstance(event, AgentText)).split())


async def says_first_that_she_is_an_ai(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        _, before = await until(connection, TurnDone)

        assert re.search(r"\bAI\b", re.split(r"[.!?]", words(before))[0])


async def speaks_at_the_rate_it_announces(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        _, before = await until(connection, TurnDone)

        pieces = [event.pcm for event in before if isinstance(event, AudioOut)]
        assert connection.output_rate_hz in RATES
        assert pieces
        assert all(piece and len(piece) % 2 == 0 for piece in pieces)


async def takes_microphone_audio(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        await until(connection, TurnDone)

        for frame in frames(spoken("Hello there.", connection.input_rate_hz), connection.input_rate_hz):
            await connection.send_audio(frame)

        assert connection.input_rate_hz in RATES


async def answers_in_a_higher_generation_after_an_interrupt(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        first, _ = await until(connection, AudioOut)
        await connection.interrupt(first.item, heard_ms=100)
        await connection.send_text("I look at the slow query log and read the plan.")

        later, _ = await until(connection, AudioOut, lambda event: event.item != first.item)

        assert later.generation > first.generation


async def answers_what_is_typed(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        await until(connection, TurnDone)
        await connection.send_text("I look at the slow query log and read the plan.")

        done, before = await until(connection, TurnDone)

        assert any(isinstance(event, AudioOut) and event.item == done.item for event in before)
        assert words(before)


async def accepts_every_direction(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        await until(connection, TurnDone)
        await connection.hold(True)
        await connection.hold(False)

        for kind in InstructionKind:
            await connection.instruct(Instruction(kind, "q2" if kind is InstructionKind.NEXT else "q1"))

        await until(connection, TurnDone)


async def accepts_the_result_of_a_tool(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        _, before = await until(connection, TurnDone)

        for call in before:
            if isinstance(call, ToolCall):
                await connection.send_tool_result(call.call_id, "Noted.")

        await connection.send_text("I read the query plan.")
        await until(connection, AudioOut)


async def closes_twice_and_says_so_once(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        await until(connection, AudioOut)
        await connection.aclose()
        await connection.aclose()

        events = await drain(connection)

    assert [event for event in events if isinstance(event, Closed)] == events[-1:]
    assert events[-1] == Closed(CloseCause.USER, last(events, Closed).sentence)
    assert await drain(connection) == []


async def refuses_to_work_once_closed(subject: Subject) -> None:
    async with subject.provider.connect(TERMS) as connection:
        pass

    attempts: tuple[Callable[[], Awaitable[None]], ...] = (
        lambda: connection.send_audio(bytes(640)),
        lambda: connection.send_text("Still there?"),
        lambda: connection.instruct(Instruction(InstructionKind.NUDGE)),
        lambda: connection.hold(True),
        lambda: connection.send_tool_result("c1", "ok"),
        lambda: connection.interrupt("item1", 0),
    )
    for attempt in attempts:
        with pytest.raises(ProviderDropped):
            await attempt()


async def shows_no_secret(subject: Subject) -> None:
    check = await subject.provider.check()
    async with subject.provider.connect(TERMS) as connection:
        event, _ = await until(connection, AudioOut)

        shown = f"{subject.provider!r} {subject.provider.info!r} {connection!r} {event!r} {check!r}"

    assert not [secret for secret in subject.secrets if secret in shown]


async def checks_itself_quickly(subject: Subject) -> None:
    check = await subject.provider.check()

    assert check.ok, check.sentence
    assert check.seconds < 5


CONTRACT: tuple[Callable[[Subject], Awaitable[None]], ...] = (
    says_first_that_she_is_an_ai,
    speaks_at_the_rate_it_announces,
    takes_microphone_audio,
    answers_in_a_higher_generation_after_an_interrupt,
    answers_what_is_typed,
    accepts_every_direction,
    accepts_the_result_of_a_tool,
    closes_twice_and_says_so_once,
    refuses_to_work_once_closed,
    shows_no_secret,
    checks_itself_quickly,
)
