"""The four vendors' token endpoints on one local port. `weather` is a status to refuse with, `nonsense`, or `slow`."""

from __future__ import annotations

import itertools
from typing import Any

from tests.simulators.listener import Answer, Call, Simulator

KEY = "a-vendor-key-nobody-may-see"
EXPIRES_AT = 1_900_000_000
_DETAIL = "the vendor's words, with sk-live-secret in them"


async def _no_sockets(_talk: object) -> None:
    raise AssertionError("nobody opens a socket here")


class TokenEndpoints(Simulator):
    def __init__(self, weather: str = "") -> None:
        super().__init__(_no_sockets, KEY, weather=weather)
        self._numbers = itertools.count(1)

    @property
    def environment(self) -> dict[str, str]:
        keys = ("OPENAI_API_KEY", "XAI_API_KEY", "GEMINI_API_KEY", "ELEVENLABS_API_KEY")
        return {
            **dict.fromkeys(keys, KEY),
            "OPENAI_BASE_URL": f"{self.base_url}/v1",
            "XAI_BASE_URL": f"{self.base_url}/v1",
            "GEMINI_BASE_URL": self.base_url,
            "ELEVENLABS_BASE_URL": self.base_url,
            "ELEVENLABS_AGENT_ID": "agent_1",
        }

    async def _answer(self, call: Call) -> Answer | None:
        if self.weather.isdigit():
            return Answer({"error": {"message": _DETAIL}, "detail": _DETAIL}, int(self.weather))
        if self.weather == "nonsense":
            return Answer({"value": 7, "signed_url": 7, "token": None, "name": 7})
        return self._token(call)

    def _token(self, call: Call) -> Answer | None:
        number = next(self._numbers)
        found: dict[str, Any] = {
            "/v1/realtime/client_secrets": {"value": f"ek_{number}", "expires_at": EXPIRES_AT, "session": {"a": "b"}},
            "/v1/convai/conversation/get-signed-url": {
                "signed_url": f"wss://elevenlabs.example/v1/convai?conversation_id=conv_{number}&token=t{number}"
            },
            "/v1/convai/conversation/token": {"token": f"jwt_{number}", "conversation_id": f"conv_{number}"},
            "/v1alpha/auth_tokens": {"name": f"auth_tokens/{number}"},
        }
        return Answer(found[call.path]) if call.path in found else None
