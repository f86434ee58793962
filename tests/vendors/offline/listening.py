"""What the tests of the voice vendors share: an interview to hold, and a way to hear a connection out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.core.errors import ProviderDropped
from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question, Skill
from services.core.talk.events import Closed, ProviderEvent
from services.core.talk.transcript import Speaker, Turn
from services.vendors.base import Connection, Provider, Resume, Terms
from tests.simulated_vendors import simulated
from tests.simulators.small_interviewer import voice as speech
from tests.waiting import PATIENCE_S

MS = 0.001
QUESTIONS = ("What did you build last year?", "How do you test what you build?")


def terms(pace: Pace = Pace.NORMAL) -> Terms:
    questions = tuple(
        Question(id=f"q{n}", text=text, purpose="depth", competency_id="c1", jd_phrase="builds", seconds=120)
        for n, text in enumerate(QUESTIONS, 1)
    )
    plan = Plan(
        role_title="Backend Engineer",
        level=Level.SENIOR,
        domain=Domain.WEB,
        skills=(Skill(name="PostgreSQL", jd_phrase="Postgres"), Skill(name="Python", jd_phrase="Python")),
        competencies=(Competency(id="c1", name="Building", anchors=("1", "2", "3", "4")),),
        questions=questions,
        made_by="rules",
    )
    return Terms(plan, pace, 900, 60, candidate_name="Ada", job_description="We run Postgres and {{secrets}}.")


def resume(token: str | None = None, *, apologise: bool = True) -> Resume:
    turns = (Turn("t1", Speaker.EMA, "What did you build last year?", 0, 2000, "q1"),)
    return Resume(turns, "q2", 0, 65.0, token, apologise)


@asynccontextmanager
async def call(vendor: str, pace: Pace = Pace.NORMAL, **options: Any) -> AsyncIterator[tuple[Any, Any]]:
    """A connection and its simulator, which must have nothing to complain about in the end."""
    opened = simulated(vendor, **{"utterance_limit_s": 0.4, **options})
    async with opened as (sim, voice), voice.connect(terms(pace)) as connection:
        yield connection, sim


async def silent(talk: Any) -> None:
    """A script: the vendor accepts the call and never says a word."""
    await talk.hello()
    await asyncio.Event().wait()


async def until(connection: Connection, *kinds: type, within_s: float = PATIENCE_S) -> list[ProviderEvent]:
    """The events up to the first of these kinds, or to the end."""
    events: list[ProviderEvent] = []
    async with asyncio.timeout(within_s):
        async for event in connection:
            events.append(event)
            if isinstance(event, kinds):
                break
    return events


async def to_the_end(connection: Connection) -> list[ProviderEvent]:
    return await until(connection)


def of(events: list[ProviderEvent], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


async def speak(connection: Connection, seconds: float = 0.4, silence_s: float = 1.0) -> None:
    """A spoken answer, sent faster than real time."""
    rate = connection.input_rate_hz
    pcm = speech("x" * 200, rate, limit_s=seconds) + bytes(round(silence_s * rate) * 2)
    for start in range(0, len(pcm), rate // 25 * 2):
        await connection.send_audio(pcm[start : start + rate // 25 * 2])


async def ending(provider: Provider) -> Closed:
    """A call in which the candidate answers once; how it ended."""
    async with provider.connect(terms()) as connection:
        with suppress(ProviderDropped):  # a vendor may be gone by then
            await connection.send_text("I built a queue.")
        events = await to_the_end(connection)
    assert [type(event) for event in events].count(Closed) == 1
    last = events[-1]
    assert isinstance(last, Closed)
    return last
