"""A provider that follows a script and obeys `services/vendors/base.py` to the letter, weather included.

    provider = ScriptedProvider([says("Hi, I'm an AI.", ms=600), until(AudioSent), hears("I built a queue."), drop()])

Each `connect` takes the next script. A connection keeps what it was told in `calls`; a test may also `emit` events.
"""

from __future__ import annotations

import asyncio
import math
from array import array
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.core.errors import ProviderDropped, ProviderError
from services.core.talk.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    Flush,
    Instruction,
    ProviderEvent,
    SpeechStarted,
    SpeechStopped,
    TurnDone,
    UserText,
)
from services.vendors.base import Capabilities, Check, ProviderInfo, Resume, Terms

CHUNK_MS = 200


def tone(ms: float, rate_hz: int = 24_000, hz: float = 440.0, level: float = 0.3) -> bytes:
    """PCM16 mono that can be heard."""
    count = round(ms * rate_hz / 1000)
    return array("h", (round(32767 * level * math.sin(2 * math.pi * hz * n / rate_hz)) for n in range(count))).tobytes()


# --- what a connection was told ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AudioSent:
    pcm: bytes = field(repr=False)


@dataclass(frozen=True)
class TextSent:
    text: str


@dataclass(frozen=True)
class Instructed:
    instruction: Instruction


@dataclass(frozen=True)
class Held:
    on: bool


@dataclass(frozen=True)
class ToolAnswered:
    call_id: str
    result: str
    is_error: bool


@dataclass(frozen=True)
class Interrupted:
    item: str
    heard_ms: int


# --- the script ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Says:
    text: str
    ms: float
    late: bool
    done: bool


@dataclass(frozen=True)
class BargeIn:
    pass


@dataclass(frozen=True)
class Until:
    matches: Callable[[Any], bool]


@dataclass(frozen=True)
class Stall:
    seconds: float | None


Step = ProviderEvent | Says | BargeIn | Until | Stall | Sequence[ProviderEvent]


def says(text: str, ms: float = 1000, *, late: bool = False, done: bool = True) -> Says:
    """Text and `ms` of tone, at once, in the generation of that moment.

    `late`: audio still under way when it was interrupted, in the generation before. `done=False`: no TurnDone follows.
    """
    return Says(text, ms, late, done)


