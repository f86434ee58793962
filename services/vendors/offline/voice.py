"""The offline interviewer: a voice, an ear and an interviewer's rules on this server, as a provider like any other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from services.core.errors import ProviderRefused
from services.core.talk.events import CloseCause
from services.settings import Settings
from services.vendors.base import Capabilities, Check, ProviderInfo, Resume, Terms
from services.vendors.offline.connection import OfflineConnection
from services.vendors.offline.recognition import POCKETSPHINX
from services.vendors.offline.synthesis import prepare, synthesise
from services.vendors.offline.vad import VoiceActivity

CHECK_S = 5.0
_BROKEN = "The offline interviewer is not installed completely. Install the project's requirements again."


class OfflineVoice:
    """Needs no key and no network."""

    def __init__(self, settings: Settings) -> None:
        self._engine = settings.speech_recogniser or POCKETSPHINX
        rough = self._engine == POCKETSPHINX
        captions = "PocketSphinx" if rough else self._engine.partition(":")[0]
        self.info = ProviderInfo(
            key="offline",
            label="Offline interviewer",
            model=f"espeak-ng, Silero VAD, {captions}",
            usd_per_minute=Decimal(0),
            price_read_on="",
            leaves_machine="Nothing leaves this server.",
            ready=True,
            capabilities=Capabilities(rough_captions=rough),
        )

    async def check(self) -> Check:
        """Says a word to itself and loads the ear."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(CHECK_S):
                await synthesise("Hello.")
                await asyncio.to_thread(VoiceActivity)
        except TimeoutError:
            sentence = "The offline interviewer is slow: this server is very busy."
            return Check(ok=False, seconds=CHECK_S, sentence=sentence)
        except (ImportError, OSError, RuntimeError):
            return Check(ok=False, seconds=time.perf_counter() - began, sentence=_BROKEN)
        return Check(ok=True, seconds=time.perf_counter() - began, sentence="Ready. Nothing leaves this server.")

    def warm(self) -> None:
        VoiceActivity()
        prepare()

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[OfflineConnection]:
        try:
            activity = await asyncio.to_thread(VoiceActivity)
        except (ImportError, OSError, RuntimeError):
            raise ProviderRefused(_BROKEN, CloseCause.CONFIG) from None
        connection = OfflineConnection(terms, resume, activity, self._engine)
        try:
            connection.open()
            yield connection
        finally:
            await connection.aclose()
