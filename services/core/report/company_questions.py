"""Which questions about private matters the hiring team may read: those about the company, which tell of nobody.

"Do you sponsor visas?" asks what the company does. "I need a visa, will you help?" tells who asks, as does "my visa"
inside a question. It is the form that decides: a question or a bare topic, and nobody in it whom it could be told of.
"""

from __future__ import annotations

import re

from services.core.report.privacy import is_private, is_secret
from services.core.talk.asking import is_asked, sentences_of, without_lead_in, without_request

MOST_TOPIC_WORDS = 8
"""Of a bare topic, such as "parental leave policy"."""

_AS_ANYBODY = re.compile(
    r"\b(?:do|does|did|can|could|would|will|may|might|should|shall) (?:i|we)\b(?! (?:need|have)\b)"
)
"""Whoever worked there would: "Can I take parental leave?"."""
_OFFERED = re.compile(
    r"\b(?:(?:maternity|paternity|parental|sick|family|carer’s) leave|childcare|visas?|work permits?|green cards?"
    r"|(?:visa )?sponsorships?|accommodations?|prayer rooms?|works councils?|(?:trade |labou?r )?unions?)\b"
)
"""What companies have for everybody, so that asking for it tells nothing."""
_SELF = re.compile(r"\b(?:i|me|my|mine|myself|us|our|ours|ourselves|we)\b")
_OTHERS = re.compile(
    r"\b(?:he|she|him|his|her|hers|himself|herself|candidate\w*|applicant\w*|interviewee\w*)\b"
    r"|\b(?:is|was|does|did|has|will|would|can) (?:the|your|that|this|an?) (?:\w+ )?(?:manager|boss|lead|director"
    r"|cto|ceo|cfo|vp|supervisor|founder|owner|president|head|colleague|interviewer|recruiter)\b"
)
_NAMED = re.compile(
    r"\b(?:[Ii]s|[Ww]as|[Dd]oes|[Dd]id|[Hh]as|[Ww]ill|[Ww]ould|[Cc]an) (?!Ramadan|Sabbath|Shabbat)[A-Z][a-z]+"
)
_STATE = re.compile(
    r"(?<!the )\b(?:pregnant|expecting|disabled|autistic|dyslexic|bipolar|depressed|diabetic|epileptic|deaf|blind|ill"
    r"|married|divorced|widowed|gay|lesbian|bisexual|trans|transgender|queer|muslim|jewish|christian|catholic|hindu|sikh"
    r"|buddhist|undocumented|diagnosed|too old|years old|born in|grew up|deported)\b"
    r"(?! (?:\w+s|people|men|women|staff|parents)\b)"
)
"""What only somebody can be. Before a plural, "pregnant employees", it is what many are."""
_TELLS = re.compile(
    r"\b(?:am|is|are|was|were|has|have|had|need\w*|want\w*|requir\w+|us(?:e|es|ed|ing)|gets?|got|takes?|taking|prefers?"
    r"|suffer\w*|lives?|living|hopes?|plans? to|expect\w*|having|being|wonder\w*|worr\w+)\b"
    r"|^(?:with|as|on|given|since|because|due to|after|under) "
)
_PIECE = re.compile(r"[,;:–—]\s*|\s-\s")


def is_about_the_company(question: str) -> bool:
    """Whether it asks what a company has, does or allows, and tells nothing about who asks or about anybody else."""
    if is_secret(question) or _NAMED.search(question):
        return False
    sentences = sentences_of(question)
    said = " ".join(without_request(sentence) for sentence in sentences)
    anybody = _AS_ANYBODY.sub("do people", said)
    if anybody != said and is_private(_OFFERED.sub("it", anybody)):
        return False
    if _SELF.search(anybody.replace("’", " ")) or _OTHERS.search(anybody) or _STATE.search(anybody):
        return False
    return not any(map(_states, sentences))


def _states(sentence: str) -> bool:
    """Something private is said before, or instead of, what is asked."""
    for piece in _PIECE.split(sentence):
        words = without_lead_in(piece)
        if without_request(piece) != words or is_asked(f"{piece}?"):
            return False
        if is_private(piece) and (_TELLS.search(words) or len(words.split()) > MOST_TOPIC_WORDS):
            return True
    return False
