"""The transcript ElevenLabs keeps: fetched, brought together with ours, deleted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace as Entry
from typing import Any

import pytest

from services.core.errors import ProviderRefused
from services.core.talk.transcript import Speaker, Turn
from services.core.usage import Billed
from services.settings import Settings
from services.vendors.elevenlabs import rest
from services.vendors.elevenlabs.record import reconcile, spoken_turns
from services.vendors.elevenlabs.voice import ElevenLabsVoice
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.vendors.offline.listening import terms

NO_WAIT = (0.0,) * 6


def ema(key: str, text: str, at: int = 0, **more: Any) -> Turn:
    return replace(Turn(key, Speaker.EMA, text, at, at + 1000, "q1", provider="elevenlabs"), **more)


def candidate(key: str, text: str, at: int = 0, **more: Any) -> Turn:
    return replace(Turn(key, Speaker.CANDIDATE, text, at, at + 1000, "q1", provider="elevenlabs"), **more)


ASKED = ema("t1", "What did you build?", 0)
ANSWER = candidate("t2", "I built a message cue in rust", 3000)
NEXT = ema("t3", "Thank you. How do you test?", 8000)
OURS = (ASKED, ANSWER, NEXT)


def test_words_recognised_again_replace_ours() -> None:
    theirs = (
        ema("el1", "What did you build?"),
        candidate("el2", "I built a message queue in Rust."),
        ema("el3", "Thank you. How do you test?"),
    )

    assert reconcile(OURS, theirs) == (ASKED, replace(ANSWER, text="I built a message queue in Rust."), NEXT)


def test_turn_that_never_reached_us_takes_its_place() -> None:
    lost = candidate("el3", "And I wrote it twice, because the first one leaked.", 7000)

    merged = reconcile(OURS, (replace(ASKED, id="el1"), replace(ANSWER, id="el2"), lost, replace(NEXT, id="el4")))

    assert [turn.id for turn in merged] == ["t1", "t2", "t2+1", "t3"]
    assert (merged[2].text, merged[2].started_ms, merged[2].question_id) == (lost.text, 4000, "q1")


@pytest.mark.parametrize(
    "kept",
    [
        candidate("t2", "typed as it stands", typed=True),
        ema("t2", "Thank you, that was", interrupted=True),
        candidate("t2", "words for another vendor altogether", provider="openai"),
    ],
)
def test_what_we_know_better_stays(kept: Turn) -> None:
    theirs = (replace(kept, id="el1", text=f"{kept.text} and more"),) if kept.provider == "elevenlabs" else ()

    assert reconcile((kept,), theirs) == (kept,)


def test_short_answers_do_not_lead_the_alignment_astray() -> None:
    ours = (
        candidate("t1", "Yes."),
        ema("t2", "Which one?"),
        candidate("t3", "The second of the two I named."),
        candidate("t4", "Yes."),
    )
    theirs = (ema("el1", "Which one?"), candidate("el2", "The second of the two, I named."), candidate("el3", "Yes."))

    assert [turn.id for turn in reconcile(ours, theirs)] == ["t1", "t2", "t3", "t4"]


@pytest.mark.parametrize("theirs", [(), (candidate("el1", "entirely different words about nothing"),)])
def test_transcript_of_another_call_changes_nothing(theirs: tuple[Turn, ...]) -> None:
    assert reconcile(OURS, theirs) == OURS


def test_entries_without_words_or_from_us_are_no_turns() -> None:
    entries = [
        Entry(role="agent", message="Hello.", time_in_call_secs=0, interrupted=True),
        Entry(role="agent", message=None, time_in_call_secs=1),
        Entry(role="user", message="[direction] Wrap up.", time_in_call_secs=2),
        Entry(role="system", message="x", time_in_call_secs=3),
        Entry(role="user", message=" Hi. ", time_in_call_secs=None),
    ]

    assert [(turn.speaker.value, turn.text, turn.interrupted) for turn in spoken_turns(entries)] == [
        ("ema", "Hello.", True),
        ("candidate", "Hi.", False),
    ]


def settings(sim: ElevenLabsSimulator) -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in sim.environment.items()})


async def held_call(sim: ElevenLabsSimulator) -> str:
    async with ElevenLabsVoice(settings(sim)).connect(terms()) as connection:
        assert connection.conversation_id
    await sim.closed()
    return connection.conversation_id


async def test_transcript_is_awaited_until_it_is_done() -> None:
    async with ElevenLabsSimulator(utterance_limit_s=0.3) as sim:
        key = await held_call(sim)
        sim.note(key, "agent", "Hello, I'm Ema.")
        turns = await rest.fetch_turns(settings(sim), key, NO_WAIT)

    assert turns is not None
    assert sim.rest.conversations[key]["status"] == "done"
    assert turns[-1].text == "Hello, I'm Ema."


async def test_bill_is_awaited_until_it_is_done() -> None:
    async with ElevenLabsSimulator(utterance_limit_s=0.3) as sim:
        key = await held_call(sim)
        billed = await rest.fetch_billed(settings(sim), key, NO_WAIT)

    assert billed == Billed(93.0, Decimal("0.12"), Decimal("0.0011"))


async def test_a_call_that_is_not_processed_has_no_bill() -> None:
    async with ElevenLabsSimulator() as sim:
        key = await held_call(sim)

        assert await rest.fetch_billed(settings(sim), key, (0.0,)) is None
        assert await ElevenLabsVoice(settings(sim)).billed("conv_unknown") is None


async def test_call_without_record_has_no_transcript() -> None:
    async with ElevenLabsSimulator() as sim:
        assert await ElevenLabsVoice(settings(sim)).fetch_turns("conv_unknown") is None


async def test_deletion_waits_for_the_processing() -> None:
    async with ElevenLabsSimulator(utterance_limit_s=0.3) as sim:
        key = await held_call(sim)
        await rest.delete(settings(sim), key, NO_WAIT)

    assert (sim.rest.deleted, sim.rest.writes) == ([key], [f"DELETE /v1/convai/conversations/{key}"])


async def test_deleting_twice_is_no_error() -> None:
    async with ElevenLabsSimulator() as sim:
        await ElevenLabsVoice(settings(sim)).delete("conv_gone")

    assert sim.rest.deleted == []


async def test_transcript_of_a_refused_key_is_an_error() -> None:
    async with ElevenLabsSimulator(weather="bad_key") as sim:
        with pytest.raises(ProviderRefused, match="key was not accepted"):
            await rest.fetch_turns(settings(sim), "conv_1", NO_WAIT)
