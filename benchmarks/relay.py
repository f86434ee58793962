"""The product's media path behind an HTTP offer, as the relay benchmark wants it: see README.md.

    python benchmarks/relay.py --port 8000 --provider ws://127.0.0.1:9000

Everything between the browser's packets and the vendor's socket is the product's own: tracks, jitter buffer, call,
conversation, and the OpenAI adapter, which takes the simulated provider for the vendor. The interviews are prepared
before the first offer, on a SQLite file of their own: a relay begins with the call.
"""

# ruff: noqa: E402 (run as a file from any folder, it must find the project first)

from __future__ import annotations

import argparse
import gc
import logging
import sys
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path[:0] = [str(Path(__file__).parents[1])]
from services.analyst.rules import OfflineAnalyst, Progress, utc_now
from services.calls.registry import Calls
from services.core.errors import LinesBusy
from services.core.interview import Interview
from services.core.plan.bank import samples
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question, Skill
from services.core.report.rubric import GENERIC_ANCHORS
from services.interviews.interviews import Interviews
from services.interviews.transcripts import Transcripts
from services.media import loopback
from services.media.tracks import install_adaptive_jitter_buffer
from services.settings import Settings
from services.store.store import Store
from services.vendors.base import Provider
from services.vendors.openai.voice import OpenAIVoice
from services.vendors.register import warm

PREPARED = 200
"""Interviews, and so calls, that one run of the relay can carry."""
# As long as may be: a question whose time is over would make Ema speak in the middle of a measurement.
QUESTIONS = [
    Question(id=f"q{n}", text=f"Question {n}?", purpose="", competency_id="c1", jd_phrase="Python", seconds=240)
    for n in range(1, 4)
]
PLAN = Plan(
    role_title="Engineer",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=(Skill(name="Python", jd_phrase="Python"),),
    competencies=(Competency(id="c1", name="Python", anchors=GENERIC_ANCHORS),),
    questions=tuple(QUESTIONS),
    made_by="benchmark",
)


class OnePlan(OfflineAnalyst):
    """Whatever the posting, the same three questions."""

    def plan(self, job_description: str, progress: Progress, history: History = NO_HISTORY) -> Plan:
        return PLAN


def interviews_on(folder: str, settings: Settings, transcripts: Transcripts) -> Interviews:
    store = Store(f"sqlite:///{folder}/relay.db")
    store.migrate()
    return Interviews(store, settings, OnePlan(), utc_now, transcripts)


def prepare(interviews: Interviews) -> Interview:
    """For a caller of its own: nobody has two at a time."""
    caller = interviews.accounts.guest(str(uuid.uuid4()))
    return interviews.preparation.prepare(
        caller.id, job_description=samples()[0].text, provider="openai", pace=Pace.NORMAL, consent=True
    )


async def offer(request: Request) -> Response:
    body = await request.json()
    try:
        media = await request.app.state.calls.admit(request.app.state.prepared.pop())
    except LinesBusy as busy:
        return JSONResponse({"error": busy.sentence}, status_code=503)
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    @pc.on("track")
    def on_track(track: MediaStreamTrack) -> None:
        media.microphone.addTrack(track)
        media.microphone.start()

    @pc.on("connectionstatechange")
    async def on_state() -> None:
        if pc.connectionState in ("failed", "closed"):
            await pc.close()

    pc.addTrack(media.playout)
    await pc.setRemoteDescription(RTCSessionDescription(body["sdp"], body["type"]))
    await pc.setLocalDescription(await pc.createAnswer())
    return JSONResponse({"sdp": pc.localDescription.sdp, "type": pc.localDescription.type})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--provider", required=True, help="the simulated provider, ws://host:port")
    parser.add_argument("--prepared", type=int, default=PREPARED)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    install_adaptive_jitter_buffer()
    settings = Settings(
        openai_api_key=SecretStr("unused"),
        openai_base_url=arguments.provider.replace("ws://", "http://") + "/v1",
        rejoin_grace_s=1.0,
    )
    voices: dict[str, Provider] = {"openai": OpenAIVoice(settings), "offline": OpenAIVoice(settings)}
    app = Starlette(routes=[Route("/offer", offer, methods=["POST"])])
    with TemporaryDirectory(prefix="syntaxia-relay-") as folder:
        transcripts = Transcripts()
        interviews = interviews_on(folder, settings, transcripts)
        app.state.prepared = [prepare(interviews) for _ in range(arguments.prepared)]
        app.state.calls = Calls(interviews, voices, transcripts, settings)
        loopback.warm()
        warm(voices.values())
        gc.freeze()  # all as the product does after its start
        uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
