"""Speech recognition on this machine: the seam to an engine, and the process an engine runs in.

An engine may hold the interpreter for long stretches, so it never runs in the server.
`python -m services.vendors.offline.recognition ENGINE` reads framed commands from standard input and writes one JSON
line per text to standard output; it ends when its input does, which is when its parent closes the pipe or dies. Words
appear on that pipe alone. `services.vendors.offline.transcriber` is the other end.
"""

from __future__ import annotations

import json
import os
import pkgutil
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, TextIO

RATE_HZ = 16_000
POCKETSPHINX = "services.vendors.offline.recognition:PocketSphinx"
"""The engine that is always there. Another one is named the same way, `module:callable`, and returns a `Recogniser`."""
PARTIAL_S = 0.4
"""Of audio between two looks at what was recognised so far."""

START, AUDIO, FINISH = b"S", b"A", b"F"
_HEADER = struct.Struct("<cI")


@dataclass(frozen=True, slots=True)
class Recognised:
    text: str = field(default="", repr=False)
    """Empty: nothing could be made out."""
    confidence: float | None = None
    """0..1 where the engine has a meaningful one."""


class Recogniser(Protocol):
    """One stream of utterances, in order. Calls may block; audio is PCM16 mono at `RATE_HZ`."""

    def start(self) -> None: ...

    def feed(self, pcm: bytes) -> None: ...

    def partial(self) -> str:
        """What was recognised of this utterance so far; may change later."""

    def final(self) -> Recognised:
        """Ends the utterance."""


class PocketSphinx:
    """Small, quick and rough; loads in 0.3 s and needs 0.1 s for a second of speech.

    Chosen by measurement on synthetic answers: without the second (flat lexicon) pass the end of an utterance takes
    6 ms instead of 600 and its words are no worse; 3000 active HMMs a frame cost a third less than no limit; a cepstral
    mean of 50, nearer to the level of a microphone than the model's 40, brought the word error rate of a candidate's
    first sentence from 0.59 to 0.42. It adapts from there.
    """

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        # The path probability it gives is 0 or 1 whatever was said: there is no confidence to pass on.
        self._decoder = Decoder(
            samprate=RATE_HZ, loglevel="FATAL", fwdflat=False, maxhmmpf=3000, maxwpf=10, cmninit="50"
        )

    def start(self) -> None:
        self._decoder.start_utt()

    def feed(self, pcm: bytes) -> None:
        self._decoder.process_raw(pcm, False, False)

    def partial(self) -> str:
        best = self._decoder.hyp()
        return best.hypstr if best else ""

    def final(self) -> Recognised:
        self._decoder.end_utt()
        return Recognised(self.partial())


def make(engine: str) -> Recogniser:
    """Raises ImportError, AttributeError or ValueError for a name that leads nowhere."""
    recogniser: Recogniser = pkgutil.resolve_name(engine)()
    return recogniser


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """One command of the pipe."""
    return _HEADER.pack(kind, len(payload)) + payload


def serve(recogniser: Recogniser, commands: BinaryIO, texts: TextIO) -> None:
    """Until `commands` ends. One line a text: `{"final": bool, "text": str, "confidence": number or null}`."""
    fed, shown = 0, ""
    for kind, payload in _frames(commands):
        if kind == START:
            recogniser.start()
            fed, shown = 0, ""
        elif kind == FINISH:
            end = recogniser.final()
            _write(texts, end.text, end.confidence, final=True)
        else:
            recogniser.feed(payload)
            fed += len(payload)
            if fed >= PARTIAL_S * RATE_HZ * 2:
                fed = 0
                text = recogniser.partial()
                if text != shown:
                    shown = text
                    _write(texts, text, None, final=False)


def _frames(commands: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while len(header := commands.read(_HEADER.size)) == _HEADER.size:
        kind, size = _HEADER.unpack(header)
        yield kind, commands.read(size)


def _write(texts: TextIO, text: str, confidence: float | None, *, final: bool) -> None:
    texts.write(json.dumps({"final": final, "text": text, "confidence": confidence}) + "\n")
    texts.flush()


def main() -> None:  # pragma: no cover - runs in the recogniser's process
    if hasattr(os, "nice"):
        os.nice(5)  # the calls of all candidates come before the captions of one
    texts = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # an engine that prints would garble the lines
    try:
        serve(make(sys.argv[1]), sys.stdin.buffer, texts)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # nobody is left to write to, and flushing at exit would complain


if __name__ == "__main__":  # pragma: no cover
    main()
