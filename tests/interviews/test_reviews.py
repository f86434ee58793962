"""What people add to an interview: corrections before the report is frozen, levels and notes beside it afterwards."""

from __future__ import annotations

import asyncio

import pytest

from services.core.errors import CorrectionRefused, InterviewNotFound, InvalidTransition, NoteRefused
from services.core.interview import LEASE_S, Interview, Status
from services.core.talk.events import EndRequested
from tests.fakes import ScriptedProvider, hears, says, stall
from tests.house import Build
from tests.stage import SPOKEN, TURNS, Stage, report
from tests.waiting import PATIENCE_S, eventually

MEANT = SPOKEN.replace("postgres", "Postgres 17")


def offered(stage: Stage) -> Interview:
    interview = stage.ended()
    stage.transcripts.offer(interview.id, 60, 600)
    return interview


def test_candidate_reads_their_own_words(stage: Stage) -> None:
    interview = offered(stage)

    reading = stage.interviews.reviews.find_readback(stage.user, interview.id)

    assert reading
    assert (reading.turns, reading.seconds_left) == ((TURNS[1],), 600)


def test_correction_reaches_the_analyst_beside_the_original(stage: Stage) -> None:
    interview = offered(stage)

    stage.interviews.reviews.correct(stage.user, interview.id, "t2", MEANT)
    stage.interviews.reviews.finish_readback(stage.user, interview.id)
    stage.interviews.analysis.analyze(interview.id)

    heard = stage.analyst.heard[0][1]
    assert (heard.text, heard.recognised) == (MEANT, SPOKEN)


def test_doubted_words_are_marked_in_the_report(stage: Stage) -> None:
    interview = offered(stage)
    stage.interviews.reviews.doubt(stage.user, interview.id, "t2", wrong=True)

    done = stage.interviews.analysis.analyze(interview.id)

    assert done.report
    assert [piece.doubted for piece in done.report.competencies[0].evidence] == [True]


def test_second_tab_sees_the_same_corrections(stage: Stage) -> None:
    interview = offered(stage)
    stage.interviews.reviews.correct(stage.user, interview.id, "t2", MEANT)

    reading = stage.interviews.reviews.find_readback(stage.user, interview.id)

    assert reading
    assert reading.turns[0].text == MEANT


def test_nobody_coming_ends_the_wait(stage: Stage) -> None:
    interview = offered(stage)

    stage.clock.advance(60)

    assert not stage.transcripts.waits(interview.id)
    assert stage.interviews.reviews.find_readback(stage.user, interview.id) is None


def test_who_came_has_all_the_time(stage: Stage) -> None:
    interview = offered(stage)
    stage.clock.advance(59)
    stage.interviews.reviews.find_readback(stage.user, interview.id)

    stage.clock.advance(540)
    assert stage.transcripts.waits(interview.id)
    stage.clock.advance(1)
    assert not stage.transcripts.waits(interview.id)


def test_nothing_is_corrected_once_the_report_is_in_the_making(stage: Stage) -> None:
    interview = offered(stage)
    refused = []

    def correct_late() -> None:
        with pytest.raises(CorrectionRefused) as error:
            stage.interviews.reviews.correct(stage.user, interview.id, "t2", MEANT)
        refused.append(error.value.code)

    stage.analyst.before = correct_late
    stage.interviews.analysis.analyze(interview.id)

    assert refused == ["correction_refused"]
    assert stage.analyst.heard == [TURNS]


def test_nothing_is_offered_without_words(stage: Stage) -> None:
    stage.transcripts.offer("gone", 60, 600)
    stage.transcripts.close("gone")

    assert not stage.transcripts.waits("gone")


def test_waiting_for_the_candidate_keeps_the_lease(stage: Stage) -> None:
    interview = offered(stage)
    stage.interviews.reviews.find_readback(stage.user, interview.id)

    settled = [stage.interviews.lifecycle.recover(stage.clock.advance(LEASE_S - 1)) for _ in range(30)]

    assert settled == [[]] * 30
    assert stage.get(interview).status is Status.ANALYZING


def test_correction_is_in_no_table(stage: Stage) -> None:
    interview = offered(stage)
    stage.interviews.reviews.correct(stage.user, interview.id, "t2", MEANT)

    kept = stage.get(interview).model_dump_json()

    assert "Postgres 17" not in kept


