"""What a candidate asks for in few words (repeat, skip, who are you), told apart from an answer by rule.

Each rule has a longest utterance: the same words inside a longer answer belong to the answer.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a short utterance asks for, when it is no answer."""

    REPEAT = "repeat"
    SKIP = "skip"
    DONT_KNOW = "dont_know"
    WHO = "who"
    HEAR = "hear"
    """Whether she is there."""
    MOMENT = "moment"
    END = "end"
    INSIDE = "inside"
    """How she works: her instructions, the rubric."""
    ROLE = "role"
    """Facts of the job."""


_RULES: tuple[tuple[Intent, int, re.Pattern[str]], ...] = tuple(
    (intent, words, re.compile("|".join(patterns)))
    for intent, words, patterns in (
        (Intent.END, 12, (r"\b(end|stop|finish|quit|leave) (the|this|our) (interview|call)\b", r"\bhang up\b")),
        (
            Intent.INSIDE,
            30,
            (
                r"\b(reveal|show|tell|print|read|repeat|ignore|forget|what are|what is) .{0,40}"
                r"\b(instructions|prompt|rubric|rules)\b",
            ),
        ),
        (
            Intent.REPEAT,
            12,
            (
                r"\brepeat (it|that|this|the question|please)\b|^(please )?repeat$",
                r"\bsay (that|it) again\b",
                r"\bwhat(’s|'s| was| is) the question\b",
                r"\bcome again\b|^pardon\b",
            ),
        ),
        (
            Intent.SKIP,
            10,
            (
                r"\bskip (it|this|that|the question|please)\b|\b(can|could|may) (we|you|i) (please )?skip\b",
                r"^(please )?(skip|pass|next)( please)?$",
                r"\bnext question\b|\b(let’s|let's|can we|could we) move on\b",
            ),
        ),
        (
            Intent.WHO,
            15,
            (
                r"\bwho are you\b|\bwhat are you\b|\bwhat(’s|'s| is) your name\b",
                r"\b(are you|is this|am i talking to) (an? )?(real |actual )?"
                r"(human|person|robot|bot|ai|machine|computer)\b",
            ),
        ),
        (Intent.HEAR, 8, (r"\bcan you hear me\b|\bare you there\b|^(hello|hi|hey)( ema| there)?$",)),
        (
            Intent.MOMENT,
            10,
            (
                r"\b(give me|just|need) (a|one) (moment|second|minute)\b|^(one|a) (moment|second)\b",
                r"\blet me think\b",
            ),
        ),
        (
            Intent.DONT_KNOW,
            8,
            (
                r"\bi (really |honestly )?(don’t|don't|dont|do not) know\b|\bno idea\b",
                r"\b(never|have not|haven’t|haven't) (used|done|worked with) (it|that|this)\b",
            ),
        ),
        (
            Intent.ROLE,
            18,
            (
                r"^(what|how|is|does|do|will|can|could)\b.*"
                r"\b(salary|pay|compensation|benefits|visa|remote|team|start date)\b",
            ),
        ),
    )
)


def find_intent(text: str) -> Intent | None:
    """The request in this utterance; None when it is to be taken as an answer."""
    words = re.sub(r"[^\w\s'’]", " ", text.lower()).split()
    plain = " ".join(words)
    return next((intent for intent, most, rule in _RULES if len(words) <= most and rule.search(plain)), None)
