"""A real tool server beside a whole call: what is looked up is heard, with each voice."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from services.core.talk.events import Typed
from services.settings import ROOT
from services.tools.servers import ServerConfig
from services.tools.toolbox import Toolbox
from tests.house import Build
from tests.live import started
from tests.stage import PLAN
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

ASKED = "Which game does the office play?"
FOUND = f"The office plays chess about {ASKED}."


@pytest.fixture
async def toolbox(tmp_path: Path) -> AsyncIterator[Toolbox]:
    command = (sys.executable, "-m", "tests.tools.odd_server")
    environment = {"PYTHONPATH": str(ROOT)}
    tools = ("facts", "late", "injected")
    server = ServerConfig(label="odd", command=command, environment=environment, tools=tools, guests=tools)
    box = Toolbox([server], tmp_path, {})
    box.start()
    await box.ready()
    yield box
    await box.aclose()


@pytest.mark.parametrize("vendor", ["openai", "xai", "gemini", "elevenlabs"])
async def test_what_is_looked_up_is_heard_and_noted(build: Build, toolbox: Toolbox, vendor: str) -> None:
    async with AsyncExitStack() as stack:
        live = await started(stack, build, vendor, toolbox=toolbox)
        if vendor == "elevenlabs":
            live.sims[vendor].tool = "odd__facts"
        await live.asked(1)

        live.call.tell(Typed(ASKED))
        await eventually(lambda: FOUND in live.ema())

        trail = live.call.recorder.trail
        assert trail.tools >= 1
        assert live.call.bridge.conversation.agenda.question_id == PLAN.questions[0].id
        await live.end()
