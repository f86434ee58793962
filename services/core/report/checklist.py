"""What rules can find in words without knowing whether they are right, and what turns such words round.

How somebody speaks changes nothing: no rule asks for a tense, a voice or a length, fillers are looked through, and
cues of German and Hindi that are mixed into English count as the English ones do. A negation, a wish, a retraction or
somebody else's work turns a cue off, for the rules and for a text model alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.core.report.clauses import Clause
from services.core.report.codes import DEPTH, SUBSTANCE, Code
from services.core.report.figures import MEASURE, NUMBER, QUANTITY

OWN_STEMS = 3
"""Fewer words that carry meaning beyond the question's ("we used Redis") tell nothing."""


def _cue(pattern: str) -> re.Pattern[str]:
    """With any marks, and whatever fillers have left, between two words; in lower case."""
    return re.compile(re.sub(r" (?![?*])(?![^\[\]]*\])", r"[\\s,]+", pattern))


_FILLERS = re.compile(
    r"\b(?:u+[hm]+|e+r+m*|h+m+|ah+|like|you know|i mean|kind of|sort of|basically|actually|literally|okay|matlab"
    r"|ähm?|halt)\b,?"
)
_STATES = (
    r"think|believe|guess|feel|know|like|love|prefer|want|need|hope|wish|would|could|should|might|may|will|can|mean|say"
    r"|see|agree|suppose|imagine|understand|heard|watched|saw|read|denke|glaube|meine|finde|würde|könnte|soch\w*"
    r"|do(?=\W*(?:[.,;!?]|$))|don|didn|haven|hadn|wasn|weren|couldn|can|won|wouldn|never|not"
)
_OWN = _cue(
    r"\b(?:i|we|ich|wir|hum|humne|hamne|maine|main ne|me and \w+|my (?:team|colleague and i)|the team and i)"
    r"(?:'m|'ve|'d|'re)?(?: (?:also|then|just|only|first|myself|have|had|am|was|were|are|did|personally|mainly|habe"
    r"|haben|hatte))*"
    rf" (?!(?:{_STATES})\b)[^\W\d]{{2,}}"
    r"|\bmy (?:own )?(?:job|part|role|task|idea|change|fix|first)\b|\bby (?:me|us|my team)\b"
)
_MIXED_IN = (
    r"(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig"
    r"|achtzig|neunzig|hundert|teen|chaar|paanch)"
)
"""Numbers of languages that are mixed into English answers."""
_NUMBER = rf"(?:{NUMBER}|{_MIXED_IN})"
_MORE = r"(?:more|less|slower|faster|harder|bigger|higher|longer|expensive|complex|complicated|teurer|langsamer|mehr)"
_MOVED = (
    r"(?:reduc\w+|cuts?|cutting|drop\w*|fell|falls?|improv\w+|increas\w+|decreas\w+|gr[eo]w\w*|rose|rise\w*"
    r"|shr[aiu]nk\w*"
    r"|speed\w*|sped|go(?:es)? (?:down|up)|went (?:down|up)|came? down|down|up|faster|slower|fewer|less|s[ai]nkt?"
    r"|gesunken"
    r"|save\w*|saving|kam)"
)
_COUNT = rf"(?:{QUANTITY}|\d+(?:[.,]\d+)* ?(?:%|\w{{1,3}}\b)?|{_MIXED_IN} \w+|(?:do|das|sau) {MEASURE})"
_CUES = {
    Code.OUTCOME: _cue(
        rf"\b(?:from|von) (?:[a-z]+ ){{0,2}}?{_NUMBER}\b[^.;!?]{{0,40}}?\b(?:to|auf) (?:[a-z]+ ){{0,2}}?(?:{_NUMBER}"
        rf"|zero|none|null|eine?[ns]?)\b"
        rf"|\b{QUANTITY}[^.;!?]{{0,15}}?\b(?:to|se|auf|instead of|statt) (?:[a-z]+ ){{0,2}}?{NUMBER}\b"
        rf"|\b{_NUMBER}(?: [a-z]+){{0,2}}? (?:se|auf) (?:{_NUMBER}|zero)\b"
        rf"|\b(?:now|jetzt|ab)\b[^.;!?]{{0,25}}?\b{_MIXED_IN} [^\W\d]{{3,}}"
        rf"|\b{_MOVED}\b[^.;!?]{{0,40}}?\b(?:to|by|under|below|auf|um|only) (?:[a-z]+ ){{0,2}}?{_NUMBER}\b"
        rf"|\b(?:sav\w+|shav\w+) (?:us |them |me )?(?:[a-z]+ )?{QUANTITY}"
        rf"|\b{QUANTITY} (?:faster|slower|fewer|less|cheaper|smaller|quicker|lower|shorter|instead of)\b"
        rf"|\b(?:now|today|after (?:that|this|it)|jetzt|ab)\b[^.;!?]{{0,25}}?{QUANTITY}"
        r"|\b(?:halv\w+|doubl(?:ed|es|ing)|tripl\w+|happened again|not a single|every one of them)\b"
    ),
    Code.FIGURE: _cue(rf"\b(?!one\b){_COUNT}"),
    Code.TRADE_OFF: _cue(
        r"\b(?:trade[- ]?offs?|down ?sides?|drawbacks?|at (?:the )?(?:cost|price|expense) of"
        r"|(?:price|cost) (?:is|was)|the (?:price|cost) (?:is|was"
        r"|of|we)"
        r"|in exchange|in return|g[aio]v?(?:e|es|ing) up|sacrific\w+|compromis\w+|not worth|worth (?:it|the)"
        rf"|{_MORE}(?: \w+)?,? but|but (?:it|that|this) (?:is|was|means?|meant|makes?|made|costs?|takes?|took)"
        r"|accept(?:s|ed|ing)? (?:that|it|the|this|some|a|more|less|[a-z]+er)"
        r"|liv(?:e|es|ed|ing) with|overhead|pros and cons"
        r"|costs? us|we pa(?:y|id)|which (?:means?|meant|costs?)|nachteil\w*|akzeptier\w*|in kauf|der preis (?:war"
        r"|ist)|accept (?:kiy|kar)\w*|dafür|auf kosten|kompromiss\w*|nuksaan"
        r")\b"
    ),
    Code.ALTERNATIVE: _cue(
        r"\b(?:instead of|rather than|consider(?:ed|s|ing)?|compar(?:ed?|es|ing)|alternativ\w*"
        r"|(?:an)?other (?:options?|ways?)"
        r"|could have (?:used|gone|done|built|chosen|bought|kept|taken)|rul\w+ (?:it |that |them )?out|decid\w+ against"
        r"|turn(?:ed)? (?:it |that |them )?down|first (?:we |i )?tr(?:y|ied)|(?:we|i) (?:first )?tr(?:y|ied)|versus"
        r"|evalu(?:at|ier)\w+"
        r"|look(?:ed|s)? at (?:using|other|both)|prototyp\w+|statt|anstatt|stattdessen|verg(?:lich|leich)\w*"
        r"|überleg\w*|ke bajay|ki jagah)\b"
    ),
    Code.FAILURE: _cue(
        r"\b(?:fail\w*|broke\w*|breaks?|g(?:o|oes|oing|one) wrong|went wrong|(?:ge)?crash\w*|outages?"
        r"|tim(?:e[sd]?|ing) ?outs?"
        r"|roll\w* (?:it |that |them |the \w+ )?back|rollbacks?|mistakes?|limitations?|edge cases?|the catch"
        r"|in hindsight"
        r"|underestimat\w+|overlook\w*|miss(?:ed|es|ing)|los[et]\w* (?:\w+ ){0,2}?(?:data|messages?|events?|money"
        r"|writes?|minutes?|orders?)"
        r"|corrupt\w*|blind spots?|deadlock\w*|stuck|bugs?|blocked|overload\w*|(?:is|was|got|runs?|ran) full"
        r"|out of (?:memory|disk|space|time|connections|order)"
        r"|(?:took|takes?|taking|brought|brings?) (?:\w+ ){0,2}?down|down ho\w*|verl[io]r\w*|lahmgelegt|abgestürzt"
        r"|fill\w* (?:its|the|up)|f[ea]ll\w* over|down ?time|did(?:n't| not) (?:work|scale|help|fit)"
        r"|do(?:es)?(?:n't| not) (?:work|scale|cover|handle|protect|help)|cannot|(?:is|was|are|were) slow"
        r"|ausgefallen|ausfall\w*|kaputt|fehler\w*|gescheitert|band ho|toot)\b"
    ),
    Code.LESSON: _cue(
        r"\b(?:(?:i|we) (?:have )?learn\w*|lessons?|since then|ever since|from then on|as a rule|taught|rule of thumb"
        r"|now (?:i|we) always|next time|these days (?:i|we)|would do differently|seitdem|gelernt|nächstes mal"
        r"|seekh\w*|tab se|agl[ie] baar)\b"
    ),
    Code.REASON: _cue(
        r"\b(?:because|cause|so that|therefore|which means|which meant|the reason|that(?:'s| is| was) why|hence"
        r"|in order to"
        r"|due to"
        r"|otherwise|since (?:we|i|it|the|our)|to make sure|to avoid|weil|damit|deshalb|kyunki|kyonki|isliye)\b"
    ),
}
_NOT = (
    r"(?:not|never|no|nor|without|hardly|barely|nothing|none|nobody|zero|little|\w+n't|cannot|nicht|nie|kein\w*|ohne|nahi"
    r"|nahin)"
)
_NEGATED = re.compile(
    rf"\b{_NOT}\b(?: (?!(?:and|but|und|aur|until|unless|so|because|since|when|while|which|then|after"
    rf"|before)\b)[\w'-]+)* *$"
)
"""Words after a negation, in the same breath."""
_DENIED_AFTER = re.compile(r"\W*(?:us )?(?:nothing|nichts|kuch nahi)\b")
"""What was learned, given up or compared was nothing."""
_NEXT_CLAUSE = re.compile(
    rf"\b{_NOT} (?:(?!(?:think|believe|said|says?|claim\w*|know|knew|mean|guess|sure|remember|recall|tell|told|once"
    r"|only|what|how|that|whether|if|when|of|did|do|does|have|has|had|would|could|can|should|case|way|chance"
    r"|proof|sign|idea|reason)\b)[\w'-]+ ){2,}(?=(?:we|i)\b)"
)
"""Captions have no full stops: "it could not be traced we compared two tools" denies nothing of the comparison."""
_OPENS_NEGATED = re.compile(rf"^\W*(?:[\w'-]+ ){{0,2}}{_NOT}\b")
_AFFIRMED = re.compile(
    r"\b(?:not a single|not one|not (?:only|just)|no longer|never (?:happened )?again|nothing (?:was )?lost"
    r"|no (?:data )?loss|(?:since then|ever since|from then on|now|today|these days)\W+(?:\w+ ){0,3}?"
    r"(?:no|none|never|not a))\b"
)
"""Negations that deny nothing of what they stand beside."""
_NEVER_WAS = (
    r"wish\w*|hop(?:e|ed|es|ing)|dream\w*|imagin\w*|pretend\w*|suppos(?:e|ed)|claim\w*|assum(?:e|ed|ing)|kaash"
    r"|supposedly|allegedly|apparently|reportedly|ideally|theoretical\w*|hypothetical\w*|almost|nearly"
    r"|in (?:theory|principle|an ideal world)|doubt(?:s|ed|ful)?|den(?:y|ied)|false|untrue|a lie|lied|whether"
    r"|guess(?:ed|es)?|estimated|expected|intend(?:ed)?|aim(?:ed)? (?:to|for)|meant to|about to|failed to"
    r"|(?:goal|aim|target|idea|plan|hope|intention|ambition|promise|requirement)s? (?:is|was|were)|want(?:ed|s)? to"
    r"|plan(?:ned|s)? (?:to|on)|(?:was|were|is|are) going to|refus(?:e|ed|ing) to|had (?:i|we) (?!to\b)"
)
"""Openings of what was wished, meant, doubted or hearsay, and so of nothing that happened."""
TURNED = (
    rf"{_NEVER_WAS}|not|never|no|nor|nothing|nobody|none|neither|without|hardly|barely|\w+n't|cannot|would|could|should|might|if|unless"
    r"|nicht|nie|kein\w*|nahi|nahin"
)
"""Words that may turn a sentence round."""
_TURNED = _cue(rf"\b(?:{TURNED})\b")
_UNREAL = re.compile(
    rf"\b(?:{_NEVER_WAS}|would(?:'ve| have)? (?!do differently)|could(?:'ve| have)|should(?:'ve| have)|if (?:i|we)"
    r" (?:had|were|could)|going to|hätten?|würden?|wäre)\b"
)
_AND_THEN = re.compile(r"\b(?:but|so|then|until|when|because|after which|and (?:it|we|i|the|this|that|now))\b")
"""What follows tells of something new: "we wanted to halve it, so we added an index and it fell to 9 ms"."""
_NEW_SUBJECT = re.compile(r"\b(?:but|so|then|until|when|because|after which)\b")
_WISH = re.compile(
    r"\b(?:wish|imagine|pretend|hypothetical\w*|in theory|let's say|suppose|supposedly|allegedly|ideally"
    r"|in an ideal world"
    r"|one could|you could|people say|they say|it is said|i could say|i can claim|claim that|dream\w*|doubt"
    r"|refus\w+ to|failed to"
    r"|(?:a lie|lying|false|untrue|dishonest) (?:to|that|if)"
    r"|ich wünschte|kaash)\b"
)
_RETRACTED = re.compile(
    r"\b(?:no,? wait|wait,? no|scratch that|(?:just|only) (?:kidding|joking)"
    r"|(?:i )?made (?:that|it) up|that(?:'s| is| was) (?:not true"
    r"|a lie|a joke|wrong)"
    r"|(?:actually|well|sorry),? no\b|not really,? (?:no|though)|i take that back|that was(?:n't| not) (?:me|us))",
)
_COLLEAGUE = (
    r"(?:an?|my|another|one|our) (?:\w+ )?(?:colleague|co-?worker|team ?mate|manager|boss|lead|predecessor|contractor"
    r"|consultant|other team|vendor|freelancer|architect)"
)
_THEY = _cue(rf"\b(?:he|she|they|somebody|someone|who|{_COLLEAGUE}|the other team)\b(?: (?!i\b|we\b)[\w'-]+){{0,6}} *$")
_BY_A_COLLEAGUE = _cue(rf"^\W*(?:he|she|{_COLLEAGUE})\b(?! and (?:i|me|we)\b)(?:(?!\b(?:i|we)\b).)*$")
_OTHERS = _cue(rf"\b(?:he|she|somebody(?: else)?|someone(?: else)?|{_COLLEAGUE}|the other team)\b")
_DISOWNED = re.compile(
    r"\b(?:i (?:was |am )?(?:only|just|merely) (?:watch|observ|listen|looking on|looked on)[a-z]*\b"
    r"(?!\W+(?:the|our|an?|for|over)\b)"
    r"|(?:i|we) (?:was|were|am|are)(?:n't| not) (?:really |directly |personally |even )?(?:involved|part of (?:it"
    r"|that|this))"
    r"|i had nothing to do with (?:it|that|this)|(?:it|that|this) was(?:n't| not) (?:me|us|my (?:own )?work)\b"
    r"|i did(?:n't| not) do (?:it|that|this|any of (?:it|that))(?: myself)?\b"
    rf"|{_COLLEAGUE} (?:did|does|built|builds|wrote|writes|made|makes|handled|handles|implemented|designed|set"
    rf"|took care)\b)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\b(?:(?:do not|don't|dont) (?:really |actually |honestly |even )?(?:know|remember|recall)|no idea|no clue"
    r"|(?:am|'m) not familiar|no experience (?:with|in|of)|(?:i|we)(?:'ve)?(?: (?:have|honestly|really|actually"
    r"|just))* never"
    r" (?:really |actually )?(?:used|use|worked|done|did|touched|had|tried|built|heard|seen)"
    r"|(?:haven't|have not) (?:really |actually )?(?:used|worked|done|had|tried|touched|built)"
    r"|(?:can't|cannot|can not) (?:really )?(?:answer|say (?:anything|much|more)|tell you)|nothing comes to mind"
    r"|can't think of"
    r"|(?:would|will|'d) rather not|(?:prefer|want) not to (?:answer|say|talk)|no comment|keine ahnung|wei(?:ß"
    r"|ss) (?:ich )?nicht"
    r"|mujhe (?:nahi|nahin) pata)\b|^\W*never (?:used|worked|done|touched|tried|heard)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(
    r"[.!?;:,–—।\n]+|\s+(?=(?:and|but|so|then|because|cause|since|which|while|und|aber|weil|also|aur|lekin|kyunki)\s)"
)
"""Where one thing ends that is said and the next begins, with its opening word."""
_SUBJECT_TO_NEGATION = SUBSTANCE - {Code.REASON, Code.CORRECT_USE}


