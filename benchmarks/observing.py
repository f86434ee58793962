"""What it costs to observe calls: CPU for each minute of a call, with all of `services/observe` and without any of it.

    python -m benchmarks.observing        # nine minutes; --rounds 1 --seconds 20 for a first look

Ten calls at a time on real tracks, conversations and canceller, with a scripted voice: an answer, a tool call and
usage every twenty seconds. The two arms alternate in one run. With: event record, trail, prices, SQLite, metrics,
and the real Langfuse SDK against a receiver on loopback in a process of its own. Opus, SRTP and a vendor's socket
are in neither arm, so that the share it prints is an upper bound. CPU is this process's while all calls are under
way; what a call's end costs is told apart. *Share* compares the arms and needs a quiet machine; *counted* adds up
what the loop and the observing threads spent.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import multiprocessing
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from services.analyst.rules import utc_now
from services.calls.snapshot import Phase
from services.core.talk.events import Action, EndRequested, Event, ToolCall, Usage
from services.observe.recorder import CallFacts, CallRecorder, Recorder
from services.observe.traces import Traces
from services.store.store import Store
from services.wiring import recorder_for
from tests.candidate import Candidate
from tests.fakes import ScriptedProvider, Step, hears, says, stall
from tests.house import House, build_house
from tests.observe.langfuse import langfuse_server

CALLS = 10
BEGUN_S = 3.0
EXCHANGE_S = 20.0
"""Half as many again as in the typical interview (`services/observe/estimate.toml`)."""
OBSERVING = ("observe", "Otel", "langfuse", "Thread-")
ITEMS = ("input_audio", "input_text", "input_cached_audio", "output_audio", "output_text")


class Unobserved(CallRecorder):
    """Does nothing at all."""

    def connected(self, at: float, **_: object) -> None: ...
    def received(self, event: Event, at: float, actions: Sequence[Action]) -> None: ...
    def charged(self, at: float, credits: int) -> None: ...
    def asked_vendor(self, *_: object, **__: object) -> None: ...
    def ended(self, at: float, cause: str) -> None: ...


class Nobody(Recorder):
    def call(self, facts: CallFacts) -> CallRecorder:
        return Unobserved(self, facts, datetime.now(UTC))

    def wrote(self, *_: object, **__: object) -> None: ...


@dataclass
class Told:
    """What the event loop itself spends on telling, in CPU of its thread: others' work on the machine is not in it."""

    ms: list[float] = field(default_factory=list)
    turn_ms: list[float] = field(default_factory=list)
    """Added up from one use of a voice to the next, which is an exchange here."""
    _sum_ms: float = 0.0

    def took(self, seconds: float, event: Event) -> None:
        self.ms.append(seconds * 1000)
        self._sum_ms += seconds * 1000
        if isinstance(event, Usage):
            self.turn_ms.append(self._sum_ms)
            self._sum_ms = 0.0


def script(seconds: float) -> list[Step]:
    steps: list[Step] = [says("Hello, I am Ema, an AI interviewer.", ms=2000)]
    for number in range(round(seconds / EXCHANGE_S) + 2):
        steps += [
            stall(EXCHANGE_S / 2),
            *hears(f"That was answer number {number}, in which I say some words.", f"u{number}"),
            ToolCall(f"c{number}", "next_question", {"question_id": "q1"}),
            says(f"And this is what I say to number {number}, which is a little longer.", ms=EXCHANGE_S * 400),
            Usage(dict.fromkeys(ITEMS, 200 + number)),
        ]
    return steps


@dataclass(frozen=True)
class Spent:
    """CPU seconds of one arm."""

    a_minute: float
    """Of a call: all of the process."""
    counted: float
    """The share of it that the loop and the observing threads spent on observing."""
    an_end: float
    """Of a call's end: packing its record, its root, its scores, by the observing threads."""


