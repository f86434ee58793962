"""One utterance as its texts come in: in pieces, twice, late, or corrected, until it is read as a turn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from services.core.talk.events import AgentText, UserText
from services.core.talk.turn import UNRECOGNISED, Speaker, Turn, count_words

MAX_TYPED_CHARS = 4000
UNCERTAIN = 0.0
"""Confidence of words that the recogniser never confirmed: it lagged or died after a partial caption."""

_TORN = re.compile(r"[^\W_][.!?,;:…]?$")
_NO_SPACE_BEFORE = re.compile(r"[\W_]|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


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
    pieces: list[str] = field(default_factory=list, repr=False)
    """As they came; joined they are what was said."""
    final: bool = False
    corrected: bool = False
    typed: bool = False
    confidence: float | None = None
    interrupted: bool = False
    heard: float = 1.0
    """Share of its audio that reached the candidate."""

    @property
    def said(self) -> str:
        # The model that speaks Ema's words writes every space between them; only a recogniser drops some.
        return joined(self.pieces) if self.speaker is Speaker.CANDIDATE else "".join(self.pieces)

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
            self.pieces += [] if repeated else [event.text]
        elif event.text == UNRECOGNISED and count_words(self.said):
            # The recogniser lagged or died: what it had shown is all there will be.
            self.doubt()
        elif event.final or not self.final or len(event.text) > len(self.said):
            # A partial that overtakes nothing was sent before the final it comes after.
            self.pieces = [event.text] if has_speech(event.text) else []
        self.final = self.final or event.final

    def rewrite(self, text: str) -> None:
        """These are all its words, and the last ones."""
        self.pieces, self.final = [text], True

    def doubt(self) -> None:
        """No better words will come."""
        if not self.final:
            self.confidence, self.final = UNCERTAIN, True


def has_speech(text: str) -> bool:
    """Whether a caption shows words, or at least that somebody spoke; "", "." and "[noise]" do not."""
    return text == UNRECOGNISED or count_words(text) > 0


def joined(pieces: list[str]) -> str:
    """The pieces of one utterance as one text.

    Some vendors send pieces of words and put the spaces in, others whole phrases without one between them. Pieces of
    which none begins or ends with a space are phrases; in the others only the end of a sentence is a sure boundary.
    """
    pieces = [piece for piece in pieces if piece]
    spaced = any(piece[0].isspace() for piece in pieces[1:]) or any(piece[-1].isspace() for piece in pieces[:-1])
    text = "".join(pieces[:1])
    for piece in pieces[1:]:
        end = _TORN.search(text)
        torn = end and not _NO_SPACE_BEFORE.match(piece) and ((len(end[0]) > 1 and piece[0].isupper()) or not spaced)
        text += f" {piece}" if torn else piece
    return text


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
