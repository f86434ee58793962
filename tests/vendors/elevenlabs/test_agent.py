"""The command that creates or checks the agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.core.errors import ProviderRefused
from services.settings import Settings
from services.vendors.base import TOOLS
from services.vendors.elevenlabs import agent
from services.vendors.elevenlabs.agent import DIFFERENT, FAILED, IN_ORDER, differences, main, run
from services.vendors.elevenlabs.wire import CLIENT_EVENTS
from tests.simulators.elevenlabs import ElevenLabsSimulator


@pytest.fixture
async def sim() -> AsyncIterator[ElevenLabsSimulator]:
    async with ElevenLabsSimulator() as running:
        yield running
    assert running.invalid == []


def settings(sim: ElevenLabsSimulator, **more: Any) -> Settings:
    return Settings(elevenlabs_api_key=sim.api_key, elevenlabs_base_url=sim.base_url, **more)


async def test_dry_run_shows_and_changes_nothing(sim: ElevenLabsSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    code = await run(settings(sim, elevenlabs_agent_id=sim.agent_id), apply=False)

    shown = capsys.readouterr().out
    assert (code, sim.rest.writes) == (DIFFERENT, [])
    assert "agent_output_audio_format: None -> 'pcm_24000'" in shown
    assert "    +You are Ema, an AI" in shown


async def test_missing_agent_is_created_complete(sim: ElevenLabsSimulator, capsys: pytest.CaptureFixture[str]) -> None:
    code = await run(settings(sim, elevenlabs_voice_id="v9"), apply=True)

    made = sim.rest.agents[capsys.readouterr().out.split("ELEVENLABS_AGENT_ID=")[1].split()[0]]
    config = made["conversation_config"]
    assert (code, made["platform_settings"]["auth"]) == (IN_ORDER, {"enable_auth": True})
    assert (config["tts"]["voice_id"], tuple(config["conversation"]["client_events"])) == ("v9", CLIENT_EVENTS)
    assert [sim.rest.tools[key]["tool_config"]["name"] for key in config["agent"]["prompt"]["tool_ids"]] == list(TOOLS)
    assert sim.rest.variables(made) <= config["agent"]["dynamic_variables"]["dynamic_variable_placeholders"].keys()


async def test_applying_twice_writes_once(sim: ElevenLabsSimulator) -> None:
    await run(settings(sim), apply=True)
    written = list(sim.rest.writes)

    assert (await run(settings(sim), apply=True), sim.rest.writes) == (IN_ORDER, written)


async def test_changed_tool_is_put_right(sim: ElevenLabsSimulator) -> None:
    await run(settings(sim), apply=True)
    tool = next(iter(sim.rest.tools.values()))["tool_config"]
    tool["description"] = "Something else."

    codes = [await run(settings(sim), apply=apply) for apply in (False, True, False)]

    assert codes == [DIFFERENT, IN_ORDER, IN_ORDER]
    assert sim.rest.writes[-1].startswith("PATCH /v1/convai/tools/")


async def test_tools_of_the_teams_own_are_kept(sim: ElevenLabsSimulator) -> None:
    agent = sim.rest.agents[sim.agent_id]
    agent["conversation_config"]["agent"]["prompt"]["tool_ids"] = ["tool_of_theirs"]

    await run(settings(sim, elevenlabs_agent_id=sim.agent_id), apply=True)

    assert sim.rest.agents[sim.agent_id]["conversation_config"]["agent"]["prompt"]["tool_ids"][0] == "tool_of_theirs"


async def test_unknown_agent_id_is_refused(sim: ElevenLabsSimulator) -> None:
    with pytest.raises(ProviderRefused, match="no agent with this id"):
        await run(settings(sim, elevenlabs_agent_id="agent_nowhere"), apply=False)


@pytest.mark.parametrize(
    ("actual", "wanted", "paths"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, ["a.b", "a.c"]),
        ({}, {"a": {"b": 1}}, ["a.b"]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, []),
        ({"a": ["x"]}, {"a": ["x", "y"]}, ["a"]),
        ({"a": None}, {"a": {"b": 1}}, ["a.b"]),
    ],
)
def test_difference_is_what_is_wanted_and_not_there(actual: Any, wanted: Any, paths: list[str]) -> None:
    assert [change.path for change in differences(actual, wanted)] == paths


def test_command_without_key_fails_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(agent, "Settings", lambda: Settings(elevenlabs_api_key=None))

    assert (main([]), "ELEVENLABS_API_KEY" in capsys.readouterr().err) == (FAILED, True)


def test_command_that_is_refused_fails_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = Settings(elevenlabs_api_key="k", elevenlabs_base_url="http://127.0.0.1:9")
    monkeypatch.setattr(agent, "Settings", lambda: dead)

    assert (main(["--apply"]), "connection to ElevenLabs" in capsys.readouterr().err) == (FAILED, True)
