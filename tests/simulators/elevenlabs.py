"""ElevenLabs Agents on a local port: REST and conversation socket, strict about every client frame.

    async with ElevenLabsSimulator(weather="drop") as sim:          # sim.base_url, sim.invalid, sim.open_sockets
    python -m tests.simulators.elevenlabs --port 8101 --weather quota

Without a `script` it holds a small interview. A script is `async def script(talk: Talk)`, one per socket. The frames
are those of the vendor's published contract (elevenlabs/packages, agent.asyncapi.yaml); anything else a client sends is
recorded in `invalid` and answered as the vendor does, with close code 1008.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.simulators.elevenlabs_interview import WEATHER, interview
from tests.simulators.elevenlabs_rest import Rest
from tests.simulators.elevenlabs_talk import Talk
from tests.simulators.listener import Answer, Call, Simulator, run


class ElevenLabsSimulator(Simulator):
    vendor = "elevenlabs"
    _talk = Talk
    tool = ""
    """One that its agent looks things up with."""

    def __init__(
        self,
        *,
        script: Callable[[Talk], Awaitable[None]] = interview,
        api_key: str = "el-key-simulated",
        agent_id: str = "agent_sim",
        overrides: dict[str, Any] | None = None,
        formats: tuple[str, str] = ("pcm_16000", "pcm_16000"),
        **host: Any,
    ) -> None:
        super().__init__(script, api_key, **host)
        self.agent_id, self.formats = agent_id, formats
        self.pong_delays: list[float] = []
        self.signed_urls: list[str] = []
        self.rest = Rest(self, overrides or {})

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ELEVENLABS_API_KEY": self.api_key,
            "ELEVENLABS_AGENT_ID": self.agent_id,
            "ELEVENLABS_BASE_URL": self.base_url,
        }

    def note(self, conversation: str, role: str, text: str) -> None:
        self.rest.conversations[conversation]["transcript"].append({"role": role, "message": text})

    def cut(self, conversation: str, heard: str) -> str:
        """Shortens the last thing the agent said to what was heard; the original."""
        entries = self.rest.conversations[conversation]["transcript"]
        entry = next(entry for entry in reversed(entries) if entry["role"] == "agent")
        entry.update(original_message=entry["message"], message=heard, interrupted=True)
        return str(entry["original_message"])

    async def _answer(self, call: Call) -> Answer | None:
        if not call.upgrade:
            return await self.rest.answer(call)
        if self.weather == "refused_upgrade" or not self.rest.redeem(call.query):
            return Answer({"detail": {"code": "unauthorized", "message": "The signed URL is not valid."}}, 403)
        return None

    async def admit(self, talk: Talk) -> None:
        """Refuses what the agent's security settings do not allow, as the vendor does: after the first frame."""
        if self.weather == "override_refused":
            await talk.fail(1008, "override_error", "Override for field 'prompt' is not allowed by config.")
        if self.weather == "missing_variable":
            await talk.fail(1008, "missing_dynamic_variable", "Missing required dynamic variables: {'role_title'}")
        allowed = self.rest.allowed_overrides(talk.agent)
        for part, fields in talk.initiation.get("conversation_config_override", {}).items():
            for name in fields:
                if f"{part}.{name}" not in allowed:
                    self.invalid.append(f"override {part}.{name} is not allowed")
                    await talk.fail(1008, "override_error", f"Override for field '{name}' is not allowed by config.")
        missing = self.rest.variables(talk.agent) - talk.initiation.get("dynamic_variables", {}).keys()
        if missing:
            self.invalid.append(f"missing dynamic variables {sorted(missing)}")
            await talk.fail(1008, "missing_dynamic_variable", f"Missing required dynamic variables: {sorted(missing)}")
        if self.weather == "mute":
            await asyncio.Event().wait()


if __name__ == "__main__":
    run(ElevenLabsSimulator, WEATHER)
