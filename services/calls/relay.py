"""One leg of a call: one candidate visit joined to one provider connection, until either is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from services.core.errors import ProviderDropped
from services.core.talk.events import AnswerTool, CloseCause, Closed, Hold, Instruct, ProviderEvent, Say
from services.media.tracks import Microphone, Playout
from services.vendors.base import Connection

POLL_S = 0.1


@dataclass(frozen=True)
class Media:
    """The candidate's side of one visit: what the browser sends and what it plays."""

    microphone: Microphone
    playout: Playout


@dataclass(frozen=True)
class Interrupted:
    """For the connection: the candidate barged in and heard this much."""

    item: str
    heard_ms: int


Outgoing = Say | Instruct | Hold | AnswerTool | Interrupted


@dataclass(frozen=True)
class CandidateGone:
    """The candidate is gone; the provider was fine."""


@dataclass(frozen=True)
class Lost:
    """The provider is gone; the candidate may still be there."""

    cause: CloseCause
    sentence: str
    retryable: bool = True


@dataclass(frozen=True)
class Renewed:
    """The provider is about to close the connection for reasons of its own; a new one takes its place."""

    silent: bool
    """It is for the candidate to speak, and nobody does: Ema need not say anything."""


End = CandidateGone | Lost | Renewed


class _Over(Exception):
    """Ends the leg's task group; carries why."""

    def __init__(self, end: End) -> None:
        self.end = end


async def run(
    connection: Connection,
    media: Media,
    outbox: asyncio.Queue[Outgoing],
    receive: Callable[[ProviderEvent], None],
    verdict: Callable[[], End | None],
    begun: asyncio.Event,
    listens: Callable[[], bool],
    overhear: Callable[[bytes, int], None] | None = None,
) -> End:
    """Relays both ways until somebody is gone, and cancels what is left.

    `receive` gets each provider event on the loop and must not block; nothing is read before `begun`, so a greeting
    waits for the first microphone audio. `verdict` is asked every 100 ms whether the candidate left, the provider
    stalled, or the connection is to be renewed. Until somebody `listens` the microphone is silent. `overhear` gets its
    audio as the connection does, with its rate, and must not block either.
    """

    # A send that finds the connection gone says nothing: `Closed`, always the last event, knows the cause.
    async def uplink() -> None:
        with suppress(ProviderDropped):
            async for pcm in media.microphone.chunks(connection.input_rate_hz):
                pcm = pcm if listens() else bytes(len(pcm))
                if overhear is not None and begun.is_set():
                    overhear(pcm, connection.input_rate_hz)
                await connection.send_audio(pcm)

    async def downlink() -> NoReturn:
        await begun.wait()
        async for event in connection:
            if isinstance(event, Closed):
                raise _Over(Lost(event.cause, event.sentence))
            receive(event)
        raise _Over(Lost(CloseCause.NETWORK, "The voice connection ended without a word."))

    async def commands() -> None:
        with suppress(ProviderDropped):
            while True:
                await _send(connection, await outbox.get())

    async def watch() -> NoReturn:
        while True:
            if end := verdict():
                raise _Over(end)
            await asyncio.sleep(POLL_S)

    try:
        async with asyncio.TaskGroup() as tasks:
            for task in (uplink, downlink, commands, watch):
                tasks.create_task(task())
    except* _Over as over:
        end = over
    return _first(end).end


async def _send(connection: Connection, outgoing: Outgoing) -> None:
    match outgoing:
        case Say(text):
            await connection.send_text(text)
        case Instruct(instruction):
            await connection.instruct(instruction)
        case Hold(on):
            await connection.hold(on)
        case AnswerTool(call_id, result, is_error):
            await connection.send_tool_result(call_id, result, is_error=is_error)
        case Interrupted(item, heard_ms):
            await connection.interrupt(item, heard_ms)


Error = TypeVar("Error", bound=Exception)


def _first(group: ExceptionGroup[Error]) -> Error:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
