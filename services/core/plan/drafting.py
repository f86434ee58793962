"""From a model's draft to an interview plan: code decides what of it may be asked, quoted and for how long.

A question stays only when its phrase really stands in the job description and it asks about nothing but the work. What
is no question is chosen, or stands in the job description: no words of a model's own stand beside a person's answers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, Field

from services.core.plan.bank import CompetencyKind, bank, stem, stems
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
from services.core.report.likeness import NEGATION
from services.core.report.privacy import is_private
from services.core.report.quotes import find_span
from services.core.report.rubric import GENERIC_ANCHORS

COMPETENCIES = (3, 5)
QUESTIONS = (6, 10)
MAX_SPOKEN = 400
"""Characters of one question: more cannot be followed by ear."""
MAX_PHRASE = 200
_QUOTED = re.compile(r"[“\"„]([^“”\"„]+)[”\"“]")

MAX_NAME = 60
"""Characters of a competency's or skill's name that is a phrase of the job description."""
MAX_TITLE = 100
MAX_NAME_WORDS = 8
MAX_LEAD_IN = 25
"""Words, quoted ones left out, of a sentence that only leads to a question."""

_BIDS = re.compile(
    r"^\W*(?:please |now |first |then |and |so |next,? |to begin with,? |to start with,? )*(?:tell|describe|walk|talk"
    r"|explain|name|give|take|think|pick|choose|compare|show|say|imagine|suppose|picture|assume|sketch|outline|share"
    r"|recall|list|help|go|let)\b|, (?:please )?(?:(?:tell|walk|talk|take|give|show) me|describe|explain)\b",
    re.IGNORECASE,
)
_ASKING = r"(?:what|which|who|whom|whose|how|why|when|where)(?:['’]s)?"
_TURNED = r"(?:did|do|does|have|had|has|can|could|would|will|are|were|was|is|should|might)(?:n['’]t)?"
_ASKS = re.compile(
    rf"""(?:^\W*|[,:;–—”"]\s*|\b(?:and|but|or|so)\s+)
      (?:(?:(?:in|on|for|with|from|by|to|at|of|about|under|through|after|before|since)\s+)?{_ASKING}
      |{_TURNED}\s+(?:it|its|that|this|there|the|these|those|any\w*|people|users|customers))\b
    |\b(?:{_ASKING}\b(?:\s+\w+){{0,3}}?\s+)?{_TURNED}\s+your?\b(?!\W*(?:say|agree|think)?\W*\?)""",
    re.IGNORECASE | re.VERBOSE,
)
"""In a sentence that ends in a question mark: where a clause begins, or put to the candidate. A statement with "right?"
or "do you?" behind it asks nothing."""
_SMALL = (
    "a an the this that these those it its it's there here of in on at for with from by to into as and or but so if"
    " when while which what who where how all any each every both some many much more most other also just only very"
    " is are be will would can could may might must should has have had does do was were been being get gets"
    " you you'll you'd we we'll we're us our ours i i'd i'll i'm me my let's let now then next first second third last"
    " finally again about around between across over under part parts one two three few lot bit big large important"
    " main key central daily day great good thanks thank okay well please somebody someone people"
    " role job position posting description listing advert team teams company work works working"
    " say says said mention mentions mentioned name names named ask asks asked list lists need needs require requires"
    " involve involves include includes read reads describe describes speak speaks talk talks come comes turn go going"
    " move use uses run runs look looks like want wants"
    " question questions topic topics subject subjects area areas start begin continue back"
)
_LEADING = frozenset(_SMALL.split())
"""What a sentence about a job says beside the job description's own words."""
_OPENS = re.compile(
    r"""^\W*(?:(?:great|good|okay|thanks|thank\ you|well|now|next|then|finally)\W+)*
      (?:on\ to|(?:let['’]s|let\ us|(?:we|i)(?:['’]ll|\ will)|(?:we|i)(?:['’]d|\ would)\ like\ to)\ (?:now\ |next\ )?
      (?:turn|move|talk|go|come|look|start|switch|begin|speak|hear))\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Names the next subject, whatever it is."""
MAX_SUBJECT = 6
"""Words of it."""
_OF_SOMEBODY = re.compile(
    r"\byou\b(?!['’](?:ll|d)\b| (?:will|would|may|might|can|could|get|are going|work)\b)|\byours?\b"
    r"|\b(?:this|the) (?:engineer|developer|architect|manager|analyst|administrator|consultant|person)\b",
    re.IGNORECASE,
)
"""You, without what the job will be: nobody has said anything yet."""
_WORD = re.compile(r"\w[\w'’.+#/-]*\w|\w[+#]*")
_SENTENCE_END = re.compile(r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\betc\.)(?<!\bvs\.)(?<=[.!?])\s+")
_SPOKEN_OF = re.compile(
    r"\b(?:he|she|him|his|hers?|(?:the|this|that) (?:candidate|applicant|interviewee|person|individual))\b",
    re.IGNORECASE,
)
"""Questions are put to the candidate; who else would be told of in one is nobody's to name before they have spoken."""
_OF_A_SENTENCE = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being|has|have|had|does|do|did|will|would|can|cannot|could|should|must|may|might"
    r"|shall|not|no|never|nor|none|nobody|without|my|we|you|he|she|him|his|her|they|them|their|who|whoever"
    r"|candidates?|applicants?|interviewees?)\b|n['’]t\b|[!?;:]|\.\s",
    re.IGNORECASE,
)
"""What no name of a thing has: a verb of being or doing, a negation, somebody."""


def _of_the_bank(schema: dict[str, Any]) -> None:
    schema["enum"] = [*bank().competencies, OTHER]


OTHER = "other"
"""No kind of the bank: the job is of another profession."""


class DraftSkill(BaseModel):
    name: str
    jd_phrase: str


class DraftCompetency(BaseModel):
    kind: Annotated[str, Field(json_schema_extra=_of_the_bank)] = OTHER
    """A key of the bank's competencies, or `OTHER`."""
    name: str = ""
    """Of another kind: words of the job description."""


class DraftQuestion(BaseModel):
    text: str
    competency: str
    """The kind of one of the competencies, or its name."""
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
    scales = _scales(draft.competencies, description)
    questions, faults = _questions(draft.questions, scales, description, history)
    asked = list(dict.fromkeys(scale for _, scale in questions))
    if len(questions) < QUESTIONS[0]:
        faults.append(f"{len(questions)} usable questions; there must be {QUESTIONS[0]} to {QUESTIONS[1]}.")
    if len(asked) < COMPETENCIES[0]:
        faults.append(f"{len(asked)} usable competencies that questions are about; there must be at least 3.")
    if len(questions) < QUESTIONS[0] or len(asked) < COMPETENCIES[0]:
        raise ValueError(" ".join(faults))
    competencies = {
        scale: Competency(id=f"c{number}", name=scale.name, anchors=scale.anchors)
        for number, scale in enumerate(asked, 1)
    }
    return Plan(
        role_title=_title(draft.role_title, description),
        level=draft.level,
        domain=draft.domain,
        skills=_skills(draft.skills, description.text),
        competencies=tuple(competencies.values()),
        questions=tuple(
            _question(number, item, competencies[scale], seconds, description.text)
            for number, ((item, scale), seconds) in enumerate(
                zip(questions, fit_seconds([item.seconds for item, _ in questions]), strict=True), 1
            )
        ),
        made_by=made_by,
        notices=(*description.notices, *_language_notice(description.language)),
    )


class _Scale(NamedTuple):
    """A competency's name and levels: the bank's, or words of the job description and the general scale."""

    name: str
    anchors: tuple[str, str, str, str]


def _scales(drafted: Iterable[DraftCompetency], description: JobDescription) -> dict[str, _Scale]:
    """By all that a question may call them."""
    scales: dict[str, _Scale] = {}
    for item in drafted:
        if scale := _bank_scale(item) or _own_scale(item.name, description):
            for called in filter(None, map(_called, (item.kind, item.name, scale.name))):
                scales.setdefault(called, scale)
    return scales


def _bank_scale(item: DraftCompetency) -> _Scale | None:
    kind = _kind(item)
    return _Scale(kind.name, kind.anchors) if kind else None


def _called(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def _kind(item: DraftCompetency) -> CompetencyKind | None:
    """The one that is chosen, or else that whose name, in any order of its words, is given."""
    key = item.kind.strip().casefold().replace(" ", "_")
    by_name = _kinds_by_name()
    return bank().competencies.get(key) or by_name.get(_words(item.name)) or by_name.get(_words(item.kind))


@functools.cache
def _kinds_by_name() -> Mapping[frozenset[str], CompetencyKind]:
    return {_words(kind.name): kind for kind in bank().competencies.values()}


def _words(name: str) -> frozenset[str]:
    return stems(re.sub(r"[^\w\s]|\band\b", " ", name.casefold()))


def _own_scale(name: str, description: JobDescription) -> _Scale | None:
    """Of another profession; the plan is in English, so that a foreign job description has none."""
    found = _name(name, description.text) if description.language == ENGLISH else ""
    if len(found) < 2 or not can_be_said(found):
        return None
    return _Scale(found if found[1].isupper() else found[0].upper() + found[1:], GENERIC_ANCHORS)


def _name(words: str, jd: str, most: int = MAX_NAME) -> str:
    """The job description's own words, where they are a name: no part of a sentence, nothing told of anybody."""
    found = find_span(words, jd) if len(words) <= most else None
    name = " ".join((found or "").split()).strip(".,;:–- ")
    if not 1 <= len(name) <= most or len(name.split()) > MAX_NAME_WORDS or "\n" in (found or "") or _is_told(name):
        return ""
    return name if not is_private(name) and _may_be_said((name,)) else ""


def _is_told(name: str) -> bool:
    """Whether it is part of a sentence. Abbreviations ("CAN bus", "DO-178C") are no words of one."""
    words = name.split()
    plain = [word for word in words if not word.isupper()] or words
    return len(words) > 1 and bool(_OF_A_SENTENCE.search(" ".join(plain)))


def _questions(
    drafted: Iterable[DraftQuestion], scales: Mapping[str, _Scale], jd: JobDescription, history: History
) -> tuple[list[tuple[DraftQuestion, _Scale]], list[str]]:
    """Those that may be asked, each with what it is for, and for the others why not."""
    kept: dict[str, tuple[DraftQuestion, _Scale]] = {}
    used: set[_Scale] = set()
    faults = []
    for number, item in enumerate(drafted, 1):
        scale = scales.get(_called(item.competency)) or _bank_scale(DraftCompetency(kind=item.competency))
        fault = _fault(item, jd, history)
        if fault or not scale:
            faults.append(f"Question {number}: {fault or 'its competency is none of the usable ones'}.")
        elif len(kept) < QUESTIONS[1] and (scale in used or len(used) < COMPETENCIES[1]):
            kept.setdefault(item.text.strip().casefold(), (item, scale))
            used.add(scale)
    return list(kept.values()), faults


def _fault(item: DraftQuestion, jd: JobDescription, history: History) -> str:
    if not 10 <= len(item.text.strip()) <= MAX_SPOKEN:
        return f"its text must have 10 to {MAX_SPOKEN} characters"
    if not _phrase(item.jd_phrase, jd.text):
        return "its jd_phrase does not stand in the job description word for word"
    if not _is_question(item.text, jd.text):
        return "each sentence must ask, name the next subject, or say what the job is in the job description's words"
    if not _may_be_said((item.text,)):
        return "it must ask about the work alone"
    if not all(_may_be_read_out(quote, jd.language) for quote in _QUOTED.findall(item.text)):
        return "it reads out words that are broken off, not English, or no whole phrase; quote such a phrase or nothing"
    if not can_be_said(item.text):
        return "its text has signs that cannot be read out"
    if template_id(item.text) in history.asked:
        return "it was asked before"
    return ""


def _is_question(text: str, jd: str) -> bool:
    """Whether all it says asks the candidate for something, or leads to that with words of the job description."""
    sentences = _SENTENCE_END.split(text.strip())
    asked = [bool(_BIDS.search(one) or (one.endswith("?") and _ASKS.search(one))) for one in sentences]
    leads = (asks or _leads_in(one, jd) for one, asks in zip(sentences, asked, strict=True))
    return any(asked) and all(leads) and not _SPOKEN_OF.search(_QUOTED.sub("", text))


def _leads_in(sentence: str, jd: str) -> bool:
    """Whether it names the next subject, or tells of the job alone, in small words and the job description's own."""
    if _OF_SOMEBODY.search(sentence) or not all(_phrase(quote, jd) for quote in _QUOTED.findall(sentence)):
        return False
    around = _words_of(_QUOTED.sub("", sentence))
    if opening := _OPENS.match(sentence):
        return len(_words_of(sentence[opening.end() :])) <= MAX_SUBJECT and not any(map(_denies, around))
    described = _words_of(jd)
    named, met = stems(" ".join(described)), set(pairwise(described))
    denied = any(_denies(word) and (word, after) not in met for word, after in pairwise([*around, ""]))
    return len(around) <= MAX_LEAD_IN and not denied and all(word in _LEADING or stem(word) in named for word in around)


def _words_of(text: str) -> list[str]:
    return [word.replace("’", "'").casefold() for word in _WORD.findall(text)]


def _denies(word: str) -> bool:
    return bool(NEGATION.fullmatch(word))


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
    return _name(title, description.text, MAX_TITLE) or plan_for(description).role_title


def _skills(drafted: Iterable[DraftSkill], jd: str) -> tuple[Skill, ...]:
    skills: dict[str, Skill] = {}
    for item in drafted:
        phrase = _phrase(item.jd_phrase, jd)
        may_stand = phrase and 0 < len(item.name.strip()) <= MAX_NAME and _may_be_said((item.name,))
        if named := may_stand and (_name(item.name, jd) or _name(item.jd_phrase, jd)):
            skills.setdefault(named.casefold(), Skill(name=named, jd_phrase=phrase))
    return tuple(skills.values())[:MAX_SKILLS]


def _question(number: int, item: DraftQuestion, competency: Competency, seconds: int, jd: str) -> Question:
    phrase = _phrase(item.jd_phrase, jd)
    probes = [text.strip() for text in item.follow_ups if 5 <= len(text.strip()) <= MAX_SPOKEN]
    return Question(
        id=f"q{number}",
        text=item.text.strip(),
        purpose=f"{competency.name}: what they did and decided themselves on “{phrase}”, and what it cost.",
        competency_id=competency.id,
        jd_phrase=phrase,
        follow_ups=tuple(text for text in probes if _is_question(text, jd) and _may_be_said((text,)))[:MAX_FOLLOW_UPS],
        seconds=seconds,
        template_id=template_id(item.text),
    )


def _language_notice(language: str) -> tuple[str, ...]:
    if language == ENGLISH:
        return ()
    named = "a language Ema does not know" if language == UNKNOWN else language
    return (f"This job description is in {named}. Ema speaks English and asks in English.",)
