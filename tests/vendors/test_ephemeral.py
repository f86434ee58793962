"""Ephemeral tokens, asked for by the official SDKs from simulated endpoints in every weather."""

from __future__ import annotations

import pytest

from services.core.errors import ProviderDropped, ProviderError, ProviderRefused, ProviderTimeout
from services.settings import Settings
from services.vendors import ephemeral
from tests.simulated_vendors import given
from tests.simulators.token_endpoints import KEY, TokenEndpoints

PROVIDERS = pytest.mark.parametrize("provider", ephemeral.PROVIDERS)
TOKENS = {"openai": "ek_1", "xai": "ek_1", "gemini": "auth_tokens/1", "elevenlabs": "wss://elevenlabs.example/"}


@PROVIDERS
async def test_a_vendor_gives_a_token(provider: str) -> None:
    async with TokenEndpoints() as vendor:
        token = await ephemeral.mint_token(Settings(**given(vendor)), provider, 900)

    assert token.value.startswith(TOKENS[provider])
    assert token.value not in repr(token)
    assert token.conversation_id == ("conv_1" if provider == "elevenlabs" else None)


@PROVIDERS
@pytest.mark.parametrize(
    ("weather", "kind"),
    [("401", ProviderRefused), ("429", ProviderError), ("500", ProviderDropped), ("nonsense", ProviderDropped)],
)
async def test_a_refusal_says_nothing_the_vendor_wrote(provider: str, weather: str, kind: type[ProviderError]) -> None:
    async with TokenEndpoints(weather) as vendor:
        with pytest.raises(kind) as refusal:
            await ephemeral.mint_token(Settings(**given(vendor)), provider, 900)

    assert KEY not in repr(refusal.value)
    assert "sk-live" not in repr(refusal.value)


@PROVIDERS
async def test_silence_has_an_end(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ephemeral, "PATIENCE_S", 0.5)
    async with TokenEndpoints("slow") as vendor:
        with pytest.raises(ProviderTimeout):
            await ephemeral.mint_token(Settings(**given(vendor)), provider, 900)


async def test_lives_are_as_short_as_vendors_allow() -> None:
    async with TokenEndpoints() as vendor:
        for provider in ephemeral.PROVIDERS:
            await ephemeral.mint_token(Settings(**given(vendor)), provider, 900)
        bodies = {call.headers.get("host", "") and call.path: call.body for call in vendor.calls if call.body}

    assert bodies["/v1/realtime/client_secrets"]["expires_after"]["seconds"] == 30
    assert bodies["/v1alpha/auth_tokens"]["uses"] == 1


async def test_elevenlabs_gives_a_token_for_webrtc() -> None:
    async with TokenEndpoints() as vendor:
        token = await ephemeral.conversation_token(Settings(**given(vendor)))

    assert (token.value, token.conversation_id) == ("jwt_1", "conv_1")
