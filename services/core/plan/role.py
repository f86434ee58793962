"""Reads the role out of a job description: its title, its level and its domain."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from services.core.plan.plan import Domain, Level

_NOUN = (
    r"(?:engineer(?:ing lead)?|developer|architect|programmer|analyst|scientist|administrator|sre|devops"
    r"|specialist|consultant"
    r"|technician|tester|researcher|designer|manager|lead|cto|sysadmin|dba|entwickler(?:in|:in|\*in)?"
    r"|ingenieur(?:in)?|architekt(?:in)?"
    r"|administrator(?:in)?|développeu(?:r|se)|ingénieur|desarrollador(?:a)?|ingeniero|ontwikkelaar|programista"
    r"|sviluppatore)"
)
_LABEL = re.compile(
    r"^\W*(?:job title|job|role|position|title|vacancy|opening|stelle|jobtitel|poste|puesto|functie)"
    r"[ \t]*[:–—-][ \t]*(?P<title>\S.{2,})$",
    re.IGNORECASE | re.MULTILINE,
)
_SOUGHT = re.compile(
    r"(?:looking for|seeking|hiring|hire|searching for|need|join (?:us|our team|\w+) as|as|suchen|gesucht:?"
    r"|recherchons|buscamos|zoeken)"
    rf"\s+(?:an?|our|our next|our first|the|eine?n?|dich als|un|une|een)?\s*(?P<title>(?:[\w+#./&'-]+["
    rf" ,]+){{0,5}}?\w*{_NOUN})\b",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(rf"\b(?P<title>(?:[A-Z][\w+#./&-]*\s+){{0,4}}(?i:\w*{_NOUN}))\b")
_HAS_NOUN = re.compile(rf"\b\w*{_NOUN}\b", re.IGNORECASE)
_GENDER = re.compile(
    r"\s*[(\[]\s*(?:[mwfdxhga*](?:\s*[/|,]\s*[mwfdxhga*]){1,3}|all genders|remote|hybrid|full[- ]time)\s*[)\]]",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:we(?:'|’)?re hiring|we are hiring|now hiring|hiring|job description|join us as|job|vacancy)\b"
    r"\s*[:!–—-]*\s*)?"
    r"(?:(?:an?|our|the)\b\s+)?",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s+(?:[|·•]|[–—-]|@|at|bei|in)\s+.*$")
_SENTENCE_WORDS = re.compile(r"\b(?:you|we|our|will|is|are|has|wir|sie|nous)\b", re.IGNORECASE)

_WANTED = re.compile(
    r"(?:looking for|look for|seeking|seek|hiring|searching for|need)\s+an?\s+(?P<title>[\w'-]+(?: [\w'-]+){0,3}?)"
    r"(?=\s+(?:with|to|who|for|in|at|on|and)\b|[,.;:])",
    re.IGNORECASE,
)
_SOFTWARE = re.compile(
    r"(?i:\b(?:developer|programmer|devops|sre|sysadmin|dba|sdet|tester|software\w*|cto|entwickler\w*|développeu\w+"
    r"|desarrollador\w*|ontwikkelaar|programista|sviluppat\w+)\b)"
    r"|(?i:\b(?:data|database|machine learning|ml|ai|analytics|bi|business intelligence|web|front[- ]?end|back[- ]?end"
    r"|full[- ]?stack|mobile|ios|android|embedded|firmware|iot|robotics|hardware|fpga|cloud|platform|infrastructure"
    r"|site reliability|network|systems?|linux|security|qa|test|automation|game|gameplay|engineering|technical"
    r"|solutions?|enterprise|applications?|computer)\b[^\n]*?\b(?:engineer\w*|architect|analyst|scientist|administrator|specialist"
    r"|consultant|technician|researcher|manager|lead|ingenieur\w*|architekt\w*)\b)"
    r"|\bIT\b"
)
_ENGINEER = re.compile(
    r"engineer|architect|scientist|administrator|ingenieur|ingénieur|ingeniero|architekt", re.IGNORECASE
)

_STAFF = re.compile(
    r"\b(?:staff|principal|distinguished|fellow|head of|chief|director|(?:solutions?|software|system|enterprise"
    r"|cloud|data) architect)\b",
    re.IGNORECASE,
)
_SENIOR = re.compile(r"\b(?:senior|sr|lead|expert|erfahrene\w*|iii)\b", re.IGNORECASE)
_JUNIOR = re.compile(
    r"\b(?:junior|jr|graduate|entry[- ]level|intern|internship|trainee|werkstudent\w*|berufseinsteiger\w*)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(
    r"(?P<least>\b(?:at least|minimum(?: of)?|min\.?|mind\.?|mindestens)\s+)?\b(?P<count>\d{1,2})\s*"
    r"(?P<more>\+|plus\b|or more\b|-|–|to\b|bis\b)?\s*(?:\d{1,2}\+?\s*)?(?:or more\s+)?"
    r"(?:years?|yrs|jahre?n?|ans|años|jaar|lat)\b",
    re.IGNORECASE,
)
_EXPERIENCE = re.compile(
    r"experience|erfahrung|expérience|experiencia|background|years? (?:of|in|or|as|with)|\bin\b", re.IGNORECASE
)
_OVERALL = re.compile(r"[^,;]*\b(?:overall|total|experience)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<!\bmin)(?<!\bmind)[.!?]\s+|\n")
_THIRD_PERSON = re.compile(
    r"\b(?:is|are|was|were|has|have|had|haben|sind|ist|hat|builds?|built|makes?|serves?|delivers?|provides?)\b",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(
    r"\b(?:you|your|candidates?|applicants?|some(?:one|body)|looking for|seek|need|expect|requir\w+|must|should"
    r"|ideal\w*|at least|minimum|du|dein\w*|sie|ihr\w*|suchen|bringst|mindestens|mind|vous|votre)\b",
    re.IGNORECASE,
)

_TITLE_DOMAIN = (
    (
        Domain.EDGE,
        re.compile(r"\b(?:embedded|firmware|iot|edge|robotics?|hardware|fpga|automotive|device)\b", re.IGNORECASE),
    ),
    (
        Domain.ANALYTICS,
        re.compile(
            r"\b(?:data|analytics?|bi|business intelligence|machine learning|ml|ai|scientist|statistic\w*"
            r"|research\w*)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Domain.INFRASTRUCTURE,
        re.compile(
            r"\b(?:sre|reliability|devops|platform|infrastructure|cloud|systems?|network|site|security|sysadmin"
            r"|administrator|operations)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Domain.WEB,
        re.compile(
            r"\b(?:web|front[- ]?end|full[- ]?stack|back[- ]?end|mobile|ios|android|ui|product|php|javascript"
            r"|game)\w*\b",
            re.IGNORECASE,
        ),
    ),
)
_FALLBACK_TITLE = {
    Domain.WEB: "Software Engineer",
    Domain.INFRASTRUCTURE: "Infrastructure Engineer",
    Domain.ANALYTICS: "Data Engineer",
    Domain.EDGE: "Embedded Software Engineer",
}


def is_software(title: str, technologies: int) -> bool:
    """Whether a posting with this title that asks for so many technologies is about software work.

    A title that leaves it open ("Manager", none) is settled by the technologies.
    """
    if _SOFTWARE.search(title):
        return True
    return technologies >= (1 if _ENGINEER.search(title) else 2 if not title else 3)


def headline_in(text: str) -> str:
    """What a posting of any profession is headed, or whom it says it looks for; "" where it says neither."""
    first = text.split("\n", 1)[0].strip()
    if len(first) <= 80 and not first.endswith((".", ";", ",")) and not _SENTENCE_WORDS.search(_LEAD.sub("", first)):
        return _tidy(first)
    wanted = _WANTED.search(text)
    return _tidy(wanted["title"]) if wanted else ""


def title_in(text: str) -> str:
    """The role's title in the posting's own words, or "" where it names none."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    labelled = _LABEL.search(text)
    if labelled and (title := _tidy(labelled["title"])):
        return title
    for line in lines[:6]:
        if (
            len(line) <= 100
            and _HAS_NOUN.search(line)
            and not line.endswith((".", ";", ","))
            and not _SENTENCE_WORDS.search(_LEAD.sub("", line))
        ):
            return _tidy(line)
    for pattern in (_SOUGHT, _ANYWHERE):
        found = pattern.search(text)
        if found:
            return _tidy(found["title"])
    return ""


