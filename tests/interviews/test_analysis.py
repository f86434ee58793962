"""The report is made once, from words in memory; when it cannot be, nothing is lost that need not be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from services.core.errors import AnalysisFailed, InvalidTransition, JobDescriptionRefused, PhoneScreenError
from services.core.interview import Status
from services.interviews.transcripts import KEPT_S
from tests.stage import SPOKEN, TURNS, Stage, raising, report
from tests.waiting import PATIENCE_S


def test_report_completes_and_drops_the_words(stage: Stage) -> None:
    interview = stage.ended()

    complete = stage.interviews.analysis.analyze(interview.id)

    assert complete == stage.get(interview)
    assert (complete.status, complete.report, complete.completed_at) == (Status.COMPLETE, report(), stage.clock.at)
    assert complete.highlights == (SPOKEN[:30],)
    assert stage.analyst.heard == [TURNS]
    assert stage.transcripts.held_ids() == frozenset()


def test_two_tabs_analyse_once(stage: Stage) -> None:
    interview, at_work, finish = stage.ended(), threading.Event(), threading.Event()

    def work() -> None:
        at_work.set()
        finish.wait(PATIENCE_S)

    stage.analyst.before = work

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(stage.interviews.analysis.analyze, interview.id)
        at_work.wait(PATIENCE_S)
        second = stage.interviews.analysis.analyze(interview.id)
        finish.set()

    assert (first.result().status, second.status) == (Status.COMPLETE, Status.ANALYZING)
    assert stage.interviews.analysis.analyze(interview.id).status is Status.COMPLETE
    assert stage.analyst.reports == 1


@pytest.mark.parametrize(
    ("error", "raised"),
    [(JobDescriptionRefused("The model was busy."), JobDescriptionRefused), (ValueError(SPOKEN), AnalysisFailed)],
)
def test_failed_analysis_can_be_tried_again(stage: Stage, error: Exception, raised: type[PhoneScreenError]) -> None:
    interview = stage.ended()
    stage.analyst.before = raising(error)

    with pytest.raises(raised) as failure:
        stage.interviews.analysis.analyze(interview.id)

    assert stage.get(interview).failure_reason == failure.value.sentence
    stage.analyst.before = lambda: None
    complete = stage.interviews.analysis.analyze(interview.id)
    assert (complete.status, complete.failure_reason) == (Status.COMPLETE, None)


def test_log_of_a_failed_analysis_holds_no_words(stage: Stage) -> None:
    interview = stage.ended()
    stage.analyst.before = raising(ValueError(SPOKEN))

    with capture_logs() as logs, pytest.raises(AnalysisFailed) as failure:
        stage.interviews.analysis.analyze(interview.id)

    assert [entry["error"] for entry in logs] == ["ValueError"]
    assert SPOKEN not in f"{logs} {failure.getrepr(chain=False, style='short')}"
    assert failure.value.__suppress_context__


def test_lost_words_fail_the_interview(stage: Stage) -> None:
    interview = stage.ended(200, charge_due=True)
    stage.clock.advance(KEPT_S)

    failed = stage.interviews.analysis.analyze(interview.id)

    assert (failed.status, stage.amounts()) == (Status.FAILED, [60, -15, 15])
    assert failed.failure_reason in stage.interviews.accounts.ledger(stage.user)[-1].reason  # type: ignore[operator]


def test_report_waits_for_the_end(stage: Stage) -> None:
    interview = stage.begin()

    with pytest.raises(InvalidTransition):
        stage.interviews.analysis.analyze(interview.id)


def test_report_of_an_abandoned_interview_is_not_kept(stage: Stage) -> None:
    interview = stage.ended()
    stage.analyst.before = lambda: stage.interviews.lifecycle.abandon(stage.user, interview.id)

    after = stage.interviews.analysis.analyze(interview.id)

    assert (after.status, after.report) == (Status.FAILED, None)


def test_failed_analysis_of_an_abandoned_interview_keeps_its_reason(stage: Stage) -> None:
    interview = stage.ended()

    def leave_then_break() -> None:
        stage.interviews.lifecycle.abandon(stage.user, interview.id)
        raise ValueError

    stage.analyst.before = leave_then_break
    with pytest.raises(AnalysisFailed):
        stage.interviews.analysis.analyze(interview.id)

    assert stage.get(interview).failure_reason == "You abandoned this interview."


def test_analysis_says_what_it_is_at(stage: Stage) -> None:
    interview, said = stage.ended(), []
    stage.analyst.before = lambda: said.append(stage.interviews.analysis.stages(interview.id))

    stage.interviews.analysis.analyze(interview.id)

    assert said == [("Reading your answers…", "Rating the answers")]
    assert stage.interviews.analysis.stages(interview.id) == ()


def test_later_news_of_a_stage_replace_the_earlier(stage: Stage) -> None:
    interview = stage.ended()
    said: list[str] = []

    def tell() -> None:
        stage.interviews.analysis._analyzing[interview.id] += [
            "Rating the answers, 3 times…",
            "Rating the answers: 1 of 3 done…",
        ]
        said.extend(stage.interviews.analysis.stages(interview.id))

    stage.analyst.before = tell
    stage.interviews.analysis.analyze(interview.id)

    assert said == ["Reading your answers…", "Rating the answers: 1 of 3 done…"]


def test_new_attempt_forgets_the_old_failure(stage: Stage) -> None:
    interview, reasons = stage.ended(), []
    stage.analyst.before = raising(ValueError())
    with pytest.raises(AnalysisFailed):
        stage.interviews.analysis.analyze(interview.id)

    stage.analyst.before = lambda: reasons.append(stage.get(interview).failure_reason)
    stage.interviews.analysis.analyze(interview.id)

    assert reasons == [None]
