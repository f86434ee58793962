"""Which generated sentences a report may show: those about the words of the answers, and nothing beyond them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel

from services.core.report.evidence import MIN_QUOTE_WORDS
from services.core.report.fairness import forbidden_claim
from services.core.report.figures import figures_claimed, figures_in
from services.core.report.injection import addresses_the_rater

MAX_SENTENCE = 400
WITHHELD = "A sentence was withheld here: it spoke of more than the words of the answer."

_DECISION = re.compile(
    r"\b(?:(?:strong |no[- ])?hir(?:e|ed|es|ing|able)"
    r"|(?:reject|advance|recommend)(?:ed|s|ing)? (?:the |this )?(?:candidate|applicant|person|him|her|them)"
    r"|recommend(?:ed|s|ation)? (?:for|to|against)|do not advance|(?:good|great|strong|poor|perfect|cultur\w+) fit for"
    r"|(?:should|must) (?:be )?(?:advanced?|proceed|pass|be offered|get the job)"
    r"|overqualified|(?:ideal|best|top) candidate)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"„([^“”]*)[“”]|“([^”]*)”|\"([^\"]*)\"|«([^»]*)»"
    # What stands inside a word, or ends it, is an apostrophe.
    r"|(?<!\w)‘((?:[^’]|’(?=\w))*)’|(?<!\w)'((?:[^']|'(?=\w))*)'(?!\w)"
)
_LEVEL = re.compile(r"\blevels? \d(?: (?:of|out of|to|or|and) \d)?\b", re.IGNORECASE)


class Rewritten(BaseModel):
    sentences: list[str]


class Admission:
    """Judges sentences by what was said: `sources` are the words they may take figures from."""

    def __init__(self, said: Callable[[str], bool], sources: Iterable[str]) -> None:
        self._said = said
        """Whether these words were really said by the candidate."""
        self._figures = frozenset().union(*map(figures_in, sources))

    def fault(self, sentence: str) -> str | None:
        """Why it may not be shown, for whoever wrote it; None: it may."""
        if len(sentence) > MAX_SENTENCE:
            return f"longer than {MAX_SENTENCE} characters"
        if word := forbidden_claim(sentence):
            return f"“{word}” is not about the content of an answer"
        if found := _DECISION.search(sentence):
            return f"“{found.group()}”: the report decides nothing about anybody"
        if addresses_the_rater(sentence):
            return "it addresses the rating itself"
        if any(not self._said(piece) for piece in _pieces(sentence)):
            return "it quotes words that were not said"
        if figures_claimed(_LEVEL.sub("", sentence)) - self._figures:
            return "it has a figure that was not said"
        return None

    def faults(self, sentences: Iterable[str]) -> dict[str, str]:
        """The sentences that may not be shown, each with the reason."""
        found = ((sentence, self.fault(sentence)) for sentence in dict.fromkeys(sentences))
        return {sentence: fault for sentence, fault in found if fault}

    def repaired(self, faulty: Sequence[str], rewritten: Rewritten) -> dict[str, str]:
        """For each faulty sentence what stands in its place: the new one where that may be shown, else nothing."""
        new = [sentence.strip() for sentence in rewritten.sentences]
        if len(new) != len(faulty):
            return dict.fromkeys(faulty, "")
        return {old: "" if self.fault(sentence) else sentence for old, sentence in zip(faulty, new, strict=True)}


def _pieces(sentence: str) -> list[str]:
    """What it quotes, apart from single terms."""
    quoted = (next(filter(None, groups), "") for groups in _QUOTED.findall(sentence))
    return [piece for piece in quoted if len(piece.split()) >= MIN_QUOTE_WORDS]
