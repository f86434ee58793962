"""OpenAI Realtime or xAI Grok Voice on a local port: REST and conversation socket, strict about every client frame.

    async with RealtimeSimulator("openai", weather="drop") as sim:    # sim.base_url, sim.invalid, sim.open_sockets
    python -m tests.simulators.realtime --vendor xai --port 8102 --weather quota

Without a `script` it holds a small interview. A script is `async def script(talk: Talk)`, one per socket.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.simulators.listener import Answer, Call, Listener
from tests.simulators.realtime_interview import WEATHER, interview, mute, refuses_key
from tests.simulators.realtime_talk import Talk

Script = Callable[[Talk], Awaitable[None]]

MODELS = {"openai": "gpt-realtime-2.1", "xai": "grok-voice-3.0"}
_SCRIPTS: dict[str, Script] = {"late_key_at_once": refuses_key, "mute": mute}
_REFUSALS = {
    "openai": {
        "refused_401": (401, {"error": {"code": "invalid_api_key", "message": "Incorrect API key provided: sk-***"}}),
        "refused_403": (403, {"error": {"code": None, "type": "forbidden", "message": "No access."}}),
        "refused_404": (404, {"error": {"code": "model_not_found", "message": "No such model."}}),
        "refused_429": (429, {"error": {"code": "rate_limit_exceeded", "message": "Slow down."}}),
        "refused_quota": (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your quota."}}),
        "refused_500": (500, {"error": {"type": "server_error", "message": "Oops."}}),
    },
    "xai": {
        "refused_401": (400, {"code": "invalid-argument", "error": "Incorrect API key provided: xa***"}),
        "refused_403": (403, {"code": "permission-denied", "error": "The key is blocked."}),
        "refused_404": (404, {"code": "not-found", "error": "The model does not exist."}),
        "refused_429": (429, {"code": "resource-exhausted", "error": "Too many requests."}),
        "refused_quota": (403, {"code": "permission-denied", "error": "Your team doesn't have any credits yet."}),
        "refused_busy": (429, {"code": "resource-exhausted", "error": "Too many concurrent sessions."}),
        "refused_500": (500, {"code": "internal", "error": "Oops."}),
    },
}
_OTHER = ("late_audio", "growing_captions", "config_refused", "forgotten")


class RealtimeSimulator:
    def __init__(
        self,
        vendor: str = "openai",
        *,
        weather: str = "",
        script: Script | None = None,
        api_key: str = "",
        port: int = 0,
        utterance_limit_s: float = 2.0,
    ) -> None:
        self.vendor, self.weather, self.model = vendor, weather, MODELS[vendor]
        self.api_key = api_key or f"sk-{vendor}-key-simulated"
        self.utterance_limit_s = utterance_limit_s
        self.script: Script = script or _SCRIPTS.get(weather, interview)
        self.frames: list[dict[str, Any]] = []
        self.invalid: list[str] = []
        self.talks: list[Talk] = []
        self.calls: list[Call] = []
        self._numbers = itertools.count(1)
        self._listener = Listener(self._answer, self._converse, port=port)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}/v1"

    @property
    def environment(self) -> dict[str, str]:
        name = self.vendor.upper()
        return {f"{name}_API_KEY": self.api_key, f"{name}_BASE_URL": self.base_url}

    @property
    def open_sockets(self) -> int:
        return self._listener.open_sockets

    @property
    def sockets_opened(self) -> int:
        return self._listener.sockets_opened

    async def closed(self, within_s: float = 1.0) -> bool:
        return await self._listener.closed(within_s)

    async def __aenter__(self) -> RealtimeSimulator:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._listener.__aexit__(*args)

    def drop_all(self) -> None:
        for talk in self.talks:
            talk.drop()

    async def _answer(self, call: Call) -> Answer | None:
        self.calls.append(call)
        if refusal := _REFUSALS[self.vendor].get(self.weather):
            return Answer(refusal[1], refusal[0])
        if call.headers.get("authorization") != f"Bearer {self.api_key}":
            status, body = _REFUSALS[self.vendor]["refused_401"]
            return Answer(body, status)
        if call.upgrade:
            return self._upgrade(call)
        if call.path == "/v1/models":
            names = {"openai": [self.model, "gpt-5"], "xai": ["grok-5"]}[self.vendor]
            return Answer({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        return None

    def _upgrade(self, call: Call) -> Answer | None:
        if "openai-beta" in call.headers:
            self.invalid.append("the beta dialect")
        if call.path != "/v1/realtime" or call.query.get("model") != self.model:
            return Answer({"error": {"code": "model_not_found", "message": "No such model."}}, 404)
        if self.weather == "forgotten" and "conversation_id" in call.query:
            return Answer({"code": "not-found", "error": "Conversation not found"}, 404)
        return None

    async def _converse(self, ws: ServerConnection, call: Call) -> None:
        talk = Talk(self, ws, call.query.get("conversation_id", f"conv_{next(self._numbers)}"))
        self.talks.append(talk)
        listening = asyncio.create_task(self._listen(talk))
        running = asyncio.create_task(self._run(talk))
        try:
            await asyncio.wait((listening, running), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, running):
                task.cancel()
            ends = await asyncio.gather(listening, running, return_exceptions=True)
            self.invalid += [f"the script failed: {end!r}" for end in ends if isinstance(end, Exception)]

    async def _listen(self, talk: Talk) -> None:
        try:
            await talk.listen()
        except ConnectionClosed:
            pass

    async def _run(self, talk: Talk) -> None:
        try:
            await self.script(talk)
        except ConnectionClosed:
            pass
        except TimeoutError:
            self.invalid.append("a frame the script expected never came")


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A local OpenAI Realtime or xAI Grok Voice")
    parser.add_argument("--vendor", default="openai", choices=MODELS)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--weather", default="", choices=["", *WEATHER, *_SCRIPTS, *_REFUSALS["xai"], *_OTHER])
    arguments = parser.parse_args()
    async with RealtimeSimulator(arguments.vendor, port=arguments.port, weather=arguments.weather) as sim:
        print(*(f"{name}={value}" for name, value in sim.environment.items()), sep="\n", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except KeyboardInterrupt:
        pass
