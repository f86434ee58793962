"""What a candidate asks for in few words (repeat, skip, who are you), told apart from an answer by a small grammar.

A wish is a whole utterance: an opening ("Sorry, Ema,"), the reason if it is said first ("my bell rings"), wishes, and
closings ("please, if you can"). The same words inside a longer sentence belong to an answer, and so do words that work
knows too ("Close the session."), unless Ema or the interview is spoken to. The grammar is data: `wishes.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from typing import Any

from services.core.data import beside

CONFIDENCE_FLOOR = 0.3
"""Of the recogniser (0..1), below which nothing is obeyed."""
MOST_WORDS = 32
"""Of a wish with all its courtesies."""


class Intent(StrEnum):
    """What a short utterance asks for, when it is no answer. Of several in one utterance the first of these counts."""

    END = "end"
    INSIDE = "inside"
    """How she works: her instructions, the rubric."""
    REPEAT = "repeat"
    SKIP = "skip"
    WHO = "who"
    HEAR = "hear"
    """Whether she is there."""
    DONT_KNOW = "dont_know"
    ROLE = "role"
    """Facts of the job."""
    MOMENT = "moment"
    BACK_CHANNEL = "back_channel"
    """ "Okay", "mm hmm": a sign of attention that asks for nothing."""


_ACTS = (Intent.END, Intent.REPEAT, Intent.SKIP, Intent.MOMENT)
"""What work does too."""


def plain(text: str) -> str:
    """Lower case, single spaces, no punctuation; hyphens part words, apostrophes stay."""
    text = re.sub(r"['‘’`]", "’", text.lower())
    return " ".join(re.sub(r"[^\w\s’]", " ", text).split())


_HUM = re.compile(r"(?:u+m+|u+h+|er+m*|a+h+|o+h+|hm+|m{2,}|mh+m+) ")
_AGAIN = re.compile(r"\b(\S+(?: \S+){0,2} )\1+")
_ENDINGS = {"n’t": " not", "’m": " am", "’re": " are", "’ve": " have", "’ll": " will", "’d": " would", "’s": " is"}
_TOKEN = re.compile(r"<(?P<part>\w+)>|~(?P<any>\d+)|\*(?P<ending>\w+)|(?P<mark>[()|\[\]])|(?P<word>[^\s()|\[\]<>~*]+)")
_MARKS = {"(": "(?:", ")": ")", "[": "(?:", "]": ")?", "|": "|"}
_CLAUSE = r"(?:we|had|when|if|which)\b"
"""Words of a story about work: no ~ stands for them."""


def _pattern(notation: str, parts: Mapping[str, str]) -> str:
    """A rule of `wishes.toml` as a regular expression over words that each end in a space."""

    def translate(token: re.Match[str]) -> str:
        if token["part"]:
            return f"(?:{_pattern(parts[token['part']], parts)})"
        if token["any"]:
            return rf"(?:(?!{_CLAUSE})\S+ ){{0,{token['any']}}}"
        if token["ending"]:
            return rf"\w\w+{token['ending']} "
        return _MARKS[token["mark"]] if token["mark"] else re.escape(token["word"]) + " "

    return "".join(translate(token) for token in _TOKEN.finditer(notation))


class _After(Enum):
    """What of a wish has been read."""

    NOTHING = "nothing"
    REASON = "reason"
    WISH = "wish"


class _Wishes:
    """The grammar. Every rule matches whole words from where it is asked to."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._spelled: dict[str, str] = data["spelled"]
        self._slip = re.compile(rf"(?<![\w’])(?:{'|'.join(sorted(self._spelled, key=len, reverse=True))})(?![\w’])")
        parts = data["parts"]
        self._left_out = re.compile(rf"\b(?:{_pattern(data['left_out']['words'], parts)})")
        self._opening, self._closing, self._reason, self._because = (
            re.compile(_pattern(part, parts)) for part in ("<opening>", "<closing>", "<reason>", "<because> | <reason>")
        )
        self._addressed, self._work = (
            re.compile(rf"\b(?:{_pattern(data['work'][kind], parts)})") for kind in ("addressed", "always")
        )
        self._beginnings = re.compile(rf"\b(?:{'|'.join(data['work']['asked'].split())})")
        self._rules = {
            (name, kind): re.compile(_pattern(" | ".join(rules[kind]), {**parts, **rules.get("parts", {})}))
            for name, rules in data.items()
            for kind in ("alone", "bare", "framed")
            if kind in rules
        }

    def spelled(self, text: str) -> str:
        """Plain words without contractions, hums and stutters; each ends in a space."""
        words = self._slip.sub(lambda slip: self._spelled[slip[0]], plain(text))
        for ending, word in _ENDINGS.items():
            words = re.sub(rf"{ending}\b", word, words)
        words = "".join(word for word in re.findall(r"\S+ ", f"{words} ") if not _HUM.fullmatch(word))
        return _AGAIN.sub(r"\1", words)

    def is_alone(self, name: str, words: str) -> bool:
        """Whether this is all of them."""
        return any(self._rules[name, "alone"].fullmatch(each) for each in (words, self._left_out.sub("", words)))

    def find(self, words: str, asked: str) -> Intent | None:
        doubt = None if self._addressed.search(words) else self._doubt(asked)
        for intent in Intent:
            if (intent, "alone") in self._rules and self.is_alone(intent, words):
                return None if _doubtful(intent, words, doubt) else intent
        if not words:
            return Intent.BACK_CHANNEL
        found = self._read(self._left_out.sub("", words), 0, _After.NOTHING, doubt, set()) or ()
        return next((intent for intent in Intent if intent in found), None)

    def _doubt(self, asked: str) -> re.Pattern[str]:
        """What makes a wish an answer where nobody is spoken to."""
        on_the_table = self._beginnings.findall(plain(asked))
        return re.compile("|".join([self._work.pattern, *(rf"\b{word}" for word in on_the_table)]))

    def _read(
        self, words: str, at: int, after: _After, doubt: re.Pattern[str] | None, dead: set[tuple[int, _After]]
    ) -> frozenset[str] | None:
        """The wishes from here to the end; None where something is neither wish nor courtesy, or nothing is wished."""
        if at == len(words):
            return frozenset() if after is _After.WISH else None
        if (at, after) in dead:
            return None
        for end, then, wish in self._steps(words, at, after):
            if wish and _doubtful(wish, words[at:end], doubt):
                continue
            found = self._read(words, end, then, doubt, dead)
            if found is not None:
                return found | {wish}
        dead.add((at, after))
        return None

    def _steps(self, words: str, at: int, after: _After) -> list[tuple[int, _After, str]]:
        """Where an utterance read so far may go on, the furthest first, and the wish that was read on the way."""
        steps = [(end, _After.NOTHING, "") for end in _ends(self._opening, words, at) if after is not _After.REASON]
        if after is _After.NOTHING:
            steps += [(end, _After.REASON, "") for end in _ends(self._reason, words, at)]
        else:
            steps += [(end, after, "") for end in _ends(self._closing, words, at)]
        if after is _After.WISH:
            steps += [(end, after, "") for end in _ends(self._because, words, at)]
        for (name, kind), rule in self._rules.items():
            if kind == "framed" or (kind == "bare" and after is not _After.REASON):
                steps += [(end, _After.WISH, name) for end in _ends(rule, words, at)]
        return sorted(steps, key=lambda step: -step[0])


