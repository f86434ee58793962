"""Gemini Live as a voice provider, through google-genai's `aio.live`, wrapped.

The SDK's `receive` ends after every turn, raises for every close and trips over frames it does not know; here it is a
loop that ends with one `Closed`. A connection that the vendor ends is resumed by handle; a handle that failed twice is
given up, and the next connection is told what was said instead.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog

from services.core.audio import SAMPLE_BYTES
from services.core.errors import ProviderError, ProviderRefused
from services.core.talk.events import (
    CloseCause,
    Closed,
    EndingSoon,
    Instruction,
    InstructionKind,
    ProviderEvent,
    ResumeToken,
)
from services.settings import Settings
from services.vendors import instructions
from services.vendors.base import Capabilities, Check, ProviderInfo, Resume, Terms
from services.vendors.energy_vad import EnergyVad
from services.vendors.faults import Fault, cause, error, sentence
from services.vendors.gemini import sdk
from services.vendors.gemini.faults import LABEL, of_close
from services.vendors.gemini.wire import LiveWire, Reject
from services.vendors.socket import OPEN_S, Gone

if TYPE_CHECKING:
    from google.genai.live import AsyncSession

log = structlog.get_logger(__name__)

INPUT_RATE_HZ, OUTPUT_RATE_HZ = 16_000, 24_000
CHECK_S = 5.0
SWAP_S = 3000.0
"""One connection was seen to live 58 minutes and to end without a warning, so one is given at 50."""
SWAP_LEFT_S = 480.0
PROBATION_S = 5.0
"""A resumed connection that dies within this was killed by its handle."""
HANDLE_FAILURES = 2
PREROLL_S = 0.4
"""Sent from before the voice that ends a hold."""
_HANDLES_REMEMBERED = 64
_FINAL = frozenset({Fault.KEY, Fault.CREDIT, Fault.ACCESS, Fault.MODEL})
_NO_KEY = "Set GEMINI_API_KEY to a key from Google AI Studio."


class Handles:
    """How often each resumption handle failed. Heirs of a failed handle inherit its failures."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}

    def usable(self, handle: str | None) -> bool:
        return handle is not None and self._failures.get(handle, 0) < HANDLE_FAILURES

    def failed(self, handle: str, heir: str | None = None) -> None:
        count = self._failures.pop(handle, 0) + 1
        self._failures |= {key: count for key in (handle, heir) if key is not None}
        while len(self._failures) > _HANDLES_REMEMBERED:
            self._failures.pop(next(iter(self._failures)))


class GeminiVoice:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._handles = Handles()
        missing = "" if settings.gemini_api_key else _NO_KEY
        self.info = ProviderInfo(
            key="gemini",
            label=LABEL,
            model=settings.gemini_live_model,
            usd_per_minute=Decimal("0.073"),
            price_read_on="2026-11-28",
            leaves_machine="The candidate's voice, typed answers, the plan and the job description go to Google's "
            "Gemini API.",
            ready=not missing,
            missing=missing,
            capabilities=Capabilities(resumes=True, max_connection_s=SWAP_S),
        )

    async def check(self) -> Check:
        """Asks for the model, which proves key, permission and model."""
        started = asyncio.get_running_loop().time()
        ok, words = False, ""
        try:
            self._require_ready()
            async with asyncio.timeout(CHECK_S), sdk.client(self._settings) as client:
                fault = await sdk.model_fault(client, self.info.model)
            ok = fault is None
            words = sentence(fault, LABEL, self.info.model) if fault else ""
        except TimeoutError:
            words = sentence(Fault.TIMEOUT, LABEL)
        except ProviderError as refusal:
            words = refusal.sentence
        words = words or f"Gemini accepts the key, and {self.info.model} is available."
        return Check(ok, asyncio.get_running_loop().time() - started, words)

    def warm(self) -> None:
        sdk.warm(self._settings)

    def expect(self) -> None:
        """All that takes long is kept."""

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[GeminiConnection]:
        self._require_ready()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(OPEN_S):
                    client = await stack.enter_async_context(sdk.client(self._settings))
                    session, handle = await self._open(stack, client, terms, resume)
                    opening = instructions.opening(terms, resume)
                    if resume is not None and handle is None:
                        opening = instructions.resume_text(terms, resume, with_turns=True)
                    connection = GeminiConnection(session, self.info.model, terms, handle, self._handles)
                    stack.push_async_callback(connection.aclose)
                    if resume is None or handle is None or not resume.silent:
                        await connection.begin(opening)
            except TimeoutError:
                raise error(Fault.TIMEOUT, LABEL, self.info.model) from None
            yield connection

    def _require_ready(self) -> None:
        if not self.info.ready:
            raise ProviderRefused(self.info.missing, CloseCause.CONFIG)

    async def _open(
        self, stack: AsyncExitStack, client: Any, terms: Terms, resume: Resume | None
    ) -> tuple[AsyncSession, str | None]:
        """By the handle while it is usable, then afresh; also tells by which. Raises ProviderError."""
        handle = resume.token if resume else None
        while True:
            handle = handle if self._handles.usable(handle) else None
            settings = sdk.live_config(terms, self.info.model, handle)
            opened = await sdk.open_live(stack, client, self.info.model, settings)
            if not isinstance(opened, Fault):
                return opened, handle
            if handle is None or opened in _FINAL:
                raise error(opened, LABEL, self.info.model)
            log.warning("resumption handle failed", vendor="gemini", fault=opened.value)
            self._handles.failed(handle)


