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

from services.core.talk.foreground import LEAST_DBFS, Foreground

RATE_HZ = 48_000
FRAME_SAMPLES = RATE_HZ // 50
REACH_FRAMES, FURTHEST_FRAMES = 35, 150
"""Frames (0.7 s) after Ema's last sound in which it may still come back; then nothing is left to cancel. A browser that
is short of time hoards what it receives: where her sound was seen to take longer, it is waited for, 3 s at most."""
TAIL_FRAMES = 15
"""Frames (0.3 s) a room goes on sounding."""
MOST_AHEAD = 10
"""Frames of the playout kept while the microphone sends nothing: an older one can no longer come back."""
WATCHED_FRAMES = 50
"""Frames (1 s) for which the playout must be ahead before that counts as more than jitter."""
AUDIBLE = 4
"""Sample from which a frame of the playout can be heard anywhere."""
SOUNDING = 300.0
"""Root mean square from which a frame of the playout is speech rather than a breath."""
DECIDED_FRAMES = 30
"""Frames of speech (0.6 s) in one utterance, after which its echo would have come back. Where an utterance before did
come back, the next one is given the whole reach."""
LEARNED_FRAMES = 150
"""Frames of speech (3 s) of a visit, after which the canceller knows the room; until then syllables get through."""
OVER_NOISE, UNDER_SPEECH = 2.0, 0.01
"""An echo is twice (6 dB) what the room sounds like by itself, or a hundredth (-40 dB) of what was played."""
NOISE_RISE = 1.01
"""Factor by which the estimate of the room's noise rises with each frame that is not quieter: 4 dB in a second."""

OVER_ECHO = 2.0
"""Factor (6 dB) over the loudest beginning of an echo, from which it is somebody's voice."""
LEAKED_FRAMES, FAINT = 8, 60.0
"""Frames (160 ms) that got through the canceller, louder than a breath (-55 dBFS): with so much of it a turn begins."""

Samples = NDArray[np.int16]
_SILENCE = np.zeros(FRAME_SAMPLES, np.int16)


def _level(frame: Samples) -> float:
    samples = frame.astype(np.float32)
    return float(np.sqrt(samples @ samples / max(1, samples.size)))


class _Echo:
    """What comes back of one utterance of Ema's."""

    def __init__(self) -> None:
        self._frames = self._spoken = 0
        """Since its first speech, and of these with speech in them."""
        self._loudest_played = self._loudest_heard = 0.0
        self.late: int | None = None
        """Frames from its first speech until something was heard."""
        self.there: bool | None = None
        """None until it is known."""
        self._leaked = 0
        self._louder = False
        """Something was heard over her that is too loud for an echo."""

    @property
    def opening(self) -> float:
        """The loudest that was heard before it was known whether it comes back."""
        return self._loudest_heard

    def take(self, played: float, heard: float, noise: float, reach: int) -> None:
        """The next frame's levels. That nothing comes back is known after `reach` frames, and not before."""
        if self.there is not None:
            return
        self._spoken += played >= SOUNDING
        self._frames += self._spoken > 0
        self._loudest_played = max(self._loudest_played, played)
        self._loudest_heard = max(self._loudest_heard, heard)
        came_back = self._loudest_heard > max(OVER_NOISE * noise, UNDER_SPEECH * self._loudest_played)
        if came_back and self.late is None:
            self.late = self._frames
        if self._spoken >= DECIDED_FRAMES and (came_back or self._frames >= reach):
            self.there = came_back

    def leak(self, heard: float, left: float, loudest_echo: float, noise: float) -> bool:
        """Whether so much of it passed the canceller by now as begins a turn. `left`: level after the canceller."""
        self._louder = self._louder or heard > OVER_ECHO * loudest_echo > 0
        self._leaked = max(0, self._leaked + (1 if left > OVER_NOISE * max(noise, FAINT) else -1))
        return self._leaked >= LEAKED_FRAMES and loudest_echo > 0 and not self._louder


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
        self._echoes: bool | None = None
        """Whether the last utterance came back; assumed until the first one tells. Where nothing does the canceller
        rests: it costs half a millisecond a frame, and seconds until it lets a voice through at its full level."""
        self._reach = REACH_FRAMES
        self._echo = _Echo()
        self._loudest_echo = 0.0
        """Of all beginnings since one was without an echo."""
        self.leaks = False
        """As of the last frame, what is heard over Ema is no louder than her echo, and begins a turn all the same."""
        self._lets_finish = False
        self._learned = 0
        """Frames of her speech that went through the canceller."""
        self._noise = 32_768.0

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
        if self._since_sound > self._reach or near.size != FRAME_SAMPLES:
            self._noise = min(_level(near), self._noise * NOISE_RISE)
            self._echo, self.leaks = _Echo(), False
            self._before = near
            return pcm
        if self._echo.there is False:
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
        leaks = self._echo.leak(_level(near), _level(cleaned), self._loudest_echo, self._noise)
        self.leaks = leaks and self._knows_the_room
        return pcm if self._echoes is False else cleaned.tobytes()

    def in_front(self, dbfs: float, uncancelled: float = LEAST_DBFS) -> bool:
        """Whether the frame that was just `heard`, of this level, may be the candidate's: see `Foreground`.

        Nobody is, over the first words of a visit that come back: they would be taken for an interruption.
        """
        ema = self._since_sound <= self._reach
        kept = self._foreground.keeps(dbfs, FRAME_SAMPLES / RATE_HZ, ema=ema, uncancelled=uncancelled)
        learning = self._echoes is not False and not self._knows_the_room
        return kept and not (ema and (self._lets_finish or learning))

    @property
    def _knows_the_room(self) -> bool:
        return self._learned >= LEARNED_FRAMES

    @property
    def faded(self) -> bool:
        """As of the frame that was asked about last: see `Foreground`."""
        return self._foreground.faded

    @property
    def unheeding(self) -> bool:
        """The same."""
        return self._foreground.unheeding

    def let_ema_finish(self) -> None:
        """While she can be heard nobody is in front, until an utterance of hers brings no echo: with headphones."""
        self._lets_finish = self._echoes = True

    def _decide(self, near: Samples, played: float) -> None:
        """Once for each utterance of Ema's: did anything come back while she began it?"""
        known = self._echo.there is not None
        self._echo.take(played, _level(near), self._noise, FURTHEST_FRAMES if self._echoes else DECIDED_FRAMES)
        if known or self._echo.there is None:
            return
        self._echoes = self._echo.there
        self._reach = REACH_FRAMES
        self._loudest_echo = max(self._loudest_echo, self._echo.opening) if self._echoes else 0.0
        if self._echoes and self._echo.late is not None:
            self._reach = min(FURTHEST_FRAMES, max(REACH_FRAMES, self._echo.late + TAIL_FRAMES))
        self._lets_finish = self._lets_finish and self._echoes

    def _met(self) -> Samples:
        self._least_ahead = min(self._least_ahead, len(self._far))
        self._watched += 1
        if self._watched >= WATCHED_FRAMES:
            for _ in range(self._least_ahead - 1):
                self._far.popleft()
            self._least_ahead, self._watched = MOST_AHEAD, 0
        return self._far.popleft() if self._far else _SILENCE