def says_unknown(text: str) -> bool:
    """The candidate says plainly that they do not know, have not done it, or would rather not answer."""
    return bool(_UNKNOWN.search(text))


def disowns(text: str) -> bool:
    """The candidate says plainly that somebody else did it."""
    return bool(_DISOWNED.search(text))


def holds(code: Code, text: str, start: int, end: int) -> bool:
    """Whether the words of `text` from `start` to `end` can carry the code, by what stands around them in `text`."""
    if code not in SUBSTANCE and code is not Code.FIGURE:
        return True
    lower = _looked_through(text)
    before = lower[max(lower.rfind(stop, 0, start) for stop in ".!?;\n") + 1 : start]
    words, after = lower[start:end], lower[end:]
    if _RETRACTED.search(words + after) or (code in DEPTH | {Code.OWN_WORK} and _WISH.search(before + words)):
        return False
    if code in (Code.OWN_WORK, Code.OUTCOME) and _UNREAL.search(_AND_THEN.split(before)[-1] + words):
        return False
    if code in _SUBJECT_TO_NEGATION and disowns(before + words):
        return False
    if code is Code.OWN_WORK and _THEY.search(before):
        return False
    if code in DEPTH - {Code.CORRECT_USE} and _BY_A_COLLEAGUE.search(_NEW_SUBJECT.split(before + words)[-1]):
        return False
    if code in DEPTH - {Code.FAILURE, Code.OUTCOME} and _DENIED_AFTER.match(after):
        return False
    return code not in _SUBJECT_TO_NEGATION or not _denied(code, before, words)


