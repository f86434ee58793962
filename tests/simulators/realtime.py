"""OpenAI Realtime or xAI Grok Voice on a local port: REST and conversation socket, strict about every client frame.

    async with RealtimeSimulator("openai", weather="drop") as sim:    # sim.base_url, sim.invalid, sim.open_sockets
    python -m tests.simulators.realtime --vendor xai --port 8102 --weather quota

Without a `script` it holds a small interview. A script is `async def script(talk: Talk)`, one per socket.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from tests.simulators.listener import Answer, Call, Simulator, run
from tests.simulators.realtime_interview import WEATHER, interview, mute, refuses_key
from tests.simulators.realtime_talk import Talk

Script = Callable[[Talk], Awaitable[None]]

MODELS = {"openai": "gpt-realtime-2.1", "xai": "grok-voice-3.0"}
_SCRIPTS: dict[str, Script] = {"late_key_at_once": refuses_key, "mute": mute}
_REFUSALS: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {
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
_OTHER = ("slow", "late_audio", "growing_captions", "config_refused", "forgotten")


class RealtimeSimulator(Simulator):
    _talk = Talk

    def __init__(
        self, vendor: str = "openai", *, weather: str = "", script: Script | None = None, api_key: str = "", **host: Any
    ) -> None:
        script = script or _SCRIPTS.get(weather, interview)
        super().__init__(script, api_key or f"sk-{vendor}-key-simulated", weather=weather, **host)
        self.vendor, self.model = vendor, MODELS[vendor]
        self.numbers = itertools.count(1)

    @property
    def base_url(self) -> str:
        return f"{super().base_url}/v1"

    @property
    def environment(self) -> dict[str, str]:
        name = self.vendor.upper()
        return {f"{name}_API_KEY": self.api_key, f"{name}_BASE_URL": self.base_url}

    async def _answer(self, call: Call) -> Answer | None:
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


if __name__ == "__main__":
    run(RealtimeSimulator, [*WEATHER, *_SCRIPTS, *_REFUSALS["xai"], *_OTHER], vendor=MODELS)
