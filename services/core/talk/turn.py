"""One party's uninterrupted speech, or typed text: the unit of a transcript. Lives in memory only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

UNRECOGNISED = "(speech, not recognised)"
"""The caption of a spoken turn whose words nobody could make out; it carries no word of the candidate's."""
CHARACTERS_A_WORD = 2
"""Of scripts that are written without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""

_PLACEHOLDER = re.compile(r"[\[(<{*][^\])>}*]*[\])>}*]")
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")


def count_words(text: str) -> int:
    """Words in a caption or typed text; none in a mere placeholder such as "[BLANK_AUDIO]" or "(silence)"."""
    if _PLACEHOLDER.fullmatch(text.strip()):
        return 0
    unspaced = sum(-(-len(run) // CHARACTERS_A_WORD) for run in _UNSPACED_RUN.findall(text))
    return unspaced + sum(any(map(str.isalnum, word)) for word in _UNSPACED_RUN.sub(" ", text).split())


class Speaker(StrEnum):
    CANDIDATE = "candidate"
    EMA = "ema"


@dataclass(frozen=True, slots=True)
class Turn:
    id: str
    """Unique within an interview: t1, t2, …"""
    speaker: Speaker
    text: str = field(repr=False)
    started_ms: int
    """On the interview's clock, which begins with the first microphone audio."""
    ended_ms: int
    question_id: str | None = None
    """The plan's question on the table when the turn began; None in greeting and wrap-up."""
    typed: bool = False
    confidence: float | None = None
    """0..1 of the recogniser, where it tells; None for typed text and for Ema."""
    interrupted: bool = False
    """Ema's: the candidate barged in, and `text` is what was heard of it."""
    provider: str = ""
    """Who voiced or recognised it."""
    recognised: str | None = field(default=None, repr=False)
    """What the recogniser wrote, where the candidate corrected it; `text` is the correction then."""
    rewritten: bool = False
    """Little of the correction was recognised, so that it says more than it repairs."""
    doubted: bool = False
    """The candidate says that the recogniser got this wrong, without saying how."""

    @property
    def word_count(self) -> int:
        return count_words(self.text)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Circumstances of an interview, for the report. They never change a score."""

    drops: int = 0
    """Times the candidate's connection was lost."""
    seconds_away: float = 0.0
    away_ms: tuple[tuple[int, int], ...] = ()
    """From and to of each absence, on the interview's clock."""
    provider_changes: tuple[str, ...] = ()
    """Sentences, e.g. "The voice changed from ElevenLabs to the offline interviewer after 4:10."."""
    barge_ins: int = 0
    typed_turns: int = 0
    low_confidence_turns: int = 0
    rough_captions: bool = False
    """True when speech was recognised by the offline engine."""
    ended_by: str = ""
    skipped_question_ids: tuple[str, ...] = ()
    asked_question_ids: tuple[str, ...] = ()
    thinking_pauses: int = 0
    notes: tuple[str, ...] = field(default_factory=tuple)
