"""Ema's offline voice: level, ends, terms of the trade."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest

from services.vendors.offline import synthesis
from services.vendors.offline.synthesis import EMA, RATE_HZ, Voice, render, synthesise
from tests.speech import CANDIDATE


def samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2").astype(float)


def level_dbfs(pcm: bytes) -> float:
    loud = samples(pcm)[np.abs(samples(pcm)) > synthesis.SILENCE]
    return 20 * math.log10(np.sqrt(np.mean(loud**2)) / 32768)


@pytest.mark.parametrize("voice", [EMA, CANDIDATE, Voice("en-us+steph2", 160, 50, 50)], ids=lambda voice: voice.name)
def test_speech_is_loud_enough_without_clipping(voice: Voice) -> None:
    pcm = render("Tell me about a service you kept running, and what broke first.", voice)

    assert -22 < level_dbfs(pcm) < -16
    assert np.abs(samples(pcm)).max() <= synthesis.PEAK * 32767


def test_speech_begins_and_ends_in_silence() -> None:
    voiced = samples(render("What broke first?"))

    assert voiced[0] == voiced[-1] == 0
    assert np.abs(np.diff(voiced[: RATE_HZ // 100])).max() < 3000


def test_speech_begins_at_once() -> None:
    onset = np.flatnonzero(np.abs(samples(render("What broke first?"))) > 1000)[0]

    assert onset < RATE_HZ * 0.1


def test_sentence_is_followed_by_a_pause() -> None:
    pause = samples(render("What broke first?"))[-RATE_HZ * synthesis.PAUSE_MS // 1000 :]

    assert not pause.any()


@pytest.mark.parametrize("text", ["", "   ", "…", "\0"])
def test_nothing_to_say_is_no_audio(text: str) -> None:
    assert render(text) == b""


@pytest.mark.parametrize("text", ["你好", "😀 fine", "<b>bold</b> &amp; [[x]]", "a" * 2000, "Ärger über C#"])
def test_unusual_text_is_spoken_all_the_same(text: str) -> None:
    assert len(render(text)) > RATE_HZ // 10


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("I'm Ema.", "I'm Emma."),
        ("PostgreSQL on AWS/EKS", "post-gress on A W S or E K S"),
        ("CI/CD, TCP/IP and k8s", "C I C D, T C P I P and kubernetes"),
        ("ASP.NET, but .NET and C#", "ASP.NET, but dot net and C sharp"),
        ("Emacs or JSON?", "Emacs or jason?"),
        ("either / or", "either / or"),
    ],
)
def test_terms_are_written_as_they_sound(written: str, spoken: str) -> None:
    assert synthesis.spoken(written) == spoken


def test_one_sentence_does_not_ring_into_the_next() -> None:
    render("Hello.")

    assert render("") == b""


async def test_many_sentences_at_once_do_not_mix() -> None:
    texts = ("One queue.", "A longer sentence about two caches.")
    alone = [len(render(text)) for text in texts]

    together = [len(pcm) for pcm in await asyncio.gather(*map(synthesise, texts))]

    # The engine's own flutter makes no two renderings equal, only equally long.
    assert together == pytest.approx(alone, rel=0.05)


def test_unknown_voice_is_refused_by_name() -> None:
    with pytest.raises(OSError, match="no voice nobody"):
        render("Hello.", Voice("nobody", 160, 50, 50))
