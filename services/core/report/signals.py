"""What the rules look for in a clause: signs of substance that a reader can check in the quoted words."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto

from services.core.plan.bank import bank, stem
from services.core.plan.taxonomy import mentions
from services.core.report.clauses import Clause
from services.core.report.figures import NUMBER, QUANTITY


class Signal(Flag):
    NONE = 0
    EXAMPLE = auto()
    DETAIL = auto()
    FIGURE = auto()
    TRADE_OFF = auto()
    ALTERNATIVE = auto()
    LIMIT = auto()
    OUTCOME = auto()
    PRINCIPLE = auto()
    REASON = auto()


_IRREGULAR = (
    r"built|wrote|ran|made|found|took|led|began|chose|got|went|kept|put|cut|set|sent|split|brought|taught|lost"
    r"|broke|gave|grew|drew|held|left|met|paid|rebuilt|rewrote|rolled|shut|spent|stood|swept|threw|spoke|let"
    r"|won|wound|caught|came|drove|fought|dug|had to|ended up|been \w+ing"
    r"|read (?:the|our|its|through) (?!book|docs|documentation|paper|article|blog)"
    r"|was (?:responsible|in charge|on call|paged|the one|asked)|were (?:responsible|on call|asked)"
)
_NOT_PAST = (
    "need|speed|indeed|feed|exceed|embed|seed|interested|supposed|excited|required|expected|related|based|convinced|bed"
    "|watched|listened|talked|wanted|needed|hoped|wished|liked|believed|assumed|imagined|wondered"
)
_PAST = rf"(?:(?!(?:{_NOT_PAST})\b)[a-z]{{2,}}ed|{_IRREGULAR})"
_WHO = r"(?:i|we|i've|we've|i'd|we'd|my team|our team|the team and i|one of us|(?:a|my) colleague and i)"
_ALONE = frozenset({"i", "i've", "i'd"})
_ELSE = (
    r"(?:he|she|they|it|who|you|someone|somebody|people|(?:an?|my|our|another|the other) (?:colleague|team|manager))\b"
)
_SAW = r"watched|saw|heard|read|thought|knew|told"
_OWN = re.compile(
    rf"\b(?P<who>{_WHO})\b(?:[^\w.!?;]+(?:{_SAW})\b(?:(?!\b{_ELSE})[^.!?;]){{0,60}}? (?:and|then)\b)?"
    rf"(?P<gap>(?:[^\w.!?;]+(?!{_ELSE})[\w']+){{0,4}}?)[^\w.!?;]+{_PAST}\b"
    r"|\bnow (?:we|i) (?P<now>(?!think|know|am|are|would|need|want|have|feel|believe|guess)[a-z]+)\b"
)
_NOT_DONE = re.compile(
    rf"\b(?:not|never|n't|\w+n't|would|could|should|might|will|can|if|hardly|wanna|want|{_SAW}|think|know|guess|asked)\b"
)
_COLLEAGUE = (
    r"(?:a|my|another|one) (?:colleague|co-?worker|team ?mate|manager|boss|lead|predecessor|contractor|consultant)"
)
_DISOWNED = re.compile(
    r"\b(?:i (?:was )?(?:only|just|merely) (?:watch|observ|listen|looking on|looked on)[a-z]*\b"
    r"(?!\W+(?:the|our|an?|for|over)\b)"
    r"|(?:i|we) (?:was|were)(?:n't| not) (?:really |directly |personally |even )?(?:involved|part of (?:it|that|this))"
    r"(?: (?:in|with) (?:it|that|this|any of (?:it|that)))?(?=\W*(?:[.!?;,]|$))"
    r"|i had nothing to do with (?:it|that|this)|(?:it|that|this) was(?:n't| not) (?:me|us|my (?:own )?work)\b"
    r"|i did(?:n't| not) do (?:it|that|this|any of (?:it|that))(?: myself)?\b"
    rf"|{_COLLEAGUE} (?:did|built|wrote|made|handled|implemented) (?:it|that|this|everything"
    r"|(?:all|most) of (?:it|that)|the (?:whole |entire )?(?:migration|work|job|project|change|rewrite|thing))\b)",
    re.IGNORECASE,
)

_PLAIN = (
    "percent minute minutes hour hours second seconds day days week weeks month months year years time times user"
    " users people"
    " data database databases table tables query queries service services server servers system app code page"
    " pages test tests"
    " team teams good problem work"
)
PLAIN_WORDS = frozenset(_PLAIN.split())
"""In the vocabulary of the trade, and yet too plain to be called a specific."""
_FIGURE = re.compile(rf"\b{QUANTITY}")
_MOVED = (
    r"(?:reduc(?:ed?|es|ing)|cuts?|cutting|dropp?(?:ed|s|ing)?|fell|falls|improv(?:ed?|es|ing)|(?:in|de)creas(?:ed?|es|ing)"
    r"|grew|rose|shrank|shrunk|speeded|sped|went (?:down|up)|(?:brought|got|came|is|are|was|were)\b[^,.;!?]{0,25}\bdown"
    r"|faster|slower|fewer|less)\b"
)
_TO = rf"(?:[a-z]+ ){{0,2}}?(?:{QUANTITY}|{NUMBER}|zero|none)\b"
_CHANGE = re.compile(
    rf"\b(?:{_MOVED}[^,.;!?]{{0,30}}?\bfrom (?:[a-z]+ )??{NUMBER}\b[^,.;!?]{{0,40}}?\bto {_TO}"
    rf"|from (?:[a-z]+ )??{QUANTITY}[^,.;!?]{{0,40}}?\bto {_TO}"
    rf"|{_MOVED}[^,.;!?]{{0,40}}?\b(?:to|by|under|below) (?:[a-z]+ ){{0,2}}?{QUANTITY}"
    rf"|(?:sav|shav|cut)[a-z]* (?:us |them |me |off )?(?:[a-z]+ )?{QUANTITY}"
    rf"|{QUANTITY} (?:faster|slower|fewer|less|cheaper|smaller|quicker|lower|shorter|instead of))"
)
"""A figure beside another one it came from, or with a word that says which way it moved."""
_CHANGE_ALONE = re.compile(
    r"\b(?:halved|doubled|tripled|not a single|zero (?:incidents|downtime|complaints|losses)|never happened again"
    r"|every one of them|ha(?:s not|sn't|ve not|ven't) (?:happened|seen it|come back|failed) (?:again|since))\b"
)
_PATTERNS = {
    Signal.TRADE_OFF: (
        r"trade[- ]?offs?|down ?sides?|drawback|at the (?:cost|price|expense) of"
        r"|the (?:price|cost) (?:was|is|of that|we paid)|in exchange|in return|g[ai]ve up|giving up|sacrific\w+"
        r"|compromis\w+|on the (?:one|other) hand|not worth"
        r"|worth (?:it|the|more)|(?:slower|harder|more expensive|more complex|more complicated|less \w+|more \w+) but"
        r"|but (?:it|that|this) (?:was|is|meant|made|costs?)|which (?:meant|costs?|made it)|(?:we|i) accepted"
        r"|accepted that|lived? with|the overhead|at the same time it|balance between|it costs? us|we paid"
        r"|pros and cons"
    ),
    Signal.ALTERNATIVE: (
        r"instead of|rather than|considered|compared|alternatively|alternatives?|another option|other options?"
        r"|options? (?:was|were|would)|could have (?:used|gone|done|built|chosen|bought|kept)"
        r"|ruled (?:it |that |them )?out|decided against|turned down|we weighed|thought about (?:using|going|just)"
        r"|first tried|(?:we|i) tried|versus"
        r"|looked at (?:using|other|both)|evaluated|prototyped both"
    ),
    Signal.LIMIT: (
        r"fail(?:ed|s|ure|ures|ing)|broken?|went wrong|did(?:n't| not) work|crash\w*|outages?|timed? ?outs?"
        r"|roll ?backs?|rolled (?:it |that |them )?back|mistakes?|limitations?|edge cases?|the catch"
        r"|do(?:es)?(?:n't| not) (?:work|cover|handle|scale|protect|help|survive)"
        r"|still (?:cannot|can't|fails|breaks|open|happens|possible|not|a problem|have)"
        r"|in hindsight|underestimated|overlooked|missed|(?:would|will) (?:not|break|fail)|wouldn't|won't"
        r"|if (?:i|we) did it again|next time|lost (?:data|messages|events|money)|corrupt\w*|blind spot|stops working"
        r"|deadlock\w*|brick\w*|no way back|stuck|froze|lost power|wrong|bugs?"
    ),
    Signal.PRINCIPLE: (
        r"(?:i|we) learn(?:ed|t)|lesson|since then|ever since|from then on|as a rule|taught (?:me|us)|the principle"
        r"|rule of thumb|now (?:i|we) always|these days (?:i|we)|what i took (?:from|away)"
        r"|i would (?:now )?always"
    ),
    Signal.REASON: (
        r"because|so that|therefore|which means|which meant|the reason|that's why|that is why|in order to|due to"
        r"|otherwise|since (?:we|i|it|the|our)|the idea (?:was|is)|to make sure|to avoid"
    ),
}
_COMPILED = {signal: re.compile(rf"\b(?:{pattern})\b") for signal, pattern in _PATTERNS.items()}
_UNKNOWN = re.compile(
    r"\b(?:(?:do not|don't|dont|did not|didn't) (?:really |actually |honestly )?(?:know|remember|recall)|no idea"
    r"|not familiar|no experience|(?:have|'ve) (?:honestly |really |actually )?never"
    r"|never (?:really )?(?:used|worked|done|touched|had|tried|built|heard)"
    r"|(?:haven't|have not|hadn't) (?:really |actually )?(?:used|worked|done|had|tried|touched|built)"
    r"|can't (?:really )?(?:answer|say)|cannot answer|nothing comes to mind|can't think of)\b",
    re.IGNORECASE,
)
_SPECIFICS_NEEDED = 2
_EXAMPLE_STEMS = 4
"""Fewer words that carry meaning beyond the question's ("we used Redis") tell nothing."""


