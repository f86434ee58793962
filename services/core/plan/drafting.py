"""From a model's draft to an interview plan: code decides what of it may be asked, quoted and for how long.

A question stays only when its phrase really stands in the job description and it asks about nothing but the work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel

from services.core.plan.history import NO_HISTORY, History
from services.core.plan.language import ENGLISH, UNKNOWN, can_be_said
from services.core.plan.phrases import is_quotable
from services.core.plan.plan import (
    MAX_FOLLOW_UPS,
    Competency,
    Domain,
    Level,
    Plan,
    Question,
    Skill,
    fit_seconds,
    template_id,
)
from services.core.plan.planning import MAX_SKILLS, plan_for
from services.core.plan.posting import JobDescription
from services.core.report.fairness import prying_words
from services.core.report.injection import addresses_the_rater
from services.core.report.privacy import is_private
from services.core.report.quotes import find_span

COMPETENCIES = (3, 5)
QUESTIONS = (6, 10)
MAX_SPOKEN = 400
"""Characters of one question: more cannot be followed by ear."""
MAX_PHRASE = 200
_QUOTED = re.compile(r"[“\"„]([^“”\"„]+)[”\"“]")

_ASKS = re.compile(
    r"\?|^\W*(?:please |now |first |then )?(?:tell|describe|walk|talk|explain|name|give|take|think|pick|choose|compare"
    r"|show|say|imagine|suppose|sketch|outline|share|recall|list|help|go|let)\b",
    re.IGNORECASE,
)
"""What is said to a candidate asks for something; a statement about them is no question."""


class DraftSkill(BaseModel):
    name: str
    jd_phrase: str


class DraftCompetency(BaseModel):
    name: str
    level_1: str
    level_2: str
    level_3: str
    level_4: str

    @property
    def anchors(self) -> tuple[str, str, str, str]:
        return self.level_1.strip(), self.level_2.strip(), self.level_3.strip(), self.level_4.strip()


class DraftQuestion(BaseModel):
    text: str
    purpose: str
    competency: str
    """The name of one of the competencies."""
    jd_phrase: str
    follow_ups: list[str]
    seconds: int


class PlanDraft(BaseModel):
    role_title: str
    level: Level
    domain: Domain
    skills: list[DraftSkill]
    competencies: list[DraftCompetency]
    questions: list[DraftQuestion]


def plan_from(draft: PlanDraft, description: JobDescription, made_by: str, history: History = NO_HISTORY) -> Plan:
    """Raises ValueError with what is wrong, for whoever wrote the draft, when too little of it may be used."""
    kept = {item.name.strip().casefold(): item for item in draft.competencies if _is_scale(item)}
    questions, faults = _questions(draft.questions, kept, description, history)
    asked = list(dict.fromkeys(item.competency.strip().casefold() for item in questions))
    if len(questions) < QUESTIONS[0]:
        faults.append(f"{len(questions)} usable questions; there must be {QUESTIONS[0]} to {QUESTIONS[1]}.")
    if len(asked) < COMPETENCIES[0]:
        faults.append(f"{len(asked)} usable competencies that questions are about; there must be at least 3.")
    if len(questions) < QUESTIONS[0] or len(asked) < COMPETENCIES[0]:
        raise ValueError(" ".join(faults))
    ids = {name: f"c{number}" for number, name in enumerate(asked, 1)}
    return Plan(
        role_title=_title(draft.role_title, description),
        level=draft.level,
        domain=draft.domain,
        skills=_skills(draft.skills, description.text),
        competencies=tuple(
            Competency(id=ids[name], name=kept[name].name.strip(), anchors=kept[name].anchors) for name in asked
        ),
        questions=tuple(
            _question(number, item, ids, seconds, description.text)
            for number, (item, seconds) in enumerate(
                zip(questions, fit_seconds([item.seconds for item in questions]), strict=True), 1
            )
        ),
        made_by=made_by,
        notices=(*description.notices, *_language_notice(description.language)),
    )


def _is_scale(item: DraftCompetency) -> bool:
    anchors = item.anchors
    whole = 2 <= len(item.name.strip()) <= 60 and all(10 <= len(anchor) <= 300 for anchor in anchors)
    return whole and len(set(anchors)) == len(anchors) and all(map(_may_stand, (item.name, *anchors)))


def _may_stand(words: str) -> bool:
    """As a competency's name or scale, which readers see beside somebody's answers: nobody is told of in it."""
    return _may_be_said((words,)) and not is_private(words) and can_be_said(words)


def _questions(
    drafted: Iterable[DraftQuestion], competencies: dict[str, DraftCompetency], jd: JobDescription, history: History
) -> tuple[list[DraftQuestion], list[str]]:
    """Those that may be asked, and for the others why not."""
    kept: dict[str, DraftQuestion] = {}
    names: set[str] = set()
    faults = []
    for number, item in enumerate(drafted, 1):
        name = item.competency.strip().casefold()
        if fault := _fault(item, name in competencies, jd, history):
            faults.append(f"Question {number}: {fault}.")
        elif len(kept) < QUESTIONS[1] and (name in names or len(names) < COMPETENCIES[1]):
            kept.setdefault(item.text.strip().casefold(), item)
            names.add(name)
    return list(kept.values()), faults


def _fault(item: DraftQuestion, known: bool, jd: JobDescription, history: History) -> str:
    if not 10 <= len(item.text.strip()) <= MAX_SPOKEN:
        return f"its text must have 10 to {MAX_SPOKEN} characters"
    if not known:
        return "its competency is none of the usable ones"
    if not _phrase(item.jd_phrase, jd.text):
        return "its jd_phrase does not stand in the job description word for word"
    if not _ASKS.search(item.text):
        return "its text asks for nothing"
    if not _may_be_said((item.text, item.purpose)):
        return "it must ask about the work alone"
    if not all(_may_be_read_out(quote, jd.language) for quote in _QUOTED.findall(item.text)):
        return "it reads out words that are broken off, not English, or no whole phrase; quote such a phrase or nothing"
    if not can_be_said(item.text):
        return "its text has signs that cannot be read out"
    if template_id(item.text) in history.asked:
        return "it was asked before"
    return ""


def _phrase(phrase: str, jd: str) -> str:
    """The job description's own words for it; "" where they are not its words."""
    found = find_span(phrase, jd) if len(phrase) <= MAX_PHRASE else None
    return " ".join(found.split()).strip(".,;:–- ") if found else ""


