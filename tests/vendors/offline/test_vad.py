"""Voice activity on real speech."""

from __future__ import annotations

import numpy as np
import pytest

from services.vendors.offline.vad import FRAME_BYTES, VoiceActivity
from tests.speech import ANSWER, silence, spoken

NOISE = (np.random.default_rng(1).normal(0, 900, 32_000)).astype("<i2").tobytes()


def share_of_speech(pcm: bytes) -> float:
    frames = list(VoiceActivity().frames(pcm))
    return sum(frame.probability > 0.5 for frame in frames) / len(frames)


@pytest.mark.parametrize(
    ("pcm", "least", "most"),
    [
        pytest.param(spoken(ANSWER, before_s=0), 0.7, 1.0, id="speech"),
        pytest.param(silence(2), 0.0, 0.0, id="silence"),
        pytest.param(NOISE, 0.0, 0.05, id="noise"),
    ],
)
def test_speech_is_told_from_the_rest(pcm: bytes, least: float, most: float) -> None:
    assert least <= share_of_speech(pcm) <= most


@pytest.mark.parametrize("size", [2, 640, 1000, 5000])
def test_frames_do_not_depend_on_how_audio_arrives(size: int) -> None:
    pcm, activity = spoken("What broke first?"), VoiceActivity()

    frames = [frame for at in range(0, len(pcm), size) for frame in activity.frames(pcm[at : at + size])]

    assert frames == list(VoiceActivity().frames(pcm))
    assert len(frames) == len(pcm) // FRAME_BYTES
