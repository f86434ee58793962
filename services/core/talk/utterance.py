"""One utterance as its texts come in: in pieces, twice, late, or corrected, until it is read as a turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.core.talk.events import AgentText, UserText
from services.core.talk.turn import Speaker, Turn

MAX_TYPED_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Caption:
    turn_id: str
    speaker: Speaker
    text: str = field(repr=False)
    final: bool


@dataclass(slots=True, eq=False)
class Utterance:
    speaker: Speaker
    question_id: str | None = None
    provider: str = ""
    started_s: float = 0.0
    ended_s: float | None = None
    """None while it lasts."""
    last_s: float = 0.0
    """When its last words came, of the candidate's."""
    id: str = ""
    """Given with its first words."""
    said: str = field(default="", repr=False)
    final: bool = False
    corrected: bool = False
    typed: bool = False
    confidence: float | None = None
    interrupted: bool = False
    heard: float = 1.0
    """Share of its audio that reached the candidate."""

    @property
    def text(self) -> str:
        return (self.said if self.corrected else heard_part(self.said, self.heard)).strip()

    def turn(self, at: float) -> Turn:
        """As of now; one that lasts ends now."""
        started_ms = max(0, round(1000 * self.started_s))
        return Turn(
            id=self.id,
            speaker=self.speaker,
            text=self.text,
            started_ms=started_ms,
            ended_ms=max(started_ms, round(1000 * (at if self.ended_s is None else self.ended_s))),
            question_id=self.question_id,
            typed=self.typed,
            confidence=self.confidence,
            interrupted=self.interrupted,
            provider=self.provider,
        )

    def write(self, event: UserText | AgentText) -> None:
        if event.append:
            # Some providers send the final text twice.
            repeated = event.final and self.final and self.said.endswith(event.text)
            self.said += "" if repeated else event.text
        elif event.final or not self.final or len(event.text) > len(self.said):
            # A partial that overtakes nothing was sent before the final it comes after.
            self.said = event.text
        self.final = self.final or event.final


def heard_part(text: str, share: float) -> str:
    """The beginning of a text, in whole words, by the share (0..1) of its audio that was heard."""
    if share >= 1.0:
        return text
    length = int(len(text) * share)
    part = text[:length]
    return part if text[length : length + 1].isspace() else part[: max(part.rfind(" "), 0)]


def fit_typed(text: str) -> str:
    """Without surrounding space; cut after the last whole word that fits into `MAX_TYPED_CHARS`."""
    text = text.strip()
    if len(text) <= MAX_TYPED_CHARS:
        return text
    words = text[: MAX_TYPED_CHARS + 1].rsplit(None, 1)
    return words[0] if len(words) > 1 else text[:MAX_TYPED_CHARS]
