"""What OpenAI Realtime and xAI share on the wire: a connection's state, frames in, events and frames out; no I/O.

Facts are those of OpenAI's GA protocol (openai 3.57, `types/realtime`) and of xAI's Voice Agent API (docs.x.ai,
2026-11). What differs between the two is data: `Variant`. Event types nobody here knows are ignored.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from services.core.talk.events import (
    AgentText,
    AudioOut,
    Closed,
    EndingSoon,
    Flush,
    ProviderEvent,
    ResumeToken,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Usage,
    UserText,
)
from services.core.talk.transcript import UNRECOGNISED
from services.vendors.faults import Fault, cause, sentence
from services.vendors.openai import faults
from services.vendors.openai.responses import Answers, Frame, Why
from services.vendors.openai.utterances import Utterances

log = structlog.get_logger(__name__)

TOOL_OUTPUT_CHARACTERS = 4000
_TRANSIENT = frozenset({Fault.RATE, Fault.VENDOR})

Events = list[ProviderEvent]


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs between those who speak the dialect."""

    key: str
    label: str
    model: str
    cancels_by_itself: bool
    """On barge-in the server ends the active response; else the client sends `response.cancel`."""
    captions_grow: bool
    """A new item's transcript may repeat the one before it, longer, when the candidate only took a breath."""
    resumes: bool
    bills_by_time: bool
    lists_voices: bool = True
    """Its list of models names the ones that speak, too."""


class Captions:
    """xAI starts a new item after a mid-sentence breath and repeats the earlier words in it; re-punctuated, so texts
    are compared by words. Such an item continues the turn it extends, until Ema has answered."""

    def __init__(self, grow: bool) -> None:
        self._grow = grow
        self._turns: dict[str, str] = {}
        self._last_turn = self._last_words = ""

    def answered(self) -> None:
        """Ema spoke: whatever comes is another turn."""
        self._last_turn = self._last_words = ""

    def append(self, event: Mapping[str, Any]) -> list[UserText]:
        return [UserText(event["item_id"], event.get("delta") or "", append=True, final=False)]

    def give_up(self, event: Mapping[str, Any]) -> list[UserText]:
        """The recogniser failed; what it had said before stays, and the model answers what it heard all the same."""
        turn = self._turns.get(event["item_id"], event["item_id"])
        return [UserText(turn, UNRECOGNISED, append=False, final=True)]

    def replace(self, event: Mapping[str, Any], *, final: bool) -> list[UserText]:
        item, text = event["item_id"], event["transcript"]
        words = " ".join(re.findall(r"\w+", text.lower()))
        turn = self._turns.get(item, item)
        events: list[UserText] = []
        if self._extends(words) and turn != self._last_turn:
            if item in self._turns:
                # Its first words were taken for a turn of their own.
                events.append(UserText(item, "", append=False, final=True))
            turn = self._last_turn
        self._turns[item] = turn
        if final and self._grow:
            self._last_turn, self._last_words = turn, words
        confidence = _confidence(event.get("logprobs"))
        return [*events, UserText(turn, text, append=False, final=final, confidence=confidence)]

    def _extends(self, words: str) -> bool:
        return bool(self._last_words) and (words + " ").startswith(self._last_words + " ")


def _confidence(logprobs: Any) -> float | None:
    """Geometric mean of the tokens' probabilities."""
    values = [float(token["logprob"]) for token in logprobs or ()]
    return round(math.exp(sum(values) / len(values)), 3) if values else None


