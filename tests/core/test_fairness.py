"""What a report never speaks of."""

from __future__ import annotations

import pytest

from services.core import findings, rating, reporting
from services.core.fairness import forbidden_claim, is_personal
from services.core.skill_bank import CLUSTERS, COMPETENCIES


@pytest.mark.parametrize(
    "sentence",
    [
        "My wife was ill, so I fixed the database at night.",
        "I was pregnant when we migrated.",
        "I am 52 years old and I have run Kubernetes since 2016.",
        "After my paternity leave I rebuilt the pipeline.",
        "As a woman I had to argue twice for the index.",
    ],
)
def test_private_life_is_recognised(sentence: str) -> None:
    assert is_personal(sentence)


@pytest.mark.parametrize(
    "sentence", ["The health check of the instance family failed.", "The cache had an age of two days."]
)
def test_technical_words_are_not_private(sentence: str) -> None:
    assert not is_personal(sentence)


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Her accent made it hard to follow.", "accent"),
        ("Sounded nervous at first.", "Sounded nervous"),
        ("A confident speaker.", "confident"),
        ("Shows enthusiasm.", "enthusiasm"),
        ("Explains a lock, with figures.", None),
    ],
)
def test_claims_about_the_person_are_found(sentence: str, word: str | None) -> None:
    assert forbidden_claim(sentence) == word


def test_nothing_the_rules_can_write_is_forbidden() -> None:
    sentences = [
        *(text for kind in COMPETENCIES.values() for text in (kind.name, *kind.anchors, kind.practice)),
        *(shape.purpose for cluster in CLUSTERS.values() for shape in cluster.shapes),
        *findings._SHOWS.values(),
        *(text for _, _, text in findings._MISSING),
        *(text for _, text in findings._REASONS),
        *reporting._ENDED.values(),
        reporting._WHAT_THE_RULES_DO,
        rating.level_of.__doc__ or "",
    ]

    assert [sentence for sentence in sentences if forbidden_claim(sentence)] == []
