"""Which words of captions the second witness disputes: inventions, losses, changes, and words that were right.

    .venv/bin/python -m benchmarks.witness [--noise 15]

The clips are those of `benchmarks.ears`: synthetic voices, no recording of a person. The witness is the recogniser;
the vendor's captions are the script, with one thing wrong in each or with nothing wrong.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator

from benchmarks.ears import CLIPS, PIECE_BYTES, SKILLS, VOICES, clip
from services.core.report.witness import Overheard, compared
from services.core.talk.transcript import Speaker, Turn
from services.vendors.offline.recognition import WHISPER, Recognised, make

MS = 20_000
INVENTED = ("Cassandra", "in Oslo", "not", "forty percent", "with my team of nine", "twice", "without tests", "GraphQL")
SEED = 0

Wrong = tuple[str, int, int]
"""Captions with one thing wrong, and from where to where in them that stands; for a lost word, where it would stand."""


def invents(words: list[str], rng: random.Random) -> Wrong:
    at, new = rng.randrange(1, len(words)), rng.choice(INVENTED)
    before = " ".join(words[:at])
    return " ".join((before, new, *words[at:])), len(before) + 1, len(before) + 1 + len(new)


def drops(words: list[str], rng: random.Random) -> Wrong:
    """A word that weighs: a long one."""
    at = rng.choice([at for at, word in enumerate(words) if len(word) > 4 and at])
    before = " ".join(words[:at])
    return " ".join((before, *words[at + 1 :])), len(before) - 1, len(before) + 1  # at the end it has one neighbour


def changes(words: list[str], rng: random.Random) -> Wrong:
    at = rng.choice([at for at, word in enumerate(words) if len(word) > 4 and at])
    before, new = " ".join(words[:at]), rng.choice(INVENTED[:1] + INVENTED[-1:])
    return " ".join((before, new, *words[at + 1 :])), len(before) + 1, len(before) + 1 + len(new)


KINDS: dict[str, Callable[[list[str], random.Random], Wrong]] = {
    "invented": invents,
    "dropped": drops,
    "changed": changes,
}


def heard(noise_db: float | None) -> Iterator[tuple[str, Recognised]]:
    recogniser = make(WHISPER)()
    for voice in VOICES:
        for text in CLIPS:
            pcm = clip(text, voice, noise_db)
            recogniser.start(SKILLS)
            for start in range(0, len(pcm), PIECE_BYTES):
                recogniser.feed(pcm[start : start + PIECE_BYTES])
            yield text, recogniser.final()


def disputed(captions: str, words: Recognised) -> list[tuple[int, int]] | None:
    """None where the witness was not certain enough to be compared."""
    overheard = Overheard(0, MS, words.text, words.confidence)
    if not overheard.is_certain:
        return None
    (turn,) = compared([Turn("t1", Speaker.CANDIDATE, captions, 0, MS)], [overheard], [(0, MS)])
    return [(one.start, one.end) for one in turn.disputed]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--noise", type=float, help="dB by which speech is louder than the noise added to it")
    rng, right, grey, clips, sure, untouched = random.Random(SEED), 0, 0, 0, 0, 0
    found = {kind: [0, 0] for kind in KINDS}
    for text, words in heard(parser.parse_args().noise):
        clips += 1
        greyed = disputed(text, words)
        if greyed is None:
            continue
        sure += 1
        right += len(text.split())
        grey += sum(len(text[start:end].split()) for start, end in greyed)
        untouched += not greyed
        for kind, wrong in KINDS.items():
            captions, start, end = wrong(text.split(), rng)
            found[kind][0] += any(first < end and last > start for first, last in disputed(captions, words) or [])
            found[kind][1] += 1
    print(
        json.dumps(
            {
                "clips": clips,
                "compared": sure,
                "greyed when": {kind: f"{hits} of {of}" for kind, (hits, of) in found.items()},
                "right words greyed": f"{grey} of {right}",
                "right clips without grey": untouched,
            }
        )
    )


if __name__ == "__main__":
    main()
