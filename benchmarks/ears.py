"""What the offline interviewer's engines understand, and what that costs: engines × voices × noise.

    .venv/bin/python -m benchmarks.ears [--noise 15] [--engines whisper,pocketsphinx]

Clips are made by synthesis in three voices; no recording of a person is used. Every engine runs in a process of its own
and is fed in pieces of 32 ms as fast as it takes them, so the processor's time is the measure and not the wall's.
*Final* is how long after the second of silence behind a clip its words would come, had the pieces come in real time.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from services.vendors.offline.recognition import POCKETSPHINX, RATE_HZ, WHISPER, make
from services.vendors.offline.synthesis import Voice, render, resampled

VOICES = (
    Voice("en-us+m3", words_per_minute=150, pitch=42, pitch_range=60),
    Voice("en-us+f2", words_per_minute=150, pitch=50, pitch_range=50),
    Voice("en-gb-scotland", words_per_minute=155, pitch=48, pitch_range=50),
)
CLIPS = (
    "We had a slow query in PostgreSQL, so I read the plan and added an index on customer and date.",
    "Our Kafka consumers were behind, and I added partitions and a circuit breaker.",
    "I moved the service to Kubernetes and wrote the Terraform modules myself.",
    "We kept sessions in Redis with a timeout of thirty minutes, and it was fast enough.",
    "I would split the monolith only where two teams wait for each other's deployment.",
    "The React page was slow, so we cached the API responses and measured it again.",
)
TERMS = (
    *("PostgreSQL", "index", "Kafka", "partitions", "circuit breaker", "Kubernetes", "Terraform", "Redis"),
    *("timeout", "monolith", "deployment", "React", "API"),
)
SKILLS = ", ".join(("PostgreSQL", "Kafka", "Kubernetes", "Terraform", "Redis", "React", "circuit breaker", "Python"))
ENGINES = {
    "whisper": (WHISPER, SKILLS),
    "whisper without skills": (WHISPER, ""),
    "pocketsphinx": (POCKETSPHINX, ""),
}
PIECE_BYTES = 1024
QUIET_S = 1.0


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.casefold())


def errors(said: list[str], heard: list[str]) -> int:
    """Words put in, left out or changed: the edit distance."""
    row = list(range(len(heard) + 1))
    for one in said:
        before, row[0] = row[0], row[0] + 1
        for at, other in enumerate(heard, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (one != other))
    return row[-1]


def clip(text: str, voice: Voice, noise_db: float | None) -> bytes:
    """With a second of silence behind; `noise_db` is how much louder than the noise the speech is."""
    pcm = resampled(render(text, voice), RATE_HZ) + bytes(round(QUIET_S * RATE_HZ) * 2)
    if noise_db is None:
        return pcm
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    loud = float(np.sqrt(np.mean(samples[np.abs(samples) > 150] ** 2)))
    noise = np.random.default_rng(0).normal(0, loud / 10 ** (noise_db / 20), len(samples))
    return np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes()


def took(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(engine: str, prompt: str, noise_db: float | None) -> dict[str, float]:
    """In this process."""
    recogniser = make(engine)()
    said_words = wrong = found = terms = 0
    seconds = cpu = 0.0
    finals: list[float] = []
    for voice in VOICES:
        for text in CLIPS:
            pcm = clip(text, voice, noise_db)
            began = time.process_time()
            recogniser.start(prompt)
            # As if each piece came when it was said: what is not done by then makes the next one late.
            done_s = 0.0
            for start in range(0, len(pcm), PIECE_BYTES):
                piece = pcm[start : start + PIECE_BYTES]
                done_s = max(done_s, (start + len(piece)) / 2 / RATE_HZ) + took(partial(recogniser.feed, piece))
            ended = time.perf_counter()
            heard = recogniser.final().text
            finals.append(done_s + time.perf_counter() - ended - len(pcm) / 2 / RATE_HZ)
            cpu += time.process_time() - began
            seconds += len(pcm) / 2 / RATE_HZ
            wrong += errors(words(text), words(heard))
            said_words += len(words(text))
            expected = [term for term in TERMS if term in text]
            terms += len(expected)
            found += sum(term.casefold() in heard.casefold() for term in expected)
    return {
        "error rate": round(wrong / said_words, 3),
        "terms right": found,
        "terms": terms,
        "cpu s per s of audio": round(cpu / seconds, 3),
        "final p50 ms": round(sorted(finals)[len(finals) // 2] * 1000),
        "final p95 ms": round(sorted(finals)[int(len(finals) * 0.95)] * 1000),
        "memory MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def rows(names: list[str], noise_db: float | None) -> Iterator[dict[str, object]]:
    for name in names:
        command = [sys.executable, "-m", "benchmarks.ears", "--one", name]
        command += [] if noise_db is None else ["--noise", str(noise_db)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        yield {"engine": name, "noise": noise_db, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--noise", type=float, help="dB by which speech is louder than the noise added to it")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(*ENGINES[arguments.one], arguments.noise)))
        return
    for row in rows(arguments.engines.split(","), arguments.noise):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
