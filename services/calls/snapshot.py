"""What a page may know of a live call: one immutable snapshot, words for every phase and every ending."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from services.core.talk.conversation import Caption, EmaState
from services.core.talk.events import CloseCause


class Phase(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    AWAY = "away"
    """The candidate is gone and may still come back."""
    RECONNECTING = "reconnecting"
    ENDED = "ended"


ENDINGS = {
    CloseCause.USER: "You ended the interview.",
    CloseCause.AGENT: "Ema has closed the interview.",
    CloseCause.LIMIT: "The time for this interview is up.",
    CloseCause.NETWORK: "Your connection was gone for too long, so the interview ended with your last words.",
}


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    phase: Phase
    ema: EmaState
    moment: bool
    """The candidate asked for a moment and has it."""
    question_number: int
    question_count: int
    question_text: str = field(repr=False)
    elapsed_s: float
    seconds_left: float
    free_s_left: float | None
    """Until the charge; None once charged."""
    charged: bool
    captions: tuple[Caption, ...] = field(repr=False)
    unsure_words: str = field(repr=False)
    """What Ema heard in the candidate's last turn, where the recogniser was unsure of it; else empty."""
    latency_ms: int | None
    """End of the candidate's last speech to the first sample of the answer."""
    mic_level: float
    """0..1, smoothed."""
    provider_label: str
    rough_captions: bool
    wrapping_up: bool
    notice: str
    """One sentence for the candidate, or empty."""
    ended_sentence: str
    median_latency_ms: int | None = None
    strained: bool = False
    """The server is busy: the candidate's captions are shown once they are whole, and all of it once a second."""
    usd: str = "0.000"
    """What the voice cost so far, as far as it is known."""
    call: int = 1
    """1, 2, … of the interview's calls."""
    joins: int = 0
    """Visits that took the call so far; a tab that knows a lower number has lost it to a later one."""
