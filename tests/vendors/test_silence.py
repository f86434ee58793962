"""Speech that ends in silence, on the sockets of the vendors that do not tell its end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.core.talk.events import SpeechStarted, SpeechStopped, Unanswered
from services.vendors import speech
from tests.simulators.small_interviewer import voice
from tests.vendors.offline.listening import MS, call, of, until
from tests.waiting import PATIENCE_S

vendors = pytest.mark.parametrize("vendor", ["elevenlabs", "gemini"])


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "SILENCE_S", 150 * MS)


async def coughed(talk: Any) -> None:
    """A script: the vendor takes a cough for speech, stops Ema, and says nothing more."""
    await talk.hello()
    await talk.say("Hello.")
    await talk.interrupt()
    await asyncio.Event().wait()


async def stalled(talk: Any) -> None:
    """A script: the vendor understands what is said and never answers."""
    await talk.hello()
    await talk.hears("I built a queue.")
    await asyncio.Event().wait()


@vendors
async def test_cough_gives_the_floor_back(vendor: str) -> None:
    async with call(vendor, script=coughed) as (connection, _):
        assert not of(await until(connection, Unanswered), SpeechStopped)


async def test_words_without_an_answer_await_one() -> None:
    async with call("gemini", script=stalled) as (connection, _):
        assert not of(await until(connection, SpeechStopped), Unanswered)


@vendors
async def test_voice_in_the_microphone_is_no_silence(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "SILENCE_S", PATIENCE_S)
    async with call(vendor, script=coughed) as (connection, _):
        await until(connection, SpeechStarted)
        silent_at = connection._wire.speech.silent_at
        await connection.send_audio(voice("x" * 40, connection.input_rate_hz))

        assert connection._wire.speech.silent_at > silent_at
