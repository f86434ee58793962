"""Which of a job description's skills an interview is about, and with which question each is opened."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.core.plan.bank import BankQuestion, Cluster, Entry, bank, stem
from services.core.plan.phrases import MAX_PHRASE, first_phrases, phrase_around, says_it_of_the_job
from services.core.plan.plan import Domain, Level
from services.core.plan.taxonomy import TOKEN, Mention, mentions
from services.core.plan.wording import Form, form_of

MAX_COMPETENCIES = 5
MIN_COMPETENCIES = 3
MIN_TOPICS = 5
_ONLY_OFFERED = 0.35
"""Weight up to which a skill is nothing but a benefit, or one of a crowd of extras."""
_MENTIONS_READ = 8
"""Of one skill."""

_OPTIONAL = re.compile(
    r"\bnice:|nice[- ]to[- ]have|\bis (?:\w+ ){0,3}(?:asset|advantage|desirable|welcome)\b|\bbonus|\ba plus\b"
    r"|preferred|optional|von vorteil|wünschenswert|\bextra\b|would be great|ideally",
    re.IGNORECASE,
)
_OFFER = re.compile(r"we offer|benefits|perks|wir bieten|our offer|why (?:join|us)|compensation", re.IGNORECASE)
_BULLET_LINE = re.compile(r"\s*(?:[-*•·–▪●]|\d{1,2}[.)])\s")
_FALLBACKS = {
    Domain.WEB: ("testing", "legacy", "delivery", "performance", "teamwork"),
    Domain.INFRASTRUCTURE: ("reliability", "systems", "teamwork", "delivery", "testing"),
    Domain.ANALYTICS: ("testing", "data_python", "orchestration", "data_modelling", "teamwork"),
    Domain.EDGE: ("testing", "firmware", "fleet", "legacy", "teamwork"),
}
_GENERAL = ("problems", "judgement", "teamwork", "problems", "judgement")
_EMPTY = (
    "tell time about with what your that this from they them their have been than then into over when which would"
    " where make made"
    " does done more most some such each every team teams people work working system systems software development"
    " engineering"
    " code data experience changes change after before"
)
_EMPTY_WORDS = frozenset(_EMPTY.split())
_PEOPLE = frozenset({"teamwork", "mentoring"})
"""Clusters."""
_NO_TRADE = frozenset({"collaboration", "leadership"})
"""Competencies that say nothing about the profession."""


@dataclass(frozen=True, slots=True)
class FoundSkill:
    """A skill of the posting with its best phrase."""

    cluster: Cluster
    entry: Entry
    phrase: str
    weight: float
    """About 1 for one required mention; more for several, early ones or the title, less for a bonus."""
    value: float
    """How well the phrase can be quoted."""


@dataclass(frozen=True, slots=True)
class Topic:
    cluster: Cluster
    shape: BankQuestion
    name: str
    """As a subject to come to."""
    skill: str
    """As it is spoken in the question."""
    phrase: str


def technologies(found: Sequence[FoundSkill]) -> int:
    """How many products and languages of the software trade the posting asks for, bonuses aside."""
    return sum(
        not skill.entry.is_subject and skill.weight >= 1 and skill.cluster.competency not in _NO_TRADE
        for skill in found
    )


def read_skills(text: str, title: str) -> list[FoundSkill]:
    """Strongest first; ties in order of appearance."""
    sections = _section_weights(text)
    by_skill: dict[str, list[tuple[Mention, float]]] = defaultdict(list)
    per_line = Counter(text.rfind("\n", 0, mention.start) for mention in mentions(text))
    for mention in mentions(text):
        by_skill[mention.name].append((mention, sections[text.rfind("\n", 0, mention.start)]))
    found = []
    for every in by_skill.values():
        seen = [one for one in every[:_MENTIONS_READ] if says_it_of_the_job(text, one[0].start, one[0].end)]
        if not seen:
            continue
        weight = max(section for _, section in seen) + 0.25 * min(len(seen) - 1, 3)
        weight += any(text[mention.start : mention.end] in title for mention, _ in seen)
        phrases = {phrase_around(text, mention.start, mention.end): None for mention, _ in seen}
        phrase = max(phrases, key=lambda phrase: _phrase_value(phrase, title))
        crowd = min(per_line[text.rfind("\n", 0, mention.start)] for mention, _ in seen)
        weight += 0.3 * (1 - seen[0][0].start / len(text)) - 0.05 * max(0, crowd - 3)
        found.append(FoundSkill(seen[0][0].cluster, seen[0][0].entry, phrase, weight, _phrase_value(phrase, title)))
    return sorted(found, key=lambda skill: -skill.weight)


def _section_weights(text: str) -> dict[int, float]:
    """By the position before each line: what a mention in it counts."""
    weights, current, at = {}, 1.0, -1
    for line in text.split("\n"):
        is_heading = 0 < len(line) <= 60 and not _BULLET_LINE.match(line) and not line.endswith((".", ","))
        own = 0.5 if _OPTIONAL.search(line) else 0.2 if _OFFER.search(line) else 1.0
        if is_heading:
            current = own
        weights[at] = min(current, own)
        at += len(line) + 1
    return weights


def _phrase_value(phrase: str, title: str) -> float:
    count = len(phrase.split())
    value = 2.0 if 4 <= count <= 14 else 1.0 if count == 3 else 0.0
    value += {Form.TASK: 1.0, Form.DOING: 0.6, Form.BEING: 0.4, Form.ASKED: 0.5, Form.NAMED: 0.0}[form_of(phrase)]
    value -= any(mark in phrase for mark in '"“”?')
    return value - 3 * (phrase in title or title in phrase if title else False)


def fallbacks(domain: Domain, opening: str) -> list[FoundSkill]:
    """What a role of this domain is asked about where its posting names too little; each quotes the opening words."""
    return [_fallback(key, opening) for key in _FALLBACKS[domain]]


def general(text: str, opening: str) -> list[FoundSkill]:
    """What every profession is asked about, each with another task of the posting, or else with its opening words."""
    tasks = (phrase for phrase in first_phrases(text) if form_of(phrase) is Form.TASK and len(phrase.split()) >= 4)
    return [_fallback(key, next(tasks, opening)) for key in _GENERAL]


def _fallback(key: str, phrase: str) -> FoundSkill:
    cluster = bank().clusters[key]
    return FoundSkill(cluster, cluster.plainest, phrase, 0.0, 0.0)


def choose_topics(
    found: Sequence[FoundSkill],
    spare: Sequence[FoundSkill],
    quoted: str,
    *,
    level: Level,
    domain: Domain,
    count: int,
    seed: int,
) -> list[Topic]:
    """`count` topics or fewer: technical ones by weight, then one about people where the posting speaks of them.

    `spare` is taken from where that makes too few; `quoted` was quoted before.
    """
    people = max(
        (skill for skill in found if skill.cluster.key in _PEOPLE),
        key=lambda skill: skill.weight + skill.value / 3,
        default=None,
    )
    last = [people] if people else []
    technical = [skill for skill in found if skill.cluster.key not in _PEOPLE and _suits(skill, level)]
    chosen = _pick(technical, domain, count - len(last), last, quoted)
    taken = {skill.cluster.key for skill in (*chosen, *last)}
    unused = iter([skill for skill in spare if skill.cluster.key not in taken])
    while len(chosen) + len(last) < MIN_TOPICS or _competency_count([*chosen, *last]) < MIN_COMPETENCIES:
        chosen.append(next(unused))
    return _open([*chosen, *last], level, seed)


def _suits(skill: FoundSkill, level: Level) -> bool:
    return skill.weight > _ONLY_OFFERED and (skill.cluster.competency != "leadership" or level is not Level.MID)


def _pick(
    skills: Sequence[FoundSkill], domain: Domain, count: int, last: Sequence[FoundSkill], quoted: str
) -> list[FoundSkill]:
    """First one for each competency, then one for each cluster, then second ones; each with words not quoted before."""
    groups: dict[str, list[FoundSkill]] = defaultdict(list)
    for skill in skills:
        groups[skill.cluster.key].append(skill)
    ranked = sorted(groups.values(), key=lambda group: -_group_weight(group, domain))
    chosen: list[FoundSkill] = []
    competencies = Counter(skill.cluster.competency for skill in last)
    clusters: Counter[str] = Counter()
    phrases = {quoted, *(skill.phrase for skill in last)}
    for per_competency, per_cluster, fresh_only in (
        (1, 1, True),
        (2, 1, True),
        (9, 1, True),
        (9, 2, True),
        (9, 1, False),
    ):
        for group in ranked:
            cluster = group[0].cluster
            options = [skill for skill in group if skill.phrase not in phrases or not fresh_only]
            has_room = competencies[cluster.competency] or len(+competencies) < MAX_COMPETENCIES
            within = competencies[cluster.competency] < per_competency and clusters[cluster.key] < per_cluster
            if len(chosen) < count and options and has_room and within:
                skill = max(options, key=lambda skill: skill.weight + skill.value / 4 - skill.entry.is_subject / 2)
                chosen.append(skill)
                competencies[cluster.competency] += 1
                clusters[cluster.key] += 1
                phrases.add(skill.phrase)
    return chosen


def _group_weight(group: Sequence[FoundSkill], domain: Domain) -> float:
    """Several skills in one line of the posting count once: a list is not an emphasis."""
    by_phrase: dict[str, float] = {}
    for skill in group:
        weight = skill.weight * (0.7 if skill.entry.is_subject else 1.0) + skill.value / 10
        by_phrase[skill.phrase] = max(weight, by_phrase.get(skill.phrase, 0.0))
    weights = sorted(by_phrase.values(), reverse=True)
    home = group[0].cluster.domain
    bonus = 0.6 if home is domain else -0.2 if home else 0.0 if group[0].cluster.key == "languages" else 0.4
    return bonus + sum(weight * share for weight, share in zip(weights, (1.0, 0.4, 0.2), strict=False))


def _competency_count(skills: Iterable[FoundSkill]) -> int:
    return len({skill.cluster.competency for skill in skills})


def _open(skills: Sequence[FoundSkill], level: Level, seed: int) -> list[Topic]:
    """One question each: no question twice, and openings ("Tell me", "Walk me", …) that take turns."""
    used: list[BankQuestion] = []
    openings: Counter[str] = Counter()
    before = ""
    topics = []
    for number, skill in enumerate(skills):
        shapes = [shape for shape in skill.cluster.questions if level in shape.levels and shape not in used]
        start = (seed + 7 * number) % len(shapes)
        rotated = shapes[start:] + shapes[:start]
        wanted, *others = (
            _stems(" ".join((one.phrase, *one.entry.aliases)))
            for one in skills[number:]
            if one.cluster.key == skill.cluster.key
        )
        shape = min(
            rotated,
            key=lambda s: (
                _misfit(s, skill),
                -_affinity(s, wanted),
                max((_affinity(s, later) for later in others), default=0),
                _opening(s) == before,
                openings[_opening(s)],
            ),
        )
        used.append(shape)
        before = _opening(shape)
        openings[before] += 1
        topics.append(Topic(skill.cluster, shape, _name(skill.entry), _as_spoken(skill), skill.phrase))
    return topics


def _opening(shape: BankQuestion) -> str:
    return shape.text.split(" ", 1)[0]


def _affinity(shape: BankQuestion, wanted: frozenset[str]) -> int:
    """How much a question has in common with the words that led to it; beyond two words it makes no difference."""
    return min(2, len(wanted & _stems(" ".join((shape.text, *shape.follow_ups, shape.purpose)))))


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        stem(word) for word in TOKEN.findall(text) if len(word) > 3 and word.casefold() not in _EMPTY_WORDS
    )


def _misfit(shape: BankQuestion, skill: FoundSkill) -> bool:
    return skill.entry.is_subject and not skill.cluster.stand_in and "{skill}" in shape.text


def _as_spoken(skill: FoundSkill) -> str:
    return (skill.entry.is_subject and skill.cluster.stand_in) or _name(skill.entry)


def _name(entry: Entry) -> str:
    return entry.name[0].lower() + entry.name[1:] if entry.is_subject and not entry.name[:3].isupper() else entry.name


def opening_words(text: str, title: str) -> str:
    """What the posting calls the role, in its own words; else its first words."""
    at = text.casefold().find(title.casefold()) if title else -1
    if at >= 0:
        return text[at : at + len(title)]
    first = text.split("\n", 1)[0]
    return first if len(first) <= MAX_PHRASE else first[:MAX_PHRASE].rsplit(" ", 1)[0]