def hears(text: str, turn: str = "u1", confidence: float | None = None) -> tuple[ProviderEvent, ...]:
    """A spoken turn of the candidate's, with one partial caption."""
    return (
        SpeechStarted(),
        UserText(turn, text[: len(text) // 2], append=False, final=False),
        SpeechStopped(),
        UserText(turn, text, append=False, final=True, confidence=confidence),
    )


def barge_in() -> BargeIn:
    """The provider notices the candidate speaking over Ema: SpeechStarted, then Flush with a new generation."""
    return BargeIn()


def until(kind: type, where: Callable[[Any], bool] = lambda call: True) -> Until:
    """Wait for the next call of this kind (AudioSent, TextSent, Instructed, …), consuming all calls up to it."""
    return Until(lambda call: isinstance(call, kind) and where(call))


def stall(seconds: float | None = None) -> Stall:
    """Nothing comes any more; or for this long on the event loop's clock."""
    return Stall(seconds)


def drop() -> Closed:
    """The network breaks."""
    return Closed(CloseCause.NETWORK, "The connection to the voice provider was lost.")


def close(cause: CloseCause, sentence: str = "") -> Closed:
    return Closed(cause, sentence)


# --- the provider --------------------------------------------------------------------------------------------------


class ScriptedConnection:
    """Runs its script as fast as it is read. After the last step it stays open, silent, until closed."""

    def __init__(self, script: Sequence[Step], terms: Terms, resume: Resume | None, rates: tuple[int, int]) -> None:
        self.input_rate_hz, self.output_rate_hz = rates
        self.conversation_id: str | None = "scripted-1"
        self.terms, self.resume = terms, resume
        self.calls: list[Any] = []
        self.generation = 0
        self.closed = False
        self._over = False
        self._seen = 0
        self._items = 0
        self._script = deque(script)
        self._ready: deque[ProviderEvent] = deque()
        self._changed = asyncio.Event()
        self._stalled_until: float | None = None

    def emit(self, *events: ProviderEvent) -> None:
        """Deliver these now, before what is left of the script."""
        self._ready.extend(events)
        self._changed.set()

    @property
    def heard(self) -> bytes:
        """All microphone audio so far."""
        return b"".join(call.pcm for call in self.calls if isinstance(call, AudioSent))

    def told(self, kind: type) -> list[Any]:
        return [call for call in self.calls if isinstance(call, kind)]

    def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        return self

    async def __anext__(self) -> ProviderEvent:
        while not self._over:
            if self.closed:
                self._ready = deque([Closed(CloseCause.USER)])
            if self._ready:
                event = self._ready.popleft()
                self._over = isinstance(event, Closed)
                return event
            self._changed.clear()
            if not self._step():
                await self._wait()
        raise StopAsyncIteration

    def _step(self) -> bool:
        """Take the next step, unless it has to wait."""
        if not self._script:
            return False
        step = self._script[0]
        if isinstance(step, Until) and not self._found(step):
            return False
        if isinstance(step, Stall) and not self._stall_is_over(step):
            return False
        self._script.popleft()
        self._ready.extend(self._events(step))
        return True

    def _found(self, step: Until) -> bool:
        while self._seen < len(self.calls):
            self._seen += 1
            if step.matches(self.calls[self._seen - 1]):
                return True
        return False

    def _stall_is_over(self, step: Stall) -> bool:
        now = asyncio.get_running_loop().time()
        if self._stalled_until is None:
            self._stalled_until = math.inf if step.seconds is None else now + step.seconds
        if now < self._stalled_until:
            return False
        self._stalled_until = None
        return True

    async def _wait(self) -> None:
        finite = self._stalled_until is not None and self._stalled_until < math.inf
        try:
            async with asyncio.timeout_at(self._stalled_until if finite else None):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _events(self, step: Step) -> Iterator[ProviderEvent]:
        match step:
            case Says():
                yield from self._speech(step)
            case BargeIn():
                self.generation += 1
                yield SpeechStarted()
                yield Flush(self.generation)
            case Until() | Stall():
                pass
            case Sequence():
                yield from step
            case _:
                yield step

    def _speech(self, step: Says) -> Iterator[ProviderEvent]:
        self._items += not step.late
        item = f"item{self._items}"
        generation = self.generation - step.late
        pcm = tone(step.ms, self.output_rate_hz)
        size = CHUNK_MS * self.output_rate_hz // 1000 * 2
        yield AgentText(item, step.text, append=False, final=False)
        for start in range(0, len(pcm), size):
            yield AudioOut(pcm[start : start + size], item, generation)
        if step.done:
            yield AgentText(item, step.text, append=False, final=True)
            yield TurnDone(item)

    def _note(self, call: Any) -> None:
        if self._over or self.closed:
            raise ProviderDropped("The connection to the voice provider was lost.", CloseCause.NETWORK)
        self.calls.append(call)
        self._changed.set()

    async def send_audio(self, pcm: bytes) -> None:
        self._note(AudioSent(pcm))

    async def send_text(self, text: str) -> None:
        self._note(TextSent(text))

    async def instruct(self, instruction: Instruction) -> None:
        self._note(Instructed(instruction))

    async def hold(self, on: bool) -> None:
        self._note(Held(on))

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None:
        self._note(ToolAnswered(call_id, result, is_error))

    async def interrupt(self, item: str, heard_ms: int) -> None:
        self._note(Interrupted(item, heard_ms))
        self.generation += 1

    async def aclose(self) -> None:
        self.closed = True
        self._changed.set()


class ScriptedProvider:
    """Each `connect` runs the next script; a script may be a `ProviderError` (refused) or None (never answers).

    `connections` lists all ever opened. With no script left a connect is a `ProviderError`, as a dead vendor's is.
    """

    def __init__(
        self,
        *scripts: Sequence[Step] | ProviderError | None,
        key: str = "scripted",
        rates: tuple[int, int] = (16_000, 24_000),
        check: Check | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.info = ProviderInfo(
            key=key,
            label=key.capitalize(),
            model="script",
            usd_per_minute=Decimal("0"),
            price_read_on="",
            leaves_machine="Nothing leaves this server.",
            ready=True,
            capabilities=capabilities or Capabilities(),
        )
        self.connections: list[ScriptedConnection] = []
        self.expected = 0
        self._scripts = deque(scripts)
        self._rates = rates
        self._check = check or Check(ok=True, seconds=0.0, sentence="The script is ready.")

    @property
    def connection(self) -> ScriptedConnection:
        """The newest."""
        return self.connections[-1]

    @property
    def open_connections(self) -> int:
        return sum(not connection.closed for connection in self.connections)

    async def check(self) -> Check:
        return self._check

    def warm(self) -> None:
        pass

    def expect(self) -> None:
        self.expected += 1

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[ScriptedConnection]:
        script = self._scripts.popleft() if self._scripts else ProviderError("The voice provider is not reachable.")
        if isinstance(script, ProviderError):
            raise script
        if script is None:
            await asyncio.Event().wait()
        connection = ScriptedConnection(script or (), terms, resume, self._rates)
        self.connections.append(connection)
        try:
            yield connection
        finally:
            await connection.aclose()
