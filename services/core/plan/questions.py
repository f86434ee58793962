"""Which of a job description's skills an interview is about, and with which question each is opened."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.core.plan.bank import BankQuestion, Entry, bank, stem
from services.core.plan.history import History
from services.core.plan.phrases import MAX_PHRASE, first_phrases, is_quotable
from services.core.plan.plan import Domain, Level
from services.core.plan.sections import Kind
from services.core.plan.skills import ONLY_OFFERED, FoundSkill
from services.core.plan.taxonomy import TOKEN
from services.core.plan.wording import Form, form_of

MAX_COMPETENCIES = 5
MIN_COMPETENCIES = 3
MIN_TOPICS = 5

_FALLBACKS = {
    Domain.WEB: ("testing", "delivery", "performance", "teamwork", "legacy"),
    Domain.INFRASTRUCTURE: ("reliability", "systems", "teamwork", "delivery", "testing"),
    Domain.ANALYTICS: ("testing", "data_python", "orchestration", "data_modelling", "teamwork"),
    Domain.EDGE: ("testing", "firmware", "fleet", "legacy", "teamwork"),
}
_FALLBACKS_OF = {
    "business_suites": ("steering_delivery", "testing", "teamwork", "legacy"),
    "security_operations": ("reliability", "networking", "teamwork", "systems"),
    "network_operations": ("reliability", "systems", "teamwork"),
    "quality_practice": ("testing", "teamwork", "delivery"),
    "support": ("systems", "networking", "teamwork"),
}
"""By the cluster of the strongest skill, before those of the domain."""
_GENERAL = ("problems", "judgement", "serving_others")
"""What every profession is asked about, before it is asked about people."""
_LEADING = ("managing_people", "steering_delivery", "managing_people", "architecture", "steering_delivery", "teamwork")
"""What those who lead people are asked about, whatever their posting names."""
_LEADERS_TECHNICAL = 2
"""Questions about technology for somebody who leads people."""
_ROUNDS = ((1, 1, True), (2, 1, True), (9, 1, True), (9, 2, True), (9, 1, False))
"""How many of a competency and of a cluster are chosen in a round, and whether only with words not quoted yet."""
_EMPTY = (
    "tell time about with what your that this from they them their have been than then into over when which would"
    " where make made"
    " does done more most some such each every team teams people work working system systems software development"
    " engineering engineer engineers staff"
    " code data experience changes change after before"
)
_EMPTY_WORDS = frozenset(_EMPTY.split())
_PEOPLE = frozenset({"teamwork", "mentoring"})
"""Clusters."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to ask about, and the question it is opened with."""

    skill: FoundSkill
    question: BankQuestion
    name: str
    """As a subject to come to."""
    spoken: str
    """As the question names it."""

    @property
    def competency(self) -> str:
        return self.skill.cluster.competency


def fallbacks(found: Sequence[FoundSkill], domain: Domain, opening: str) -> list[FoundSkill]:
    """What a role of this domain is asked about where its posting names too little."""
    return [_fallback(key, opening) for key in _fallback_keys(found, domain)]


def _fallback_keys(found: Sequence[FoundSkill], domain: Domain) -> tuple[str, ...]:
    home = found[0].cluster.key if found else ""
    return (*_FALLBACKS_OF.get(home, ()), *_FALLBACKS[domain])


