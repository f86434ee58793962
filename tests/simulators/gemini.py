"""Gemini on a local TLS port: the models' REST route and the Live socket, strict about every client frame.

    async with GeminiSimulator(weather="go_away") as sim:     # sim.base_url, sim.authority, sim.invalid
    python -m tests.simulators.gemini --port 8104 --weather quota

The SDK insists on TLS, so SSL_CERT_FILE has to name `sim.authority`. Without a `script` it holds a small interview; a
script is `async def script(talk: Talk)`, one per socket. Client frames are judged by google-genai's own types.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.simulators import tls
from tests.simulators.gemini_interview import WEATHER, interview
from tests.simulators.gemini_talk import Talk
from tests.simulators.listener import Answer, Call, Simulator, run

_SOCKET = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this erro"
)
_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
_RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
_REFUSALS: dict[str, tuple[int, str, str, list[dict[str, Any]]]] = {
    "bad_key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [_KEY]),
    "permission": (403, "PERMISSION_DENIED", "The caller does not have permission", []),
    "unknown_model": (404, "NOT_FOUND", "models/x is not found for API version v1beta", []),
    "no_credit": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", []),
    "rate_limit": (429, "RESOURCE_EXHAUSTED", "Too many requests", [_RETRY]),
    "rest_down": (503, "UNAVAILABLE", "The model is overloaded", []),
}


class GeminiSimulator(Simulator):
    vendor = "gemini"
    _talk = Talk

    def __init__(
        self,
        *,
        script: Callable[[Talk], Awaitable[None]] = interview,
        api_key: str = "gemini-key-simulated",
        model: str = "gemini-3.8-live",
        **host: Any,
    ) -> None:
        super().__init__(script, api_key, tls=tls.server_context(), **host)
        self.model = model
        self.ids = itertools.count(1)
        self.refused_handles: set[str] = set()
        """Resuming by one of these ends with 1011 a moment after the setup."""

    @property
    def authority(self) -> Path:
        return tls.authority()

    @property
    def environment(self) -> dict[str, str]:
        named = {"GEMINI_API_KEY": self.api_key, "GEMINI_BASE_URL": self.base_url, "GEMINI_LIVE_MODEL": self.model}
        return {**named, "SSL_CERT_FILE": str(self.authority)}

    async def _answer(self, call: Call) -> Answer | None:
        weather = self.weather
        if call.headers.get("x-goog-api-key") != self.api_key:
            weather = "bad_key"
        if weather in _REFUSALS:
            status, name, message, details = _REFUSALS[weather]
            return Answer({"error": {"code": status, "status": name, "message": message, "details": details}}, status)
        if call.upgrade:
            known = call.path == _SOCKET and weather != "refused_upgrade"
            return None if known else Answer({"error": {"code": 429, "message": "Too many connections"}}, 429)
        if call.method == "GET" and call.path == f"/v1beta/models/{self.model}":
            name = f"models/{self.model}"
            return Answer({"name": name, "displayName": name, "supportedGenerationMethods": ["bidiGenerateContent"]})
        return Answer({"error": {"code": 404, "status": "NOT_FOUND", "message": "no text model here"}}, 404)

    async def admit(self, talk: Talk, setup: Any) -> None:
        """Refuses what the vendor refuses at setup; a close then ends the script by itself."""
        handle = setup.session_resumption.handle if setup.session_resumption else None
        poisoned = {handle} - {None} if self.weather == "poisoned_handles" else self.refused_handles
        if setup.model != f"models/{self.model}" or self.weather == "unknown_at_setup":
            await talk.ws.close(
                1008, f"{setup.model} is not found for API version v1beta, or is not supported for bidi"
            )
        elif self.weather == "settings_refused" or handle in poisoned:
            await talk.ws.close(1007, "Request contains an invalid argument.")
        elif self.weather == "mute":
            await asyncio.Event().wait()
        elif self.weather == "odd_first_frame":
            await talk.send(goAway={"timeLeft": "1s"})
        elif self.weather == "quota_at_once":
            await talk.send(setupComplete={"sessionId": "spent"})
            await talk.ws.close(1011, _QUOTA[:120])


if __name__ == "__main__":
    run(GeminiSimulator, WEATHER)
