"""ElevenLabs' REST side through the official SDK: signed URLs, what an agent allows, transcripts, deletion.

The SDK loads some thousand modules on first use (half a second), so it is loaded in a thread. Its exceptions carry
headers and bodies; they are translated here and never travel on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from services.core.talk.transcript import Turn
from services.core.usage import Billed
from services.settings import Settings
from services.vendors.elevenlabs.faults import LABEL, refused
from services.vendors.elevenlabs.record import billed, spoken_turns
from services.vendors.faults import Fault, error

if TYPE_CHECKING:
    from elevenlabs.client import AsyncElevenLabs

REQUEST_S = 8
RECORD_WAITS_S = (0.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 60.0)
"""Between looks at a conversation that is still being processed; the vendor publishes no duration for it."""
_FINISHED = ("done", "failed")
_PATIENT_REQUEST: Any = {"timeout_in_seconds": REQUEST_S}
_REQUEST: Any = {**_PATIENT_REQUEST, "max_retries": 0}
"""Where a user waits: the SDK would retry 429 and 5xx twice, with a delay."""


@dataclass(frozen=True, slots=True)
class SignedAccess:
    signed_url: str = field(repr=False)
    """Opens one conversation, within 15 minutes."""
    conversation_id: str | None
    overridable: frozenset[str]
    """What this agent's security settings let a client set, e.g. "agent.first_message"; empty when it is not told."""


@asynccontextmanager
async def client(settings: Settings) -> AsyncIterator[AsyncElevenLabs]:
    """Raises ProviderError for everything the vendor or the network refuse inside."""
    assert settings.elevenlabs_api_key is not None
    sdk, http = await asyncio.to_thread(_made, settings.elevenlabs_api_key.get_secret_value(), settings)
    import httpx

    from elevenlabs.core.api_error import ApiError

    async with http:
        try:
            yield sdk
        except ApiError as answer:
            raise refused(answer.status_code, answer.body) from None
        except httpx.TimeoutException:
            raise error(Fault.TIMEOUT, LABEL) from None
        except httpx.HTTPError:
            raise error(Fault.NETWORK, LABEL) from None


def warm(settings: Settings) -> None:
    """Loads the SDK."""
    assert settings.elevenlabs_api_key is not None
    _made(settings.elevenlabs_api_key.get_secret_value(), settings)


def _made(api_key: str, settings: Settings) -> tuple[AsyncElevenLabs, Any]:
    import httpx

    from elevenlabs.client import AsyncElevenLabs

    http = httpx.AsyncClient(timeout=REQUEST_S)
    sdk = AsyncElevenLabs(api_key=api_key, base_url=settings.elevenlabs_base_url, httpx_client=http)
    _ = (sdk.conversational_ai.conversations, sdk.conversational_ai.agents, sdk.conversational_ai.tools)
    return sdk, http


async def signed_url(settings: Settings) -> str:
    async with client(settings) as sdk:
        return await _signed_url(sdk, settings.elevenlabs_agent_id or "")


async def admission(settings: Settings) -> SignedAccess:
    """Signed URL and the agent's permissions, asked for at the same time."""
    agent_id = settings.elevenlabs_agent_id or ""
    async with client(settings) as sdk:
        url, overridable = await asyncio.gather(_signed_url(sdk, agent_id), _overridable(sdk, agent_id))
    conversation_id = parse_qs(urlsplit(url).query).get("conversation_id", [None])[0]
    return SignedAccess(url, conversation_id, overridable)


async def _signed_url(sdk: AsyncElevenLabs, agent_id: str) -> str:
    answer = await sdk.conversational_ai.conversations.get_signed_url(
        agent_id=agent_id, include_conversation_id=True, request_options=_REQUEST
    )
    return str(answer.signed_url)


async def _overridable(sdk: AsyncElevenLabs, agent_id: str) -> frozenset[str]:
    """A key that may hold calls but not read agents is told nothing, and then nothing is overridden."""
    from elevenlabs.core.api_error import ApiError

    try:
        agent = await sdk.conversational_ai.agents.get(agent_id, request_options=_REQUEST)
    except ApiError:
        return frozenset()
    settings = agent.platform_settings
    allowed = settings.overrides.conversation_config_override if settings and settings.overrides else None
    return frozenset(_switched_on(allowed.model_dump() if allowed else {}))


def _switched_on(allowed: Mapping[str, Any]) -> Iterable[str]:
    for part, fields in allowed.items():
        for name, on in (fields or {}).items():
            if on is True or (isinstance(on, Mapping) and on.get(name) is True):
                yield f"{part}.{name}"


async def fetch_turns(
    settings: Settings, conversation_id: str, waits_s: Iterable[float] = RECORD_WAITS_S
) -> tuple[Turn, ...] | None:
    """None when the vendor keeps no words of it: unknown, deleted, or zero retention. Raises ProviderError."""
    record = await _record(settings, conversation_id, waits_s)
    return spoken_turns(record.transcript) if record is not None and record.transcript else None


async def fetch_billed(
    settings: Settings, conversation_id: str, waits_s: Iterable[float] = RECORD_WAITS_S
) -> Billed | None:
    """None when it was not processed in time, or is not there any more. Raises ProviderError."""
    record = await _record(settings, conversation_id, waits_s)
    return billed(record.metadata) if record is not None and record.status in _FINISHED else None


async def delete(settings: Settings, conversation_id: str, waits_s: Iterable[float] = RECORD_WAITS_S) -> None:
    """Once it is processed: what a deletion does before that is not documented. Raises ProviderError."""
    if await _record(settings, conversation_id, waits_s) is None:
        return
    async with client(settings) as sdk:
        await sdk.conversational_ai.conversations.delete(conversation_id, request_options=_PATIENT_REQUEST)


async def find_record(settings: Settings, conversation_id: str) -> Any:
    """The conversation as it is now; None when there is none. Raises ProviderError."""
    return await _record(settings, conversation_id, (0.0,))


async def _record(settings: Settings, conversation_id: str, waits_s: Iterable[float]) -> Any:
    """The conversation when it is finished, or as it is after the last wait; None when there is none."""
    from elevenlabs.core.api_error import ApiError

    record = None
    async with client(settings) as sdk:
        for wait_s in waits_s:
            await asyncio.sleep(wait_s)
            try:
                record = await sdk.conversational_ai.conversations.get(
                    conversation_id, request_options=_PATIENT_REQUEST
                )
            except ApiError as answer:
                if answer.status_code == 404:
                    return None
                raise
            if record.status in _FINISHED:
                break
    return record
