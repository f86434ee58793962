"""One conversation socket of the simulated OpenAI or xAI: the server's side of the protocol, for scripts to speak with.

Of each response only one is active; a voice activity detector makes turns of the microphone audio; what is truncated,
deleted or answered must exist. Whatever a client does wrong is in `sim.invalid` and answered with an `error` event.
"""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.server import ServerConnection

from tests.simulators import listener
from tests.simulators.realtime_frames import USAGE, fault, merged, response_object
from tests.simulators.small_interviewer import Ears, Say, Step, Tool, voice

if TYPE_CHECKING:
    from tests.simulators.realtime import RealtimeSimulator

RATE_HZ = 24_000
CHUNK_MS = 200
_EAGERNESS_S = {"low": 1.2, "medium": 0.8, "auto": 0.8, "high": 0.5}


class Talk(listener.Talk):
    """A script calls `hello`, then takes from `inbox` and answers with `respond`.

    Kinds: started, stopped, turn (to be answered), respond (`response.create`), direction, typed, output. `frames` are
    all but audio.
    """

    sim: RealtimeSimulator

    def __init__(self, sim: RealtimeSimulator, ws: ServerConnection, call: listener.Call) -> None:
        super().__init__(sim, ws)
        self.vendor, self.id = sim.vendor, call.query.get("conversation_id") or f"conv_{next(sim.numbers)}"
        self.session: dict[str, Any] = {}
        self.heard_ms = 0
        self.collisions = 0
        """Times a `response.create` met an active response."""
        self.items: dict[str, float] = {}
        """Ema's items, with the milliseconds of audio sent of each."""
        self.active: str | None = None
        self.cut = asyncio.Event()
        """The active response is to stop."""
        self.ears = Ears(RATE_HZ)
        self.sent: list[dict[str, Any]] = []
        self._cut_reason = ""
        self._calls: set[str] = set()
        self._turn = ""

    # --- from the client

    async def _take(self, message: str | bytes) -> None:
        frame: Any = json.loads(message) if isinstance(message, str) else None
        if wrong := fault(self.vendor, frame) or self._order_fault(frame):
            self.sim.invalid.append(wrong)
            await self.error("invalid_value", wrong, (frame or {}).get("event_id"))
            return
        kind = frame["type"]
        if kind == "input_audio_buffer.append":
            await self._hear(base64.b64decode(frame["audio"]))
            return
        self.frames.append(frame)
        self.sim.frames.append(frame)
        match kind:
            case "session.update":
                self._configure(frame["session"])
                if self.sim.weather != "config_refused":
                    await self.send("session.updated", session=frame["session"])
                else:
                    await self.error("invalid_value", "Invalid value: 'x'.", None)
            case "conversation.item.create":
                await self._add(frame["item"])
            case "conversation.item.truncate":
                await self.send("conversation.item.truncated", **{**frame, "event_id": None, "type": None})
            case "conversation.item.delete":
                await self.send("conversation.item.deleted", item_id=frame["item_id"])
            case "response.create" if self.active:
                self.collisions += 1
                text = "Conversation already has an active response in progress."
                await self.error("conversation_already_has_active_response", text, frame.get("event_id"))
            case "response.create":
                self.inbox.put_nowait(("respond", ""))
            case "response.cancel" if self.active:
                self.stop("client_cancelled")
            case "response.cancel":
                await self.error("response_cancel_not_active", "Cancellation failed: no active response found", None)

    def _order_fault(self, frame: dict[str, Any]) -> str:
        kind = frame["type"]
        if kind != "session.update" and not self.session:
            return f"{kind} before session.update"
        if kind == "input_audio_buffer.commit":
            return "commit while the server detects turns"
        if kind in ("conversation.item.truncate", "conversation.item.delete"):
            if frame["item_id"] not in self.items:
                return f"{kind} of an unknown item"
            if frame.get("audio_end_ms", 0) > self.items[frame["item_id"]]:
                return f"audio_end_ms {frame['audio_end_ms']} of {self.items[frame['item_id']]}"
        if kind == "conversation.item.create" and frame["item"]["type"] == "function_call_output":
            if frame["item"]["call_id"] not in self._calls:
                return "a result of an unknown call"
            self._calls.discard(frame["item"]["call_id"])
        return ""

    def _configure(self, session: dict[str, Any]) -> None:
        self.session = merged(self.session, session)
        detection = self.detection
        silence = detection.get("silence_duration_ms", 500) / 1000
        self.ears._silence_s = _EAGERNESS_S.get(detection.get("eagerness", ""), silence)

    @property
    def detection(self) -> dict[str, Any]:
        place = self.session if self.vendor == "xai" else self.session.get("audio", {}).get("input", {})
        return place.get("turn_detection") or {}

    async def _add(self, item: dict[str, Any]) -> None:
        item_id = self.new("item")
        await self.send("conversation.item.added", previous_item_id=None, item={"id": item_id, **item})
        if item["type"] == "function_call_output":
            self.inbox.put_nowait(("output", item["output"]))
        elif item["role"] != "assistant":
            kind = "typed" if item["role"] == "user" else "direction"
            self.inbox.put_nowait((kind, item["content"][0]["text"]))

    async def _hear(self, pcm: bytes) -> None:
        self.heard_ms += len(pcm) // (RATE_HZ // 500)
        change = self.ears.hear(pcm) if self.detection else None
        if change == "started":
            await self.speech_started()
        elif change == "stopped":
            await self.speech_stopped()

    async def speech_started(self) -> None:
        self._turn = self.new("item")
        await self.send("input_audio_buffer.speech_started", item_id=self._turn, audio_start_ms=self.heard_ms)
        self.stop("turn_detected")
        self.inbox.put_nowait(("started", ""))

    async def speech_stopped(self, text: str = "I would measure first, then change one thing.") -> None:
        """The end of the candidate's turn, with its captions as the vendor sends them."""
        turn = self._turn
        await self.send("input_audio_buffer.speech_stopped", item_id=turn, audio_end_ms=self.heard_ms)
        await self.send("input_audio_buffer.committed", item_id=turn, previous_item_id=None)
        await self.send("conversation.item.added", item={"id": turn, "type": "message", "role": "user", "content": []})
        await self.captions(turn, text)
        self.inbox.put_nowait(("stopped", text))
        if self.detection.get("create_response", True):
            self.inbox.put_nowait(("turn", text))

    async def captions(self, turn: str, text: str) -> None:
        prefix = "conversation.item.input_audio_transcription"
        half = len(text) // 2
        if self.vendor == "openai":
            usage = {"type": "tokens", "total_tokens": 26, "input_tokens": 17, "output_tokens": 9}
            usage["input_token_details"] = {"audio_tokens": 17, "text_tokens": 0}
            for part in (text[:half], text[half:]):
                await self.send(f"{prefix}.delta", item_id=turn, content_index=0, delta=part)
            logprobs = [{"token": "x", "bytes": [120], "logprob": -0.105}]
            await self.send(
                f"{prefix}.completed", item_id=turn, content_index=0, transcript=text, usage=usage, logprobs=logprobs
            )
            return
        await self.send(f"{prefix}.updated", item_id=turn, transcript=text[:half])
        if self.sim.weather == "growing_captions":
            await self.send(f"{prefix}.completed", item_id=turn, transcript=text.split(",")[0])
            await self.send(f"{prefix}.completed", item_id=self.new("item"), transcript=text)
        await self.send(f"{prefix}.completed", item_id=turn, transcript=text)

    # --- to the client

    async def send(self, kind: str, **fields: Any) -> None:
        frame = {**fields, "type": kind, "event_id": self.new("event")}
        self.sent.append({key: value for key, value in frame.items() if key != "delta"})
        await self.ws.send(json.dumps(frame))

    async def error(self, code: str, message: str, event_id: str | None, kind: str = "invalid_request_error") -> None:
        error = {"type": kind, "code": code, "message": message, "param": None, "event_id": event_id}
        await self.send("error", error=error)

    async def hello(self) -> None:
        """Up to the first configuration, in which the questions are."""
        await self.send("session.created", session={"id": f"sess_{self.id}", "model": self.sim.model})
        if self.vendor == "xai":
            await self.send("conversation.created", conversation={"id": self.id, "object": "realtime.conversation"})
            await self.send("ping", timestamp=1795000000000)
        while not self.session:
            await self._change()

    def stop(self, reason: str) -> None:
        if self.active and not self.cut.is_set():
            self._cut_reason = reason
            self.cut.set()

    def new(self, what: str) -> str:
        return f"{what}_{self.id}_{next(self._ids)}"

    async def open_response(self) -> str:
        self.active = response_id = self.new("resp")
        self.cut.clear()
        await self.send("response.created", response=response_object(response_id, "in_progress"))
        return response_id

    async def respond(self, steps: list[Step]) -> list[str]:
        """One response: speech and tool calls in order. The ids of its calls."""
        response_id = await self.open_response()
        calls: list[str] = []
        for index, step in enumerate(steps):
            if self.cut.is_set():
                break
            if isinstance(step, Say):
                await self.speak(response_id, step.text, index)
            else:
                calls.append(await self.call(response_id, step, index))
        await self.close_response(response_id)
        return calls

    async def speak(self, response_id: str, text: str, index: int = 0) -> str:
        """Audio in deltas of 200 ms, five times faster than it is heard, with its transcript."""
        item_id = self.new("item")
        self.items[item_id] = 0.0
        part = {"response_id": response_id, "item_id": item_id, "output_index": index, "content_index": 0}
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        await self.send("response.output_item.added", response_id=response_id, output_index=index, item=item)
        await self.send("response.output_audio_transcript.delta", **part, delta=text[: len(text) // 2])
        await self.send("response.output_audio_transcript.delta", **part, delta=text[len(text) // 2 :])
        pcm = voice(text, RATE_HZ, limit_s=self.sim.utterance_limit_s)
        size = CHUNK_MS * RATE_HZ // 500
        for start in range(0, len(pcm), size):
            if self.cut.is_set():
                break
            await self.audio(part, pcm[start : start + size])
            await asyncio.sleep(CHUNK_MS / 5000)
        if self.sim.weather == "late_audio" and self.cut.is_set():
            await self.audio(part, pcm[:size])
        await self.send("response.output_audio.done", **part)
        if not self.cut.is_set():
            await self.send("response.output_audio_transcript.done", **part, transcript=text)
        return item_id

    async def audio(self, part: dict[str, Any], pcm: bytes) -> None:
        self.items[part["item_id"]] += len(pcm) / (RATE_HZ // 500)
        await self.send("response.output_audio.delta", **part, delta=base64.b64encode(pcm).decode())

    async def call(self, response_id: str, tool: Tool, index: int = 0) -> str:
        call_id, item_id = self.new("call"), self.new("item")
        self._calls.add(call_id)
        item = {"id": item_id, "type": "function_call", "call_id": call_id, "name": tool.name}
        await self.send("response.output_item.added", response_id=response_id, output_index=index, item=item)
        fields = {"call_id": call_id, "name": tool.name, "arguments": json.dumps(tool.arguments)}
        await self.send(
            "response.function_call_arguments.done",
            response_id=response_id, item_id=item_id, output_index=index, **fields,
        )  # fmt: skip
        return call_id

    async def close_response(self, response_id: str, status: str = "", **details: Any) -> None:
        if self.cut.is_set():
            status, details = "cancelled", {"type": "cancelled", "reason": self._cut_reason}
        response = response_object(response_id, status or "completed", details or None)
        self.active = None
        if self.vendor == "openai":
            await self.send("response.done", response={**response, "usage": USAGE})
            await self.send("rate_limits.updated", rate_limits=[])
        else:
            totals = {"input_tokens": 310, "output_tokens": 120, "total_tokens": 430}
            await self.send("response.done", response=response, usage=totals)