def is_turned(text: str, start: int, end: int) -> bool:
    """Whether a wish, a retraction or somebody else stands in the text, or a negation in the words' own sentence."""
    lower = _looked_through(text)
    begin = max(lower.rfind(stop, 0, start) for stop in ".!?;\n") + 1
    close = min((at for stop in ".!?;\n" if (at := lower.find(stop, end)) >= 0), default=len(lower))
    framed = _WISH.search(lower) or _RETRACTED.search(lower) or disowns(lower) or _OTHERS.search(lower)
    return bool(framed or _TURNED.search(lower[begin:close]))


def bears_out(code: Code, text: str, words: str) -> bool:
    """Whether rules find the sign of this code too, in these words of `text` or in the piece of it they stand in."""
    lower = _looked_through(text)
    start = text.index(words)
    pieces = [0, *(stop.end() for stop in _PIECE.finditer(lower)), len(lower)]
    begin = max(at for at in pieces if at <= start)
    close = min((at for at in pieces if at >= start + len(words)), default=len(lower))
    piece = lower[begin:close]
    if code is Code.UNKNOWN:
        return says_unknown(piece)
    if code is Code.OTHERS_WORK:
        return disowns(piece) or bool(_OTHERS.search(piece) and not _OWN.search(piece))
    cue = _OWN if code is Code.OWN_WORK else _CUES.get(code)
    return cue is not None and any(
        sign.start() < close and begin < sign.end() and holds(code, text, sign.start(), sign.end())
        for sign in cue.finditer(lower)
    )


