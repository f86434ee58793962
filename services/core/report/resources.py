"""Where a candidate can read on: well-known books and free references, by competency. Chosen by people, data only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.core.plan.bank import COMPETENCIES
from services.core.plan.plan import Domain

MAX_RESOURCES = 5


@dataclass(frozen=True, slots=True)
class Resource:
    title: str
    why: str
    url: str = ""
    """Empty for a book."""


_TALK = Resource(
    "Structured interviewing guide, re:Work by Google",
    "how interviewers build questions and read answers",
    "https://rework.withgoogle.com",
)
_DATA = Resource(
    "Designing Data-Intensive Applications, Martin Kleppmann", "storage, replication, transactions and their trade-offs"
)
_SRE = Resource(
    "Site Reliability Engineering and its workbook, Google",
    "incidents, postmortems, objectives; free to read",
    "https://sre.google/books/",
)
_EDGE = Resource("Making Embedded Systems, Elecia White", "budgets of memory, time and power in real devices")
_BY_KIND: dict[str, Resource] = {
    "interface": Resource(
        "web.dev", "performance and accessibility of interfaces, with measurements", "https://web.dev"
    ),
    "api": Resource(
        "API Improvement Proposals",
        "what a contract promises, and how it changes without breaking anybody",
        "https://google.aip.dev",
    ),
    "code": Resource("A Philosophy of Software Design, John Ousterhout", "naming the cost of a design"),
    "stores": Resource(
        "The PostgreSQL manual",
        "query plans, indexes, locks and migrations from the source",
        "https://www.postgresql.org/docs/current/",
    ),
    "distributed": _DATA,
    "security": Resource(
        "OWASP Top Ten",
        "the risks every web system is measured against",
        "https://owasp.org/www-project-top-ten/",
    ),
    "quality": Resource("Unit Testing: Principles, Practices, and Patterns, Vladimir Khorikov", "what a test is worth"),
    "platform": Resource("DORA", "what makes delivery fast and safe, from years of measurements", "https://dora.dev"),
    "operations": _SRE,
    "infrastructure": Resource(
        "The Kubernetes documentation, Concepts",
        "how a request travels, what restarts and what is lost",
        "https://kubernetes.io/docs/concepts/",
    ),
    "pipelines": Resource("Fundamentals of Data Engineering, Joe Reis and Matt Housley", "late, double and wrong data"),
    "insight": Resource(
        "Trustworthy Online Controlled Experiments, Kohavi, Tang and Xu", "when a number may carry a decision"
    ),
    "learning": Resource(
        "Rules of Machine Learning, Martin Zinkevich",
        "baselines, metrics and decay in production",
        "https://developers.google.com/machine-learning/guides/rules-of-ml",
    ),
    "embedded": _EDGE,
    "devices": _EDGE,
    "problems": Resource("How to Solve It, George Pólya", "ways into a problem when the usual one is closed"),
    "judgement": Resource("Thinking in Bets, Annie Duke", "decisions without certainty, and judging them fairly"),
    "collaboration": Resource("Crucial Conversations, Patterson and others", "telling a disagreement and its outcome"),
    "leadership": Resource("Staff Engineer, Will Larson", "decisions that outlive you", "https://staffeng.com"),
}
_BY_DOMAIN = {
    Domain.WEB: _DATA,
    Domain.INFRASTRUCTURE: _SRE,
    Domain.ANALYTICS: _BY_KIND["pipelines"],
    Domain.EDGE: _EDGE,
}


def resources_for(competencies: Sequence[str], domain: Domain) -> tuple[Resource, ...]:
    """For competencies by name, in their order; for names outside of the bank what suits the domain."""
    kinds = {kind.name: kind.key for kind in COMPETENCIES.values()}
    found = [_BY_KIND[kinds[name]] if name in kinds else _BY_DOMAIN[domain] for name in competencies]
    return tuple(dict.fromkeys([*found[: MAX_RESOURCES - 1], _TALK]))