@functools.cache
def _products() -> frozenset[str]:
    """Every spelling of a product or language, in lower case."""
    entries = (entry for cluster in bank().clusters.values() for entry in cluster.entries if not entry.is_subject)
    return frozenset(alias.casefold() for entry in entries for alias in entry.aliases)


def says_unknown(text: str) -> bool:
    """The candidate says plainly that they do not know, or have not done it."""
    return bool(_UNKNOWN.search(text))


def disowns(text: str) -> bool:
    """The candidate says plainly that somebody else did it."""
    return bool(_DISOWNED.search(text))


@dataclass(frozen=True, slots=True)
class Signs:
    """What a clause shows, and the words that show it."""

    shown: Mapping[Signal, str]
    specifics: tuple[str, ...] = ()
    """Words of the trade that the question did not contain; those of products first."""

    @property
    def signals(self) -> Signal:
        return Signal(sum(signal.value for signal in self.shown))

    def joined(self, after: Signs) -> Signs:
        specifics = tuple(dict.fromkeys(self.specifics + after.specifics))
        return Signs(_with_detail({**after.shown, **self.shown}, specifics), specifics)


NO_SIGNS = Signs({})


def signs_in(clause: Clause, subject: frozenset[str], asked: frozenset[str], *, disowned: bool = False) -> Signs:
    """`asked`: stems the question already contained, so that they tell nothing.

    `disowned`: the answer says that somebody else did it, so that "we did" is no example of their own.
    """
    text = clause.text
    # Searching in lower case takes half the time of ignoring case; few letters change their length by it.
    lower = text.lower()
    text = text if len(text) == len(lower) else lower
    matches = {signal: found for signal, pattern in _COMPILED.items() if (found := pattern.search(lower))}
    if figure := _FIGURE.search(lower):
        matches[Signal.FIGURE] = figure
    if change := _CHANGE.search(lower) or _CHANGE_ALONE.search(lower):
        matches[Signal.OUTCOME] = change
    shown = {signal: text[found.start() : found.end()] for signal, found in matches.items()}
    if _is_own_example(clause, lower, asked, disowned):
        shown[Signal.EXAMPLE] = ""
    specifics = _specifics(clause, subject, asked)
    return Signs(_with_detail(shown, specifics), specifics)


