"""Plans for a hundred and more postings of our own are right in the parts people look at first."""

from __future__ import annotations

import pytest

from services.core.plan.planning import make_plan
from tests.core.plan.postings import Posting, changed, postings, score, shares

POSTINGS = postings()
SCORES = {posting.number: score(posting, make_plan(posting.text)) for posting in POSTINGS}


def test_set_is_as_large_as_promised() -> None:
    assert len(POSTINGS) >= 120


@pytest.mark.parametrize(("column", "floor"), [("title", 0.95), ("level", 0.95), ("domain", 0.95), ("skills", 0.9)])
def test_plans_are_right_in_most_cases(column: str, floor: float) -> None:
    assert shares(list(SCORES.values()))[column] >= floor


@pytest.mark.parametrize("posting", POSTINGS, ids=lambda posting: f"{posting.number}-{posting.title}")
def test_no_question_mentions_law_benefits_or_recruiting(posting: Posting) -> None:
    assert SCORES[posting.number].quoted == ()


def test_shape_of_a_posting_changes_little() -> None:
    titles, skills, cases = changed(60)

    assert titles <= 3, cases
    assert skills <= 3, cases
