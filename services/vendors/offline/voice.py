"""The offline interviewer: synthesis, recognition and an interviewer's rules on this server, as a provider like others.

Its connection behaves as a hosted one does: audio comes in bursts faster than real time, a barge-in voids what was
sent, and audio already under way then is late audio.
"""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from decimal import Decimal
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary

import structlog

from services.core.errors import ProviderDropped, ProviderRefused
from services.core.plan.plan import Plan
from services.core.talk.endpointing import Endpointer
from services.core.talk.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    Flush,
    Instruction,
    InstructionKind,
    ProviderEvent,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    Unanswered,
    UserText,
)
from services.core.talk.intent import agrees, declines, is_done
from services.core.talk.interviewer import GO_ON, CandidateTurn, EmaTurn, Interviewer
from services.core.talk.transcript import UNRECOGNISED
from services.model_files import ModelRefused
from services.settings import Settings
from services.vendors.base import Capabilities, Check, ProviderInfo, Resume, Terms
from services.vendors.instructions import greeting, sorry, spoken_resume
from services.vendors.offline import synthesis, vad, whisper
from services.vendors.offline.piper import Piper
from services.vendors.offline.recognition import POCKETSPHINX, WHISPER, Recognised
from services.vendors.offline.speaker import Mouth, ReplySpeaker, SpokenItem
from services.vendors.offline.transcriber import Ears, RecogniserProcess
from services.vendors.offline.witness import LocalWitness

log = structlog.get_logger(__name__)

PREROLL_FRAMES = 16
"""Half a second of audio from before speech was certain, for the recogniser."""
VOICED = 0.5
"""Probability from which a frame counts as speech in the length of an answer."""
MAX_PROMPT_TERMS = 40
_POLITE = (InstructionKind.NUDGE, InstructionKind.WRAP_UP, InstructionKind.FOUND)
"""Never said over somebody."""
CHECK_S = 5.0
FACTS = "__company_facts"
"""Ending of the name of the one tool her rules can use: it takes a `topic`."""
EXPECTED_S = 300.0
"""How long the recogniser stays loaded for a call that was announced and did not begin."""
_BROKEN = "The offline interviewer is not installed completely. Install the project's requirements again."


_NOT_CAUGHT = (
    "Sorry, I did not catch that. Could you say it again, please?",
    "I still could not make out your words. Please type your answer below, and we will go on.",
)
"""What Ema says to the first and the second turn in a row that has no words; then she goes by how long it was."""
FIRST_WORDS = ("Hello, I'm Ema, an AI interviewer.", *_NOT_CAUGHT)
"""Said first, or when there is no time to lose."""
_TYPE_STILL = "I still cannot follow spoken answers. Please type this one, or skip the question."
_TYPE = "I cannot follow spoken answers at the moment. Please type your answer below, and we will go on."


