"""A call of this server with itself: loads and runs once what the first candidate would otherwise wait for."""

from __future__ import annotations

import asyncio

import structlog
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection

from services.media.tracks import Microphone, Playout

log = structlog.get_logger(__name__)

HEARD_WITHIN_S = 5.0


def warm(within_s: float = HEARD_WITHIN_S) -> bool:
    """Whether the server heard itself. Blocks for about 0.1 s, with an event loop of its own; asks no STUN server."""
    try:
        asyncio.run(asyncio.wait_for(_hear_ourselves(), within_s))
    except (TimeoutError, OSError) as error:
        log.warning("no call with ourselves", error=type(error).__name__)
        return False
    return True


async def _hear_ourselves() -> None:
    here, there = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    microphone = Microphone()

    @there.on("track")
    def on_track(track: MediaStreamTrack) -> None:
        microphone.addTrack(track)
        microphone.start()

    try:
        here.addTrack(Playout())
        await here.setLocalDescription(await here.createOffer())
        await there.setRemoteDescription(here.localDescription)
        await there.setLocalDescription(await there.createAnswer())
        await here.setRemoteDescription(there.localDescription)
        await microphone.heard.wait()
    finally:
        microphone.stop()
        await asyncio.gather(here.close(), there.close())
