"""Ema's voice in the microphone: how often she interrupts herself, and how many real interruptions go unheard.

    python -m benchmarks.echoes          # two minutes; needs espeak-ng, as the offline interviewer does
    python -m benchmarks.echoes --files DIR    # only writes what the microphone hears, for `benchmarks/peers.py`

Her voice comes back through a room of 0.3 s, at three levels and after three delays; the first seconds of a visit, in
which the canceller settles, are counted apart. Then somebody speaks over her every few seconds: four voices, as loud as
she is and 6 dB below. An interruption is heard when a turn begins between the first word and half a second after the
last. *Open* is the microphone as it came.
"""

from __future__ import annotations

import argparse
import json
from itertools import cycle, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.background import VOICES, write_wav
from services.core import audio
from services.core.plan.plan import Pace
from services.core.talk.endpointing import Endpointer
from services.core.talk.events import SpeechStarted
from services.media.echo import FRAME_SAMPLES, RATE_HZ, NearEnd
from services.vendors.offline import synthesis
from services.vendors.offline.vad import VoiceActivity
from tests.media.test_echo import SETTLING_S, frames, returned, signal
from tests.speech import resampled

Signal = NDArray[np.float64]
LEVELS_DB, DELAYS_S = (-6, -16, -30), (0.04, 0.18, 0.4)
MINUTE_S = 60.0
ASKS = (
    "Thank you. Tell me about a decision you took on your platform, and what it cost you in the end.",
    "How did you find out that the queue was the bottleneck, and what would you measure today?",
    "You said that you moved the ledger. Which failures did you expect, and which of them came?",
)
INTERRUPTS = (
    "Sorry, can I ask something about the question?",
    "Could you say that again, please?",
    "Wait, I was not finished.",
    "Yes, we had exactly that problem.",
)
EVERY_S, ANSWERED_S = 7.0, 0.5


def said(text: str, voice: synthesis.Voice | None = None) -> Signal:
    pcm = synthesis.render(text, voice) if voice else synthesis.render(text)
    return signal(resampled(pcm, synthesis.RATE_HZ, RATE_HZ))


def ema() -> Signal:
    """A minute of her, with half a second between two sentences."""
    parts: list[Signal] = []
    for text in cycle([said(text) for text in ASKS]):
        parts += [text, np.zeros(RATE_HZ // 2)]
        if sum(part.size for part in parts) > MINUTE_S * RATE_HZ:
            return np.concatenate([np.zeros(RATE_HZ // 2), *parts])[: round(MINUTE_S * RATE_HZ)]
    raise AssertionError


def starts(played: Signal, heard: Signal, *, ours: bool) -> list[float]:
    """Seconds at which a turn began. A turn is over at once, so that every interruption counts."""
    near_end, activity, endpointer, found = NearEnd(), VoiceActivity(), Endpointer(Pace.BRISK), []
    for number, (out, back) in enumerate(zip(frames(played), frames(heard), strict=True)):
        pcm = back
        if ours:
            near_end.played(out)
            pcm = near_end.heard(back)
            loudness = min(audio.loudness(back), audio.loudness(pcm))
            pcm = pcm if near_end.in_front(loudness) else bytes(len(pcm))
        third = np.frombuffer(pcm, "<i2").reshape(-1, 3).mean(axis=1).astype("<i2").tobytes()
        events = [endpointer.process(frame.probability, 0.032) for frame in activity.frames(third)]
        found += [number * FRAME_SAMPLES / RATE_HZ for event in events if isinstance(event, SpeechStarted)]
    return found


def interruptions(heard: Signal, gain_db: float) -> list[tuple[float, float]]:
    """Adds them to what is heard; when each begins and ends."""
    spans: list[tuple[float, float]] = []
    texts = cycle(INTERRUPTS)
    at = SETTLING_S + 2.0
    for voice in cycle(VOICES):
        sound = said(next(texts), voice) * 10 ** (gain_db / 20)
        begin = round(at * RATE_HZ)
        if begin + sound.size > heard.size:
            return spans
        heard[begin : begin + sound.size] += sound
        spans.append((at, at + sound.size / RATE_HZ))
        at += EVERY_S
    raise AssertionError


def write(files: Path) -> None:
    """Every microphone of the table as a WAV of 16 kHz, and what is in each as JSON."""
    played, items = ema(), []
    for db, delay_s, gain_db in product(LEVELS_DB, DELAYS_S, (None, 0.0, -6.0)):
        heard = returned(played, db, delay_s)
        spans = [] if gain_db is None else interruptions(heard, gain_db)
        name = f"echo{db}_{delay_s}_{gain_db}.wav"
        write_wav(files / name, heard.reshape(-1, 3).mean(axis=1), RATE_HZ // 3)
        items.append(
            {"file": name, "db": db, "delay_ms": 1000 * delay_s, "interrupted": spans, "seconds": heard.size / RATE_HZ}
        )
    (files / "echoes.json").write_text(json.dumps(items))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=Path)
    if files := parser.parse_args().files:
        return write(files)
    played = ema()
    print("| echo dB | delay ms | ears | false a minute | in the first seconds | missed | of | delay ms, p50 / p95 |")
    print("|---" * 8 + "|")
    for db, delay_s, ours in product(LEVELS_DB, DELAYS_S, (False, True)):
        alone = starts(played, returned(played, db, delay_s), ours=ours)
        early = sum(at < 0.5 + SETTLING_S for at in alone)
        rate = (len(alone) - early) * 60 / (MINUTE_S - SETTLING_S)
        missed, delays = 0, []
        for gain_db in (0.0, -6.0) if ours else ():
            heard = returned(played, db, delay_s)
            spans = interruptions(heard, gain_db)
            found = starts(played, heard, ours=ours)
            for begin, end in spans:
                first = next((at for at in found if begin <= at <= end + ANSWERED_S), None)
                missed += first is None
                delays += [] if first is None else [1000 * (first - begin)]
        spread = f"{np.percentile(delays, 50):.0f} / {np.percentile(delays, 95):.0f}" if delays else "-"
        of = missed + len(delays)
        ears = "ours" if ours else "open"
        print(
            f"| {db} | {1000 * delay_s:.0f} | {ears} | {rate:.1f} | {early} | {missed} | {of} | {spread} |", flush=True
        )


if __name__ == "__main__":
    main()
