"""The HTTP API: ephemeral tokens for a browser, the log a browser leaves, reports for programs.

Answers are built field by field from what may leave the server; an error is `{"error": <sentence>, "code": <stable>}`.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.core.call_log import Beacon
from services.core.errors import (
    PhoneScreenError,
    ProviderError,
    ProviderOff,
    ProviderTimeout,
    QuotaExceeded,
    SignInRequired,
)
from services.core.interview import Interview
from services.core.plan.memory import MemoryKind
from services.core.report.review import exported
from services.core.report.rubric import Report
from services.identity.quotas import Action
from services.identity.visitor import Visitor
from services.vendors import ephemeral
from services.vendors.ephemeral import EphemeralToken
from services.vendors.instructions import tool_schemas
from services.web.guards import client_of
from services.wiring import Syntaxia, wire

log = structlog.get_logger(__name__)

NOBODY = "Nobody is signed in, and this request carries no guest's cookie of this site."
GUESTS_NEVER = "Session tokens are given to people who are signed in. As a guest, hold the interview on its page."
_STATUSES: dict[str, tuple[int, str]] = {
    "sign_in": (401, "sign_in"),
    "insufficient_credit": (402, "credits"),
    "interview_not_found": (404, "not_found"),
    "no_interview": (409, "no_interview"),
    "live": (409, "live"),
    "token_issued": (409, "token_issued"),
    "guest_quota": (429, "guest_quota"),
    "provider_off": (503, "provider_off"),
    "database_away": (503, "database_away"),
}


# --- shapes ----------------------------------------------------------------------------------------------------------


class Problem(BaseModel):
    error: str
    """A sentence for people."""
    code: str
    """Stable, for programs."""
    retry_at: datetime | None = None


class ClientSecret(BaseModel):
    value: str
    expires_at: int
    """Seconds since 1970, UTC."""


class Tool(BaseModel):
    name: str


class QuotaLeft(BaseModel):
    left: int
    resets_at: int


class GuestIdentity(BaseModel):
    type: Literal["guest"] = "guest"
    label: str = "Guest"
    quota: QuotaLeft | None = None


class UserIdentity(BaseModel):
    type: Literal["user"] = "user"
    id: str
    email: str | None


class SessionAnswer(BaseModel):
    client_secret: ClientSecret
    provider: str
    model: str
    voice: str | None
    interview_id: str
    tools: list[Tool]
    identity: GuestIdentity | UserIdentity


class XaiRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expirySeconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    """Taken for what older clients send; the life is always the shortest."""


class XaiAnswer(BaseModel):
    token: str
    expiresAt: int


class XaiHealth(BaseModel):
    configured: bool
    provider: Literal["xai"] = "xai"


class SignedUrl(BaseModel):
    signed_url: str


class ConversationToken(BaseModel):
    token: str
    conversation_id: str | None


class MemoryAnswer(BaseModel):
    id: str
    interview_id: str
    kind: MemoryKind
    subject: str
    """The id of a question's template, or the key of a competency of the question bank."""
    number: int | None
    """A competency's level, 1 to 4."""
    created_at: datetime


class ReportSummary(BaseModel):
    id: str
    role: str
    level: str
    completed_at: datetime | None
    duration_s: int | None
    coverage_pct: int


class ReportAnswer(ReportSummary):
    report: Report


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem} for status in (*statuses, 403, 413, 422, 503)}


# --- the application -------------------------------------------------------------------------------------------------

api = FastAPI(
    title="Syntaxia",
    version="1",
    summary="Session tokens, session logs and reports of an AI technical phone screen.",
    docs_url=None,
    redoc_url=None,
    servers=[{"url": "/api"}],
    root_path_in_servers=False,
)


def problem(status: int, code: str, sentence: str, until: datetime | None = None, **headers: str) -> JSONResponse:
    content: dict[str, Any] = {"error": sentence, "code": code}
    if until is not None:
        content["retry_at"] = int(until.timestamp())
        headers["Retry-After"] = str(max(1, math.ceil((until - datetime.now(UTC)).total_seconds())))
    return JSONResponse(content, status, {"Cache-Control": "no-store", **headers})


@api.exception_handler(PhoneScreenError)
async def refused(_: Request, error: PhoneScreenError) -> JSONResponse:
    if isinstance(error, ProviderError):
        status, code = (504, "timeout") if isinstance(error, ProviderTimeout) else (502, "upstream")
    else:
        status, code = _STATUSES.get(error.code, (409, error.code))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return problem(status, code, error.sentence, error.until if isinstance(error, QuotaExceeded) else None, **headers)


@api.exception_handler(RequestValidationError)
async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    # Names of fields are ours; what stood in them is not repeated.
    where = sorted({".".join(str(part) for part in fault["loc"][1:2]) for fault in error.errors()} - {""})
    known = [name for name in where if name in XaiRequest.model_fields or name in Beacon.model_fields]
    return problem(422, "invalid", f"This request is not understood{': ' + ', '.join(known) if known else ''}.")


