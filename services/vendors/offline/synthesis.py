"""Ema's offline voice: text to PCM with espeak-ng, in this process and without a network.

espeak-ng keeps global state, so every call into it runs on one thread of its own. A sentence of 8 s takes about 5 ms
there, with the interpreter free (measured on two cores).
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE_HZ = 22_050
"""espeak-ng's own."""
PAUSE_MS = 250
"""Silence after a sentence."""
FADE_MS = 12
"""Kept of the quiet before and after speech, which is where a word's first and last breath is."""
LEVEL_DBFS = -19.0
"""Of the voiced parts; about what the hosted voices have."""
PEAK = 0.84
"""Of full scale (-1.5 dBFS); a sentence that would exceed it is made quieter instead."""
SILENCE = 150
"""Sample values below this are no speech."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An espeak-ng voice and its prosody."""

    name: str
    words_per_minute: int
    pitch: int
    """0..100"""
    pitch_range: int
    """0..100; 50 is espeak-ng's own, more is livelier."""


EMA = Voice("en-us+f5", words_per_minute=160, pitch=50, pitch_range=60)
"""Of fourteen American voices the one that an independent recogniser understood best: word error rate 0.36 on six
questions, where f2 has 0.43, f3 0.62 and the plain voice 0.68. From 150 to 170 words a minute changes nothing."""

_SPOKEN = {
    "Ema": "Emma",
    "PostgreSQL": "post-gress",
    "Postgres": "post-gress",
    "SQLite": "S Q L light",
    "NoSQL": "no S Q L",
    "MySQL": "my S Q L",
    "CI/CD": "C I C D",
    "TCP/IP": "T C P I P",
    "gRPC": "G R P C",
    "nginx": "engine X",
    "AWS": "A W S",
    "EKS": "E K S",
    "ETL": "E T L",
    "SLO": "S L O",
    "SLOs": "S L O's",
    "SLI": "S L I",
    "SLIs": "S L I's",
    "SRE": "S R E",
    "UX": "U X",
    "UI": "U I",
    "IoT": "I O T",
    "JSON": "jason",
    "Redis": "reddis",
    "NumPy": "num pie",
    "k8s": "kubernetes",
    "C#": "C sharp",
    ".NET": "dot net",
    "/": " or ",
}
"""Where espeak-ng 1.52 reads a term of the trade wrongly (checked against its phonemes), how to write it instead."""


async def synthesise(text: str, voice: Voice = EMA) -> bytes:
    """PCM16 mono at `RATE_HZ`, evenly loud, no click at either end, a pause behind; empty where nothing is to be said.

    Raises OSError when the engine does not start.
    """
    return await asyncio.get_running_loop().run_in_executor(_thread(), render, text, voice)


def prepare() -> None:
    """Starts the engine, from any thread but the loop's. Raises OSError when it does not start."""
    _thread().submit(render, "Hello.").result()


def render(text: str, voice: Voice = EMA) -> bytes:
    """`synthesise` on the calling thread, which has to be the only one that does so."""
    return finish(_engine().speak(spoken(text), voice))


def resampled(pcm: bytes, rate_hz: int, from_hz: int = RATE_HZ) -> bytes:
    """What `synthesise` made, at another rate. Linear: good enough for speech that a machine listens to."""
    if rate_hz == from_hz:
        return pcm
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    at = np.arange(len(samples) * rate_hz // from_hz) * (from_hz / rate_hz)
    return bytes(np.interp(at, np.arange(len(samples)), samples).astype("<i2").tobytes())


class Espeak:
    """Ema's own voice, as quick as anybody needs it. Obeys `services.vendors.offline.speaker.Mouth`."""

    name = "espeak-ng"

    async def synthesise(self, text: str) -> bytes:
        return await synthesise(text)

    def ahead(self, texts: Iterable[str]) -> None:
        """There is no need to."""


@functools.cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="espeak")


@functools.cache
def _engine() -> _Engine:
    return _Engine()


