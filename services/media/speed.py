"""How quick this machine is with audio."""

from __future__ import annotations

import math
import random
import time
from array import array

from services.media.aiortc_mends import RATE_HZ
from services.media.tracks import FRAME_BYTES, FRAME_SAMPLES, Playout

FRAMES, ROUNDS = 40, 5


def encoding_s() -> float:
    """Processor seconds that a frame of 20 ms takes to encode as Ema's are: the quickest of a few rounds, which what
    else the machine does has disturbed least. Blocks for 50 ms or so."""
    frames, playout = [_voiced(number) for number in range(FRAMES)], Playout()
    rounds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for frame in frames:
            playout.encode(frame)
        rounds.append((time.thread_time() - began) / FRAMES)
    return min(rounds)


def _voiced(number: int) -> bytes:
    """A vowel of a kind: a tone, its overtone, and breath."""
    dice, at = random.Random(number), number * FRAME_SAMPLES
    hum = (math.sin(2 * math.pi * 140 * (at + n) / RATE_HZ) for n in range(FRAME_SAMPLES))
    pcm = array("h", (int(6000 * one + 2000 * one * one + dice.uniform(-300, 300)) for one in hum)).tobytes()
    assert len(pcm) == FRAME_BYTES
    return pcm
