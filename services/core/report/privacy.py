"""Private and confidential words, left out before anything reads them: neither a model, nor a quote, nor an export.

What has a form (e-mail, phone, keys) is found at the edge by libraries; here stands what has none, found clause by
clause: health, family, age, faith, origin, right to work, union, accommodation, credentials, secrets, blame by name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from services.core.plan.bank import bank, stem, stems
from services.core.report.clauses import FUNCTION_WORDS, MASK, spans_of
from services.core.report.fairness import is_personal, of_people

_NODES = (
    r"(?:inheritance|class(?:es)?|nodes?|process(?:es)?|records?|rows?|keys?|tables?|director(?:y|ies)|spans?"
    r"|threads?)\b"
)
_WORKS = (
    r"(?:services?|endpoints?|apis?|systems?|servers?|clusters?|databases?|versions?|writers?|readers?|nodes?|queues?)"
)
_TRADE_HOME = (
    r"(?:(?:an?|the|my) )?(?:(?!muslim|jewish|christian|catholic|hindu|sikh|poor|rich|rural|migrant|immigrant|refugee"
    r"|minority|working|difficult|broken|religious|black|white|asian|african|arab)[\w+#./-]+ ){1,3}"
    r"(?:backgrounds?|worlds?|sides?|teams?|departments?|stacks?|ecosystems?|communit(?:y|ies)|compan(?:y|ies)"
    r"|industr(?:y|ies)"
    r"|start-?ups?|agenc(?:y|ies)|consultanc(?:y|ies)|field|discipline|scene|era|days|code ?bases?|schools? of)\b"
)
"""Where somebody comes from in their trade."""
_HEALTH = (
    r"pregnan\w+|expecting (?:twins|triplets|(?:a|our|my|another)(?: (?:first|second|third|fourth|last|next))?"
    r"(?: (?:\w+ )?(?:child|baby|boy|girl|son|daughter|one))?(?=[,.;!?]|$| (?:in|at|by|this|next|that|then|when"
    r"|and)\b)"
    r"|in (?:january|february|march|april|may|june|july|august|september|october|november|december|spring"
    r"|summer|autumn"
    r"|fall|winter)\b(?! the))|due (?:date|in \w+) (?:with|of) (?:my|our)|miscarr\w+|chemo\w*"
    r"|(?:was|were|been|being|get|got|am|i'm|is|freshly|newly|late|self|just)[ -](?:\w+ ){0,2}diagnos\w+ (?:with|as)"
    r"|adhd|autis\w+|dyslex\w+|bipolar|depress(?:ion|ed)|anxiety|burn-?out|panic attacks?|therap(?:y|ist)|psychiatr\w+"
    r"|cancer|tumou?r|diabet\w+|epilep\w+|migraines?|deaf|hearing aids?|blind in|medication"
    r"|disabilit\w+"
    r"|in (?:hospital|rehab)|sick leave|hiv|chronic(?:ally)? (?:ill\w*|sick\w*|pain\w*|fatigue|diseases?"
    r"|conditions?|migraines?"
    r"|back|headaches?|asthma|insomnia|tired\w*|\w+itis)"
    r"|long covid"
)
_FAMILY = (
    r"my (?:wife|husband|spouse|girlfriend|boyfriend|fianc\w+|kids?|child|children|son|daughter|baby|twins|mum"
    r"|mom|mother(?! tongue)"
    r"|dad|father|parents|family|divorce|marriage|wedding)|maternity|paternity|parental leave|single (?:mother"
    rf"|father|parent)(?! {_NODES})"
    r"|i(?:'m| am) (?:married|divorced|widowed|gay|lesbian|bisexual|trans\w*|non-?binary|queer)|childcare|my ex\b(?!-)"
    r"|my ex-(?:wife|husband|partner|girlfriend|boyfriend|fianc\w+|spouse)"
)
_AGE = (
    r"i(?:'m| am| was| turn(?:ed)?| just turned) (?:almost |nearly )?(?:\d{2}|(?:twenty|thirty|forty|fifty"
    r"|sixty)[\w-]*)"
    r"(?: years old| this| last| next|[,.!?]|$)|years old|my age|born in (?:19|20)\d\d|too old"
    r"|(?:i|he|she)(?:'ll|'m going to| will| would| can| may| plan to| want to| hope to| am going to)? retire\w*"
    rf"(?= (?:in|next|this|soon|early|at)\b(?!(?: \w+){{0,3}} (?:the|our|that|those|old|{_WORKS})\b)|[,.;!?]|$)"
)
_FAITH = (
    r"my faith(?! in (?!god|jesus|christ|allah|the (?:lord|church|prophet)))|my religio\w+"
    r"|(?:i'm|i am|as an?) (?:practi[sc]ing |devout )?(?:muslim|jew(?:ish)?|christian|catholic|hindu|sikh"
    r"|buddhist|atheist)"
)
_ORIGIN = (
    r"my (?:home country|nationality|accent(?! colou?r)|skin|ethnic\w*|mother tongue(?! (?:is|was) …))"
    rf"|i (?:come|am) from (?!the\b)(?!{_TRADE_HOME})|grew up in(?! {_TRADE_HOME})"
    r"|green card|h-?1b|citizenship|sponsorship|deport\w+"
)
_PLACES_IN_LIFE = (
    r"church|mosque|synagogue|temple|ramadan|sabbath|shabbat|pray(?:er|ing|s)?\b|immigra\w+|refugees?|asylum|visa"
    r"|work permit|residence permit|wheelchair|surgery|screen reader|sign language"
)
"""Of private life, but for "the" one among customers and users where nobody in particular is spoken of."""
_UNION = (
    r"trade union|(?:labou?r |my |the )union (?:rep\w*|member\w*|organi\w+)|unioni[sz]\w*|works council"
    r"|(?:i|i'm|we|we're|he|she|they|me|us|staff|colleagues|workers|who)\b[^,;.]{0,40} on strike"
    r"(?! (?:one|two|three|four|five|\d))|shop steward"
)
_ACCOMMODATION = (
    r"accommodations?|i (?:need|get|require|use) (?:extra|more) time (?:because (?:i\b|of\b)|due to (?:my"
    r"|an?)\b|for my)"
    r"|i (?:need|require) (?:breaks|captions|an interpreter)"
    r"(?! (?:in|for|of|from|between|after|on) (?:the|our|each|every|an?|this|that)"
    r" (?!interview|call|conversation|meeting|day|morning|back))"
    r"|i have trouble (?:hearing|speaking|seeing(?! (?:how|why|where|the (?:benefit|point|value|need|use|gain)"
    r"|any|a\b))"
    r"|reading(?! (?:\w+ )?(?:code|perl|regex\w*|logs?|traces?|docs|documentation|specs?|rfcs?|scala|haskell"
    r"|cobol|lisp)))"
)
_CONFIDENCE = (
    r"under (?:an? )?nda|non-disclosure|in (?:strict )?confidence|(?:strictly|highly) confidential"
    r"|(?:is|was|are|were|be|been|'s|it|this|that|stays?|kept)(?: \w+)? confidential(?!(?:ity)? [a-z]+s\b)"
    r"|confidential (?:information|projects?|clients?|customers?|matters?|deals?|contracts?|stuff|things?)"
)
_HANDLED = (
    r"(?:(?:not|never|always|only|also|then|now|already|automatically|usually) )*(?:[a-z]+(?:ed|en|ing)|kept|read|sent"
    r"|set|held|put|shown|lost|built|made|found|left|an?|the|one|in|on|at|per|part of|for|too|required|optional|wrong"
    r"|invalid|valid|long|short|weak|strong|visible|gone|missing|unique|different)\b"
)
"""What is done to a secret, or said about it, in place of the secret itself."""
_CONTACT = r"(?:address|phone|number|e-?mail)"
_SECRETS = (
    r"(?:the |our |my |their )?(?:pass ?(?:word|phrase|code)|api key|secret(?: key)?|access token|pin(?: code)?"
    r"|credentials)(?! (?:polic\w+|resets?|rotations?|lengths?|strength|hash\w*|fields?|forms?|rules?|checks?"
    r"|manage\w+"
    r"|assignments?|layouts?|headers?|stor\w+|vaults?|histor\w+|prompts?|entropy|minimum)\b)"
    r"(?: \w+){0,4}? (?:is|was|were|are|:|=) ?"
    rf"(?!{_HANDLED})\S+|(?:pass ?(?:word|phrase|code)|api key|secret|pin)\b[^.;!?]{{0,60}}"
    r" (?:is|was|:|=) ?(?=\S*\d)\S{4,}"
    r"|off the record"
    r"|between (?:us|you and me)|not (?:yet )?(?:public|announced)|unannounced|(?:not|n't) (?:supposed"
    r"|allowed) to (?:say|tell)"
    r"|trade secret|my (?:current |previous |last )?salary"
    r"|i (?:earn|make) (?:[$€£]|\d[\d.,]*+(?! *[a-z]+s\b(?<!euros)(?<!dollars)(?<!pounds)))"
    rf"|my {_CONTACT} is|the {_CONTACT} is (?!{_HANDLED})"
    r"|\w+ at \w+ dot (?:com|org|net|io|de|in)\b"
    r"|i live (?:in|at|on)(?! (?:(?:the|my) (?:terminal|shell|console|command line|editor|debugger|browser|ide"
    r"|logs?|inbox"
    r"|code ?base|repo\w*|calendar)|call|production|staging)\b)"
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
_BUSINESS = re.compile(
    r"\b(my (?:wife|husband|spouse|girlfriend|boyfriend|partner|brother|sister|son|daughter|mum|mom|mother|dad"
    r"|father|parents"
    r"|uncle|aunt|cousin|family|kids?|children|ex)['’]s?)"
    r" ((?:\w+ )?(?:shops?|stores?|restaurants?|caf[eé]s?|baker(?:y|ies)|garages?|compan(?:y|ies)"
    r"|business(?:es)?|firms?|studios?"
    r"|practices?|schools?|clubs?|farms?|hotels?|agenc(?:y|ies)|magazines?|bands?|start-?ups?|websites?"
    r"|web ?shops?))\b",
    re.IGNORECASE,
)
_TONGUE = re.compile(r"(\bmother tongue (?:is|was) )([\w+#]+)", re.IGNORECASE)
_COMMON = re.compile(
    r"(?:therap|cancer|tumou?r|depress|diabet|autis|dyslex|in hospital|medication|deaf|disabilit|anxiety|epilep"
    r"|migraine|hearing"
    r"|adhd|bipolar|psychiatr|refugee|immigra|citizenship|visa|asylum)",
    re.IGNORECASE,
)
"""What products are about; a leave, a burn-out or an HIV test is somebody's."""
_NAMED = re.compile(r"(?<!^)(?<![.!?] )\b[A-Z][a-z]+ (?:is|was|has|had|got|went)\b")
_TERM = re.compile(
    rf"\b(?:{_HEALTH}|{_PLACES_IN_LIFE}|{_ORIGIN}|{_UNION}|{_FAMILY}|my age|accommodations?|confidential(?:ity)?)s?\b",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[ -]([a-z]+)(?:[ -]([a-z]+))?", re.IGNORECASE)
_MADE = re.compile(
    r"[ -](?:[a-z]+ )?(?:projects?|librar(?:y|ies)|packages?|repos?|side project|histograms?)\b", re.IGNORECASE
)
"""What is made of the word before it, whoever says "my"."""
_OWN = re.compile(
    r"\b(?:my|mine|i(?:'m| am| was| have| had|'ve| got| need| take)|he|she|his|her|their)\b[^,;.]*$", re.IGNORECASE
)
"""Before the name of a product it says that somebody's own life is meant, after all."""
_NOUNS = (
    "apps apis services modules features forms tables fields columns datasets models classifiers detectors"
    " trackers requests"
    " workflows pipelines portals platforms systems products calculators screens dashboards endpoints search"
    " devices scores"
    " codes registries flags status statuses traffic deals policies planners projects surveys records labels captions"
    " histograms lottery units boxes images scans charts feeds alerts reports rules registers trials wards scanners"
)
_BEARER = re.compile(
    rf"\b(?:i|i'm|i've|me|my|mine|myself|he|she|his|her|him|hers|you|your|we|we're|who|somebody|someone"
    rf"|everybody|{_PEOPLE}"
    r"|(?:the|our|my|an?) (?:\w+ )?(?:engineer|developer|designer|tester|intern|admin|receptionist|secretary|assistant"
    r"|student|man|woman|guy|girl|boy|lady|person|baby|child|mother|father|couple|candidate|applicant|interviewee"
    r"|employee|hire|worker|member|freelancer|contractor))\b",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"(?:(?:and|but|so|then|because|there|where|when|for|in|on|since|as|that)\s+)*(?:the|our|its|those|these"
    r"|each|every|all"
    r"|most|many|some|any|an?|patients|users|customers|doctors|clinics|hospitals|people|nurses|citizens)\b",
    re.IGNORECASE,
)
"""Begins a sentence about the customers of the work; with nobody in it of whom anything private could be told."""
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
    r"|st(?:ole|eals?|ealing) (?:\w+ )?(?:cpu|cycles|locks?|work|jobs?|tasks?|slots?|threads?|partitions?"
    r"|connections?)"
    rf"|(?:manager|director|lead|boss|supervisor|founder)s? (?:{_WORKS}|process(?:es)?|threads?|daemons?"
    rf"|class(?:es)?|modules?"
    r"|pods?|components?|jobs?|containers?|tasks?|scripts?|objects?)"
    r"|temple of an?|(?:endpoints?|buckets?|subnets?|apis?|ports?|ips?|data ?sets?|data|repo\w*|methods?"
    r"|class(?:es)?|modules?"
    r"|fields?|routes?|registr(?:y|ies)|images?|hosts?|interfaces?|tables?|pages?)"
    r" (?:is|was|are|were)(?:n't| not)(?: yet)? (?:public|announced)"
    r"|hopeless(?:ly)? slow|union (?:types?|all|queries|of)|prayer of)\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:i|i'm|me|my|mine|myself|we|he|she|his|her|him|you|your|ich|mein\w*|je|mon|mer[ai]|main|mujhe)\b",
    re.IGNORECASE,
)
_IN_A_LIFE = re.compile(rf"\b(?:{_PLACES_IN_LIFE})", re.IGNORECASE)
_IN_THE_WORLD = re.compile(rf"\b(?:the|those|these|that|each|every) (?:\w+ )?(?:{_PLACES_IN_LIFE})", re.IGNORECASE)
_CUT = re.compile(
    r"(?<=[.!?;\n])\s+|,\s+(?=(?:and|but|so|because|which|who|that)?\s*)|(?<!\s)\s+(?=(?:but|because|so)\s)"
)


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
    said = _TONGUE.sub(lambda found: found[1] + "…" if found[2].casefold() in _technologies() else found[0], said)
    of_others = bool(_OF_OTHERS.match(said)) and not _BEARER.search(said) and not _NAMED.search(said)
    return _TERM.sub(lambda found: "…" if _is_of_the_work(found, of_others=of_others) else found[0], said)


