"""How a realtime voice opens and ends: refusals, checks, no orphan socket, no key in sight."""

from __future__ import annotations

import asyncio
import logging

import pytest
import structlog

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused, ProviderTimeout
from services.core.events import (
    AgentText,
    CloseCause,
    Closed,
    TurnDone,
)
from services.core.turn import Speaker, Turn
from services.voice import account, realtime, xai
from services.voice.base import Resume
from tests.simulators.realtime import RealtimeSimulator
from tests.simulators.realtime_talk import Talk
from tests.voice.calls import call, hear, hear_out, provider
from tests.voice.terms import TERMS

MS = 0.001
RESUME = Resume(
    turns=(Turn("t1", Speaker.EMA, "How?", 0, 1), Turn("t2", Speaker.CANDIDATE, "Like this.", 2, 3)),
    question_id="q2",
    follow_ups_asked=0,
    elapsed_s=120,
    apologise=True,
)
both = pytest.mark.parametrize("vendor", ["openai", "xai"])


def is_done(event) -> bool:
    return isinstance(event, TurnDone)


def texts(events, kind=AgentText) -> list[str]:
    return [event.text for event in events if isinstance(event, kind) and event.final]


@both
@pytest.mark.parametrize(
    ("weather", "kind", "cause", "words"),
    [
        ("refused_401", ProviderRefused, CloseCause.AUTH, "API key was not accepted"),
        ("refused_403", ProviderRefused, CloseCause.AUTH, "may not use"),
        ("refused_404", ProviderRefused, CloseCause.CONFIG, "may have been retired"),
        ("refused_429", ProviderDropped, CloseCause.PROVIDER, "limiting requests"),
        ("refused_quota", ProviderRefused, CloseCause.QUOTA, "no credit left"),
        ("refused_500", ProviderDropped, CloseCause.PROVIDER, "has a problem"),
        ("late_key_at_once", ProviderRefused, CloseCause.AUTH, "API key was not accepted"),
        ("config_refused", ProviderRefused, CloseCause.CONFIG, "did not accept the configuration"),
    ],
)
async def test_refusal_names_its_cause(vendor, weather, kind, cause, words):
    async with RealtimeSimulator(vendor, weather=weather) as sim:
        with pytest.raises(kind) as refused:
            await provider(sim).connect(TERMS).__aenter__()
        assert await sim.closed()

    assert refused.value.cause is cause
    assert words in refused.value.sentence
    assert refused.value.__cause__ is None


async def test_busy_account_is_told_apart_from_rate_limit():
    async with RealtimeSimulator("xai", weather="refused_busy") as sim:
        with pytest.raises(ProviderError, match="voice lines of this xAI account are in use"):
            await provider(sim).connect(TERMS).__aenter__()


@both
async def test_silent_server_times_out(vendor, monkeypatch):
    monkeypatch.setattr(realtime, "OPEN_S", 300 * MS)
    monkeypatch.setattr(xai, "OPEN_S", 300 * MS)

    async with RealtimeSimulator(vendor, weather="mute") as sim:
        with pytest.raises(ProviderTimeout):
            await provider(sim).connect(TERMS).__aenter__()
        assert await sim.closed()


@both
async def test_absent_server_is_a_network_fault(vendor):
    sim = RealtimeSimulator(vendor)
    async with sim:
        base_url = sim.base_url

    with pytest.raises(ProviderDropped) as dropped:
        await provider(sim, **{f"{vendor}_base_url": base_url}).connect(TERMS).__aenter__()

    assert dropped.value.cause is CloseCause.NETWORK


@both
@pytest.mark.parametrize("after_ms", [1, 20, 60, 150, 400])
async def test_cancelled_call_leaves_no_socket(vendor, after_ms):
    async def hold_call() -> None:
        async with provider(sim).connect(TERMS) as connection:
            await hear_out(connection)

    async with RealtimeSimulator(vendor) as sim:
        task = asyncio.create_task(hold_call())
        await asyncio.sleep(after_ms * MS)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await sim.closed()


