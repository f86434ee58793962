"""What of a candidate's answers may be read and quoted, where a quote stands in it, and how much may be quoted.

Left out are echoes of the question, repetitions, private life and everything addressed to the rating itself, so that
neither a model nor a reader of the report gets to see it. Words that two recognisers did not hear alike are not quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from services.core.plan.plan import Competency, Question
from services.core.plan.taxonomy import TOKEN
from services.core.report.answers import Answer
from services.core.report.checklist import bears_out
from services.core.report.clauses import Clause, content_stems
from services.core.report.codes import AGAINST, DEPTH, SUBSTANCE, Code, Marks, told
from services.core.report.injection import addresses_the_rater
from services.core.report.privacy import is_private
from services.core.report.quotes import EDITS_PER_WORD, MAX_QUOTE, clauses_in, find_span, in_context
from services.core.report.rubric import MAX_QUOTES, ChecklistItem, Confidence, Evidence, Mark
from services.core.talk.transcript import LOW_CONFIDENCE, Speaker, Turn, count_words

MIN_QUOTE_WORDS = 4
SHARE = 1 / 3
"""Of what the candidate answered in all, in words and in characters, that the words of a report may come to."""
POINTING = 1 / 4
"""Of that share, what words that only point at something may take from quotes."""
_WORD = re.compile(r"[\w+#%]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one turn that stand side by side."""

    question: Question
    turn: Turn
    start: int
    end: int
    vocabulary: frozenset[str]

    @property
    def text(self) -> str:
        return self.turn.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that were said, with the codes they carry."""

    clause: Clause
    marks: Marks

    @property
    def codes(self) -> frozenset[Code]:
        return frozenset(code for code, _ in self.marks)

    @property
    def speaks_against(self) -> bool:
        return bool(self.codes & AGAINST)

    @property
    def is_firm(self) -> bool:
        """False for what was corrected in substance: it is shown, and carries no level."""
        return not self.clause.turn.rewritten

    @property
    def weight(self) -> int:
        return len(self.codes & SUBSTANCE) + len(self.codes)

    def overlaps(self, other: Quote) -> bool:
        one, two = self.clause, other.clause
        return one.turn.id == two.turn.id and one.start < two.end and two.start < one.end


@dataclass(frozen=True, slots=True)
class Finding:
    """What one competency comes to, before its quotes are numbered."""

    competency: Competency
    evidence: tuple[Quote, ...] = ()
    counter_evidence: tuple[Quote, ...] = ()
    score: int | None = None
    why_not: str = ""
    """Why there is no level."""
    levels: tuple[int, ...] = ()
    """Of the independent readings, lowest first."""
    confidence: Confidence = Confidence.LOW
    gaps: tuple[Code, ...] = ()
    """What was looked for and not found, the most helpful first."""
    checklist: tuple[ChecklistItem, ...] = ()


class Ground:
    """The passages of one competency's answers."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.questions = tuple(answer.question for answer in answers)
        self.passages = tuple(passage for answer in answers for passage in _passages(answer))

    def locate(self, quote: str, turn_id: str) -> Clause | None:
        """Where this was said, in the turn named or another, with what belongs to it. None: it may not be quoted."""
        found = (_quotable(passage, start, end - start) for passage, start, end in self._places(quote, turn_id))
        return next(filter(None, found), None)

    def within(self, quote: str, words: str, turn_id: str) -> Clause | None:
        """The same of a few words of a quote that is too long to be shown as a whole."""
        for passage, start, end in self._places(quote, turn_id):
            said = passage.turn.text[start:end]
            span = find_span(words, said)
            if span and (clause := _quotable(passage, start + said.index(span), len(span))):
                return clause
        return None

    def _places(self, quote: str, turn_id: str) -> Iterator[tuple[Passage, int, int]]:
        if len(quote.split()) < MIN_QUOTE_WORDS or len(quote) > 2 * MAX_QUOTE:
            return
        words = _vocabulary(quote)
        for passage in sorted(self.passages, key=lambda passage: passage.turn.id != turn_id):
            # Aligning words is the costly part; a quote that shares too few of them needs no alignment.
            if len(words - passage.vocabulary) > EDITS_PER_WORD * len(quote.split()):
                continue
            if span := find_span(quote, passage.text):
                start = passage.start + passage.text.index(span)
                yield passage, start, start + len(span)

    def around(self, clause: Clause) -> Clause | None:
        """A clause of these answers with what has to be shown along; None: it may not be quoted."""
        for passage in self.passages:
            if passage.turn is clause.turn and passage.start <= clause.start and clause.end <= passage.end:
                return _quotable(passage, clause.start, clause.end - clause.start)
        return None


