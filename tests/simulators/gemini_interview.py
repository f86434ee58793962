"""The small interview the simulated Gemini holds when it has no script, and the weather that befalls it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.simulators.gemini_talk import OUTPUT_HZ, Talk
from tests.simulators.small_interviewer import Say, SmallInterviewer, Step, questions_in, voice

WEATHER = {
    "bad_key": "REST and upgrade 400, API_KEY_INVALID",
    "permission": "REST and upgrade 403",
    "unknown_model": "REST and upgrade 404",
    "no_credit": "REST and upgrade 429, quota spent",
    "rate_limit": "REST and upgrade 429 with a retryDelay",
    "rest_down": "REST and upgrade 503",
    "slow": "nothing answers",
    "refused_upgrade": "REST answers, the socket is refused with 429",
    "unknown_at_setup": "close 1008: the model is not found for this API version",
    "settings_refused": "close 1007 instead of setupComplete",
    "poisoned_handles": "every resumption ends with 1007",
    "odd_first_frame": "the first frame is not setupComplete",
    "quota_at_once": "setupComplete, then 1011 with the quota text",
    "mute": "the socket opens and nothing comes",
    "drop": "the network breaks in the middle of the second utterance",
    "stall": "after the first answer a caption comes, the audio never",
    "quota": "1011 with the quota text in the middle of the call",
    "crash": "1011 Internal error",
    "go_away": "goAway, then close 1008 as an ordinary end",
    "deadline": "1011 Deadline expired, without a warning",
    "late_audio": "audio of an utterance goes on after its interruption",
    "unknown_events": "frames and fields nobody has documented yet",
    "malformed": "frames that are no JSON",
}
_QUOTA = "You exceeded your current quota, please check your plan and billing details."


async def interview(talk: Talk) -> None:
    await talk.hello()
    assert talk.setup is not None
    instruction: Any = talk.setup.system_instruction
    prompt = "".join(part.text or "" for part in instruction.parts)
    declared = [f.name for tool in talk.setup.tools or () for f in getattr(tool, "function_declarations", None) or ()]
    brain = SmallInterviewer(questions_in(prompt), next((name for name in declared if name and "__" in name), ""))
    answers = 0
    while True:
        kind, text = await talk.inbox.get()
        if kind == "started":
            if talk.spoken_until > asyncio.get_running_loop().time():
                await _barge_in(talk)
            await talk.hears("This is")
        elif kind == "stopped":
            answers += 1
            await talk.hears(f"spoken answer number {answers}, with a reason and an example.")
            await _weather(talk, "answered")
            await _perform(talk, brain.answered())
        elif kind == "typed" and text.startswith("[direction]"):
            await _perform(talk, brain.directed(text))
            await _weather(talk, "directed")
        elif kind == "typed":
            await _weather(talk, "answered")
            await _perform(talk, brain.heard(text))
        elif kind == "tool":
            await _perform(talk, brain.looked_up(json.loads(text).get("output", "")))


async def _perform(talk: Talk, steps: list[Step]) -> None:
    """Tools first are awaited as a model awaits them; the turn ends after the last sentence."""
    for step in steps:
        if isinstance(step, Say):
            await talk.say(step.text)
        else:
            await talk.tool(step.name, **step.arguments)


async def _barge_in(talk: Talk) -> None:
    await talk.interrupt()
    if talk.sim.weather == "late_audio":
        await talk.audio(voice("late", OUTPUT_HZ))
    await talk.turn_complete()


async def _weather(talk: Talk, moment: str) -> None:
    match talk.sim.weather, moment:
        case "drop", "answered":
            await talk.content(outputTranscription={"text": "Thank you. Now"})
            await talk.audio(voice("Thank you", OUTPUT_HZ))
            talk.drop()
        case "stall", "answered":
            await talk.content(outputTranscription={"text": "Thank you. Now"})
            await asyncio.Event().wait()
        case "quota", "answered":
            await talk.ws.close(1011, _QUOTA)
        case "crash", "answered":
            await talk.ws.close(1011, "Internal error encountered.")
        case "deadline", "answered":
            await talk.ws.close(1011, "Deadline expired before operation could complete.")
        case "go_away", "answered":
            await talk.go_away("0.5s")
            await asyncio.sleep(0.5)
            await talk.ws.close(1008, "The operation was aborted.")
        case "unknown_events", _:
            await talk.send(weatherReport={"sky": "clear"})
            await talk.content(brandNewField=1)
            await talk.send(voiceActivity={"type": "ACTIVITY_START", "audioOffset": "3.2s"})
        case "malformed", _:
            await talk.ws.send(b"not json")
            await talk.ws.send("[]")