def _tidy(title: str) -> str:
    title = _LEAD.sub("", _GENDER.sub("", title).strip(" *_#\t")).strip()
    shorter = _TAIL.sub("", title)
    title = shorter if _HAS_NOUN.search(shorter) else title
    title = title.strip(" ,;:.*_#-–—|")[:80].strip()
    # "iOS" and "macOS" are spelled so on purpose; a first word all in lower case only stood inside a sentence.
    return title[:1].upper() + title[1:] if title.split(" ", 1)[0].islower() else title


def fallback_title(domain: Domain) -> str:
    return _FALLBACK_TITLE[domain]


@dataclass(frozen=True, slots=True)
class Years:
    """Years of experience asked for, and where the posting says so."""

    count: int
    start: int
    end: int


def years_wanted(text: str) -> Years | None:
    """The first span of years asked of a candidate, one with "+" or "at least" before others; its smallest number.

    Of several in one sentence the one that counts all experience.
    """
    asked: list[tuple[bool, Years]] = []
    at = 0
    for end in [*(end.start() for end in _SENTENCE_END.finditer(text)), len(text)]:
        sentence = text[at:end]
        found = (
            list(_YEARS.finditer(sentence)) if _EXPERIENCE.search(sentence) and not _tells_of_company(sentence) else []
        )
        if found:
            best = max(found, key=lambda years: bool(_OVERALL.match(sentence, years.end())))
            years = Years(int(best["count"]), at + best.start("count"), at + best.end())
            asked.append((bool(best["least"] or best["more"]), years))
        at = end
    return max(asked, key=lambda one: one[0])[1] if asked else None


def _tells_of_company(sentence: str) -> bool:
    return bool(_THIRD_PERSON.search(sentence)) and not _CANDIDATE.search(sentence)


def level_of(title: str, text: str) -> tuple[Level, str]:
    """The level, and a notice where the posting asks for something that has none here."""
    if _STAFF.search(title):
        return Level.STAFF, ""
    if _SENIOR.search(title):
        return Level.SENIOR, ""
    if _JUNIOR.search(title):
        return (
            Level.MID,
            "This looks like an entry-level role. The questions are for mid level, the first level there is here.",
        )
    wanted = years_wanted(text)
    years = wanted.count if wanted else 0
    return (Level.STAFF if years >= 10 else Level.SENIOR if years >= 5 else Level.MID), ""


def domain_of(title: str, weights: Counter[Domain]) -> Domain:
    """What the title says counts like four strong skills; ties go to the first domain in the order of `Domain`."""
    total = Counter(weights)
    for domain, pattern in _TITLE_DOMAIN:
        if pattern.search(title):
            total[domain] += 4
            break
    return max(Domain, key=lambda domain: total[domain])
