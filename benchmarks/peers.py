"""The ears of Pipecat and FastRTC on the sounds that `benchmarks.echoes` and `benchmarks.background` make.

    python -m benchmarks.echoes --files DIR && python -m benchmarks.background --files DIR
    python -m venv PEERS && PEERS/bin/pip install "pipecat-ai==1.14.0" "fastrtc[vad]==0.0.34"
    LOGURU_LEVEL=ERROR PEERS/bin/python benchmarks/peers.py DIR [--fastrtc-model silero_vad.onnx]

Runs in an environment of its own, because their requirements are not ours. Both as they come: Pipecat's Silero analyzer
(0.2 s of voice begin a turn) with its Smart Turn v3 model or 3 s of silence at the end; FastRTC's `ReplyOnPause`, where
a turn begins and ends with the pause after it, in chunks of 0.6 s. FastRTC fetches its model; without a network, name
the file. Time is counted in samples, so that a slow machine hears the same.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 16_000
FRAME = RATE_HZ // 50
LIMIT_S = 8.0
ANSWERED_S = 0.5
Turn = tuple[float, float]
"""Seconds at which a turn began and ended; infinity for one that never ended."""


def pipecat(pcm: bytes) -> list[Turn]:
    from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState
    from pipecat.audio.turn.smart_turn import base_smart_turn
    from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
    from pipecat.audio.vad.silero import SileroVADAnalyzer
    from pipecat.audio.vad.vad_analyzer import VADState

    at = 0.0
    base_smart_turn.time = Clock(lambda: at)
    voice, turn = SileroVADAnalyzer(sample_rate=RATE_HZ), LocalSmartTurnAnalyzerV3(sample_rate=RATE_HZ)
    voice.set_sample_rate(RATE_HZ)
    turn.set_sample_rate(RATE_HZ)
    turn.update_vad_start_secs(voice.params.start_secs)

    async def turns() -> list[Turn]:
        nonlocal at
        found: list[Turn] = []
        begun, spoke = None, False
        for number in range(len(pcm) // (2 * FRAME)):
            at = (number + 1) * FRAME / RATE_HZ
            frame = pcm[number * 2 * FRAME : (number + 1) * 2 * FRAME]
            speaks = voice._run_analyzer(frame) in (VADState.SPEAKING, VADState.STOPPING)
            begun = at if speaks and begun is None else begun
            state = turn.append_audio(frame, speaks)
            if spoke and not speaks:
                state, _ = await turn.analyze_end_of_turn()
            spoke = speaks
            if state == EndOfTurnState.COMPLETE and begun is not None:
                found.append((begun, at))
                begun = None
        return [*found, (begun, float("inf"))] if begun is not None else found

    return asyncio.run(turns())


def fastrtc(pcm: bytes) -> list[Turn]:
    from fastrtc import ReplyOnPause
    from fastrtc.reply_on_pause import AppState

    listener, state = ReplyOnPause(lambda _: iter(()), input_sample_rate=RATE_HZ), AppState()
    listener.send_message_sync = lambda *_: None
    listener.state = state
    found: list[Turn] = []
    samples = np.frombuffer(pcm, "<i2")
    for number in range(samples.size // FRAME):
        listener.process_audio((RATE_HZ, samples[number * FRAME : (number + 1) * FRAME].reshape(1, -1)), state)
        if state.pause_detected:
            at = (number + 1) * FRAME / RATE_HZ
            found.append((at, at))
            state = listener.state = AppState()
    return found


class Clock:
    """What Pipecat takes for the module `time`."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = self.perf_counter = monotonic


def rows(files: Path, ears: Callable[[bytes], list[Turn]]) -> Iterator[str]:
    items: list[dict[str, Any]] = json.loads((files / "echoes.json").read_text())
    for item in items:
        begun = [begin for begin, _ in ears(sound(files / item["file"]))]
        kind = f"echo {item['db']} dB, {item['delay_ms']:.0f} ms"
        if item["interrupted"]:
            heard = [[at for at in begun if begin <= at <= end + ANSWERED_S] for begin, end in item["interrupted"]]
            yield f"{kind} | missed {heard.count([])} of {len(heard)}"
        else:
            yield f"{kind} | false a minute {60 * len(begun) / item['seconds']:.1f}"
    by_kind: dict[str, list[list[float]]] = {}
    for item in json.loads((files / "background.json").read_text()):
        ended = [end for _, end in ears(sound(files / item["file"]))]
        first, second = by_kind.setdefault(f"television {item['when']}, {item['db']} dB", [[], []])
        for waits, end_s in zip((first, second), item["ends"], strict=True):
            waits.append(min((at - end_s for at in ended if end_s - 0.3 < at < end_s + LIMIT_S), default=LIMIT_S))
    for kind, both in by_kind.items():
        yield f"{kind} | {' | '.join(map(spread, both))}"


def spread(waits: list[float]) -> str:
    ended = [wait for wait in waits if wait < LIMIT_S]
    shown = f"{np.percentile(ended, 50):.1f} / {np.percentile(ended, 95):.1f} s" if ended else "-"
    return f"{shown}, never {len(waits) - len(ended)} of {len(waits)}"


def sound(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return bytes(file.readframes(file.getnframes()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path)
    parser.add_argument("--fastrtc-model", help="the file of version 4 of Silero's model")
    parser.add_argument("--only", choices=("pipecat", "fastrtc"))
    arguments = parser.parse_args()
    if arguments.fastrtc_model:
        from fastrtc.pause_detection.silero import SileroVADModel

        SileroVADModel.download_model = staticmethod(lambda: arguments.fastrtc_model)
    for name, ears in (("pipecat", pipecat), ("fastrtc", fastrtc)):
        if arguments.only in (None, name):
            for row in rows(arguments.files, ears):
                print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