def response_usage(usage: Mapping[str, Any]) -> dict[str, int]:
    """Cached tokens are inside the totals a vendor reports; here they are a bucket of their own. Zeros are left out.

    A vendor that reports bare totals gets `input_tokens` and `output_tokens`.
    """
    inputs = usage.get("input_token_details") or {}
    outputs = usage.get("output_token_details") or {}
    if not inputs and not outputs:
        return _positive({"input_tokens": usage.get("input_tokens"), "output_tokens": usage.get("output_tokens")})
    cached = inputs.get("cached_tokens_details") or _cached_text_first(inputs)
    buckets = {f"output_{kind}": outputs.get(f"{kind}_tokens") for kind in ("text", "audio")}
    for kind in ("text", "audio", "image"):
        part = cached.get(f"{kind}_tokens") or 0
        buckets[f"input_{kind}"] = (inputs.get(f"{kind}_tokens") or 0) - part
        buckets[f"input_cached_{kind}"] = part
    return _positive(buckets)


def transcription_usage(usage: Mapping[str, Any]) -> dict[str, int]:
    """Transcription is billed apart, by tokens or by the length of the audio."""
    if usage.get("type") == "duration":
        return _positive({"transcription_audio_ms": round(float(usage["seconds"]) * 1000)})
    details = usage.get("input_token_details") or {"audio_tokens": usage.get("input_tokens")}
    return _positive(
        {
            "transcription_input_text": details.get("text_tokens"),
            "transcription_input_audio": details.get("audio_tokens"),
            "transcription_output_text": usage.get("output_tokens"),
        }
    )


def _cached_text_first(inputs: Mapping[str, Any]) -> dict[str, int]:
    """Where only the sum of cached tokens is told: text first, since the prompt is what is cached first."""
    cached, text = inputs.get("cached_tokens") or 0, inputs.get("text_tokens") or 0
    return {"text_tokens": min(cached, text), "audio_tokens": max(0, cached - text)}


def _positive(buckets: Mapping[str, int | None]) -> dict[str, int]:
    return {name: count for name, count in buckets.items() if count and count > 0}


