"""What the rules look for in a clause: signs of substance that a reader can check in the quoted words."""

from __future__ import annotations

import re
from enum import Flag, auto

from services.core.clauses import Clause
from services.core.skill_bank import stem
from services.core.taxonomy import mentions


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
    "built|wrote|ran|made|found|took|led|began|chose|got|went|saw|kept|put|cut|set|sent|split|brought|taught|lost|broke|gave|"
    "g"
    "r"
    "e"
    "w"
    "|drew|held|left|met|paid|read|rebuilt|rewrote|rolled|shut|spent|stood|swept|threw|told|spoke|thought|understood|won|wound|"
    "k"
    "n"
    "e"
    "w"
    "|caught|came|drove|fought|dug|had to|was (?:responsible|in charge|on call|paged|the one|asked)|were"
    " (?:responsible|on call|asked)"
    "|been \\w+ing|ended up"
)
_NOT_PAST = "need|speed|indeed|feed|exceed|embed|seed|interested|supposed|excited|required|expected|related|based|convinced|red|bed"
_PAST = rf"(?:(?!(?:{_NOT_PAST})\b)[a-z]{{2,}}ed|{_IRREGULAR})"
_OWN = re.compile(
    rf"\b(?:i|we|i've|we've|i'd|we'd|my team|our team|the team and i|one of us|(?:a|my) colleague and"
    rf" i)\b(?P<gap>(?:\W+[\w']+){{0,4}}?)\W+{_PAST}\b",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(
    r"\b(?:not|never|n't|\w+n't|would|could|should|might|will|can|if|hardly|wanna|want)\b", re.IGNORECASE
)

_SMALL = "one|two|three|four|five|six|seven|eight|nine"
_ROUND = "ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER = (
    rf"(?:\d[\d.,]*|(?:{_SMALL}|{_ROUND}|half a|a couple of|several)(?:[ -](?:{_SMALL}|hundred|thousand|million"
    rf"|billion))*"
    r"|a hundred|a thousand|a million)"
)
_UNIT = (
    r"(?:%|percent|per cent|ms|milliseconds?|microseconds?|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?"
    r"|months?|years?|quarters?"
    r"|x\b|times|fold|kb|mb|gb|tb|kilobytes?|megabytes?|gigabytes?|terabytes?|bytes|k\b|hundred|thousand|million"
    r"|billion|users?"
    r"|customers?|requests?|queries|rows?|tables?|records?|events?|messages?|services?|servers?|nodes?|pods?"
    r"|clusters?|devices?|sensors?"
    r"|machines?|engineers?|developers?|people|teams?|tests?|alerts?|incidents?|tickets?|deploys?|deployments?"
    r"|releases?|pages?"
    r"|components?|regions?|volts?|milliamps?|microamps?|milliamperes?|euros?|dollars?|lines|commits|pull requests"
    r"|partitions?|consumers?)"
)
_FIGURE = re.compile(
    rf"\b{_NUMBER}\s*(?:more |fewer |less |of (?:the |our )?|different |large |small |big |odd )?{_UNIT}|\d\s*[%x]",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:reduc\w+|cut|dropp?ed|fell|went (?:down|up|from)|improv\w+|increas\w+|decreas\w+|grew|rose|shrank"
    r"|shrunk|halved|doubled|tripled"
    r"|saved?|saving|faster|slower|fewer|less than|down to|up to|down from|brought\b[^.]{0,25}\bdown"
    r"|got\b[^.]{0,25}\bdown|from\b[^.]{1,40}\bto"
    r"|instead of|under)\b",
    re.IGNORECASE,
)
_CHANGE_ALONE = re.compile(
    r"\b(?:halved|doubled|tripled|not a single|zero (?:incidents|downtime|complaints|losses)|(?:has not|hasn't"
    r"|have not|haven't)"
    r" (?:happened|seen it|had one|come back|failed) (?:again|since)|never happened again)\b",
    re.IGNORECASE,
)
_PATTERNS = {
    Signal.TRADE_OFF: r"trade[- ]?offs?|down ?sides?|at the (?:cost|price|expense) of|the (?:price|cost) (?:was|is"
    r"|of that|we paid)|in exchange"
    r"|gave up|giving up|give up|sacrific\w+|compromis\w+|on the other hand|on the one hand|not worth|worth the"
    r"|worth it|drawback|in return"
    r"|(?:slower|harder|more expensive|more complex|more complicated|less \w+|more \w+) but|but (?:it|that|this)"
    r" (?:was|is|meant|made|cost|costs)"
    r"|which (?:meant|cost|made it)|we accepted|i accepted|accepted that|lived with|live with|the overhead|at the"
    r" same time it|balance between"
    r"|it (?:cost|costs) us|we paid|pros and cons",
    Signal.ALTERNATIVE: r"instead of|rather than|we considered|i considered|considered|compared|alternatively"
    r"|alternatives?|another option"
    r"|other options?|options? (?:was|were|would)|could have (?:used|gone|done|built|chosen|bought|kept)|ruled"
    r" (?:it |that |them )?out|decided against"
    r"|turned down|we weighed|thought about (?:using|going|just)|first tried|we tried|i tried|versus|looked at"
    r" (?:using|other|both)|evaluated|prototyped both",
    Signal.LIMIT: r"fail(?:ed|s|ure|ures|ing)|broke|broken|went wrong|did(?:n't| not) work|does(?:n't| not)"
    r" (?:work|cover|handle|scale|protect|help|survive)"
    r"|crash\w*|outages?|timed? ?out|time ?outs|rolled (?:it |that |them )?back|roll ?back|mistakes?|limitations?"
    r"|edge cases?|still (?:cannot|can't|fails|breaks"
    r"|open|happens|possible|not|a problem|have)|the catch|in hindsight|underestimated|overlooked|missed|(?:would"
    r"|will) (?:not|break|fail)|wouldn't|won't"
    r"|if (?:i|we) did it again|next time|lost (?:data|messages|events|money)|corrupt\w*|blind spot|not (?:cover"
    r"|handle|survive)ed|stops working|deadlock\w*",
    Signal.PRINCIPLE: r"(?:i|we) learn(?:ed|t)|lesson|since then|ever since|from then on|as a rule|taught (?:me"
    r"|us)|the principle|rule of thumb|now (?:i|we) always"
    r"|(?:i|we) always|these days (?:i|we)|what i took (?:from|away)|i would (?:now )?always|the general",
    Signal.REASON: r"because|so that|therefore|which means|which meant|the reason|that's why|that is why|in order"
    r" to|due to|otherwise|since (?:we|i|it|the|our)"
    r"|the idea (?:was|is)|to make sure|to avoid",
}
_COMPILED = {signal: re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE) for signal, pattern in _PATTERNS.items()}
_UNKNOWN = re.compile(
    r"\b(?:(?:do not|don't|dont|did not|didn't) (?:really |actually |honestly )?(?:know|remember|recall)|no idea"
    r"|not familiar|no experience"
    r"|(?:have|'ve) (?:honestly |really |actually )?never|never (?:really )?(?:used|worked|done|touched|had|tried"
    r"|built|heard)"
    r"|(?:haven't|have not|hadn't) (?:really |actually )?(?:used|worked|done|had|tried|touched|built)|can't"
    r" (?:really )?(?:answer|say)"
    r"|cannot answer|nothing comes to mind|can't think of)\b",
    re.IGNORECASE,
)
_SPECIFICS_NEEDED = 2