STRANGERS = {
    "reading": lambda stage, who, one: stage.interviews.reviews.find_readback(who, one),
    "correcting": lambda stage, who, one: stage.interviews.reviews.correct(who, one, "t2", MEANT),
    "confirming": lambda stage, who, one: stage.interviews.reviews.confirm(who, one, "t2"),
    "doubting": lambda stage, who, one: stage.interviews.reviews.doubt(who, one, "t2", wrong=True),
    "finishing": lambda stage, who, one: stage.interviews.reviews.finish_readback(who, one),
    "overriding": lambda stage, who, one: stage.interviews.reviews.override(who, one, "c1", 4, "Because."),
    "disputing": lambda stage, who, one: stage.interviews.reviews.dispute(who, one, "e1", "No."),
}


@pytest.mark.parametrize("deed", STRANGERS)
def test_strangers_can_do_nothing(stage: Stage, deed: str) -> None:
    interview, stranger = offered(stage), stage.interviews.accounts.guest("stranger").id

    with pytest.raises(InterviewNotFound):
        STRANGERS[deed](stage, stranger, interview.id)

    assert stage.transcripts.waits(interview.id)


def test_override_stands_beside_the_frozen_report(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended().id)

    reviewed = stage.interviews.reviews.override(stage.user, interview.id, "c1", 4, "The outcome was measured.")

    assert reviewed == stage.get(interview)
    assert reviewed.report == report()
    assert [(item.from_level, item.to_level, item.at) for item in reviewed.reviews] == [(3, 4, stage.clock.at)]  # type: ignore[union-attr]


def test_dispute_is_kept_with_its_note(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended().id)

    stage.interviews.reviews.dispute(stage.user, interview.id, "e1", "I said replica.")
    stage.interviews.reviews.dispute(stage.user, interview.id, "c1", "Ask me again.")

    assert [item.note for item in stage.get(interview).reviews] == ["I said replica.", "Ask me again."]  # type: ignore[union-attr]


def test_report_in_the_making_takes_no_review(stage: Stage) -> None:
    interview = stage.ended()

    with pytest.raises(InvalidTransition):
        stage.interviews.reviews.override(stage.user, interview.id, "c1", 4, "Because.")


def test_refused_note_changes_nothing(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended().id)

    with pytest.raises(NoteRefused):
        stage.interviews.reviews.dispute(stage.user, interview.id, "e1", " ")

    assert stage.get(interview).reviews == ()


def test_deleting_takes_the_notes_along(stage: Stage) -> None:
    interview = stage.interviews.analysis.analyze(stage.ended().id)
    stage.interviews.reviews.dispute(stage.user, interview.id, "e1", "I said replica.")

    stage.interviews.lifecycle.delete(stage.user, interview.id)

    assert stage.interviews.list(stage.user) == []


GREETING = says("Hello, I am Ema, an AI interviewer.", ms=200)


async def test_call_waits_for_the_reader(build: Build) -> None:
    house = build(readback_wait_s=600)
    calls, interview = (
        house.calls(ScriptedProvider([GREETING, stall(0.2), hears(SPOKEN)], key="offline")),
        house.prepare(),
    )
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: len(call.snapshot().captions) >= 2)

    call.tell(EndRequested())
    await eventually(lambda: house.interviews.reviews.find_readback(house.user_id, interview.id))
    waiting = house.now(interview).status
    house.interviews.reviews.finish_readback(house.user_id, interview.id)
    # The words go once the report is written.
    await eventually(lambda: not house.transcripts.held_ids())

    assert (waiting, house.now(interview).status) == (Status.ANALYZING, Status.COMPLETE)


async def test_call_does_not_wait_for_nobody(build: Build) -> None:
    house = build(readback_wait_s=0.2)
    calls, interview = (
        house.calls(ScriptedProvider([GREETING, stall(0.2), hears(SPOKEN)], key="offline")),
        house.prepare(),
    )
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: len(call.snapshot().captions) >= 2)

    call.tell(EndRequested())

    await eventually(lambda: house.now(interview).status is Status.COMPLETE)


async def test_stopping_the_server_does_not_wait_for_the_reader(build: Build) -> None:
    house = build(readback_wait_s=600)
    calls, interview = (
        house.calls(ScriptedProvider([GREETING, stall(0.2), hears(SPOKEN)], key="offline")),
        house.prepare(),
    )
    await house.visit(calls, interview)
    call = calls.find(interview.id)
    assert call
    await eventually(lambda: len(call.snapshot().captions) >= 2)
    call.tell(EndRequested())
    await eventually(lambda: house.transcripts.waits(interview.id))

    async with asyncio.timeout(PATIENCE_S):
        await calls.aclose()

    assert house.now(interview).status is Status.COMPLETE
