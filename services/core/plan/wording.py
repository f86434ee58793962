"""How Ema leads into a question with the job description's own words, so that it sounds spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from services.core.plan.plan import Level
from services.core.plan.sections import Kind


class Form(Enum):
    """What kind of words a phrase begins with."""

    TASK = "task"
    DOING = "doing"
    BEING = "being"
    ASKED = "asked"
    NAMED = "named"


_VERBS = (
    "accelerate act adapt administer adopt advance advise align analyse analyze answer apply architect arrange assess"
    " assist attend audit author automate benchmark bring build calibrate care challenge champion check clarify"
    " clean close coach collaborate collect communicate compare conduct configure connect consult contribute"
    " convert coordinate craft create cut deal debug decide define deliver demo deploy design detect determine"
    " develop diagnose direct document draft draw drive educate enable encourage enforce engage enhance ensure"
    " escalate establish estimate evaluate evolve examine execute expand explain explore extend facilitate fix"
    " forecast formulate foster gather generate grow guard guide handle harden help hire hold hunt identify"
    " implement improve"
    " influence inform innovate inspect install instrument integrate interpret introduce investigate iterate join"
    " keep launch lead learn leverage liaise listen maintain make manage map measure meet mentor migrate model"
    " modernise modernize modify monitor move negotiate offer onboard operate optimise optimize orchestrate"
    " organise organize oversee own participate partner perform pilot plan port prepare present prioritise"
    " prioritize produce promote propose protect prototype provide provision publish raise recommend reconcile"
    " recruit reduce refactor refine release remediate repair replace replicate report represent reproduce"
    " research resolve respond restore retire review rewrite run scale schedule secure select send serve set shape"
    " share ship simplify simulate solve specify spot standardise start stay steer stop streamline strengthen"
    " structure supervise support sustain tailor take taken teach test track train translate triage troubleshoot"
    " tune turn unblock uncover understand update upgrade use validate verify visit visualise visualize watch work"
    " write"
)
_TASK_VERBS = frozenset(_VERBS.split())
_ASKED_WORDS = (
    r"knowledge|understanding|familiarity|proficiency|expertise|command|background|grasp|habit|fluency|solid"
    r"|strong|deep|excellent"
    r"|good|sound|proven|hands-on|practical|working knowledge|basic|advanced|demonstrated|extensive|record|track"
    r" record|first|some"
    r"|passion|care for|willingness|interest|degree|around \d|at least|minimum"
    r"|\d{1,3}\S{0,9} (?:or more |to \d{1,3} )?years"
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
_BY_REASON = {
    Kind.MUST: (
        "Experience with {skill} is on their list of requirements.",
        "They ask for experience with {skill}.",
        "The job description asks for experience with {skill}.",
        "Among their requirements is {skill}.",
    ),
    Kind.TASKS: (
        "Part of the work here is {skill}.",
        "The tasks they list include {skill}.",
        "In this role you would deal with {skill}.",
    ),
    Kind.NICE: (
        "Experience with {skill} would be a plus here.",
        "They would be glad of experience with {skill}.",
        "Not required, but welcome here, is {skill}.",
    ),
    Kind.SUMMARY: (
        "The job description mentions {skill}.",
        "What they write about the role includes {skill}.",
        "In their description of the role I find {skill}.",
    ),
}
"""For words that cannot be read out: the skill, and where the posting asks for it."""
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
_BARE_WARM_UPS = (
    "Let us start with your own work. Tell me about the project of yours that comes closest to this role.",
    "To begin with, I would like to hear about your own work. Which project of yours is nearest to this role?",
    "Let us begin with something you know well. Walk me through a piece of your own work that fits this role.",
)
"""Where nothing of the posting can be read out."""
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


def lead_in(
    phrase: str, skill: str, used: Sequence[str], quoted: Sequence[str], turn: int, kind: Kind | None = None
) -> tuple[str, str]:
    """A sentence that quotes the phrase, and its pattern; one that names the skill where there is no phrase, or its
    words were quoted before. `kind` is the section that asks for the skill.

    Avoids the patterns already used.
    """
    if phrase and not _is_worn(phrase, quoted):
        patterns = _LEADS[form_of(phrase)]
    else:
        patterns = _BY_REASON.get(kind, _BY_NAME) if kind else _BY_NAME
    rotated = [patterns[(turn + step) % len(patterns)] for step in range(len(patterns))]
    in_place = [pattern for pattern in rotated if len(used) > 2 or not _LATER.search(pattern)]
    fresh = [pattern for pattern in in_place if pattern not in used]
    others = [
        pattern for pattern in _BY_NAME if pattern not in used and not (len(used) <= 2 and _LATER.search(pattern))
    ]
    pattern = (fresh or (others if "{skill}" in patterns[0] else []) or in_place)[0]
    return pattern.format(phrase=spoken(phrase) if phrase else "", skill=skill), pattern


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
    lead, pattern = lead_in(phrase, "", (), (), turn) if phrase else ("", "")
    patterns = (_GENERAL_WARM_UP,) if general else _WARM_UPS[level] if phrase else _BARE_WARM_UPS
    text = patterns[turn % len(patterns)] if phrase or not general else _BARE_WARM_UPS[turn % len(_BARE_WARM_UPS)]
    return text.format(lead=lead), pattern


def asked_of(text: str, skill: str) -> str:
    """The question about this skill, with the article its name asks for."""
    article = "an" if _VOWEL.match(skill) else "a"
    return _ARTICLE.sub(f"{article} {{skill}}", text).format(skill=skill)


def spoken(phrase: str) -> str:
    """As quoted in the middle of a sentence: no capital that only opened a line."""
    first = phrase.split(" ", 1)[0]
    opens_a_line = first[:1].isupper() and first[1:] == first[1:].lower()
    return phrase[0].lower() + phrase[1:] if opens_a_line and form_of(phrase) is not Form.NAMED else phrase
