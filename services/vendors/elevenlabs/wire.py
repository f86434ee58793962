"""The conversation protocol of ElevenLabs Agents as a pure state machine: server frames in, events and replies out.

Facts: the contract published with the vendor's own clients (elevenlabs/packages, agent.asyncapi.yaml, 2026-08) and
elevenlabs-python 2.78 (conversation.py). An interruption voids all audio whose event id is not higher, as the official
Python client has it; the browser client keeps equal ids, so audio with the equal id is counted in the log.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from services.core.talk.events import AgentText, AudioOut, Closed, Flush, ProviderEvent, ToolCall, TurnDone
from services.vendors.base import TOOLS
from services.vendors.elevenlabs import g711
from services.vendors.elevenlabs.faults import closed, error_frame
from services.vendors.speech import Speech

log = structlog.get_logger(__name__)

FASTEST_CHARACTERS_PER_S = 25
"""Nobody speaks faster: ordinary speech has about 15 a second, the vendor's fastest setting 18."""
CLIENT_EVENTS = (
    "conversation_initiation_metadata",
    "ping",
    "audio",
    "interruption",
    "user_transcript",
    "tentative_user_transcript",
    "agent_response",
    "agent_response_correction",
    "agent_response_complete",
    "client_tool_call",
    "agent_tool_response",
    "vad_score",
    "client_error",
)
"""What the agent has to send; all but the vendor's default set is off unless the agent turns it on."""
_VOICE_ON, _VOICE_OFF = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame to send at once."""

    frame: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Format:
    rate_hz: int
    ulaw: bool = False

    @classmethod
    def parse(cls, name: object) -> Format:
        """`pcm_16000`, `ulaw_8000`, … Raises ValueError for anything else."""
        codec, _, rate = str(name).partition("_")
        if codec not in ("pcm", "ulaw") or not rate.isdigit():
            raise ValueError("an audio format this application does not know")
        return cls(int(rate), codec == "ulaw")

    def decode(self, audio: bytes) -> bytes:
        return g711.decode(audio) if self.ulaw else audio

    def encode(self, pcm: bytes) -> bytes:
        return g711.encode(pcm) if self.ulaw else pcm


class AgentWire:
    """Time is an argument, in seconds.

    `patient`: keep the agent silent for two more seconds each time the candidate's voice stops.
    """

    def __init__(self, output: Format, *, patient: bool = False, tools: Collection[str] = TOOLS) -> None:
        self.generation = 0
        self.awaits_audio = False
        """An utterance has audio and no end yet."""
        self.speech = Speech()
        self.last_error: dict[str, Any] | None = None
        self._output, self._patient, self._tools = output, patient, frozenset(tools)
        self._item: str | None = None
        self._has_text = False
        self._audio_s, self._text_length = 0.0, 0
        """Of the utterance that is coming in."""
        self._texts: dict[int, str] = {}
        self._last_item = ""
        self._items = 0
        self._heard_id = self._gate = -1
        self._voice = False
        self._ended_by_agent = False
        self._echoes: list[str] = []
        self._text_turn = False
        self._odd = b""
        self._now = self._playing_until = 0.0
        self.audio_at = 0.0
        """When the last audio came."""
        self._tells_ends: bool | None = None
        """Whether this agent says when an utterance is over; None until it said so once, or was answered before."""

    # --- from us

    def sent_text(self, text: str) -> None:
        """A `user_message` went out; should its words come back as a transcript, they are not the candidate's voice."""
        self._echoes.append(text.strip())
        self._text_turn = self.speech.owed = True

    def interrupt(self, item: str) -> None:
        """We cut this utterance: what is still under way of it is void."""
        self.generation += 1
        if item == self._item:
            self._gate = max(self._gate, self._heard_id)
            self._cut()

    def quiet(self) -> list[ProviderEvent]:
        """No audio came for a while: the utterance is over, unless its end would have been told. The vendor's own
        end-of-turn event is optional and may be missing, in particular after a first message."""
        return self._done() if self.may_be_over else []

    @property
    def may_be_over(self) -> bool:
        """Silence would be the end of the utterance. It has broken off instead where its audio is too short for its
        text, or where its end is missing although this agent tells the ends of others."""
        spoken = self._audio_s * FASTEST_CHARACTERS_PER_S >= self._text_length
        return self.awaits_audio and spoken and not self._tells_ends

    def ended(self, code: int | None, reason: str) -> Closed:
        return closed(code, reason, self.last_error, ended_by_agent=self._ended_by_agent)

    # --- from the vendor

    def receive(self, frame: object, at: float) -> list[ProviderEvent | Outgoing]:
        """Unknown and malformed frames are logged by type and otherwise ignored."""
        self._now = at
        if not isinstance(frame, Mapping):
            log.warning("unreadable frame", vendor="elevenlabs")
            return []
        kind = str(frame.get("type", ""))
        try:
            return list(self._receive(kind, frame))
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            log.warning("malformed frame", vendor="elevenlabs", frame=kind[:40], error=type(error).__name__)
            return []

    def _receive(self, kind: str, frame: Mapping[str, Any]) -> Iterator[ProviderEvent | Outgoing]:
        match kind:
            case "audio":
                yield from self._audio(frame["audio_event"])
            case "ping":
                yield Outgoing({"type": "pong", "event_id": int(frame["ping_event"]["event_id"])})
            case "interruption":
                yield from self._interruption(frame.get("interruption_event") or {})
            case "agent_response":
                event = frame["agent_response_event"]
                yield from self._agent_text(str(event["agent_response"]), int(event.get("event_id", -1)))
            case "agent_response_correction":
                yield from self._correction(frame["agent_response_correction_event"])
            case "agent_response_complete":
                yield from self._complete(frame.get("agent_response_complete_event") or {})
            case "tentative_user_transcript":
                yield from self._hears(str(frame["tentative_user_transcription_event"]["user_transcript"]), final=False)
            case "user_transcript":
                yield from self._hears(str(frame["user_transcription_event"]["user_transcript"]), final=True)
            case "client_tool_call":
                yield from self._tool(frame["client_tool_call"])
            case "agent_tool_response":
                self._ended_by_agent |= frame["agent_tool_response"].get("tool_name") == "end_call"
            case "vad_score":
                yield from self._vad(float(frame["vad_score_event"]["vad_score"]))
            case "error" | "client_error":
                self.last_error = error_frame(frame)
                log.warning("vendor error", vendor="elevenlabs", error=str(self.last_error.get("error_type"))[:40])
            case _:
                log.debug("ignored frame", vendor="elevenlabs", frame=kind[:40])

    def _audio(self, event: Mapping[str, Any]) -> Iterator[ProviderEvent]:
        event_id = int(event["event_id"])
        if event_id <= self._gate:
            log.debug("late audio dropped", vendor="elevenlabs", equal=event_id == self._gate)
            return
        audio = base64.b64decode(event["audio_base_64"], validate=True)
        if self._item is None and event_id == self._heard_id:
            self._item = self._last_item  # a straggler of the utterance that was declared complete
        self._heard_id = max(self._heard_id, event_id)
        if not self._output.ulaw:
            audio = self._odd + audio
            self._odd = audio[len(audio) // 2 * 2 :]
            audio = audio[: len(audio) // 2 * 2]
        item = self._item or self._open_item()
        if not self.awaits_audio:
            yield from self.speech.stops()
        self.awaits_audio, self.audio_at = True, self._now
        if audio:
            pcm = self._output.decode(audio)
            seconds = len(pcm) / 2 / self._output.rate_hz
            self._audio_s += seconds
            self._playing_until = max(self._now, self._playing_until) + seconds
            yield AudioOut(pcm, item, self.generation)
        if event.get("is_final"):
            yield from self._told_done()

    def _agent_text(self, text: str, event_id: int) -> Iterator[ProviderEvent]:
        if self._item and self._has_text:
            yield from self._done()
        item = self._item or self._open_item()
        self._texts[event_id] = item
        self._has_text, self._text_turn, self._text_length = True, False, len(text)
        yield AgentText(item, text, append=False, final=True)

    def _correction(self, event: Mapping[str, Any]) -> Iterator[ProviderEvent]:
        item = self._texts.get(int(event.get("event_id", -1)), self._last_item)
        if item:
            text = str(event["corrected_agent_response"])
            yield AgentText(item, text, append=False, final=True, correction=True)

    def _complete(self, event: Mapping[str, Any]) -> Iterator[ProviderEvent]:
        if int(event.get("event_id", self._gate + 1)) > self._gate:
            yield from self._told_done()

    def _interruption(self, event: Mapping[str, Any]) -> Iterator[ProviderEvent]:
        self._gate = max(self._gate, int(event.get("event_id", self._heard_id)))
        self.generation += 1
        self._cut()
        if not self._text_turn:  # else it was our text that interrupted her, nobody speaks
            yield from self.speech.starts(self._now)
        yield Flush(self.generation)

    def _hears(self, text: str, *, final: bool) -> Iterator[ProviderEvent]:
        if text.strip() in self._echoes:
            if final:
                self._echoes.remove(text.strip())
            return
        if self._now >= self._playing_until:  # words under Ema's voice stop her when the vendor says so, not before
            yield from self.speech.starts(self._now)
            self._tells_ends = self._tells_ends and not self.awaits_audio
        words = self.speech.words(text, self._now, append=False, final=final)
        if final:
            yield from self.speech.stops()
        yield words

    def _tool(self, call: Mapping[str, Any]) -> Iterator[ProviderEvent | Outgoing]:
        name, call_id = str(call["tool_name"]), str(call["tool_call_id"])
        if name in self._tools:
            yield ToolCall(call_id, name, dict(call.get("parameters") or {}))
        else:
            yield Outgoing(tool_result(call_id, "There is no such tool.", is_error=True))

    def _vad(self, score: float) -> Iterator[Outgoing]:
        stopped = self._voice and score < _VOICE_OFF
        self._voice = score >= _VOICE_ON or (self._voice and not stopped)
        if self._voice:
            self.speech.sign(self._now)
        if stopped and self._patient:
            yield Outgoing({"type": "user_activity"})

    def _open_item(self) -> str:
        self._items += 1
        self._item = self._last_item = f"e{self._items}"
        self._has_text = False
        self._audio_s, self._text_length = 0.0, 0
        return self._item

    def _cut(self) -> None:
        self._close_item()
        self._playing_until = self._now

    def _close_item(self) -> None:
        self._item, self.awaits_audio, self._odd = None, False, b""

    def _told_done(self) -> list[ProviderEvent]:
        self._tells_ends = True if self._tells_ends is None else self._tells_ends
        return self._done()

    def _done(self) -> list[ProviderEvent]:
        item = self._item
        self._close_item()
        return [TurnDone(item)] if item else []


def tool_result(call_id: str, result: str, *, is_error: bool) -> dict[str, Any]:
    return {"type": "client_tool_result", "tool_call_id": call_id, "result": result, "is_error": is_error}
