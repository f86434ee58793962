"""The product's media path behind an HTTP offer, as the relay benchmark wants it.

python benchmarks/relay.py --port 8000 --provider ws://127.0.0.1:9000
"""

# ruff: noqa: E402 (run as a file from any folder, it must find the project first)

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import structlog
import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path[:0] = [str(Path(__file__).parents[1])]
from benchmarks.realtime import SimulatedVoice
from services import leg
from services.core.events import AudioOut, Flush, ProviderEvent
from services.webrtc import Microphone, Playout, install_adaptive_jitter_buffer

calls: set[asyncio.Task[None]] = set()


async def converse(voice: SimulatedVoice, media: leg.Media) -> None:
    outbox: asyncio.Queue[leg.Outgoing] = asyncio.Queue()
    begun = asyncio.Event()
    begun.set()
    item = ""

    def receive(event: ProviderEvent) -> None:
        nonlocal item
        if isinstance(event, AudioOut):
            item = event.item
            media.playout.push(event.pcm, 24000, event.item)
        elif isinstance(event, Flush) and (heard := media.playout.clear()):
            outbox.put_nowait(leg.Interrupted(item, heard.heard_ms))

    async with voice.connect(None) as connection:
        await leg.run(connection, media, outbox, receive, lambda: leg.Left() if media.microphone.ended else None, begun)


async def offer(request: Request) -> Response:
    body = await request.json()
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    media = leg.Media(Microphone(), Playout())

    @pc.on("track")
    def on_track(track: MediaStreamTrack) -> None:
        media.microphone.addTrack(track)
        media.microphone.start()

    @pc.on("connectionstatechange")
    async def on_state() -> None:
        if pc.connectionState == "connected":
            task = asyncio.create_task(converse(request.app.state.voice, media))
            calls.add(task)
            task.add_done_callback(calls.discard)
        elif pc.connectionState in ("failed", "closed"):
            await pc.close()

    pc.addTrack(media.playout)
    await pc.setRemoteDescription(RTCSessionDescription(body["sdp"], body["type"]))
    await pc.setLocalDescription(await pc.createAnswer())
    return JSONResponse({"sdp": pc.localDescription.sdp, "type": pc.localDescription.type})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--provider", required=True, help="the simulated provider, ws://host:port")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    install_adaptive_jitter_buffer()
    app = Starlette(routes=[Route("/offer", offer, methods=["POST"])])
    app.state.voice = SimulatedVoice(arguments.provider)
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
