"""The REST half of the simulated ElevenLabs: signed URLs, conversations, agents and tools, kept in memory."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.simulators.listener import Answer, Call

if TYPE_CHECKING:
    from tests.simulators.elevenlabs import ElevenLabsSimulator

_REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "bad_key": (401, {"code": "invalid_api_key", "message": "Invalid API key", "status": "invalid_api_key"}),
    "permission": (403, {"code": "insufficient_permissions", "message": "The key lacks convai_read"}),
    "no_credit": (402, {"code": "insufficient_credits", "message": "You have no credits left"}),
    "quota_legacy": (401, {"status": "quota_exceeded", "message": "This request exceeds your quota"}),
    "unknown_agent": (404, {"code": "agent_not_found", "message": "The agent does not exist"}),
    "concurrency": (429, {"code": "concurrent_limit_exceeded", "message": "Too many concurrent conversations"}),
    "rate_limit": (429, {"code": "system_busy", "message": "Try again"}),
    "rest_down": (503, {"code": "unavailable", "message": "Service unavailable"}),
}
_ACCESS = {"is_creator": True, "creator_name": "Team", "creator_email": "team@example.org", "role": "admin"}
_USED = {"total_calls": 0, "avg_latency_secs": 0.0}
_PLAIN_PROMPT = "You are Ema. You interview for {{role_title}} and ask {{questions_json}}."


def merged(old: Any, new: Any) -> Any:
    """What PATCH does: objects are merged, everything else is replaced."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{name: merged(old.get(name), value) for name, value in new.items()}}


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {key: leaf for name, item in value.items() for key, leaf in leaves(item, f"{path}.{name}").items()}


