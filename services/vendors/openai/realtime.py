"""A voice over the dialect of OpenAI Realtime: joins the protocol's state to a socket of the official SDK."""

from __future__ import annotations

import asyncio
import json
import math
import time
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import structlog
from pydantic import SecretStr

from services.core.errors import ProviderDropped
from services.core.plan.plan import Plan
from services.core.talk.events import CloseCause, Closed, EndingSoon, Instruction, InstructionKind, ProviderEvent, Usage
from services.vendors import instructions
from services.vendors.base import Check, ProviderInfo
from services.vendors.faults import Fault, cause, error, sentence
from services.vendors.openai import faults
from services.vendors.openai.utterances import BYTES_PER_MS
from services.vendors.openai.wire import Dialect, Variant
from services.vendors.socket import OPEN_S, Gone, Socket, dial, options, tls

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = structlog.get_logger(__name__)

RATE_HZ = BYTES_PER_MS * 1000 // 2
WARN_S = 120.0
"""Before a vendor's own limit on a connection, of which it gives no warning."""
CHECK_S = 5.0


class Endpoint:
    """Where to call, and as whom. `base_url` ends with `/v1`, as the SDK has it."""

    def __init__(self, label: str, base_url: str, key: SecretStr, model: str) -> None:
        self.label, self.base_url, self.model = label, base_url, model
        self._key = key
        self._dialler: AsyncOpenAI | None = None
        """Opens sockets and sends nothing over HTTP: it belongs to no event loop and holds nothing to be closed.

        Made once, because making it reads the certificates: 60 ms of processor time before each call's greeting.
        """

    def warm(self) -> None:
        self._dialler = self._dialler or self._client()

    async def open_socket(self, query: Mapping[str, str]) -> Socket:
        """Raises ProviderError."""
        if self._dialler is None:
            await asyncio.to_thread(self.warm)
        assert self._dialler is not None
        opening = self._dialler.realtime.connect(
            model=self.model,
            extra_query=dict(query),
            websocket_connection_options=cast(Any, options(self._secure)),
        )
        return await dial(opening.enter(), self.label, self.model, faults.of_status)

    async def check(self, *, model_is_listed: bool) -> Check:
        """One GET of the models; with `model_is_listed`, a list without the chosen one is a fault."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(CHECK_S):
                fault = await self._look(model_is_listed)
        except TimeoutError:
            fault = Fault.TIMEOUT
        seconds = round(time.monotonic() - started, 3)
        if fault is None:
            return Check(True, seconds, f"{self.label} accepts the key; {self.model} will voice the interview.")
        return Check(False, seconds, sentence(fault, self.label, self.model))

    async def _look(self, model_is_listed: bool) -> Fault | None:
        client = await asyncio.to_thread(self._client)
        import openai

        try:
            models = [model.id for model in (await client.models.list()).data]
        except openai.APITimeoutError:
            return Fault.TIMEOUT
        except openai.APIConnectionError:
            return Fault.NETWORK
        except openai.APIStatusError as refused:
            return faults.of_status(refused.status_code, refused.response.content)
        except openai.OpenAIError:
            return Fault.VENDOR
        finally:
            await client.close()
        return Fault.ACCESS if model_is_listed and models and self.model not in models else None

    @property
    def _secure(self) -> bool:
        return self.base_url.startswith("https")

    def _client(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI

        client = AsyncOpenAI(
            api_key=self._key.get_secret_value(), base_url=self.base_url, timeout=CHECK_S, max_retries=0
        )
        # Both are properties that import their part of the SDK when they are first used.
        _ = client.realtime, client.models
        if self._secure:
            tls()
        return client


class RealtimeVoice:
    """A `Provider` of this dialect but for `connect`: each vendor configures and begins a connection in its own way."""

    def __init__(self, vendor: Variant, info: ProviderInfo, base_url: str, key: SecretStr | None) -> None:
        self.info = info
        self._vendor = vendor
        self._account = Endpoint(vendor.label, base_url, key or SecretStr(""), vendor.model)

    async def check(self) -> Check:
        if not self.info.ready:
            return Check(False, 0.0, self.info.missing)
        return await self._account.check(model_is_listed=self._vendor.lists_voices)

    def warm(self) -> None:
        self._account.warm()

    def expect(self) -> None:
        """All that takes long is kept."""

    @asynccontextmanager
    async def _open(
        self,
        dialect: Dialect,
        plan: Plan,
        session: Mapping[str, Any],
        opening: Callable[[Dialect], None],
        *,
        query: Mapping[str, str] | None = None,
        within_s: float | None = None,
    ) -> AsyncIterator[RealtimeConnection]:
        """Opens and configures in time, then does what `opening` tells the dialect. Raises ProviderError."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(OPEN_S if within_s is None else within_s):
                    socket = await self._account.open_socket(query or {})
                    stack.push_async_callback(socket.aclose)
                    lasts_s = self.info.capabilities.max_connection_s or math.inf
                    connection = RealtimeConnection(socket, dialect, plan, lasts_s)
                    await connection.begin(session, opening)
            except TimeoutError:
                raise error(Fault.TIMEOUT, self._vendor.label, self._vendor.model) from None
            yield connection


