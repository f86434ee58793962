"""Questions that the candidate asks: told from answers by how English asks, not by what is asked about.

A question is a whole utterance, like a wish (`intent`): a lead-in at most ("Before we go on, could you tell me"), then
an interrogative clause. The same words inside a longer answer are rhetoric, and belong to it; what an answer ends in
waits for hers, and does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from services.core.talk.intent import plain

UNSHOWN = "(asked in the call, in words that cannot be told from Ema's)"
MOST_WORDS = 32
LEAD_IN_WORDS = 14
"""In sentences before the question; more is an answer that ends in one."""
ECHO_SHARE = 0.6
"""Of the question's longer words, that were in Ema's own: thinking aloud."""

_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+(?=\s|$)|$)", re.DOTALL)
_SUBJECT = r"(?:i|we|you|they|he|she|it|the|a|an|my|our|your|their|this|that|these|those|there)"
_AUXILIARY = r"(?:is|are|was|were|am|do|does|did|can|could|will|would|should|shall|has|have|had|may|might|must)"
_DEGREE = r"(?:so|very|too|quite|really|much|more|only|just|always|never|also|mostly|because)"
"""After a verb they tell of a subject that was left out: "Was too slow." """
_WH = r"(?:what|how|who|whom|whose|when|where|which|why)"
_LEAD_IN = re.compile(
    r"^(?:(?:so|and|but|well|okay|ok|right|yes|no|sorry|thanks|thank you|actually|um+|uh+|er+m*|hm+|hi|hello|hey|ema|"
    r"please|sure|great|by the way|before (?:we|i|that) ?(?:go on|continue|start|begin|answer|move on|do)?|"
    r"(?:one|a|another|a quick|quick) (?:more )?question(?: for you| about that| from me)?|out of curiosity|"
    r"i(?: have|’ve got|’ve) (?:a|one|another) (?:quick )?question(?: for you| about that)?|excuse me|if i may ask|"
    r"just (?:out of curiosity|curious|wondering)|first|also|then|maybe) )+"
)
_TELL_ME = re.compile(
    r"^(?:(?:can|could|would|will) you (?:please |just |maybe )?(?:tell|explain|describe)(?: to)?(?: me| us)?|"
    r"(?:can|could|may|might) i (?:just |also )?ask(?: you)?|(?:do|would|might) you (?:happen to )?know|"
    r"i(?:’m| am| was|’d| would| wanted| want| wonder|’d like| would like)"
    r"(?: just| also)?(?: curious| wondering| interested| like)?(?: to (?:ask|know|hear|understand|learn))?"
    r"(?: about| in)?|(?:please )?tell me(?: more)?|any idea)\s+(?:a (?:bit|little) |something |more |anything )*"
    rf"(?:{_WH}|if|whether|about)\b"
)
_DIRECT = re.compile(
    rf"^{_WH}’(?:s|re|d|ll)\b"
    # "What we did was", "what happened was that" and "which is why" state something.
    rf"|^(?!which (?:is|was|are|were)\b){_WH} (?!{_SUBJECT}\b)(?:\S+ ){{0,3}}?{_AUXILIARY} "
    r"(?!(?:that|because|when|to|why|how|not)\b \S)\S+"
    r"|^how (?:many|much|often|long) \S+ \S+"
    r"|^(?:what|how) about \S+"
    r"|^who \w+s\b(?!.*\b(?:is|was)\b)"
    rf"|^(?:is|are|was|were|does|did|can|could|will|would|should|has|am) (?!be\b|have\b|not\b|{_DEGREE}\b)\S+ \S+"
    r"|^(?:do|have) (?:you|we|they|i|people|\w+ers?|\w+ors?) \S+"
)
_CLARIFIES = re.compile(
    r"\b(?:do|did) you mean\b|^(?:you|so you) mean\b|\bmean by\b|\bwhat do you mean\b"
    r"|\byou (?:want|expect|like|prefer|need) me to\b|\bare you (?:asking|looking|referring|talking|thinking)\b"
    r"|^(?!when\b|where\b|how soon\b).*\b(?:should|shall|can|could|may|must|do|would) i "
    r"(?:just |also |rather |have to |need to )?(?:answer|talk|speak|use|assume|give|focus|"
    r"explain|start|describe|mention|pick|choose|take|say|tell|go|draw)\b"
    r"|\bis it (?:ok|okay|fine|all right|alright|enough) (?:if|to|when)\b|\b(?:this|that|your|the) question\b"
)
_LONG_WORD = re.compile(r"[^\W_]{4,}")
_GOES_ON = re.compile(r"\b(?:so|and|then|but|because|until) (?:i|we)\b")
"""Tells what was done about what was wondered."""
_WANTS_QUESTIONS = re.compile(
    r"\b(?:what|which)\b.*\b(?:ask|questions?|find out|clarify)\b|\bquestions (?:would|do|did|will|should|could) you\b"
)
"""Ema asked what they ask or would ask, so that a question is the answer."""


class Asked(StrEnum):
    """What a question of the candidate's is about."""

    CLARIFICATION = "clarification"
    """Ema's own question: how it is meant, or her words again."""
    ELSE = "else"
    """The company, the team, the role, or anything that an interviewer may know and the interview does not."""


