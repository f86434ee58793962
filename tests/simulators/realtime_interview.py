"""What a simulated OpenAI or xAI does once configured: a small interview, or bad weather in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.simulators.realtime_talk import Talk
from tests.simulators.small_interviewer import Say, SmallInterviewer, Step, questions_in


async def interview(talk: Talk) -> None:
    """Greets when asked to, answers each turn by calling the tools first and speaking after their results."""
    await _interview(talk, tools=True)


async def chat(talk: Talk) -> None:
    """The same with words alone."""
    await _interview(talk, tools=False)


async def _interview(talk: Talk, *, tools: bool) -> None:
    await talk.hello()
    outside = next((tool["name"] for tool in talk.session["tools"] if "__" in tool["name"]), "")
    brain = SmallInterviewer(questions_in(talk.session["instructions"]), outside)
    typed = output = ""
    weather = WEATHER.get(talk.sim.weather)
    directions: list[str] = []
    rest: list[Step] = []
    unanswered = answers = 0
    while True:
        kind, text = await talk.inbox.get()
        if kind == "direction":
            directions.append(text)
        if kind in ("typed", "stopped"):
            typed = text
            unanswered += 1
        if kind == "output":
            output = text
        if kind not in ("turn", "respond"):
            continue
        steps = rest or ([] if directions or not unanswered else brain.heard(typed)) or brain.looked_up(output)
        output = ""
        if directions and not rest:
            steps = brain.directed(directions[-1])
        directions, unanswered = [], 0
        if answers and weather:
            await weather(talk)
            weather = None
        answers += 1
        if not tools:
            steps = [step for step in steps if isinstance(step, Say)]
        rest = await _respond(talk, steps)


async def _respond(talk: Talk, steps: list[Step]) -> list[Step]:
    """Tools that come first have a response of their own; what is left is said when their results are in."""
    leading = next((n for n, step in enumerate(steps) if isinstance(step, Say)), len(steps))
    now, rest = (steps[:leading], steps[leading:]) if leading else (steps, [])
    if now:
        await talk.respond(now)
    return rest if not talk.cut.is_set() else []


async def _drop(talk: Talk) -> None:
    talk.drop()
    await asyncio.Event().wait()


async def _stall(talk: Talk) -> None:
    await talk.open_response()
    await asyncio.Event().wait()


async def _quota(talk: Talk) -> None:
    error = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded your current quota."}
    await talk.close_response(await talk.open_response(), "failed", type="failed", error=error)
    await asyncio.Event().wait()


async def _no_model(talk: Talk) -> None:
    error = {"type": "invalid_request_error", "code": "model_not_found", "message": "The model does not exist."}
    await talk.close_response(await talk.open_response(), "failed", type="failed", error=error)
    await asyncio.Event().wait()


async def _server_error(talk: Talk) -> None:
    error = {"type": "server_error", "code": None, "message": "The server had an error."}
    await talk.close_response(await talk.open_response(), "failed", type="failed", error=error)
    await talk.inbox.get()


async def _unsafe(talk: Talk) -> None:
    response_id = await talk.open_response()
    await talk.close_response(response_id, "incomplete", type="incomplete", reason="content_filter")
    await asyncio.Event().wait()


async def _expired(talk: Talk) -> None:
    text = "Your session hit the maximum duration of 60 minutes."
    if talk.vendor == "openai":
        await talk.error("session_expired", text, None)
    else:
        await talk.error("", text, None, kind="max_duration")
    await talk.ws.close(1001, text)


async def _silent_end(talk: Talk) -> None:
    await talk.ws.close(1001, "Your session hit the maximum duration of 60 minutes.")


async def _overloaded(talk: Talk) -> None:
    await talk.ws.close(1011, "internal error")


async def _unknown_events(talk: Talk) -> None:
    await talk.send("response.hologram.delta", hologram="x")
    await talk.send("output_audio_buffer.started", response_id="resp")
    await talk.send("conversation.item.created", item={"id": "item_1", "type": "message", "role": "user"})


async def _malformed(talk: Talk) -> None:
    for frame in ("{", "[]", "null", '{"type": "response.done"}', b"\x00\xff\x01"):
        await talk.ws.send(frame)
    await talk.send("response.output_audio.delta", response_id="r", item_id="i", delta="=not base64=")


async def _late_key(talk: Talk) -> None:
    await talk.error("invalid_api_key", "Incorrect API key provided: sk-secret.", None)
    await talk.ws.close(3000, "invalid_request_error.invalid_api_key")


WEATHER: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "drop": _drop,
    "stall": _stall,
    "quota": _quota,
    "no_model": _no_model,
    "server_error": _server_error,
    "unsafe": _unsafe,
    "expired": _expired,
    "silent_end": _silent_end,
    "overloaded": _overloaded,
    "unknown_events": _unknown_events,
    "malformed": _malformed,
    "late_key": _late_key,
}
"""What happens before the second answer."""


async def refuses_key(talk: Talk) -> None:
    """The socket opens for a wrong key, and is closed a moment later."""
    await talk.send("session.created", session={"id": "sess", "model": talk.sim.model})
    await _late_key(talk)


async def mute(talk: Talk) -> None:
    await asyncio.Event().wait()
