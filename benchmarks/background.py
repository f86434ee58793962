"""Turns beside a television: when the end of an answer is noticed, with and without the foreground's ears.

    python -m benchmarks.background        # two minutes; needs espeak-ng, as the offline interviewer does
    python -m benchmarks.background --files DIR    # only writes the sounds, for `benchmarks/peers.py`

Ema asks, a synthesised candidate answers, she asks again, and they answer again; a second voice talks on through all of
it, or begins with the end of the first answer. Noise lies 46 and 34 dB below the candidate. The last part has no
television: there a candidate speaks softly, and what is left out of their words is a fault.
"""

from __future__ import annotations

import argparse
import functools
import json
import wave
from collections.abc import Iterator
from itertools import chain, cycle, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.core import audio
from services.core.plan.plan import Pace
from services.core.talk.endpointing import Endpointer
from services.core.talk.events import SpeechStarted, SpeechStopped
from services.core.talk.foreground import Foreground
from services.vendors.offline import synthesis
from services.vendors.offline.vad import RATE_HZ, VoiceActivity
from tests.speech import resampled

Signal = NDArray[np.float64]
FRAME = RATE_HZ // 50
LEVEL, NOISE = 3000.0, (15.0, 60.0)
BELOW_DB = (-10, -12, -15, -20, -30)
VOICES = tuple(
    synthesis.Voice(name, words_per_minute=words, pitch=pitch, pitch_range=extent)
    for name, words, pitch, extent in (
        ("en-us+f2", 150, 50, 50),
        ("en-us+m3", 170, 40, 70),
        ("en-us+f4", 140, 60, 40),
        ("en-us+m7", 130, 30, 30),
    )
)
ANSWER = (
    "I moved the ledger to another database because the old one was slow.",
    "We measured it first, and then we added an index on two columns.",
    "After that the double charges stopped within a day.",
    "My colleagues were not so sure at the beginning, but they agreed in the end.",
)
TELEVISION = (
    "The weather tomorrow will be cloudy with some rain in the north of the country.",
    "In other news the minister said today that the new bridge is going to be opened in spring.",
    "And now for the football results of this evening, with our reporter at the stadium.",
    "Thank you very much, it was a wonderful match in front of forty thousand people.",
)
PAUSES = (0.5, 0.9, 0.6, 0.0)
WHENS = {"all along": False, "from the first answer's end": True}
EMA_S, THINKS_S, LIMIT_S = 5.0, 0.7, 8.0
SOFT = ((0, -5, -3, -6), (3, -4, 0, -5), (0, 0, 0, -12), (0, -10, 0, -14), (0, -6, -12, -18), (6, -8, -8, -8))


@functools.cache
def said(text: str, voice: synthesis.Voice) -> Signal:
    pcm = resampled(synthesis.render(text, voice), synthesis.RATE_HZ, RATE_HZ)
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    return np.asarray(sound * LEVEL / np.sqrt(np.mean(sound[np.abs(sound) > 200] ** 2)))


def gap(seconds: float) -> Signal:
    return np.zeros(round(seconds * RATE_HZ))


def answer(voice: synthesis.Voice, gains_db: tuple[float, ...]) -> Signal:
    parts = (
        (said(text, voice) * 10 ** (db / 20), gap(s)) for text, db, s in zip(ANSWER, gains_db, PAUSES, strict=True)
    )
    return np.concatenate(list(chain.from_iterable(parts)))


def television(samples: int, voice: synthesis.Voice, rng: np.random.Generator) -> Signal:
    parts: list[Signal] = []
    for text in cycle(TELEVISION):
        parts += [said(text, voice) * 10 ** (rng.uniform(-2, 2) / 20), gap(rng.uniform(0.15, 0.7))]
        if sum(part.size for part in parts) >= samples:
            break
    return np.concatenate(parts)[:samples]


def write_wav(path: Path, sound: Signal, rate_hz: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.clip(sound, -32768, 32767).astype("<i2").tobytes())


def frames(sound: Signal) -> Iterator[bytes]:
    samples = np.clip(sound, -32768, 32767).astype("<i2")
    for at in range(0, samples.size - FRAME + 1, FRAME):
        yield samples[at : at + FRAME].tobytes()


def listened(sound: Signal) -> list[tuple[float, list[float]]]:
    """Of each frame, its level and the probabilities of speech: what both kinds of ears begin with."""
    activity = VoiceActivity()
    return [(audio.loudness(pcm), [frame.probability for frame in activity.frames(pcm)]) for pcm in frames(sound)]