def find_question(text: str, on_the_table: str) -> Asked | None:
    """None when it is to be taken as an answer. `on_the_table`: what Ema asked."""
    sentences = sentences_of(text)
    if not sentences or _WANTS_QUESTIONS.search(plain(on_the_table)):
        return None
    last, before = sentences[-1], " ".join(sentences[:-1])
    words = without_lead_in(last)
    if len(plain(before).split()) > LEAD_IN_WORDS or len(words.split()) > MOST_WORDS or not words:
        return None
    asked = is_asked(last)
    # Without its mark a question is told from a statement only where nothing else was said.
    if "?" not in last and (not asked or without_lead_in(before)):
        return None
    if not asked or _CLARIFIES.search(words) or _echoes(words, on_the_table):
        return Asked.CLARIFICATION
    return Asked.ELSE


def answer_end(text: str, on_the_table: str) -> int:
    """Where the answer in this turn ends, before the questions that wait for Ema's; 0 where it is nothing but those.

    A statement with a question mark is an answer: some raise their voice at the end of each.
    """
    if _WANTS_QUESTIONS.search(plain(on_the_table)):
        return len(text)
    sentences = [found for found in _SENTENCE.finditer(text) if plain(found.group())]
    end = len(text)
    while sentences and is_asked(last := sentences[-1].group()):
        if "?" not in last and find_question(text[:end], on_the_table) is None:
            break
        end = sentences.pop().start()
    return end if end == len(text) or without_lead_in(text[:end]) else 0


def sentences_of(text: str) -> list[str]:
    return [found.group() for found in _SENTENCE.finditer(text) if plain(found.group())]


def without_lead_in(sentence: str) -> str:
    """In plain words, from the question on: without "By the way" and the like."""
    return _LEAD_IN.sub("", f"{plain(sentence)} ").strip()


def without_request(sentence: str) -> str:
    """In plain words, what is asked: without "Could you tell me whether" and the like either."""
    return _TELL_ME.sub("", without_lead_in(sentence)).strip()


def is_asked(sentence: str) -> bool:
    """By its form, whatever mark it ends in."""
    words = without_lead_in(sentence)
    if len(words.split()) > MOST_WORDS or ("?" not in sentence and _GOES_ON.search(words)):
        return False
    if _DIRECT.search(words) or _TELL_ME.search(words):
        return True
    return "?" in sentence and re.match(rf"(?:{_WH}|do)\b", words) is not None


def in_own_words(topic: str, said: Iterable[str]) -> str:
    """The candidate's own question about a topic that a model worded; `UNSHOWN` where they asked none like it."""
    wanted = set(_LONG_WORD.findall(plain(topic)))
    asked = [sentence for text in said for sentence in sentences_of(text) if is_asked(sentence)]
    shared = {sentence: len(wanted & set(_LONG_WORD.findall(plain(sentence)))) for sentence in asked}
    likeliest = max(reversed(shared), key=shared.__getitem__, default="")
    return likeliest if shared.get(likeliest) else UNSHOWN


def _echoes(words: str, on_the_table: str) -> bool:
    asked, known = set(_LONG_WORD.findall(words)), set(_LONG_WORD.findall(plain(on_the_table)))
    return len(asked & known) >= 2 and len(asked & known) >= ECHO_SHARE * len(asked)
