"""What an interview teaches, and what the next plan makes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.core.plan.bank import bank, samples
from services.core.plan.history import NO_HISTORY, History, kind_asked
from services.core.plan.memory import Memory, history_of, learned
from services.core.plan.plan import Level, Plan, Question, added_question
from services.core.plan.planning import make_plan
from services.core.report.rubric import CompetencyRating, Coverage, QuestionCoverage, Report
from tests.stage import PLAN, report

POSTINGS = [sample.text for sample in samples()]
KINDS = sorted(bank().competencies)


def reported(plan: Plan, level: int | None = None, status: Coverage = Coverage.ANSWERED) -> Report:
    """A report that gives each competency this level."""
    rating = report().competencies[0]
    return report().model_copy(
        update={
            "competencies": tuple(
                CompetencyRating(
                    competency_id=one.id,
                    name=one.name,
                    score=level,
                    reason_not_assessed="" if level else "No level.",
                    evidence=rating.evidence,
                )
                for one in plan.competencies
            ),
            "coverage": tuple(
                QuestionCoverage(
                    question_id=one.id,
                    text=one.text,
                    jd_phrase=one.jd_phrase,
                    competency_id=one.competency_id,
                    status=status,
                    words=20,
                )
                for one in plan.questions
            ),
        }
    )


def memory(kind: str, subject: str, number: int | None = None) -> Memory:
    at = datetime(2026, 11, 28, tzinfo=UTC)
    return Memory.model_validate(
        {"id": "m", "interview_id": "i", "kind": kind, "subject": subject, "number": number, "created_at": at}
    )


def templates(plan: Plan) -> set[str]:
    return {question.template_id for question in plan.questions} - {""}


# --- what is learned -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("posting", POSTINGS)
def test_every_lesson_is_an_id_of_the_bank(posting: str) -> None:
    plan = make_plan(posting)

    found = learned(plan, reported(plan, 3))

    assert {one.subject for one in found if one.kind == "question"} == templates(plan)
    assert templates(plan) <= bank().clusters_by_template.keys()
    assert {one.subject for one in found if one.kind == "topic"} <= set(KINDS)
    assert {one.number for one in found if one.kind == "topic"} == {3}


def test_a_question_that_was_not_reached_is_not_learned() -> None:
    plan = make_plan(POSTINGS[0])

    assert learned(plan, reported(plan, None, Coverage.NOT_REACHED)) == []


def test_a_question_somebody_added_teaches_nothing() -> None:
    plan = make_plan(POSTINGS[0])
    own = added_question(plan, "What would you tell my aunt Mathilda about queues?", "c1", 90, {"q1"})
    plan = plan.model_copy(update={"questions": (own,)})

    assert learned(plan, reported(plan)) == []


def test_a_competency_of_no_known_kind_teaches_nothing() -> None:
    asked = Question(
        id="q1", text="Tell me about a day at the sea.", purpose="?", competency_id="c1", jd_phrase="sea", seconds=90
    )
    plan = PLAN.model_copy(update={"questions": (asked,)})

    assert kind_asked(asked) is None
    assert learned(plan, reported(plan, 4)) == []


def test_a_models_question_is_put_to_a_kind_by_its_skills() -> None:
    assert kind_asked(PLAN.questions[0]) == "stores"


# --- what the plan makes of it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "raised"), [((3, 3), True), ((4, 3), True), ((3,), False), ((3, 2), False), ((), False)]
)
def test_a_competency_starts_higher_after_a_solid_level_twice(levels: tuple[int, ...], raised: bool) -> None:
    history = history_of(memory("topic", "stores", level) for level in levels)

    assert ("stores" in history.raised) is raised


def test_a_kind_the_bank_has_no_more_raises_nothing() -> None:
    assert history_of([memory("topic", "gone", 4)] * 2) == NO_HISTORY


def test_history_is_empty_without_memories() -> None:
    assert not history_of([])
    assert history_of([memory("question", "0" * 16)])


@pytest.mark.parametrize("posting", POSTINGS)
def test_the_next_plan_asks_other_questions_where_there_are_some(posting: str) -> None:
    first = make_plan(posting)
    history = History(asked=frozenset(templates(first)))

    second = make_plan(posting, history)

    repeated = templates(second) & history.asked
    for cluster in (bank().clusters_by_template[one] for one in repeated):
        fitting = {one.id for one in cluster.questions if second.level in one.levels}
        assert fitting <= history.asked | templates(second)
    assert len(repeated) < len(templates(first)) / 2
    assert [one.competency_id for one in second.questions] == [one.competency_id for one in first.questions]


@pytest.mark.parametrize("posting", POSTINGS)
def test_a_raised_competency_is_asked_for_the_next_level(posting: str) -> None:
    plain = make_plan(posting)
    if plain.level is Level.STAFF:
        assert make_plan(posting, History(raised=frozenset(KINDS))).questions == plain.questions
        return

    raised = make_plan(posting, History(raised=frozenset(KINDS)))

    harder = 0
    for before, after in zip(plain.questions[1:], raised.questions[1:], strict=True):
        cluster = bank().clusters_by_template[after.template_id]
        of = {one.id: one for one in cluster.questions}
        harder += plain.level not in of[after.template_id].levels
        assert before.competency_id == after.competency_id
    assert harder >= 1
    assert raised.level is plain.level


def test_no_history_changes_nothing() -> None:
    assert all(make_plan(posting) == make_plan(posting, NO_HISTORY) for posting in POSTINGS)


def test_a_plan_is_changed_by_what_it_asks() -> None:
    plan = make_plan(POSTINGS[0])
    asked = plan.questions[1]

    assert History(asked=frozenset({asked.template_id})).changes(plan)
    assert History(raised=frozenset({kind_asked(asked) or ""})).changes(plan)
    assert not History(asked=frozenset({"0" * 16})).changes(plan)


def test_a_text_model_reads_what_was_asked_in_words() -> None:
    plan = make_plan(POSTINGS[0])
    asked = plan.questions[1]
    history = History(asked=frozenset({asked.template_id}), raised=frozenset({"stores"})).beside(plan)

    assert history.asked_before == (asked.text,)
    assert history.one_level_up == (bank().competencies["stores"].name,)


def test_a_plans_hash_is_of_its_words_alone() -> None:
    plan = make_plan(POSTINGS[0])
    unnamed = tuple(question.model_copy(update={"template_id": ""}) for question in plan.questions)

    assert plan.model_copy(update={"questions": unnamed}).plan_hash == plan.plan_hash
