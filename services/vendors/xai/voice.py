"""xAI Grok Voice Agent as a voice: its configuration, resumption, price and limits. The protocol is `dialect`'s.

Shapes: docs.x.ai, developers/model-capabilities/audio/voice-agent (2026-11). Unlike OpenAI's, voice and turn detection
are at the top level of the configuration, and the model is chosen by the address alone.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any

import structlog

from services.core.errors import ProviderError, ProviderTimeout
from services.core.plan.plan import Pace
from services.core.talk.events import CloseCause
from services.settings import Settings
from services.vendors import instructions
from services.vendors.base import Capabilities, ProviderInfo, Resume, Terms
from services.vendors.openai.realtime import RATE_HZ, RealtimeConnection, RealtimeVoice
from services.vendors.openai.wire import Dialect, Variant
from services.vendors.socket import OPEN_S

log = structlog.get_logger(__name__)

BASE_URL = "https://api.x.ai/v1"
VOICE = "eve"
MAX_CONNECTION_S = 7200.0
"""By the newest page; an older one says 30 min. Either way `error.type` `max_duration` ends it."""
MAX_KEYTERMS, MAX_KEYTERM_CHARACTERS = 100, 50
_USD_PER_MINUTE = Decimal("0.08")
"""Of connection time, plus 0.004 for each text item."""
_PRICE_READ_ON = "2026-10-01"
_SILENCE_MS = {Pace.PATIENT: 1400, Pace.NORMAL: 800, Pace.BRISK: 400}


class XAIVoice(RealtimeVoice):
    def __init__(self, settings: Settings) -> None:
        key = settings.xai_api_key if settings.xai_enabled else None
        model = settings.xai_voice_model
        missing = "Set XAI_API_KEY to use xAI Grok Voice."
        if not settings.xai_enabled:
            missing = "xAI Grok Voice is switched off by XAI_ENABLED."
        info = ProviderInfo(
            key="xai",
            label="xAI Grok Voice",
            model=model,
            usd_per_minute=_USD_PER_MINUTE,
            price_read_on=_PRICE_READ_ON,
            leaves_machine="Your voice, typed answers, the job description and the questions are sent to xAI.",
            ready=key is not None,
            missing="" if key else missing,
            capabilities=Capabilities(resumes=True, max_connection_s=MAX_CONNECTION_S),
        )
        vendor = Variant(
            key="xai",
            label="xAI",
            model=model,
            cancels_by_itself=False,
            captions_grow=True,
            resumes=True,
            bills_by_time=True,
            lists_voices=False,
        )
        super().__init__(vendor, info, settings.xai_base_url or BASE_URL, key)

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[RealtimeConnection]:
        async with AsyncExitStack() as stack:
            yield await self._opened(stack, terms, resume)

    async def _opened(self, stack: AsyncExitStack, terms: Terms, resume: Resume | None) -> RealtimeConnection:
        """With the earlier conversation where there is one; a vendor that no longer knows it gets a new one."""
        token = resume.token if resume else None
        deadline = time.monotonic() + OPEN_S
        try:
            return await stack.enter_async_context(self._connection(terms, resume, token, OPEN_S))
        except ProviderTimeout:
            raise
        except ProviderError as refused:
            if token is None or refused.cause in (CloseCause.AUTH, CloseCause.QUOTA):
                raise
            log.info("conversation cannot be resumed", provider="xai", cause=refused.cause)
        return await stack.enter_async_context(self._connection(terms, resume, None, deadline - time.monotonic()))

    def _connection(
        self, terms: Terms, resume: Resume | None, token: str | None, within_s: float
    ) -> AbstractAsyncContextManager[RealtimeConnection]:
        # The server cannot be told to leave a turn unanswered, so there is no configuration for holding.
        dialect = Dialect(self._vendor, {"turn_detection": _detection(terms.pace)}, None)

        def opening(dialect: Dialect) -> None:
            # Each text item is billed, so what was said goes into one; a resumed conversation has it already.
            if resume is None:
                dialect.direct(instructions.opening(terms))
            else:
                replayed = token is not None and dialect.conversation_id == token
                if replayed and resume.silent:
                    return
                dialect.direct(instructions.resume_text(terms, resume, with_turns=not replayed))

        query = {"conversation_id": token} if token else {}
        return self._open(dialect, terms.plan, _session(terms), opening, query=query, within_s=within_s)


def _session(terms: Terms) -> dict[str, Any]:
    pcm = {"type": "audio/pcm", "rate": RATE_HZ}
    names = dict.fromkeys(skill.name for skill in terms.plan.skills)
    keyterms = [name for name in names if len(name) <= MAX_KEYTERM_CHARACTERS][:MAX_KEYTERMS]
    transcription: dict[str, Any] = {"model": "grok-transcribe", "language_hint": "en"}
    if keyterms:
        transcription["keyterms"] = keyterms
    return {
        "instructions": instructions.prompt(terms),
        "voice": VOICE,
        # Left out, the server reports no speech at all.
        "turn_detection": _detection(terms.pace),
        "reasoning": {"effort": "none"},
        "resumption": {"enabled": True},
        "audio": {
            # Without the model's name no partial transcripts come.
            "input": {"format": pcm, "transport": "json", "transcription": transcription},
            "output": {"format": pcm, "transport": "json", "speed": 1.0},
        },
        "tools": [{"type": "function", **schema} for schema in instructions.tool_schemas(terms.plan, terms.tools)],
    }


def _detection(pace: Pace) -> dict[str, Any]:
    return {
        "type": "server_vad",
        "threshold": 0.85,
        "prefix_padding_ms": 333,
        "silence_duration_ms": _SILENCE_MS[pace],
        "idle_timeout_ms": None,
    }
