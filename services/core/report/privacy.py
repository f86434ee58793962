"""Private and confidential words, left out before anything reads them: neither a model, nor a quote, nor an export.

What has a form (e-mail, phone, keys) is found at the edge by libraries; here stands what has none, found clause by
clause: health, family, age, faith, origin, right to work, union, accommodation, credentials, secrets, blame by name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from services.core.plan.bank import bank
from services.core.report.clauses import MASK, spans_of
from services.core.report.fairness import is_personal, of_people

_HEALTH = (
    r"pregnan\w+|expecting (?:a|our|my)|due (?:date|in \w+) (?:with|of) (?:my|our)|miscarr\w+|chemo\w*"
    r"|diagnos\w+ (?:with|as)"
    r"|adhd|autis\w+|dyslex\w+|bipolar|depress(?:ion|ed)|anxiety|burn-?out|panic attacks?|therap(?:y|ist)|psychiatr\w+"
    r"|cancer|tumou?r|diabet\w+|epilep\w+|migraines?|deaf|hearing aids?|blind in|medication"
    r"|disabilit\w+"
    r"|in (?:hospital|rehab)|sick leave|chronic\w*|hiv|long covid"
)
_FAMILY = (
    r"my (?:wife|husband|spouse|girlfriend|boyfriend|fianc\w+|kids?|child|children|son|daughter|baby|twins|mum"
    r"|mom|mother"
    r"|dad|father|parents|family|divorce|marriage|wedding)|maternity|paternity|parental leave|single (?:mother"
    r"|father|parent)"
    r"|i(?:'m| am) (?:married|divorced|widowed|gay|lesbian|bisexual|trans\w*|non-?binary|queer)|childcare|my ex\b"
)
_AGE = (
    r"i(?:'m| am| was| turn(?:ed)?| just turned) (?:almost |nearly )?(?:\d{2}|(?:twenty|thirty|forty|fifty"
    r"|sixty)[\w-]*)"
    r"(?: years old| this| last| next|[,.!?]|$)|years old|my age|born in (?:19|20)\d\d|too old|retire in"
)
_FAITH = (
    r"my faith|my religio\w+"
    r"|(?:i'm|i am|as an?) (?:practi[sc]ing |devout )?(?:muslim|jew(?:ish)?|christian|catholic|hindu|sikh"
    r"|buddhist|atheist)"
)
_ORIGIN = (
    r"my (?:home country|nationality|accent|skin|ethnic\w*|mother tongue)|i (?:come"
    r"|am) from (?!the\b)"
    r"|grew up in|green card|h-?1b|citizenship|sponsorship|deport\w+"
)
_PLACES_IN_LIFE = (
    r"church|mosque|synagogue|temple|ramadan|sabbath|shabbat|pray(?:er|ing|s)?\b|immigra\w+|refugees?|asylum|visa"
    r"|work permit|residence permit|wheelchair|surgery|screen reader|sign language"
)
"""Of private life, but for "the" one among customers and users where nobody in particular is spoken of."""
_UNION = (
    r"trade union|(?:labou?r |my |the )union (?:rep\w*|member\w*|organi\w+)|unioni[sz]\w*|works council"
    r"|on strike|shop steward"
)
_ACCOMMODATION = (
    r"accommodations?|i (?:need|get|require|use) (?:extra|more) time (?:because|due|for my)"
    r"|i (?:need|require) (?:breaks|captions|an interpreter)|i have trouble (?:hearing|seeing|reading|speaking)"
)
_CONFIDENCE = r"under (?:an? )?nda|non-disclosure|confidential\w*"
_HANDLED = (
    r"(?:(?:not|never|always|only|also|then|now|already|automatically|usually) )*(?:[a-z]+(?:ed|en|ing)|kept|read|sent"
    r"|set|held|put|shown|lost|built|made|found|left|an?|the|one|in|on|at|per|part of|for|too|required|optional|wrong"
    r"|invalid|valid|long|short|weak|strong|visible|gone|missing|unique|different)\b"
)
"""What is done to a secret, or said about it, in place of the secret itself."""
_CONTACT = r"(?:address|phone|number|e-?mail)"
_SECRETS = (
    r"(?:the |our |my |their )?(?:pass ?(?:word|phrase|code)|api key|secret(?: key)?|access token|pin(?: code)?"
    r"|credentials)"
    r"(?: \w+){0,4}? (?:is|was|were|are|:|=) ?"
    rf"(?!{_HANDLED})\S+|(?:pass ?(?:word|phrase|code)|api key|secret|pin)\b[^.;!?]{{0,60}}"
    r" (?:is|was|:|=) ?(?=\S*\d)\S{4,}"
    r"|off the record"
    r"|between (?:us|you and me)|not (?:yet )?(?:public|announced)|unannounced|(?:not|n't) (?:supposed"
    r"|allowed) to (?:say|tell)"
    r"|trade secret|my (?:current |previous |last )?salary"
    r"|i (?:earn|make) (?:[$€£]|\d[\d.,]*+(?! *[a-z]+s\b(?<!euros)(?<!dollars)(?<!pounds)))"
    rf"|my {_CONTACT} is|the {_CONTACT} is (?!{_HANDLED})"
    r"|\w+ at \w+ dot (?:com|org|net|io|de|in)\b|i live (?:in|at|on)"
)
_BLAME = (
    r"(?:incompetent|drunk\w*|alcoholic|lazy|idiot\w*|useless|stupid|liar|lies|lied|bull(?:y|ied)|harass\w+"
    r"|crazy|insane|corrupt"
    r"|toxic|narcissis\w+|racist|sexist|stole|fired for|affair|creep\w*|moron|hopeless)"
)
_PEOPLE = (
    r"(?:my|our|the|a) (?:(?:old|former|ex|previous|last|new) )?(?:manager|boss|lead|director|cto|ceo|vp"
    r"|colleague|co-?worker"
    r"|team ?mate|supervisor|founder|hr)|he|she"
)
_NAMED_BLAME = re.compile(rf"\b([A-Z][a-z]+)\b(?=[^.;!?]{{0,60}}\b{_BLAME}\b)")
_THINGS = (
    r"(?:metrics?|dashboards?|graphs?|charts?|logs?|monitors?|monitoring|alerts?|cache|counters?|clocks?|timestamps?"
    r"|tests?|benchmarks?|profilers?|docs|documentation|apis?|servers?|database|planner|query plan|numbers?|figures?"
    r"|sensors?|health checks?|status page|compiler|types?)"
)
"""What engineers blame as if it were a person."""
_BLAMED_THING = re.compile(
    rf"\b(?:(?:the|our|its|those|these|that) )?{_THINGS}(?: \w+){{0,3}}? {_BLAME}\b", re.IGNORECASE
)
_PRODUCT = re.compile(
    rf"\b(?:{_HEALTH}|(?:maternity|paternity|parental)(?: leave)?|childcare|{_PLACES_IN_LIFE}|{_ORIGIN}|{_UNION}"
    r"|accommodations?)(?: [a-z]+)?? (?:apps?|apis?|services?|modules?|features?|forms?|tables?|fields?|columns?"
    r"|data ?sets?|models?|classifiers?|detect(?:ion|ors?)|trackers?|requests?|workflows?|pipelines?|portals?"
    r"|platforms?|systems?|products?|calculat(?:ion|or)s?|screens?|dashboards?|endpoints?|search)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:my|mine|i(?:'m| am| was| have| had|'ve| got| need| take)|he|she|his|her|their)\b[^,;.]*$", re.IGNORECASE
)
"""Before the name of a product it says that somebody's own life is meant, after all."""
_SECRET = re.compile(rf"\b(?:{_SECRETS})|\b(?:{_PEOPLE})\b[^.;!?]{{0,60}}\b{_BLAME}\b", re.IGNORECASE)
_PRIVATE = re.compile(
    rf"\b(?:{'|'.join((_HEALTH, _FAMILY, _AGE, _FAITH, _ORIGIN, _UNION, _ACCOMMODATION, _CONFIDENCE))})", re.IGNORECASE
)
_OF_THE_WORK = re.compile(
    r"\b(?:confidential(?:ity)? (?:computing|clients?)|token (?:is|was|were) (?:stored|rotated|issued|expired"
    r"|sent|checked"
    r"|validated|revoked|short\w*|signed|cached|refreshed)|(?:secret|credential|password|key|pin)s? (?:is|was"
    r"|were|are) (?:stored"
    r"|rotated|kept|read|hashed|in (?:a |the )?vault|injected|encrypted|never|checked|fetched|mounted|managed)"
    r"|tests? (?:temple|church)|color ?blind\w*|blind (?:index|write)s?|corrupt(?:ed)? (?:data|files?|rows?"
    r"|index\w*|blocks?|messages?)"
    r"|depression of|visa,? (?:\w+ ){0,3}?(?:payments?|cards?|network|transactions?|mastercard"
    r"|amex)|dead ?lock|chronic(?:ally)? (?:slow"
    r"|underprovisioned)"
    r"|the (?:health|app\w*)[- ]check|screen readers? (?:users?|support|announce\w*|tests?)|(?:tested|works?"
    r"|announced) (?:\w+ )?"
    r"(?:by|with|in|for) (?:a )?screen readers?|lazy (?:load\w*|init\w*|evaluat\w*|import\w*)|lazily"
    r"|stole (?:cpu|the lock|work)"
    r"|hopeless(?:ly)? slow|union (?:types?|all|queries|of)|prayer of)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:i|i'm|me|my|mine|myself|we|he|she|his|her|him|you|your|ich|mein\w*|je|mon|mer[ai]|main|mujhe)\b",
    re.IGNORECASE,
)
_IN_A_LIFE = re.compile(rf"\b(?:{_PLACES_IN_LIFE})", re.IGNORECASE)
_IN_THE_WORLD = re.compile(rf"\b(?:the|those|these|that|each|every) (?:\w+ )?(?:{_PLACES_IN_LIFE})", re.IGNORECASE)
_CUT = re.compile(r"(?<=[.!?;\n])\s+|,\s+(?=(?:and|but|so|because|which|who|that)?\s*)|\s+(?=(?:but|because|so)\s)")


