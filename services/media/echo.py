"""The candidate's side of the sound: what the microphone sends, without what it caught of Ema and of others.

The browser cancels echo where it can. Where it does not (a phone on its loudspeaker, a headset that leaks, a browser
with the constraint refused), Ema would interrupt herself without end. The cancelling is WebRTC's own (AEC3), which also
keeps a voice that speaks over the echo.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from pywebrtc_audio import EchoCanceller

from services.core.talk.foreground import Foreground

RATE_HZ = 48_000
FRAME_SAMPLES = RATE_HZ // 50
REACH_FRAMES = 35
"""Frames (0.7 s) after Ema's last sound in which it may still come back; then nothing is left to cancel."""
MOST_AHEAD = 10
"""Frames of the playout kept while the microphone sends nothing: an older one can no longer come back."""
WATCHED_FRAMES = 50
"""Frames (1 s) for which the playout must be ahead before that counts as more than jitter."""
AUDIBLE = 4
"""Sample from which a frame of the playout can be heard anywhere."""
SOUNDING = 300.0
"""Root mean square from which a frame of the playout is speech rather than a breath."""
DECIDED_FRAMES = 30
"""Frames of speech (0.6 s) in one utterance, after which its echo would have come back."""
LEARNED_FRAMES = 150
"""Frames of speech (3 s) of a visit, after which the canceller knows the room; until then syllables get through."""
OVER_NOISE, UNDER_SPEECH = 2.0, 0.01
"""An echo is twice (6 dB) what the room sounds like by itself, or a hundredth (-40 dB) of what was played."""
NOISE_RISE = 1.01
"""Factor by which the estimate of the room's noise rises with each frame that is not quieter: 4 dB in a second."""

Samples = NDArray[np.int16]
_SILENCE = np.zeros(FRAME_SAMPLES, np.int16)


def _level(frame: Samples) -> float:
    samples = frame.astype(np.float32)
    return float(np.sqrt(samples @ samples / max(1, samples.size)))


class NearEnd:
    """The near end of one visit. Both sides are mono PCM16 at 48 kHz, in frames of 20 ms."""

    def __init__(self) -> None:
        self._canceller, self._foreground = EchoCanceller(RATE_HZ), Foreground()
        self._far: deque[Samples] = deque(maxlen=MOST_AHEAD)
        """What was handed out and no frame of the microphone has met yet."""
        self._least_ahead, self._watched = MOST_AHEAD, 0
        self._since_sound = REACH_FRAMES + 1
        self._before: Samples | None = _SILENCE
        """The last frame, where it did not go through the canceller."""
        self._echoes = True
        """Assumed until the first utterance tells. Where nothing comes back the canceller rests: it costs half a
        millisecond a frame, and seconds until it lets a voice through at its full level."""
        self._lets_finish = False
        self._learned = 0
        """Frames of her speech that went through the canceller."""
        self._noise = 32_768.0
        self._sounded, self._loudest_played, self._loudest_heard = 0, 0.0, 0.0
        """Of the present utterance: frames of speech, and the levels of both sides until it was decided."""

    def played(self, pcm: bytes) -> None:
        """What the candidate is about to hear; shorter than a frame, or empty, where silence follows."""
        frame = _SILENCE
        if pcm:
            given = np.frombuffer(pcm, "<i2")[:FRAME_SAMPLES]
            frame = np.concatenate((given, _SILENCE[given.size :]))
        self._far.append(frame)

    def heard(self, pcm: bytes) -> bytes:
        """What the microphone sent, without Ema; 9 ms late where she may be in it, and untouched where she is not."""
        near, far = np.frombuffer(pcm, "<i2"), self._met()
        self._since_sound = 0 if far.max() >= AUDIBLE or far.min() <= -AUDIBLE else self._since_sound + 1
        if self._since_sound > REACH_FRAMES or near.size != FRAME_SAMPLES:
            self._noise = min(_level(near), self._noise * NOISE_RISE)
            self._sounded, self._loudest_played, self._loudest_heard = 0, 0.0, 0.0
            self._before = near
            return pcm
        if not self._echoes and self._sounded >= DECIDED_FRAMES:
            self._before = near
            return pcm
        if self._before is not None:
            # What the canceller still holds is from Ema's last sentence.
            self._canceller.process(self._before, _SILENCE)
            self._before = None
        # Also while nothing has come back so far: a canceller that was idle takes a candidate's first word for an echo.
        cleaned: Samples = self._canceller.process(near, far)
        played = _level(far)
        self._learned += played >= SOUNDING
        self._decide(near, played)
        return cleaned.tobytes() if self._echoes else pcm

    def in_front(self, dbfs: float) -> bool:
        """Whether the frame that was just `heard`, of this level, may be the candidate's: see `Foreground`.

        Nobody is, over the first words of a visit that come back: they would be taken for an interruption.
        """
        ema = self._since_sound <= REACH_FRAMES
        kept = self._foreground.keeps(dbfs, FRAME_SAMPLES / RATE_HZ, ema=ema)
        learning = self._echoes and self._learned < LEARNED_FRAMES
        return kept and not (ema and (self._lets_finish or learning))

    @property
    def faded(self) -> bool:
        """As of the frame that was asked about last: see `Foreground`."""
        return self._foreground.faded

    def let_ema_finish(self) -> None:
        """While she can be heard nobody is in front, until an utterance of hers brings no echo: with headphones."""
        self._lets_finish = True

    def _decide(self, near: Samples, played: float) -> None:
        """Once for each utterance of Ema's: did anything come back while she began it?"""
        if self._sounded >= DECIDED_FRAMES:
            return
        self._sounded += played >= SOUNDING
        self._loudest_played = max(self._loudest_played, played)
        self._loudest_heard = max(self._loudest_heard, _level(near))
        if self._sounded >= DECIDED_FRAMES:
            silence = max(OVER_NOISE * self._noise, UNDER_SPEECH * self._loudest_played)
            self._echoes = self._loudest_heard > silence
            self._lets_finish = self._lets_finish and self._echoes

    def _met(self) -> Samples:
        self._least_ahead = min(self._least_ahead, len(self._far))
        self._watched += 1
        if self._watched >= WATCHED_FRAMES:
            for _ in range(self._least_ahead - 1):
                self._far.popleft()
            self._least_ahead, self._watched = MOST_AHEAD, 0
        return self._far.popleft() if self._far else _SILENCE
