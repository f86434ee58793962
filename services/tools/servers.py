"""Which MCP servers the operator names in MCP_SERVERS, and which of their tools Ema may call for whom."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.settings import ROOT, Settings

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,19}$")]
ToolName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
COMPANY = "company"


class ServerConfig(BaseModel):
    """One server: a command on this machine that speaks over its pipes, or the URL of a streamable HTTP one."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    label: Label
    command: tuple[str, ...] = ()
    url: str = ""
    secret: str = ""
    """Name of the environment variable that holds the server's key: sent to a URL as a bearer token, given to a command
    under the same name."""
    tools: Annotated[tuple[ToolName, ...], Field(min_length=1)]
    """What Ema may call of all that the server offers."""
    guests: tuple[ToolName, ...] = ()
    """Those that she may call for a guest, too."""
    environment: Mapping[str, str] = Field(default_factory=dict)
    """Of a command, beside PATH and HOME; nothing of ours is passed on by itself."""
    notes_questions: bool = Field(default=False, exclude=True)
    """Ours alone: what it does not know is noted for the team."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> ServerConfig:
        if bool(self.command) == bool(self.url):
            raise ValueError("needs either a command or a url")
        if self.url and not re.match(r"https?://", self.url):
            raise ValueError("needs a url that begins with http:// or https://")
        if self.url and self.environment:
            raise ValueError("has a url, so it takes no environment")
        if not set(self.guests) <= set(self.tools):
            raise ValueError("names tools for guests that it does not name under tools")
        if self.secret.lower() in Settings.model_fields:
            raise ValueError("must not be given a secret of this application's own")
        return self


def configured(settings: Settings) -> tuple[ServerConfig, ...]:
    """The operator's servers and, where COMPANY_FACTS names a file, our own. Raises ValueError with what is wrong."""
    servers = [_parsed(number, row) for number, row in enumerate(settings.mcp_servers, 1)]
    if settings.company_facts is not None and COMPANY not in {server.label for server in servers}:
        servers.append(_company(settings))
    labels = [server.label for server in servers]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise ValueError(f"MCP_SERVERS names two servers “{sorted(twice)[0]}”.")
    return tuple(servers)


def _parsed(number: int, row: Any) -> ServerConfig:
    if not isinstance(row, Mapping):
        raise ValueError(f"MCP_SERVERS: entry {number} must be an object with label, command or url, and tools.")
    if row.get("notes_questions"):
        raise ValueError(f"MCP_SERVERS: entry {number} sets notes_questions, which is for the built-in server alone.")
    try:
        return ServerConfig.model_validate(row)
    except ValidationError as invalid:
        raise ValueError(f"MCP_SERVERS: entry {number} {_reasons(invalid.errors())}.") from None


def _reasons(errors: Sequence[Any]) -> str:
    told = []
    for error in errors:
        where = ".".join(map(str, error["loc"]))
        message = error["msg"].removeprefix("Value error, ")
        told.append(f"({where}): {message}" if where else message)
    return "; ".join(told)


def _company(settings: Settings) -> ServerConfig:
    facts = settings.company_facts
    assert facts is not None
    # Not `problem`: in an interview it would be another one for each candidate, and belong to no question of the plan.
    tools = ("company_facts",)
    return ServerConfig(
        label=COMPANY,
        command=(sys.executable, "-m", "services.tools.company"),
        tools=tools,
        guests=tools,
        environment={"COMPANY_FACTS": str(facts.absolute()), "PYTHONPATH": str(ROOT)},
        notes_questions=True,
    )
