"""Hearing that somebody speaks, by loudness alone."""

from __future__ import annotations

import pytest

from services.vendors.energy_vad import EnergyVad
from tests.simulators.small_interviewer import voice

CHUNK = 640
SPEECH = voice("x" * 40, 16_000)


@pytest.mark.parametrize(
    ("pcm", "heard"),
    [(SPEECH[: 10 * CHUNK], True), (SPEECH[: 2 * CHUNK], False), (bytes(10 * CHUNK), False), (b"", False)],
    ids=["voice", "click", "silence", "nothing"],
)
def test_voice_is_what_is_loud_for_a_while(pcm: bytes, heard: bool) -> None:
    vad = EnergyVad(16_000)
    for start in range(0, len(pcm), CHUNK):
        vad.feed(pcm[start : start + CHUNK])

    assert vad.voice == heard


def test_voice_ends_with_silence() -> None:
    vad = EnergyVad(16_000)
    for pcm in (SPEECH, bytes(CHUNK)):
        vad.feed(pcm)

    assert not vad.voice
