"""One Live socket of the simulated Gemini: what a client may send, and the words a script speaks with."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from google.genai import types
from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection

from tests.simulators import listener
from tests.simulators.listener import Invalid
from tests.simulators.small_interviewer import Ears, voice

if TYPE_CHECKING:
    from tests.simulators.gemini import GeminiSimulator

INPUT_HZ, OUTPUT_HZ = 16_000, 24_000
CHUNK_BYTES = OUTPUT_HZ // 5 * 2
_MESSAGES = ("setup", "client_content", "realtime_input", "tool_response", "context_update")
_VERTEX_ONLY = ("transparent", "explicit_vad_signal")


class Talk(listener.Talk):
    """A script calls `hello` first. Kinds: started, stopped, typed, tool."""

    sim: GeminiSimulator

    def __init__(self, sim: GeminiSimulator, ws: ServerConnection, _: listener.Call) -> None:
        super().__init__(sim, ws)
        self.setup: types.LiveClientSetup | None = None
        self.detection = types.RealtimeInputConfig()
        self.pcm = bytearray()
        self.spoken_until = 0.0
        self.ending: asyncio.Task[None] | None = None
        self.calls: set[str] = set()
        self.ears: Ears | None = None

    def over(self) -> None:
        if self.ending:
            self.ending.cancel()

    # --- from the client

    async def _take(self, message: str | bytes) -> None:
        """The vendor's own types judge the frame; what they allow and the Live API refuses is judged here."""
        try:
            told = json.loads(message)
            # The SDK sends this field of the setup and has no place for it in its own type of the setup.
            realtime = told.get("setup", {}).pop("realtimeInputConfig", None)
            self.detection = types.RealtimeInputConfig.model_validate(realtime) if realtime else self.detection
            frame = types.LiveClientMessage.model_validate(told)
        except ValidationError as wrong:
            fields = [".".join(map(str, fault["loc"])) for fault in wrong.errors()]
            raise Invalid(1007, f"Invalid JSON payload received: {fields}") from None
        except ValueError:
            raise Invalid(1007, "Invalid JSON payload received") from None
        kinds = [name for name in _MESSAGES if getattr(frame, name) is not None]
        if len(kinds) != 1 or (kinds[0] == "setup") == (self.setup is not None):
            raise Invalid(1007, f"setup must come first and once, one message at a time; got {kinds}")
        if any(f'"{name}"' in str(message) for name in _VERTEX_ONLY):
            raise Invalid(1007, "a field of Vertex alone")
        self.frames.append(frame)
        self.sim.frames.append(frame)
        match kinds[0]:
            case "setup":
                self._set_up(frame.setup)
            case "realtime_input":
                self._realtime(frame.realtime_input)
            case "tool_response":
                self._answered(frame.tool_response)
            case "client_content":
                raise Invalid(1007, "client content in mid-call; typed input goes through realtime input")

    def _set_up(self, setup: Any) -> None:
        self.setup = setup
        detection = self.detection.automatic_activity_detection
        self.ears = Ears(INPUT_HZ, silence_s=((detection and detection.silence_duration_ms) or 800) / 1000)
        if setup.generation_config.response_modalities != [types.Modality.AUDIO]:
            raise Invalid(1007, "native audio models answer in audio alone")

    def _realtime(self, realtime: Any) -> None:
        given = [name for name, value in realtime if value is not None]
        if len(given) != 1 or given[0] not in ("audio", "text", "audio_stream_end"):
            raise Invalid(1007, f"realtime input takes one of audio, text, audio_stream_end; got {given}")
        if realtime.text is not None:
            self.inbox.put_nowait(("typed", realtime.text))
        if realtime.audio is not None:
            if realtime.audio.mime_type != f"audio/pcm;rate={INPUT_HZ}" or len(realtime.audio.data) % 2:
                raise Invalid(1007, "audio is not PCM16 at the declared rate")
            self.pcm += realtime.audio.data
            change = self.ears.hear(realtime.audio.data) if self.ears else None
            if change:
                self.inbox.put_nowait((change, ""))

    def _answered(self, answer: Any) -> None:
        for response in answer.function_responses:
            if response.id not in self.calls or not isinstance(response.response, dict):
                raise Invalid(1007, "a function response nobody asked for")
            self.calls.discard(response.id)
            self.inbox.put_nowait(("tool", json.dumps(response.response)))

    def _found(self, frame: types.LiveClientMessage, kind: str) -> Any:
        """Kinds: setup, audio, text, tool_response."""
        if kind in ("setup", "tool_response"):
            return getattr(frame, kind)
        return getattr(frame.realtime_input, kind) if frame.realtime_input else None

    # --- to the client

    async def send(self, **message: Any) -> None:
        """Binary frames holding JSON, as the vendor sends them."""
        await self.ws.send(json.dumps(message).encode())

    async def content(self, **content: Any) -> None:
        await self.send(serverContent=content)

    async def hello(self) -> str:
        """Answers the setup; the handle that was resumed, or nothing."""
        setup = await self.expect("setup")
        await self.sim.admit(self, setup)
        await self.send(setupComplete={"sessionId": f"live-{next(self.sim.ids)}"})
        await self.handle()
        return (setup.session_resumption and setup.session_resumption.handle) or ""

    async def handle(self, *, resumable: bool = True) -> str:
        handle = f"handle-secret-{next(self.sim.ids)}" if resumable else ""
        await self.send(sessionResumptionUpdate={"newHandle": handle, "resumable": resumable})
        return handle

    async def audio(self, pcm: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self.spoken_until = max(self.spoken_until, now) + len(pcm) / 2 / OUTPUT_HZ
        data = {"mimeType": f"audio/pcm;rate={OUTPUT_HZ}", "data": base64.b64encode(pcm).decode()}
        await self.content(modelTurn={"role": "model", "parts": [{"inlineData": data}]})

    async def say(self, text: str, *, done: bool = True) -> None:
        """Audio faster than real time, with captions in pieces; `done` ends generation and turn."""
        pcm = voice(text, OUTPUT_HZ, limit_s=self.sim.utterance_limit_s)
        half = len(text) // 2
        await self.content(outputTranscription={"text": text[:half]})
        for start in range(0, len(pcm), CHUNK_BYTES):
            await self.audio(pcm[start : start + CHUNK_BYTES])
        await self.content(outputTranscription={"text": text[half:]})
        if done:
            await self.done()

    async def done(self) -> None:
        """The turn ends when the vendor believes that all was played."""
        await self.content(generationComplete=True)
        await self.usage()
        self.ending = asyncio.create_task(self._end_turn())

    async def _end_turn(self) -> None:
        await asyncio.sleep(self.spoken_until - asyncio.get_running_loop().time())
        await self.turn_complete()

    async def turn_complete(self) -> None:
        await self.content(turnComplete=True, turnCompleteReason="NEED_MORE_INPUT", waitingForInput=True)

    async def usage(self) -> None:
        read = [{"modality": "AUDIO", "tokenCount": 600}, {"modality": "TEXT", "tokenCount": 300}]
        spoken = [{"modality": "AUDIO", "tokenCount": 210}]
        totals = {"promptTokenCount": 900, "responseTokenCount": 210, "thoughtsTokenCount": 12, "totalTokenCount": 1122}
        await self.send(usageMetadata={**totals, "promptTokensDetails": read, "responseTokensDetails": spoken})

    async def hears(self, text: str) -> None:
        """The candidate's words in pieces, as they come: with leading spaces and without a final one."""
        for word in text.split():
            await self.content(inputTranscription={"text": f" {word}"})

    async def interrupt(self) -> None:
        self.spoken_until = 0.0
        if self.ending:
            self.ending.cancel()
        await self.content(interrupted=True)

    async def tool(self, name: str, **arguments: Any) -> str:
        call = f"fc{next(self._ids)}"
        self.calls.add(call)
        await self.send(toolCall={"functionCalls": [{"id": call, "name": name, "args": arguments}]})
        return call

    async def cancel(self, call: str) -> None:
        self.calls.discard(call)
        await self.send(toolCallCancellation={"ids": [call]})

    async def go_away(self, time_left: str = "50s") -> None:
        await self.send(goAway={"timeLeft": time_left})
