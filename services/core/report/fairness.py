"""What a report must never speak of: how somebody sounds or feels, and who they are apart from their work."""

from __future__ import annotations

import re

_THING = (
    r"(?:code|code\ ?bases?|systems?|services?|databases?|applications?|apps?|monoliths?|servers?|librar(?:y|ies)"
    r"|frameworks?|schemas?|tables?|clusters?|scripts?|projects?|machines?|it)"
)
_NODE = (
    r"(?:process(?:es)?|tables?|nodes?|classes|class|elements?|components?|threads?|spans?|workflows?|jobs?|objects?"
    r"|records?|rows?|modules?|partitions?|templates?|tasks?|windows?|frames?|views?)"
)
_PEOPLE = (
    r"(?:i|he|she|we|you|who|somebody|someone|people|person|wom[ae]n|m[ae]n|guys?|girls?|boys?|kids?|child|children|son"
    r"|daughter|baby|twins|wife|husband|partner|spouse|brother|sister|mother|father|mum|mom|dad|parents?|cousin|uncle"
    r"|aunt|grand\w+|friends?|managers?|boss|leads?|directors?|chiefs?|c[a-z]o|founders?|owners?|colleagues?|co-?workers?"
    r"|team ?mates?|engineers?|developers?|testers?|interns?|juniors?|seniors?|candidates?|applicants?|\w{3,}ists?"
    r"|\w+wom[ae]n|\w+m[ae]n|nurses?|teachers?|doctors?|secretar\w+|accountants?|admins?|analysts?|architects?|trainers?"
    r"|consultants?|students?|assistants?|neighbou?rs?|customers?|clients?|recruiters?|freelancers?|contractors?)"
)
_NOT_A_PERSON = rf"(?!{_PEOPLE}\b)[a-z][\w-]*"
"""One word, in a sentence that is looked at without case: names of people are told apart from it by their capital."""
_AUDIENCE = r"(?:users?|viewers?|readers?|customers?|listeners?|callers?|visitors?|audiences?|shoppers?|players?)"
_POSSESSION = r"(?:passports?|passwords?|credit card|bank account)"
_OF_THE_TRADE = re.compile(
    rf"""\b(?:
    (?:child\ )?{_NODE}\ (?:and|or|with)\ (?:their|its|all|the)\ children|child\ {_NODE}
    |children\ (?:of\ (?:an?|the|each)\ )?{_NODE}
    |(?:my\ )?(?:pairing\ )?partner\ and\ i\ (?:pair|built|wrote|fix|debug|deploy|design|migrat|review|refactor)\w*
    |partner\ (?:apis?|teams?|integrations?|compan(?:y|ies)|banks?|engineers?|services?)
    |family\ of\ (?:services|instances|products|devices|chips)|health[\ -](?:checks?|probes?|endpoints?)
    |(?:sick|ill|tired)\ (?:and\ tired\ )?of|ill-\w+
    |man[\ -]in[\ -]the[\ -]middle|(?:fe)?male\ (?:connectors?|headers?|pins?|plugs?|sockets?)
    |(?:it|that|which|(?:the|our|its|their|this|an?)\ (?:{_NOT_A_PERSON}\ ){{0,3}}?{_NOT_A_PERSON}
      |(?-i:{_NOT_A_PERSON}s))
      \ (?:is|was|are|were|been|gets?|got)(?:\ (?!{_PEOPLE}\b)\w+){{0,3}}\ (?:years\ old|too\ old|born\ in)
    |years?[\ -]old\ {_THING}
    |(?:married|wedded|divorced)\ (?:to|from)\ (?:that|this|the|our|its|those|these|one|any)\ {_NOT_A_PERSON}
    |pregnant\ (?:pause|silence|looking|with\ (?!my|our|an?\b|twins|triplets){_NOT_A_PERSON})
    |(?:deaf|blind)\ to\ {_NOT_A_PERSON}
    |(?:deaf|blind|disabled|elderly|dyslexic|pregnant)\ {_AUDIENCE}
    |(?<!my\ )(?:depression|surgery|therapy|anxiety)\ (?:in|on|of|for|about|around|over)
      \ (?:that|this|the|our|its|those|these|\w+s)\b
    |how\ old\ (?:is|was|are|were)\ the
    |young[\ -]gen(?:eration)?(?=\ (?:gc|heap|collections?|pauses?|space|size))
    |(?:user|developer|cache|print|mobile|seo|machine|human|search)[\ -]friendly|friendly\ (?:urls?|names?|ids?|errors?)
    |fluent[\ -](?:bit|interfaces?|apis?|builders?|assertions?|validation)|accent[\ -](?:colou?rs?|(?:in)?sensitiv\w+)
    |sentiment\ (?:analysis\ )?(?:models?|classifiers?|pipelines?|services?|labels?|datasets?|jobs?|features?)
    |(?:facial|emotion)\ (?:recognition|detection)\ (?:models?|systems?|services?|pipelines?)
    |(?:video|audio|animation|playback|scroll(?:ing)?)\ stutter\w*
    |how\ confident\ (?:are|were)\ you\ (?:in|that|about)(?!\ yourself)|did\ you\ hesitate
    |(?:your|what|which)\ password\ (?:reset|polic|hash|storage|rotation|manage|flow)\w*
    |your\ (?:credit\ card|bank\ account)\ (?:data|processing|form|payments?|service|integration|storage|api)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Plain words of the work that the rules below would take for words about a person."""
_PERSONAL = re.compile(
    r"""\b(?:
    my\ (?:wife|husband|partner|spouse|girlfriend|boyfriend|kids?|child|children|son|daughter|baby|pregnancy|religion
      |church|faith(?!\ in\ the\ (?!lord|church|prophet)|\ in\ (?:our|those|these|that|it|its))
      |age|illness|disease|condition|disability|depression|anxiety|therapy|therapist|doctor|surgery|cancer
      |visa|nationality|accent|skin|gender|sexuality|mother(?!\ tongue)|father|parents|family|divorce|marriage)
    |(?:i|we)(?:'m|\ am|\ was|'ve\ been|\ have\ been|\ got|'re|\ are|\ were)\ (?:pregnant|married|divorced|gay|lesbian
      |trans|transgender|disabled|autistic|dyslexic|ill|sick|depressed|muslim|jewish|christian|catholic|hindu
      |an?\ immigrant|a\ refugee)
    |\d{2}\ years\ old|(?:maternity|paternity|parental|sick)\ leave
    |as\ an?\ (?:woman|man|mother|father|immigrant|foreigner)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FORBIDDEN = re.compile(
    r"""\b(?:
    accents?|pronunciation|pronounces?|fluen(?:t|cy|tly)|native\ speaker|broken\ english|articulate|stutter\w*|mumbl\w*
    |tone\ of\ voice|voice\ (?:sounds?|sounded|is|was)|sounds?\ (?:confident|nervous|unsure|bored|tired|young|old|angry)
    |sounded\ \w+|(?:self-)?confident(?:ly)?|self-confidence|lacks?\ confidence|nervous\w*|anxious\w*|hesita\w+|shy
    |emotion\w*|enthusias\w+|passionate|charismatic|likeable|friendly|cheerful|energetic|engagement\ level|sentiment
    |mood|body\ language|facial|appearance|attractive|young|elderly|middle-aged|too\ old|years\ old|age\ group
    |male|female|gender|pregnan\w+|maternity|married|divorced|husband|wife|children|ethnic\w*|racial
    |race\ or\ (?:gender|religion|colou?r|nationality|origin|ethnic\w+|age|sex)
    |nationality|religio\w+|muslim|christian|jewish|hindu|disabilit\w+|mental\ health|illness|medical\ condition
    |(?:i|we|you|they|he|she|who|candidate|applicant|person)(?:'m|'s|'re|\ (?:am|is|are|was|were))(?:\ \w+)?\ disabled
    |(?:are|were)\ you(?:\ \w+)?\ disabled|(?:as|being|physically|mentally|severely)\ disabled
    |disabled\ (?:person|people|candidates?|applicants?|employees?|workers?|veterans?|m[ae]n|wom[ae]n|since\ birth)
    |sexual\w*|cultural\ fit
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PRYING = re.compile(
    rf"\b(?:how old|your age|date of birth|where were you born|your social security"
    rf"|(?:your|what|which)(?: \w+)? {_POSSESSION}"
    rf"|(?:tell|give|show|send|share with) (?:me|us) (?:the |an? |any )?{_POSSESSION}"
    r"|(?:current|your|previous) salary|marital|your (?:family|partner|health|faith|politics|vote))\b",
    re.IGNORECASE,
)


def is_personal(sentence: str) -> bool:
    """True for a candidate's words about their private life: never quoted, never evidence."""
    return bool(_PERSONAL.search(of_people(sentence)))


def prying_words(question: str) -> str | None:
    """The words that make a question one about the person instead of the work, or None."""
    found = _PRYING.search(of_people(question)) or _FORBIDDEN.search(of_people(question))
    return found.group() if found else None


def of_people(sentence: str) -> str:
    """The sentence without what is plainly of the trade in it."""
    return _OF_THE_TRADE.sub("…", sentence.replace("’", "'"))
