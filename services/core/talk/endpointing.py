"""Endpointing: turns speech probabilities into the beginning and the end of a candidate's turn."""

from __future__ import annotations

from services.core.plan.plan import Pace
from services.core.talk.events import SpeechStarted, SpeechStopped

SILENCE_S = {Pace.PATIENT: 1.6, Pace.NORMAL: 0.9, Pace.BRISK: 0.6}
"""Silence that ends a turn."""
START_S = 0.2
"""Speech that begins a turn; less is a cough or a click."""
START_PROBABILITY = 0.6
STOP_PROBABILITY = 0.35
"""Hysteresis: between the two, speech that began goes on and speech that did not begin does not."""
SHORT_TURN_S = 0.8
"""A turn with less speech than this is often a first word ("Well …") with a thought behind it."""
SHORT_TURN_PATIENCE = 1.5
"""Multiplies the silence that ends such a short turn."""


class Endpointer:
    """No clock: time is the length of the audio it is told about, in chunks of any length."""

    def __init__(self, pace: Pace, *, start_s: float = START_S) -> None:
        self._silence_s = SILENCE_S[pace]
        self._start_s = start_s
        self._held = False
        # A turn is open from SpeechStarted to SpeechStopped; it pauses when the candidate falls silent during a hold.
        self._open = False
        self._paused = False
        self._voiced_s = 0.0
        self._onset_s = 0.0
        self._quiet_s = 0.0

    @property
    def speaking(self) -> bool:
        """The candidate is speaking, or in a pause too short to end the turn."""
        return self._open and not self._paused

    def hold(self, on: bool) -> None:
        """On: silence ends no turn. Speech after a silence is announced again, as that is what ends a hold."""
        self._held = on
        self._quiet_s = 0.0

    def end(self) -> None:
        """The turn is over, whoever goes on speaking."""
        self._open = self._paused = False
        self._onset_s = self._quiet_s = 0.0

    def process(self, probability: float, seconds: float) -> SpeechStarted | SpeechStopped | None:
        """The probability of speech (0..1) in the next `seconds` of audio."""
        if self.speaking:
            return self._while_speaking(probability, seconds)
        if self._onset(probability, seconds):
            self._open, self._paused = True, False
            self._voiced_s, self._quiet_s = self._onset_s, 0.0
            self._onset_s = 0.0
            return SpeechStarted()
        # A turn that paused in a hold which is now over ends like any other.
        return self._end_if_quiet(seconds) if self._open and not self._held else None

    def _while_speaking(self, probability: float, seconds: float) -> SpeechStopped | None:
        if probability >= STOP_PROBABILITY:
            self._voiced_s += seconds
            self._quiet_s = 0.0
            return None
        if not self._held:
            return self._end_if_quiet(seconds)
        self._quiet_s += seconds
        self._paused = self._quiet_s >= self._silence_s
        return None

    def _onset(self, probability: float, seconds: float) -> bool:
        # Leaky, so that a flickering detector is late rather than deaf.
        change = seconds if probability >= START_PROBABILITY else -seconds if probability < STOP_PROBABILITY else 0.0
        self._onset_s = max(0.0, self._onset_s + change)
        return self._onset_s >= self._start_s - 1e-9

    def _end_if_quiet(self, seconds: float) -> SpeechStopped | None:
        self._quiet_s += seconds
        needed_s = self._silence_s * (SHORT_TURN_PATIENCE if self._voiced_s < SHORT_TURN_S else 1.0)
        # Chunk lengths such as 0.032 s add up to a hair less than the sum meant.
        if self._quiet_s < needed_s - 1e-9:
            return None
        self._open = self._paused = False
        self._onset_s = 0.0
        return SpeechStopped()