class Rest:
    def __init__(self, sim: ElevenLabsSimulator, overrides: dict[str, Any]) -> None:
        self.sim = sim
        self.calls: list[Call] = []
        self.polls_until_done = 2
        self.conversations: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        self.tools: dict[str, dict[str, Any]] = {}
        self._ids = itertools.count(1)
        self._signatures: set[str] = set()
        self.agents: dict[str, dict[str, Any]] = {
            sim.agent_id: {
                "agent_id": sim.agent_id,
                "name": "Ema",
                "conversation_config": {
                    "agent": {"first_message": "{{first_message}}", "prompt": {"prompt": _PLAIN_PROMPT}}
                },
                "platform_settings": {
                    "auth": {"enable_auth": True},
                    "overrides": {"conversation_config_override": overrides},
                },
                "metadata": {"created_at_unix_secs": 1, "updated_at_unix_secs": 1},
            }
        }

    @property
    def writes(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.calls if call.method != "GET"]

    async def answer(self, call: Call) -> Answer | None:
        self.calls.append(call)
        weather = self.sim.weather
        if weather == "slow":
            await asyncio.Event().wait()
        if call.headers.get("xi-api-key") != self.sim.api_key:
            weather = "bad_key"
        if weather in _REFUSALS:
            status, detail = _REFUSALS[weather]
            return Answer({"detail": detail}, status, {"Retry-After": "1"} if status == 429 else {})
        match call.method, call.path.removeprefix("/v1/convai/").split("/"):
            case "GET", ["conversation", "get-signed-url"]:
                return self._signed_url(call)
            case "GET", ["conversations", key] if key in self.conversations:
                return self._conversation(key)
            case "DELETE", ["conversations", key] if key in self.conversations:
                del self.conversations[key]
                self.deleted.append(key)
                return Answer({})
            case "GET", ["agents"]:
                return Answer({"agents": [self._summary(agent) for agent in self.agents.values()], "has_more": False})
            case "GET", ["agents", key] if key in self.agents:
                return Answer(self.agents[key])
            case "POST", ["agents", "create"]:
                return self._create_agent(call.body)
            case "PATCH", ["agents", key] if key in self.agents:
                self.agents[key] = merged(self.agents[key], call.body)
                return Answer(self.agents[key])
            case "GET", ["tools"]:
                return Answer({"tools": list(self.tools.values()), "has_more": False})
            case "POST", ["tools"]:
                return Answer(self._tool(f"tool_{next(self._ids)}", call.body))
            case "PATCH", ["tools", key] if key in self.tools:
                return Answer(self._tool(key, call.body))
        return Answer({"detail": {"code": "not_found", "message": f"no {call.method} {call.path}"}}, 404)

    # --- conversations

    def _signed_url(self, call: Call) -> Answer:
        agent = call.query.get("agent_id", "")
        if agent not in self.agents:
            return Answer({"detail": {"code": "agent_not_found", "message": "The agent does not exist"}}, 404)
        number = next(self._ids)
        query = {"agent_id": agent, "conversation_signature": f"cvtkn_secret_{number}"}
        if call.query.get("include_conversation_id") == "true":
            query["conversation_id"] = f"conv_{number}"
        self._signatures.add(query["conversation_signature"])
        url = f"{self.sim.base_url.replace('http', 'ws', 1)}/v1/convai/conversation?{urlencode(query)}"
        self.sim.signed_urls.append(url)
        return Answer({"signed_url": url})

    def redeem(self, query: dict[str, str]) -> bool:
        """A signature opens one socket."""
        signature = query.get("conversation_signature", "")
        known = signature in self._signatures
        self._signatures.discard(signature)
        return known

    def open(self, key: str, agent_id: str) -> None:
        entry = {"agent_id": agent_id, "conversation_id": key, "status": "in-progress", "transcript": [], "polls": 0}
        entry["metadata"] = {"start_time_unix_secs": 1_795_000_000, "call_duration_secs": 0, "cost": 0}
        self.conversations[key] = {**entry, "has_audio": False, "has_user_audio": False, "has_response_audio": False}

    def finish(self, key: str) -> None:
        if key in self.conversations:
            self.conversations[key]["status"] = "processing"
            # As in the vendor's own reference: the sum in credits and in USD, and the model's part of it.
            charging = {"call_charge": 110, "llm_charge": 8, "llm_price": 0.0011, "tier": "creator", "is_burst": False}
            bill = {"call_duration_secs": 93, "cost": 118, "cost_fiat": 0.12, "charging": charging}
            self.conversations[key]["metadata"] |= bill

    def _conversation(self, key: str) -> Answer:
        entry = self.conversations[key]
        if entry["status"] == "processing":
            entry["polls"] += 1
            entry["status"] = "done" if entry["polls"] > self.polls_until_done else "processing"
        turns = [{"time_in_call_secs": 3 * n, **turn} for n, turn in enumerate(entry["transcript"])]
        return Answer({**entry, "transcript": turns})

    # --- agents and tools

    def allowed_overrides(self, agent: dict[str, Any]) -> set[str]:
        allowed = agent.get("platform_settings", {}).get("overrides", {}).get("conversation_config_override", {}) or {}
        flat = {name.lstrip(".") for name, on in leaves(allowed).items() if on is True}
        return {".".join(name.split(".")[:2]) for name in flat}

    def variables(self, agent: dict[str, Any]) -> set[str]:
        """The dynamic variables the agent's own texts use."""
        text = json.dumps(agent["conversation_config"].get("agent", {}))
        return {name for name in re.findall(r"\{\{\s*(\w+)\s*\}\}", text) if not name.startswith("system__")}

    def _summary(self, agent: dict[str, Any]) -> dict[str, Any]:
        named = {name: agent[name] for name in ("agent_id", "name")}
        return {**named, "tags": [], "created_at_unix_secs": 1, "access_info": _ACCESS, "voice_id": "v1"}

    def _create_agent(self, body: dict[str, Any]) -> Answer:
        key = f"agent_{next(self._ids)}"
        self.agents[key] = {**body, "agent_id": key, "metadata": {"created_at_unix_secs": 1}}
        return Answer({"agent_id": key})

    def _tool(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        config = body["tool_config"]
        if config.get("type") != "client" or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", config.get("name", "")):
            self.sim.invalid.append("tool_config is not a client tool")
        self.tools[key] = {"id": key, "tool_config": config, "access_info": _ACCESS, "usage_stats": _USED}
        return self.tools[key]