class Numbering:
    """Ids of evidence, unique in a report: e1, e2, …"""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def evidence(self, quote: Quote) -> Evidence:
        turn, text = quote.clause.turn, quote.clause.text
        marks = [Mark(code=code, words=said, alone=not bears_out(code, text, said)) for code, said in quote.marks]
        evidence = Evidence(
            id=f"e{next(self._numbers)}",
            turn_id=turn.id,
            question_id=turn.question_id,
            start_ms=turn.started_ms,
            quote=text,
            marks=tuple(marks),
            typed=turn.typed,
            low_confidence=is_uncertain(turn),
            in_substance=turn.rewritten,
        )
        return evidence.model_copy(update={"why_it_matters": told(evidence.found, evidence.read)})


def is_uncertain(turn: Turn) -> bool:
    """Corrected words are the candidate's own; words they doubted are nobody's."""
    low = turn.confidence is not None and turn.confidence < LOW_CONFIDENCE
    return turn.doubted or (low and turn.recognised is None)


def apart(quotes: Iterable[Quote], taken: Sequence[Quote] = ()) -> tuple[Quote, ...]:
    """At most three that share no words with each other or with those taken, the first first; in spoken order."""
    kept: list[Quote] = []
    for one in quotes:
        if len(kept) < MAX_QUOTES and not any(one.overlaps(two) for two in (*kept, *taken)):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.clause.turn.started_ms, one.clause.start)))


def joined(quotes: Iterable[Quote]) -> list[Quote]:
    """Those that share words, or of which one follows the other, as one with the codes of both, as far as it is short.

    So nobody loses for speaking in short sentences, nor for a model that points at one sentence twice.
    """
    kept: list[Quote] = []
    for quote in sorted(
        quotes, key=lambda quote: (quote.clause.turn.started_ms, quote.clause.turn.id, quote.clause.start)
    ):
        whole = _together(kept[-1], quote) if kept else None
        kept[-1:] = [whole] if whole else [*kept[-1:], quote]
    return kept


def richest(quotes: Iterable[Quote], taken: Sequence[Quote] = ()) -> tuple[Quote, ...]:
    """At most three that show most together; the longest where none shows anything."""
    kept: list[Quote] = []
    known: set[Code] = set()
    free = [quote for quote in quotes if not any(quote.overlaps(other) for other in taken)]
    while free and len(kept) < MAX_QUOTES:
        best = max(free, key=lambda quote: (len(quote.codes - known), quote.is_firm, -len(quote.clause.text)))
        if kept and not best.codes - known:
            break
        kept.append(best if best.codes else max(free, key=lambda quote: len(quote.clause.words)))
        known |= best.codes
        free = [quote for quote in free if not quote.overlaps(kept[-1])]
    return apart(kept)


def _together(one: Quote, two: Quote) -> Quote | None:
    """None where they are of different kinds, stand apart, or would be too long."""
    turn, start, end = one.clause.turn, one.clause.start, max(one.clause.end, two.clause.end)
    if turn.id != two.clause.turn.id or one.speaks_against or two.speaks_against or end - start > MAX_QUOTE:
        return None
    if turn.text[one.clause.end : two.clause.start].strip(" ,.;!?\n"):
        return None
    marks = dict((*two.marks, *one.marks))
    return Quote(_clause_at(turn, start, end), tuple(marks.items()))