@dataclass(slots=True)
class _Life:
    opened_at: float
    handle: str | None
    swap_at: float | None
    """None once it was told."""
    newest: str | None = None


class SilenceGate:
    """PCM16 mono in, what may be sent out. While `held` nothing passes until the candidate speaks; then the beginning
    of their words does, too."""

    def __init__(self, rate_hz: int) -> None:
        self.held = False
        self._vad = EnergyVad(rate_hz)
        self._rate_hz = rate_hz
        self._kept: deque[bytes] = deque()
        self._kept_s = 0.0

    @property
    def voice(self) -> bool:
        """There is one in the microphone."""
        return self._vad.voice

    def hold(self, on: bool) -> None:
        self.held = on
        self._kept.clear()
        self._kept_s = 0.0
        self._vad.forget_voice()

    def passes(self, pcm: bytes) -> bytes:
        self._vad.feed(pcm)
        if not self.held:
            return pcm
        self._kept.append(pcm)
        self._kept_s += self._seconds(pcm)
        if self._vad.voice:
            kept = b"".join(self._kept)
            self.hold(False)
            return kept
        while self._kept_s > PREROLL_S:
            self._kept_s -= self._seconds(self._kept.popleft())
        return b""

    def _seconds(self, pcm: bytes) -> float:
        return len(pcm) / SAMPLE_BYTES / self._rate_hz