def _doubtful(wish: str, words: str, doubt: re.Pattern[str] | None) -> bool:
    return doubt is not None and wish in _ACTS and doubt.search(words) is not None


def _ends(rule: re.Pattern[str], words: str, at: int) -> Iterator[int]:
    """Where a match that begins here may end, the longest first."""
    if rule.match(words, at):
        ends = [space.end() for space in re.compile(" ").finditer(words, at)]
        yield from (end for end in reversed(ends) if rule.fullmatch(words, at, end))


_WISHES = _Wishes(beside(__file__, "wishes.toml"))


def find_intent(text: str, confidence: float | None = None, asked: str = "") -> Intent | None:
    """The request in this utterance; None when it is to be taken as an answer, or was hardly understood.

    `confidence` is the recogniser's, None where it tells none or the text was typed. `asked`: Ema's question, whose own
    words are no wish ("Do you retry or stop?" "Stop.").
    """
    words = plain(text)
    if (confidence is not None and confidence < CONFIDENCE_FLOOR) or not words or len(words.split()) > MOST_WORDS:
        return None
    return _WISHES.find(_WISHES.spelled(text), asked)


def confirms_end(asked: str, answered: str) -> bool:
    """Whether the candidate's last words say that they want to end: a yes to "Shall I end the interview?".

    `asked` is what Ema said before them.
    """
    return affirms(answered) and any(map(_OFFERS_END.search, map(plain, _QUESTION.findall(asked))))


def affirms(text: str) -> bool:
    """A plain yes, or the wish to end said again: the answer to "Shall I end the interview here?"."""
    return agrees(text) or find_intent(text) is Intent.END


def agrees(text: str) -> bool:
    """A plain yes."""
    return _WISHES.is_alone("yes", _WISHES.spelled(text))


def is_done(text: str) -> bool:
    """That an answer is over, where it is one that is asked about: the same words may wish the interview to end."""
    return _WISHES.is_alone("done", _WISHES.spelled(text))


def declines(text: str) -> bool:
    """A plain no to the same question."""
    return _WISHES.is_alone("no", _WISHES.spelled(text))


_QUESTION = re.compile(r"[^.?!]+\?")
_INTERVIEW = r"(?:(?:the|our|this|your) (?:interview|call|conversation|session|talk|screen|meeting))"
_OFFERS_END = re.compile(
    r"\b(?:(?:shall|should|may|can|could) (?:i|we)"
    r"|(?:you|you’d) (?:would )?(?:want|wish|like|prefer|rather)(?: me| us)?(?: to)?"
    r"|(?:okay|ok|fine|all right|alright) (?:if|to|for)|(?:are|is) (?:you|it) (?:sure|ready|time))\b.*"
    r"\b(?:end|stop|finish|leave|quit|close|conclude|hang up|wrap (?:it |this |things )?up|call it (?:a day|quits))"
    rf"(?: (?:it|this|that|things|up|off|{_INTERVIEW}))?"
    r"(?: (?:here|now|today|there|early|then|already|instead|at this point|for (?:today|now)))*"
    r"(?: (?:or|and|so|because) .*)?$"
)
"""A question about the interview, and not about what somebody stopped or closed at work."""
