"""How connections to Gemini Live end, and how they are resumed."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from typing import Any

import pytest

from services.core.errors import ProviderDropped, ProviderError
from services.core.talk.events import CloseCause, Closed, EndingSoon, ResumeToken, TurnDone
from services.vendors.gemini import voice
from services.vendors.gemini.voice import HANDLE_FAILURES, GeminiConnection, Handles
from tests.simulated_vendors import simulated
from tests.simulators.gemini_talk import Talk
from tests.vendors.calls import last
from tests.vendors.offline import listening
from tests.vendors.offline.listening import MS, of, resume, silent, terms, to_the_end, until

call = functools.partial(listening.call, "gemini")


# --- resumption and the end


async def test_handle_resumes_without_the_transcript() -> None:
    async with simulated("gemini") as (sim, subject):
        async with subject.connect(terms()) as connection:
            token = last(await until(connection, ResumeToken), ResumeToken).token
        async with subject.connect(terms(), resume(token)):
            text = await sim.talks[1].expect("text")

    assert sim.talks[1].setup.session_resumption.handle == token
    assert ("Do not greet" in text, "<transcript>" in text) == (True, False)


async def test_handle_is_given_up_after_two_failures() -> None:
    async with simulated("gemini", weather="poisoned_handles") as (sim, voice):
        async with voice.connect(terms(), resume("handle-secret-0")):
            text = await sim.talks[-1].expect("text")

        assert [bool(talk.setup.session_resumption.handle) for talk in sim.talks] == [True] * HANDLE_FAILURES + [False]
        assert ("<transcript>" in text, await sim.closed()) == (True, True)


async def test_early_death_of_a_resumed_connection_counts_against_its_handles() -> None:
    async def dying(talk: Talk) -> None:
        if await talk.hello():
            await talk.ws.close(1011, "Internal error encountered.")
        await asyncio.Event().wait()

    async with simulated("gemini", script=dying) as (sim, subject):
        token = "handle-secret-0"
        for _ in range(2):
            async with subject.connect(terms(), resume(token)) as connection:
                token = of(await to_the_end(connection), ResumeToken)[-1].token
        async with subject.connect(terms(), resume(token)):
            pass

    assert [bool(talk.setup.session_resumption.handle) for talk in sim.talks] == [True, True, False]


def test_forgotten_handles_do_not_pile_up() -> None:
    handles = Handles()
    for number in range(200):
        handles.failed(f"h{number}")

    assert len(handles._failures) <= 64


async def test_going_away_is_announced_and_then_an_ordinary_end() -> None:
    async with call(weather="go_away") as (connection, _):
        await connection.send_text("I built a queue.")
        events = await to_the_end(connection)

    assert of(events, EndingSoon) == [EndingSoon(0.5)]
    assert last(events, Closed).cause is CloseCause.LIMIT


async def test_old_connection_is_announced_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "SWAP_S", 50 * MS)
    async with call() as (connection, _):
        await until(connection, EndingSoon)
        await connection.send_text("I built a queue.")

        assert of(await until(connection, TurnDone), TurnDone)


async def test_send_that_finds_the_socket_gone_is_refused() -> None:
    async with call(script=silent) as (connection, sim):
        sim.drop_all()
        await sim.closed()
        await asyncio.sleep(20 * MS)

        with pytest.raises(ProviderDropped):
            await connection.send_text("Still there?")


@pytest.mark.parametrize("weather", ["", "bad_key", "unknown_at_setup", "quota"])
async def test_no_key_and_no_handle_shows_anywhere(weather: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with simulated("gemini", weather=weather) as (sim, subject):
        shown = [repr(subject), repr(subject.info), repr(await subject.check())]
        try:
            async with subject.connect(terms()) as connection:
                await connection.send_text("I built a queue.")
                shown += [repr(connection), *map(repr, await until(connection, TurnDone, Closed))]
        except ProviderError as refusal:
            shown += [repr(refusal), str(refusal), repr(refusal.__cause__), repr(refusal.__suppress_context__)]
        secrets = [sim.api_key, "handle-secret"]

    everything = "\n".join([*shown, caplog.text])
    assert not [secret for secret in secrets if secret in everything]


# --- the simulator itself is strict


@pytest.mark.parametrize(
    "frame",
    [
        {"realtime_input": {"activityEnd": {}}},
        {"realtime_input": {"media_chunks": [{"data": "AAAA", "mime_type": "audio/pcm;rate=16000"}]}},
        {"client_content": {"turns": [], "turnComplete": True}},
        {"realtime_input": {"audio": {"data": "AAAA", "mime_type": "audio/pcm;rate=24000"}}},
        {"tool_response": {"functionResponses": [{"id": "none", "name": "x", "response": {}}]}},
        {"unknown": 1},
    ],
)
async def test_simulator_refuses_what_the_live_api_refuses(frame: dict[str, Any]) -> None:
    async with simulated("gemini", script=silent) as (sim, voice):
        async with voice.connect(terms()) as connection:
            assert isinstance(connection, GeminiConnection)
            await connection._session._ws.send(json.dumps(frame))
            events = await to_the_end(connection)

        assert (isinstance(events[-1], Closed), len(sim.invalid)) == (True, 1)
        sim.invalid.clear()
