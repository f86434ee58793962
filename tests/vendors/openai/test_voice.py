"""OpenAI Realtime: its own configuration, and how an interview is taken up on a new connection."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from services.core.plan.plan import Pace
from services.core.talk.events import AudioOut, Usage
from services.core.talk.transcript import Speaker, Turn
from services.settings import Settings
from services.vendors.base import Resume
from services.vendors.openai.voice import OpenAIVoice
from tests.simulated_vendors import simulated
from tests.vendors.calls import call, hear, last
from tests.vendors.terms import TERMS

RESUME = Resume(
    turns=(Turn("t1", Speaker.EMA, "How?", 0, 1), Turn("t2", Speaker.CANDIDATE, "Like this.", 2, 3)),
    question_id="q2",
    follow_ups_asked=0,
    elapsed_s=120,
)


async def configured() -> dict[str, Any]:
    async with call("openai") as (sim, connection):
        await hear(connection, lambda event: isinstance(event, AudioOut))
    session: dict[str, Any] = sim.frames[0]["session"]
    return session


async def test_configuration_is_of_the_ga_dialect() -> None:
    session = await configured()

    assert session["type"] == "realtime"
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["audio"]["input"]["transcription"]["model"] == "gpt-transcribe"
    assert [tool["name"] for tool in session["tools"]] == ["next_question", "note_answered", "end_interview"]


@pytest.mark.parametrize(("pace", "eagerness"), [(Pace.PATIENT, "low"), (Pace.NORMAL, "medium"), (Pace.BRISK, "high")])
async def test_pace_sets_eagerness(pace: Pace, eagerness: str) -> None:
    async with simulated("openai") as (sim, voice), voice.connect(dataclasses.replace(TERMS, pace=pace)):
        detection = sim.talks[0].detection

    assert (detection["type"], detection["eagerness"]) == ("semantic_vad", eagerness)


async def test_hold_keeps_turns_but_answers_none() -> None:
    async with call("openai") as (sim, connection):
        await connection.hold(True)
        await hear(connection, lambda event: isinstance(event, AudioOut))
        detection = sim.talks[0].detection

    assert (detection["create_response"], detection["interrupt_response"]) == (False, True)
    assert detection["eagerness"] == "low"


async def test_new_connection_is_seeded_with_last_turns() -> None:
    async with call("openai", resume=RESUME) as (sim, connection):
        await hear(connection, lambda event: isinstance(event, AudioOut))
        seeded = [frame["item"] for frame in sim.frames if "item" in frame]

    assert [item["role"] for item in seeded] == ["assistant", "user", "system"]
    assert seeded[0]["content"] == [{"type": "output_text", "text": "How?"}]
    assert seeded[1]["content"] == [{"type": "input_text", "text": "Like this."}]


async def test_socket_names_model_and_no_beta() -> None:
    async with call("openai") as (sim, _):
        upgrade = sim.calls[-1]

    assert (upgrade.path, upgrade.query) == ("/v1/realtime", {"model": "gpt-realtime-2.1"})
    assert "openai-beta" not in upgrade.headers


async def test_usage_separates_cached_tokens() -> None:
    async with call("openai") as (_, connection):
        used = last(await hear(connection, lambda event: isinstance(event, Usage)), Usage)

    assert used.quantities["input_cached_audio"] == 128
    assert sum(used.quantities.values()) == 430


def test_default_model_is_not_deprecated() -> None:
    assert Settings.model_fields["openai_realtime_model"].default in {
        "gpt-realtime-2.1",
        "gpt-realtime-2.1-mini",
        "gpt-realtime-2",
        "gpt-realtime-1.5",
    }


@pytest.mark.parametrize(("model", "reasons"), [("gpt-realtime-2.1", True), ("gpt-realtime-1.5", False)])
def test_only_reasoning_models_get_an_effort(model: str, reasons: bool) -> None:
    voice = OpenAIVoice(Settings(openai_api_key="k", openai_realtime_model=model))

    assert ("reasoning" in voice._session(TERMS)) is reasons


def test_mini_model_has_its_own_price() -> None:
    full, mini = (
        OpenAIVoice(Settings(openai_api_key="k", openai_realtime_model=f"gpt-realtime-2.1{suffix}")).info
        for suffix in ("", "-mini")
    )

    assert mini.usd_per_minute < full.usd_per_minute


async def test_secure_address_gets_the_shared_certificates() -> None:
    from services.vendors import socket

    assert socket.options(True)["ssl"] is socket.tls()
    assert "ssl" not in socket.options(False)


async def test_check_notices_a_model_out_of_reach() -> None:
    async with simulated("openai", {"openai_realtime_model": "gpt-realtime-9"}) as (_, voice):
        check = await voice.check()

    assert (check.ok, "may not use gpt-realtime-9" in check.sentence) == (False, True)
