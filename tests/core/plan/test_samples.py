"""The sample job descriptions."""

from __future__ import annotations

from services.core.plan.bank import samples
from services.core.plan.plan import Domain, Level
from services.core.plan.planning import make_plan


def test_samples_are_postings_of_usual_length() -> None:
    lengths = [len(sample.text.split()) for sample in samples()]

    assert len({sample.key for sample in samples()}) == len(samples()) == 6
    assert all(150 <= words <= 350 for words in lengths)


def test_samples_cover_every_level_and_domain() -> None:
    plans = [make_plan(sample.text) for sample in samples()]

    assert {plan.level for plan in plans} == set(Level)
    assert {plan.domain for plan in plans} == set(Domain)


def test_samples_give_plainly_different_plans() -> None:
    questions = [question.text for sample in samples() for question in make_plan(sample.text).questions]

    assert len(set(questions)) == len(questions)
