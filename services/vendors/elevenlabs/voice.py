"""ElevenLabs Agents as a voice provider: a stored agent, opened by signed URL, spoken to over a raw WebSocket.

The official SDK fetches the signed URL and the agent's settings; the call itself does not use its `Conversation`, which
assumes 16 kHz, hides errors and event ids, and has no word for an interruption (elevenlabs-python 2.78). A dropped
socket cannot be resumed: a new conversation is opened and told what was said.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused
from services.core.plan.plan import Pace
from services.core.talk.events import CloseCause, Closed, Instruction, InstructionKind, ProviderEvent, Usage
from services.core.talk.transcript import Turn
from services.core.usage import Billed
from services.settings import Settings
from services.vendors import instructions
from services.vendors.base import Capabilities, Check, ProviderInfo, Resume, Terms
from services.vendors.elevenlabs import rest
from services.vendors.elevenlabs.faults import LABEL, of_upgrade
from services.vendors.elevenlabs.record import reconcile
from services.vendors.elevenlabs.wire import AgentWire, Format, Outgoing, tool_result
from services.vendors.energy_vad import EnergyVad
from services.vendors.faults import Fault, error
from services.vendors.socket import OPEN_S, Gone, Socket, dial, options

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = structlog.get_logger(__name__)

CHECK_S = 5.0
QUIET_S = 1.5
"""Without audio for this long an utterance is over, when the agent does not say so itself."""
HOLD_EVERY_S = 1.0
"""`user_activity` keeps the agent silent for about two seconds."""
_HOLD_ON = "The candidate asked for a moment to think. Stay silent until they speak."
_HOLD_OFF = "The candidate is back. Go on as usual."
_SPEAKS = frozenset(InstructionKind) - {InstructionKind.WRAP_UP}
_NO_KEY = "Set ELEVENLABS_API_KEY to a key of your ElevenLabs account that may use conversational agents."
_NO_AGENT_ID = (
    "Set ELEVENLABS_AGENT_ID. python -m services.vendors.elevenlabs.agent --apply creates the agent and prints its id."
)


class ElevenLabsVoice:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        missing = "" if settings.elevenlabs_api_key else _NO_KEY
        missing = missing or ("" if settings.elevenlabs_agent_id else _NO_AGENT_ID)
        self.info = ProviderInfo(
            key="elevenlabs",
            label=LABEL,
            model="ElevenLabs agent",
            usd_per_minute=Decimal("0.08"),
            price_read_on="2026-10-03",
            leaves_machine="The candidate's voice, typed answers, the plan and the job description go to ElevenLabs, "
            "which keeps the transcript until it is deleted there.",
            ready=not missing,
            missing=missing,
            capabilities=Capabilities(transcript_afterwards=True, deletes_afterwards=True),
        )

    async def check(self) -> Check:
        """Fetches a signed URL, which proves key, permission and agent."""
        started = asyncio.get_running_loop().time()
        try:
            self._require_ready()
            async with asyncio.timeout(CHECK_S):
                await rest.signed_url(self._settings)
            ok, sentence = True, "ElevenLabs accepts the key, and the agent is there."
        except TimeoutError:
            ok, sentence = False, error(Fault.TIMEOUT, LABEL).sentence
        except ProviderError as refusal:
            ok, sentence = False, refusal.sentence
        return Check(ok, asyncio.get_running_loop().time() - started, sentence)

    def warm(self) -> None:
        rest.warm(self._settings)

    def expect(self) -> None:
        """All that takes long is kept."""

    @asynccontextmanager
    async def connect(self, terms: Terms, resume: Resume | None = None) -> AsyncIterator[ElevenLabsConnection]:
        self._require_ready()
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(OPEN_S):
                    admission = await rest.admission(self._settings)
                    socket = await open_socket(admission.signed_url)
                    stack.push_async_callback(socket.aclose)
                    connection = await self._begin(socket, admission, terms, resume)
            except TimeoutError:
                raise error(Fault.TIMEOUT, LABEL) from None
            stack.push_async_callback(connection.aclose)
            yield connection

    async def fetch_turns(self, conversation_id: str) -> tuple[Turn, ...] | None:
        """The vendor's own transcript, once it is processed; None when it keeps none. Waits minutes at most."""
        return await rest.fetch_turns(self._settings, conversation_id)

    async def complete(self, conversation_id: str, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """Our turns with the vendor's corrections; as they are when it keeps no transcript."""
        theirs = await self.fetch_turns(conversation_id)
        return turns if theirs is None else reconcile(turns, theirs)

    async def billed(self, conversation_id: str) -> Billed | None:
        """By the vendor's own record, once it is processed. Waits minutes at most."""
        return await rest.fetch_billed(self._settings, conversation_id)

    async def delete(self, conversation_id: str) -> None:
        """Deletes transcript and audio at the vendor; a conversation that is not there is deleted already."""
        await rest.delete(self._settings, conversation_id)

    def _require_ready(self) -> None:
        if not self.info.ready:
            raise ProviderRefused(self.info.missing, CloseCause.CONFIG)

    async def _begin(
        self, socket: Socket, admission: rest.SignedAccess, terms: Terms, resume: Resume | None
    ) -> ElevenLabsConnection:
        """The first frame of each side: ours configures, theirs announces the audio formats."""
        voice, free_s = self._settings.elevenlabs_voice_id, self._settings.free_window_s
        first = initiation(terms, resume, admission.overridable, voice_id=voice, free_s=free_s)
        await socket.send(json.dumps(first))
        formats_and_id = await metadata(socket)
        connection = ElevenLabsConnection(socket, *formats_and_id, terms)
        connection.conversation_id = connection.conversation_id or admission.conversation_id
        if resume is not None and (resume.answer or "agent.prompt" not in admission.overridable):
            await connection.take_up(
                instructions.resume_text(terms, resume, with_turns=True), speak=bool(resume.answer)
            )
        return connection


def initiation(
    terms: Terms, resume: Resume | None, overridable: frozenset[str], *, voice_id: str | None, free_s: float
) -> dict[str, Any]:
    """The first client frame. Only what the agent's security settings allow is overridden: anything else closes the
    socket. The dynamic variables are sent always; those that the agent's texts do not use do no harm."""
    plan = terms.plan
    first = instructions.greeting(terms) if resume is None else instructions.spoken_resume(terms, resume)
    prompt = instructions.prompt(terms)
    if resume is not None:
        prompt += "\n\n" + instructions.resume_text(terms, resume, with_turns=True)
    wanted: dict[str, tuple[str, str, Any]] = {
        "agent.first_message": ("agent", "first_message", first),
        "agent.prompt": ("agent", "prompt", {"prompt": prompt}),
    }
    if voice_id:
        wanted["tts.voice_id"] = ("tts", "voice_id", voice_id)
    override: dict[str, dict[str, Any]] = {}
    for name, (part, key, value) in wanted.items():
        if name in overridable:
            override.setdefault(part, {})[key] = value
    variables = {
        "role_title": plan.role_title,
        "experience_level": plan.level.value,
        "domain_track": plan.domain.value,
        "top_skills": ", ".join(skill.name for skill in plan.skills[:8]),
        "questions_json": instructions.questions_json(plan),
        "time_limit_secs": round(terms.limit_s),
        "charge_threshold_secs": round(free_s),
        "user_name": terms.candidate_name or "the candidate",
        "pace": terms.pace.value,
        "job_description": terms.job_description[: instructions.JOB_DESCRIPTION_CHARACTERS],
        "first_message": first,
    }
    frame: dict[str, Any] = {
        "type": "conversation_initiation_client_data",
        "dynamic_variables": {name: _inert(value) for name, value in variables.items()},
        "source_info": {"source": "syntaxia", "version": "1"},
    }
    if override:
        frame["conversation_config_override"] = override
    return frame


def _inert(value: str | int) -> str | int:
    """Braces in a value must not name another variable."""
    return value.replace("{{", "{ {") if isinstance(value, str) else value


class RawTransport:
    """A plain websockets connection in the shape `Socket` wants."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send_raw(self, data: bytes | str) -> None:
        await self._connection.send(data)

    async def recv_bytes(self) -> bytes:
        return await self._connection.recv(decode=False)

    async def close(self) -> None:
        await self._connection.close()


async def open_socket(signed_url: str) -> Socket:
    """The URL is a credential: no exception and no log line passes it on. Raises ProviderError."""
    return await dial(_opened(signed_url), LABEL, "the agent", of_upgrade)


async def _opened(signed_url: str) -> RawTransport:
    from websockets.asyncio.client import connect

    return RawTransport(await connect(signed_url, **options(secure=signed_url.startswith("wss:"))))


async def metadata(socket: Socket) -> tuple[Format, Format, str | None]:
    """The announced formats, input and output, and the conversation id; answers pings meanwhile.

    Raises ProviderError when the socket closes first.
    """
    wire = AgentWire(Format(16_000))
    try:
        while True:
            frame = json.loads(await socket.receive())
            if isinstance(frame, Mapping) and frame.get("type") == "conversation_initiation_metadata":
                event = frame["conversation_initiation_metadata_event"]
                formats = [Format.parse(event[f"{name}_audio_format"]) for name in ("user_input", "agent_output")]
                return formats[0], formats[1], event.get("conversation_id")
            for reply in wire.receive(frame, 0.0):
                if isinstance(reply, Outgoing):
                    await socket.send(json.dumps(reply.frame))
    except Gone as gone:
        raise refusal(wire.ended(gone.code, gone.reason)) from None
    except (ValueError, KeyError, TypeError):
        raise error(Fault.CONFIG, LABEL) from None


def refusal(told: Closed) -> ProviderError:
    """A close before the call began, as the error that `connect` raises."""
    final = told.cause in (CloseCause.AUTH, CloseCause.QUOTA, CloseCause.CONFIG, CloseCause.SAFETY)
    if told.cause is CloseCause.AGENT:
        return error(Fault.VENDOR, LABEL)
    return (ProviderRefused if final else ProviderDropped)(told.sentence, told.cause)


class ElevenLabsConnection:
    """Reads in a task of its own: the vendor hangs up on a client that leaves its pings unanswered."""

    def __init__(self, socket: Socket, into: Format, out: Format, conversation_id: str | None, terms: Terms) -> None:
        self.input_rate_hz, self.output_rate_hz = into.rate_hz, out.rate_hz
        self.conversation_id = conversation_id
        self._socket, self._format, self._plan = socket, into, terms.plan
        self._wire = AgentWire(out, patient=terms.pace is Pace.PATIENT, tools=terms.tool_names)
        self._vad = EnergyVad(into.rate_hz)
        self._events: deque[ProviderEvent] = deque()
        self._changed = asyncio.Event()
        self._holding = False
        self._clock = asyncio.get_running_loop().time
        self._opened_at = self._activity_at = self._clock()
        self._reader = asyncio.create_task(self._read())

    def __aiter__(self) -> AsyncIterator[ProviderEvent]:
        return self

    async def __anext__(self) -> ProviderEvent:
        while not self._events:
            if self._reader.done():
                self._reader.result()
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()

    async def _read(self) -> None:
        try:
            while True:
                try:
                    async with asyncio.timeout_at(self._due_at()):
                        message = await self._socket.receive()
                except TimeoutError:
                    await self._due()
                else:
                    await self._take(message)
                self._changed.set()
        except Gone as gone:
            self._events.append(Usage({"connection_ms": round((self._clock() - self._opened_at) * 1000)}))
            ours = Closed(CloseCause.USER) if self._socket.closed_by_us else None
            self._events.append(ours or self._wire.ended(gone.code, gone.reason))
        finally:
            self._changed.set()

    async def _take(self, message: bytes) -> None:
        try:
            frame = json.loads(message)
        except ValueError:
            frame = None
        for event in self._wire.receive(frame, self._clock()):
            if isinstance(event, Outgoing):
                await self._reply(event.frame)
            else:
                self._events.append(event)
        self._holding &= not self._wire.speech.going_on

    def _due_at(self) -> float | None:
        due = [self._wire.audio_at + QUIET_S] if self._wire.may_be_over else []
        due += [self._activity_at + HOLD_EVERY_S] if self._holding else []
        due += [] if self._wire.speech.silent_at is None else [self._wire.speech.silent_at]
        return min(due, default=None)

    async def _due(self) -> None:
        now = self._clock()
        if now >= self._wire.audio_at + QUIET_S:
            self._events.extend(self._wire.quiet())
        self._events.extend(self._wire.speech.falls_silent(now))
        if self._holding and now >= self._activity_at + HOLD_EVERY_S:
            self._activity_at = now
            await self._reply({"type": "user_activity"})

    async def take_up(self, direction: str, *, speak: bool) -> None:
        """Of an interview; `speak` at once about it. A socket that is closed by now says why as its first event."""
        if speak:
            self._wire.sent_text(direction)
        await self._reply(_user_message(direction) if speak else _contextual_update(direction, "resume"))

    async def send_audio(self, pcm: bytes) -> None:
        self._vad.feed(pcm)
        if self._vad.voice:
            self._wire.speech.sign(self._clock())
        audio = base64.b64encode(self._format.encode(pcm)).decode()
        await self._send({"user_audio_chunk": audio})

    async def send_text(self, text: str) -> None:
        await self._user_message(instructions.typed(text))

    async def instruct(self, instruction: Instruction) -> None:
        """A contextual update never makes the agent speak, a user message always does and cuts what she is saying."""
        text = instructions.instruction_text(self._plan, instruction)
        busy = self._wire.speech.going_on or self._wire.awaits_audio
        if instruction.kind in _SPEAKS or not busy:
            await self._user_message(text)
        else:
            await self._send(_contextual_update(text, "direction"))

    async def hold(self, on: bool) -> None:
        """The agent counts `user_activity` as the candidate being busy, so silence does not make it speak."""
        self._holding = on
        await self._send(_contextual_update(_HOLD_ON if on else _HOLD_OFF, "floor"))
        if on:
            self._activity_at = self._clock()
            await self._send({"type": "user_activity"})

    async def send_tool_result(self, call_id: str, result: str, *, is_error: bool = False) -> None:
        await self._send(tool_result(call_id, result, is_error=is_error))

    async def interrupt(self, item: str, heard_ms: int) -> None:
        """The vendor has no frame for it: it decides on interruptions and works out what was heard by itself."""
        self._socket.require()
        self._wire.interrupt(item)

    async def aclose(self) -> None:
        await self._socket.aclose()
        await asyncio.wait([self._reader])

    async def _user_message(self, text: str) -> None:
        self._wire.sent_text(text)
        await self._send(_user_message(text))

    async def _reply(self, frame: Mapping[str, Any]) -> None:
        """From the receiving side: a socket that is gone shows in the next receive."""
        try:
            await self._send(frame)
        except ProviderDropped:
            log.debug("reply came too late", vendor="elevenlabs")

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send(json.dumps(frame))


def _user_message(text: str) -> dict[str, Any]:
    """A whole turn of the candidate's, which the agent answers."""
    return {"type": "user_message", "text": text}


def _contextual_update(text: str, context_id: str) -> dict[str, Any]:
    """The agent reads it without answering; a later one with the same id replaces it."""
    return {"type": "contextual_update", "text": text, "context_id": context_id}
