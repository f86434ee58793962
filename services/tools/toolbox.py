"""The MCP servers of the operator's choice: connected once per process, listed, and called while somebody waits.

A server that fails costs an answer and nothing else. What it offers is bounded and fixed for an interview; what it
answers is cut to plain text.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from services.core.talk.events import CallTool, ToolReturned
from services.core.talk.lookups import GUEST_CALLS, USER_CALLS, WAIT_S, OutsideTool
from services.tools.servers import ServerConfig

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult, Tool

log = structlog.get_logger(__name__)

MOST_TOOLS = 8
SCHEMAS_BYTES = 20_000
"""Of all tools together: every word of them goes into each of Ema's answers."""
ARGUMENTS_BYTES = 2_000
RESULT_BYTES = 2_000
DESCRIPTION_CHARACTERS = 400
HINT_CHARACTERS = 200
CONNECT_S = 10.0
AGAIN_S = (1.0, 5.0, 30.0, 120.0)
"""Between attempts to connect; the last one for ever."""
LOOK_S = 60.0
"""Between looks at a server that nobody calls."""
STOP_S = 5.0
_PLAIN = frozenset({"string", "integer", "number", "boolean"})
_TAG = re.compile(r"<[^<>]{0,200}>")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\U000e0000-\U000e007f]")
_MARKDOWN = re.compile(r"^\s{0,3}(?:#{1,6}\s+|[-*+]\s+|>\s?|```\w*)|\*\*|__|`", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Toolkit:
    """What Ema may call in one interview; `ask` never raises."""

    tools: tuple[OutsideTool, ...]
    most_calls: int
    ask: Callable[[CallTool], Awaitable[ToolReturned]]


async def _nobody(call: CallTool) -> ToolReturned:
    return ToolReturned(call.call_id, "", "Ema has no tools in this interview.")


NO_TOOLS = Toolkit((), 0, _nobody)


@dataclass(frozen=True, slots=True)
class ServerState:
    """For the operator: whether a server is connected, and what it offers or why not."""

    label: str
    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class _Offer:
    """A listed tool that passed."""

    tool: OutsideTool
    name: str
    """As its server knows it."""
    for_guests: bool


class _Failed(Exception):
    """Why a server does not answer, as the rest of a sentence."""


class Toolbox:
    """All servers; on the event loop after `start`. `environ`: where their secrets are."""

    def __init__(self, servers: Sequence[ServerConfig], folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._links = [_Link(server, folder / "tools" / server.label, environ) for server in servers]
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Connects in the background, and again whenever a server was lost."""
        self._running = [asyncio.get_running_loop().create_task(link.run()) for link in self._links]

    async def ready(self) -> None:
        """Once each server has been tried."""
        await asyncio.gather(*(link.tried.wait() for link in self._links))

    async def aclose(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_S)

    def states(self) -> list[ServerState]:
        return [link.state() for link in self._links]

    def all_tools(self) -> tuple[OutsideTool, ...]:
        """For an agent that has to know every tool beforehand."""
        return tuple(offer.tool for offer, _ in self._offers(guest=False))

    def kit(self, *, guest: bool) -> Toolkit:
        """The tools there are now, for one interview: what servers offer later does not reach it."""
        offers = self._offers(guest=guest)
        if not offers:
            return NO_TOOLS
        frozen = {offer.tool.name: (offer, link) for offer, link in offers}
        tools = tuple(offer.tool for offer, _ in offers)
        return Toolkit(tools, GUEST_CALLS if guest else USER_CALLS, partial(_ask, frozen))

    def _offers(self, *, guest: bool) -> list[tuple[_Offer, _Link]]:
        """As many as there may be, in the operator's order."""
        offers: list[tuple[_Offer, _Link]] = []
        size = 0
        for link in self._links:
            for offer in link.offers:
                size += len(json.dumps(dict(offer.tool.parameters))) + len(offer.tool.description)
                if (offer.for_guests or not guest) and len(offers) < MOST_TOOLS and size <= SCHEMAS_BYTES:
                    offers.append((offer, link))
        return offers


async def _ask(frozen: Mapping[str, tuple[_Offer, _Link]], call: CallTool) -> ToolReturned:
    offer, link = frozen[call.name]
    began = time.monotonic()
    problem, text, size, noted = "", "", 0, False
    try:
        _check_arguments(offer.tool, call.arguments)
        async with asyncio.timeout(WAIT_S):
            result = await link.call(offer.name, dict(call.arguments))
    except TimeoutError:
        problem = f"did not answer within {WAIT_S} seconds"
    except _Failed as failed:
        problem = str(failed)
    else:
        whole = _text_of(result)
        size, text = len(whole.encode()), plain_text(whole)
        if size > RESULT_BYTES:
            problem = f"answered with {round(size / 1000)} kB, of which {RESULT_BYTES // 1000} kB were kept"
        if result.is_error or not text:
            problem, text = "answered with an error" if result.is_error else "answered with nothing", ""
        noted = link.notes_questions and isinstance(result.structured_content, dict)
        noted = noted and result.structured_content.get("known") is False
    seconds = time.monotonic() - began
    log.info("tool called", tool=call.name, ms=round(seconds * 1000), result_bytes=size, problem=problem)
    told = f"The tool {call.name.replace('__', ' / ')} {problem}." if problem else ""
    return ToolReturned(call.call_id, text, told, noted=noted, seconds=seconds, result_bytes=size)


def _check_arguments(tool: OutsideTool, arguments: Mapping[str, Any]) -> None:
    properties = tool.parameters["properties"]
    missing = set(tool.parameters.get("required", ())) - set(arguments)
    unfit = set(arguments) - set(properties) or any(isinstance(value, dict | list) for value in arguments.values())
    if missing or unfit or len(json.dumps(dict(arguments), default=str).encode()) > ARGUMENTS_BYTES:
        raise _Failed("was called with arguments that it does not take")


def _text_of(result: CallToolResult) -> str:
    texts = [part.text for part in result.content if part.type == "text"]
    if not texts and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(texts)


def plain_text(text: str) -> str:
    """Without mark-up and invisible characters, cut to what somebody may have to listen to."""
    text = _MARKDOWN.sub("", _CONTROL.sub("", _TAG.sub(" ", text[: 50 * RESULT_BYTES])))
    text = "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)
    cut = text.encode()[:RESULT_BYTES].decode(errors="ignore")
    return cut if len(cut) == len(text) else cut.rpartition(" ")[0] or cut


class _Link:
    """One server's connection, held by one task for as long as the process lives."""

    def __init__(self, server: ServerConfig, folder: Path, environ: Mapping[str, str]) -> None:
        self._server, self._folder, self._environ = server, folder, environ
        self.notes_questions = server.notes_questions
        self.offers: tuple[_Offer, ...] = ()
        self.tried = asyncio.Event()
        self._refused: list[str] = []
        self._client: Client | None = None
        self._lost = asyncio.Event()
        self._problem = "is not connected yet"
        self._status: int | None = None
        """Of the last HTTP answer: the SDK's errors do not tell it."""

    def state(self) -> ServerState:
        if self._client is None:
            return ServerState(self._server.label, False, f"The MCP server “{self._server.label}” {self._problem}.")
        names = ", ".join(offer.name for offer in self.offers) or "no tool that Ema may call"
        refused = "".join(f" {sentence}" for sentence in self._refused)
        return ServerState(self._server.label, not refused, f"Connected: {names}.{refused}")

    async def run(self) -> None:
        import httpx2
        from mcp.shared.exceptions import MCPError

        failures = 0
        while True:
            try:
                async with AsyncExitStack() as stack:
                    client = await self._connect(stack)
                    await self._list(client)
                    self._client, failures = client, 0
                    self._lost.clear()
                    self.tried.set()
                    await self._watch(client)
            except (_Failed, MCPError, OSError, RuntimeError, ValueError, ExceptionGroup, httpx2.HTTPError) as error:
                self._problem = self._cause(error)
                log.warning("tool server lost", server=self._server.label, problem=self._problem)
            finally:
                self._client = None
                self.tried.set()
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1

    async def call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        """Raises _Failed, or is cancelled when it takes too long."""
        from mcp.shared.exceptions import MCPError

        client = self._client
        if client is None:
            raise _Failed(self._problem)
        self._status = None
        try:
            return await client.call_tool(name, arguments, read_timeout_seconds=CONNECT_S)
        except MCPError as error:
            self._problem = self._cause(error)
            self._client = None
            self._lost.set()
            raise _Failed(self._problem) from None

    async def _connect(self, stack: AsyncExitStack) -> Client:
        from mcp import Client, StdioServerParameters
        from mcp.client.streamable_http import streamable_http_client

        server, key = self._server, self._environ.get(self._server.secret, "")
        if server.secret and not key:
            raise _Failed(f"needs its key in {server.secret}, which is not set")
        if server.command:
            self._folder.mkdir(parents=True, exist_ok=True)
            environment = {**server.environment, **({server.secret: key} if key else {})}
            command, *arguments = server.command
            stdio = StdioServerParameters(command=command, args=arguments, env=environment, cwd=self._folder)
            return await stack.enter_async_context(Client(stdio, read_timeout_seconds=CONNECT_S))
        import httpx2

        async def note(response: httpx2.Response) -> None:
            self._status = response.status_code

        headers = {"Authorization": f"Bearer {key}"} if key else {}
        http = httpx2.AsyncClient(headers=headers, timeout=CONNECT_S, event_hooks={"response": [note]})
        await stack.enter_async_context(http)
        transport = streamable_http_client(server.url, http_client=http)
        return await stack.enter_async_context(Client(transport, read_timeout_seconds=CONNECT_S))

    async def _watch(self, client: Client) -> None:
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._lost.wait()
            except TimeoutError:
                await self._list(client)

    async def _list(self, client: Client) -> None:
        listed = (await client.list_tools(cache_mode="refresh")).tools
        found = {tool.name: tool for tool in listed}
        self._refused, offers = [], []
        for name in self._server.tools:
            try:
                offers.append(self._offer(found.get(name), name))
            except _Failed as failed:
                self._refused.append(f"{name} {failed}.")
                log.warning("tool refused", server=self._server.label, tool=name, problem=str(failed))
        self.offers = tuple(offers)

    def _offer(self, listed: Tool | None, name: str) -> _Offer:
        """Raises _Failed for what cannot be called in a conversation, or not for a guest as the operator wants it."""
        if listed is None:
            raise _Failed("is not offered by the server")
        hints = listed.annotations
        harmless = hints is not None and hints.read_only_hint is True and hints.open_world_hint is False
        if name in self._server.guests and not harmless:
            raise _Failed("is not for guests: its server does not say that it only reads and reaches nobody else")
        description = plain_text(listed.description or name)[:DESCRIPTION_CHARACTERS]
        tool = OutsideTool(f"{self._server.label}__{name}", description, _parameters(listed.input_schema))
        return _Offer(tool, name, name in self._server.guests)

    def _cause(self, error: BaseException) -> str:
        """The rest of a sentence for the host; nothing that the server wrote is in it."""
        if isinstance(error, BaseExceptionGroup):
            return self._cause(error.exceptions[0])
        if isinstance(error, _Failed):
            return str(error)
        if self._status in (401, 403):
            return f"refused our key (HTTP {self._status})"
        if self._status is not None and self._status >= 400:
            return f"failed (HTTP {self._status})"
        if isinstance(error, FileNotFoundError | PermissionError):
            return "cannot be started: its command is not there"
        if self._server.url:
            return "cannot be reached"
        return "stopped working"


def _parameters(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a schema that every vendor takes. Raises _Failed where an argument is more than a plain value."""
    properties = {}
    for name, spec in (schema.get("properties") or {}).items():
        kind = spec.get("type") if isinstance(spec, dict) else None
        if kind not in _PLAIN or not re.fullmatch(r"[A-Za-z_]\w{0,39}", name):
            raise _Failed("takes arguments that are more than plain values")
        properties[name] = {"type": kind}
        if hint := plain_text(str(spec.get("description") or spec.get("title") or "")):
            properties[name]["description"] = hint[:HINT_CHARACTERS]
        if isinstance(choices := spec.get("enum"), list) and all(isinstance(choice, str) for choice in choices):
            properties[name]["enum"] = [plain_text(choice) for choice in choices[:30]]
    required = [name for name in schema.get("required") or () if name in properties]
    return {"type": "object", "properties": properties, "required": required}
