"""What the conversation asks its call to do, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from services.core.talk.events import CloseCause


class InstructionKind(StrEnum):
    REPEAT = "repeat"
    """Say the current question again."""
    NEXT = "next"
    """Leave this question, kindly, and ask the next one."""
    NUDGE = "nudge"
    """The candidate has been silent: ask whether they are still there or want more time."""
    WRAP_UP = "wrap_up"
    """Finish the current thread, thank the candidate, say goodbye, call `end_interview`."""
    FAREWELL = "farewell"
    """Say one closing sentence now and call `end_interview`."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """From us to Ema; never spoken aloud as such, never a turn of the transcript."""

    kind: InstructionKind
    question_id: str | None = None
    """For NEXT and REPEAT: which question. NEXT with None: there is none left, wrap up."""


@dataclass(frozen=True, slots=True)
class Play:
    """Hand this audio to the candidate (PCM16 mono at the connection's output rate)."""

    pcm: bytes = field(repr=False)
    item: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Barge-in: clear the playout, tell the connection how much of the item was heard, report `Heard` back."""

    item: str


@dataclass(frozen=True, slots=True)
class Say:
    """A typed answer for the provider."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Instruct:
    instruction: Instruction


@dataclass(frozen=True, slots=True)
class Hold:
    """On: silence ends no turn, the candidate is thinking."""

    on: bool


@dataclass(frozen=True, slots=True)
class AnswerTool:
    call_id: str
    result: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call now; what is in the playout has been heard or is given up."""

    cause: CloseCause


Action = Play | Interrupt | Say | Instruct | Hold | AnswerTool | Hangup