class Dialect:
    """One connection's protocol state. Each input leaves what is to be sent in `outbox`, oldest first."""

    def __init__(self, vendor: Variant, listening: Mapping[str, Any], holding: Mapping[str, Any] | None) -> None:
        """`listening` and `holding`: see `Answers`."""
        self.vendor = vendor
        self.outbox: list[Frame] = []
        self.greeted = False
        """The server said its first word."""
        self.ready = False
        """The server accepted the configuration."""
        self.fault: Fault | None = None
        """Of the last error that meant something; explains a close that follows."""
        self.conversation_id: str | None = None
        self.utterances = Utterances()
        self.texts_sent = 0
        self._answers = Answers(self.outbox, listening, holding)
        self._captions = Captions(vendor.captions_grow)
        self._retried = False
        self._decoders: dict[str, Callable[[Frame], Sequence[ProviderEvent]]] = {
            "response.output_audio.delta": self._audio,
            "response.output_audio_transcript.delta": self._agent_text,
            "response.output_audio_transcript.done": self._agent_text,
            "response.output_audio.done": self._audio_done,
            "response.output_item.added": self._item_added,
            "response.created": self._response_created,
            "response.done": self._response_done,
            "response.function_call_arguments.done": self._tool_call,
            "input_audio_buffer.speech_started": self._speech_started,
            "input_audio_buffer.speech_stopped": self._speech_stopped,
            "input_audio_buffer.committed": self._committed,
            "conversation.item.input_audio_transcription.delta": self._captions.append,
            "conversation.item.input_audio_transcription.updated": self._user_updated,
            "conversation.item.input_audio_transcription.completed": self._user_completed,
            "conversation.item.input_audio_transcription.failed": self._captions.give_up,
            "conversation.item.truncated": self._truncated,
            "session.created": self._created,
            "conversation.created": self._conversation_created,
            "session.updated": self._updated,
            "error": self._error,
        }

    def receive(self, frame: bytes | str) -> Events:
        """Events of one frame. A frame that cannot be read is logged and has none."""
        try:
            event = json.loads(frame)
            decode = self._decoders.get(event["type"])
            return [*decode(event)] if decode else []
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("malformed frame", provider=self.vendor.key, reason=type(error).__name__, size=len(frame))
            return []

    def _audio(self, event: Frame) -> Events:
        response_id, item_id = event["response_id"], event["item_id"]
        if self.utterances.is_late(response_id):
            return []
        pcm = b64decode(event["delta"])
        self.utterances.receive(response_id, item_id, len(pcm))
        self._captions.answered()
        return [AudioOut(pcm, item_id, self.utterances.generation)]

    def _agent_text(self, event: Frame) -> Events:
        if self.utterances.is_late(event["response_id"]):
            return []
        if "delta" in event:
            return [AgentText(event["item_id"], event["delta"], append=True, final=False)]
        return [AgentText(event["item_id"], event["transcript"], append=False, final=True)]

    def _audio_done(self, event: Frame) -> Events:
        return [TurnDone(event["item_id"])] if self.utterances.end(event["item_id"]) else []

    def _item_added(self, event: Frame) -> Events:
        if event["item"]["type"] == "message":
            self.utterances.add(event["response_id"], event["item"]["id"])
        return []

    def _response_created(self, event: Frame) -> Events:
        response_id = event["response"]["id"]
        if self._answers.created(response_id):
            self.utterances.begin(response_id)
        else:
            self.utterances.withdraw(response_id)
        return []

    def _response_done(self, event: Frame) -> Events:
        response = event["response"]
        # xAI puts bare totals at the top level of the event.
        counts = response_usage(response.get("usage") or event.get("usage") or {})
        events: Events = [Usage(counts)] if counts else []
        ended, withdrawn = self.utterances.end_response(response["id"])
        events += [TurnDone(item_id) for item_id in ended]
        self.outbox += [{"type": "conversation.item.delete", "item_id": item_id} for item_id in withdrawn]
        self._answers.done(response["id"])
        return events + self._verdict(response)

    def _verdict(self, response: Frame) -> Events:
        """Wrong models and empty accounts show here and nowhere else."""
        details = response.get("status_details") or {}
        if details.get("reason") == "content_filter":
            return self._close(Fault.SAFETY)
        if response.get("status") != "failed":
            self._retried = self._retried and response.get("status") != "completed"
            return []
        error = details.get("error") or {}
        fault = faults.of_failure(error.get("code"), error.get("type"), error.get("message"))
        log.warning("response failed", provider=self.vendor.key, code=error.get("code"), fault=fault)
        return self._retry_or_close(fault)

    def _retry_or_close(self, fault: Fault) -> Events:
        if fault not in _TRANSIENT or self._retried:
            return self._close(fault)
        self._retried = True
        self._answers.want(Why.RETRY)
        return []

    def _tool_call(self, event: Frame) -> Events:
        response_id, call_id, name = event["response_id"], event["call_id"], event["name"]
        if self.utterances.is_withdrawn(response_id):
            return []
        try:
            arguments = json.loads(event["arguments"] or "{}")
        except ValueError:
            arguments = None
        if isinstance(arguments, dict):
            self._answers.called(response_id, call_id, name)
            return [ToolCall(call_id, name, arguments)]
        # An interrupted response ends its arguments wherever they were; any other must be told, or the model waits.
        if not self.utterances.is_late(response_id):
            self._answers.called(response_id, call_id, name)
            self.tool_result(call_id, "The arguments are not a JSON object.", is_error=True)
        return []

    def _speech_started(self, _: Frame) -> Events:
        active = self._answers.active is not None
        self._answers.speech_started()
        if not self.utterances.flush(active=active):
            return [SpeechStarted()]
        if not self.vendor.cancels_by_itself:
            self._answers.cancel()
        return [SpeechStarted(), Flush(self.utterances.generation)]

    def _speech_stopped(self, _: Frame) -> Events:
        return [SpeechStopped()] if self._answers.speech_stopped() else []

    def _committed(self, _: Frame) -> Events:
        self._answers.committed()
        return []

    def _user_updated(self, event: Frame) -> Events:
        return [*self._captions.replace(event, final=False)]

    def _user_completed(self, event: Frame) -> Events:
        counts = transcription_usage(event.get("usage") or {})
        return [*self._captions.replace(event, final=True), *([Usage(counts)] if counts else [])]

    def _truncated(self, event: Frame) -> Events:
        text = event.get("transcript")
        return [AgentText(event["item_id"], text, append=False, final=True, correction=True)] if text else []

    def _created(self, event: Frame) -> Events:
        self.greeted = True
        self.conversation_id = self.conversation_id or event["session"]["id"]
        return []

    def _conversation_created(self, event: Frame) -> Events:
        self.greeted = True
        self.conversation_id = event["conversation"]["id"]
        return [ResumeToken(event["conversation"]["id"])] if self.vendor.resumes else []

    def _updated(self, _: Frame) -> Events:
        self.ready = True
        return []

    def _error(self, event: Frame) -> Events:
        error = event["error"]
        code, kind, message = error.get("code"), error.get("type"), error.get("message")
        if faults.is_collision(code, message):
            waits = self._answers.collided(error.get("event_id"))
            if waits and self._answers.active and self.utterances.withdraw_unheard(self._answers.active):
                self._answers.cancel()
            return []
        if faults.is_benign(code, message):
            return []
        refused = self._answers.refused(error.get("event_id"))
        fault = faults.of_error(code, kind, message)
        self.fault = fault or self.fault
        log.warning("vendor error", provider=self.vendor.key, code=code, kind=kind, fault=fault)
        if not self.ready:
            return self._close(fault or Fault.CONFIG)
        if fault is None or (fault in _TRANSIENT and not refused):
            return []
        return self._retry_or_close(fault)

    def _close(self, fault: Fault) -> Events:
        self.fault = fault
        closed = Closed(cause(fault), sentence(fault, self.vendor.label, self.vendor.model))
        return [EndingSoon(0.0), closed] if fault is Fault.LIMIT else [closed]

    def configure(self, session: Mapping[str, Any]) -> None:
        self.outbox.append({"type": "session.update", "session": dict(session)})

    def add_text(self, role: str, text: str) -> None:
        """An item of the conversation that by itself asks for no answer. `role`: user, assistant, system."""
        part = {"type": "output_text" if role == "assistant" else "input_text", "text": text}
        item = {"type": "message", "role": role, "content": [part]}
        self.outbox.append({"type": "conversation.item.create", "item": item})
        self.texts_sent += 1

    def say(self, text: str) -> None:
        """A typed answer: a whole turn of the candidate's."""
        self.add_text("user", text)
        self._captions.answered()
        self._answers.want(Why.TYPED)

    def direct(self, text: str, *, urgent: bool = False) -> None:
        """A direction of ours, answered as soon as nothing is being answered."""
        self.add_text("system", text)
        self._answers.want(Why.URGENT if urgent else Why.DIRECTION)

    @property
    def candidate_speaks(self) -> bool:
        """A turn of theirs is open, as far as the server tells."""
        return self._answers.candidate_speaks

    def hold(self, on: bool) -> None:
        self._answers.hold(on)

    def tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None:
        output = result[:TOOL_OUTPUT_CHARACTERS]
        item = {
            "type": "function_call_output",
            "call_id": call_id,
            "output": json.dumps({"error": output}) if is_error else output,
        }
        self.outbox.append({"type": "conversation.item.create", "item": item})
        self._answers.returned(call_id)

    def interrupt(self, item_id: str, heard_ms: int) -> None:
        """The candidate heard this much of the item. What the server still sends of it is dropped."""
        fresh, frames = self.utterances.interrupt(item_id, heard_ms)
        if fresh:
            self._answers.cancel()
            self._answers.interrupted()
        self.outbox += frames