@api.exception_handler(HTTPException)
async def http_error(_: Request, error: HTTPException) -> JSONResponse:
    sentences = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    codes = {404: "not_found", 405: "method"}
    sentence = sentences.get(error.status_code, "This request is not understood.")
    return problem(error.status_code, codes.get(error.status_code, "invalid"), sentence, None, **(error.headers or {}))


@api.exception_handler(Exception)
async def broken(request: Request, error: Exception) -> JSONResponse:
    log.error("route failed", path=request.scope.get("route") and request.scope["route"].path, exc_info=error)
    return problem(500, "internal", "Something broke on our side. The log says where.")


# --- who asks --------------------------------------------------------------------------------------------------------


async def visitor_of(request: Request) -> Visitor:
    found = await asyncio.to_thread(wire().identity.visitor, request.cookies, client_of(request))
    if found is None:
        raise SignInRequired(NOBODY)
    return found


async def bearer_of(
    request: Request,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> Visitor:
    """The owner of the access token in the Authorization header."""
    found = None
    if shown is not None:
        found = await asyncio.to_thread(wire().identity.bearer, shown.credentials, client_of(request))
    if found is None:
        raise SignInRequired("Send an access token of your account page: Authorization: Bearer syx_….")
    return found


Asking = Annotated[Visitor, Depends(visitor_of)]
Bearer = Annotated[Visitor, Depends(bearer_of)]


# --- ephemeral tokens ------------------------------------------------------------------------------------------------


async def _issue(
    visitor: Visitor, provider: str | None, mint: Callable[[Syntaxia, str], Any] | None = None
) -> tuple[EphemeralToken, Interview, str]:
    """One token for the visitor's interview, paid by issue. Raises PhoneScreenError."""
    parts = wire()
    if not parts.settings.direct_tokens:
        raise ProviderOff("This site gives no session tokens: calls go through its own server (DIRECT_TOKENS is off).")
    if visitor.kind == "guest":
        raise SignInRequired(GUESTS_NEVER)
    interview = await asyncio.to_thread(parts.interviews.direct.waiting, visitor.id)
    chosen = provider or interview.provider
    voice = parts.providers.get(chosen)
    if chosen not in ephemeral.PROVIDERS or voice is None or not voice.info.ready:
        raise ProviderOff("This voice gives no session tokens: it is not configured, or it runs on this server.")
    await asyncio.to_thread(parts.quotas.take, Action.TOKEN, visitor)
    await asyncio.to_thread(parts.interviews.direct.reserve, interview, chosen)
    try:
        made = await (mint or _mint)(parts, chosen)
    except ProviderError as error:
        await asyncio.to_thread(parts.interviews.direct.withdraw, interview.id)
        log.warning("token refused upstream", provider=chosen, code=error.code, cause=error.cause)
        raise
    await asyncio.to_thread(parts.interviews.direct.confirm, interview.id, made.conversation_id)
    return made, interview, chosen


async def _mint(parts: Syntaxia, provider: str) -> EphemeralToken:
    return await ephemeral.mint_token(parts.settings, provider, parts.settings.interview_limit_s)


async def session(visitor: Asking, response: Response) -> SessionAnswer:
    """An ephemeral token for the visitor's prepared interview, with what a client needs to open the call."""
    made, interview, provider = await _issue(visitor, None)
    response.headers["Cache-Control"] = "no-store"
    return SessionAnswer(
        client_secret=ClientSecret(value=made.value, expires_at=int(made.expires_at.timestamp())),
        provider=provider,
        model=wire().providers[provider].info.model,
        voice=ephemeral.VOICES.get(provider) or wire().settings.elevenlabs_voice_id,
        interview_id=interview.id,
        tools=[Tool(name=tool["name"]) for tool in tool_schemas(interview.plan)],
        identity=UserIdentity(id=visitor.id, email=visitor.email),
    )


TOKENS = _problems(401, 402, 404, 409, 429, 502, 504)
api.get("/session", responses=TOKENS, operation_id="session")(session)
api.post("/session", responses=TOKENS, operation_id="make_session")(session)


@api.post("/xai/session", responses=TOKENS)
async def xai_session(visitor: Asking, response: Response, wanted: XaiRequest | None = None) -> XaiAnswer:
    """A client secret of xAI's, by the name older clients know."""
    made, _, _ = await _issue(visitor, "xai")
    response.headers["Cache-Control"] = "no-store"
    return XaiAnswer(token=made.value, expiresAt=int(made.expires_at.timestamp()))


@api.get("/xai/health")
async def xai_health() -> XaiHealth:
    return XaiHealth(configured=wire().providers["xai"].info.ready)


@api.get("/elevenlabs/signed-url", responses=TOKENS)
async def signed_url(visitor: Asking, response: Response) -> SignedUrl:
    """Opens one conversation over WebSocket, within fifteen minutes."""
    made, _, _ = await _issue(visitor, "elevenlabs")
    response.headers["Cache-Control"] = "no-store"
    return SignedUrl(signed_url=made.value)


@api.get("/elevenlabs/conversation-token", responses=TOKENS)
async def conversation_token(visitor: Asking, response: Response) -> ConversationToken:
    """Opens one conversation over WebRTC."""

    async def mint(parts: Syntaxia, _: str) -> EphemeralToken:
        return await ephemeral.conversation_token(parts.settings)

    made, _, _ = await _issue(visitor, "elevenlabs", mint)
    response.headers["Cache-Control"] = "no-store"
    return ConversationToken(token=made.value, conversation_id=made.conversation_id)


# --- logs ------------------------------------------------------------------------------------------------------------


@api.post("/interviews/{interview_id}/log", status_code=204, responses=_problems(401, 404))
async def call_log(visitor: Asking, interview_id: str, beacon: Beacon, request: Request) -> Response:
    """What a browser saw of its call, at its end: allow-listed numbers. The answer tells a stranger nothing."""

    def tell() -> None:
        parts = wire()
        parts.quotas.take(Action.LOG, visitor)
        parts.interviews.call_logs.tell(visitor.id, interview_id, beacon, request.headers.get("user-agent", ""))

    try:
        await asyncio.to_thread(tell)
    except QuotaExceeded:
        log.info("browser's log dropped", interview_id=interview_id)
    return Response(status_code=204)


# --- what is remembered ----------------------------------------------------------------------------------------------


@api.get("/memories", responses=_problems(401))
async def memories(visitor: Asking, response: Response) -> list[MemoryAnswer]:
    """Of the visitor, newest first; a guest has none."""
    response.headers["Cache-Control"] = "no-store"
    known = await asyncio.to_thread(wire().interviews.memories.list, visitor.id)
    return [MemoryAnswer(**memory.model_dump()) for memory in known]


@api.delete("/memories", status_code=204, responses=_problems(401))
async def forget_all(visitor: Asking) -> Response:
    """Forgets everything; the visitor's consent stays."""
    await asyncio.to_thread(wire().interviews.memories.forget, visitor.id)
    return Response(status_code=204)


@api.delete("/memories/{memory_id}", status_code=204, responses=_problems(401, 404))
async def forget(visitor: Asking, memory_id: str) -> Response:
    if not await asyncio.to_thread(wire().interviews.memories.forget, visitor.id, [memory_id]):
        raise HTTPException(404)
    return Response(status_code=204)


# --- reports ---------------------------------------------------------------------------------------------------------


@api.get("/reports", responses=_problems(401, 429))
async def reports(visitor: Bearer, response: Response) -> list[ReportSummary]:
    """Of the token's owner, newest first: those whose candidates agreed that others read them."""
    response.headers["Cache-Control"] = "no-store"
    return [ReportSummary(**_summary(one, one.report)) for one in await _readable(visitor) if one.report]


@api.get("/reports/{interview_id}", responses=_problems(401, 404, 429))
async def report(visitor: Bearer, interview_id: str, response: Response) -> ReportAnswer:
    response.headers["Cache-Control"] = "no-store"
    found = next((one for one in await _readable(visitor) if one.id == interview_id), None)
    if found is None or found.report is None:
        raise HTTPException(404)
    return ReportAnswer(**_summary(found, found.report), report=found.report)


async def _readable(visitor: Visitor) -> list[Interview]:
    parts = wire()
    await asyncio.to_thread(parts.quotas.take, Action.READ, visitor)
    return await asyncio.to_thread(parts.interviews.sharing.readable, visitor.id)


# --- files -----------------------------------------------------------------------------------------------------------

FILES = _problems(401, 404)


def _file(content: str, name: str) -> Response:
    """For its owner alone, and never kept on the way: a report's words must not lie in a cache."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


@api.get("/interviews/{interview_id}/report.json", responses=FILES)
async def report_file(visitor: Asking, interview_id: str) -> Response:
    """The visitor's own report, with what people added to it, as a file."""
    found = await asyncio.to_thread(wire().interviews.get, visitor.id, interview_id)
    if found.report is None:
        raise HTTPException(404)
    return _file(exported(found.report, found.reviews), f"phone-screen-{found.id[:8]}.json")


@api.get("/interviews/{interview_id}/events.json", responses=FILES)
async def event_record_file(visitor: Asking, interview_id: str) -> Response:
    """The event record of one of the last calls, without words, for administrators."""
    record = await asyncio.to_thread(wire().calls.recorder.records.find, interview_id) if visitor.admin else None
    if record is None:
        raise HTTPException(404)
    return _file(await asyncio.to_thread(json.dumps, record), f"events-{interview_id[:8]}.json")


def _summary(interview: Interview, report: Report) -> dict[str, Any]:
    return {
        "id": interview.id,
        "role": interview.plan.role_title,
        "level": interview.plan.level,
        "completed_at": interview.completed_at,
        "duration_s": interview.duration_s,
        "coverage_pct": report.coverage_pct,
    }
