"""Speech recognition on this machine: the seam to an engine, and the one process that hears all offline calls.

An engine may hold the interpreter for long stretches, so it never runs in the server.
`python -m services.vendors.offline.recognition ENGINE…` loads the first engine of its list that can be, reads framed
commands from standard input and writes one JSON line per text to standard output; it ends when its input does, which is
when its parent closes the pipe or dies. Words appear on that pipe alone. `transcriber` is the other end.
"""

from __future__ import annotations

import json
import os
import pkgutil
import struct
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, TextIO

RATE_HZ = 16_000
WHISPER = "services.vendors.offline.whisper:Whisper"
POCKETSPHINX = "services.vendors.offline.recognition:PocketSphinx"
"""The engine that is always there. Another one is named the same way, `module:callable`, and returns a `Recogniser`."""
PARTIAL_S = 0.4
"""Of audio between two looks at what was recognised so far."""

START, AUDIO, FINISH, LEAVE = b"S", b"A", b"F", b"L"
ASIDE = 32_768
"""Streams from this number on are heard aside: they get their turn while no other waits."""
BACKLOG_BYTES = 10 * RATE_HZ * 2
"""Ten seconds of a candidate's audio wait in the queue, and as much before the pipe; the rest goes unrecognised."""
MESSAGE_BYTES = 1024 * 1024
"""No command is longer, and no text is that long: whoever sends one is not who it was."""
_HEADER = struct.Struct("<cHI")
_PROBE_S = 2.0


@dataclass(frozen=True, slots=True)
class Recognised:
    text: str = field(default="", repr=False)
    """Empty: nothing could be made out."""
    confidence: float | None = None
    """0..1 where the engine has a meaningful one."""


class Recogniser(Protocol):
    """One candidate's utterances, in order. Calls may block; audio is PCM16 mono at `RATE_HZ`."""

    def start(self, prompt: str = "") -> None:
        """`prompt`: terms that are likely to be said."""

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

    def start(self, prompt: str = "") -> None:
        self._decoder.start_utt()

    def feed(self, pcm: bytes) -> None:
        self._decoder.process_raw(pcm, False, False)

    def partial(self) -> str:
        best = self._decoder.hyp()
        return best.hypstr if best else ""

    def final(self) -> Recognised:
        self._decoder.end_utt()
        return Recognised(self.partial())

    def probe(self, seconds: float) -> None:
        """Takes as long as an utterance of this length does."""
        self.start()
        self.feed(bytes(round(seconds * RATE_HZ) * 2))
        self.final()


def make(engine: str) -> Callable[[], Recogniser]:
    """What makes a recogniser for each candidate. Raises ImportError, AttributeError or ValueError for a name that
    leads nowhere."""
    maker: Callable[[], Recogniser] = pkgutil.resolve_name(engine)
    return maker


def first_of(engines: Sequence[str]) -> tuple[str, Callable[[], Recogniser]]:
    """The first engine that loads, by name. Raises what the last one raised."""
    for engine in engines[:-1]:
        try:
            maker = make(engine)
            maker()
            return engine, maker
        except Exception as error:  # noqa: BLE001 (whatever is wrong with an engine, the next one is used)
            print(f"{engine}: {error}", file=sys.stderr)
    maker = make(engines[-1])
    maker()
    return engines[-1], maker


def frame(kind: bytes, stream: int, payload: bytes = b"") -> bytes:
    """One command of the pipe: of the candidate `stream`, 0..65535."""
    return _HEADER.pack(kind, stream, len(payload)) + payload


class Queue:
    """Commands that wait, by candidate. Each gets one command done in turn; whoever waits for a final goes first.

    What is heard aside waits until nobody else does. More than `BACKLOG_BYTES` a candidate stay in the pipe, where the
    server sees that they wait.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[int, deque[tuple[bytes, bytes]]] = OrderedDict()
        self._finishing: set[int] = set()
        self._bytes = 0
        self._changed = threading.Condition()
        self._over = False

    def read(self, commands: BinaryIO) -> None:
        """Until they end; on a thread of its own, so that the pipe is read while the engine works."""
        for kind, stream, payload in _frames(commands):
            with self._changed:
                self._waiting.setdefault(stream, deque()).append((kind, payload))
                self._bytes += len(payload)
                if kind == FINISH:
                    self._finishing.add(stream)
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._bytes <= BACKLOG_BYTES * max(1, len(self._waiting)))
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[tuple[int, bytes, bytes]]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._over)
                if not self._waiting:
                    return
                stream = min(self._waiting, key=lambda one: (one >= ASIDE, one not in self._finishing))
                kind, payload = self._waiting[stream].popleft()
                self._bytes -= len(payload)
                if kind == FINISH:
                    self._finishing.discard(stream)
                if self._waiting[stream]:
                    self._waiting.move_to_end(stream)
                else:
                    del self._waiting[stream]
                self._changed.notify_all()
            yield stream, kind, payload


@dataclass
class _Stream:
    recogniser: Recogniser
    fed: int = 0
    shown: str = ""


def serve(maker: Callable[[], Recogniser], commands: BinaryIO, texts: TextIO) -> None:
    """Until `commands` ends. One line a text: `{"stream": n, "final": bool, "text": str, "confidence": number}`."""
    queue, streams = Queue(), dict[int, _Stream]()
    threading.Thread(target=queue.read, args=(commands,), daemon=True).start()
    for number, kind, payload in queue:
        if kind == LEAVE:
            streams.pop(number, None)
            continue
        stream = streams.get(number) or streams.setdefault(number, _Stream(maker()))
        if kind == START:
            stream.recogniser.start(payload.decode())
            stream.fed, stream.shown = 0, ""
        elif kind == FINISH:
            end = stream.recogniser.final()
            _write(texts, stream=number, final=True, text=end.text, confidence=end.confidence)
        else:
            stream.recogniser.feed(payload)
            stream.fed += len(payload)
            if stream.fed >= PARTIAL_S * RATE_HZ * 2:
                stream.fed = 0
                text = stream.recogniser.partial()
                if text != stream.shown:
                    stream.shown = text
                    _write(texts, stream=number, final=False, text=text, confidence=None)


def _frames(commands: BinaryIO) -> Iterator[tuple[bytes, int, bytes]]:
    """Until they end, or one is longer than any of ours."""
    while len(header := commands.read(_HEADER.size)) == _HEADER.size:
        kind, stream, size = _HEADER.unpack(header)
        if size > MESSAGE_BYTES:
            return
        yield kind, stream, commands.read(size)


def _write(texts: TextIO, **message: object) -> None:
    texts.write(json.dumps(message) + "\n")
    texts.flush()


def main() -> None:  # pragma: no cover - runs in the recogniser's process
    if hasattr(os, "nice"):
        os.nice(5)  # the calls of all candidates come before the captions of one
    texts = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # an engine that prints would garble the lines
    engine, maker = first_of(sys.argv[1:])
    _write(texts, engine=engine, probe_s=_probe(maker()))
    try:
        serve(maker, sys.stdin.buffer, texts)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # nobody is left to write to, and flushing at exit would complain


def _probe(recogniser: Recogniser) -> float:
    """Seconds that this machine takes, as busy as it is now, for one segment."""
    probe = getattr(recogniser, "probe", None)
    began = time.perf_counter()
    if probe is not None:
        probe(_PROBE_S)
    return time.perf_counter() - began


if __name__ == "__main__":  # pragma: no cover
    main()
