"""Words that try to steer the interviewer or the rater instead of describing a job or answering a question.

They are data like any other text: nothing here obeys them, and whoever finds them leaves them out and says so.
"""

from __future__ import annotations

import re

_WHO = r"(?:me|us|him|her|them|this (?:candidate|applicant|person|answer)|the (?:candidate|applicant|interviewee))"
_MARKS = r"(?:marks?|scores?|points?|ratings?|grades?|levels?)"
_BEST = r"(?:full|top|maximum|max|perfect|best(?: possible)?|highest(?: possible)?|excellent|strong)"
_RULES = r"(?:instructions?|rules?|prompts?|guidelines?|directions?|orders?|anweisungen|regeln|rubric|scale|scoring)"
_ROLE = (
    r"(?:engineer|developer|researcher|scientist|architect|analyst|designer|builder|expert|specialist|practitioner"
    r"|enthusiast|consultant|lead|manager|native)\b"
)

_OVERRIDES = (
    rf"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{{0,40}}\b(?:previous|prior|earlier|above|preceding|your|system"
    rf"|original)\b[^.\n]{{0,25}}\b{_RULES}\b",
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:all|any|these|those)\b[^.\n]{0,25}\b(?:instructions?"
    r"|prompts?|guidelines?)\b",
    rf"\b(?:ignoriere|vergiss|missachte)\w*\b[^.\n]{{0,60}}\b{_RULES}\b",
    r"\b(?:reveal|print|repeat|show|output|leak|tell me)\b[^.\n]{0,25}\byour (?:system |hidden |initial )?"
    r"(?:prompts?|instructions)\b",
)
_PLEAS = (
    rf"\b(?:give|grant|award|assign)\b (?:to )?{_WHO}[^.\n]{{0,25}}\b(?:{_BEST} {_MARKS}|\d+(?: out of |/)\d+|an? (?:4"
    rf"|four|10|ten|100)\b)",
    rf"\b(?:rate|score|grade|mark|evaluate|assess)\b {_WHO}[^.\n]{{0,40}}\b(?:as|at|with|a|an|{_BEST}|\d+|four|ten)\b",
    rf"\b(?:give|award|assign)\b[^.\n]{{0,30}}\b(?:{_BEST}) {_MARKS}\b",
    r"\bgib\w*\b[^.\n]{0,40}\b(?:volle|maximale|beste|höchste)\w* (?:punkt\w*|note\w*|bewertung\w*)",
    rf"\byou are (?:now )?(?:an? |the )?(?:ai\b(?![-/]| (?:[\w/-]+ ){{0,2}}{_ROLE})|assistant|chatbot|language model"
    r"|large language model|dan\b|unrestricted)",
    r"\bas an? (?:ai|large language|language) (?:language )?(?:model|assistant|interviewer|rater)\b[^.\n]{0,15}\byou\b",
    r"\b(?:ai|llm|language model|interviewer|rater|evaluator|grader|analyst|ema)\b[^.\n]{0,15}\b(?:must|should|shall"
    r"|has to|have to|needs? to) (?:always )?(?:give|rate|score|pass|recommend|hire|accept|ignore|praise|award|mark)\b"
    rf"[^.\n]{{0,30}}\b(?:me|(?:this|the) (?:candidate|applicant|interviewee)|this (?:person|answer|interview)"
    rf"|{_BEST} {_MARKS}|{_MARKS} (?:4|four|10|ten)|(?:an? |with )(?:4|four|10|ten|100)|{_RULES})\b",
    r"\b(?:note|attention|reminder) (?:to|for) (?:the |any |an )?(?:ai|llm|language model|interviewer|rater|evaluator"
    r"|grader|system)\b",
    r"\b(?:message|instructions?) (?:to|for) (?:the |any |an )?(?:ai|llm|language model|interviewer|rater|evaluator"
    r"|grader|system)\b[^.\n]{0,15}:",
    r"\bdo not (?:ask|evaluate|score|rate|grade|assess)\b[^.\n]{0,30}\b(?:questions?|candidates?|this|me|answers?)\b",
    r"\bthis (?:answer|candidate|applicant) (?:deserves|is worth|must receive|should receive|gets) (?:an? )?(?:4|four"
    r"|10|ten|full|top|perfect|level|strong|score)",
    r"\byou are now (?:the |my |an? )?(?:hiring manager|recruiter|judge|rater|examiner|interviewer|evaluator|grader)\b",
    r"[{,]\s*[\"']?(?:level|score|rating|grade|verdict)[\"']?\s*:",
    r"\b(?:whoever|anyone who|the one who) (?:reads|rates|scores|grades|marks|assesses|evaluates) (?:this|me|it)\b",
    r"\b(?:top|highest|best) (?:rung|box|mark|score|grade|rating)\b[^.\n]{0,60}\b(?:tick|every|all|your operator)\b",
    rf"\b(?:(?:put|place) (?:{_WHO}|it|this|everything|my answers?|an? (?:tick|cross|mark))|tick)\b[^.\n]{{0,20}}"
    r"\b(?:top|highest|best) (?:rung|box|mark|score|grade|rating|level)\b",
    r"<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?(?:inst|system)\]|</?(?:system|instructions?)>"
    r"|^\s*(?:system|assistant)\s*:\s*(?:you|ignore|always|the candidate)\b",
)
_OVERRIDE = re.compile("|".join(_OVERRIDES), re.IGNORECASE)
_PLEA = re.compile("|".join(_PLEAS), re.IGNORECASE | re.MULTILINE)
_REPORTED = re.compile(
    r"(?:\b(?:told|tell|telling|ask(?:ed|ing)?|instruct(?:ed|ing)?|trick(?:ed|ing)?|g[eo]t(?:ting)?)"
    r" (?:the |our |an? )?(?:\w+ )?(?:model|llm|agent|assistant|bot|chatbot|it) (?:in)?to"
    r"|\bagainst|\b(?:like|such as|says?|said|saying) [\"'“‘]"
    r"|\b(?:we|they|it|users?|attackers?)(?: (?:can|could|would|might|will|did))?(?: (?:not|never))?)\s*[\"'“‘]?$",
    re.IGNORECASE,
)
"""What stands before an override that is told of: an attack somebody tried, or guards against."""
_DISGUISED = re.compile(r"\b(?=\w*[a-z])(?=\w*[\u0400-\u04ff])[^\W\d_]{2,}", re.IGNORECASE)
"""A word of Latin and Cyrillic letters at once, which looks like another one: nobody speaks or types it by accident."""
_FRAME = 60
"""Characters before a match in which such a beginning is looked for."""


def addresses_the_rater(sentence: str) -> bool:
    """True for "ignore your instructions", "give me full marks" and their relatives, not for an account of them."""
    if _PLEA.search(sentence) or len(_DISGUISED.findall(sentence)) > 1:
        return True
    return any(
        not _REPORTED.search(sentence[max(0, found.start() - _FRAME) : found.start()].rstrip())
        for found in _OVERRIDE.finditer(sentence)
    )
