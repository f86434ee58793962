"""Reads the role out of a job description: its title, its level and its domain."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass

from services.core.plan.bank import languages, words_before_roles
from services.core.plan.plan import Domain, Level

_HEAD = (
    r"(?:engineer(?:ing lead)?s?|developers?|architects?|programmers?|analysts?|scientists?|administrators?|admin"
    r"|sre|devops"
    r"|devsecops|specialists?|consultants?|technicians?|testers?|researchers?|designers?|managers?|lead|leader|cto"
    r"|cio|ciso"
    r"|sysadmin|dba|director|vice president|vp|officer|fellow|coordinator|expert|advis[oe]r|strategist|product owner"
    r"|scrum master|agile coach|technical writer|writer|trainer|evangelist|advocate|operator|integrator|modell?er"
    r"|pentester|sdet|intern|internship|apprentice|working student|werkstudent(?:in)?|statistician|mathematician"
    r"|quant|chief of staff|tech lead|team lead|head)"
)
_LABEL = re.compile(
    r"^\W*(?:job title|job|role|position|title|vacancy|opening|stelle|jobtitel|poste|puesto|functie|stanowisko|stilling"
    r"|vaga|pozice|pozíció|职位|職種|должность|вакансия|посада|pozisyon|직무|포지션|ポジション)"
    r"[ \t]*[:：–—-][ \t]*(?P<title>\S.{2,})$",
    re.IGNORECASE | re.MULTILINE,
)
_SOUGHT = (
    r"(?:looking for|look for|seeking|seeks?|hiring|hire|searching for|need|needs|join (?:us|our team|\w+) as|as"
    r"|suchen|sucht"
    r"|gesucht:?|recherchons|buscamos|busca|zoeken|zoekt|cerchiamo|procuramos|szukamy|söker|søger|søker|etsimme"
    r"|haemme|hledáme"
    r"|hľadáme|keresünk|căutăm|tražimo|iščemo|arıyoruz|ищем|шукаємо|търсим)"
    r"\s+(?:an?|our|our next|our first|the|eine?n?|dich als|un|une|een|en|et|ett|unui?|för|efter)?\s*"
    r"(?P<title>(?:[\w+#./&'-]+[ ,]+){0,5}?\w*(?:%s))\b"
)
_ANYWHERE = re.compile(rf"\b(?P<title>(?:[A-Z][\w+#./&-]*\s+){{0,4}}(?i:{_HEAD}))\b")
_LEADING = re.compile(
    rf"(?P<title>(?:(?:[A-Z0-9(][\w+#./&()-]*|of|and|for|&|-|–|/|,)[ ,]+){{0,7}}?(?i:{_HEAD})\b"
    rf"(?:,? (?:of|for) [A-Z][\w&-]*(?: [A-Z][\w&-]*){{0,2}}|,? \(?[IVX]{{1,3}}\)?(?![\w]))?)"
)
_ROLE_IN = re.compile(
    r"^(?P<title>(?:[\w+#./&-]+ ){1,4}(?:role|position|job|opening|vacancy))\b(?= (?:in|at|based|with|for|on)\b"
    r"|[,.:–-]|$)",
    re.IGNORECASE,
)
_NOUN = re.compile(rf"\b{_HEAD}\b", re.IGNORECASE)
_BRACKET = re.compile(
    r"\s*[(\[]\s*(?:[mwfdxhgivn*](?:\s*[/|,.-]\s*[mwfdxhgivn*]){1,3}|all genders|gn|remote\b[^()\[\]]*"
    r"|hybrid\b[^()\[\]]*|on-?site"
    r"|full[- ]?time|part[- ]?time|contract|freelance|permanent|temporary|f/m/\w+|\d{1,3}\s*%[^()]*|req\S*[^()]*"
    r"|id\b[^()]*"
    r"|[\w .-]*remote|ref\b[^()]*|urgent)\s*[)\]]",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:(?:we(?:'|’)?re hiring|we are hiring|now hiring|hiring|job description|job posting|job title|join us as|job"
    r"|vacancy|career opportunity|open position|opportunity|urgent|new|wanted|job advert|looking for|we are looking for"
    r"|we(?:'|’)re looking for|stellenangebot|stellenausschreibung|offre d'emploi|oferta de empleo|vacature)\b"
    r"\s*[:!–—|-]*\s*)?(?:(?:an?|our|the)\b\s+)?",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s+(?i:(?:full|part)[- ]?time|remote|hybrid|on-?site|permanent)\b.*$|\s+(?:[|·•]|[–—-]{1,2}|@|at|bei|chez|in"
    r"|based in|with|for our|to join)\s+.*$"
)
_LABELLED_AFTER = re.compile(
    r"\s*[|·•–—,;-]?\s*\b(?:location|department|salary|employment type|req(?:uisition)? id|job id|type|reports to"
    r"|team|about)\s*:.*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:you|we|our|will|is|are|has|have|who|that|this|your|they|their|wir|sie|nous|they'll|can|must|should|to)\b",
    re.IGNORECASE,
)
_NOT_A_TITLE = re.compile(
    r"\b(?:jobs|careers|search|apply|similar|openings|reports? to|hiring manager|recruiter|posted|login|cookies"
    r"|experience"
    r"|years|degree|responsib\w+|requirements|working with|team of|salary|click)\b",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"(?:looking for|look for|seeking|seek|hiring|searching for|need)\s+an?\s+(?P<title>[\w'-]+(?: [\w'-]+){0,3}?)"
    r"(?=\s+(?:with|to|who|for|in|at|on|and)\b|[,.;:])",
    re.IGNORECASE,
)
_SOFTWARE = re.compile(
    r"(?i:\b(?:developer|programmer|devops|devsecops|sre|sysadmin|dba|sdet|tester|pentester|software\w*|cto|cio|ciso"
    r"|abap|salesforce"
    r"|servicenow|sharepoint|scrum master|product owner|entwickler\w*|\w+entwickler\w*|développeu\w+|desarrollador\w*"
    r"|ontwikkelaar|programista|sviluppat\w+|utvecklare|\w*utvikler|\w*udvikler|kehittäjä|vývojář|fejlesztő|dezvoltator"
    r"|cyber\w*|soc analyst|red team\w*|blue team\w*|infosec|threat|malware|incident responder|ethical hacker"
    r"|etl|mlops|llm|nlp|erp|crm)\b)"
    r"|(?i:\b(?:data|database|machine learning|deep learning|ml|ai|analytics|bi|business intelligence|web"
    r"|front[- ]?end|back[- ]?end"
    r"|full[- ]?stack|mobile|ios|android|embedded|firmware|iot|robotics|hardware|fpga|asic|cloud|platform"
    r"|infrastructure"
    r"|site reliability|networks?|systems?|linux|unix|windows|security|qa|quality assurance|test|automation|game"
    r"|gameplay"
    r"|technical|technology|solutions?|enterprise|applications?|app|computer|integration|api|middleware|storage|devex"
    r"|developer experience|release|build|sap|oracle|java|python|react|node|golang|ruby|php|kubernetes|aws|azure|gcp"
    r"|identity"
    r"|it|information technology|perception|computer vision|graphics|rendering|compiler|kernel|blockchain|simulation"
    r"|observability"
    r"|digital workplace|workday|dynamics|netsuite|search|ui|ux|streaming|voice|telecom|implementation|support"
    r"|operations)\b"
    r"[^\n]*?\b(?:engineer\w*|architect|analyst|scientist|administrator|admin|specialist|consultant|technician"
    r"|researcher"
    r"|manager|lead|director|head|expert|modell?er|ingenieur\w*|architekt\w*|intern|role|position|advocate|trainer"
    r"|coach)\b)"
    r"|(?i:\b(?:head|director|vp|vice president|manager)\b[^\n]*\b(?:engineering|platform|data|infrastructure"
    r"|software|devops"
    r"|technology|security|it|cloud|machine learning|ai|analytics|sre|qa)\b)"
    r"|(?i:\bengineering manager\b)|\bIT\b"
)
_OTHER_TRADE = re.compile(
    r"\b(?:sales|account (?:executive|manager)|marketing|seo|recruit\w*|talent|hr|human resources|people partner"
    r"|legal|counsel"
    r"|lawyer|finance|financial|accountant|accounting|audit\w*|tax|payroll|nurse|nursing|physician|doctor|dentist"
    r"|teacher|driver|chef|cook"
    r"|warehouse|retail|store|civil|mechanical|chemical|structural|hvac|electrician|plumber|welder|maintenance"
    r"|facilities"
    r"|construction|process engineer|manufacturing|production|supply chain|logistics|procurement|buyer|customer success"
    r"|customer service|customer support|office|executive assistant|copywriter|content|social media|brand|graphic"
    r"|interior"
    r"|fashion|security (?:guard|officer)|hospitality|hotel|restaurant|pharma\w*|clinical|laboratory|lab|biolog\w*"
    r"|environmental|safety|policy|community|event|real estate|property|insurance|loan|bank teller|cashier|barista"
    r"|project manager|program manager|product manager|product marketing|business development|operations manager"
    r"|mechanic)\b",
    re.IGNORECASE,
)
_CERTAIN = re.compile(
    r"\b(?:software|programmer|back[- ]?end|front[- ]?end|full[- ]?stack|devops|devsecops|sre|site reliability"
    r"|web developer"
    r"|(?:data|ml|ai|machine learning|analytics|cloud|platform|security|network|systems?|infrastructure|database"
    r"|mobile|embedded"
    r"|firmware|support|solutions?|qa|test|integration|application|it) (?:engineer|scientist|analyst|architect"
    r"|administrator)"
    r"|(?<!business )(?<!property )(?<!real estate )developer)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*(?:,|\(|\s[-–—|/]\s)")
_DEVELOPER = re.compile(r"developer|software|programmer", re.IGNORECASE)
_ENGINEER = re.compile(
    r"engineer|architect|scientist|administrator|ingenieur|ingénieur|ingeniero|architekt", re.IGNORECASE
)

_STAFF = re.compile(
    r"\b(?:staff|principal|distinguished|fellow|head of|head|chief(?! of staff)|director|vp|svp|evp|avp"
    r"|vice president|cto|cio|ciso"
    r"|enterprise architect|leiter(?:in)? der|главный)\b|\bhead,",
    re.IGNORECASE,
)
_SENIOR = re.compile(
    r"\b(?:senior|sr|snr|lead|leading|expert|erfahrene\w*|iii|iv|manager|manag\w+ engineer|starszy|старший|ведущий"
    r"|team leader|teamleiter)\b"
    r"|シニア|リード|高级|资深|高級|資深|시니어|선임",
    re.IGNORECASE,
)
_ARCHITECT = re.compile(r"\barchite[ck]t", re.IGNORECASE)
_PEOPLE_LEADER = re.compile(
    r"\b(?:(?:engineering|software|development|data|platform|it|infrastructure|security|qa|devops|sre|technology"
    r"|technical|team|delivery"
    r"|analytics|network|support|service|operations|systems|machine learning|ml|ai|cloud)\b[^\n,(]*\b(?:manager"
    r"|leader)|team lead|head of"
    r"|head|director|vp|svp|vice president|cto|cio|ciso|chief)\b",
    re.IGNORECASE,
)
_JUNIOR = re.compile(
    r"\b(?:junior|jr|graduate|entry[- ]level|intern|internship|trainee|apprentice|working student|werkstudent\w*"
    r"|berufseinsteiger\w*|associate (?:software |data )?(?:engineer|developer|analyst)|младший)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(
    r"(?P<least>\b(?:at least|minimum(?: of)?|min\.?|mind\.?|mindestens|over|more than)\s+)?\b(?P<count>\d{1,2}|one"
    r"|two|three|four|five|six|seven"
    r"|eight|nine|ten|twelve|fifteen)\s*(?:\(\d{1,2}\)\s*)?"
    r"(?P<more>\+|plus\b|or more\b|-|–|to\b|bis\b)?\s*(?:\d{1,2}\+?\s*)?(?:or more\s+)?"
    r"(?:years?|yrs?|jahre?n?|ans|años|anni|anos|jaar|lata|lat|år|vuotta|év|ani|лет|года?|років|роки|години|yıl|年|년"
    r"|سنوات|वर्ष)"
    r"(?![a-z])(?!['’]?\s*(?:degree|bachelor|university|college|diploma|program|ba\b|bs\b|b\.|ago|old))",
    re.IGNORECASE,
)
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
} | {"fifteen": 15}
_EXPERIENCE = re.compile(
    r"experience|erfahrung|expérience|experiencia|esperienza|experiência|ervaring|doświadczen|erfarenhet|erfaring"
    r"|kokemus"
    r"|praxe|tapasztalat|опыт|досвід|опит|deneyim|tecrübe|経験|经验|경력|경험|خبرة|अनुभव|background|track record"
    r"|years? (?:of|in|or|as|with)|years['’]|\bin\b|working|building|developing|hands-on",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?<![A-Z])[A-Z][\w+#/.]*:? \(?\d{1,2}\+ |\d{1,2}\+ (?:years?|yrs?) [A-Z]")
"""Years of a technology, where no word speaks of experience ("COBOL 7+ years", "3+ years Kotlin")."""
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
        Domain.WEB,
        re.compile(
            r"\b(?:salesforce|servicenow|workday|sharepoint|power (?:platform|apps)|dynamics|netsuite)\b", re.IGNORECASE
        ),
    ),
    (
        Domain.EDGE,
        re.compile(
            r"\b(?:embedded|firmware|iot|edge|robotics?|hardware|fpga|asic|automotive|device|devices|perception"
            r"|autonomous|avionics|kernel|driver)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Domain.ANALYTICS,
        re.compile(
            r"\b(?:data(?!base)|analytics?|bi|business intelligence|machine learning|deep learning|ml|mlops|ai|llm"
            r"|nlp|scientist|statistic\w*"
            r"|research\w*|quant\w*|etl|computer vision|insights?|reporting|bioinformatics)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Domain.INFRASTRUCTURE,
        re.compile(
            r"\b(?:sre|reliability|devops|devsecops|platform|infrastructure|cloud|systems?|networks?|site|security"
            r"|cyber\w*|sysadmin"
            r"|administrators?|operations|support|database|dba|soc|linux|identity|kubernetes|storage|observability"
            r"|release|it|red team\w*|penetration|pentester"
            r"|threat|storage|infosec|ciso|telecom|windows)\b",
            re.IGNORECASE,
        ),
    ),
    (
        Domain.WEB,
        re.compile(
            r"\b(?:web|front[- ]?end|full[- ]?stack|back[- ]?end|mobile|ios|android|ui|ux|product|php|javascript"
            r"|react|node|java|ruby|rails"
            r"|game\w*|salesforce|sap|abap|servicenow|crm|erp|api|application\w*|app|e-?commerce|wordpress|shopify"
            r"|payments?)\b",
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
_LINES_READ = 14
_LONGEST_TITLE = 90


def is_software(title: str, technologies: int) -> bool:
    """Whether a posting with this title that asks for so many technologies is about software work.

    A title that leaves it open ("Manager", none) is settled by the technologies.
    """
    head = _ASIDE.split(title, maxsplit=1)[0]
    if _CERTAIN.search(head):
        return True
    if _OTHER_TRADE.search(head):
        return technologies >= 5 and bool(_ENGINEER.search(title))
    if _SOFTWARE.search(title):
        return True
    return technologies >= (1 if _ENGINEER.search(title) else 2 if not title else 3)


def leads_people(title: str) -> bool:
    """Whether somebody with this title answers for people and decisions more than for code."""
    return bool(_PEOPLE_LEADER.search(title))


def has_role_noun(text: str) -> bool:
    if _NOUN.search(text):
        return True
    folded = text.casefold()
    return any(noun in folded for noun in _foreign_nouns())


@functools.cache
def _foreign_nouns() -> dict[str, str]:
    """What people are called in languages other than English, longest first, and the English."""
    found = {noun: english for language in languages().values() for noun, english in language.roles.items()}
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def is_title(line: str) -> bool:
    """Whether a line names a role and says nothing else."""
    bare = _BEFORE.sub("", _BRACKET.sub("", line), count=1)
    return (
        2 <= len(bare) <= _LONGEST_TITLE
        and len(bare.split()) <= 12
        and not line.endswith((".", ";", ",", ":", "?"))
        and not line.startswith("- ")
        and has_role_noun(bare)
        and not _SENTENCE.search(bare.split(" - ")[0].split(" – ")[0])
        and not _NOT_A_TITLE.search(bare)
    )


def headline_in(text: str) -> str:
    """What a posting of any profession is headed, or whom it says it looks for; "" where it says neither."""
    first = text.split("\n", 1)[0].strip()
    if len(first) <= 80 and not first.endswith((".", ";", ",")) and not _SENTENCE.search(_BEFORE.sub("", first)):
        return _tidy(first)
    wanted = _WANTED.search(text)
    return _tidy(wanted["title"]) if wanted else ""


def title_in(text: str) -> str:
    """The role's title in the posting's own words, or "" where it names none."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    labelled = _LABEL.search("\n".join(lines[:_LINES_READ]))
    if labelled and len(labelled["title"]) <= _LONGEST_TITLE and (title := _tidy(labelled["title"])):
        return title
    titles = [line for line in lines[:_LINES_READ] if is_title(line)]
    if titles:
        return _tidy(titles[0])
    first = _BEFORE.sub("", lines[0], count=1) if lines else ""
    for pattern in (_LEADING, _noun_first()):
        if (found := pattern.match(first)) and (len(found["title"].split()) > 1 or not found["title"].isascii()):
            return _tidy(found["title"])
    for pattern in (_ROLE_IN, _sought(), _ANYWHERE, _unspaced()):
        if found := pattern.search(text):
            return _tidy(found["title"])
    return ""