class RealtimeConnection:
    """A `Connection`. Made open; `begin` configures it."""

    input_rate_hz = output_rate_hz = RATE_HZ

    def __init__(self, socket: Socket, dialect: Dialect, plan: Plan, max_connection_s: float) -> None:
        self._socket, self._dialect, self._plan = socket, dialect, plan
        self._events: deque[ProviderEvent] = deque()
        self._over = False
        self._sent_bytes = 0
        self.conversation_id = dialect.conversation_id
        self._opened_at = asyncio.get_running_loop().time()
        self._warn_at = self._opened_at + max_connection_s - WARN_S

    async def begin(self, session: Mapping[str, Any], opening: Callable[[Dialect], None]) -> None:
        """Audio sent before `session.updated` would be taken at a default rate. Raises ProviderError."""
        while not self._dialect.greeted:
            await self._read()
        self._dialect.configure(session)
        # A server that refuses may have closed by now, and its reason is still to be read.
        with suppress(ProviderDropped):
            await self._flush()
        while not self._dialect.ready:
            await self._read()
        opening(self._dialect)
        await self._flush()

    async def _read(self) -> None:
        vendor = self._dialect.vendor
        await self._receive()
        if self._over:
            raise error(self._dialect.fault or Fault.NETWORK, vendor.label, vendor.model)

    def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        return self

    async def __anext__(self) -> ProviderEvent:
        while not self._events:
            if self._over:
                raise StopAsyncIteration
            await self._receive()
        return self._events.popleft()

    async def _receive(self) -> None:
        """One frame's events; the last ones when there is none."""
        try:
            events = self._dialect.receive(await self._socket.receive())
        except Gone as gone:
            events = [self._closed(gone)]
        self.conversation_id = self._dialect.conversation_id
        if asyncio.get_running_loop().time() > self._warn_at:
            self._warn_at = math.inf
            self._events.append(EndingSoon(WARN_S))
        if events and isinstance(events[-1], Closed):
            self._over = True
            self._events.extend([*events[:-1], *self._time_used(), events[-1]])
            await self._socket.aclose()
        else:
            self._events.extend(events)
            # A socket that is gone says why at the next receive.
            with suppress(ProviderDropped):
                await self._flush()

    def _closed(self, gone: Gone) -> Closed:
        label, model = self._dialect.vendor.label, self._dialect.vendor.model
        if self._socket.closed_by_us:
            return Closed(CloseCause.USER)
        fault = faults.of_close(gone.code, gone.reason)
        # A vendor that closes without a reason has often told it in an error before.
        if fault in (Fault.NETWORK, Fault.VENDOR):
            fault = self._dialect.fault or fault
        self._dialect.fault = fault
        log.warning("connection closed", provider=self._dialect.vendor.key, code=gone.code, fault=fault)
        return Closed(cause(fault), sentence(fault, label, model))

    def _time_used(self) -> list[Usage]:
        """For a vendor that bills by the clock: both the connection's time and the audio's, as its pages disagree."""
        if not self._dialect.vendor.bills_by_time:
            return []
        seconds = asyncio.get_running_loop().time() - self._opened_at
        quantities = {
            "connection_ms": round(seconds * 1000),
            "input_audio_ms": self._sent_bytes // BYTES_PER_MS,
            "output_audio_ms": self._dialect.utterances.received_bytes // BYTES_PER_MS,
            "text_items": self._dialect.texts_sent,
        }
        return [Usage(quantities)]

    async def _flush(self) -> None:
        self._socket.require()
        outbox = self._dialect.outbox
        while outbox:
            await self._socket.send(json.dumps(outbox.pop(0)))

    async def send_audio(self, pcm: bytes) -> None:
        self._sent_bytes += len(pcm)
        await self._socket.send(f'{{"type":"input_audio_buffer.append","audio":"{b64encode(pcm).decode()}"}}')

    async def send_text(self, text: str) -> None:
        self._dialect.say(instructions.typed(text))
        await self._flush()

    async def instruct(self, instruction: Instruction) -> None:
        urgent = instruction.kind in (InstructionKind.FAREWELL, InstructionKind.CHECK)
        # Where the candidate speaks, their turn has lasted too long, or they asked for it with their hands.
        by_hand = (InstructionKind.NEXT, InstructionKind.REPEAT, InstructionKind.DONE)
        urgent = urgent or (instruction.kind in by_hand and self._dialect.candidate_speaks)
        self._dialect.direct(instructions.instruction_text(self._plan, instruction), urgent=urgent)
        await self._flush()

    async def hold(self, on: bool) -> None:
        self._dialect.hold(on)
        await self._flush()

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None:
        self._dialect.tool_result(call_id, result, is_error=is_error)
        await self._flush()

    async def interrupt(self, item: str, heard_ms: int) -> None:
        self._dialect.interrupt(item, heard_ms)
        await self._flush()

    async def aclose(self) -> None:
        await self._socket.aclose()
