"""The product's media path behind an HTTP offer, as the relay benchmark wants it: see README.md.

    python benchmarks/relay.py --port 8000 --provider ws://127.0.0.1:9000

Everything between the browser's packets and the vendor's socket is the product's own: tracks, jitter buffer, call,
conversation, and the OpenAI adapter, which takes the simulated provider for the vendor. Only the database is left out.
"""

# ruff: noqa: E402 (run as a file from any folder, it must find the project first)

from __future__ import annotations

import argparse
import gc
import logging
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path[:0] = [str(Path(__file__).parents[1])]
from services.calls.registry import Calls
from services.core.errors import LinesBusy
from services.core.interview import Interview, Status
from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question, Skill
from services.core.report.rubric import GENERIC_ANCHORS
from services.interviews.transcripts import Transcripts
from services.media import loopback
from services.media.tracks import install_adaptive_jitter_buffer
from services.settings import Settings
from services.vendors.openai.voice import OpenAIVoice
from services.vendors.register import warm

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


class Unwritten:
    """In the place of the use cases: an interview can begin, and nothing is kept of it."""

    def begin(self, interview_id: str, *, at: datetime, owner: str) -> Interview:
        return interview(interview_id).model_copy(update={"status": Status.ACTIVE, "started_at": at})

    def ignore(self, *_: Any, **__: Any) -> None: ...

    set_provider = charge = end = add_turns = analyze = fail = renew_lease = ignore


def interview(interview_id: str) -> Interview:
    now = datetime.now(UTC)
    return Interview(
        id=interview_id,
        user_id="benchmark",
        status=Status.SETUP,
        provider="openai",
        pace=Pace.NORMAL,
        job_description="",
        plan=PLAN,
        plan_hash=PLAN.plan_hash,
        consent_at=now,
        created_at=now,
        updated_at=now,
    )


async def offer(request: Request) -> Response:
    body = await request.json()
    try:
        media = await request.app.state.calls.admit(interview(str(uuid.uuid4())))
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
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    install_adaptive_jitter_buffer()
    settings = Settings(
        openai_api_key=SecretStr("unused"),
        openai_base_url=arguments.provider.replace("ws://", "http://") + "/v1",
        rejoin_grace_s=1.0,
    )
    voices: Any = {"openai": OpenAIVoice(settings), "offline": OpenAIVoice(settings)}
    app = Starlette(routes=[Route("/offer", offer, methods=["POST"])])
    app.state.calls = Calls(Unwritten(), voices, Transcripts(), settings)  # type: ignore[arg-type]
    loopback.warm()
    warm(voices.values())
    gc.freeze()  # all as the product does after its start
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
