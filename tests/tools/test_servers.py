"""MCP_SERVERS as operators write it, and the sentence for each mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.settings import Settings
from services.tools.servers import configured

GOOD = {"label": "jobs", "url": "https://tools.example.org/mcp", "secret": "JOBS_KEY", "tools": ["find"]}


def test_a_list_of_servers_is_read_from_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_SERVERS", '[{"label": "jobs", "command": ["jobs", "--mcp"], "tools": ["find", "get"]}]')

    server = configured(Settings())[0]

    assert (server.label, server.command, server.tools, server.guests) == (
        "jobs",
        ("jobs", "--mcp"),
        ("find", "get"),
        (),
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": ""}, "needs either a command or a url"),
        ({"command": ["x"]}, "needs either a command or a url"),
        ({"url": "ftp://x"}, "begins with http"),
        ({"tools": []}, "(tools)"),
        ({"label": "My Server"}, "(label)"),
        ({"guests": ["other"]}, "for guests that it does not name under tools"),
        ({"secret": "OPENAI_API_KEY"}, "a secret of this application's own"),
        ({"notes_questions": True}, "built-in server alone"),
        ({"environment": {"A": "b"}}, "takes no environment"),
        ({"colour": "red"}, "(colour)"),
    ],
)
def test_a_mistake_is_named_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match="MCP_SERVERS: entry 1") as refused:
        configured(Settings(mcp_servers=({**GOOD, **changes},)))

    assert sentence in str(refused.value)


def test_two_servers_have_two_labels() -> None:
    with pytest.raises(ValueError, match="two servers “jobs”"):
        configured(Settings(mcp_servers=(GOOD, GOOD)))


@pytest.mark.parametrize("value", ["{", '{"label": "x"}', "3"])
def test_servers_that_are_no_list_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MCP_SERVERS", value)

    with pytest.raises(ValueError, match="MCP_SERVERS must be a JSON list"):
        Settings()


def test_company_facts_bring_the_built_in_server(tmp_path: Path) -> None:
    server = configured(Settings(company_facts=tmp_path / "facts.md"))[0]

    assert (server.label, server.guests, server.notes_questions) == ("company", ("company_facts",), True)