def is_private(clause: str) -> bool:
    """True for words about private life or secrets, or that blame somebody by name or place: never read by anybody."""
    said = _without_plain_work(clause)
    in_a_life = _IN_A_LIFE.search(said if _SOMEBODY.search(said) else _IN_THE_WORLD.sub("…", said))
    return bool(is_secret(clause) or is_personal(said) or _PRIVATE.search(said) or in_a_life)


def is_secret(clause: str) -> bool:
    """The part of it that no form of speech makes harmless: what is to be kept, and blame by name or place."""
    said = _without_plain_work(clause)
    return bool(_SECRET.search(said)) or any(
        name.casefold() not in _technologies() for name in _NAMED_BLAME.findall(said)
    )


def _without_plain_work(clause: str) -> str:
    said = _BLAMED_THING.sub("…", _OF_THE_WORK.sub("…", of_people(clause)))
    return _PRODUCT.sub(lambda found: found[0] if _OWN.search(said[: found.start()]) else "…", said)


@functools.cache
def _technologies() -> frozenset[str]:
    """Names that stand for no person."""
    entries = [entry for cluster in bank().clusters.values() for entry in cluster.entries]
    return frozenset(name.casefold() for entry in entries for name in (entry.name, *entry.aliases))


def pieces_of(text: str) -> list[tuple[int, int]]:
    """Where the pieces of its clauses stand, each masked or shown as a whole."""
    return list(pairwise(sorted({0, len(text), *(cut.end() for cut in _CUT.finditer(text))})))


