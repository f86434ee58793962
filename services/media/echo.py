"""Whose voice it is: finds Ema's own playout in the microphone, so that a loudspeaker never interrupts her.

The browser cancels echo where it can. What is left is recognised here by correlation with what was just played: a fixed
delay of the room and the devices, and a fixed loss. Sound above what that predicts is somebody in the room.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

DECIMATION = 6
"""48 kHz to 8 kHz: where voices are, at a sixth of the work."""
FRAME = 160
WINDOW = 20
"""Frames of the microphone that are compared at once: 400 ms."""
REACH = 25
"""Frames by which an echo may come late: 500 ms."""
EVERY = 5
"""Frames between two comparisons."""
SURE = 0.5
"""Correlation of an echo that is little disturbed."""
LIKELY = 0.25
"""Correlation that counts when the same delay was found before: chance finds another delay each time."""
UNIQUE = FRAME
"""Samples (20 ms) around a delay in which a voice resembles itself, by its pitch."""
STANDS_OUT = 0.9
"""Times the likeness of the best delay, beyond which another one is as good and neither is believed."""
SAME_DELAY = 4 * FRAME // 5
"""Samples (16 ms) by which two delays may differ and be the same."""
MARGIN = 4.0
"""Power by which (6 dB) a sound must exceed the expected echo to be somebody's voice."""
TAIL = 8
"""Frames for which a room goes on sounding."""
HANG = 15
"""Frames for which a voice that was noticed passes, so that no syllable is lost."""
FEWEST = 12
"""Frames (240 ms) with which the first comparison is made."""
MISSES = 4
"""Comparisons in a row that find no echo in a sound, after which there is none any more: headphones."""
UNDECIDED = 40
"""Frames from Ema's first sound of a call (0.8 s) in which nothing interrupts her: no echo could be found yet."""
QUIET = 30.0**2
"""Mean square (of 16 bit samples, -61 dBFS) below which a frame interrupts nobody."""

Samples = NDArray[np.float32]


def _decimated(pcm: bytes) -> Samples:
    """One frame at 8 kHz, mono; what is missing is silence."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    channels = 2 if samples.size > FRAME * DECIMATION else 1
    frame = np.zeros(FRAME * DECIMATION * channels, np.float32)
    frame[: min(samples.size, frame.size)] = samples[: frame.size]
    return frame.reshape(FRAME, DECIMATION * channels).mean(axis=1)


class EchoGate:
    """One call's; both sides are told frame by frame, 20 ms each at 48 kHz."""

    def __init__(self) -> None:
        self._played: deque[Samples] = deque([np.zeros(FRAME, np.float32)] * (WINDOW + REACH), maxlen=WINDOW + REACH)
        self._power: deque[float] = deque([0.0] * (WINDOW + REACH), maxlen=WINDOW + REACH)
        self._heard: deque[Samples] = deque(maxlen=WINDOW)
        self._since_compared = self._hang = 0
        self._delay: int | None = None
        """In samples at 8 kHz."""
        self._last_delay = 0
        self._misses = self._sounded = 0
        self._loss = 0.0
        """Power of the echo over the power that was played."""

    def played(self, pcm: bytes) -> None:
        """What was handed out in these 20 ms; shorter, or empty, where silence followed."""
        frame = _decimated(pcm) if pcm else np.zeros(FRAME, np.float32)
        self._played.append(frame)
        self._power.append(float(frame @ frame) / FRAME)
        self._sounded += self._sounded > 0 or self._power[-1] > QUIET

    def is_echo(self, pcm: bytes) -> bool:
        """Whether this frame of the microphone holds no more than what comes back of the playout."""
        if not any(self._power):
            self._heard.clear()
            return False
        frame = _decimated(pcm)
        power = float(frame @ frame) / FRAME
        self._heard.append(frame)
        self._since_compared += 1
        if len(self._heard) >= FEWEST and self._since_compared >= EVERY and power > QUIET:
            self._since_compared = 0
            self._compare()
        if power <= QUIET:
            return False
        if self._delay is None:
            return self._sounded < UNDECIDED
        if power > MARGIN * self._expected():
            self._hang = HANG
        self._hang = max(0, self._hang - 1)
        return self._hang == 0

    def _expected(self) -> float:
        """Power of the echo in the present frame, its room's tail included."""
        late = (self._delay or 0) // FRAME
        powers = list(self._power)[::-1]
        return self._loss * max(powers[max(0, late - 2) : late + TAIL], default=0.0)

    def _compare(self) -> None:
        heard, played = np.concatenate(self._heard), np.concatenate(self._played)
        size = 1 << (played.size - 1).bit_length()
        product = np.fft.irfft(np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size)), size)
        places = played.size - heard.size + 1
        energy = np.concatenate(([0.0], np.cumsum(np.square(played, dtype=np.float64))))
        windows = energy[heard.size :] - energy[:places]
        # Only what sounded can come back, and only within reach; correlation with silence is noise over nothing.
        possible = (windows > QUIET * heard.size) & (np.arange(places) >= places - 1 - REACH * FRAME)
        alike = np.where(possible, np.abs(product[:places]) / np.sqrt(windows * float(heard @ heard) + 1.0), 0.0)
        best = int(np.argmax(alike))
        delay, likeness = places - 1 - best, float(alike[best])
        again = abs(delay - self._last_delay) <= SAME_DELAY
        self._last_delay = delay
        # A tone is like itself at every period: only a delay that stands out is one.
        alike[max(0, best - UNIQUE) : best + UNIQUE] = 0.0
        if float(alike.max()) > STANDS_OUT * likeness:
            return
        if likeness < LIKELY or not (again or likeness >= SURE):
            self._misses += 1
            if self._misses >= MISSES:
                self._delay = None
            return
        self._misses = 0
        loss = float(heard @ heard) / max(1.0, float(windows[best]))
        if self._delay is None or abs(delay - self._delay) > SAME_DELAY:
            self._delay, self._loss = delay, loss
        else:
            # Somebody who speaks over the echo makes it seem louder: the least is believed, and forgotten slowly.
            self._loss = min(loss, self._loss * 1.1)
