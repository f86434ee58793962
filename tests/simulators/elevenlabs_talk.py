"""One conversation socket of the simulated ElevenLabs: what a client may send, and the words a script speaks with."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection

from tests.simulators import listener
from tests.simulators.listener import Invalid
from tests.simulators.small_interviewer import Ears, voice

if TYPE_CHECKING:
    from tests.simulators.elevenlabs import ElevenLabsSimulator

RATE = {f"pcm_{hz}": hz for hz in (8000, 16000, 22050, 24000, 44100, 48000)} | {"ulaw_8000": 8000}
_CLIENT: dict[str, tuple[dict[str, type | tuple[type, ...]], dict[str, type]]] = {
    "pong": ({"event_id": int}, {}),
    "user_message": ({"text": str}, {}),
    "user_activity": ({}, {}),
    "contextual_update": ({"text": str}, {"context_id": str}),
    "client_tool_result": ({"tool_call_id": str, "result": str, "is_error": bool}, {}),
    "feedback": ({"event_id": int, "score": str}, {}),
    "conversation_initiation_client_data": (
        {},
        {
            "conversation_config_override": dict,
            "dynamic_variables": dict,
            "custom_llm_extra_body": dict,
            "user_id": str,
            "source_info": dict,
        },
    ),
}
_OVERRIDES = {
    "agent": {"first_message", "language", "prompt", "native_mcp_server_ids"},
    "tts": {"voice_id", "stability", "speed", "similarity_boost"},
    "asr": {"keywords"},
    "conversation": {"text_only", "client_events"},
}


def fault(frame: Any) -> str:
    """What the contract says against this client frame; empty when nothing does."""
    if not isinstance(frame, dict):
        return "not an object"
    if "user_audio_chunk" in frame:
        try:
            pcm = base64.b64decode(frame["user_audio_chunk"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            return "user_audio_chunk is not base64"
        return "user_audio_chunk stands alone" if len(frame) > 1 else "odd number of bytes" if len(pcm) % 2 else ""
    kind = frame.get("type")
    if kind not in _CLIENT:
        return f"unknown type {kind!r}"
    required, optional = _CLIENT[kind]
    fields = {name: value for name, value in frame.items() if name != "type"}
    for name, value in fields.items():
        wanted = {**required, **optional}.get(name)
        if wanted is None or not isinstance(value, wanted):
            return f"{kind}.{name} is not of the contract"
    if missing := required.keys() - fields.keys():
        return f"{kind} lacks {sorted(missing)}"
    if kind != "conversation_initiation_client_data":
        return ""
    for part, keys in fields.get("conversation_config_override", {}).items():
        if part not in _OVERRIDES or not isinstance(keys, dict) or not keys or keys.keys() - _OVERRIDES[part]:
            return f"override {part} is not of the contract"
    values = fields.get("dynamic_variables", {}).values()
    return (
        "" if all(isinstance(value, str | int | float | bool) for value in values) else "dynamic variable is no scalar"
    )


class Talk(listener.Talk):
    """A script calls `hello` first, then says and does what it likes. Kinds: started, stopped, typed, tool."""

    sim: ElevenLabsSimulator

    def __init__(self, sim: ElevenLabsSimulator, ws: ServerConnection, call: listener.Call) -> None:
        super().__init__(sim, ws)
        self.agent, self.id = sim.rest.agents[call.query["agent_id"]], call.query.get("conversation_id", "")
        self.initiation: dict[str, Any] = {}
        self.pcm = bytearray()
        self.spoken_until = 0.0
        self.activity_at = -10.0
        self.ears = Ears(RATE[sim.formats[0]])
        self._event = 0
        self._pings: dict[int, float] = {}
        sim.rest.open(self.id, call.query["agent_id"])

    def over(self) -> None:
        self.sim.rest.finish(self.id)

    # --- from the client

    async def _take(self, message: str | bytes) -> None:
        try:
            frame: Any = json.loads(message) if isinstance(message, str) else None
        except json.JSONDecodeError:
            frame = None
        if wrong := fault(frame) or self._order_fault(frame):
            raise Invalid(1008, f"invalid_message: {wrong}")
        self.frames.append(frame)
        self.sim.frames.append(frame)
        match frame.get("type"):
            case None:
                self._hear(base64.b64decode(frame["user_audio_chunk"]))
            case "conversation_initiation_client_data":
                self.initiation = frame
            case "pong":
                self.sim.pong_delays.append(self._now() - self._pings.pop(frame["event_id"]))
            case "user_activity":
                self.activity_at = self._now()
            case "user_message":
                self.inbox.put_nowait(("typed", frame["text"]))
            case "client_tool_result":
                self.inbox.put_nowait(("tool", frame["result"]))

    def _order_fault(self, frame: dict[str, Any]) -> str:
        kind = frame.get("type")
        first = kind == "conversation_initiation_client_data"
        if first == bool(self.initiation):
            return "the first frame is not the first" if first else "a frame before conversation_initiation_client_data"
        if kind == "pong" and frame["event_id"] not in self._pings:
            return "pong without ping"
        return ""

    def _hear(self, pcm: bytes) -> None:
        self.pcm += pcm
        change = self.ears.hear(pcm)
        if change:
            self.inbox.put_nowait((change, ""))

    # --- to the client

    async def send(self, kind: str, key: str = "", **payload: Any) -> None:
        await self.ws.send(json.dumps({"type": kind, key or f"{kind}_event": payload}))

    async def hello(self) -> None:
        """Takes the first frame and announces the formats."""
        await self.expect("conversation_initiation_client_data")
        await self.sim.admit(self)
        into, out = self.sim.formats
        key = "conversation_initiation_metadata_event"
        formats = {"agent_output_audio_format": out, "user_input_audio_format": into}
        await self.send("conversation_initiation_metadata", key, conversation_id=self.id, **formats)

    async def ping(self, ping_ms: int | None = None) -> None:
        event = 1000 + next(self._ids)
        self._pings[event] = self._now()
        await self.send("ping", event_id=event, ping_ms=ping_ms)

    async def audio(self, event_id: int, pcm: bytes) -> None:
        rate = RATE[self.sim.formats[1]]
        self.spoken_until = max(self.spoken_until, self._now()) + len(pcm) / 2 / rate
        await self.send("audio", event_id=event_id, audio_base_64=base64.b64encode(pcm).decode())

    async def say(self, text: str, event_id: int | None = None, *, complete: bool = True) -> int:
        """Text and audio of one utterance, faster than real time."""
        event_id = event_id or next(self._ids)
        self._event, rate = event_id, RATE[self.sim.formats[1]]
        self.sim.note(self.id, "agent", text)
        await self.send("agent_response", agent_response=text, event_id=event_id)
        pcm = voice(text, rate, limit_s=self.sim.utterance_limit_s)
        for start in range(0, len(pcm), rate // 5 * 2):
            await self.audio(event_id, pcm[start : start + rate // 5 * 2])
        if complete:
            await self.send("agent_response_complete", event_id=event_id)
        return event_id

    async def hears(self, text: str) -> None:
        """Growing captions and the final one."""
        self.sim.note(self.id, "user", text)
        await self.partly_hears(text[: len(text) // 2])
        event = next(self._ids)
        await self.send("user_transcript", "user_transcription_event", user_transcript=text, event_id=event)

    async def partly_hears(self, text: str) -> None:
        event = next(self._ids)
        key = "tentative_user_transcription_event"
        await self.send("tentative_user_transcript", key, user_transcript=text, event_id=event)

    async def interrupt(self, heard: str | None = None) -> None:
        event, self.spoken_until = self._event, 0.0
        await self.send("interruption", event_id=event)
        if heard is not None:
            key = "agent_response_correction_event"
            said = self.sim.cut(self.id, heard)
            words = {"original_agent_response": said, "corrected_agent_response": heard}
            await self.send("agent_response_correction", key, **words, event_id=event)

    async def tool(self, name: str, **parameters: Any) -> str:
        call = f"tc{next(self._ids)}"
        details = {"tool_name": name, "tool_call_id": call, "parameters": parameters, "event_id": next(self._ids)}
        await self.send("client_tool_call", "client_tool_call", **details)
        return call

    async def fail(self, code: int, kind: str, message: str) -> None:
        """An error frame of the documented form, then the close."""
        await self.send("error", code=code, message=message, error_type=kind, reason=kind, details=None)
        await self.ws.close(code, kind)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
