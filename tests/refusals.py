"""Who was turned away by which bound, as an operator reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from services.observe.metrics import Metrics


def refusals(metrics: Metrics) -> dict[str, float]:
    """Of each bound that was reached, how often."""
    return {
        one.labels["bound"]: one.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for one in family.samples
        if one.name == "syntaxia_refused_total" and one.value
    }
