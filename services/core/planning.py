"""From a job description to an interview plan, by rules: the same text always gives the same plan."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.core.job_description import JobDescription, read_job_description
from services.core.language import ENGLISH, UNKNOWN
from services.core.phrases import phrase_around
from services.core.plan import Competency, Domain, Level, Plan, Question, Skill
from services.core.role import domain_of, fallback_title, level_of, title_in, years_wanted
from services.core.skill_bank import COMPETENCIES
from services.core.topics import Found, Topic, choose_topics, opening_words, read_skills
from services.core.wording import WARM_UP_FOLLOW_UPS, WARM_UP_PURPOSE, lead_in, warm_up

MADE_BY = "rule-based, offline"
MAX_SKILLS = 16


@dataclass(frozen=True, slots=True)
class _Shape:
    """How many topics a level gets after the warm-up, and how long each question may take."""

    topics: int
    warm_up_s: int
    topic_s: int
    last_s: int


_SHAPES = {
    Level.MID: _Shape(topics=7, warm_up_s=90, topic_s=100, last_s=110),
    Level.SENIOR: _Shape(topics=6, warm_up_s=90, topic_s=120, last_s=120),
    Level.STAFF: _Shape(topics=5, warm_up_s=90, topic_s=140, last_s=150),
}


def make_plan(raw: str) -> Plan:
    """Raises JobDescriptionRefused."""
    return plan_for(read_job_description(raw))


def plan_for(description: JobDescription) -> Plan:
    text = description.text
    title = title_in(text)
    found = read_skills(text, title)
    domain = domain_of(title, _domain_weights(found))
    level, level_notice = level_of(title, text)
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    opening = opening_words(text, title)
    first_phrase = _first_phrase(text, opening)
    topics = choose_topics(
        found, opening, first_phrase, level=level, domain=domain, count=_SHAPES[level].topics, seed=seed
    )
    competencies = _competencies(topics)
    role_title = title or fallback_title(domain)
    return Plan(
        role_title=role_title,
        level=level,
        domain=domain,
        skills=tuple(Skill(name=skill.entry.name, jd_phrase=skill.phrase) for skill in found[:MAX_SKILLS]),
        competencies=tuple(competencies.values()),
        questions=tuple(_questions(topics, competencies, first_phrase, level, seed)),
        made_by=MADE_BY,
        notices=(*description.notices, *_notices(description, found, level_notice)),
    )


def _domain_weights(found: Sequence[Found]) -> Counter[Domain]:
    return Counter(skill.cluster.domain for skill in found if skill.cluster.domain and skill.weight >= 1)


def _competencies(topics: Sequence[Topic]) -> dict[str, Competency]:
    keys = dict.fromkeys(topic.cluster.competency for topic in topics)
    return {
        key: Competency(id=f"c{number}", name=COMPETENCIES[key].name, anchors=COMPETENCIES[key].anchors)
        for number, key in enumerate(keys, 1)
    }


def _first_phrase(text: str, opening: str) -> str:
    """The experience the posting asks for, or else what it calls the role."""
    asked = years_wanted(text)
    phrase = phrase_around(text, asked.start, asked.end) if asked else ""
    return phrase if len(phrase.split()) >= 4 else opening


def _questions(
    topics: Sequence[Topic], competencies: dict[str, Competency], first_phrase: str, level: Level, seed: int
) -> list[Question]:
    shape = _SHAPES[level]
    text, pattern = warm_up(level, first_phrase, seed)
    questions = [
        Question(
            id="q1",
            text=text,
            purpose=WARM_UP_PURPOSE,
            competency_id=competencies[topics[0].cluster.competency].id,
            jd_phrase=first_phrase,
            follow_ups=WARM_UP_FOLLOW_UPS[level],
            seconds=shape.warm_up_s,
        )
    ]
    patterns = [pattern]
    for number, topic in enumerate(topics, 2):
        quoted = [question.jd_phrase for question in questions]
        lead, pattern = lead_in(topic.phrase, patterns, quoted, seed + number)
        patterns.append(pattern)
        questions.append(
            Question(
                id=f"q{number}",
                text=f"{lead} {topic.shape.text.format(skill=topic.skill)}",
                purpose=topic.shape.purpose,
                competency_id=competencies[topic.cluster.competency].id,
                jd_phrase=topic.phrase,
                follow_ups=tuple(follow_up.format(skill=topic.skill) for follow_up in topic.shape.follow_ups),
                seconds=shape.last_s if number > len(topics) else shape.topic_s,
            )
        )
    return questions


def _notices(description: JobDescription, found: Sequence[Found], level_notice: str) -> list[str]:
    notices = [level_notice] if level_notice else []
    names = ", ".join(skill.entry.name for skill in found[:8])
    if description.language != ENGLISH:
        language = "a language Ema does not know" if description.language == UNKNOWN else description.language
        understood = f"Understood from it: {names}." if names else "No skill in it was recognised."
        notices.append(
            f"This job description is in {language}. Ema speaks English and asks in English, quoting its own words."
            f" {understood}"
        )
    if not names:
        notices.append(
            "No technology Ema knows is named here, so the questions are general ones for this kind of role."
        )
    return notices