def _with_detail(shown: Mapping[Signal, str], specifics: Sequence[str]) -> dict[Signal, str]:
    """Two words of the trade make a detail; any number of products count as one, as names are quickly dropped."""
    products = sum(word in _products() for word in specifics)
    detailed = len(specifics) - max(0, products - 1) >= _SPECIFICS_NEEDED
    return {**shown, Signal.DETAIL: ", ".join(specifics[:3])} if detailed else dict(shown)


def _is_own_example(clause: Clause, lower: str, asked: frozenset[str], disowned: bool) -> bool:
    told = any(
        (own["now"] or not _NOT_DONE.search(own["gap"])) and not (disowned and own["who"] not in _ALONE)
        for own in _OWN.finditer(lower)
    )
    return told and len(clause.stems - asked) >= _EXAMPLE_STEMS


def _specifics(clause: Clause, subject: frozenset[str], asked: frozenset[str]) -> tuple[str, ...]:
    products: list[str] = []
    others: list[str] = []
    for mention in mentions(clause.text):
        said = clause.text[mention.start : mention.end].casefold()
        if stem(said) not in asked:
            (others if mention.entry.is_subject else products).append(said)
    parts = {part for name in (*products, *others) for part in name.split()} | PLAIN_WORDS
    of_trade = (clause.stems & subject) - asked
    words = [word for word in clause.words if len(word) > 2 and word not in parts and stem(word) in of_trade]
    return tuple(dict.fromkeys([*products, *others, *words]))
