"""Gemini Live as a pure state machine: the SDK's messages in, events out. Time is an argument, in seconds.

Facts: google-genai 3.6 (`live.py`, `types.py`) and livekit-plugins-google 1.8 (`realtime_api.py`). Gemini numbers
nothing: turns, utterances and generations are counted here. It has no truncate and no cancel; it assumes that its
audio is played in real time and does its own bookkeeping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from services.core.talk.events import (
    AgentText,
    AudioOut,
    EndingSoon,
    Flush,
    ProviderEvent,
    ResumeToken,
    ToolCall,
    TurnDone,
    Usage,
    UserText,
)
from services.vendors.base import TOOLS
from services.vendors.speech import Speech

if TYPE_CHECKING:
    from google.genai import types

log = structlog.get_logger(__name__)

LATE_S = 1.0
"""Captions come in no order: a piece of the candidate's words this soon after Ema began still belongs to the answer."""
CUT_S = 1.0
"""After its own interruption the vendor may send this long what it had under way, if no end of turn comes first."""
OUR_CUT_S = 5.0
"""After ours the vendor goes on until it notices by itself."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Answer this tool call with an error: it is none of ours."""

    call_id: str
    name: str


class LiveWire:
    def __init__(self, tools: Collection[str] = TOOLS) -> None:
        self._tools = frozenset(tools)
        self.generation = 0
        self.speech = Speech()
        self.warned = False
        """A goAway came: the next close is the ordinary end of a connection."""
        self._item: str | None = None
        self._last_item = ""
        """Whose captions may still come; empty when it was cut, or when something else came since."""
        self._early_text = ""
        self._began_at = self._ended_at = 0.0
        self._generated = False
        self._items = 0
        self._cut_until = 0.0
        self._cut_turn = self._text_turn = False
        self._calls: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        """Ema's turn is not over, as far as the vendor believes."""
        return self._item is not None

    # --- from us

    def sent_text(self) -> None:
        """Text is activity: it interrupts Ema like a voice, but nobody speaks."""
        self._text_turn, self._last_item, self.speech.owed = True, "", True

    def interrupt(self, item: str, at: float) -> None:
        """We cut this utterance; Gemini is not told, so what still comes of it is void."""
        self.generation += 1
        if item == self._item:
            self._cut(at + OUR_CUT_S)

    def answered(self, call_id: str) -> str | None:
        """The tool's name, once; None when the call was cancelled, and then there is nobody to answer."""
        return self._calls.pop(call_id, None)

    # --- from the vendor

    def receive(self, message: types.LiveServerMessage, at: float) -> list[ProviderEvent | Reject]:
        return list(self._receive(message, at))

    def _receive(self, message: types.LiveServerMessage, at: float) -> Iterator[ProviderEvent | Reject]:
        """One message can carry several things."""
        if message.voice_activity is not None:
            yield from self._activity(str(message.voice_activity.voice_activity_type), at)
        if message.server_content is not None:
            yield from self._content(message.server_content, at)
        if message.tool_call is not None:
            self._last_item = ""
            yield from self.speech.stops()
            for call in message.tool_call.function_calls or ():
                yield self._tool(call)
        if message.tool_call_cancellation is not None:
            for call_id in message.tool_call_cancellation.ids or ():
                self._calls.pop(call_id, None)
        if message.usage_metadata is not None:
            yield Usage(buckets(message.usage_metadata))
        update = message.session_resumption_update
        if update is not None and update.resumable and update.new_handle:
            yield ResumeToken(update.new_handle)
        if message.go_away is not None:
            self.warned = True
            yield EndingSoon(seconds(message.go_away.time_left))

    def _content(self, content: types.LiveServerContent, at: float) -> Iterator[ProviderEvent]:
        if content.input_transcription is not None and content.input_transcription.text:
            yield from self._hears(content.input_transcription.text, at)
        elif content.interim_input_transcription is not None and self._item is None:
            yield from self._starts(at)
        if content.interrupted:
            yield from self._interrupted(at)
        else:
            yield from self._speaks(content, at)
        if content.generation_complete:
            self._cut_until = 0.0
            yield from self._complete()
        if content.turn_complete:
            yield from self._turn_over(at)
            reason = content.turn_complete_reason
            if reason is not None and reason.name not in ("NEED_MORE_INPUT", "TURN_COMPLETE_REASON_UNSPECIFIED"):
                log.warning("turn cut short by vendor", vendor="gemini", reason=reason.name[:60])

    def _speaks(self, content: types.LiveServerContent, at: float) -> Iterator[ProviderEvent]:
        if at < self._cut_until:
            return
        parts = (content.model_turn.parts if content.model_turn else None) or ()
        for part in parts:
            if part.inline_data is not None and part.inline_data.data and not part.thought:
                yield from self._begin(at)
                yield AudioOut(part.inline_data.data, self._item or "", self.generation)
        if content.output_transcription is not None and content.output_transcription.text:
            yield from self._caption(content.output_transcription.text, at)

    def _caption(self, text: str, at: float) -> Iterator[ProviderEvent]:
        """Belongs to the utterance that goes on or just ended; else it waits for the audio of the next. One that was
        generated goes on until the vendor believes it was played, but a text of ours or a tool is behind it then."""
        if self._item is not None and (self._last_item or not self._generated):
            yield AgentText(self._item, text, append=True, final=False)
        elif self._last_item and at - self._ended_at < LATE_S:
            yield AgentText(self._last_item, text, append=True, final=True)
        else:
            self._early_text += text

    def _begin(self, at: float) -> Iterator[ProviderEvent]:
        """Ema's utterance begins, and with it the candidate's turn ends."""
        if self._item is not None and not self._generated:
            return
        yield from self._finish_text(at)
        yield from self.speech.stops()
        yield from self.speech.close_turn()
        self._items += 1
        self._item = self._last_item = f"g{self._items}"
        self._generated = self._text_turn = self._cut_turn = False
        self._began_at = at
        if self._early_text:
            yield AgentText(self._item, self._early_text, append=True, final=False)
            self._early_text = ""

    def _complete(self) -> Iterator[ProviderEvent]:
        if self._item is not None and not self._generated:
            self._generated = True
            yield TurnDone(self._item)

    def _turn_over(self, at: float) -> Iterator[ProviderEvent]:
        """Of the model: comes when it believes that all was played, or at once after an interruption. With neither it
        chose not to answer what it heard; a text of ours it will still have to."""
        self._cut_until = 0.0
        silent = self._item is None and not self._cut_turn
        self._cut_turn = False
        yield from self._complete()
        yield from self._finish_text(at)
        if silent and self.speech.turn_open and not self._text_turn:
            yield from self.speech.lapses()

    def _finish_text(self, at: float) -> Iterator[ProviderEvent]:
        if self._item is not None:
            yield AgentText(self._item, "", append=True, final=True)
            self._item, self._ended_at = None, at

    def _cut(self, until: float) -> None:
        self._item, self._last_item, self._early_text = None, "", ""
        self._cut_turn, self._cut_until = True, until

    def _interrupted(self, at: float) -> Iterator[ProviderEvent]:
        """May come after the turn's end, while the vendor believes that it is still being played."""
        if self._item is not None:
            self._cut(at + CUT_S)
        self._cut_turn = True
        self.generation += 1
        if not self._text_turn:
            yield from self._starts(at)
        yield Flush(self.generation)

    def _hears(self, text: str, at: float) -> Iterator[ProviderEvent]:
        speech = self.speech
        if self._item is not None and at - self._began_at < LATE_S and speech.turns > 0 and not speech.turn_open:
            yield UserText(speech.turn, text, append=True, final=True)
            return
        if not speech.turn_open:
            self._last_item = ""
            yield from self._starts(at)
        yield speech.words(text, at, append=True, final=False)

    def _activity(self, kind: str, at: float) -> Iterator[ProviderEvent]:
        if kind.endswith("ACTIVITY_START"):
            yield from self._starts(at)
        elif kind.endswith("ACTIVITY_END"):
            yield from self.speech.stops()

    def _starts(self, at: float) -> Iterator[ProviderEvent]:
        """Under Ema's voice nothing starts until the vendor interrupts her: captions lag, and noise is no barge-in."""
        if self._item is None:
            self._last_item = ""
            yield from self.speech.starts(at)

    def _tool(self, call: types.FunctionCall) -> ProviderEvent | Reject:
        call_id, name = call.id or "", call.name or ""
        if name not in self._tools:
            return Reject(call_id, name)
        self._calls[call_id] = name
        return ToolCall(call_id, name, dict(call.args or {}))


