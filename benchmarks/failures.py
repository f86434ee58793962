"""A voice that fails within a sentence: what the candidate hears and reads, and when, on every vendor's simulator.

    python -m benchmarks.failures          # three minutes
    python -m benchmarks.failures stall    # these failures only

Each call is a real one (tracks, sockets, the official protocols). Ema answers a typed answer with two seconds of
speech, and the vendor fails after its first piece, in its middle, or after the last sample of it was played and before
it said that the sentence is over. *Noticed* counts from the last piece of audio for a stall, and from the failure for
all else; in brackets, what the machine itself was late meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from services.calls.snapshot import Phase
from services.core.talk.events import Closed, Typed
from services.core.talk.transcript import Speaker
from tests.house import build_house
from tests.live import ANSWER, Live, started
from tests.simulated_vendors import SIMULATORS
from tests.simulators import tls
from tests.stage import PLAN
from tests.waiting import eventually

PLACES = {"beginning": 0.0, "middle": 0.5, "end": 1.0}
SENTENCE_S, PIECE_S = 2.0, 0.2
AT_ONCE = 4
WATCHED_S = 24.0
_QUOTA = "You exceeded your current quota, please check your plan and billing details."
_SPENT = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded your current quota."}


async def _stall(talk: Any) -> None:
    pass


async def _drop(talk: Any) -> None:
    talk.drop()


async def _spent_response(talk: Any) -> None:
    await talk.close_response(talk.active, "failed", type="failed", error=_SPENT)


async def _expired(talk: Any) -> None:
    text = "Your session hit the maximum duration of 60 minutes."
    await talk.error("session_expired", text, None) if talk.vendor == "openai" else await talk.error(
        "", text, None, kind="max_duration"
    )
    await talk.ws.close(1001, text)


async def _spent_agent(talk: Any) -> None:
    await talk.ws.close(1002, "This request exceeds your quota limit.")


async def _going_away(talk: Any) -> None:
    await talk.go_away("3s")
    await asyncio.sleep(3)
    await talk.ws.close(1008, "The operation was aborted.")


def _closes(code: int, reason: str) -> Callable[[Any], Awaitable[None]]:
    async def closes(talk: Any) -> None:
        await talk.ws.close(code, reason)

    return closes


async def _too_long(talk: Any) -> None:
    await talk.fail(1000, "max_duration_exceeded", "Max call duration exceeded")


Failure = Callable[[Any], Awaitable[None]]
_REALTIME: dict[str, Failure] = {
    "stall": _stall,
    "drop": _drop,
    "quota": _spent_response,
    "expiry": _expired,
}
FAILURES: dict[str, dict[str, Failure]] = {
    "openai": _REALTIME,
    "xai": _REALTIME,
    "elevenlabs": {"stall": _stall, "drop": _drop, "quota": _spent_agent, "expiry": _too_long},
    "gemini": {
        "stall": _stall,
        "drop": _drop,
        "quota": _closes(1011, _QUOTA),
        "expiry": _closes(1011, "Deadline expired before operation could complete."),
        "go-away": _going_away,
    },
}
"""Of those vendors that have one: only Gemini says beforehand that it will close."""


class Failing:
    """This socket fails in the next sentence that is said on it."""

    def __init__(self, talk: Any, fail: Callable[[Any], Awaitable[None]], place: float) -> None:
        self._talk, self._fail, self._send = talk, fail, talk.audio
        self._pieces_left = max(1, round(place * SENTENCE_S / PIECE_S))
        self._rest_s = SENTENCE_S + 0.4 if place == 1.0 else 0.0
        self.audio_at = self.failed_at = 0.0
        """time.monotonic() of the last piece of audio, and of the failure."""
        talk.audio = self._audio

    async def _audio(self, *args: Any) -> None:
        await self._send(*args)
        self._pieces_left -= 1
        self.audio_at = time.monotonic()
        if not self._pieces_left:
            await asyncio.sleep(self._rest_s)
            self.failed_at = time.monotonic()
            await self._fail(self._talk)
            await asyncio.Event().wait()


def _words(live: Live) -> str:
    """What Ema was saying last, as far as it was heard."""
    said = [turn for turn in live.call.bridge.conversation.turns if turn.speaker is Speaker.EMA]
    return said[-1].text if said else ""


async def _shown_s(live: Live) -> float:
    """Seconds for which the notice can still be read."""
    began = time.monotonic()
    while live.call.bridge.notice or time.monotonic() < began + 3:
        await asyncio.sleep(0.1)
        if not live.call.bridge.notes and time.monotonic() > began + 3:
            return 0.0
        if not live.call.bridge.notice and live.call.bridge.notes:
            return time.monotonic() - began
    return 0.0


async def measure(vendor: str, failure: str, place: str) -> str:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        live = await started(stack, partial(build_house, Path(folder)), vendor, utterance_limit_s=SENTENCE_S)
        await live.asked(1)
        failing = Failing(live.sims[vendor].talks[0], FAILURES[vendor][failure], PLACES[place])
        live.call.tell(Typed(ANSWER))
        await eventually(lambda: failing.failed_at)
        lost_s = live.lag.lost_s
        began_at = failing.audio_at if failure == "stall" else failing.failed_at
        await eventually(lambda: any(isinstance(e, Closed) for at, e in live.events if at > began_at))
        noticed_at = next(at for at, event in live.events if isinstance(event, Closed) and at > began_at)
        lost_s = live.lag.lost_s - lost_s
        heard, turns = _words(live), len(live.call.bridge.conversation.turns)
        await eventually(lambda: live.call.snapshot().phase is Phase.LIVE)
        shown_s = await _shown_s(live)
        asked = " ".join(t.text for t in live.call.bridge.conversation.turns[turns:] if t.speaker is Speaker.EMA)
        question = PLAN.questions[1]
        kept = live.call.bridge.conversation.agenda.question_id == question.id and question.text in f"{heard} {asked}"
        read = live.call.bridge.notes[-1][1] if live.call.bridge.notes else ""
        noticed = f"{noticed_at - began_at:.1f} ({lost_s:.1f})"
        cells = (vendor, failure, place, noticed, heard, read, f"{shown_s:.0f}", "yes" if kept else "no")
        return " | ".join(cells)


async def main() -> None:
    # Each simulated call sets it and takes it back, while others still need it.
    os.environ["SSL_CERT_FILE"] = str(tls.authority())
    print("| voice | failure | place | noticed s | heard of the sentence | read | for s | question kept |")
    print("|---" * 8 + "|", flush=True)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(vendor: str, failure: str, place: str) -> None:
        async with gate:
            try:
                print(f"| {await measure(vendor, failure, place)} |", flush=True)
            except TimeoutError:
                print(f"| {vendor} | {failure} | {place} | the machine was too slow to measure it |", flush=True)

    chosen = sys.argv[1:] or [kind for vendor in FAILURES.values() for kind in vendor]
    cells = [(v, f, p) for v in SIMULATORS for f, p in product(FAILURES[v], PLACES) if f in chosen]
    await asyncio.gather(*(one(*cell) for cell in cells))


if __name__ == "__main__":
    asyncio.run(main())