def says_unknown(text: str) -> bool:
    """The candidate says plainly that they do not know, or have not done it."""
    return bool(_UNKNOWN.search(text))


def signals_in(clause: Clause, subject: frozenset[str], asked: frozenset[str]) -> tuple[Signal, dict[Signal, str]]:
    """What counts in this clause, and the words that show it. `asked`: stems the question already contained."""
    text = clause.text
    shown: dict[Signal, str] = {}
    if _is_own_example(text):
        shown[Signal.EXAMPLE] = ""
    specifics = _specifics(clause, subject, asked)
    if specifics:
        shown[Signal.DETAIL] = ", ".join(specifics[:3])
    figure = _FIGURE.search(text)
    if figure:
        shown[Signal.FIGURE] = figure.group()
    if figure and _CHANGE.search(text):
        shown[Signal.OUTCOME] = figure.group()
    elif change := _CHANGE_ALONE.search(text):
        shown[Signal.OUTCOME] = change.group()
    for signal, pattern in _COMPILED.items():
        if found := pattern.search(text):
            shown[signal] = found.group()
    total = Signal.NONE
    for signal in shown:
        total |= signal
    return total, shown


def _is_own_example(text: str) -> bool:
    return any(not _NOT_DONE.search(own["gap"]) for own in _OWN.finditer(text))


def _specifics(clause: Clause, subject: frozenset[str], asked: frozenset[str]) -> list[str]:
    """A product that the question did not name, or at least two words of the trade that it did not contain."""
    named = [clause.text[mention.start : mention.end] for mention in mentions(clause.text) if not mention.entry.is_noun]
    named = [name for name in named if stem(name) not in asked]
    words = dict.fromkeys(word for word in clause.words if len(word) > 2 and stem(word) in subject - asked)
    if named or len(words) >= _SPECIFICS_NEEDED:
        return list(dict.fromkeys([*named, *words]))
    return []
