"""Records the minute that the start page plays: a real interview with the synthetic candidate, offline.

Run `make run` once (it installs what this needs), then `.venv/bin/python scripts/minute.py`. It takes a minute and a
half on a quiet machine, and writes into `services/samples/minute/`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import av  # noqa: E402
import numpy as np  # noqa: E402

from services.calls.call import Call  # noqa: E402
from services.calls.snapshot import Phase  # noqa: E402
from services.core.interview import Interview  # noqa: E402
from services.core.talk.conversation import EmaState  # noqa: E402
from services.media.aiortc_mends import RATE_HZ  # noqa: E402
from services.media.frames import frame_of  # noqa: E402
from services.media.tracks import Playout  # noqa: E402
from services.samples.candidate import FRAME_BYTES, INTERRUPTS_AFTER_S  # noqa: E402
from services.samples.minute import AUDIO, SCORE, Line, Minute  # noqa: E402
from services.samples.sample import Samples  # noqa: E402
from services.samples.script import MINUTE  # noqa: E402
from services.settings import Settings  # noqa: E402
from services.wiring import build  # noqa: E402

SUBJECT, VOICE = "recording", "offline"
BIT_RATE = 40_000
TAIL_S = 0.4
"""Of silence kept after the last sound."""
LOUD = 300.0


@dataclass(frozen=True)
class Instant:
    """What the stage showed from `at` seconds on."""

    at: float
    ema: EmaState
    captions: tuple[tuple[str, str], ...]


async def record(both: Playout, call: Call) -> tuple[bytes, list[Instant]]:
    """Both voices as PCM16 at 48 kHz, and what the stage showed meanwhile."""
    pcm, moments, frames = bytearray(), list[Instant](), list[bytes]()
    both.on_frame = frames.append
    while (view := call.snapshot()).phase is not Phase.ENDED:
        await both.recv()
        pcm += b"".join(frames).ljust(FRAME_BYTES, b"\0")
        frames.clear()
        shown = tuple((one.speaker, one.text) for one in view.captions)
        if not moments or (view.ema, shown) != (moments[-1].ema, moments[-1].captions):
            moments.append(Instant(len(pcm) / 2 / RATE_HZ, view.ema, shown))
    return bytes(pcm), moments


def loud(pcm: bytes) -> Any:
    """Whether each 20 ms is louder than the noise of the room."""
    return np.abs(np.frombuffer(pcm, "<i2").astype(np.float32)).reshape(-1, 960).max(axis=1) > LOUD


def spoken(moments: list[Instant], sound: Any) -> list[Line]:
    """Who says what when: Ema by her state, the candidate by what is heard between."""
    final, lines = moments[-1].captions, list[Line]()
    begins = [next(one.at for one in moments if len(one.captions) > place) for place in range(len(final))]
    for place, (speaker, text) in enumerate(final):
        until = begins[place + 1] if place + 1 < len(final) else len(sound) * 0.02
        if speaker == "ema":
            ends = [after.at for one, after in pairwise(moments)
                    if one.ema is EmaState.SPEAKING and begins[place] <= one.at < until]  # fmt: skip
            longest = max((one.captions[place][1] for one in moments if len(one.captions) > place), key=len)
            end = ends[-1] if ends else until
            lines.append(Line(speaker=speaker, text=text, begin=begins[place], end=end, cut=len(text) < len(longest)))
            continue
        before = lines[-1]
        heard = [at * 0.02 for at in range(int(before.end / 0.02), int(until / 0.02)) if sound[at]]
        begin = before.begin + INTERRUPTS_AFTER_S if before.cut else heard[0]
        lines.append(Line(speaker=speaker, text=text, begin=begin, end=heard[-1] + 0.02))
    return lines


def write_mp3(path: Path, pcm: bytes) -> None:
    with av.open(str(path), "w", format="mp3") as out:
        stream = out.add_stream("libmp3lame", rate=RATE_HZ, layout="mono")
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE_HZ)
        for at in range(0, len(pcm) - 1919, 1920):
            frame = frame_of(pcm[at : at + 1920], RATE_HZ)
            frame.pts = None
            for ready in resampler.resample(frame):
                out.mux(stream.encode(ready))
        out.mux(stream.encode(None))


async def main() -> None:
    with tempfile.TemporaryDirectory() as var:
        settings = Settings(database_url=f"sqlite:///{var}/syntaxia.db", var_dir=Path(var))
        parts = build(settings)
        samples = Samples(settings, parts.providers, parts.analyst, MINUTE)
        samples.bind(asyncio.get_running_loop())
        made: Interview = await asyncio.to_thread(samples.start, SUBJECT, VOICE)
        both = await asyncio.to_thread(samples.listen, made.id)
        call = await asyncio.to_thread(samples.find, SUBJECT, made.id)
        if both is None or call is None:
            raise SystemExit("The sample ended before it began.")
        watching = asyncio.create_task(_watch(samples, made.id))
        pcm, moments = await record(both, call)
        watching.cancel()
        report = None
        while report is None:
            await asyncio.sleep(0.2)
            latest = await asyncio.to_thread(samples.latest, SUBJECT)
            report = latest.report if latest else None
        assert latest is not None
        await samples.aclose()
    sound = loud(pcm)
    begin, end = (
        max(0.0, int(np.argmax(sound)) * 0.02 - 0.2),
        (len(sound) - int(np.argmax(sound[::-1]))) * 0.02 + TAIL_S,
    )
    lines = [
        line.model_copy(update={"begin": round(line.begin - begin, 2), "end": round(line.end - begin, 2)})
        for line in spoken(moments, sound)
    ]
    states = [(round(max(0.0, one.at - begin), 2), one.ema.value) for one in moments if one.at < end]
    kept = [state for state, before in zip(states, [(0, ""), *states], strict=False) if state[1] != before[1]]
    pcm = pcm[round(begin * RATE_HZ) * 2 : round(end * RATE_HZ) * 2]
    assert latest.started_at is not None
    minute = Minute(
        seconds=round(len(pcm) / 2 / RATE_HZ, 2), states=tuple(kept), lines=tuple(lines), plan=latest.plan,
        report=report, started_at=latest.started_at,
    )  # fmt: skip
    write_mp3(AUDIO, pcm)
    written = json.dumps(minute.model_dump(mode="json"), indent=1, ensure_ascii=False)
    SCORE.write_text(written + "\n", encoding="utf-8")
    print(f"{minute.seconds:.1f} s, {AUDIO.stat().st_size / 1024:.0f} KB of sound, {len(lines)} lines")


async def _watch(samples: Samples, interview_id: str) -> None:
    while True:
        samples.watch(interview_id)
        await asyncio.sleep(5)


if __name__ == "__main__":
    asyncio.run(main())