class OfflineVoice:
    """Needs no key and no network."""

    def __init__(self, settings: Settings) -> None:
        self._model_dir = settings.model_dir
        self._engines = _engines(settings)
        self._mouth: Mouth = Piper(settings.ema_voice) if settings.ema_voice else synthesis.Espeak()
        self.info = ProviderInfo(
            key="offline",
            label="Offline interviewer",
            model="",
            usd_per_minute=Decimal(0),
            price_read_on="",
            leaves_machine="Nothing leaves this server.",
            ready=True,
        )
        self._name_engine()
        self._processes: WeakKeyDictionary[asyncio.AbstractEventLoop, RecogniserProcess] = WeakKeyDictionary()
        self._ears: Ears | None = None
        """None: the recogniser's."""
        self._measured: tuple[float, int] | None = None
        """The recogniser when it was last loaded: how many times the speed of speech, and for how many voices."""
        self._expecting: asyncio.Task[None] | None = None
        self._expected_until = 0.0

    def _name_engine(self) -> None:
        engine = self._engines[0]
        names = {POCKETSPHINX: "PocketSphinx", WHISPER: whisper.label(self._model_dir)}
        captions = names.get(engine, engine.partition(":")[0])
        self.info = dataclasses.replace(
            self.info,
            model=f"{self._mouth.name}, Silero VAD, {captions}",
            capabilities=Capabilities(rough_captions=engine == POCKETSPHINX, local_captions=captions),
        )

    async def check(self) -> Check:
        """Says a word to itself. The recogniser, which takes seconds to load, is told of as it was measured last."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(CHECK_S):
                await asyncio.to_thread(self._warm_mouth)
                await self._mouth.synthesise("Hello.")
                await asyncio.to_thread(vad.VoiceActivity)
        except TimeoutError:
            sentence = "The offline interviewer is slow: this server is very busy."
            return Check(ok=False, seconds=CHECK_S, sentence=sentence)
        except (ImportError, OSError, RuntimeError):
            return Check(ok=False, seconds=time.perf_counter() - began, sentence=_BROKEN)
        sentence = f"Ready. {self._ears_for_people()} Nothing leaves this server."
        return Check(ok=True, seconds=time.perf_counter() - began, sentence=sentence)

    def _ears_for_people(self) -> str:
        engine = self.info.capabilities.local_captions
        if self._measured is None:
            return f"{engine} makes the captions; its speed on this server is known once somebody has spoken."
        speed, voices = self._measured
        return (
            f"{engine} makes the captions at {speed:.1f} times the speed of speech, for {voices} voices at once; "
            "whoever else speaks then is asked to type."
        )

    def warm(self) -> None:
        vad.VoiceActivity()
        synthesis.prepare()
        self._warm_mouth()
        if self._engines[0] == WHISPER:
            try:
                whisper.verified(self._model_dir)
            except ModelRefused as refused:
                log.warning("speech model refused", reason=str(refused), engine=POCKETSPHINX)
                self._engines = (POCKETSPHINX,)
                self._name_engine()

    def _warm_mouth(self) -> None:
        """Blocks. Where a voice that was brought cannot be had, espeak-ng speaks, and the pages say so."""
        if not isinstance(self._mouth, Piper):
            return
        try:
            self._mouth.load()
            self._mouth.ahead(FIRST_WORDS)
        except ModelRefused as refused:
            log.warning("voice refused", reason=str(refused), engine=synthesis.Espeak.name)
            self._mouth = synthesis.Espeak()
            self._name_engine()

    def expect(self) -> None:
        """The recogniser takes seconds to load, and on a busy machine longer than Ema needs to greet."""
        if self._ears:
            return
        self._expected_until = asyncio.get_running_loop().time() + EXPECTED_S
        if self._expecting is None or self._expecting.done():
            self._expecting = asyncio.create_task(self._keep_recogniser())

    async def _keep_recogniser(self) -> None:
        async with self._recogniser().enter():
            while (left := self._expected_until - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(left)

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[None]:
        if self._ears:
            yield
            return
        async with self._recogniser().enter():
            await self._recogniser().loaded()
            yield

    def _recogniser(self) -> RecogniserProcess:
        loop = asyncio.get_running_loop()
        if loop not in self._processes:
            self._processes[loop] = RecogniserProcess(self._engines, self._model_dir, self._note_measured)
        return self._processes[loop]

    def _note_measured(self, speed: float, voices: int) -> None:
        self._measured = speed, voices

    def with_ears(self, ears: Ears) -> OfflineVoice:
        """The same voice for one call whose captions these write: it loads no recogniser, and they are not rough."""
        voice = copy.copy(self)
        voice._ears = ears
        capabilities = dataclasses.replace(self.info.capabilities, rough_captions=False, local_captions="")
        voice.info = dataclasses.replace(self.info, capabilities=capabilities)
        return voice

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[OfflineConnection]:
        try:
            activity = await asyncio.to_thread(vad.VoiceActivity)
            await asyncio.to_thread(self._warm_mouth)
        except (ImportError, OSError, RuntimeError):
            raise ProviderRefused(_BROKEN, CloseCause.CONFIG) from None
        listening: AbstractAsyncContextManager[Ears] = (
            nullcontext(self._ears) if self._ears else self._recogniser().enter()
        )
        async with listening as ears:
            connection = OfflineConnection(terms, resume, activity, ears, self._mouth)
            try:
                connection.open()
                yield connection
            finally:
                await connection.aclose()

    @asynccontextmanager
    async def overhear(self, plan: Plan) -> AsyncIterator[LocalWitness | None]:
        """The second witness of a call that somebody else voices. None where no good engine is installed."""
        try:
            activity = await asyncio.to_thread(vad.VoiceActivity)
        except (ImportError, OSError, RuntimeError) as error:
            log.warning("no second witness", error=type(error).__name__)
            yield None
            return
        if self.info.capabilities.rough_captions:
            log.warning("no second witness", engine=self._engines[0])
            yield None
            return
        process = self._recogniser()
        async with process.enter(aside=True) as transcriber:
            yield LocalWitness(activity, transcriber, _prompt(plan), lambda: process.engine != POCKETSPHINX)


def _prompt(plan: Plan) -> str:
    """Terms that are likely to be said."""
    return ", ".join([skill.name for skill in plan.skills][:MAX_PROMPT_TERMS])


def _engines(settings: Settings) -> tuple[str, ...]:
    """Best first; the process takes the first one that loads."""
    if settings.speech_recogniser:
        return (settings.speech_recogniser, POCKETSPHINX)
    packages = ("faster_whisper",) if settings.model_dir else ("faster_whisper", whisper.PACKAGE)
    return (WHISPER, POCKETSPHINX) if all(map(find_spec, packages)) else (POCKETSPHINX,)


class OfflineConnection:
    """Obeys `services.vendors.base.Connection`. Results of the plan's tools change nothing: its rules know the plan."""

    input_rate_hz = vad.RATE_HZ
    output_rate_hz = synthesis.RATE_HZ
    conversation_id: str | None = None

    def __init__(
        self, terms: Terms, resume: Resume | None, activity: vad.VoiceActivity, transcriber: Ears, mouth: Mouth
    ) -> None:
        self._terms, self._resume = terms, resume
        self._events: asyncio.Queue[ProviderEvent] = asyncio.Queue()
        self._closed = False
        self._over = False
        self._tasks: set[asyncio.Task[None]] = set()
        # Ids have to differ from those of an earlier connection of the same interview.
        self._prefix, self._ids = secrets.token_hex(3), 0
        # The candidate's side.
        self._activity = activity
        self._endpointer = Endpointer(terms.pace)
        self._transcriber = transcriber
        transcriber.on_partial = self._show_partial
        self._prompt = _prompt(terms.plan)
        self._wordless = 0
        """Turns in a row of which no word was recognised."""
        self._preroll: deque[bytes] = deque(maxlen=PREROLL_FRAMES)
        self._turn: str | None = None
        self._turn_s = 0.0
        self._partial = ""
        """The latest caption of the present turn."""
        self._unanswered: list[tuple[asyncio.Future[Recognised], str, float]] = []
        """Turns no reply was begun to: their words to come, their last partial caption, seconds of speech."""
        self._checking = False
        """The last of them was ended by the question whether the candidate is done."""
        self._insists = False
        """What she says now she says to its end."""
        # Ema's side.
        self._facts = next((tool.name for tool in terms.tools if tool.name.endswith(FACTS)), None)
        self._interviewer = Interviewer(
            terms.plan,
            resume.question_id if resume else None,
            resume.follow_ups_asked if resume else 0,
            looks_up=self._facts is not None,
        )
        self._looking_up: str | None = None
        """Id of the call that is out."""
        self._speaker = ReplySpeaker(self._events.put_nowait, self._next_id, mouth)
        self._reply: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Ema speaks first."""
        first = self._interviewer.question.id
        if self._resume is None:
            self._say(EmaTurn(greeting(self._terms), next_question=first), sentences_before_tools=1)
        elif self._resume.answer:
            reply = self._interviewer.answer(CandidateTurn(self._resume.answer, typed=True))
            self._say(dataclasses.replace(reply, text=sorry(self._resume) + reply.text))
        elif self._resume.unasked:
            self._say(EmaTurn(spoken_resume(self._terms, self._resume), next_question=first))
        elif self._resume.question_id:
            self._say(EmaTurn(spoken_resume(self._terms, self._resume)))
        else:
            self._say(self._interviewer.instruct(Instruction(InstructionKind.FAREWELL)))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("offline interviewer failed", error=type(error).__name__, exc_info=error)
            self._close(Closed(CloseCause.PROVIDER, "The offline interviewer failed."))

    def _next_id(self, kind: str) -> str:
        self._ids += 1
        return f"{self._prefix}-{kind}{self._ids}"

    # --- events out ------------------------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        return self

    async def __anext__(self) -> ProviderEvent:
        if self._over:
            raise StopAsyncIteration
        event = await self._events.get()
        if isinstance(event, AudioOut):
            self._speaker.handed_out(event)
        self._over = isinstance(event, Closed)
        return event

    # --- the candidate speaks --------------------------------------------------------------------------------------

    async def send_audio(self, pcm: bytes) -> None:
        self._require_open()
        for frame in self._activity.frames(pcm):
            self._hear(frame)

    def _hear(self, frame: vad.Frame) -> None:
        change = self._endpointer.process(0.0 if self._hears_nobody() else frame.probability, vad.FRAME_S)
        self._preroll.append(frame.pcm)
        if self._turn:
            self._transcriber.feed(frame.pcm)
            self._turn_s += vad.FRAME_S if frame.probability >= VOICED else 0.0
        if isinstance(change, SpeechStarted):
            self._begin_turn()
        elif isinstance(change, SpeechStopped):
            self._end_turn()

    def _hears_nobody(self) -> bool:
        """What goes on until she has asked, or to the end of what she insists on, is not for her."""
        replies = self._reply is not None and not self._reply.done()
        self._insists = self._insists and (replies or self._speaker.speaking)
        return self._insists or (self._checking and replies)

    def _begin_turn(self) -> None:
        """Also announces speech again after a hold, within the same turn."""
        self._endpointer.hold(False)
        self._events.put_nowait(SpeechStarted())
        self._yield_floor()
        if self._turn is None:
            self._turn, self._turn_s, self._partial = self._next_id("turn"), 0.0, ""
            self._transcriber.start(self._prompt)
            for pcm in self._preroll:
                self._transcriber.feed(pcm)

    def _end_turn(self) -> None:
        self._events.put_nowait(SpeechStopped())
        self._close_turn()
        self._reply = self._start(self._answer())

    def _close_turn(self) -> None:
        turn, self._turn = self._turn or "", None
        words = self._transcriber.finish()
        words.add_done_callback(lambda done: self._show_final(turn, done.result()))
        self._unanswered.append((words, self._partial, self._turn_s))

    def _check(self) -> None:
        """What was said so far waits for what they reply. The voice that goes on is nobody's until she has asked."""
        self._checking = self._checking or self._turn is not None
        self._cut_turn()

    def _cut_turn(self) -> None:
        """It is over, whoever goes on speaking."""
        if self._turn:
            self._close_turn()
            self._endpointer.end()

    def _show_partial(self, text: str) -> None:
        if self._turn and text:
            self._partial = text
            self._events.put_nowait(UserText(self._turn, text, append=False, final=False))

    def _show_final(self, turn: str, words: Recognised) -> None:
        if not self._closed:
            text = words.text or UNRECOGNISED
            self._events.put_nowait(UserText(turn, text, append=False, final=True, confidence=words.confidence))

    async def _answer(self) -> None:
        """Speech that resumes while this waits cancels it, and what was said then counts towards the next answer."""
        await asyncio.wait([words for words, _, _ in self._unanswered], timeout=self._transcriber.patience_s)
        heard = [words.result() if words.done() else Recognised() for words, _, _ in self._unanswered]
        texts = [words.text or partial for words, (_, partial, _) in zip(heard, self._unanswered, strict=True)]
        confidence = min((words.confidence for words in heard if words.confidence is not None), default=None)
        seconds = sum(seconds for _, _, seconds in self._unanswered)
        checked, self._checking = self._checking, False
        if checked and declines(texts[-1]):
            del self._unanswered[-1]
            await self._voicing(EmaTurn(GO_ON))
            return
        self._unanswered.clear()
        answer = CandidateTurn(" ".join(filter(None, texts)), seconds, confidence=confidence)
        await self._voicing(self._asked_again(answer) or self._interviewer.answer(answer))

    def _asked_again(self, answer: CandidateTurn) -> EmaTurn | None:
        """Where somebody spoke and no word was recognised in time. Words that come later are in the transcript."""
        if not self._interviewer.is_guesswork(answer):
            self._wordless = 0
            return None
        self._wordless += 1
        if not self._transcriber.hears:
            # Nobody listens, so that no length of an answer says anything of it.
            return EmaTurn(_TYPE if self._wordless == 1 else _TYPE_STILL)
        return EmaTurn(_NOT_CAUGHT[self._wordless - 1]) if self._wordless <= len(_NOT_CAUGHT) else None

    # --- what else the candidate and the call want -----------------------------------------------------------------

    async def send_text(self, text: str) -> None:
        self._require_open()
        self._yield_floor()
        # Who types is not who goes on speaking: that voice has a turn of its own after her reply.
        self._insists = self._turn is not None
        self._cut_turn()
        if self._checking and (agrees(text) or is_done(text)):
            self._done()
            return
        if self._checking and declines(text):
            self._checking = False
            self._say(EmaTurn(GO_ON))
            return
        self._forget_unanswered()
        self._wordless = 0
        self._say(self._interviewer.answer(CandidateTurn(text, typed=True)))

    async def instruct(self, instruction: Instruction) -> None:
        self._require_open()
        polite = instruction.kind in _POLITE and not instruction.insists
        if not polite:
            self._yield_floor()
        if instruction.kind is InstructionKind.NEXT:
            self._forget_unanswered()
        elif instruction.kind is InstructionKind.CHECK:
            self._check()
        if instruction.insists:
            self._cut_turn()
        self._insists = instruction.insists
        if instruction.kind is InstructionKind.DONE and (self._turn or self._unanswered):
            self._done()
            return
        reply = self._interviewer.instruct(instruction)
        if not (polite and self._gives_way()):
            self._say(reply)

    def _done(self) -> None:
        """With the answer: what was said of it so far is all."""
        self._checking = False
        self._cut_turn()
        self._reply = self._start(self._answer())

    def _gives_way(self) -> bool:
        """Whether somebody is heard now, or has an answer coming. Whoever believes that nobody speaks is told: they
        would wait for words of hers that never come."""
        if self._endpointer.speaking:
            self._events.put_nowait(SpeechStarted())
        return self._endpointer.speaking or bool(self._unanswered and self._reply and not self._reply.done())

    def _forget_unanswered(self) -> None:
        self._unanswered.clear()
        self._checking = False

    async def hold(self, on: bool) -> None:
        self._require_open()
        self._endpointer.hold(on)

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None:
        self._require_open()
        if call_id != self._looking_up:
            return
        self._looking_up = None
        # Whoever speaks meanwhile is answered instead.
        if not self._gives_way():
            self._say(self._interviewer.found(result))

    async def _look_up(self, topic: str) -> None:
        self._looking_up = self._next_id("lookup")
        self._events.put_nowait(ToolCall(self._looking_up, self._facts or "", {"topic": topic}))

    # --- Ema -------------------------------------------------------------------------------------------------------

    def _say(self, reply: EmaTurn, sentences_before_tools: int = 0) -> None:
        self._reply = self._start(self._voicing(reply, sentences_before_tools))

    def _voicing(self, reply: EmaTurn, sentences_before_tools: int = 0) -> Coroutine[Any, Any, None]:
        if reply.topic:
            return self._look_up(reply.topic)
        if not reply.text:
            return self._listen_on()
        return self._voiced(self._speaker.prepare(reply.text), reply, sentences_before_tools)

    async def _voiced(self, utterance: SpokenItem, reply: EmaTurn, sentences_before_tools: int) -> None:
        await self._speaker.voice(utterance, reply, sentences_before_tools)
        self._speaker.ahead(self._interviewer.likely)

    async def _listen_on(self) -> None:
        self._events.put_nowait(Unanswered())

    def _yield_floor(self) -> None:
        """Whatever Ema is saying or about to say is void."""
        if self._reply:
            self._reply.cancel()
        if self._speaker.speaking:
            self._cut(self._speaker.void())
            self._events.put_nowait(Flush(self._speaker.generation))
        elif self._reply and not self._reply.done() and not self._unanswered:
            self._cut("")

    def _cut(self, heard: str) -> None:
        if self._speaker.last:
            self._interviewer.cut(self._speaker.last.text, heard)

    async def interrupt(self, item: str, heard_ms: int) -> None:
        self._require_open()
        utterance = self._speaker.find(item)
        if utterance is None:
            return
        heard = utterance.heard(heard_ms / 1000)
        if utterance is self._speaker.last:
            if self._reply and not self._unanswered:
                self._reply.cancel()
            self._speaker.void()
            self._cut(heard)
        self._events.put_nowait(AgentText(item, heard, append=False, final=True, correction=True))

    # --- the end ---------------------------------------------------------------------------------------------------

    def _require_open(self) -> None:
        if self._closed:
            raise ProviderDropped("The connection to the offline interviewer is closed.", CloseCause.NETWORK)

    def _close(self, closed: Closed) -> None:
        if not self._closed:
            self._closed = True
            self._events.put_nowait(closed)
            for task in self._tasks:
                task.cancel()

    async def aclose(self) -> None:
        self._close(Closed(CloseCause.USER))
        await asyncio.gather(*self._tasks, return_exceptions=True)
