"""The small interview the simulated ElevenLabs holds when it has no script, and the weather that befalls it."""

from __future__ import annotations

import asyncio
import json
import re

from tests.simulators.elevenlabs_talk import RATE, Talk
from tests.simulators.small_interviewer import Say, SmallInterviewer, Step, questions_in, voice

WEATHER = {
    "bad_key": "REST 401, invalid_api_key",
    "permission": "REST 403, the key may not use agents",
    "no_credit": "REST 402, insufficient_credits",
    "quota_legacy": "REST 401 whose detail says quota_exceeded",
    "unknown_agent": "REST 404, agent_not_found",
    "concurrency": "REST 429, concurrent_limit_exceeded",
    "rate_limit": "REST 429, system_busy, with Retry-After",
    "rest_down": "REST 503",
    "slow": "REST never answers",
    "refused_upgrade": "the signed URL is refused with 403",
    "override_refused": "close 1008 right after the first frame",
    "missing_variable": "close 1008, missing_dynamic_variable",
    "mute": "the socket opens and never says a word",
    "drop": "the network breaks in the middle of the second utterance",
    "stall": "after the first answer the text comes, the audio never",
    "quota": "greeting, then a flat error frame and close 1002",
    "crash": "close 1011 in the middle of the call",
    "limit": "max_duration_exceeded, close 1000",
    "safety": "safety_violation, close 1002",
    "silence": "transport_receive_timeout, close 1002",
    "hangup": "the agent ends the call with its end_call tool",
    "late_audio": "audio of an utterance goes on after its interruption",
    "unknown_events": "events nobody has documented yet",
    "malformed": "frames that are not JSON, not objects, not base64",
}


async def interview(talk: Talk) -> None:
    await talk.hello()
    await talk.ping()
    brain, first_message = _brain(talk)
    await _perform(talk, brain.begin(first_message))
    await _weather(talk, "greeted")
    answers = 0
    while True:
        kind, text = await talk.inbox.get()
        if kind == "started":
            if talk.spoken_until > talk._now():
                await _barge_in(talk)
            await talk.partly_hears("This is")
        elif kind == "stopped" and await _turn_is_over(talk):
            answers += 1
            await talk.hears(f"This is spoken answer number {answers}, with a reason and an example.")
            await _weather(talk, "answered")
            await _perform(talk, brain.answered())
            await talk.ping(ping_ms=20)
        elif kind == "typed":
            steps = brain.directed(text) if text.startswith("[direction]") else brain.heard(text)
            await _weather(talk, "answered")
            await _perform(talk, steps)
        elif kind == "tool":
            await _perform(talk, brain.looked_up(text))


def _brain(talk: Talk) -> tuple[SmallInterviewer, str]:
    """The model, and the first message: overridden, else the agent's own with the variables filled in."""
    values = talk.initiation.get("dynamic_variables", {})
    override = talk.initiation.get("conversation_config_override", {}).get("agent", {})
    questions = [(q["id"], q["question"]) for q in json.loads(values.get("questions_json", "[]"))]
    questions = questions_in(override.get("prompt", {}).get("prompt", "")) or questions
    first = override.get("first_message") or talk.agent["conversation_config"]["agent"].get("first_message", "")
    filled = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: str(values[match[1]]), first)
    return SmallInterviewer(questions, talk.sim.tool), filled


async def _turn_is_over(talk: Talk) -> bool:
    """False when activity keeps the agent silent until speech goes on."""
    while (left := talk.activity_at + 2.0 - talk._now()) > 0:
        await asyncio.sleep(left)
    return not talk.ears.speaking


async def _barge_in(talk: Talk) -> None:
    event = talk._event
    await talk.interrupt(heard="Thank you. -")
    if talk.sim.weather == "late_audio":
        await talk.audio(event, voice("late", RATE[talk.sim.formats[1]]))


async def _perform(talk: Talk, steps: list[Step]) -> None:
    for step in steps:
        if isinstance(step, Say):
            await talk.say(step.text)
        else:
            await talk.tool(step.name, **step.arguments)


async def _weather(talk: Talk, moment: str) -> None:
    match talk.sim.weather, moment:
        case "quota", "greeted":
            text = "received 1002 (protocol error) This request exceeds your quota limit."
            await talk.ws.send(json.dumps({"type": "error", "message": text}))
            await talk.ws.close(1002, "This request exceeds your quota limit.")
        case "drop", "answered":
            await talk.send("agent_response", agent_response="Thank you. Now, tell me", event_id=900)
            await talk.audio(900, voice("Thank you.", RATE[talk.sim.formats[1]]))
            talk.drop()
        case "stall", "answered":
            await talk.send("agent_response", agent_response="Thank you. Now, tell me", event_id=900)
            await asyncio.Event().wait()
        case "crash", "answered":
            await talk.fail(1011, "unknown_websocket_crash", "Unexpected server error")
        case "limit", "answered":
            await talk.fail(1000, "max_duration_exceeded", "Max call duration exceeded")
        case "safety", "answered":
            await talk.fail(1002, "safety_violation", "Content policy violation")
        case "silence", "answered":
            await talk.fail(1002, "transport_receive_timeout", "No user input for 60 seconds")
        case "hangup", "answered":
            flags = {"is_error": False, "is_called": True, "event_id": 9}
            ended = {"tool_name": "end_call", "tool_call_id": "t9", "tool_type": "system"}
            await talk.send("agent_tool_response", "agent_tool_response", **ended, **flags)
            await talk.ws.close(1000, "Agent ended the call")
        case "unknown_events", _:
            await talk.send("weather_report", sky="clear")
            await talk.send("vad_score", vad_score=0.4)
            await talk.send("context_usage", event_id=9, model="m", context_tokens=1, context_limit_tokens=2)
            await talk.ws.send(json.dumps({"no_type": True}))
        case "malformed", _:
            for text in (
                "not json",
                "[1, 2]",
                '{"type": "audio"}',
                '{"type": "audio", "audio_event": {"event_id": 1}}',
            ):
                await talk.ws.send(text)
            await talk.send("audio", event_id=99, audio_base_64="%%%")
            await talk.ws.send(b"\x00\x01")