@functools.cache
def _sought() -> re.Pattern[str]:
    return re.compile(_SOUGHT % "|".join((_HEAD, *map(re.escape, _foreign_nouns()))), re.IGNORECASE)


@functools.cache
def _noun_first() -> re.Pattern[str]:
    """As Romance languages name roles: the noun, then what it is about."""
    nouns = "|".join(map(re.escape, _foreign_nouns()))
    return re.compile(rf"(?P<title>(?i:\w*(?:{nouns}))\w{{0,3}}(?: (?:de |en |of )?[A-Z][\w+#./-]*){{0,4}})")


@functools.cache
def _unspaced() -> re.Pattern[str]:
    """A role in the running text of a language without blanks or with other letters, with what stands before it."""
    nouns = [re.escape(noun) for noun in _foreign_nouns() if not noun.isascii() and ord(noun[0]) > 0x250]
    after = r"(?: [\u0590-\u06ff]{2,14}){0,2}"  # Arabic and Hebrew say afterwards what of
    return re.compile(rf"(?P<title>[^\s、。:：，,（）()【】!！-]{{0,24}}(?:{'|'.join(nouns)})[\w]{{0,6}}{after})")


def in_english(title: str) -> str:
    """A title in letters that no English voice can read, in English as far as its words are known."""
    if all(ord(character) < 0x250 or not character.isalpha() for character in title):
        return title
    folded = title.casefold()
    noun = next((english for foreign, english in _foreign_nouns().items() if foreign in folded), "")
    before = [english for foreign, english in words_before_roles().items() if foreign in folded]
    latin = re.findall(r"[A-Za-z][A-Za-z0-9+#./-]*", title)
    level = [word for word in before if word in ("Senior", "Lead", "Junior", "Principal")]
    rest = [word for word in before if word not in level and word.casefold() not in (one.casefold() for one in latin)]
    known = {word.casefold() for word in (*latin, *rest)}
    words = [
        *dict.fromkeys(level),
        *latin,
        *dict.fromkeys(rest),
        *([noun] if noun and noun.casefold() not in known else []),
    ]
    return " ".join(words)