class GeminiConnection:
    input_rate_hz, output_rate_hz = INPUT_RATE_HZ, OUTPUT_RATE_HZ

    def __init__(self, session: AsyncSession, model: str, terms: Terms, handle: str | None, handles: Handles) -> None:
        self.conversation_id: str | None = session.session_id
        self._session, self._model, self._plan, self._handles = session, model, terms.plan, handles
        self._wire, self._gate = LiveWire(terms.tool_names), SilenceGate(INPUT_RATE_HZ)
        self._ready: deque[ProviderEvent] = deque()
        self._turn: AsyncIterator[Any] | None = None
        self._later: str | None = None
        self._closing = self._over = False
        self._clock = asyncio.get_running_loop().time
        self._life = _Life(self._clock(), handle, self._clock() + SWAP_S)

    def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        return self

    async def __anext__(self) -> ProviderEvent:
        while not self._ready:
            if self._over:
                raise StopAsyncIteration
            try:
                message = await self._receive()
            except Gone as gone:
                self._end(gone)
                continue
            if message is not None:
                await self._take(message)
        return self._ready.popleft()

    async def _receive(self) -> Any:
        """The next message, None when there was none to speak of. Raises Gone."""
        if self._turn is None:
            self._turn = self._session.receive()
        due = [at for at in (self._life.swap_at, self._wire.speech.silent_at) if at is not None]
        try:
            async with asyncio.timeout_at(min(due, default=None)):
                return await sdk.next_message(self._turn)
        except TimeoutError:
            self._turn = None
            self._due(self._clock())
        except StopAsyncIteration:
            self._turn = None
        except (TypeError, ValueError) as unknown:
            # The SDK raises for a frame whose fields it does not know or that is no JSON; the socket lives on.
            self._turn = None
            log.warning("unknown frame", vendor="gemini", error=type(unknown).__name__)
        return None

    def _due(self, now: float) -> None:
        if self._life.swap_at is not None and now >= self._life.swap_at:
            self._life.swap_at = None
            self._ready.append(EndingSoon(SWAP_LEFT_S))
        self._ready.extend(self._wire.speech.falls_silent(now))

    async def _take(self, message: Any) -> None:
        for event in self._wire.receive(message, self._clock()):
            if isinstance(event, Reject):
                await self._reply(sdk.tool_answer(event.call_id, event.name, "There is no such tool.", is_error=True))
                continue
            if isinstance(event, ResumeToken):
                self._life.newest = event.token
            self._ready.append(event)
        if self._later is not None and not self._wire.busy:
            text, self._later = self._later, None
            await self._reply({"text": text})

    def _end(self, gone: Gone) -> None:
        self._over = True
        if self._closing:
            self._ready.append(Closed(CloseCause.USER))
            return
        fault = of_close(gone.code, gone.reason, warned=self._wire.warned)
        young = self._clock() - self._life.opened_at < PROBATION_S
        if self._life.handle is not None and young and fault not in _FINAL and not self._wire.warned:
            self._handles.failed(self._life.handle, self._life.newest)
        self._ready.append(Closed(cause(fault), sentence(fault, LABEL, self._model)))

    async def begin(self, opening: str) -> None:
        """A connection that is closed by now (spent quota is told right after the setup) says so as its first event."""
        self._wire.sent_text()
        await self._reply({"text": opening})

    async def send_audio(self, pcm: bytes) -> None:
        audio = self._gate.passes(pcm)
        if self._gate.voice:
            self._wire.speech.sign(self._clock())
        if audio:
            await self._send(sdk.audio_input(audio, INPUT_RATE_HZ))
        else:
            self._require_open()

    async def send_text(self, text: str) -> None:
        await self.direct(instructions.typed(text))

    async def direct(self, text: str) -> None:
        """Text is a whole turn; it interrupts Ema. (`send_client_content` in mid-call misbehaves on 3.x models.)"""
        self._wire.sent_text()
        await self._send({"text": text})

    async def instruct(self, instruction: Instruction) -> None:
        """A wrap-up and what was looked up may wait for the end of what Ema is saying; all else is to be said now."""
        text = instructions.instruction_text(self._plan, instruction)
        if instruction.kind in (InstructionKind.WRAP_UP, InstructionKind.FOUND) and self._wire.busy:
            self._require_open()
            self._later = text
        else:
            await self.direct(text)

    async def hold(self, on: bool) -> None:
        """The vendor ends a turn on silence, so while the candidate thinks silence is not sent."""
        self._require_open()
        self._gate.hold(on)

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None:
        self._require_open()
        name = self._wire.answered(call_id)
        if name is not None:
            await self._send(sdk.tool_answer(call_id, name, result, is_error=is_error))

    async def interrupt(self, item: str, heard_ms: int) -> None:
        self._require_open()
        self._wire.interrupt(item, self._clock())

    async def aclose(self) -> None:
        self._closing = True
        await sdk.close(self._session)

    async def _reply(self, said: dict[str, Any]) -> None:
        """From the receiving side: a socket that is gone shows in the next receive."""
        try:
            await self._send(said)
        except ProviderError:
            log.debug("reply came too late", vendor="gemini")

    async def _send(self, said: dict[str, Any]) -> None:
        self._require_open()
        try:
            await sdk.send(self._session, said)
        except Gone:
            raise error(Fault.NETWORK, LABEL) from None

    def _require_open(self) -> None:
        if self._closing or self._over:
            raise error(Fault.NETWORK, LABEL)
