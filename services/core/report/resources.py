"""Where a candidate can read on, by competency."""

from __future__ import annotations

from collections.abc import Sequence

from services.core.plan.bank import Resource, bank
from services.core.plan.plan import Domain

MAX_RESOURCES = 5

_TALK = "talk"
"""For everybody, whatever was asked."""
_BY_DOMAIN = {
    Domain.WEB: "data_systems",
    Domain.INFRASTRUCTURE: "operations",
    Domain.ANALYTICS: "pipelines",
    Domain.EDGE: "devices",
}


def resources_for(competencies: Sequence[str], domain: Domain) -> tuple[Resource, ...]:
    """For competencies by name, in their order; for names outside of the bank what suits the domain."""
    by_name = {kind.name: kind.resource for kind in bank().competencies.values()}
    keys = [*(by_name.get(name, _BY_DOMAIN[domain]) for name in competencies[: MAX_RESOURCES - 1]), _TALK]
    return tuple(bank().resources[key] for key in dict.fromkeys(keys))