@both
async def test_closing_twice_is_no_complaint(vendor):
    async with call(vendor) as (_, connection):
        await connection.aclose()
        await connection.aclose()
        events = await hear_out(connection)

    assert events[-1] == Closed(CloseCause.USER)


@both
async def test_stalled_server_is_left_within_a_second(vendor):
    async def frozen(talk: Talk) -> None:
        await talk.hello()
        talk.ws.transport.pause_reading()
        await asyncio.sleep(1.5)
        talk.ws.transport.resume_reading()

    async with RealtimeSimulator(vendor, script=frozen) as sim, provider(sim).connect(TERMS) as connection:
        started = asyncio.get_running_loop().time()
        await connection.aclose()

        assert asyncio.get_running_loop().time() - started < 1.0


@both
@pytest.mark.parametrize(
    ("weather", "ok", "words"),
    [
        ("", True, "accepts the key"),
        ("refused_401", False, "was not accepted"),
        ("refused_403", False, "may not use"),
        ("refused_429", False, "limiting requests"),
        ("refused_quota", False, "no credit left"),
        ("refused_500", False, "has a problem"),
    ],
)
async def test_check_reads_as_a_sentence(vendor, weather, ok, words):
    async with RealtimeSimulator(vendor, weather=weather) as sim:
        check = await provider(sim).check()

    assert (check.ok, words in check.sentence) == (ok, True)
    assert sim.api_key not in check.sentence


async def test_check_gives_up_in_time(monkeypatch):
    monkeypatch.setattr(account, "CHECK_S", 50 * MS)
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/v1"

    check = await provider(RealtimeSimulator("openai"), openai_base_url=base_url).check()

    silent.close()
    assert (check.ok, check.sentence) == (False, "OpenAI did not answer in time.")


async def test_unreadable_address_is_a_configuration_fault():
    with pytest.raises(ProviderError):
        await provider(RealtimeSimulator("openai"), openai_base_url="http://127.0.0.1:1/v1").connect(TERMS).__aenter__()


@both
async def test_check_of_absent_server_never_raises(vendor):
    async with RealtimeSimulator(vendor) as sim:
        voice = provider(sim)

    assert "connection" in (await voice.check()).sentence


async def test_check_notices_a_model_out_of_reach():
    async with RealtimeSimulator("openai") as sim:
        check = await provider(sim, openai_realtime_model="gpt-realtime-9").check()

    assert (check.ok, "may not use gpt-realtime-9" in check.sentence) == (False, True)


@pytest.mark.parametrize("vendor", ["openai", "xai"])
async def test_without_key_check_says_what_to_set(vendor):
    voice = provider(RealtimeSimulator(vendor), **{f"{vendor}_api_key": None})

    check = await voice.check()

    assert (voice.info.ready, check.ok) == (False, False)
    assert f"{vendor.upper()}_API_KEY" in check.sentence == voice.info.missing


@both
async def test_key_shows_nowhere(vendor, caplog):
    caplog.set_level(logging.DEBUG)

    with structlog.testing.capture_logs() as logs:
        async with call(vendor, "late_key") as (sim, connection):
            await hear(connection, is_done)
            await connection.send_text("my private words")
            events = await hear_out(connection)
            seen = repr((events, connection, provider(sim), vars(provider(sim)), logs)) + caplog.text

    assert sim.api_key not in seen
    assert "my private words" not in seen


def test_constructing_is_cheap_and_silent():
    import subprocess
    import sys

    program = "import sys, services.voice.openai, services.voice.xai; print('openai' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)

    assert (run.stdout, run.stderr) == ("False\n", "")


@pytest.mark.parametrize("vendor", ["openai", "xai"])
async def test_resumed_call_does_not_greet(vendor):
    async with call(vendor, resume=RESUME) as (sim, connection):
        events = await hear(connection, lambda event: isinstance(event, AgentText) and event.final)

    assert "AI interviewer" not in texts(events)[0]
    assert sim.invalid == []