async def carry(house: House, recorder: Recorder, seconds: float, told: Told) -> Spent:
    """Measured from when all calls are under way until just before they end."""
    provider = ScriptedProvider(*(script(BEGUN_S + seconds) for _ in range(CALLS)), key="gemini")
    calls = house.calls(provider, ScriptedProvider([], key="offline"), recorder=recorder)
    interviews = []
    for number in range(CALLS):
        house.user_id = house.interviews.accounts.guest(f"caller {number} {time.monotonic_ns()}").id
        interviews.append(house.prepare("gemini"))
    candidates = [Candidate(await calls.admit(interview)) for interview in interviews]
    running = [call for interview in interviews if (call := calls.find(interview.id))]
    await asyncio.sleep(BEGUN_S)
    gc.collect()
    for call in running:
        _watched(call.recorder, told)
    began, cpu, observing, on_loop = time.monotonic(), time.process_time(), observing_s(), sum(told.ms)
    await asyncio.sleep(seconds)
    minutes = CALLS * (time.monotonic() - began) / 60
    cpu, before_end = time.process_time() - cpu, observing_s()
    counted = before_end - observing + (sum(told.ms) - on_loop) / 1000
    assert all(call.snapshot().phase is Phase.LIVE for call in running), [call.snapshot().phase for call in running]
    for call in running:
        call.tell(EndRequested())
    while recorder.queued or not all(call.over for call in running):
        await asyncio.sleep(0.05)
    an_end = (observing_s() - before_end) / CALLS
    await asyncio.to_thread(recorder.close)
    for candidate in candidates:
        await candidate.leave()
    await calls.aclose()
    return Spent(cpu / minutes, counted / cpu, an_end)


async def warmed(recorder: Recorder) -> None:
    """As the server does when it starts."""
    await asyncio.to_thread(recorder.warm)
    traces = recorder.traces
    while recorder.queued or traces is None or not traces.opened:
        await asyncio.sleep(0.05)


def _watched(recorder: CallRecorder, told: Told) -> None:
    received = recorder.received

    def timed(event: Event, at: float, actions: Sequence[Action]) -> None:
        began = time.thread_time()
        received(event, at, actions)
        told.took(time.thread_time() - began, event)

    recorder.received = timed  # type: ignore[method-assign]


def observing_s() -> float:
    """CPU seconds so far of the recorder's thread and of the SDK's, as Linux counts them."""
    tasks = [thread.native_id for thread in threading.enumerate() if thread.name.startswith(OBSERVING)]
    found = (Path(f"/proc/self/task/{task}/schedstat") for task in tasks)
    return sum(int(path.read_text().split()[0]) for path in found if path.exists()) / 1e9


def receive(urls: multiprocessing.Queue[str], over: threading.Event) -> None:
    with langfuse_server() as server:
        urls.put(server.url)
        over.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    context = multiprocessing.get_context("spawn")
    urls, over = context.Queue(), context.Event()
    process = context.Process(target=receive, args=(urls, over), daemon=True)
    process.start()
    url = urls.get()
    asyncio.run(_compare(url, arguments.rounds, arguments.seconds))
    over.set()
    process.join()


async def _compare(url: str, rounds: int, seconds: float) -> None:
    shares, ends, told, ignored = [], [], Told(), Told()
    with TemporaryDirectory(prefix="syntaxia-observing-") as folder:
        house = build_house(Path(folder), max_live_calls=CALLS)
        warm = Recorder(utc_now, traces=Traces("pk-warm", "sk", url))
        await warmed(warm)
        await carry(house, warm, 1.0, ignored)
        print(f"{'round':>5} {'with':>16} {'without':>16} {'share':>7} {'counted':>8}", flush=True)
        for number in range(1, rounds + 1):
            spent = {}
            for observed in (True, False) if number % 2 else (False, True):
                recorder: Recorder = Nobody(utc_now)
                if observed:
                    recorder = recorder_for(house.settings, Store(house.settings.database_url.get_secret_value()))
                    recorder.traces = traces = Traces(f"pk-{number}", "sk", url)
                    await warmed(recorder)
                spent[observed] = await carry(house, recorder, seconds, told if observed else ignored)
                if observed:
                    ends.append(spent[True].an_end)
                    assert (traces.lost, recorder.dropped) == (0, 0)
            shares.append(spent[True].a_minute / spent[False].a_minute - 1)
            minutes = f"{spent[True].a_minute:>10.3f} s/min {spent[False].a_minute:>10.3f} s/min"
            print(f"{number:>5} {minutes} {shares[-1]:>7.1%} {spent[True].counted:>8.2%}", flush=True)
    print(f"\nmedian share {statistics.median(shares):.1%} of the CPU of a call-minute")
    print(f"at the end of a call, once: {statistics.median(ends) * 1000:.0f} ms of CPU, off the loop")
    for name, values in (("an event", told.ms), ("an exchange", told.turn_ms)):
        ordered = sorted(values)
        p99 = ordered[int(len(ordered) * 0.99)]
        median = statistics.median(ordered)
        print(f"on the loop, {name}: {len(ordered)} times, p50 {median:.3f} ms, p99 {p99:.3f}, most {ordered[-1]:.3f}")


if __name__ == "__main__":
    main()