def general(tasks: Sequence[str], opening: str, seed: int) -> list[FoundSkill]:
    """What every profession is asked about, each with the task of the posting that fits it best."""
    left = list(tasks)
    chosen = []
    turn = seed % len(_GENERAL)
    for key in (*_GENERAL[turn:], *_GENERAL[:turn], _GENERAL[seed // 7 % len(_GENERAL)], "teamwork"):
        vocabulary = bank().clusters[key].vocabulary
        task = max(left, key=lambda task: len(_stems(task) & vocabulary), default="")
        if task:
            left.remove(task)
        chosen.append(_fallback(key, task or opening, quote=task))
    return chosen


def tasks_in(text: str) -> list[str]:
    """Tasks the posting names that can be read out, in its own words."""
    return [
        phrase
        for phrase in first_phrases(text)
        if form_of(phrase) is Form.TASK and len(phrase.split()) >= 4 and is_quotable(phrase)
    ]


def _fallback(key: str, phrase: str, quote: str = "") -> FoundSkill:
    cluster = bank().clusters[key]
    return FoundSkill(cluster, cluster.plainest, phrase, quote, 0.0, 0.0)


def choose_topics(
    found: Sequence[FoundSkill],
    spare: Sequence[FoundSkill],
    quoted: str,
    *,
    level: Level,
    domain: Domain,
    count: int,
    seed: int,
    history: History,
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
    chosen = _pick(technical, level, domain, count - len(last), last, quoted)
    taken = {skill.cluster.key for skill in (*chosen, *last)}
    unused = iter([skill for skill in spare if skill.cluster.key not in taken])
    while len(chosen) + len(last) < MIN_TOPICS or _competency_count([*chosen, *last]) < MIN_COMPETENCIES:
        chosen.append(next(unused))
    return _open([*chosen, *last], level, seed, history)


def choose_general(skills: Sequence[FoundSkill], level: Level, seed: int, history: History) -> list[Topic]:
    """One question about each, in this order."""
    return _open(skills, level, seed, history)


def choose_for_leader(
    found: Sequence[FoundSkill],
    tasks: Sequence[str],
    opening: str,
    *,
    level: Level,
    domain: Domain,
    count: int,
    seed: int,
    history: History,
) -> list[Topic]:
    """People, decisions and plans, each with words of the posting where it has some, and a little technology."""
    mine = {skill.cluster.key: skill for skill in reversed(found) if skill.quote}
    left = list(tasks)
    led: list[FoundSkill] = []
    for key in _LEADING[: count - _LEADERS_TECHNICAL + 1]:
        fitting = max((task for task in left if _is_about(task, key)), key=lambda task: _shared(task, key), default="")
        if key in mine:
            led.append(mine.pop(key))
        elif fitting:
            left.remove(fitting)
            led.append(_fallback(key, fitting, quote=fitting))
        else:
            led.append(_fallback(key, opening))
    apart = {*_LEADING, *_PEOPLE}
    technical = [skill for skill in found if skill.cluster.key not in apart and _suits(skill, level)]
    room = max(0, count - len(led))
    chosen = _pick(technical, level, domain, room, led, "")
    return _open([*led[:1], *chosen, *led[1:]], level, seed, history)


def _shared(task: str, key: str) -> int:
    return len(_stems(task) & bank().clusters[key].vocabulary)


def _is_about(task: str, key: str) -> bool:
    """Of what leaders are asked about this most; whom they report to is no work of theirs."""
    shared = _shared(task, key)
    most = max(_shared(task, other) for other in _LEADING)
    return 0 < shared == most and not task.casefold().startswith("report to")


def _suits(skill: FoundSkill, level: Level) -> bool:
    return skill.weight > ONLY_OFFERED and (skill.cluster.competency != "leadership" or level is not Level.MID)


def _pick(
    skills: Sequence[FoundSkill], level: Level, domain: Domain, count: int, last: Sequence[FoundSkill], quoted: str
) -> list[FoundSkill]:
    """What is required before what is a bonus, and of each first one for each competency, then one for each cluster,
    then second ones; each with words not quoted before."""
    chosen: list[FoundSkill] = []
    competencies = Counter(skill.cluster.competency for skill in last)
    clusters: Counter[str] = Counter(skill.cluster.key for skill in last)
    phrases = {quoted, *(skill.phrase for skill in last)}
    for required in (True, False):
        groups: dict[str, list[FoundSkill]] = defaultdict(list)
        for skill in skills:
            if (skill.kind is not Kind.NICE) is required:
                groups[skill.cluster.key].append(skill)
        ranked = sorted(groups.values(), key=lambda group: -_group_weight(group, domain))
        for per_competency, per_cluster, fresh_only in _ROUNDS:
            for group in ranked:
                cluster = group[0].cluster
                options = [
                    skill for skill in group if skill not in chosen and (skill.phrase not in phrases or not fresh_only)
                ]
                has_room = competencies[cluster.competency] or len(+competencies) < MAX_COMPETENCIES
                most = min(per_cluster, sum(level in question.levels for question in cluster.questions))
                within = competencies[cluster.competency] < per_competency and clusters[cluster.key] < most
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


def _open(skills: Sequence[FoundSkill], level: Level, seed: int, history: History) -> list[Topic]:
    """One question each: no question twice, none of an earlier interview where there is another, and openings
    ("Tell me", "Walk me", …) that take turns."""
    used: list[BankQuestion] = []
    openings: Counter[str] = Counter()
    before = ""
    topics = []
    for number, skill in enumerate(skills):
        start_at = history.level_for(skill.cluster.competency, level)
        is_raised = start_at is not level
        fitting = [one for one in skill.cluster.questions if {level, start_at} & one.levels and one not in used]
        start = (seed + 7 * number) % len(fitting)
        rotated = fitting[start:] + fitting[:start]
        wanted, *others = (
            _stems(" ".join((one.phrase, *one.entry.aliases)))
            for one in skills[number:]
            if one.cluster.key == skill.cluster.key
        )
        ranks = [
            (
                _misfit(one, skill),
                one.id in history.asked,
                start_at not in one.levels,
                is_raised and level in one.levels,
                -_affinity(one, wanted),
                max((_affinity(one, later) for later in others), default=0),
                _opening(one) == before,
                openings[_opening(one)],
            )
            for one in rotated
        ]
        question = rotated[ranks.index(min(ranks))]
        used.append(question)
        before = _opening(question)
        openings[before] += 1
        topics.append(Topic(skill, question, _name(skill.entry), _as_spoken(skill)))
    return topics


def _opening(question: BankQuestion) -> str:
    return question.text.split(" ", 1)[0]


def _affinity(question: BankQuestion, wanted: frozenset[str]) -> int:
    """How much a question has in common with the words that led to it; beyond two words it makes no difference."""
    return min(2, len(wanted & _stems_of(" ".join((question.text, *question.follow_ups, question.purpose)))))


@functools.cache
def _stems_of(words_of_the_bank: str) -> frozenset[str]:
    return _stems(words_of_the_bank)


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        stem(word) for word in TOKEN.findall(text) if len(word) > 3 and word.casefold() not in _EMPTY_WORDS
    )


def _misfit(question: BankQuestion, skill: FoundSkill) -> bool:
    return skill.entry.is_subject and not skill.cluster.stand_in and "{skill}" in question.text


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
