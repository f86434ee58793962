"""The same figure is found however it was said or written."""

from __future__ import annotations

import pytest

from services.core.report.figures import figures_in


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("in batches of ten thousand rows", {"10000"}),
        ("10,000 rows, or 10k", {"10000"}),
        ("one point four billion", {"1400000000"}),
        ("1.4 billion", {"1400000000"}),
        ("two point two five percent", {"2.25"}),
        ("a hundred and forty, two dozen", {"140", "24"}),
        ("Half a million, then forty-five", {"500000", "45"}),
        ("three million two hundred thousand", {"3200000"}),
        ("1,5 s from 10.0.0.1", {"1.5", "10.0.0.1"}),
        ("S3, K8s, p99 and a tenth", set()),
    ],
)
def test_figure_is_the_same_in_words_and_digits(text: str, figures: set[str]) -> None:
    assert figures_in(text) == figures
