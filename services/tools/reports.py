"""Our reports as tools for other programs: `/mcp`, read-only, for the owner of an access token and nobody else.

One gate decides what exists here (`Sharing.readable`): the interview is the token owner's, has a report, and its
candidate agreed to sharing. What is told of it is the copy that a shared scorecard shows: levels, quotes, coverage,
conditions; never a turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from services.core.errors import PhoneScreenError
from services.core.interview import Interview
from services.core.sharing import READ_REPORTS, SharedForm, shared

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

MOST_LISTED = 50
MOST_COMPARED = 5
GONE = "There is no such report: it is not yours, not finished, or its candidate has not agreed that others read it."


class ListedReport(BaseModel):
    id: str
    role: str
    level: str
    completed_at: str
    duration_s: int | None
    coverage_pct: int
    plan_hash: str
    """Reports with the same one can be compared."""


class SharedScorecard(ListedReport):
    """What a shared scorecard shows."""

    report: dict[str, Any]
    reviews: list[dict[str, Any]]


class ComparedLevel(BaseModel):
    competency: str
    levels: dict[str, int | None]
    """By report; None: not assessed."""


class ReportComparison(BaseModel):
    plan_hash: str
    reports: list[ListedReport]
    competencies: list[ComparedLevel]


class ReportDesk:
    """What `/mcp` needs of the house; everything here blocks, so it is asked off the event loop."""

    def __init__(
        self,
        owner: Callable[[str], tuple[str, Collection[str]] | None],
        reports: Callable[[str], Sequence[Interview]],
        take: Callable[[str], None],
    ) -> None:
        """`owner`: whose access token this is, and its scopes; `reports`: what of this user's may be read, newest
        first; `take` counts one request of this user's and raises QuotaExceeded."""
        self.owner, self._reports, self._take = owner, reports, take

    def shared(self, user_id: str) -> Sequence[Interview]:
        """Raises QuotaExceeded."""
        self._take(user_id)
        return self._reports(user_id)

    def list(self, user_id: str, limit: int) -> list[ListedReport]:
        return [_listed(one) for one in self.shared(user_id)[:limit]]

    def get(self, user_id: str, report_id: str) -> SharedScorecard:
        """Raises LookupError."""
        found = _find(self.shared(user_id), report_id)
        read = shared(found, SharedForm.SCORECARD, shows_label=False)
        return SharedScorecard(
            **_listed(found).model_dump(),
            report=read.report.model_dump(mode="json", exclude={"plan_hash", "transcript_sha256", "seal", "in_vain"}),
            reviews=[review.model_dump(mode="json", exclude={"by"}) for review in read.reviews],
        )

    def compare(self, user_id: str, report_ids: Sequence[str]) -> ReportComparison:
        """Raises LookupError, and ValueError where they cannot be compared."""
        if len(set(report_ids)) < 2 or len(report_ids) > MOST_COMPARED:
            raise ValueError(f"Name two to {MOST_COMPARED} different reports.")
        reports = self.shared(user_id)
        found = [_find(reports, report_id) for report_id in report_ids]
        if len({one.plan_hash for one in found}) > 1:
            raise ValueError(
                "These interviews followed different plans: their candidates were asked different questions, so their "
                "levels cannot be compared."
            )
        ratings = {one.id: {r.competency_id: r for r in one.report.competencies} for one in found if one.report}
        rows = [
            ComparedLevel(
                competency=competency.name,
                levels={
                    one: known[competency.id].score if competency.id in known else None
                    for one, known in ratings.items()
                },
            )
            for competency in found[0].plan.competencies
        ]
        return ReportComparison(
            plan_hash=found[0].plan_hash, reports=[_listed(one) for one in found], competencies=rows
        )


def _find(reports: Sequence[Interview], report_id: str) -> Interview:
    found = next((one for one in reports if one.id == report_id), None)
    if found is None:
        raise LookupError(GONE)
    return found


def _listed(interview: Interview) -> ListedReport:
    report = interview.report
    assert report is not None
    return ListedReport(
        id=interview.id,
        role=interview.plan.role_title,
        level=interview.plan.level.value,
        completed_at=interview.completed_at.isoformat() if interview.completed_at else "",
        duration_s=interview.duration_s,
        coverage_pct=report.coverage_pct,
        plan_hash=interview.plan_hash,
    )


def report_server(desk: ReportDesk, app_url: str) -> MCPServer:
    """Raises nothing and opens nothing."""
    from mcp.server.auth.middleware.auth_context import get_access_token
    from mcp.server.auth.provider import AccessToken, TokenVerifier
    from mcp.server.auth.settings import AuthSettings
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import ToolAnnotations
    from pydantic import AnyHttpUrl

    class AccountTokens(TokenVerifier):
        """The access tokens of the account page."""

        async def verify_token(self, token: str) -> AccessToken | None:
            found = await asyncio.to_thread(desk.owner, token)
            if found is None:
                return None
            user_id, scopes = found
            return AccessToken(token=token, client_id=user_id, subject=user_id, scopes=[*scopes])

    base = app_url.rstrip("/")
    server: MCPServer = MCPServer(
        "syntaxia",
        instructions="Reports of technical phone screens. Levels rest on quotes and decide nothing by themselves.",
        token_verifier=AccountTokens(),
        auth=AuthSettings(
            issuer_url=AnyHttpUrl(base),
            resource_server_url=AnyHttpUrl(f"{base}/mcp"),
            required_scopes=[READ_REPORTS],
            validate_token_resource=False,
        ),
        log_level="WARNING",
    )
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    async def asked(question: Callable[..., Any], *arguments: Any) -> Any:
        token = get_access_token()
        assert token is not None
        assert token.subject is not None
        try:
            return await asyncio.to_thread(question, token.subject, *arguments)
        except (LookupError, ValueError) as refused:
            raise ToolError(str(refused.args[0])) from None
        except PhoneScreenError as refused:
            raise ToolError(refused.sentence) from None

    @server.tool(annotations=reads)
    async def list_reports(limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 20) -> list[ListedReport]:
        """Your finished interviews whose candidates agreed to sharing, newest first."""
        found: list[ListedReport] = await asked(desk.list, limit)
        return found

    @server.tool(annotations=reads)
    async def get_report(id: Annotated[str, Field(max_length=64)]) -> SharedScorecard:
        """One report: levels with the quotes they rest on, what was covered, and under which conditions."""
        found: SharedScorecard = await asked(desk.get, id)
        return found

    @server.tool(annotations=reads)
    async def compare_reports(
        ids: Annotated[list[str], Field(min_length=2, max_length=MOST_COMPARED)],
    ) -> ReportComparison:
        """Levels of two to five reports side by side; only of interviews that followed the same plan."""
        found: ReportComparison = await asked(desk.compare, ids)
        return found

    return server


def http_app(server: MCPServer, app_url: str) -> Any:
    """The server as an ASGI application, stateless; any other Host or Origin than the application's own is refused."""
    from mcp.server.transport_security import TransportSecuritySettings

    parts = urlsplit(app_url)
    return server.streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=True,
        json_response=True,
        max_request_body_size=64 * 1024,
        transport_security=TransportSecuritySettings(
            allowed_hosts=[parts.netloc], allowed_origins=[f"{parts.scheme}://{parts.netloc}"]
        ),
    )
