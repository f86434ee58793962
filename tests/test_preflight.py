"""What preflight finds at each voice, in the words a person reads, and the same from a terminal."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services import preflight
from services.core.talk.events import CloseCause, Closed
from services.settings import Settings
from services.vendors.base import Check
from services.vendors.offline.voice import OfflineVoice
from services.vendors.register import providers
from tests.fakes import ScriptedProvider, says
from tests.simulated_vendors import SIMULATORS, closed_port, given, simulated
from tests.simulators import tls

pytestmark = pytest.mark.realtime

ROOT = Path(__file__).parent.parent
NO_KEY = "key was not accepted"
NO_CREDIT = "has no credit left"
BUSY = "voice lines of this"


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_healthy_voice_answers_a_spoken_sentence(vendor: str) -> None:
    async with simulated(vendor) as (_, provider):
        result = await preflight.talk_to(provider)

    assert result.ok, result.sentence
    assert None not in (result.connect_s, result.first_audio_s, result.answer_s)


async def test_offline_voice_answers_a_spoken_sentence() -> None:
    result = await preflight.talk_to(providers(Settings())["offline"])

    assert result.ok, result.sentence
    assert result.answer_s
    assert re.search(r"for \d+ voices at once|but slowly", result.sentence)


async def test_ears_that_never_load_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "EARS_S", 0.5)

    result = await preflight.talk_to(OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:broken")))

    assert not result.ok
    assert "What makes the captions did not load in time" in result.sentence


@pytest.mark.parametrize(
    ("vendor", "weather", "words"),
    [
        ("elevenlabs", "bad_key", NO_KEY),
        ("elevenlabs", "permission", "may not use conversational agents"),
        ("elevenlabs", "no_credit", NO_CREDIT),
        ("elevenlabs", "quota_legacy", NO_CREDIT),
        ("elevenlabs", "quota", NO_CREDIT),
        ("elevenlabs", "unknown_agent", "knows no agent with this id"),
        ("elevenlabs", "override_refused", "does not allow changing “prompt”"),
        ("elevenlabs", "missing_variable", "asks for a variable"),
        ("elevenlabs", "concurrency", BUSY),
        ("elevenlabs", "rate_limit", "is limiting requests"),
        ("elevenlabs", "rest_down", "has a problem right now"),
        ("elevenlabs", "drop", "was lost"),
        ("openai", "refused_401", NO_KEY),
        ("openai", "late_key_at_once", NO_KEY),
        ("openai", "refused_403", "may not use gpt-realtime"),
        ("openai", "refused_quota", NO_CREDIT),
        ("openai", "quota", NO_CREDIT),
        ("openai", "refused_404", "is not available at OpenAI"),
        ("openai", "no_model", "may not use gpt-realtime"),
        ("openai", "refused_429", "is limiting requests"),
        ("xai", "refused_401", NO_KEY),
        ("xai", "refused_quota", NO_CREDIT),
        ("xai", "refused_404", "is not available at xAI"),
        ("xai", "refused_busy", BUSY),
        ("xai", "refused_500", "has a problem right now"),
        ("gemini", "bad_key", NO_KEY),
        ("gemini", "no_credit", NO_CREDIT),
        ("gemini", "quota_at_once", NO_CREDIT),
        ("gemini", "unknown_model", "is not available at Gemini"),
        ("gemini", "unknown_at_setup", "is not available at Gemini"),
        ("gemini", "refused_upgrade", BUSY),
        ("gemini", "rate_limit", "is limiting requests"),
    ],
)
async def test_trouble_is_told_in_words(vendor: str, weather: str, words: str) -> None:
    async with simulated(vendor, weather=weather) as (simulator, provider):
        result = await preflight.talk_to(provider)

    assert not result.ok
    assert words in result.sentence
    assert simulator.api_key not in repr(result)


@pytest.mark.parametrize("vendor", SIMULATORS)
async def test_a_network_that_is_down_is_told(vendor: str) -> None:
    async with simulated(vendor) as (simulator, _):
        settings = {**given(simulator), f"{vendor}_base_url": f"https://127.0.0.1:{closed_port()}/v1"}
        result = await preflight.talk_to(providers(Settings(**settings))[vendor])

    assert "could not be made" in result.sentence


@pytest.mark.parametrize(
    ("vendor", "weather"), [("elevenlabs", "stall"), ("openai", "stall"), ("xai", "stall"), ("gemini", "stall")]
)
async def test_a_voice_that_never_answers_is_given_up(
    vendor: str, weather: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "ANSWER_S", 1.5)

    async with simulated(vendor, weather=weather) as (_, provider):
        result = await preflight.talk_to(provider)

    assert not result.ok
    assert "did not answer a spoken sentence" in result.sentence


async def test_a_line_without_a_greeting_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "GREETING_S", 0.1)

    result = await preflight.talk_to(ScriptedProvider([]))

    assert "Ema said nothing" in result.sentence


@pytest.mark.parametrize(("ms", "words"), [(100, "stopped in the middle of it"), (9_000, "did not answer a spoken")])
async def test_a_greeting_that_stalls_is_no_greeting(monkeypatch: pytest.MonkeyPatch, ms: int, words: str) -> None:
    """One that is still being played may be long: it is spoken over."""
    for name, seconds in (("HEARD_OUT_S", 0.5), ("STALLED_S", 0.1), ("ANSWER_S", 0.1)):
        monkeypatch.setattr(preflight, name, seconds)

    result = await preflight.talk_to(ScriptedProvider([says("Hello, I am", ms=ms, done=False)]))

    assert (result.ok, words in result.sentence) == (False, True), result.sentence


async def test_what_a_first_call_loads_is_not_measured() -> None:
    did: list[str] = []

    class Cold(ScriptedProvider):
        def warm(self) -> None:
            did.append("loaded")

        async def check(self) -> Check:
            did.append("asked")
            return await super().check()

    await preflight.talk_to_all({"openai": Cold([Closed(CloseCause.QUOTA, "Spent.")], key="openai")})

    assert did == ["loaded", "asked"]


async def test_the_whole_trial_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "TOTAL_S", 0.5)

    async with simulated("elevenlabs", weather="slow") as (_, provider):
        result = await preflight.talk_to(provider)

    assert "did not answer in time" in result.sentence


async def test_a_slow_answer_is_called_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "SLOW_ANSWER_S", 0.01)

    result = await preflight.talk_to(providers(Settings())["offline"])

    assert result.ok
    assert "works, but slowly" in result.sentence


async def test_a_hangup_without_a_word_is_told() -> None:
    result = await preflight.talk_to(ScriptedProvider([Closed(CloseCause.PROVIDER)]))

    assert result.sentence == "Scripted hung up."


async def test_voices_are_tried_together_with_progress() -> None:
    steps: list[tuple[str, str]] = []
    voices = {key: ScriptedProvider([Closed(CloseCause.QUOTA, "Spent.")], key=key) for key in ("openai", "xai")}

    results = await preflight.talk_to_all(voices, lambda key, step: steps.append((key, step)))

    assert [result.sentence for result in results] == ["Spent.", "Spent."]
    assert steps[:2] == [("openai", "Asking for the key…"), ("xai", "Asking for the key…")]


async def _from_a_terminal(environment: dict[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.preflight",
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], **environment},
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_terminal_says_that_all_works() -> None:
    async with simulated("xai") as (simulator, _):
        code, words = await _from_a_terminal(simulator.environment)

    assert code == 0, words
    assert words.count("Works") == 2
    assert words.count("Not set up") == 3


async def test_terminal_names_the_trouble_and_fails() -> None:
    async with simulated("gemini", weather="no_credit") as (simulator, _):
        code, words = await _from_a_terminal({**simulator.environment, "SSL_CERT_FILE": str(tls.authority())})

    assert code == 1
    assert "Your Gemini account has no credit left." in words
    assert simulator.api_key not in words
