"""A dialect for tests, and short words to feed it frames with."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from services.core.talk.events import ProviderEvent
from services.vendors.openai.wire import Dialect, Variant

OPENAI = Variant("openai", "OpenAI", "gpt-realtime-2.1", True, captions_grow=False, resumes=False, bills_by_time=False)
XAI = Variant("xai", "xAI", "grok-voice-3.0", False, captions_grow=True, resumes=True, bills_by_time=True)
LISTEN, HOLD = {"detect": "answer"}, {"detect": "hold"}
PCM = b"\x01\x00\x02\x00"


def dialect(vendor: Variant = OPENAI) -> Dialect:
    made = Dialect(vendor, LISTEN, None if vendor is XAI else HOLD)
    made.ready = True
    return made


def replay(made: Dialect, name: str) -> list[ProviderEvent]:
    lines = (Path(__file__).parent.parent / made.vendor.key / f"{name}.jsonl").read_text().splitlines()
    return [event for line in lines for event in made.receive(line)]


def feed(made: Dialect, kind: str, **fields: Any) -> list[ProviderEvent]:
    return made.receive(json.dumps({"type": kind, "event_id": "e", **fields}))


def begin(made: Dialect, response: str = "resp_1") -> None:
    feed(made, "response.created", response={"id": response})


def end(made: Dialect, response: str = "resp_1", status: str = "completed", **details: Any) -> list[ProviderEvent]:
    return feed(made, "response.done", response={"id": response, "status": status, "status_details": details or None})


def sound(made: Dialect, ms: int, response: str = "resp_1", item: str = "item_2") -> list[ProviderEvent]:
    delta = base64.b64encode(bytes(48 * ms)).decode()
    return feed(made, "response.output_audio.delta", response_id=response, item_id=item, delta=delta)


def call(made: Dialect, call_id: str, name: str = "next_question", arguments: str = "{}") -> list[ProviderEvent]:
    return feed(
        made, "response.function_call_arguments.done",
        response_id="resp_1", item_id="i", call_id=call_id, name=name, arguments=arguments,
    )  # fmt: skip


def error(made: Dialect, code: str | None, message: str = "", kind: str = "x", about: str | None = None) -> Any:
    return feed(made, "error", error={"type": kind, "code": code, "message": message, "event_id": about})


def sent(made: Dialect) -> list[str]:
    """Types of what was to be sent since the last look."""
    kinds = [frame["type"] for frame in made.outbox]
    made.outbox.clear()
    return kinds
