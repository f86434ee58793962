from __future__ import annotations

import math
from array import array

import pytest

from services.core import audio


def tone(amplitude: float, samples: int = 960) -> bytes:
    return array("h", [round(amplitude * 32767 * math.sin(i / 5)) for i in range(samples)]).tobytes()


@pytest.mark.parametrize(
    ("ms", "rate_hz", "size"), [(20, 24_000, 960), (20, 16_000, 640), (10, 22_050, 440), (0, 48_000, 0)]
)
def test_milliseconds_become_whole_samples(ms: float, rate_hz: int, size: int) -> None:
    assert audio.bytes_of(ms, rate_hz) == size
    assert len(audio.silence(ms, rate_hz)) == size


def test_bytes_become_milliseconds() -> None:
    assert audio.duration_ms(960, 24_000) == 20.0


@pytest.mark.parametrize(
    ("pcm", "expected"),
    [
        (b"", 0.0),
        (audio.silence(20, 48_000), 0.0),
        (tone(0.0005), 0.0),
        (tone(0.01), 0.28),
        (tone(0.1), 0.62),
        (tone(1.0), 0.95),
    ],
)
def test_level_is_linear_in_decibels(pcm: bytes, expected: float) -> None:
    assert audio.level(audio.loudness(pcm)) == pytest.approx(expected, abs=0.01)


def test_full_scale_is_the_top() -> None:
    assert audio.level(audio.loudness(array("h", [-32768] * 100).tobytes())) == 1.0


def test_fade_out_falls_to_zero() -> None:
    faded = array("h", audio.fade_out(array("h", [10_000] * 120).tobytes()))

    assert list(faded) == sorted(faded, reverse=True)
    assert (faded[0], faded[59], faded[-1]) == (9998, 5000, 0)
