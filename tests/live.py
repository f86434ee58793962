"""A running call on simulated vendors, and what a test does with it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from services.calls.call import Call
from services.calls.registry import Calls
from services.calls.snapshot import Phase
from services.core.interview import Interview
from services.core.talk.conversation import EmaState
from services.core.talk.events import EndRequested, Event, Typed
from services.settings import Settings
from services.vendors.offline.voice import OfflineVoice
from tests import speech
from tests.candidate import Candidate
from tests.house import Build, House
from tests.lag import Lag, loop_lag
from tests.simulated_vendors import simulated
from tests.stage import PLAN
from tests.waiting import eventually

DOWN = {"elevenlabs": "rest_down", "xai": "refused_500"}
"""Weather in which no new line is opened."""
ANSWER = "I read the query plan first, because an index on the join column usually decides it."


@cache
def interrupting() -> bytes:
    """What a candidate says over Ema, at 48 kHz. Real speech: the buzz that the simulators' Ema speaks with would be
    taken for her echo, and cancelled."""
    return speech.spoken("Sorry, may I say something to that before you go on with your question?", 48_000)


def offline() -> OfflineVoice:
    return OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:Parrot"))


@dataclass
class Live:
    """One running call and who takes part in it."""

    house: House
    calls: Calls
    interview: Interview
    call: Call
    candidate: Candidate
    sims: dict[str, Any]
    lag: Lag
    events: list[tuple[float, Event]] = field(default_factory=list)

    @property
    def now(self) -> Interview:
        return self.house.now(self.interview)

    @property
    def provider(self) -> str:
        return self.call.bridge.provider.info.key

    def ema(self) -> str:
        return " ".join(caption.text for caption in self.call.snapshot().captions if caption.speaker == "ema")

    async def until(self, ema: EmaState) -> None:
        await eventually(lambda: self.call.snapshot().phase is Phase.LIVE and self.call.snapshot().ema is ema)

    async def answer(self) -> None:
        """Types once Ema listens."""
        await self.until(EmaState.LISTENING)
        self.call.tell(Typed(ANSWER))

    async def asked(self, number: int) -> None:
        """Waits until this question was put and it is for the candidate to speak."""
        await eventually(lambda: PLAN.questions[number - 1].text in self.ema())
        await self.until(EmaState.LISTENING)

    async def sorry(self, times: int = 1) -> None:
        await eventually(lambda: self.ema().count("Sorry") == times)

    def kill(self, vendor: str) -> None:
        self.sims[vendor].weather = DOWN[vendor]
        self.sims[vendor].drop_all()

    async def end(self) -> None:
        self.call.tell(EndRequested())
        await eventually(lambda: self.call.over)

    def at(self, kind: type, after: float = 0.0) -> float:
        return next(at for at, event in self.events if isinstance(event, kind) and at >= after)


Begin = Callable[..., Awaitable[Live]]


async def started(stack: AsyncExitStack, build: Build, *vendors: str, **options: Any) -> Live:
    """A call on the first of these voices, the others and the offline one behind it; `stack` ends it.

    `windows` are the house's, all else the simulators' options.
    """
    windows, toolbox = options.pop("windows", {}), options.pop("toolbox", None)
    recorder, last = options.pop("recorder", None), options.pop("voice", None) or offline()
    lag = await stack.enter_async_context(loop_lag())
    voices = [await stack.enter_async_context(simulated(vendor, **options)) for vendor in vendors]
    house = build(**windows)
    calls = house.calls(*(provider for _, provider in voices), last, recorder=recorder, toolbox=toolbox)
    stack.push_async_callback(calls.aclose)
    interview = house.prepare(vendors[0] if vendors else "offline")
    candidate = await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    live = Live(house, calls, interview, call, candidate, {sim.vendor: sim for sim, _ in voices}, lag)
    _note_events(live)
    return live


def _note_events(live: Live) -> None:
    line, receive = live.call.bridge, live.call.bridge.receive

    def noting(event: Event) -> None:
        live.events.append((time.monotonic(), event))
        receive(event)

    line.receive = noting  # type: ignore[method-assign]
    live.candidate.media.playout.on_event = noting
