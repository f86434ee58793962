"""xAI Grok Voice: its own configuration, resumption, captions and clock."""

from __future__ import annotations

import dataclasses

import pytest

from services.core.errors import ProviderRefused
from services.core.plan.plan import Pace
from services.core.talk.events import AudioOut, Closed, ResumeToken, TurnDone, Usage, UserText
from services.core.talk.transcript import Speaker, Turn
from services.settings import Settings
from services.vendors.base import Resume
from services.vendors.xai.voice import XAIVoice
from tests.simulated_vendors import simulated
from tests.vendors.calls import call, hear, hear_out, speak
from tests.vendors.terms import TERMS

RESUME = Resume(
    turns=(Turn("t1", Speaker.EMA, "How?", 0, 1), Turn("t2", Speaker.CANDIDATE, "Like this.", 2, 3)),
    question_id="q2",
    follow_ups_asked=0,
    elapsed_s=120,
    token="conv_earlier",
)


async def test_configuration_is_of_xai_shape() -> None:
    async with call("xai") as (sim, connection):
        await hear(connection, lambda event: isinstance(event, AudioOut))
        session = sim.frames[0]["session"]

    assert session["voice"] == "eve"
    assert session["turn_detection"]["type"] == "server_vad"
    assert session["audio"]["input"]["transcription"]["model"] == "grok-transcribe"
    assert session["resumption"] == {"enabled": True}
    assert session["reasoning"] == {"effort": "none"}


async def test_model_goes_by_query_alone() -> None:
    async with call("xai") as (sim, connection):
        await hear(connection, lambda event: isinstance(event, AudioOut))

    assert sim.calls[-1].query == {"model": "grok-voice-3.0"}
    assert "model" not in sim.frames[0]["session"]


@pytest.mark.parametrize(("pace", "silence_ms"), [(Pace.PATIENT, 1400), (Pace.NORMAL, 800), (Pace.BRISK, 400)])
async def test_pace_sets_silence(pace: Pace, silence_ms: int) -> None:
    async with simulated("xai") as (sim, voice), voice.connect(dataclasses.replace(TERMS, pace=pace)):
        assert sim.talks[0].detection["silence_duration_ms"] == silence_ms


async def test_token_resumes_the_conversation() -> None:
    async with call("xai", resume=RESUME) as (sim, connection):
        [*_, token] = await hear(connection, lambda event: isinstance(event, ResumeToken))
        direction = await sim.talks[0].expect("conversation.item.create")

    assert (token, connection.conversation_id) == (ResumeToken("conv_earlier"), "conv_earlier")
    assert "Like this." not in direction["item"]["content"][0]["text"]


async def test_forgotten_conversation_is_seeded_anew() -> None:
    async with call("xai", "forgotten", resume=RESUME) as (sim, connection):
        direction = await sim.talks[0].expect("conversation.item.create")

    assert connection.conversation_id == "conv_1"
    assert "Candidate: Like this." in direction["item"]["content"][0]["text"]
    assert sim.sockets_opened == 1


async def test_bad_key_is_not_tried_twice() -> None:
    async with simulated("xai", weather="refused_401") as (sim, voice):
        with pytest.raises(ProviderRefused, match="not accepted"):
            await voice.connect(TERMS, RESUME).__aenter__()

    assert len(sim.calls) == 1


async def test_growing_captions_make_one_turn() -> None:
    async with call("xai", "growing_captions") as (_, connection):
        await hear(connection, lambda event: isinstance(event, TurnDone))
        await speak(connection)
        events = await hear(connection, lambda event: isinstance(event, TurnDone))

    captions = [event for event in events if isinstance(event, UserText)]
    assert len({caption.turn for caption in captions}) == 1
    assert not any(caption.append for caption in captions)


async def test_time_used_is_told_before_the_end() -> None:
    async with call("xai", "drop") as (_, connection):
        await hear(connection, lambda event: isinstance(event, TurnDone))
        await connection.send_audio(bytes(4800))
        await connection.send_text("an answer")
        events = await hear_out(connection)

    used, closed = events[-2:]
    assert isinstance(used, Usage)
    assert isinstance(closed, Closed)
    assert (used.quantities["input_audio_ms"], used.quantities["text_items"]) == (100, 2)
    assert used.quantities["connection_ms"] > 0


def test_switched_off_is_not_ready() -> None:
    info = XAIVoice(Settings(xai_api_key="k", xai_enabled=False)).info

    assert (info.ready, "XAI_ENABLED" in info.missing) == (False, True)


def test_long_skill_names_are_no_keyterms() -> None:
    from services.core.plan.plan import Skill
    from services.vendors.xai import voice

    plan = TERMS.plan.model_copy(update={"skills": (Skill(name="x" * 51, jd_phrase="x"), *TERMS.plan.skills)})
    session = voice._session(dataclasses.replace(TERMS, plan=plan))

    assert session["audio"]["input"]["transcription"]["keyterms"] == ["PostgreSQL"]
