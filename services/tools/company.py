"""The built-in tool server: what the team wrote about itself, and short problems that can be said aloud.

    COMPANY_FACTS=facts.md python -m services.tools.company

It speaks MCP over its pipes, reads its files afresh for each call, and answers from them alone.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from services.core.plan.plan import Level
from services.core.plan.problems import ranked_problems

FACTS_BYTES = 200_000
ANSWER_CHARACTERS = 700
KNOWN_SHARE = 0.5
"""Of a topic's words that a section must hold to be an answer to it."""
NOTED = "That is not something I know, so I have noted it for the team; you can read their answer with your report."
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    _WORD.findall(
        "a about also am an and any are as at be been by can could did do does for from get give had has have how i if "
        "in is it its let like look looks many may me might more much my no not of on one or our please should so some "
        "tell than that the their them there these they this to us was we were what when where which who whom whose "
        "why will with would you your yours kind sort know say long often exactly company work works working people"
    )
)
"""Words that say nothing of what is asked about."""


class CompanyAnswer(BaseModel):
    answer: str
    known: bool


class SpokenProblem(BaseModel):
    id: str
    title: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class FactsSection:
    heading: str
    text: str


def sections(markdown: str) -> list[FactsSection]:
    """By heading; what stands before the first one has none."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in markdown.splitlines():
        if heading := _HEADING.match(line):
            found.append((heading[1], []))
        else:
            found[-1][1].append(line.strip())
    return [FactsSection(heading, text) for heading, lines in found if (text := " ".join(filter(None, lines)))]


def answer(markdown: str, topic: str) -> CompanyAnswer:
    """The section that holds most of the topic's words, if it holds enough of them; a heading counts before a text."""
    asked = _stems(topic)
    best, score = None, (0.0, 0.0)
    for section in sections(markdown):
        heading, whole = _stems(section.heading), _stems(f"{section.heading} {section.text}")
        share = len(asked & whole) / len(asked) if asked else 0.0
        if (share, len(asked & heading)) > score:
            best, score = section, (share, float(len(asked & heading)))
    if best is None or score[0] < KNOWN_SHARE:
        return CompanyAnswer(answer=NOTED, known=False)
    return CompanyAnswer(answer=_cut(best.text), known=True)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower()) if word not in _EMPTY}


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _cut(text: str) -> str:
    kept = ""
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        if kept and len(kept) + len(sentence) > ANSWER_CHARACTERS:
            break
        kept = f"{kept} {sentence}".strip()
    return kept[:ANSWER_CHARACTERS]


def chosen_problem(topic: str, level: str) -> SpokenProblem:
    """The same for the same words: the one whose topic fits best, of that level where there is one."""
    known = level.strip().lower()
    best = ranked_problems(topic, Level(known) if known in list(Level) else None)[0]
    return SpokenProblem(id=best.key, title=best.title, level=best.level, text=best.text)


def main() -> None:
    def told(text: str, structured: BaseModel) -> CallToolResult:
        part = TextContent(type="text", text=text)
        return CallToolResult(content=[part], structured_content=structured.model_dump())

    server = MCPServer("company", log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    @server.tool(annotations=reads)
    def company_facts(
        topic: Annotated[str, Field(max_length=300, description="What the candidate asked, in a few words")],
    ) -> CallToolResult:
        """What the hiring team wrote about the company, the team and the role. Call it when the candidate asks about
        them. What it does not know is noted for the team."""
        with Path(os.environ["COMPANY_FACTS"]).open("rb") as file:
            found = answer(file.read(FACTS_BYTES).decode(errors="replace"), topic)
        return told(found.answer, found)

    @server.tool(annotations=reads)
    def problem(
        topic: Annotated[str, Field(max_length=100, description="Such as databases, caching, queues")],
        level: Annotated[str, Field(max_length=20, description="mid, senior or staff")],
    ) -> CallToolResult:
        """A short problem that can be said aloud and answered without paper, for the plan of an interview; the same for
        everybody who asks for the same."""
        found = chosen_problem(topic, level)
        return told(found.text, found)

    server.run()


if __name__ == "__main__":
    main()
