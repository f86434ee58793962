"""A provider for benchmarks only: the OpenAI Realtime dialect of the simulated provider, and no real vendor's quirk."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from services.core.actions import Instruction
from services.core.errors import ProviderDropped
from services.core.events import (
    AudioOut,
    CloseCause,
    Closed,
    Flush,
    ProviderEvent,
    SpeechStarted,
    SpeechStopped,
    TurnDone,
)
from services.voice.base import Capabilities, Check, ProviderInfo, Resume, Terms

RATE_HZ = 24_000


class SimulatedVoice:
    """`url`: ws://… of the simulator."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.info = ProviderInfo(
            key="simulated",
            label="Simulated provider",
            model="none",
            usd_per_minute=Decimal(0),
            price_read_on="",
            leaves_machine="Nothing.",
            ready=True,
            capabilities=Capabilities(barge_in_by_provider=True),
        )

    async def check(self) -> Check:
        return Check(ok=True, seconds=0.0, sentence="It is simulated.")

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[SimulatedConnection]:
        async with connect(self._url + "/v1/realtime", max_size=None, compression=None) as socket:
            connection = SimulatedConnection(socket)
            await connection.send(type="session.update", session={"type": "realtime"})
            await connection.send(type="response.create")
            yield connection


class SimulatedConnection:
    input_rate_hz = output_rate_hz = RATE_HZ
    conversation_id: str | None = None

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._generation = 0

    async def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        try:
            async for message in self._socket:
                if event := self._decode(json.loads(message)):
                    yield event
                    if isinstance(event, Flush):
                        yield SpeechStarted()
        except ConnectionClosed:
            pass
        yield Closed(CloseCause.NETWORK)

    def _decode(self, event: dict[str, Any]) -> ProviderEvent | None:
        match event["type"]:
            case "response.output_audio.delta":
                return AudioOut(base64.b64decode(event["delta"]), event["item_id"], self._generation)
            case "response.output_audio.done":
                return TurnDone(event["item_id"])
            case "input_audio_buffer.speech_started":
                self._generation += 1
                return Flush(self._generation)
            case "input_audio_buffer.speech_stopped":
                return SpeechStopped()
        return None

    async def send(self, **event: Any) -> None:
        try:
            await self._socket.send(json.dumps(event))
        except ConnectionClosed:
            raise ProviderDropped("The simulated provider is gone.") from None

    async def send_audio(self, pcm: bytes) -> None:
        await self.send(type="input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    async def interrupt(self, item: str, heard_ms: int) -> None:
        await self.send(type="conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=heard_ms)

    async def send_text(self, text: str) -> None: ...

    async def instruct(self, instruction: Instruction) -> None: ...

    async def hold(self, on: bool) -> None: ...

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None: ...

    async def aclose(self) -> None:
        await self._socket.close()