def spoken(text: str) -> str:
    """The text as its terms of the trade are to be pronounced."""

    def replace(match: re.Match[str]) -> str:
        return _SPOKEN[match[0]]

    return _term().sub(replace, text)


@functools.cache
def _term() -> re.Pattern[str]:
    words = sorted((re.escape(term) for term in _SPOKEN if len(term) > 1), key=len, reverse=True)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(words)})(?!\w)|(?<=\w)/(?=\w)")


def finish(pcm: bytes) -> bytes:
    """Cut silence at both ends, bring speech to `LEVEL_DBFS`, fade the ends, append the pause."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    voiced = np.flatnonzero(np.abs(samples) > SILENCE / 32768)
    if not voiced.size:
        return b""
    pause = np.zeros(RATE_HZ * PAUSE_MS // 1000, np.float32)
    fade = RATE_HZ * FADE_MS // 1000
    speech = samples[max(voiced[0] - fade, 0) : voiced[-1] + fade]
    loud = speech[np.abs(speech) > SILENCE / 32768]
    gain = min(10 ** (LEVEL_DBFS / 20) / float(np.sqrt(np.mean(loud**2))), PEAK / float(np.max(np.abs(speech))))
    ramp = np.linspace(0, 1, fade, dtype=np.float32)[: speech.size]
    speech = speech * gain
    speech[: ramp.size] *= ramp
    speech[-ramp.size :] *= ramp[::-1]
    return (np.concatenate([speech, pause]) * 32767).astype("<i2").tobytes()


class _Engine:
    """libespeak-ng through ctypes, which releases the interpreter while C runs. Constants are `speak_lib.h`'s."""

    _AUDIO_OUTPUT_SYNCHRONOUS = 2
    _INITIALIZE_DONT_EXIT = 0x8000
    _CHARS_UTF8 = 1
    _RATE, _PITCH, _RANGE = 1, 3, 4

    def __init__(self) -> None:
        import espeakng_loader

        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        # The library wants the folder that holds espeak-ng-data.
        home = str(Path(espeakng_loader.get_data_path()).parent).encode()
        rate = self._lib.espeak_Initialize(self._AUDIO_OUTPUT_SYNCHRONOUS, 0, home, self._INITIALIZE_DONT_EXIT)
        if rate != RATE_HZ:
            raise OSError(f"espeak-ng did not start as expected (returned {rate})")
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._pieces: list[bytes] = []
        self._callback = kind(self._take)  # C keeps the pointer: it must outlive every call
        self._lib.espeak_SetSynthCallback(self._callback)
        self._voice: Voice | None = None

    def _take(self, samples: ctypes._Pointer[ctypes.c_short] | None, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._pieces.append(ctypes.string_at(samples, count * 2))
        return 0

    def _use(self, voice: Voice) -> None:
        if voice == self._voice:
            return
        if self._lib.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise OSError(f"espeak-ng has no voice {voice.name}")
        for parameter, value in self._parameters(voice):
            self._lib.espeak_SetParameter(parameter, value, 0)
        self._voice = voice

    def _parameters(self, voice: Voice) -> Iterator[tuple[int, int]]:
        yield self._RATE, voice.words_per_minute
        yield self._PITCH, voice.pitch
        yield self._RANGE, voice.pitch_range

    def speak(self, text: str, voice: Voice) -> bytes:
        self._use(voice)
        self._pieces.clear()
        self._synthesise(text.replace("\0", " ").encode())
        # These voices echo for 140 ms, which the engine would put before the next text; an empty one fetches 60 ms.
        for _ in range(3):
            self._synthesise(b"")
        return b"".join(self._pieces)

    def _synthesise(self, text: bytes) -> None:
        size = ctypes.c_size_t(len(text) + 1)
        failed = self._lib.espeak_Synth(text, size, 0, 1, 0, self._CHARS_UTF8, None, None)
        if failed:
            raise OSError(f"espeak-ng could not speak (error {failed})")
