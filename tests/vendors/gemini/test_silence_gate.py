"""Holding the gate where a vendor ends turns on silence."""

from __future__ import annotations

from services.vendors.gemini.voice import SilenceGate
from tests.simulators.small_interviewer import voice

CHUNK = 640
SILENCE = bytes(CHUNK)
SPEECH = voice("x" * 40, 16_000)


def chunks(pcm: bytes) -> list[bytes]:
    return [pcm[start : start + CHUNK] for start in range(0, len(pcm), CHUNK)]


def test_without_a_hold_everything_passes() -> None:
    assert SilenceGate(16_000).passes(SILENCE) == SILENCE


def test_held_silence_does_not_pass() -> None:
    gate = SilenceGate(16_000)
    gate.hold(True)

    assert b"".join(map(gate.passes, [SILENCE] * 500)) == b""


def test_speech_ends_the_hold_with_its_beginning() -> None:
    gate = SilenceGate(16_000)
    gate.hold(True)

    passed = b"".join(map(gate.passes, [*[SILENCE] * 50, *chunks(SPEECH)]))

    assert passed.endswith(SPEECH)
    assert len(passed) < len(SPEECH) + 16_000
    assert not gate.held


def test_steady_noise_of_a_room_is_no_speech() -> None:
    gate = SilenceGate(16_000)
    hum = [voice("x" * 40, 16_000)[:CHUNK]] * 50
    for _ in range(60):
        b"".join(map(gate.passes, hum))

    gate.hold(True)

    assert b"".join(map(gate.passes, hum)) == b""


def test_long_answer_with_pauses_does_not_make_the_hold_deaf() -> None:
    gate = SilenceGate(16_000)
    for _ in range(60):
        b"".join(map(gate.passes, [*chunks(SPEECH), *[SILENCE] * 10]))

    gate.hold(True)

    assert b"".join(map(gate.passes, chunks(SPEECH))) != b""


def test_released_hold_lets_silence_pass_again() -> None:
    gate = SilenceGate(16_000)
    gate.hold(True)
    gate.hold(False)

    assert gate.passes(SILENCE) == SILENCE
