"""Gemini on a local TLS port: the models' REST route and the Live socket, strict about every client frame.

    async with GeminiSimulator(weather="go_away") as sim:     # sim.base_url, sim.authority, sim.invalid
    python -m tests.simulators.gemini --port 8104 --weather quota

The SDK insists on TLS, so SSL_CERT_FILE has to name `sim.authority`. Without a `script` it holds a small interview; a
script is `async def script(talk: Talk)`, one per socket. Client frames are judged by google-genai's own types.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from google.genai import types
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.simulators import tls
from tests.simulators.gemini_interview import WEATHER, interview
from tests.simulators.gemini_talk import Invalid, Talk
from tests.simulators.listener import Answer, Call, Listener

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
Script = Callable[[Talk], Awaitable[None]]


class GeminiSimulator:
    def __init__(
        self,
        *,
        weather: str = "",
        script: Script | None = None,
        api_key: str = "gemini-key-simulated",
        model: str = "gemini-3.8-live",
        port: int = 0,
        utterance_limit_s: float = 2.0,
    ) -> None:
        self.weather, self.api_key, self.model = weather, api_key, model
        self.utterance_limit_s = utterance_limit_s
        self.script: Script = script or interview
        self.frames: list[types.LiveClientMessage] = []
        self.invalid: list[str] = []
        self.calls: list[Call] = []
        self.talks: list[Talk] = []
        self.ids = itertools.count(1)
        self.refused_handles: set[str] = set()
        """Resuming by one of these ends with 1011 a moment after the setup."""
        self._listener = Listener(self._answer, self._converse, port=port, tls=tls.server_context())

    @property
    def base_url(self) -> str:
        return f"https://127.0.0.1:{self._listener.port}"

    @property
    def authority(self) -> Path:
        return tls.authority()

    @property
    def environment(self) -> dict[str, str]:
        named = {"GEMINI_API_KEY": self.api_key, "GEMINI_BASE_URL": self.base_url, "GEMINI_LIVE_MODEL": self.model}
        return {**named, "SSL_CERT_FILE": str(self.authority)}

    @property
    def open_sockets(self) -> int:
        return self._listener.open_sockets

    @property
    def sockets_opened(self) -> int:
        return self._listener.sockets_opened

    async def closed(self, within_s: float = 1.0) -> bool:
        return await self._listener.closed(within_s)

    async def __aenter__(self) -> GeminiSimulator:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._listener.__aexit__(*args)

    def drop_all(self) -> None:
        for talk in self.talks:
            talk.drop()

    async def _answer(self, call: Call) -> Answer | None:
        self.calls.append(call)
        weather = self.weather
        if weather == "slow":
            await asyncio.Event().wait()
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

    async def _converse(self, ws: ServerConnection, call: Call) -> None:
        talk = Talk(self, ws)
        self.talks.append(talk)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(talk))
                group.create_task(self._run(talk))
        except* _Over:
            pass
        finally:
            if talk.ending:
                talk.ending.cancel()

    async def _listen(self, talk: Talk) -> None:
        try:
            await talk.listen()
        except Invalid as wrong:
            self.invalid.append(wrong.reason)
            await talk.ws.close(wrong.code, wrong.reason[:120])
        except ConnectionClosed:
            pass
        raise _Over

    async def _run(self, talk: Talk) -> None:
        try:
            await self.script(talk)
        except ConnectionClosed:
            pass
        except TimeoutError:
            self.invalid.append("a frame the script expected never came")
            await talk.ws.close(1011, "script")

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


class _Over(Exception):
    pass


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A local Gemini")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--weather", default="", choices=["", *WEATHER])
    arguments = parser.parse_args()
    async with GeminiSimulator(port=arguments.port, weather=arguments.weather) as sim:
        print(*(f"{name}={value}" for name, value in sim.environment.items()), sep="\n", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except KeyboardInterrupt:
        pass
