"""The candidate asks Ema aloud, offline: answered from the team's file, or noted, answered by the team, and read.

Speech and its end are really heard; the words are a scripted recogniser's, since a busy machine costs a real one some.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from services.core.interview import Status
from services.core.report.answers import answer_table
from services.core.report.rubric import Coverage
from services.core.talk.events import ToolReturned, Typed
from services.settings import Settings
from services.tools.servers import configured
from services.tools.toolbox import Toolbox
from services.vendors.offline import voice as offline_voice
from services.vendors.offline.voice import OfflineVoice
from tests.house import Build
from tests.live import Live, started
from tests.said import CONDITIONS
from tests.speech import spoken
from tests.stage import PLAN
from tests.waiting import eventually

pytestmark = pytest.mark.realtime

KNOWN = "The team is eight engineers and a designer."
NOTED = "I have noted it for the team"
ANSWER = "Twenty weeks, fully paid."


@pytest.fixture
async def toolbox(tmp_path: Path) -> AsyncIterator[Toolbox]:
    """The built-in server as a process, with a file that the team wrote."""
    facts = tmp_path / "facts.md"
    facts.write_text(f"# Team\n{KNOWN}\n")
    box = Toolbox(configured(Settings(company_facts=facts)), tmp_path, {})
    box.start()
    await box.ready()
    yield box
    await box.aclose()


def lookups(live: Live) -> int:
    return sum(isinstance(event, ToolReturned) for _, event in live.events)


async def test_a_question_aloud_is_answered_or_noted_and_is_no_answer(
    build: Build, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Hers takes a quarter of a minute to say.
    monkeypatch.setattr(offline_voice, "greeting", lambda _: f"Hello. {PLAN.questions[0].text}")
    # Made before Ema speaks: the synthesiser is the process's only one.
    aloud = [spoken(text, 48_000) for text in ("How big is the team?", "What is the parental leave?")]
    async with AsyncExitStack() as stack:
        voice = OfflineVoice(Settings(speech_recogniser="tests.vendors.offline.engines:Curious"))
        live = await started(stack, build, toolbox=toolbox, voice=voice)
        await live.asked(1)

        live.candidate.say(aloud[0])
        await eventually(lambda: KNOWN in live.ema())
        live.call.tell(Typed("How big is the team?"))
        # What she had said of the first answer by then is cut to what was heard of it.
        await eventually(lambda: lookups(live) == 2 and KNOWN in live.ema())
        live.candidate.say(aloud[1])
        await eventually(lambda: NOTED in live.ema())
        await live.end()
        await eventually(lambda: live.now.status is Status.COMPLETE)

    turns = live.call.bridge.conversation.turns
    assert [turn.typed for turn in turns if turn.speaker == "candidate"] == [False, True, False]
    answer = answer_table(PLAN, turns, CONDITIONS)[0]
    assert (answer.status, answer.words, answer.clauses) == (Coverage.UNANSWERED, 0, ())

    questions, user_id = live.house.interviews.questions, live.house.user_id
    (asked,) = questions.list(user_id, live.interview.id)
    assert asked.question == "What is the parental leave?"
    questions.answer(user_id, live.interview.id, asked.number, ANSWER)
    assert [item.answer for item in questions.list(user_id, live.interview.id)] == [ANSWER]
