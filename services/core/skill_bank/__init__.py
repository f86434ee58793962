"""The curated bank: what Ema can ask about, and what good answers to it look like. Data only."""

from __future__ import annotations

from services.core.skill_bank import (
    analytics,
    backend,
    devices,
    edge,
    infrastructure,
    learning,
    operations,
    shared,
    stores,
    web,
)
from services.core.skill_bank.cluster import Cluster, CompetencyKind, Entry, Shape, stem
from services.core.skill_bank.competencies import COMPETENCIES

CLUSTERS: dict[str, Cluster] = {
    cluster.key: cluster
    for part in (web, backend, stores, infrastructure, operations, analytics, learning, edge, devices, shared)
    for cluster in part.CLUSTERS
}

__all__ = ["CLUSTERS", "COMPETENCIES", "Cluster", "CompetencyKind", "Entry", "Shape", "stem"]
