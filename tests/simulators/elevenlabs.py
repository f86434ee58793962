"""ElevenLabs Agents on a local port: REST and conversation socket, strict about every client frame.

    async with ElevenLabsSimulator(weather="drop") as sim:          # sim.base_url, sim.invalid, sim.open_sockets
    python -m tests.simulators.elevenlabs --port 8101 --weather quota

Without a `script` it holds a small interview. A script is `async def script(talk: Talk)`, one per socket. The frames
are those of the vendor's published contract (elevenlabs/packages, agent.asyncapi.yaml); anything else a client sends is
recorded in `invalid` and answered as the vendor does, with close code 1008.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.simulators.elevenlabs_interview import WEATHER, interview
from tests.simulators.elevenlabs_rest import Rest
from tests.simulators.elevenlabs_talk import Invalid, Talk
from tests.simulators.listener import Answer, Call, Listener

Script = Callable[[Talk], Awaitable[None]]


class ElevenLabsSimulator:
    def __init__(
        self,
        *,
        weather: str = "",
        script: Script | None = None,
        api_key: str = "el-key-simulated",
        agent_id: str = "agent_sim",
        overrides: dict[str, Any] | None = None,
        formats: tuple[str, str] = ("pcm_16000", "pcm_16000"),
        port: int = 0,
        utterance_limit_s: float = 2.0,
    ) -> None:
        self.weather, self.api_key, self.agent_id, self.formats = weather, api_key, agent_id, formats
        self.utterance_limit_s = utterance_limit_s
        self.script: Script = script or interview
        self.frames: list[dict[str, Any]] = []
        self.invalid: list[str] = []
        self.pong_delays: list[float] = []
        self.signed_urls: list[str] = []
        self.talks: list[Talk] = []
        self.rest = Rest(self, overrides or {})
        self._listener = Listener(self._answer, self._converse, port=port)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ELEVENLABS_API_KEY": self.api_key,
            "ELEVENLABS_AGENT_ID": self.agent_id,
            "ELEVENLABS_BASE_URL": self.base_url,
        }

    @property
    def open_sockets(self) -> int:
        return self._listener.open_sockets

    @property
    def sockets_opened(self) -> int:
        return self._listener.sockets_opened

    async def closed(self, within_s: float = 1.0) -> bool:
        return await self._listener.closed(within_s)

    async def __aenter__(self) -> ElevenLabsSimulator:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *args: object) -> None:
        await self._listener.__aexit__(*args)

    def note(self, conversation: str, role: str, text: str) -> None:
        self.rest.conversations[conversation]["transcript"].append({"role": role, "message": text})

    def cut(self, conversation: str, heard: str) -> str:
        """Shortens the last thing the agent said to what was heard; the original."""
        entries = self.rest.conversations[conversation]["transcript"]
        entry = next(entry for entry in reversed(entries) if entry["role"] == "agent")
        entry.update(original_message=entry["message"], message=heard, interrupted=True)
        return entry["original_message"]

    def drop_all(self) -> None:
        for talk in self.talks:
            talk.drop()

    async def _answer(self, call: Call) -> Answer | None:
        if not call.upgrade:
            return await self.rest.answer(call)
        if self.weather == "refused_upgrade" or not self.rest.redeem(call.query):
            return Answer({"detail": {"code": "unauthorized", "message": "The signed URL is not valid."}}, 403)
        return None

    async def _converse(self, ws: ServerConnection, call: Call) -> None:
        conversation = call.query.get("conversation_id", "")
        talk = Talk(self, ws, self.rest.agents[call.query["agent_id"]], conversation)
        self.talks.append(talk)
        self.rest.open(conversation, call.query["agent_id"])
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(talk))
                group.create_task(self._run(talk))
        except* _Over:
            pass
        self.rest.finish(conversation)

    async def _listen(self, talk: Talk) -> None:
        try:
            await talk.listen()
        except Invalid as error:
            await talk.ws.close(1008, f"invalid_message: {error}"[:120])
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


class _Over(Exception):
    pass


async def _main() -> None:
    parser = argparse.ArgumentParser(description="A local ElevenLabs")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--weather", default="", choices=["", *WEATHER])
    arguments = parser.parse_args()
    async with ElevenLabsSimulator(port=arguments.port, weather=arguments.weather) as sim:
        print(*(f"{name}={value}" for name, value in sim.environment.items()), sep="\n", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except KeyboardInterrupt:
        pass
