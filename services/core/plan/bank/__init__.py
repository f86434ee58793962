"""The curated bank: what Ema can ask about, and what good answers to it look like. Data only."""

from __future__ import annotations

from services.core.plan.bank import (
    analytics,
    apps,
    backend,
    devices,
    edge,
    general,
    infrastructure,
    learning,
    operations,
    shared,
    stores,
    web,
)
from services.core.plan.bank.cluster import Cluster, CompetencyKind, Entry, Shape, stem
from services.core.plan.bank.competencies import COMPETENCIES, GENERAL

CLUSTERS: dict[str, Cluster] = {
    cluster.key: cluster
    for part in (
        web,
        apps,
        backend,
        stores,
        infrastructure,
        operations,
        analytics,
        learning,
        edge,
        devices,
        shared,
        general,
    )
    for cluster in part.CLUSTERS
}

__all__ = ["CLUSTERS", "COMPETENCIES", "GENERAL", "Cluster", "CompetencyKind", "Entry", "Shape", "stem"]
