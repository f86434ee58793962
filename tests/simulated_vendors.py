"""The hosted voices against their simulators, alike: what to start, with which weather, and the provider for it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.settings import Settings
from services.vendors.base import Provider
from services.vendors.elevenlabs import voice as elevenlabs
from services.vendors.gemini import voice as gemini
from services.vendors.openai import realtime
from services.vendors.register import providers
from services.vendors.xai import voice as xai
from tests.simulators import tls
from tests.simulators.elevenlabs import ElevenLabsSimulator
from tests.simulators.gemini import GeminiSimulator
from tests.simulators.realtime import RealtimeSimulator
from tests.waiting import PATIENCE_S

SIMULATORS: dict[str, Callable[..., Any]] = {
    "elevenlabs": ElevenLabsSimulator,
    "openai": lambda **options: RealtimeSimulator("openai", **options),
    "xai": lambda **options: RealtimeSimulator("xai", **options),
    "gemini": GeminiSimulator,
}


def wait_for_busy_machines() -> None:
    """Opening a voice and checking it fail when the vendor does not answer in time, not when this machine does not."""
    opening: tuple[Any, ...] = (elevenlabs, xai, gemini, realtime)
    checking: tuple[Any, ...] = (elevenlabs, gemini, realtime)
    for module in opening:
        module.OPEN_S = PATIENCE_S
    for module in checking:
        module.CHECK_S = PATIENCE_S


wait_for_busy_machines()


def given(simulator: Any) -> dict[str, Any]:
    """Settings that lead to this simulator alone."""
    return {name.lower(): value for name, value in simulator.environment.items() if name != "SSL_CERT_FILE"}


def voice(simulator: Any, **settings: Any) -> Provider:
    """The one that speaks through this simulator."""
    return providers(Settings(**{**given(simulator), **settings}))[simulator.vendor]


@asynccontextmanager
async def simulated(
    vendor: str, settings: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[Any, Provider]]:
    """A vendor and its voice. Afterwards no socket is open and no client frame was wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(tls.authority()))
        async with SIMULATORS[vendor](**{"utterance_limit_s": 0.6, **options}) as simulator:
            yield simulator, voice(simulator, **(settings or {}))
            assert (await simulator.closed(), simulator.invalid) == (True, [])


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