def _may_be_read_out(quote: str, language: str) -> bool:
    """A name, or a whole phrase; nothing of a posting that is not in English."""
    is_name = len(quote.split()) == 1 and can_be_said(quote)
    return is_name or (language == ENGLISH and is_quotable(quote))


def _may_be_said(texts: Iterable[str]) -> bool:
    return not any(prying_words(text) or addresses_the_rater(text) for text in texts)


def _title(title: str, description: JobDescription) -> str:
    return _phrase(title, description.text) or plan_for(description).role_title


def _skills(drafted: Iterable[DraftSkill], jd: str) -> tuple[Skill, ...]:
    skills: dict[str, Skill] = {}
    for item in drafted:
        name, phrase = item.name.strip(), _phrase(item.jd_phrase, jd)
        if phrase and 0 < len(name) <= 60 and _may_be_said((name,)):
            named = name if _phrase(name, jd) else phrase
            skills.setdefault(named.casefold(), Skill(name=named, jd_phrase=phrase))
    return tuple(skills.values())[:MAX_SKILLS]


def _question(number: int, item: DraftQuestion, ids: dict[str, str], seconds: int, jd: str) -> Question:
    probes = [text.strip() for text in item.follow_ups if _ASKS.search(text) and 5 <= len(text.strip()) <= MAX_SPOKEN]
    return Question(
        id=f"q{number}",
        text=item.text.strip(),
        purpose=item.purpose.strip()[:MAX_SPOKEN],
        competency_id=ids[item.competency.strip().casefold()],
        jd_phrase=_phrase(item.jd_phrase, jd),
        follow_ups=tuple(probe for probe in probes if _may_be_said((probe,)))[:MAX_FOLLOW_UPS],
        seconds=seconds,
        template_id=template_id(item.text),
    )


def _language_notice(language: str) -> tuple[str, ...]:
    if language == ENGLISH:
        return ()
    named = "a language Ema does not know" if language == UNKNOWN else language
    return (f"This job description is in {named}. Ema speaks English and asks in English.",)
