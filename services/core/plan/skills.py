"""Which skills a posting asks for, how much each counts there, and in which words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.core.plan.bank import Entry, SkillCluster
from services.core.plan.phrases import phrase_around, quote_around, says_it_of_the_job
from services.core.plan.sections import Kind
from services.core.plan.taxonomy import Mention, mentions
from services.core.plan.wording import Form, form_of

ONLY_OFFERED = 0.35
"""Weight up to which a skill is one of a crowd of extras."""
ASKED_FOR = 0.85
"""Weight from which a skill is more than a bonus."""
_WEIGHTS = {Kind.MUST: 1.05, Kind.TASKS: 1.0, Kind.SUMMARY: 1.0, Kind.NICE: 0.5}
_MENTIONS_READ = 8
"""Of one skill."""
_NO_TRADE = frozenset({"collaboration", "leadership", "leading_people"})
"""Competencies that say nothing about the profession."""


@dataclass(frozen=True, slots=True)
class FoundSkill:
    """A skill of the posting with its best words."""

    cluster: SkillCluster
    entry: Entry
    phrase: str
    """The posting's own words around it, for the reader of the plan."""
    quote: str
    """Of these what can be said aloud; "" where nothing can."""
    weight: float
    """About 1 for one required mention; more for several, early ones or the title, less for a bonus."""
    value: float
    """How well the words can be quoted."""
    kind: Kind = Kind.SUMMARY
    """The section that asks for it most."""


def technologies(found: Sequence[FoundSkill]) -> int:
    """How many products and languages of the software trade the posting asks for, bonuses aside."""
    return sum(
        not skill.entry.is_subject and skill.weight >= ASKED_FOR and skill.cluster.competency not in _NO_TRADE
        for skill in found
    )


def read_skills(text: str, title: str, kinds: Mapping[int, Kind], *, in_english: bool = True) -> list[FoundSkill]:
    """Strongest first; ties in order of appearance. Words in another language are never quoted.

    `kinds`: of its lines, as `kinds_of_lines` has them.
    """
    by_skill: dict[str, list[Mention]] = defaultdict(list)
    every = list(mentions(text, in_english=in_english))
    starts = {mention.start: text.rfind("\n", 0, mention.start) for mention in every}
    per_line = Counter(starts.values())
    for mention in every:
        by_skill[mention.name].append(mention)
    found = []
    for of_skill in by_skill.values():
        seen = [one for one in of_skill[:_MENTIONS_READ] if says_it_of_the_job(text, one.start, one.end)]
        if not seen:
            continue
        asking = max((kinds[starts[one.start]] for one in seen), key=lambda kind: _WEIGHTS.get(kind, 0.0))
        weight = _WEIGHTS.get(asking, 0.0) + 0.25 * min(len(seen) - 1, 3)
        weight += any(text[one.start : one.end] in title for one in seen)
        crowd = min(per_line[starts[one.start]] for one in seen)
        weight += 0.3 * (1 - seen[0].start / len(text)) - 0.04 * min(6, max(0, crowd - 3))
        quotes = {quote_around(text, one.start, one.end): one for one in seen} if in_english else {"": seen[0]}
        quote = max(quotes, key=lambda words: _quote_value(words, title) - 2 * _is_of_another(words, seen[0].cluster))
        phrase = quote or phrase_around(text, quotes[quote].start, quotes[quote].end)
        found.append(
            FoundSkill(seen[0].cluster, seen[0].entry, phrase, quote, weight, _quote_value(quote, title), asking)
        )
    return sorted(found, key=lambda skill: -skill.weight)


def _is_of_another(quote: str, cluster: SkillCluster) -> bool:
    """Whether the words are first of all about something else ("mentor six firmware engineers")."""
    first = next(mentions(quote), None)
    return first is not None and first.cluster.key != cluster.key and first.cluster.competency in _NO_TRADE


def _quote_value(quote: str, title: str) -> float:
    if not quote:
        return -1.0
    count = len(quote.split())
    value = 2.0 if 4 <= count <= 14 else 1.0 if count == 3 else 0.0
    value += {Form.TASK: 1.0, Form.DOING: 0.6, Form.BEING: 0.4, Form.ASKED: 0.5, Form.NAMED: 0.0}[form_of(quote)]
    return value - 3 * (quote in title or title in quote if title else False)
