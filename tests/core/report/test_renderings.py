"""The two renderings of one report: what the candidate reads, and what a person may still ask."""

from __future__ import annotations

from typing import Any

import pytest

from services.core.plan.bank import bank
from services.core.plan.plan import Domain
from services.core.report.codes import Code
from services.core.report.follow_ups import follow_ups
from services.core.report.letter import letter
from services.core.report.resources import MAX_RESOURCES, resources_for
from services.core.report.rubric import CompetencyRating, Confidence, Coverage, Mark, QuestionCoverage, Report
from tests.stage import PLAN, report

QUOTE = report().competencies[0].evidence[0]
MISREAD = QUOTE.model_copy(update={"marks": (Mark(code=Code.UNKNOWN, words="we moved", alone=True),)})


def rated(score: int | None, **changes: Any) -> CompetencyRating:
    facts: dict[str, Any] = {
        "competency_id": "c1",
        "name": "Databases",
        "score": score,
        "confidence": Confidence.HIGH,
        "evidence": (QUOTE,) if score else (),
        "reason_not_assessed": "" if score else "Skipped.",
    }
    return CompetencyRating.model_validate(facts | changes)


def asked(*statuses: Coverage) -> tuple[QuestionCoverage, ...]:
    return tuple(
        QuestionCoverage(
            question_id=question.id, text=question.text, jd_phrase="", competency_id="c1", status=status, words=20
        )
        for question, status in zip(PLAN.questions, statuses, strict=False)
    )


def made(rating: CompetencyRating, *statuses: Coverage, **changes: Any) -> Report:
    return report().model_copy(update={"competencies": (rating,), "coverage": asked(*statuses), **changes})


@pytest.mark.parametrize(
    ("rating", "why"),
    [
        (rated(None), "Nothing was said"),
        (rated(None, evidence=(QUOTE,), counter_evidence=(QUOTE,)), "the work of others"),
        (rated(None, evidence=(QUOTE,), counter_evidence=(MISREAD,)), "read as speaking against the others"),
        (rated(3, spread=1), "different levels"),
        (rated(3, counter_evidence=(QUOTE,)), "read as speaking against the others"),
        (rated(1, evidence=(), counter_evidence=(QUOTE,)), "read as speaking against it"),
        (rated(3, confidence=Confidence.LOW), "little evidence"),
        (rated(2), "next level"),
        (rated(2, missing=(Code.TRADE_OFF,)), "Not found in the words: a trade-off."),
        (rated(None, evidence=(QUOTE,), missing=(Code.REASON,)), "Not found in the words: a reason."),
    ],
)
def test_open_competencies_get_a_question_of_the_plan(rating: CompetencyRating, why: str) -> None:
    (found,) = follow_ups(made(rating, Coverage.ANSWERED, Coverage.SKIPPED), PLAN)

    assert why in found.why
    assert found.ask == PLAN.questions[1].text


def test_settled_competency_needs_no_question() -> None:
    assert follow_ups(made(rated(3)), PLAN) == ()


def test_competency_without_questions_is_left_out() -> None:
    assert follow_ups(made(rated(None, competency_id="c9")), PLAN) == ()


def test_after_all_answers_a_probe_is_left() -> None:
    probed = PLAN.questions[0].model_copy(update={"follow_ups": ("What did it cost?",)})
    plan = PLAN.model_copy(update={"questions": (probed,)})

    assert follow_ups(made(rated(2), Coverage.ANSWERED), plan)[0].ask == "What did it cost?"
    assert follow_ups(made(rated(2), Coverage.ANSWERED), PLAN)[0].ask == PLAN.questions[0].text


def test_least_settled_competency_comes_first() -> None:
    ratings = (rated(2), rated(2, spread=2, name="Spread"), rated(None, name="Unheard"))
    many = report().model_copy(update={"competencies": ratings, "coverage": asked(Coverage.ANSWERED)})

    assert [item.competency for item in follow_ups(many, PLAN)] == ["Unheard", "Spread", "Databases"]


TOLD = QUOTE.model_copy(
    update={"marks": (Mark(code=Code.OWN_WORK, words="we moved"), Mark(code=Code.ERROR, words="the ledger"))}
)


def test_letter_quotes_what_was_told() -> None:
    written = letter(made(rated(2), Coverage.ANSWERED, Coverage.NOT_REACHED), PLAN)

    assert (written.answered, written.asked) == (1, 1)
    assert [(passage.competency, [quote.quote for quote in passage.quotes]) for passage in written.heard] == [
        ("Databases", [QUOTE.quote])
    ]


def test_letter_speaks_to_the_candidate() -> None:
    written = letter(made(rated(3, counter_evidence=(TOLD,))), PLAN)

    assert written.look_again[0].quotes[0].why_it_matters == (
        "Tells of work of your own. Is worth checking again: “the ledger”."
    )


def test_letter_is_silent_on_what_a_model_alone_holds_against_the_candidate() -> None:
    assert letter(made(rated(3, counter_evidence=(MISREAD,))), PLAN).look_again == ()


def test_letter_names_the_steps_of_the_report() -> None:
    written = letter(made(rated(2), next_steps=("Databases: do this.",)), PLAN)

    assert (written.next_steps, len(written.resources)) == (("Databases: do this.",), 2)


def test_letter_names_what_was_not_heard() -> None:
    assert letter(made(rated(None)), PLAN).unheard == ("Databases",)


def test_every_competency_of_the_bank_has_a_resource() -> None:
    found = [resources_for([kind.name], Domain.WEB) for kind in bank().competencies.values()]

    assert {len(resources) for resources in found} == {2}


@pytest.mark.parametrize("domain", Domain)
def test_other_competencies_get_what_suits_the_domain(domain: Domain) -> None:
    found = resources_for(["Something new", "Something else"], domain)

    assert len(found) == len(set(found)) == 2
    assert all(item.url.startswith("https://") or not item.url for item in found)


def test_resources_are_few() -> None:
    assert len(resources_for([kind.name for kind in bank().competencies.values()], Domain.WEB)) <= MAX_RESOURCES
