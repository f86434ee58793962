"""Ephemeral tokens of the vendors: short-lived, for one browser, asked for with our key, which stays here.

What a vendor answers is read field by field; its bodies, headers and request ids never travel on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.core.errors import ProviderError
from services.settings import Settings
from services.vendors.elevenlabs import rest
from services.vendors.faults import Fault, error
from services.vendors.gemini.faults import of_http, text_of
from services.vendors.openai import faults as openai_faults
from services.vendors.openai.voice import BASE_URL as OPENAI_URL
from services.vendors.openai.voice import VOICE as OPENAI_VOICE
from services.vendors.xai.voice import BASE_URL as XAI_URL

PATIENCE_S = 10.0
LIFE_S = 30
"""To open the connection in. The shortest every vendor takes; xAI's and OpenAI's can be used again until then."""
GEMINI_OPEN_S = 60
ELEVENLABS_OPEN_S = 15 * 60


@dataclass(frozen=True, slots=True)
class EphemeralToken:
    value: str = field(repr=False)
    expires_at: datetime
    """As the vendor said; where it says nothing, as it documents."""
    conversation_id: str | None = None
    """The vendor's name of the conversation it opens, where it is known beforehand."""


async def mint_token(settings: Settings, provider: str, limit_s: float) -> EphemeralToken:
    """For a call of at most `limit_s`, where the vendor can be told. Raises ProviderError, in ten seconds at most."""
    label, load, mint = _MINTS[provider]
    # The first use of an SDK loads it, which is no silence of the vendor's.
    await asyncio.to_thread(load, settings)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await mint(settings, limit_s)
    except TimeoutError:
        raise error(Fault.TIMEOUT, label) from None


async def conversation_token(settings: Settings) -> EphemeralToken:
    """ElevenLabs' token for a WebRTC conversation. Raises ProviderError."""
    await asyncio.to_thread(rest.warm, settings)
    try:
        async with asyncio.timeout(PATIENCE_S), rest.client(settings) as sdk:
            answer = await _readable(
                "ElevenLabs",
                sdk.conversational_ai.conversations.get_webrtc_token(
                    agent_id=settings.elevenlabs_agent_id or "", request_options={"max_retries": 0}
                ),
            )
    except TimeoutError:
        raise error(Fault.TIMEOUT, "ElevenLabs") from None
    return EphemeralToken(_text(answer.token, "ElevenLabs"), _in(ELEVENLABS_OPEN_S), answer.conversation_id)


