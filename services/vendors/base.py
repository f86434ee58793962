"""The seam between a call and a voice vendor.

A `Provider` is cheap to make and holds settings only. `connect` opens one socket (or, offline, none) and yields a
`Connection`, which is an async iterator of events ending with exactly one `Closed`. Callers read `ProviderInfo`;
nobody outside a vendor's file asks which vendor it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile
from typing import Protocol

from services.core.plan.plan import Pace, Plan
from services.core.report.witness import Overheard
from services.core.talk.events import Instruction, ProviderEvent
from services.core.talk.lookups import OutsideTool
from services.core.talk.transcript import Turn
from services.core.usage import Billed

TOOLS = ("next_question", "note_answered", "end_interview")
"""What every provider's model may call; `core.conversation` answers them.

`next_question {question_id}`: the model moves on to that question. `note_answered {question_id}`: the question has
been answered. `end_interview {}`: the model said goodbye and the call may end once that has been heard.
"""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What callers may rely on, as data."""

    resumes: bool = False
    """A `ResumeToken` of an earlier connection can be passed to `connect`."""
    transcript_afterwards: bool = False
    """The words can be fetched from the vendor after the call."""
    deletes_afterwards: bool = False
    rough_captions: bool = False
    """Captions come from a recogniser that gets half of the words, and are labelled as rough."""
    local_captions: str = ""
    """The engine's name where captions are made on this server."""
    max_connection_s: float | None = None


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    key: str
    """Stable, lower case: offline, elevenlabs, openai, xai, gemini."""
    label: str
    model: str
    usd_per_minute: Decimal
    price_read_on: str
    """ISO date on which the price was read at the vendor; empty where there is none."""
    leaves_machine: str
    """One sentence: what of the candidate leaves this server, and to whom."""
    ready: bool
    """Configured well enough to try."""
    missing: str = ""
    """A sentence that says what to configure, when not ready."""
    capabilities: Capabilities = field(default_factory=Capabilities)


@dataclass(frozen=True, slots=True)
class Check:
    """Result of one cheap look at a vendor."""

    ok: bool
    seconds: float
    sentence: str
    """For people: what works, or what is wrong and what to do about it."""


@dataclass(frozen=True, slots=True)
class Resume:
    """What a connection that takes up a running interview must know. Ema does not greet again."""

    turns: tuple[Turn, ...] = field(repr=False)
    question_id: str | None
    follow_ups_asked: int
    elapsed_s: float
    token: str | None = field(default=None, repr=False)
    """Of the same vendor's previous connection, where it gave one."""
    apologise: bool = False
    """True after a failure of ours or a vendor's: Ema says one sentence about it first."""
    silent: bool = False
    """The candidate has the floor and knows the question: with a token that still holds, Ema waits for them."""

    @property
    def unasked(self) -> bool:
        """The greeting was cut off before the first question: Ema says what she is, and asks it."""
        return self.question_id is None and not any(turn.question_id for turn in self.turns)

    @property
    def answer(self) -> str:
        """What the candidate typed about the question and nobody has taken up yet: Ema goes on from there."""
        if self.question_id is None:
            return ""
        typed = takewhile(lambda turn: turn.typed and turn.question_id == self.question_id, reversed(self.turns))
        return " ".join([turn.text for turn in typed][::-1])


@dataclass(frozen=True, slots=True)
class Terms:
    """How an interview is to be held, whoever voices it."""

    plan: Plan
    pace: Pace
    limit_s: float
    wrap_up_s: float
    candidate_name: str = ""
    job_description: str = field(default="", repr=False)
    """What Ema answers questions about the role from; empty: only the plan's own phrases."""
    tools: tuple[OutsideTool, ...] = ()
    """Of other servers; fixed for the interview."""
    tool_calls: int = 0
    """Of them, at most."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Everything the model may call."""
        return (*TOOLS, *(tool.name for tool in self.tools))


class Connection(Protocol):
    """One open conversation. Every method may be called until `aclose`, which may be called again without complaint.

    Methods other than `aclose` raise `ProviderDropped` once the connection is gone.
    """

    input_rate_hz: int
    output_rate_hz: int
    conversation_id: str | None
    """The vendor's own id, where it has one."""

    def __aiter__(self) -> AsyncIterator[ProviderEvent]: ...

    async def send_audio(self, pcm: bytes) -> None:
        """Microphone audio, PCM16 mono at `input_rate_hz`, any length, in order, in real time."""

    async def send_text(self, text: str) -> None:
        """A typed answer: a whole turn of the candidate's."""

    async def instruct(self, instruction: Instruction) -> None: ...

    async def hold(self, on: bool) -> None:
        """On: the candidate is thinking; silence ends no turn until off, or until they speak."""

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None: ...

    async def interrupt(self, item: str, heard_ms: int) -> None:
        """The candidate barged in and heard this much of the item. What comes later has a higher generation."""

    async def aclose(self) -> None: ...


class Provider(Protocol):
    info: ProviderInfo

    async def check(self) -> Check:
        """One cheap call that proves the key and the configuration, within 5 s. Never raises for a vendor's no."""

    def warm(self) -> None:
        """Loads what the first connection would load. Blocks, perhaps for a second; opens nothing over the network."""

    def expect(self) -> None:
        """A call is likely within minutes. On the loop, at once: what takes long and is not kept begins to load."""

    def connect(self, terms: Terms, resume: Resume | None = None) -> AbstractAsyncContextManager[Connection]:
        """Opens a connection within 10 s, or raises `ProviderError`. Leaving the context closes it, whatever happened.

        Ema speaks first: a greeting that says she is an AI, and the first question; with `resume`, she picks up the
        question she was on without greeting again.
        """


class Captioner(Provider, Protocol):
    """A provider whose capabilities say that captions are made on this server."""

    def hearing(self) -> AbstractAsyncContextManager[None]:
        """Keeps the recogniser loaded. Entering waits until it is; for ever where it cannot be."""


class Witness(Protocol):
    """A second recogniser that hears one candidate beside a vendor's."""

    input_rate_hz: int

    def hear(self, pcm: bytes, at: float) -> None:
        """What the microphone gave, PCM16 mono at `input_rate_hz`, in order; `at` is now, in seconds of the interview's
        clock. Returns at once, whatever the recogniser is at."""

    async def words(self) -> tuple[Overheard, ...]:
        """All that was said, in order, within seconds; what it had no time for without words."""


Listen = Callable[[Plan], AbstractAsyncContextManager[Witness | None]]
"""Takes a witness for one call; None: there is none at the moment."""


class RecordKeeper(Provider, Protocol):
    """A provider whose capabilities say that it keeps a transcript after the call, or can delete it. On the loop."""

    async def complete(self, conversation_id: str, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """Our turns with the vendor's corrections, once it processed the call. Raises ProviderError."""

    async def delete(self, conversation_id: str) -> None:
        """What is not there is deleted already. Raises ProviderError."""

    async def billed(self, conversation_id: str) -> Billed | None:
        """What it used by the vendor's own record; None where that says nothing. Raises ProviderError."""
