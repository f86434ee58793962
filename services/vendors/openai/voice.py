"""OpenAI Realtime (GA) as a voice: its configuration, price and limits. The protocol is `dialect`'s.

Shapes: openai 3.57, `types/realtime/realtime_session_create_request_param.py`.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

from services.core.plan.plan import Pace
from services.core.talk.transcript import Speaker
from services.settings import Settings
from services.vendors import instructions
from services.vendors.base import Capabilities, ProviderInfo, Resume, Terms
from services.vendors.openai.realtime import RATE_HZ, RealtimeConnection, RealtimeVoice
from services.vendors.openai.wire import Dialect, Variant

BASE_URL = "https://api.openai.com/v1"
VOICE = "marin"
"""Recommended by the vendor with `cedar`; cannot change after the first audio."""
TRANSCRIPTION_MODEL = "gpt-transcribe"
MAX_CONNECTION_S = 3600.0
"""Then `session_expired` and close 1001. There is no resumption: a new connection is seeded with the last turns."""
MAX_OUTPUT_TOKENS = 2048
"""Of one answer; 1 token is 50 ms of speech, so 100 s at most."""
MAX_KEYWORDS = 50

# US dollars per minute heard plus per minute spoken, before the replayed (mostly cached) context; from the prices per
# million audio tokens of the vendor's model pages, read 2026-11-21.
_USD_PER_MINUTE = {"gpt-realtime-2.1-mini": Decimal("0.03")}
_USD_PER_MINUTE_DEFAULT = Decimal("0.10")
_PRICE_READ_ON = "2026-11-21"
_EAGERNESS = {Pace.PATIENT: "low", Pace.NORMAL: "medium", Pace.BRISK: "high"}
"""Waits at most 8, 4, 2 s for a sentence that sounds unfinished."""


class OpenAIVoice(RealtimeVoice):
    def __init__(self, settings: Settings) -> None:
        key = settings.openai_api_key
        model = settings.openai_realtime_model
        info = ProviderInfo(
            key="openai",
            label="OpenAI Realtime",
            model=model,
            usd_per_minute=_USD_PER_MINUTE.get(model, _USD_PER_MINUTE_DEFAULT),
            price_read_on=_PRICE_READ_ON,
            leaves_machine="Your voice, typed answers, the job description and the questions are sent to OpenAI.",
            ready=key is not None,
            missing="" if key else "Set OPENAI_API_KEY to use OpenAI Realtime.",
            capabilities=Capabilities(max_connection_s=MAX_CONNECTION_S),
        )
        vendor = Variant(
            key="openai",
            label="OpenAI",
            model=model,
            cancels_by_itself=True,
            captions_grow=False,
            resumes=False,
            bills_by_time=False,
        )
        super().__init__(vendor, info, settings.openai_base_url or BASE_URL, key)

    def connect(self, terms: Terms, resume: Resume | None = None) -> AbstractAsyncContextManager[RealtimeConnection]:
        dialect = Dialect(self._vendor, _detection(terms.pace, answer=True), _detection(terms.pace, answer=False))

        def opening(dialect: Dialect) -> None:
            for turn in instructions.recent(resume.turns) if resume else ():
                dialect.add_text("user" if turn.speaker is Speaker.CANDIDATE else "assistant", turn.text)
            dialect.direct(instructions.opening(terms, resume))

        return self._open(dialect, terms.plan, self._session(terms), opening)

    def _session(self, terms: Terms) -> dict[str, Any]:
        pcm = {"type": "audio/pcm", "rate": RATE_HZ}
        keywords = list(dict.fromkeys(skill.name for skill in terms.plan.skills))[:MAX_KEYWORDS]
        transcription = {"model": TRANSCRIPTION_MODEL, "language": "en"}
        session: dict[str, Any] = {
            "type": "realtime",
            "instructions": instructions.prompt(terms),
            "output_modalities": ["audio"],
            "audio": {
                "input": {
                    "format": pcm,
                    # Laptop microphones are the rule.
                    "noise_reduction": {"type": "far_field"},
                    "transcription": {**transcription, "keywords": keywords} if keywords else transcription,
                    **_detection(terms.pace, answer=True)["audio"]["input"],
                },
                "output": {"format": pcm, "voice": VOICE, "speed": 1.0},
            },
            "tools": [{"type": "function", **schema} for schema in instructions.tool_schemas(terms.plan, terms.tools)],
            "tool_choice": "auto",
            "max_output_tokens": MAX_OUTPUT_TOKENS,
            "include": ["item.input_audio_transcription.logprobs"],
        }
        if self.info.model.startswith("gpt-realtime-2"):
            session["reasoning"] = {"effort": "low"}
        return session


def _detection(pace: Pace, *, answer: bool) -> dict[str, Any]:
    """Semantic turn detection; without `answer` turns are found all the same, but only we ask for responses."""
    detection = {
        "type": "semantic_vad",
        "eagerness": _EAGERNESS[pace],
        "create_response": answer,
        "interrupt_response": True,
    }
    return {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