def understood(title: str) -> str:
    """A title of another language with the English of those of its words that are known behind it."""
    folded = title.casefold()
    before = [english for foreign, english in words_before_roles().items() if foreign in folded]
    noun = next((english for foreign, english in _foreign_nouns().items() if foreign in folded), "")
    return " ".join(filter(None, (title, *before, noun)))


def _tidy(title: str) -> str:
    title = _BEFORE.sub("", _BRACKET.sub("", title).strip(" *_#\t"), count=1).strip()
    title = _LABELLED_AFTER.sub("", title)
    shorter = _AFTER.sub("", title)
    title = shorter if has_role_noun(shorter) else title
    title = title.rstrip(" .").strip(" ,;:*_#-–—|/·")[:80].strip()
    if title.isupper() and len(title) > 4:
        title = " ".join(word if len(word) <= 3 else word.capitalize() for word in title.split())
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

    Of several in one sentence the one that counts all experience. Years of a degree are none of experience.
    """
    asked: list[tuple[bool, Years]] = []
    at = 0
    for end in [*(end.start() for end in _SENTENCE_END.finditer(text)), len(text)]:
        sentence = text[at:end]
        found = (
            [years for years in _YEARS.finditer(sentence) if not _is_education(sentence, years)]
            if (_EXPERIENCE.search(sentence) or _NAMED.search(sentence)) and not _tells_of_company(sentence)
            else []
        )
        if found:
            best = max(found, key=lambda years: bool(_OVERALL.match(sentence, years.end())))
            count = best["count"].casefold()
            years = Years(_NUMBERS.get(count) or int(count), at + best.start("count"), at + best.end())
            asked.append((bool(best["least"] or best["more"]), years))
        at = end
    return max(asked, key=lambda one: one[0])[1] if asked else None


def _is_education(sentence: str, years: re.Match[str]) -> bool:
    after = sentence[years.end() :]
    return (
        years["more"] == "-"
        and sentence[years.start("more") :].startswith("-year")
        and bool(
            re.match(
                r"[^,;]{0,40}\b(?:degree|program|college|university|bachelor|diploma|b\.?[as]\b)", after, re.IGNORECASE
            )
        )
    )


def _tells_of_company(sentence: str) -> bool:
    return bool(_THIRD_PERSON.search(sentence)) and not _CANDIDATE.search(sentence)


def level_of(title: str, text: str) -> tuple[Level, str]:
    """The level, and a notice where the posting asks for something that has none here."""
    wanted = years_wanted(text)
    years = wanted.count if wanted else 0
    if _JUNIOR.search(title) and not _STAFF.search(title):
        return (
            Level.MID,
            "This looks like an entry-level role. The questions are for mid level, the first level there is here.",
        )
    if _STAFF.search(title):
        return Level.STAFF, ""
    if _SENIOR.search(title):
        return Level.SENIOR, ""
    if _ARCHITECT.search(title):
        return (Level.STAFF if years >= 10 else Level.SENIOR), ""
    return (Level.STAFF if years >= 10 else Level.SENIOR if years >= 5 else Level.MID), ""


def domain_of(title: str, weights: Counter[Domain]) -> Domain:
    """What the title says counts like four strong skills; ties go to the first domain in the order of `Domain`."""
    total = Counter(weights)
    said = next((domain for domain, pattern in _TITLE_DOMAIN if pattern.search(title)), None)
    if said:
        total[said] += 4
    elif _DEVELOPER.search(title):
        total[Domain.WEB] += 1
    return max(Domain, key=lambda domain: total[domain])
