"""The ElevenLabs agent is told of the tools of other servers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from services.settings import ROOT, Settings
from services.tools.agent import listed
from services.vendors.base import TOOLS
from services.vendors.elevenlabs.agent import IN_ORDER, run
from tests.simulators.elevenlabs import ElevenLabsSimulator


def servers(*command: str) -> str:
    odd = {"label": "odd", "command": command, "environment": {"PYTHONPATH": str(ROOT)}, "tools": ["facts"]}
    return json.dumps([odd])


async def test_tools_of_other_servers_are_declared_once(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.tools.odd_server")
    async with ElevenLabsSimulator() as sim:
        given: dict[str, Any] = {"elevenlabs_api_key": sim.api_key, "elevenlabs_base_url": sim.base_url}
        settings = Settings(**given, mcp_servers=servers(*command), var_dir=tmp_path)
        outside = await listed(settings)
        codes = [await run(settings, apply=True, outside=outside) for _ in range(2)]

        names = [tool["tool_config"]["name"] for tool in sim.rest.tools.values()]
    assert (codes, names) == ([IN_ORDER, IN_ORDER], [*TOOLS, "odd__facts"])


async def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    settings = Settings(mcp_servers=servers("/nowhere/server"), var_dir=tmp_path)

    with pytest.raises(ValueError, match="MCP server “odd”"):
        await listed(settings)
