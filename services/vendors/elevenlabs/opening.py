"""How a conversation with an ElevenLabs agent is opened: the socket, our first frame, theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused
from services.core.talk.events import CloseCause, Closed
from services.vendors import instructions
from services.vendors.base import Resume, Terms
from services.vendors.elevenlabs.faults import LABEL, of_upgrade
from services.vendors.elevenlabs.wire import Format, Reply, Wire
from services.vendors.faults import Fault, error
from services.vendors.socket import Gone, Socket, dial, options

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


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


class RawWire:
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


async def _opened(signed_url: str) -> RawWire:
    from websockets.asyncio.client import connect

    return RawWire(await connect(signed_url, **options(secure=signed_url.startswith("wss:"))))


async def metadata(socket: Socket) -> tuple[Format, Format, str | None]:
    """The announced formats, input and output, and the conversation id; answers pings meanwhile.

    Raises ProviderError when the socket closes first.
    """
    wire = Wire(Format(16_000))
    try:
        while True:
            frame = json.loads(await socket.receive())
            if isinstance(frame, Mapping) and frame.get("type") == "conversation_initiation_metadata":
                event = frame["conversation_initiation_metadata_event"]
                formats = [Format.parse(event[f"{name}_audio_format"]) for name in ("user_input", "agent_output")]
                return formats[0], formats[1], event.get("conversation_id")
            for reply in wire.receive(frame, 0.0):
                if isinstance(reply, Reply):
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
