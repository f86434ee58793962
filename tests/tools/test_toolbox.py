"""Real tool servers as processes: what they offer, what they answer, and every way in which they fail."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.core.talk.events import CallTool, ToolReturned
from services.core.talk.lookups import GUEST_CALLS, USER_CALLS
from services.settings import ROOT
from services.tools import toolbox
from services.tools.servers import ServerConfig
from services.tools.toolbox import RESULT_BYTES, Toolbox, Toolkit, plain_text
from tests.simulated_vendors import closed_port
from tests.waiting import eventually

KEY = "odd-key-0123456789"
COMMAND = (sys.executable, "-m", "tests.tools.odd_server")


def odd(*tools: str, **changes: Any) -> ServerConfig:
    given = {"label": "odd", "command": COMMAND, "environment": {"PYTHONPATH": str(ROOT)}, "tools": tools}
    return ServerConfig(**{**given, **changes})


@asynccontextmanager
async def opened(folder: Path, *servers: ServerConfig, environ: dict[str, str] | None = None) -> AsyncIterator[Toolbox]:
    box = Toolbox(servers, folder, environ or {})
    box.start()
    try:
        await box.ready()
        yield box
    finally:
        await box.aclose()


def children() -> list[bytes]:
    """The environments of this process's children."""
    ids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{child}/environ").read_bytes() for child in ids]


async def ask(kit: Toolkit, tool: str, **arguments: Any) -> ToolReturned:
    return await kit.ask(CallTool("c1", f"odd__{tool}", arguments or {"topic": "tea"}))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of the same server over HTTP, which wants a key."""
    free = closed_port()
    serving = subprocess.Popen([*COMMAND, str(free)], cwd=ROOT, env={**os.environ, "ODD_KEY": KEY})
    yield free
    serving.terminate()
    serving.wait(10)


def by_url(port: int, *tools: str) -> ServerConfig:
    return ServerConfig(label="odd", url=f"http://127.0.0.1:{port}/mcp", secret="ODD_KEY", tools=tools)


async def test_a_crash_costs_one_answer_and_the_server_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox, "AGAIN_S", (0.01,))
    async with opened(tmp_path, odd("facts", "crash")) as box:
        kit = box.kit(guest=False)

        crashed = await ask(kit, "crash")
        await eventually(lambda: box.states()[0].ok)
        answered = await ask(kit, "facts")

    assert (crashed.result, crashed.problem) == ("", "The tool odd / crash stopped working.")
    assert answered.result == "The office plays chess about tea."


async def test_what_a_server_does_is_bounded_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolbox, "WAIT_S", 0.4)
    async with opened(tmp_path, odd("facts", "slow", "huge", "renamed")) as box:
        kit = box.kit(guest=False)

        wrong = await ask(kit, "facts", who="me")
        huge = await ask(kit, "huge")
        slow = await ask(kit, "slow")
        await ask(kit, "renamed")
        gone = await ask(kit, "facts")

    assert wrong.problem == "The tool odd / facts was called with arguments that it does not take."
    assert (len(huge.result.encode()) <= RESULT_BYTES, huge.result_bytes) == (True, 102_000)
    assert huge.problem == "The tool odd / huge answered with 102 kB, of which 2 kB were kept."
    assert (slow.result, slow.problem) == ("", "The tool odd / slow did not answer within 0.4 seconds.")
    assert (gone.result, gone.problem) == ("", "The tool odd / facts answered with an error.")
    assert [tool.name for tool in kit.tools] == ["odd__facts", "odd__slow", "odd__huge", "odd__renamed"]


async def test_guests_get_only_tools_that_reach_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path, odd("facts", "injected", "send", "nested", "absent", guests=("facts", "send"))) as box:
        table = {guest: [tool.name for tool in box.kit(guest=guest).tools] for guest in (True, False)}
        calls = {guest: box.kit(guest=guest).most_calls for guest in (True, False)}
        state = box.states()[0]

    assert table == {True: ["odd__facts"], False: ["odd__facts", "odd__injected"]}
    assert calls == {True: GUEST_CALLS, False: USER_CALLS}
    assert not state.ok
    assert "send is not for guests" in state.sentence
    assert "nested takes arguments that are more than plain values" in state.sentence
    assert "absent is not offered" in state.sentence


async def test_a_server_by_url_answers_with_its_key(tmp_path: Path, port: int) -> None:
    with_key = {"ODD_KEY": KEY}
    async with opened(tmp_path, by_url(port, "facts"), environ=with_key) as box:
        await eventually(lambda: box.states()[0].ok)

        answered = await ask(box.kit(guest=False), "facts")

    assert answered.result == "The office plays chess about tea."
    assert answered.seconds < 2.5


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"ODD_KEY": "another"}, "The MCP server “odd” refused our key (HTTP 401)."),
        ({}, "The MCP server “odd” needs its key in ODD_KEY, which is not set."),
    ],
)
async def test_a_refused_server_offers_nothing_and_says_why(
    tmp_path: Path, port: int, environ: dict[str, str], sentence: str
) -> None:
    async with opened(tmp_path, by_url(port, "facts"), environ=environ) as box:
        await eventually(lambda: box.states()[0].sentence == sentence)

        assert box.kit(guest=False).tools == ()


async def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, odd("facts", command=("no-such-command",))) as box:
        assert box.states()[0].sentence == "The MCP server “odd” cannot be started: its command is not there."


async def test_a_server_sees_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-others")
    async with opened(tmp_path, odd("facts")):
        environments = children()

    servers = [environment for environment in environments if b"PYTHONPATH=" in environment]
    assert servers
    assert not [environment for environment in servers if b"sk-not-for-others" in environment]


async def test_more_than_eight_tools_are_not_offered(tmp_path: Path) -> None:
    servers = [odd("facts", "injected", "huge", label=f"odd{number}") for number in range(4)]
    async with opened(tmp_path, *servers) as box:
        assert len(box.kit(guest=False).tools) == 8


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("# Team\n\n- **Eight** people", "Team\nEight people"),
        ("<script>alert(1)</script>Hi", "alert(1) Hi"),
        ("a\u200bb\x00c\U000e0041", "abc"),
    ],
)
def test_a_result_is_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain


async def test_a_toolbox_without_servers_offers_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as box:
        kit = box.kit(guest=False)
        nobody = await asyncio.wait_for(kit.ask(CallTool("c1", "x__y")), 1)

    assert (kit.tools, kit.most_calls, nobody.result) == ((), 0, "")
