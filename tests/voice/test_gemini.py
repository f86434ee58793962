"""Gemini Live before the first word: checks, refusals, the setup."""

from __future__ import annotations

import pytest

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused
from services.core.events import (
    CloseCause,
)
from services.core.plan import Pace
from services.settings import Settings
from services.voice import gemini, gemini_sdk
from services.voice.gemini import GeminiVoice
from tests.simulators import tls
from tests.simulators.gemini import GeminiSimulator
from tests.voice.gemini_calls import MS, call, silent, voice
from tests.voice.listening import terms


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority()))


# --- before the call


def test_voice_without_key_says_what_to_set() -> None:
    info = GeminiVoice(Settings(gemini_api_key=None)).info

    assert (info.ready, "GEMINI_API_KEY" in info.missing) == (False, True)


@pytest.mark.parametrize(
    ("weather", "words"),
    [
        ("", "gemini-3.8-live is available"),
        ("bad_key", "key was not accepted"),
        ("permission", "may not use gemini-3.8-live"),
        ("unknown_model", "gemini-3.8-live is not available"),
        ("no_credit", "no credit left"),
        ("rate_limit", "limiting requests"),
        ("rest_down", "has a problem"),
    ],
)
async def test_check_says_in_words_what_is_wrong(weather: str, words: str) -> None:
    async with GeminiSimulator(weather=weather) as sim:
        check = await voice(sim).check()

    assert (check.ok, words in check.sentence, check.seconds < 5) == (not weather, True, True)


@pytest.mark.parametrize("address", ["https://127.0.0.1:9", "https://localhost:9"])
async def test_unreachable_vendor_is_a_network_trouble(address: str) -> None:
    check = await GeminiVoice(Settings(gemini_api_key="k", gemini_base_url=address)).check()

    assert (check.ok, "connection to Gemini" in check.sentence) == (False, True)


async def test_silent_vendor_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini, "CHECK_S", 200 * MS)
    async with GeminiSimulator(weather="slow") as sim:
        check = await voice(sim).check()

    assert (check.ok, "in time" in check.sentence) == (False, True)


async def test_check_of_an_unready_voice_tells_what_is_missing() -> None:
    check = await GeminiVoice(Settings(gemini_api_key=None)).check()

    assert (check.ok, "GEMINI_API_KEY" in check.sentence) == (False, True)


@pytest.mark.parametrize(
    ("weather", "kind", "cause"),
    [
        ("bad_key", ProviderRefused, CloseCause.AUTH),
        ("no_credit", ProviderRefused, CloseCause.QUOTA),
        ("unknown_at_setup", ProviderRefused, CloseCause.CONFIG),
        ("settings_refused", ProviderRefused, CloseCause.CONFIG),
        ("rest_down", ProviderDropped, CloseCause.PROVIDER),
        ("odd_first_frame", ProviderDropped, CloseCause.PROVIDER),
    ],
)
async def test_refused_connect_tells_the_cause(weather: str, kind: type, cause: CloseCause) -> None:
    async with GeminiSimulator(weather=weather) as sim:
        with pytest.raises(ProviderError) as refusal:
            async with voice(sim).connect(terms()):
                pass

        assert (type(refusal.value), refusal.value.cause, await sim.closed()) == (kind, cause, True)


async def test_mute_vendor_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemini, "OPEN_S", 500 * MS)
    async with GeminiSimulator(weather="mute") as sim:
        with pytest.raises(ProviderError, match="in time"):
            async with voice(sim).connect(terms()):
                pass

        assert await sim.closed()


# --- the setup


@pytest.mark.parametrize(("pace", "silence_ms"), [(Pace.PATIENT, 1500), (Pace.NORMAL, 800), (Pace.BRISK, 500)])
async def test_pace_is_the_vendors_own_endpointing(pace: Pace, silence_ms: int) -> None:
    async with call(pace, script=silent) as (_, sim):
        detection = sim.talks[0].detection.automatic_activity_detection

    assert detection is not None
    assert detection.silence_duration_ms == silence_ms


async def test_setup_carries_prompt_tools_and_resumption() -> None:
    async with call(script=silent) as (_, sim):
        setup = sim.talks[0].setup

    assert setup is not None
    declared = setup.tools[0].function_declarations
    assert "You are Ema" in setup.system_instruction.parts[0].text
    assert [tool.name for tool in declared] == ["next_question", "note_answered", "end_interview"]
    assert {tool.behavior.value for tool in declared} == {"BLOCKING"}
    assert (setup.session_resumption is not None, setup.context_window_compression is not None) == (True, True)


async def test_older_model_is_not_told_of_blocking_tools() -> None:
    older = "gemini-3.1-flash-live-preview"
    async with GeminiSimulator(script=silent, model=older) as sim, voice(sim, gemini_live_model=older).connect(terms()):
        setup = sim.talks[0].setup

    assert setup is not None
    assert {tool.behavior for tool in setup.tools[0].function_declarations} == {None}


async def test_second_connect_is_not_spoilt_by_the_first() -> None:
    async with GeminiSimulator(script=silent) as sim:
        subject = voice(sim)
        for _ in range(2):
            async with subject.connect(terms()):
                pass

    assert sim.talks[0].setup == sim.talks[1].setup


async def test_keepalive_does_not_end_a_busy_connection() -> None:
    async with GeminiSimulator() as sim:
        settings = Settings(gemini_api_key=sim.api_key, gemini_base_url=sim.base_url)
        async with gemini_sdk.client(settings) as client:
            options = client._api_client._websocket_ssl_ctx

    assert options["ping_interval"] is None
