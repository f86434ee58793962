"""Every configured voice, talked to before anybody depends on it: its key, a line, a spoken sentence, its answer.

    python -m services.preflight        exit code 0: each configured voice works

No interview is made and nothing is kept; at a vendor it costs half a minute of a call at most.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast

from services.core.audio import duration_ms
from services.core.errors import ProviderDropped, ProviderError
from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question
from services.core.report.rubric import GENERIC_ANCHORS
from services.core.talk.events import AudioOut, Closed, ToolCall, TurnDone
from services.vendors.base import Captioner, Connection, Provider, Terms
from services.vendors.offline.synthesis import Voice, resampled, synthesise
from services.vendors.register import warm

TOTAL_S = 25.0
CHECK_S = 6.0
GREETING_S = 8.0
"""From an open line to Ema's first sound."""
HEARD_OUT_S = 6.0
"""Of a greeting that does not end; then it is spoken over."""
STALLED_S = 3.0
"""Without a sound, beyond what there is to play of a greeting that was not said to be over."""
EARS_S = 45.0
"""For what makes captions on this server to be loaded."""
ANSWER_S = 8.0
SLOW_ANSWER_S = 2.5
"""End of speech to first sound of the answer; a longer pause reads as a dead line."""
FRAME_S = 0.02
SENTENCE = "Yes, I can hear you well, thank you."
VISITOR = Voice("en-us+m3", words_per_minute=150, pitch=45, pitch_range=50)

Progress = Callable[[str, str], None]
"""Gets a voice's key and what is being done with it, in words."""


@dataclass(frozen=True, slots=True)
class Result:
    key: str
    label: str
    ok: bool
    sentence: str
    """For people: what works, or what is wrong and what to do about it."""
    connect_s: float | None = None
    first_audio_s: float | None = None
    """From the open line to the first sound of the greeting."""
    answer_s: float | None = None
    """From the end of the spoken sentence to the first sound of its answer."""


async def talk_to_all(providers: Mapping[str, Provider], progress: Progress = lambda _key, _step: None) -> list[Result]:
    """Of every configured voice, all at once; within `TOTAL_S` once their libraries and ears are loaded.

    What a first call would load is no fault of a vendor's, and is not measured as its slowness.
    """
    ready = [provider for provider in providers.values() if provider.info.ready]
    await asyncio.to_thread(warm, ready)
    return await asyncio.gather(*(_tried(provider, progress) for provider in ready))


async def talk_to(provider: Provider, progress: Progress = lambda _key, _step: None) -> Result:
    """Never raises for a vendor's no."""
    await asyncio.to_thread(warm, [provider])
    return await _tried(provider, progress)


async def _tried(provider: Provider, progress: Progress) -> Result:
    trial = _Trial(provider, lambda step: progress(provider.info.key, step))
    try:
        async with asyncio.timeout(TOTAL_S):
            await trial.check()
        async with trial.ears(), asyncio.timeout(TOTAL_S):
            await trial.talk()
        ok, sentence = True, trial.praise()
    except TimeoutError:
        ok, sentence = False, trial.late
    except ProviderError as error:
        ok, sentence = False, error.sentence
    progress(provider.info.key, sentence)
    return Result(
        provider.info.key, provider.info.label, ok, sentence, trial.connect_s, trial.first_audio_s, trial.answer_s
    )