def seconds(duration: str | None) -> float:
    """Of a protobuf duration such as "50s"; 0 when it cannot be read."""
    try:
        return float((duration or "0s").removesuffix("s"))
    except ValueError:
        return 0.0


def buckets(usage: types.UsageMetadata) -> dict[str, int]:
    """Mutually exclusive token counts by modality. Totals are the record: what the details leave out counts as audio
    where Ema speaks and as text where she reads, zeros are left out."""
    read = _by_modality(usage.prompt_tokens_details, usage.prompt_token_count, "text")
    cached = _by_modality(usage.cache_tokens_details, usage.cached_content_token_count, "text")
    spoken = _by_modality(usage.response_tokens_details, usage.response_token_count, "audio")
    counts = {f"input_cached_{kind}": count for kind, count in cached.items()}
    counts |= {f"input_{kind}": count - cached.get(kind, 0) for kind, count in read.items()}
    counts |= {f"output_{kind}": count for kind, count in spoken.items()}
    counts["input_text"] = counts.get("input_text", 0) + (usage.tool_use_prompt_token_count or 0)
    counts["output_thoughts"] = usage.thoughts_token_count or 0
    return {name: count for name, count in counts.items() if count > 0}


def _by_modality(
    details: Iterable[types.ModalityTokenCount] | None, total: int | None, remainder: str
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for detail in details or ():
        kind = detail.modality.name.lower() if detail.modality else remainder
        counts[kind] = counts.get(kind, 0) + (detail.token_count or 0)
    counts[remainder] = counts.get(remainder, 0) + max(0, (total or 0) - sum(counts.values()))
    return counts
