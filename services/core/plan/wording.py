"""How Ema leads into a question with the job description's own words, so that it sounds spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from services.core.plan.plan import Level


class Form(Enum):
    """What kind of words a phrase begins with."""

    TASK = "task"
    DOING = "doing"
    BEING = "being"
    ASKED = "asked"
    NAMED = "named"


_VERBS = (
    "act administer advise analyse analyze architect assist automate bring build care challenge champion coach"
    " collaborate coordinate contribute create debug define deliver demo deploy design develop document drive enable"
    " engage ensure establish evaluate evolve explain extend facilitate foster gather grow guide handle help"
    " identify implement improve influence integrate introduce investigate join keep lead learn maintain make manage"
    " mentor migrate model modernise modernize monitor move operate optimise optimize orchestrate own participate"
    " partner perform plan port prepare present prioritise prioritize promote prototype provide reduce refactor"
    " release replace research resolve review rewrite run scale secure set shape share ship solve specify"
    " standardise stay steer streamline support take taken test train translate troubleshoot tune understand update"
    " use validate verify watch work write"
)
_TASK_VERBS = frozenset(_VERBS.split())
_ASKED_WORDS = (
    r"knowledge|understanding|familiarity|proficiency|expertise|command|background|grasp|habit|fluency|solid"
    r"|strong|deep|excellent"
    r"|good|sound|proven|hands-on|practical|working knowledge|basic|advanced|demonstrated|extensive|record|track"
    r" record|first|some"
    r"|passion|care for|willingness|interest|degree|around \d|at least|minimum|\d+\S* (?:or more |to \d+ )?years"
    r"|several years|an?|experience"
)
_ASKED = re.compile(rf"(?:{_ASKED_WORDS})\b|\S+ (?:experience|knowledge|skills|fundamentals)\b", re.IGNORECASE)
_BEING = re.compile(
    r"(?:comfortable|fluent|proficient|experienced|familiar|skilled|at home|able|used to|curious|confident|versed)\b",
    re.IGNORECASE,
)
_NOUNS_IN_ING = frozenset(
    {"engineering", "monitoring", "networking", "testing", "logging", "computing", "scripting", "caching"}
)

_NOUN_AFTER_ALL = re.compile(
    r"secure boot|(?:model|test|design|support|plan|release|care|train) (?:for|of|systems?|engineer\w*)\b", re.I
)
_RUN = 5
"""Words in a row that were heard before make a phrase sound like a repetition."""
_ARTICLE = re.compile(r"\ba \{skill\}")
_VOWEL = re.compile(r"(?!uni|use|eu|one)[aeiou]", re.IGNORECASE)
_LATER = re.compile(r"\b(?:also|another|next|turn)\b", re.IGNORECASE)

_BY_NAME = (
    "Now {skill}.",
    "On to {skill}.",
    "Let us come to {skill}.",
    "The next subject is {skill}.",
    "A question about {skill}.",
    "I would also like to hear about {skill}.",
)
"""For words quoted before: only what of them the question is about."""
_LEADS = {
    Form.TASK: (
        "Part of this job is to “{phrase}”.",
        "You would “{phrase}” here.",
        "The job description says that you will “{phrase}”.",
        "One task in this role is to “{phrase}”.",
        "The team wants someone to “{phrase}”.",
        "Another part of the work is to “{phrase}”.",
        "You would also “{phrase}”.",
    ),
    Form.DOING: (
        "This job involves “{phrase}”.",
        "The work includes “{phrase}”.",
        "The job description speaks of “{phrase}”.",
        "The team writes of “{phrase}”.",
    ),
    Form.BEING: (
        "The team hopes that you are “{phrase}”.",
        "You should be “{phrase}”.",
        "The job description wants you to be “{phrase}”.",
    ),
    Form.ASKED: (
        "The job description asks for “{phrase}”.",
        "The team is looking for “{phrase}”.",
        "One thing they hope for is “{phrase}”.",
        "The team also asks for “{phrase}”.",
        "On their list I see “{phrase}”.",
    ),
    Form.NAMED: (
        "The job description mentions “{phrase}”.",
        "Let us turn to “{phrase}”.",
        "I see “{phrase}” in the job description.",
        "Let us talk about “{phrase}”.",
        "Next, “{phrase}”.",
        "Another topic is “{phrase}”.",
        "The job description also mentions “{phrase}”.",
    ),
}
_WARM_UPS = {
    Level.MID: (
        "Let us start with your own work. {lead} Tell me about the project that comes closest to that.",
        "To begin with, I would like to know what you have been building. {lead} Which project of yours is nearest"
        " to that?",
        "Let us begin with something you know well. {lead} Walk me through a piece of your own work that fits.",
    ),
    Level.SENIOR: (
        "Let us start with your own work. {lead} Tell me about the system you know best that comes close to that.",
        "To begin with, I would like to hear what you have been responsible for. {lead} Which of your projects is"
        " nearest to that?",
        "Let us begin with something you carried yourself. {lead} Walk me through the project that fits best.",
    ),
    Level.STAFF: (
        "Let us start with the larger picture. {lead} Tell me about the work of yours that comes closest, and who"
        " depended on it.",
        "To begin with, I would like to understand the scope you have had. {lead} Which effort of yours is nearest"
        " to that?",
        "Let us begin with something that reached beyond one team. {lead} Walk me through the work of yours that"
        " fits best.",
    ),
}
_GENERAL_WARM_UP = "Let us start with your own work. {lead} Tell me about the work of yours that comes closest to that."
WARM_UP_FOLLOW_UPS = {
    Level.MID: ("Which part of it did you do yourself?", "What came of it in the end?"),
    Level.SENIOR: ("Which decision in it was yours?", "How did you know that it had worked?"),
    Level.STAFF: ("What did you decide, and what did you leave to others?", "What was different a year later?"),
}
WARM_UP_PURPOSE = "A way in: their own most relevant work, their part in it and what came of it."


def form_of(phrase: str) -> Form:
    first = phrase.split()[0].casefold().strip(",;:")
    if first in _TASK_VERBS and not _NOUN_AFTER_ALL.match(phrase):
        return Form.TASK
    if _BEING.match(phrase):
        return Form.BEING
    if first.endswith("ing") and len(first) > 5 and first not in _NOUNS_IN_ING and not _ASKED.match(phrase):
        return Form.DOING
    return Form.ASKED if _ASKED.match(phrase) else Form.NAMED


def lead_in(phrase: str, skill: str, used: Sequence[str], quoted: Sequence[str], turn: int) -> tuple[str, str]:
    """A sentence that quotes the phrase, or names the skill where its words were quoted before, and its pattern.

    Avoids the patterns already used.
    """
    patterns = _BY_NAME if _is_worn(phrase, quoted) else _LEADS[form_of(phrase)]
    rotated = [patterns[(turn + step) % len(patterns)] for step in range(len(patterns))]
    in_place = [pattern for pattern in rotated if len(used) > 2 or not _LATER.search(pattern)]
    pattern = next((pattern for pattern in in_place if pattern not in used), in_place[0])
    return pattern.format(phrase=spoken(phrase), skill=skill), pattern


def _is_worn(phrase: str, quoted: Sequence[str]) -> bool:
    said = phrase.casefold()
    words = said.split()
    runs = [" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]
    return any(
        said in heard or (" " in heard and heard in said) or any(run in heard for run in runs)
        for heard in map(str.casefold, quoted)
    )


def warm_up(level: Level, phrase: str, turn: int, *, general: bool = False) -> tuple[str, str]:
    """The first question, and the pattern of its lead-in."""
    lead, pattern = lead_in(phrase, "", (), (), turn)
    patterns = (_GENERAL_WARM_UP,) if general else _WARM_UPS[level]
    return patterns[turn % len(patterns)].format(lead=lead), pattern


def asked_of(text: str, skill: str) -> str:
    """The question about this skill, with the article its name asks for."""
    article = "an" if _VOWEL.match(skill) else "a"
    return _ARTICLE.sub(f"{article} {{skill}}", text).format(skill=skill)


def spoken(phrase: str) -> str:
    """As quoted in the middle of a sentence: no capital that only opened a line."""
    first = phrase.split(" ", 1)[0]
    opens_a_line = first[:1].isupper() and first[1:] == first[1:].lower()
    return phrase[0].lower() + phrase[1:] if opens_a_line and form_of(phrase) is not Form.NAMED else phrase
