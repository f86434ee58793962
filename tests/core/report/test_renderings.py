"""The two renderings of one report: what the candidate reads, and what a person may still ask."""

from __future__ import annotations

from typing import Any

import pytest

from services.core.plan.bank import bank
from services.core.plan.plan import Domain
from services.core.report.follow_ups import follow_ups
from services.core.report.letter import letter
from services.core.report.resources import MAX_RESOURCES, resources_for
from services.core.report.rubric import CompetencyRating, Confidence, Contract, Coverage, QuestionCoverage, Report
from tests.stage import PLAN, report

QUOTE = report().competencies[0].evidence[0]


def rated(score: int | None, **changes: Any) -> CompetencyRating:
    facts: dict[str, Any] = {
        "competency_id": "c1",
        "name": "Databases",
        "score": score,
        "confidence": Confidence.HIGH,
        "evidence": (QUOTE,) if score else (),
        "reason_not_assessed": "" if score else "Skipped.",
        "what_would_raise_it": "For level 3: name one real trade-off." if score and score < 4 else "",
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
        (rated(None), "Not assessed"),
        (rated(3, spread=1), "different levels"),
        (rated(3, counter_evidence=(QUOTE,)), "speaks against"),
        (rated(3, confidence=Confidence.LOW), "little evidence"),
        (rated(2), "next level"),
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


def test_letter_quotes_what_went_well() -> None:
    written = letter(made(rated(2), Coverage.ANSWERED, Coverage.NOT_REACHED), PLAN)

    assert (written.answered, written.asked) == (1, 1)
    assert [(passage.competency, passage.quotes) for passage in written.well] == [("Databases", (QUOTE,))]
    assert [passage.advice for passage in written.raise_it] == ["Name one real trade-off."]


def test_letter_praises_nothing_below_the_scale() -> None:
    written = letter(made(rated(1)), PLAN)

    assert written.well == ()
    assert written.raise_it[0].quotes == (QUOTE,)


def test_letter_at_the_top_has_nothing_to_raise() -> None:
    written = letter(made(rated(4)), PLAN)

    assert (written.raise_it, len(written.resources)) == ((), 1)


def test_letter_speaks_to_the_candidate() -> None:
    told = QUOTE.model_copy(update={"why_it_matters": "Tells what they did themselves."})
    by_rules = made(rated(3, evidence=(told,)))
    by_model = by_rules.model_copy(
        update={"contract": Contract(model="m", prompt_version="1", runs=3, requests=1)},
    )

    assert letter(by_rules, PLAN).well[0].quotes[0].why_it_matters == "Tells what you did yourself."
    assert letter(by_model, PLAN).well[0].quotes[0].why_it_matters == "Tells what they did themselves."


def test_letter_leaves_out_sentences_on_levels() -> None:
    told = QUOTE.model_copy(update={"why_it_matters": "This is level 3 work."})

    assert letter(made(rated(3, evidence=(told,))), PLAN).well[0].quotes[0].why_it_matters == ""


def test_letter_names_what_was_not_heard() -> None:
    assert letter(made(rated(None)), PLAN).unheard == ("Databases",)


@pytest.mark.parametrize("advice", ["Reach level 4 by naming one.", "You were at 2 of 4.", "Level two lacks a figure."])
def test_letter_speaks_of_no_level(advice: str) -> None:
    written = letter(made(rated(2, what_would_raise_it=advice), next_steps=(advice, "Prepare a story.")), PLAN)

    assert (written.raise_it, written.practice) == ((), ("Prepare a story.",))


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