def marks_in(clause: Clause, asked: frozenset[str]) -> tuple[tuple[Code, str], ...]:
    """What a clause holds, each with the words that show it. `asked`: stems the question contained already."""
    text = clause.text
    if disowns(text):
        return ((Code.OTHERS_WORK, text),)
    if says_unknown(text):
        return ((Code.UNKNOWN, text),)
    return tuple(_marks(clause, text, asked))


def _marks(clause: Clause, text: str, asked: frozenset[str]) -> Iterator[tuple[Code, str]]:
    lower = _looked_through(text)
    if len(clause.stems - asked) >= OWN_STEMS:
        yield from _first(Code.OWN_WORK, _OWN, lower, text)
    for code, cue in _CUES.items():
        yield from _first(code, cue, lower, text)


def _first(code: Code, cue: re.Pattern[str], lower: str, text: str) -> Iterator[tuple[Code, str]]:
    for found in cue.finditer(lower):
        if holds(code, text, found.start(), found.end()):
            yield code, text[found.start() : found.end()].strip(" ,")
            return


def _looked_through(text: str) -> str:
    """In lower case, every letter where it stood, with blanks for fillers."""
    lower = text.lower()
    lower = (lower if len(lower) == len(text) else text).replace("’", "'")
    return _FILLERS.sub(lambda filler: " " * len(filler.group()), lower)


def _denied(code: Code, before: str, words: str) -> bool:
    squeezed = " ".join(_AFFIRMED.sub(" ", before).split())
    if squeezed:
        first, *_ = words.split()
        squeezed = _NEXT_CLAUSE.sub("; ", f"{squeezed} {first}").removesuffix(first)
    if _NEGATED.search(squeezed):
        return True
    # What failed is told with negations, and so is what a choice does not allow any more.
    opening = 1 if code is Code.TRADE_OFF else 3
    head = " ".join(_AFFIRMED.sub(" ", words).split()[:opening])
    return code is not Code.FAILURE and bool(_OPENS_NEGATED.search(head))
