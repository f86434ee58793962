"""What happens in a call: events of a provider's connection, and of the candidate's side.

Audio is PCM16 little-endian mono everywhere; its rate is the connection's. Times of day appear nowhere here: whoever
receives an event says when (`at`, seconds on the interview's clock).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CloseCause(StrEnum):
    """Why a connection or a call ended."""

    USER = "user"
    AGENT = "agent"
    LIMIT = "limit"
    QUOTA = "quota"
    AUTH = "auth"
    CONFIG = "config"
    SAFETY = "safety"
    PROVIDER = "provider"
    NETWORK = "network"


# --- from the provider ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioOut:
    """A piece of Ema's voice."""

    pcm: bytes = field(repr=False)
    item: str
    """Id of the utterance it belongs to."""
    generation: int
    """Rises with every flush or interrupt; audio of an older generation is never played."""


@dataclass(frozen=True, slots=True)
class Flush:
    """The provider withdrew what it had sent: audio of a generation below this one is void (its own barge-in)."""

    generation: int


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Voice activity: the candidate began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Endpointing: the candidate's turn is over; an answer is on its way."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The candidate's turn, if it was one, is over, and no answer is on its way."""


@dataclass(frozen=True, slots=True)
class UserText:
    """What the provider heard the candidate say."""

    turn: str
    """Id of the candidate's turn; later texts with the same id continue or replace it."""
    text: str = field(repr=False)
    append: bool
    """True: `text` is added to what the turn already has. False: `text` replaces it."""
    final: bool
    confidence: float | None = None
    """0..1 where the recogniser tells."""


@dataclass(frozen=True, slots=True)
class AgentText:
    """What Ema says."""

    item: str
    text: str = field(repr=False)
    append: bool
    final: bool
    correction: bool = False
    """True: replaces what was said before with what was really spoken (after an interruption)."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model calls one of `TOOLS`, or of the interview's outside tools; it waits for `send_tool_result` with the
    same id."""

    call_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class TurnDone:
    """The provider sent the last audio of this utterance."""

    item: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Consumption since the last report, in mutually exclusive buckets (tokens, characters or milliseconds)."""

    quantities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """Lets a later connection of the same vendor take up this conversation."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndingSoon:
    """The provider will close the connection for reasons of its own."""

    seconds_left: float


@dataclass(frozen=True, slots=True)
class Closed:
    """Always the last event of a connection, once."""

    cause: CloseCause
    sentence: str = ""
    """For people; holds no secret."""


# --- from the candidate's side -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlayoutStarted:
    """The first sample of this utterance was handed to the candidate's browser."""

    item: str


@dataclass(frozen=True, slots=True)
class PlayoutDrained:
    """Everything pushed so far has been handed to the candidate's browser."""

    item: str


@dataclass(frozen=True, slots=True)
class Heard:
    """After an interrupt: how much of the utterance the candidate heard."""

    item: str
    heard_ms: int
    total_ms: int
    """Of the audio received for this utterance so far."""


@dataclass(frozen=True, slots=True)
class Typed:
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ThinkingRequested:
    """ "I need a moment": the candidate keeps the floor without speaking."""


@dataclass(frozen=True, slots=True)
class RepeatRequested:
    pass


@dataclass(frozen=True, slots=True)
class SkipRequested:
    pass


@dataclass(frozen=True, slots=True)
class DoneRequested:
    """The candidate's answer is over, whatever can still be heard."""


@dataclass(frozen=True, slots=True)
class EndRequested:
    pass


@dataclass(frozen=True, slots=True)
class WrapUpRequested:
    """The server wants the interview to end early, in good order: it has cost what it may."""


@dataclass(frozen=True, slots=True)
class CandidateJoined:
    """The first microphone audio of this visit arrived."""


@dataclass(frozen=True, slots=True)
class CandidateLeft:
    pass


@dataclass(frozen=True, slots=True)
class VoiceFaded:
    """The candidate's own level is not heard any more, and quieter voices go on: theirs, or somebody else's."""


@dataclass(frozen=True, slots=True)
class VoiceReturned:
    """The candidate's own level is heard again, or nobody is."""


@dataclass(frozen=True, slots=True)
class TalkedOver:
    """A voice as loud as the candidate's went on through Ema's words and beyond them; or it paused, after that."""

    on: bool


@dataclass(frozen=True, slots=True)
class EchoLeaked:
    """What is heard over Ema is no louder than her echo, and yet the canceller let it through."""


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """An outside tool answered, or will not."""

    call_id: str
    result: str = field(repr=False)
    """Plain text; empty: no answer."""
    problem: str = ""
    """For the host to read: why there is no answer, or not the whole one."""
    noted: bool = False
    """Its server does not know the answer: the question is noted for the team."""
    seconds: float = 0.0
    result_bytes: int = 0
    """Of what the server sent, before it was cut."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; nothing else happened."""


ProviderEvent = (
    AudioOut
    | Flush
    | SpeechStarted
    | SpeechStopped
    | Unanswered
    | UserText
    | AgentText
    | ToolCall
    | TurnDone
    | Usage
    | ResumeToken
    | EndingSoon
    | Closed
)
CandidateEvent = (
    PlayoutStarted
    | PlayoutDrained
    | Heard
    | Typed
    | ThinkingRequested
    | RepeatRequested
    | SkipRequested
    | DoneRequested
    | EndRequested
    | WrapUpRequested
    | CandidateJoined
    | CandidateLeft
    | VoiceFaded
    | TalkedOver
    | EchoLeaked
    | VoiceReturned
    | ToolReturned
    | Tick
)
Event = ProviderEvent | CandidateEvent


class InstructionKind(StrEnum):
    REPEAT = "repeat"
    """Say the current question again."""
    NEXT = "next"
    """Leave this question, kindly, and ask the next one."""
    NUDGE = "nudge"
    """The candidate has been silent: ask whether they are still there or want more time."""
    DONE = "done"
    """The candidate says, other than aloud, that their answer is over: take it up, or go on."""
    CHECK = "check"
    """Other voices are heard, and nobody can tell whether the candidate still speaks: ask whether they are done."""
    WRAP_UP = "wrap_up"
    """Finish the current thread, thank the candidate, say goodbye, call `end_interview`."""
    FAREWELL = "farewell"
    """Say one closing sentence now and call `end_interview`."""
    FOUND = "found"
    """What she said she would look up has come, or will not: `text` says which."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """From us to Ema; never spoken aloud as such, never a turn of the transcript."""

    kind: InstructionKind
    question_id: str | None = None
    """For NEXT and REPEAT: which question. NEXT with None: there is none left, wrap up."""
    text: str = field(default="", repr=False)
    """For FOUND."""
    insists: bool = False
    """She says it to its end, whoever speaks meanwhile: most likely it is nobody who hears her."""


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
class CallTool:
    """Ask the outside server, and report `ToolReturned`."""

    call_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call now; what is in the playout has been heard or is given up."""

    cause: CloseCause


@dataclass(frozen=True, slots=True)
class Announce:
    """For the candidate to read; nobody says it."""

    sentence: str


@dataclass(frozen=True, slots=True)
class LetFinish:
    """While Ema can be heard nothing interrupts her, until nothing of her comes back into the microphone."""


Action = Play | Interrupt | Say | Instruct | Hold | AnswerTool | CallTool | Hangup | Announce | LetFinish
