"""Cuts the job description's own words around a skill into a phrase one can say aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.core.plan.language import can_be_said

MAX_PHRASE = 90
_READ = 60
"""Lines and sentences a list of phrases is made from."""

_BREAK = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)(?<!incl)(?<!\bno)[.!?;]\s+|\s[–—|•·-]\s")
_LABEL = re.compile(r"[\w&/-]+(?: [\w&/-]+){0,2}:\s+")
_JOINT_WORDS = "and|or|und|oder|with|including|so that|which|when|while|from|by|at|in|for|as"
_JOINT = re.compile(rf"[,:]\s+|\s+(?=(?:{_JOINT_WORDS})\s)|\s+(?=\()|(?<=\))\s+")
_LINE_END = re.compile(r"\n")
_WORD = re.compile(r"\S+")
_BLANK = re.compile(r"\s+")
_BULLET = re.compile(r"\s*(?:[-*•·–—▪◦●■►✓✔➜>#]+|\d{1,2}[.)])?\s*")
_OPENER_WORDS = (
    "you(?:(?:'|’)ll|(?:'|’)d|(?:'|’)ve)?(?: will| would| should| can| must)?"
    "(?: have| need| bring| know| possess| are)?|you(?:'|’)re|you|know|need|possess|we"
    " expect|we want you to"
    "|we need|we use|we are looking for|we(?:'|’)re looking for|your tasks include|responsible for|du hast|du"
    " bist|sie haben"
    "|we look for|we seek|we are seeking|ability to|the ability to|be able to|we run|we"
)
_OPENERS = re.compile(rf"(?:(?:{_OPENER_WORDS})\s+)+(?=\S)", re.IGNORECASE)
_DANGLING_FIRST = (
    "and or as with of that which who our your be been und oder mit also plus including such for in on from by to von"
)
_DANGLING_LAST = (
    "in on to for from by at as but so we you is are be von für im zu any some ideally preferably like about"
    " around into than"
    " when while this it its part a an the not no nor der die das"
)
_LOOSE_LEFT = frozenset(_DANGLING_FIRST.split())
_LOOSE_RIGHT = _LOOSE_LEFT | frozenset(_DANGLING_LAST.split())
_MERIT = re.compile(
    r",?\s+(?:(?:but )?not )?(?:(?:is|are|would be|will be)\s+)?(?:(?:considered|highly|very)\s+)*"
    r"(?:(?:an?|of|von)\s+)?(?:(?:big|strong|definite)\s+)?"
    r"(?:advantage|asset|plus|bonus|must|nice to have|welcome|preferred|required|desirable|desired|essential|mandatory"
    r"|appreciated|vorteil)\W*$",
    re.IGNORECASE,
)
"""How much a skill counts: no words for a question about it."""
_REFUSAL = re.compile(
    r"(?:\bno|\bwithout|(?:n['’]t|\bnot) (?:have|need|use|require)|\bkeine?n?)(?: [\w-]+){0,2} $", re.IGNORECASE
)
_COMPANY = re.compile(
    r"(?:At [A-Z][\w.&-]*, )?[A-Z][\w.&-]*(?: [A-Z][\w.&-]*){0,2} (?:is|was|has|builds|makes|processes|offers"
    r"|provides|develops|operates|connects|runs|sells|serves|helps|delivers|powers)\b"
)
_DEGREE = re.compile(
    r"\b(?:[BM]\.?Sc|Ph\.?D|B\.S|M\.S|[BM]S/[BM]S|BA/BS|[Bb]achelor|[Mm]aster['’]?s|[Dd]egree|[Dd]iploma)\b"
)
"""Schooling is what a CV is read for."""
_SOMEBODY_SEEKS = re.compile(
    r"^(?:an?|the|our) .*\b(?:needs|seeks|wants|hires|looks for|is looking|are looking)\b", re.IGNORECASE
)
"""A sentence about the company, whole: it can be no object of ours."""
_MOST_WORDS = 16
_CLUTTER = re.compile(
    r"\b(?:etc|e\.g|i\.e|incl|bzw|ggf|m/f/d|m/w/d|f/m/d|we|us)\b|\.\.|…|\d{4,}|\d+[-–]\d+|\b[A-Z]{6,}\b|[€$£%]",
)
_LEFT_EDGE = " \t,;:.!?*_`\"'“”„‘’«»-–—·•/&|>)"
_RIGHT_EDGE = " \t,;:.!?*_`\"'“”„‘’«»-–—·•/&|>("


def phrase_around(text: str, start: int, end: int) -> str:
    """The longest sensible run of words around `text[start:end]`, at most `MAX_PHRASE` characters, verbatim."""
    left, right = _clause(text, start, end)
    opener = _OPENERS.match(text, left)
    if opener and opener.end() <= start:
        left = opener.end()
    if right - left > MAX_PHRASE:
        left, right = _narrowed(text, *_one_side_of_colon(text, left, right, start, end), start, end)
    return _trimmed(text, left, right, start, end)


def quote_around(text: str, start: int, end: int) -> str:
    """As `phrase_around`, but only what is whole and can be said aloud: from where a clause begins to where it ends, or
    to a joint before its end. "" where nothing is."""
    left, right = _clause(text, start, end)
    opener = _OPENERS.match(text, left)
    if opener and opener.end() <= start:
        left = opener.end()
    if right - left > MAX_PHRASE:
        cuts = [joint.start() for joint in _JOINT.finditer(text, end, min(right, left + MAX_PHRASE))]
        if not cuts:
            return ""
        # What was cut in the middle of a thought reads better without the rest of it.
        right = next((cut for cut in reversed(cuts) if text[cut] == ","), cuts[-1])
    phrase = _trimmed(text, left, right, start, end)
    begins = text.startswith(phrase, left) or (opener is not None and phrase in text[left : left + len(phrase) + 3])
    return phrase if begins and is_quotable(phrase) else ""


def is_quotable(phrase: str) -> bool:
    """Whether it reads like something a person would read out: a few whole words, nothing broken off, no address."""
    words = phrase.split()
    return (
        2 <= len(words) <= _MOST_WORDS
        and can_be_said(phrase)
        and not any(mark in phrase for mark in '"“”„?!;:=@#*()')
        and not _CLUTTER.search(phrase)
        and not _DEGREE.search(phrase)
        and not _SOMEBODY_SEEKS.search(phrase)
        and words[0].casefold() not in _LOOSE_LEFT
        and words[-1].casefold() not in _LOOSE_RIGHT
        and not phrase.isupper()
        and phrase.count(",") <= 3
    )


def first_phrases(text: str) -> Iterator[str]:
    """What the first lines and sentences begin with, bullets and openers aside; none twice."""
    given: set[str] = set()
    starts = sorted({0, *(end.end() for edge in (_LINE_END, _BREAK) for end in edge.finditer(text))})
    for start in starts[:_READ]:
        at = start
        for lead in (_BULLET, _OPENERS):
            begun = lead.match(text, at)
            at = begun.end() if begun else at
        if word := _WORD.match(text, at):
            phrase = phrase_around(text, word.start(), word.end())
            if phrase and phrase not in given:
                yield phrase
            given.add(phrase)


def says_it_of_the_job(text: str, start: int, end: int) -> bool:
    """False where `text[start:end]` is what the job has not, or only part of a sentence about the company."""
    left, _ = _clause(text, start, end)
    company = _COMPANY.match(text, left)
    return not (_REFUSAL.search(text, max(left, start - MAX_PHRASE), start) or (company and company.end() <= start))


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    left = text.rfind("\n", 0, start) + 1
    right = text.find("\n", end)
    right = len(text) if right < 0 else right
    for brk in _BREAK.finditer(text, left, right):
        if brk.end() <= start:
            left = brk.end()
        elif brk.start() >= end:
            right = brk.start()
            break
    for lead in (_BULLET, _LABEL):
        begun = lead.match(text, left, start)
        left = begun.end() if begun else left
    return left, right


def _one_side_of_colon(text: str, left: int, right: int, start: int, end: int) -> tuple[int, int]:
    before, after = text.rfind(": ", left, start), text.find(": ", end, right)
    return (before + 2 if before >= 0 else left), (after if after >= 0 else right)


def _narrowed(text: str, left: int, right: int, start: int, end: int) -> tuple[int, int]:
    if right - left <= MAX_PHRASE:
        return left, right
    first, last = _window(text, left, right, start, end)
    comma = text.rfind(", ", max(end, first + (last - first) // 2), last)
    # What was cut in the middle of a thought reads better without the rest of it.
    return (first, comma) if last < right and comma >= 0 else (first, last)


def _window(text: str, left: int, right: int, start: int, end: int) -> tuple[int, int]:
    """Whole parts between joints as long as they fit, to the left first, where the verb is; else whole words."""
    joints = [left, *(joint.end() for joint in _JOINT.finditer(text, left, right)), right]
    first = max(i for i, at in enumerate(joints) if at <= start)
    last = min(i for i, at in enumerate(joints) if at >= end)
    if joints[last] - joints[first] > MAX_PHRASE:
        joints = [left, *(blank.end() for blank in _BLANK.finditer(text, left, right)), right]
        first = max(i for i, at in enumerate(joints) if at <= start)
        last = min(i for i, at in enumerate(joints) if at >= end)
    grew = True
    while grew:
        grew = False
        if first > 0 and joints[last] - joints[first - 1] <= MAX_PHRASE:
            first, grew = first - 1, True
        if last + 1 < len(joints) and joints[last + 1] - joints[first] <= MAX_PHRASE:
            last, grew = last + 1, True
    return joints[first], joints[last]


def _trimmed(text: str, left: int, right: int, start: int, end: int) -> str:
    """Edges without loose punctuation, half a bracket or a dangling "and"; the skill itself is never touched."""
    while merit := _MERIT.search(text, end, right):
        right = merit.start()
    if text[left] == "(":
        aside = text.find(")", left, start)
        left = aside + 1 if aside >= 0 else left + 1
    opening, closing = _odd_brackets(text, left, right)
    for at in opening:
        left, right = (at + 1, right) if at < start else (left, min(right, at))
    for at in closing:
        left, right = (at + 1, right) if at < start else (left, min(right, at))
    while left < start and text[left] in _LEFT_EDGE:
        left += 1
    while right > end and text[right - 1] in _RIGHT_EDGE:
        right -= 1
    first, last = re.match(r"\S+\s+", text[left:start]), re.search(r"\s+\S+$", text[end:right])
    if first and first.group().strip().casefold() in _LOOSE_LEFT:
        return _trimmed(text, left + first.end(), right, start, end)
    if last and last.group().strip().casefold() in _LOOSE_RIGHT:
        return _trimmed(text, left, end + last.start(), start, end)
    return text[left:right]


def _odd_brackets(text: str, left: int, right: int) -> tuple[list[int], list[int]]:
    opening: list[int] = []
    closing = []
    for at in range(left, right):
        if text[at] == "(":
            opening.append(at)
        elif text[at] == ")":
            if opening:
                opening.pop()
            else:
                closing.append(at)
    return opening, closing