def _is_of_the_work(found: re.Match[str], *, of_others: bool) -> bool:
    """Whether such a word says what a thing of the trade is for ("diabetes devices"), or is nobody's in particular."""
    said, end = found.string, found.end()
    if _MADE.match(said, end):
        return True
    behind = _NEXT.match(said, end)
    words = [stem(word) for word in behind.groups(default="") if word] if behind else []
    near = words[:1] if words and words[0] in _function_stems() else words
    is_modifier = any(word in _trade() for word in near)
    if is_modifier and not _OWN.search(said[:end]):
        return True
    return of_others and bool(_COMMON.match(found[0]))


@functools.cache
def _trade() -> frozenset[str]:
    """Stems of what is made or looked after in the trade."""
    return stems(_NOUNS)


@functools.cache
def _function_stems() -> frozenset[str]:
    return stems(FUNCTION_WORDS)


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

    Where a piece is private by itself, that piece; where a clause is so only as a whole, the clause. Of a relative's
    business, for which somebody worked as for any customer, whose it is.
    """

    def is_hidden(stretch: str) -> bool:
        return is_private(_BUSINESS.sub(r"their \2", stretch))

    customers = [found.span(1) for found in _BUSINESS.finditer(text)]
    hidden = [span for span in pieces_of(text) if is_hidden(text[slice(*span)]) or hides(text[slice(*span)])]
    wholes = []
    for start, end in spans_of(text):
        inside = [span for span in hidden if span[0] < end and start < span[1]]
        if is_hidden(_without(inside, text, start, end)) or (not inside and hides(text[start:end])):
            wholes.append((start, end))
    ended = [(start, start + len(text[start:end].rstrip(" .,;!?"))) for start, end in (*hidden, *wholes)]
    shown, at = [], 0
    for start, end in _joined([*ended, *customers, *spans], text):
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