async def recorded_seconds(settings: Settings, conversation_id: str) -> float | None:
    """How long a finished conversation took, by ElevenLabs' own record; None where it says nothing."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            record = await rest.find_record(settings, conversation_id)
    except (ProviderError, TimeoutError):
        return None
    return None if record is None or record.status != "done" else float(record.metadata.call_duration_secs)


async def _xai(settings: Settings, _limit_s: float) -> EphemeralToken:
    import httpx

    assert settings.xai_api_key is not None
    headers = {"Authorization": f"Bearer {settings.xai_api_key.get_secret_value()}"}
    async with httpx.AsyncClient(
        base_url=settings.xai_base_url or XAI_URL, headers=headers, timeout=PATIENCE_S
    ) as http:
        try:
            # Neither `session` nor `expires_after.anchor` is supported (docs.x.ai, ephemeral tokens, 2026-11).
            answer = await http.post("/realtime/client_secrets", json={"expires_after": {"seconds": LIFE_S}})
        except httpx.TimeoutException:
            raise error(Fault.TIMEOUT, "xAI") from None
        except httpx.HTTPError:
            raise error(Fault.NETWORK, "xAI") from None
    if answer.is_error:
        raise error(openai_faults.of_status(answer.status_code, answer.content), "xAI")
    try:
        content = answer.json()
    except ValueError:
        raise error(Fault.VENDOR, "xAI") from None
    return _client_secret(content, "xAI")


async def _openai(settings: Settings, _limit_s: float) -> EphemeralToken:
    def made() -> tuple[Any, Any]:
        import openai

        assert settings.openai_api_key is not None
        key, url = settings.openai_api_key.get_secret_value(), settings.openai_base_url or OPENAI_URL
        client = openai.AsyncOpenAI(api_key=key, base_url=url, timeout=PATIENCE_S, max_retries=0)
        _ = client.realtime.client_secrets
        return openai, client

    openai, client = await asyncio.to_thread(made)
    wanted = {"type": "realtime", "model": settings.openai_realtime_model, "audio": {"output": {"voice": OPENAI_VOICE}}}
    async with client:
        try:
            answer = await client.realtime.client_secrets.with_raw_response.create(
                expires_after={"anchor": "created_at", "seconds": LIFE_S}, session=wanted
            )
            content = answer.http_response.json()
        except openai.APITimeoutError:
            raise error(Fault.TIMEOUT, "OpenAI") from None
        except openai.APIConnectionError:
            raise error(Fault.NETWORK, "OpenAI") from None
        except openai.APIStatusError as refused:
            fault = openai_faults.of_status(refused.status_code, refused.response.content)
            raise error(fault, "OpenAI", settings.openai_realtime_model) from None
        except (openai.OpenAIError, ValueError):
            raise error(Fault.VENDOR, "OpenAI") from None
    return _client_secret(content, "OpenAI")


async def _elevenlabs(settings: Settings, _limit_s: float) -> EphemeralToken:
    url = await _readable("ElevenLabs", rest.signed_url(settings))
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss"):
        raise error(Fault.VENDOR, "ElevenLabs")
    conversation_id = parse_qs(parts.query).get("conversation_id", [None])[0]
    return EphemeralToken(url, _in(ELEVENLABS_OPEN_S), conversation_id)


async def _gemini(settings: Settings, limit_s: float) -> EphemeralToken:
    def made() -> tuple[Any, ...]:
        import httpx2
        from google import genai
        from google.genai import errors, types

        assert settings.gemini_api_key is not None
        options = types.HttpOptions(
            api_version="v1alpha", base_url=settings.gemini_base_url, timeout=round(PATIENCE_S * 1000)
        )
        return (
            genai.Client(api_key=settings.gemini_api_key.get_secret_value(), http_options=options),
            errors,
            httpx2,
            types,
        )

    client, errors, httpx2, types = await asyncio.to_thread(made)
    config = types.CreateAuthTokenConfig(
        uses=1,
        new_session_expire_time=_in(GEMINI_OPEN_S),
        # After this instant the vendor itself refuses every message: a call of ours is never longer.
        expire_time=_in(limit_s),
        live_connect_constraints=types.LiveConnectConstraints(model=settings.gemini_live_model),
    )
    try:
        answer = await _readable("Gemini", client.aio.auth_tokens.create(config=config))
    except errors.APIError as refused:
        fault = of_http(refused.code or 0, f"{refused.status} {refused.message} {text_of(refused.details)}")
        raise error(fault, "Gemini", settings.gemini_live_model) from None
    except httpx2.TimeoutException:
        raise error(Fault.TIMEOUT, "Gemini") from None
    except (httpx2.HTTPError, OSError):
        raise error(Fault.NETWORK, "Gemini") from None
    finally:
        await client.aio.aclose()
        client.close()
    return EphemeralToken(_text(answer.name, "Gemini"), _in(GEMINI_OPEN_S))


async def _readable(label: str, answer: Awaitable[Any]) -> Any:
    """A body that is not what the SDK expects is the vendor's fault, whatever the SDK raises for it."""
    try:
        return await answer
    except (ValueError, TypeError, KeyError, AttributeError):  # pydantic's and json's errors are ValueErrors
        raise error(Fault.VENDOR, label) from None


def _client_secret(content: Any, label: str) -> EphemeralToken:
    """Flat, or under `client_secret` as older versions of both dialects had it."""
    inner = content.get("client_secret", content) if isinstance(content, Mapping) else {}
    value = inner.get("value") if isinstance(inner, Mapping) else None
    expires = inner.get("expires_at") if isinstance(inner, Mapping) else None
    try:
        until = datetime.fromtimestamp(expires, UTC) if expires is not None else _in(LIFE_S)
    except (TypeError, ValueError, OverflowError, OSError):
        raise error(Fault.VENDOR, label) from None
    return EphemeralToken(_text(value, label), until)


def _text(value: object, label: str) -> str:
    if not isinstance(value, str) or not value:
        raise error(Fault.VENDOR, label)
    return value


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _load_openai(_: Settings) -> None:
    from openai.resources.realtime import client_secrets  # noqa: F401


def _load_gemini(_: Settings) -> None:
    from google.genai import tokens, types  # noqa: F401


_MINTS: dict[str, tuple[str, Callable[[Settings], None], Callable[[Settings, float], Awaitable[EphemeralToken]]]] = {
    "xai": ("xAI", lambda _: None, _xai),
    "openai": ("OpenAI", _load_openai, _openai),
    "elevenlabs": ("ElevenLabs", rest.warm, _elevenlabs),
    "gemini": ("Gemini", _load_gemini, _gemini),
}
PROVIDERS = tuple(_MINTS)
VOICES: Mapping[str, str] = {"openai": OPENAI_VOICE, "xai": "eve", "gemini": "Kore"}
