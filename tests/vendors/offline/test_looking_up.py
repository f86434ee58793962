"""The offline Ema asked something herself: she looks it up, bridges the wait, and goes back to her question."""

from __future__ import annotations

from services.core.plan.plan import Pace
from services.core.talk.events import AgentText, Instruction, InstructionKind, ToolCall
from services.core.talk.lookups import NOTHING_FOUND, STILL_LOOKING, OutsideTool, framed
from services.settings import Settings
from services.vendors.base import Terms
from services.vendors.offline.voice import OfflineConnection, OfflineVoice
from tests.stage import PLAN

FACTS = OutsideTool("company__company_facts", "Facts.", {"type": "object", "properties": {"topic": {"type": "string"}}})
ASKED = "How big is the team?"


def voice() -> OfflineVoice:
    return OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:Parrot"))


async def lookup(connection: OfflineConnection) -> ToolCall:
    """After the greeting the candidate types a question."""
    async for event in connection:
        if isinstance(event, AgentText) and event.final:
            await connection.send_text(ASKED)
        if isinstance(event, ToolCall) and event.name == FACTS.name:
            return event
    raise AssertionError("no lookup")


async def said(connection: OfflineConnection) -> str:
    words = ""
    async for event in connection:
        if isinstance(event, AgentText) and not event.correction:
            words = words + event.text if event.append else event.text
            if event.final:
                return words
    return words


def terms(*tools: OutsideTool) -> Terms:
    return Terms(PLAN, Pace.NORMAL, 900, 60, tools=tools, tool_calls=5)


async def test_a_question_is_looked_up_and_answered() -> None:
    async with voice().connect(terms(FACTS)) as connection:
        call = await lookup(connection)
        await connection.send_tool_result(call.call_id, framed("The team is eight engineers."))
        words = await said(connection)

    assert call.arguments == {"topic": ASKED}
    assert words == f"The team is eight engineers. {PLAN.questions[0].text}"


async def test_a_wait_is_bridged_and_ends_without_an_answer() -> None:
    async with voice().connect(terms(FACTS)) as connection:
        call = await lookup(connection)
        await connection.send_tool_result(call.call_id, STILL_LOOKING)
        bridge = await said(connection)
        await connection.instruct(Instruction(InstructionKind.FOUND, text=NOTHING_FOUND))
        words = await said(connection)

    assert bridge == "Let me look that up."
    assert words == f"I could not look that up; the hiring team can answer it. {PLAN.questions[0].text}"
