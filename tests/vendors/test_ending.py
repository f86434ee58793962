"""How the call of every hosted voice ends: once, with a cause, and leaving nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from services.core.errors import ProviderDropped
from services.core.talk.events import CloseCause
from tests.simulated_vendors import SIMULATORS, simulated
from tests.vendors.offline.listening import MS, ending, terms, to_the_end

each = pytest.mark.parametrize("vendor", SIMULATORS)


@pytest.mark.parametrize(
    ("vendor", "weather", "cause", "words"),
    [
        ("elevenlabs", "drop", CloseCause.NETWORK, "was lost"),
        ("elevenlabs", "quota", CloseCause.QUOTA, "no credit left"),
        ("elevenlabs", "crash", CloseCause.PROVIDER, "has a problem"),
        ("elevenlabs", "limit", CloseCause.LIMIT, "time limit"),
        ("elevenlabs", "safety", CloseCause.SAFETY, "safety"),
        ("elevenlabs", "silence", CloseCause.LIMIT, "silence"),
        ("elevenlabs", "hangup", CloseCause.AGENT, "Ema ended"),
        ("gemini", "drop", CloseCause.NETWORK, "was lost"),
        ("gemini", "quota", CloseCause.QUOTA, "no credit left"),
        ("gemini", "crash", CloseCause.PROVIDER, "has a problem"),
        ("gemini", "deadline", CloseCause.LIMIT, "time limit"),
        ("gemini", "go_away", CloseCause.LIMIT, "time limit"),
        ("gemini", "quota_at_once", CloseCause.QUOTA, "no credit left"),
        *(
            (vendor, *row)
            for vendor in ("openai", "xai")
            for row in (
                ("drop", CloseCause.NETWORK, "was lost"),
                ("quota", CloseCause.QUOTA, "no credit left"),
                ("no_model", CloseCause.AUTH, "may not use"),
                ("unsafe", CloseCause.SAFETY, "safety reasons"),
                ("expired", CloseCause.LIMIT, "time limit"),
                ("silent_end", CloseCause.LIMIT, "time limit"),
                ("overloaded", CloseCause.PROVIDER, "has a problem"),
                ("late_key", CloseCause.AUTH, "was not accepted"),
            )
        ),
    ],
)
async def test_call_ends_once_with_its_cause(vendor: str, weather: str, cause: CloseCause, words: str) -> None:
    async with simulated(vendor, weather=weather) as (sim, voice):
        closed = await ending(voice)

    assert (closed.cause, words in closed.sentence) == (cause, True)
    assert sim.api_key not in repr(closed)


@each
async def test_sends_after_a_drop_are_refused(vendor: str) -> None:
    async with simulated(vendor) as (sim, voice), voice.connect(terms()) as connection:
        sim.drop_all()
        await to_the_end(connection)

        for send in (
            connection.send_audio(bytes(640)),
            connection.send_text("Still there?"),
            connection.hold(True),
            connection.interrupt("item", 0),
        ):
            with pytest.raises(ProviderDropped):
                await send


@each
@pytest.mark.parametrize("after_ms", [1, 20, 60, 150, 400])
async def test_cancelled_call_leaves_no_socket(vendor: str, after_ms: int) -> None:
    async def hold_call() -> None:
        async with voice.connect(terms()) as connection:
            await to_the_end(connection)

    async with simulated(vendor) as (sim, voice):
        task = asyncio.create_task(hold_call())
        await asyncio.sleep(after_ms * MS)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await sim.closed()