class _Trial:
    """One short call: Ema greets, somebody answers, Ema answers."""

    def __init__(self, provider: Provider, progress: Callable[[str], None]) -> None:
        self.connect_s: float | None = None
        self.first_audio_s: float | None = None
        self.answer_s: float | None = None
        self._ready = ""
        """What a voice that hears by itself says of its ears."""
        self.late = ""
        """What to say if this step is never over."""
        self._provider, self._label, self._progress = provider, provider.info.label, progress
        self._greeting: set[str] = set()
        """Items of what Ema said before she was answered."""
        self._greeted, self._answered = asyncio.Event(), asyncio.Event()
        self._to_say = b""
        self._said_at: float | None = None
        self._began_at, self._greeting_s = 0.0, 0.0
        """When the greeting began, and how long it is as far as it came."""

    def praise(self) -> str:
        if self.answer_s is not None and self.answer_s > SLOW_ANSWER_S:
            return (
                f"{self._label} works, but slowly: the answer took {self.answer_s:.1f} s. Pauses will feel long; try "
                "again at another time or choose another voice."
            )
        return f"{self._label} greeted, understood that somebody spoke, and answered. {self._ready}".rstrip()

    async def check(self) -> None:
        self._step("Asking for the key…", f"{self._label} did not answer in time. Check this server's network.")
        check = await asyncio.wait_for(self._provider.check(), CHECK_S)
        if not check.ok:
            raise ProviderError(check.sentence)

    @asynccontextmanager
    async def ears(self) -> AsyncIterator[None]:
        """Keeps loaded what makes captions on this server, if they are made here."""
        if not self._provider.info.capabilities.local_captions:
            yield
            return
        self._step(
            "Loading what makes the captions…",
            "What makes the captions did not load in time: this server is very busy. Until it has loaded, candidates "
            "are asked to type.",
        )
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(EARS_S):
                await stack.enter_async_context(cast(Captioner, self._provider).hearing())
            yield

    async def talk(self) -> None:
        self._step("Opening a line…", f"{self._label} did not open a line in time. Try again in a minute.")
        speech = await synthesise(SENTENCE, VISITOR)
        began = time.monotonic()
        async with self._provider.connect(TERMS) as connection:
            self.connect_s = time.monotonic() - began
            speech = resampled(speech, connection.input_rate_hz)
            speech_s = duration_ms(len(speech), connection.input_rate_hz) / 1000
            parts = self._converse(speech, speech_s), self._listen(connection), self._microphone(connection)
            running = {asyncio.ensure_future(part) for part in parts}
            try:
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for part in done:
                    part.result()
            finally:
                for part in running:
                    part.cancel()
                await asyncio.gather(*running, return_exceptions=True)
        if self._provider.info.capabilities.local_captions:
            self._ready = (await self._provider.check()).sentence

    async def _converse(self, speech: bytes, speech_s: float) -> None:
        opened = time.monotonic()
        self._step("Waiting for the greeting…", f"{self._label} opened a line, but Ema said nothing. Try again.")
        async with asyncio.timeout(GREETING_S):
            while not self._greeting:
                await asyncio.sleep(FRAME_S)
        self.first_audio_s = time.monotonic() - opened
        try:
            await asyncio.wait_for(self._greeted.wait(), HEARD_OUT_S)
        except TimeoutError:
            if time.monotonic() > self._began_at + self._greeting_s + STALLED_S:
                stalled = (
                    f"{self._label} began to greet and stopped in the middle of it. Try again, or choose another voice."
                )
                raise ProviderError(stalled) from None
        self._step(
            "Speaking a sentence…",
            f"{self._label} greeted but did not answer a spoken sentence. Its speech recognition may be off.",
        )
        self._to_say = speech
        async with asyncio.timeout(speech_s + ANSWER_S):
            await self._answered.wait()

    async def _microphone(self, connection: Connection) -> None:
        """In real time: silence, and the sentence when it is its turn."""
        size = round(connection.input_rate_hz * FRAME_S) * 2
        due = time.monotonic()
        while True:
            frame, self._to_say = self._to_say[:size], self._to_say[size:]
            try:
                await connection.send_audio(frame.ljust(size, b"\0"))
            except ProviderDropped:
                await asyncio.Event().wait()  # `Closed`, which is on its way, knows the cause
            if frame and not self._to_say:
                self._said_at = time.monotonic()
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _listen(self, connection: Connection) -> None:
        async for event in connection:
            match event:
                case AudioOut(pcm=pcm, item=item) if self._said_at is None:
                    self._began_at = self._began_at or time.monotonic()
                    self._greeting_s += duration_ms(len(pcm), connection.output_rate_hz) / 1000
                    self._greeting.add(item)
                case AudioOut(item=item) if item not in self._greeting and self._said_at is not None:
                    self.answer_s = self.answer_s or time.monotonic() - self._said_at
                    self._answered.set()
                case TurnDone():
                    self._greeted.set()
                case ToolCall(call_id=call_id):
                    await connection.send_tool_result(call_id, "Noted.")
                case Closed(cause=cause, sentence=sentence):
                    raise ProviderError(sentence or f"{self._label} hung up.", cause)

    def _step(self, words: str, late: str) -> None:
        self.late = late
        self._progress(words)


TERMS = Terms(
    Plan(
        role_title="Sound Check",
        level=Level.SENIOR,
        domain=Domain.WEB,
        skills=(),
        competencies=(Competency(id="c1", name="Hearing", anchors=GENERIC_ANCHORS),),
        questions=(
            Question(
                id="q1",
                text="Can you hear me well?",
                purpose="To know that both sides hear each other.",
                competency_id="c1",
                jd_phrase="sound check",
                seconds=60,
            ),
        ),
        made_by="rule-based, offline",
    ),
    Pace.NORMAL,
    limit_s=60,
    wrap_up_s=10,
)


def table(providers: Sequence[Provider], results: Sequence[Result]) -> str:
    """For a terminal: one voice a paragraph."""
    by_key = {result.key: result for result in results}
    return "\n".join(_lines(provider, by_key.get(provider.info.key)) for provider in providers)


def _lines(provider: Provider, result: Result | None) -> str:
    if result is None:
        return f"{provider.info.label:<22} Not set up   {provider.info.missing}"
    said = f"{result.label:<22} {'Works' if result.ok else 'Trouble':<12} {result.sentence}"
    return f"{said}\n{'':<36}{timings(result)}" if result.connect_s is not None else said


def timings(result: Result) -> str:
    """How long what worked took, in words."""
    named = (
        ("line open after", result.connect_s),
        ("first word after", result.first_audio_s),
        ("answer after", result.answer_s),
    )
    return ", ".join(f"{what} {seconds:.1f} s" for what, seconds in named if seconds is not None)


def main() -> int:
    """Prints a table of words; 0 when every configured voice works, 1 when one does not."""
    import logging

    from services import logs
    from services.settings import Settings
    from services.vendors.register import providers

    logs.configure(logging.ERROR)
    voices = providers(Settings())
    results = asyncio.run(talk_to_all(voices))
    print(table(list(voices.values()), results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