class Hearing:
    """One call: Ema speaks at the beginning, and once more after the first turn that ends after `first_end_s`.

    What is left out counts as no speech.
    """

    def __init__(self, heard: list[tuple[float, list[float]]], first_end_s: float, *, gated: bool) -> None:
        foreground, endpointer = Foreground(), Endpointer(Pace.NORMAL)
        self.stopped: list[float] = []
        self.interrupted, self.left_out = 0, []
        ema = [(0.5, 0.5 + EMA_S)]
        for number, (level, probabilities) in enumerate(heard):
            at = number * FRAME / RATE_HZ
            speaks = any(begin <= at < end for begin, end in ema)
            kept = not gated or foreground.keeps(level, FRAME / RATE_HZ, ema=speaks)
            self.left_out.append(not kept)
            for probability in probabilities:
                event = endpointer.process(probability if kept else 0.0, 0.032)
                if isinstance(event, SpeechStarted):
                    self.interrupted += speaks and at > EMA_S + 1
                if isinstance(event, SpeechStopped):
                    self.stopped.append(at)
                    if at > first_end_s and len(ema) == 1:
                        ema.append((at + THINKS_S, at + THINKS_S + EMA_S))

    def after(self, end_s: float) -> float:
        """Seconds from the end of an answer until its turn ended; LIMIT_S when it did not."""
        return min((at - end_s for at in self.stopped if end_s - 0.3 < at < end_s + LIMIT_S), default=LIMIT_S)


def scenes(db: float, *, late: bool) -> Iterator[tuple[Signal, tuple[float, float]]]:
    """Sixteen microphones beside a television, and the seconds at which the two answers end."""
    rng = np.random.default_rng(5)
    for (number, voice), noise, _ in product(enumerate(VOICES), NOISE, range(2)):
        one, two = (answer(voice, tuple(rng.uniform(-3, 3, 4))) for _ in range(2))
        sound = np.concatenate([gap(6), one, gap(12), two, gap(8)])
        begins = gap(6).size + one.size if late else 0
        other = television(sound.size, VOICES[(number + 1) % 4], rng) * 10 ** (db / 20)
        other[: max(0, begins - RATE_HZ)] = 0
        ends = (6 + one.size / RATE_HZ, sound.size / RATE_HZ - 8)
        yield sound + other + rng.normal(0, noise, sound.size), ends


def beside_a_television(db: float, *, late: bool) -> Iterator[str]:
    """A row for open ears, and one for ours."""
    first: tuple[list[float], list[float]] = ([], [])
    second: tuple[list[float], list[float]] = ([], [])
    over_ema = [0, 0]
    for sound, ends in scenes(db, late=late):
        heard = listened(sound)
        for gated in (False, True):
            hearing = Hearing(heard, ends[0] - 0.3, gated=gated)
            first[gated].append(hearing.after(ends[0]))
            second[gated].append(hearing.after(ends[1]))
            over_ema[gated] += hearing.interrupted
    for gated, ears in ((False, "open"), (True, "ours")):
        yield f"{ears} | {_spread(first[gated])} | {_spread(second[gated])} | {over_ema[gated]}"


def write(files: Path) -> None:
    """Every scene as a WAV of 16 kHz, and when its answers end as JSON."""
    items = []
    for (when, late), db in product(WHENS.items(), BELOW_DB):
        for number, (sound, ends) in enumerate(scenes(db, late=late)):
            name = f"background_{late}_{db}_{number}.wav"
            write_wav(files / name, sound, RATE_HZ)
            items.append({"file": name, "when": when, "db": db, "ends": ends})
    (files / "background.json").write_text(json.dumps(items))


def _spread(values: list[float]) -> str:
    ended = [value for value in values if value < LIMIT_S]
    if not ended:
        return f"- | {len(values)}"
    return f"{np.percentile(ended, 50):.1f} / {np.percentile(ended, 95):.1f} | {len(values) - len(ended)}"


def softly_in_a_quiet_room(gains_db: tuple[float, ...]) -> str:
    rng, lost = np.random.default_rng(5), []
    for voice in VOICES:
        one = answer(voice, gains_db)
        sound = np.concatenate([gap(6), one, gap(9), answer(voice, (-12,) * 4), gap(2)])
        heard = Hearing(listened(sound + rng.normal(0, NOISE[0], sound.size)), 6 + one.size / RATE_HZ - 0.3, gated=True)
        own = [audio.loudness(pcm) > -50 for pcm in frames(sound)]
        lost.append(sum(left and spoke for left, spoke in zip(heard.left_out, own, strict=True)) / sum(own))
    return f"{100 * np.mean(lost):.0f} | {100 * max(lost):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=Path)
    if files := parser.parse_args().files:
        return write(files)
    print(
        "| television | dB | ears | first turn s p50 / p95 | never | second | never | over Ema |\n" + "|---" * 8 + "|"
    )
    for (when, late), db in product(WHENS.items(), BELOW_DB):
        for row in beside_a_television(db, late=late):
            print(f"| {when} | {db} | {row} |", flush=True)
    print("\n| gain of each sentence, dB | left out %, mean | most |\n|---|---|---|")
    for gains in SOFT:
        print(f"| {', '.join(map(str, gains))} | {softly_in_a_quiet_room(gains)} |", flush=True)


if __name__ == "__main__":
    main()