def masked(
    text: str, spans: Iterable[tuple[int, int]] = (), hides: Callable[[str], bool] = lambda _stretch: False
) -> str:
    """The text with what is private replaced by the mask, and what stands at `spans` or what `hides` names.

    Where a piece is private by itself, that piece; where a clause is so only as a whole, the clause.
    """
    hidden = [span for span in pieces_of(text) if is_private(text[slice(*span)]) or hides(text[slice(*span)])]
    wholes = []
    for start, end in spans_of(text):
        inside = [span for span in hidden if span[0] < end and start < span[1]]
        if is_private(_without(inside, text, start, end)) or (not inside and hides(text[start:end])):
            wholes.append((start, end))
    ended = [(start, start + len(text[start:end].rstrip(" .,;!?"))) for start, end in (*hidden, *wholes)]
    shown, at = [], 0
    for start, end in _joined([*ended, *spans], text):
        shown += [text[at:start], MASK]
        at = end
    return "".join((*shown, text[at:]))


def _without(hidden: Iterable[tuple[int, int]], text: str, start: int, end: int) -> str:
    """What is left of a stretch."""
    left, at = [], start
    for begins, ends in hidden:
        left.append(text[at : max(at, begins)])
        at = max(at, ends)
    return "… ".join([*left, text[at : max(at, end)]])


def _joined(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """In order, those that overlap or have nothing but marks between them as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and not text[joined[-1][1] : start].strip(" ,.;"):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
