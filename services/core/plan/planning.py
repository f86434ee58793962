"""From a job description to an interview plan, by rules: the same text and history always give the same plan."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.core.plan.bank import bank
from services.core.plan.history import NO_HISTORY, History
from services.core.plan.language import ENGLISH, UNKNOWN
from services.core.plan.phrases import is_quotable, quote_around
from services.core.plan.plan import Competency, Domain, Level, Plan, Question, Skill, fit_seconds
from services.core.plan.posting import JobDescription, read_job_description
from services.core.plan.questions import (
    Topic,
    choose_for_leader,
    choose_general,
    choose_topics,
    fallbacks,
    general,
    opening_words,
    tasks_in,
)
from services.core.plan.role import (
    domain_of,
    fallback_title,
    headline_in,
    in_english,
    is_software,
    leads_people,
    level_of,
    title_in,
    understood,
    years_wanted,
)
from services.core.plan.sections import Kind, kinds_of_lines
from services.core.plan.skills import ASKED_FOR, ONLY_OFFERED, FoundSkill, read_skills, technologies
from services.core.plan.wording import WARM_UP_FOLLOW_UPS, WARM_UP_PURPOSE, asked_of, lead_in, warm_up

MADE_BY = "rule-based, offline"
MAX_SKILLS = 24
_SKILLS_THAT_TELL = 4
"""A posting that names these many is about its job, whatever its words are."""
_UNNAMED = "The role in this posting"


@dataclass(frozen=True, slots=True)
class _Shape:
    """How many topics a level gets after the warm-up, and how the time there is for talk is shared out."""

    topics: int
    warm_up_s: int
    topic_s: int
    last_s: int


_SHAPES = {
    Level.MID: _Shape(topics=7, warm_up_s=90, topic_s=100, last_s=110),
    Level.SENIOR: _Shape(topics=6, warm_up_s=90, topic_s=120, last_s=120),
    Level.STAFF: _Shape(topics=5, warm_up_s=90, topic_s=140, last_s=150),
}


@dataclass(frozen=True, slots=True)
class _Role:
    """What a posting says of the role."""

    title: str
    """Its own words; "" where it names none."""
    level: Level
    domain: Domain
    skills: list[FoundSkill]
    is_software: bool
    level_notice: str


def make_plan(raw: str, history: History = NO_HISTORY) -> Plan:
    """Raises JobDescriptionRefused."""
    return plan_for(read_job_description(raw), history)


def plan_for(description: JobDescription, history: History = NO_HISTORY) -> Plan:
    """Posting, role, skills, questions, plan: one pass, each step from those before it."""
    text = description.text
    role = _read_role(description)
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    opening = opening_words(text, role.title)
    first_phrase, first_quote = _first_words(description, role, opening)
    topics = _topics(description, role, opening, first_phrase, seed, history)
    competencies = _competencies(topics)
    first = warm_up(role.level, first_quote, seed, general=not role.is_software)
    questions = _questions(topics, competencies, first, (first_phrase, opening.partition(" (")[0]), role.level, seed)
    title = in_english(role.title) if role.title else ""
    return Plan(
        role_title=title or (fallback_title(role.domain) if role.is_software else _UNNAMED),
        level=role.level,
        domain=role.domain,
        skills=tuple(
            Skill(name=skill.entry.name, jd_phrase=skill.phrase)
            for skill in role.skills[:MAX_SKILLS]
            if skill.weight > ONLY_OFFERED
        ),
        competencies=tuple(competencies.values()),
        questions=tuple(questions),
        made_by=MADE_BY,
        notices=(*description.notices, *_notices(description, role)),
    )


def _read_role(description: JobDescription) -> _Role:
    text = description.text
    title = title_in(text)
    kinds = kinds_of_lines(text)
    is_english = description.language == ENGLISH
    skills = read_skills(text, title, kinds, in_english=is_english)
    english = in_english(title) if is_english else understood(title)
    software = is_software(english, technologies(skills))
    if not software:
        title = headline_in(text) or title
    level, notice = level_of(title if is_english else understood(title), _required(text, kinds))
    return _Role(title, level, domain_of(english, _domain_weights(skills)), skills, software, notice)


def _required(text: str, kinds: Mapping[int, Kind]) -> str:
    """The text without what is a bonus: its years say nothing about the level."""
    at, lines = -1, []
    for line in text.split("\n"):
        if kinds[at] is not Kind.NICE:
            lines.append(line)
        at += len(line) + 1
    return "\n".join(lines)


def _topics(
    description: JobDescription, role: _Role, opening: str, first_phrase: str, seed: int, history: History
) -> list[Topic]:
    tasks = tasks_in(description.text) if description.language == ENGLISH else []
    count = _SHAPES[role.level].topics
    if not role.is_software:
        return choose_general(general(tasks, opening, seed), role.level, seed, history)
    if leads_people(role.title):
        return choose_for_leader(
            role.skills,
            tasks,
            opening,
            level=role.level,
            domain=role.domain,
            count=count,
            seed=seed,
            history=history,
        )
    return choose_topics(
        role.skills,
        fallbacks(role.skills, role.domain, opening),
        first_phrase,
        level=role.level,
        domain=role.domain,
        count=count,
        seed=seed,
        history=history,
    )


def _domain_weights(found: Sequence[FoundSkill]) -> Counter[Domain]:
    return Counter(skill.cluster.domain for skill in found if skill.cluster.domain and skill.weight >= ASKED_FOR)


def _competencies(topics: Sequence[Topic]) -> dict[str, Competency]:
    keys = dict.fromkeys(topic.competency for topic in topics)
    return {
        kind.key: Competency(id=f"c{number}", name=kind.name, anchors=kind.anchors)
        for number, kind in enumerate((bank().competencies[key] for key in keys), 1)
    }


def _first_words(description: JobDescription, role: _Role, opening: str) -> tuple[str, str]:
    """The experience the posting asks for, or else what it calls the role; and what of it can be read out."""
    if description.language != ENGLISH:
        return opening, ""
    asked = years_wanted(description.text) if role.is_software else None
    quote = quote_around(description.text, asked.start, asked.end) if asked else ""
    if len(quote.split()) >= 4:
        return quote, quote
    return opening, opening if role.title and (is_quotable(opening) or opening.isalpha()) else ""


def _questions(
    topics: Sequence[Topic],
    competencies: dict[str, Competency],
    first: tuple[str, str],
    quoted: tuple[str, ...],
    level: Level,
    seed: int,
) -> list[Question]:
    shape = _SHAPES[level]
    wanted = [shape.warm_up_s, *[shape.topic_s] * (len(topics) - 1), shape.last_s]
    seconds = fit_seconds(wanted)
    text, pattern = first
    questions = [
        Question(
            id="q1",
            text=text,
            purpose=WARM_UP_PURPOSE,
            competency_id=competencies[topics[0].competency].id,
            jd_phrase=quoted[0],
            follow_ups=WARM_UP_FOLLOW_UPS[level],
            seconds=seconds[0],
        )
    ]
    patterns = [pattern]
    said = [*quoted]
    for number, topic in enumerate(topics, 2):
        skill = topic.skill
        kind = skill.kind if skill.weight else None
        lead, pattern = lead_in(skill.quote, topic.name, patterns, said, seed + number, kind)
        patterns.append(pattern)
        said.append(skill.quote or skill.phrase)
        questions.append(
            Question(
                id=f"q{number}",
                text=f"{lead} {asked_of(topic.question.text, topic.spoken)}",
                purpose=topic.question.purpose,
                competency_id=competencies[topic.competency].id,
                jd_phrase=skill.phrase,
                follow_ups=tuple(asked_of(follow_up, topic.spoken) for follow_up in topic.question.follow_ups),
                seconds=seconds[number - 1],
                template_id=topic.question.id,
            )
        )
    return questions


def _notices(description: JobDescription, role: _Role) -> list[str]:
    notices = [role.level_notice] if role.level_notice else []
    if description.says_little and len(role.skills) < _SKILLS_THAT_TELL:
        notices.append(
            "This says little about the job, so the questions are general. A fuller job description gives better ones."
        )
    names = ", ".join(skill.entry.name for skill in role.skills[:8])
    if description.language != ENGLISH:
        language = "a language Ema does not know" if description.language == UNKNOWN else description.language
        understood = f"Understood from it: {names}." if names else "No skill in it was recognised."
        notices.append(
            f"This job description is in {language}. Ema speaks English and asks in English, without quoting it."
            f" {understood}"
        )
    if not role.is_software:
        notices.append(
            "Ema asks about software work. This reads like another profession, so the questions are general ones that"
            " fit any."
        )
    elif not names:
        notices.append(
            "No technology Ema knows is named here, so the questions are general ones for this kind of role."
        )
    if role.is_software and not role.title:
        notices.append(
            f"The posting gives the role no title; from its skills Ema takes it for “{fallback_title(role.domain)}”."
        )
    return notices