class _Share:
    """What may still be shown of all that was said, in characters and in words."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        said = [turn.text for turn in turns if turn.speaker is Speaker.CANDIDATE]
        self._room = self._all = tuple(SHARE * sum(map(measure, said)) for measure in (len, count_words))

    def has_room(self, text: str) -> bool:
        return all(left >= 0 for left in self._without(text))

    def take(self, text: str) -> None:
        self._room = self._without(text)

    def hold(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Keeps room for all of these until it is given back; for none where they would take much of it."""
        held = [sum(map(measure, texts)) for measure in (len, count_words)]
        if any(taken > POINTING * whole for taken, whole in zip(held, self._all, strict=True)):
            return ()
        for text in texts:
            self.take(text)
        return tuple(texts)

    def give_back(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._room = (self._room[0] + len(text), self._room[1] + count_words(text))

    def _without(self, text: str) -> tuple[float, ...]:
        return self._room[0] - len(text), self._room[1] - count_words(text)


def within_share(findings: Sequence[Finding], turns: Iterable[Turn]) -> list[Finding]:
    """Without the words that would come to more than a third of what was answered.

    What speaks against comes first, then the quote of each competency that shows most, then what other quotes add; a
    clause stands for a first quote that is too much. The checklist keeps the few words it points at. After an answer or
    two, where they are many of all, they come behind the first quotes, and an item without words says where they are.
    """
    share = _Share(turns)
    held = share.hold(_pointed_at_alone(findings))
    against = [_against(finding.counter_evidence, share) for finding in findings]
    shown = [_first(_ranked(finding), share) for finding in findings]
    share.give_back(held)
    lists = [
        tuple(_pointing(item, (*kept.values(), *others.values()), share) for item in finding.checklist)
        for finding, kept, others in zip(findings, shown, against, strict=True)
    ]
    for finding, kept in zip(findings, shown, strict=True):
        kept.update(_fitting([one for one in _ranked(finding) if kept and id(one) not in kept], share))
    return [
        replace(
            finding,
            evidence=tuple(kept[id(one)] for one in finding.evidence if id(one) in kept),
            counter_evidence=tuple(others[id(one)] for one in finding.counter_evidence if id(one) in others),
            checklist=checklist,
        )
        for finding, kept, others, checklist in zip(findings, shown, against, lists, strict=True)
    ]


def _pointed_at_alone(findings: Iterable[Finding]) -> list[str]:
    """The words of checklists that stand in no quote that comes first."""
    return [
        item.words
        for finding in findings
        for item in finding.checklist
        if not any(item.words in one.clause.text for one in (*finding.counter_evidence, *_ranked(finding)[:1]))
    ]


def _ranked(finding: Finding) -> list[Quote]:
    """The quote that shows most first."""
    return sorted(finding.evidence, key=lambda quote: (not quote.is_firm, -quote.weight, len(quote.clause.text)))


def _fitting(quotes: Sequence[Quote], share: _Share) -> dict[int, Quote]:
    """By identity what is shown of each, the first first."""
    kept: dict[int, Quote] = {}
    for one in quotes:
        if len(kept) < MAX_QUOTES and share.has_room(one.clause.text):
            kept[id(one)] = one
            share.take(one.clause.text)
    return kept


def _against(quotes: Sequence[Quote], share: _Share) -> dict[int, Quote]:
    return _fitting(quotes, share) or _first(quotes, share)


def _first(quotes: Sequence[Quote], share: _Share) -> dict[int, Quote]:
    """The first of which anything can be shown: a clause that says most of a strong one goes before a weaker one."""
    for one in quotes:
        shown = one if share.has_room(one.clause.text) else _narrowed(one, share.has_room)
        if shown:
            share.take(shown.clause.text)
            return {id(one): shown}
    return {}


def _pointing(item: ChecklistItem, shown: Iterable[Quote], share: _Share) -> ChecklistItem:
    """With its words where there is room for them, or where they are shown anyway."""
    if any(item.words in quote.clause.text for quote in shown):
        return item
    if not share.has_room(item.words):
        return item.model_copy(update={"words": ""})
    share.take(item.words)
    return item


def _narrowed(quote: Quote, fits: Callable[[str], bool]) -> Quote | None:
    """Whole clauses of it that fit and carry most of its codes; None where none carries any."""
    whole, found = quote.clause, []
    for start, end in clauses_in(whole.text):
        text = whole.text[start:end]
        marks = tuple((code, words) for code, words in quote.marks if words in text)
        clause = _clause_at(whole.turn, whole.start + start, whole.start + end)
        if fits(text) and len(text.split()) >= MIN_QUOTE_WORDS and bool(marks) == bool(quote.marks):
            found.append(Quote(clause, marks))
    return max(found, key=lambda one: (len(one.codes & DEPTH), len(one.marks), -len(one.clause.text)), default=None)


def _quotable(passage: Passage, start: int, length: int) -> Clause | None:
    """The clause for these words of a turn, with what must be shown along; None where that may not be shown."""
    stretch = in_context(passage.turn.text, start, start + length)
    if stretch is None or stretch[0] < passage.start or stretch[1] > passage.end:
        return None
    if any(one.start < stretch[1] and one.end > stretch[0] for one in passage.turn.in_dispute):
        return None
    clause = _clause_at(passage.turn, *stretch)
    return None if addresses_the_rater(clause.text) or is_private(clause.text) else clause


def _clause_at(turn: Turn, start: int, end: int) -> Clause:
    words = tuple(token.casefold() for token in TOKEN.findall(turn.text[start:end]))
    return Clause(turn, start, end, words, content_stems(words))


def _passages(answer: Answer) -> list[Passage]:
    passages: list[Passage] = []
    last: Clause | None = None
    for clause in answer.clauses:
        start = clause.start
        if last is not None and last.adjoins(clause):
            start = passages.pop().start
        text = clause.turn.text[start : clause.end]
        passages.append(Passage(answer.question, clause.turn, start, clause.end, _vocabulary(text)))
        last = clause
    return passages


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text.replace("'", "").replace("’", "")))
