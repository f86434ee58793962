"""The candidate reads their own words before the report is made, and corrects what the recogniser got wrong.

A correction stands in the place of the recognised words, which are kept beside it. It can repair what was said, not
add an answer: it may be twice as long as what was recognised, and a little more; it cannot stand in the place of a
plain "I don't know". Where it shares little with what was recognised in words or in sound, or changes a negation, a
person, a number or a technical term, it is a correction in substance: it is shown, and carries no level. Not so where a
second recogniser had heard that very change before anybody corrected anything: to choose between two witnesses, as
confirming the first one does, adds nothing to what was heard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from services.core.errors import CorrectionRefused
from services.core.plan.taxonomy import TOKEN, mentions
from services.core.report.answers import stems_of
from services.core.report.checklist import says_unknown
from services.core.report.clauses import clauses_of
from services.core.report.figures import figures_in
from services.core.report.injection import addresses_the_rater
from services.core.report.likeness import NEGATION, PERSONS, are_heard
from services.core.report.privacy import is_private
from services.core.report.quotes import MAX_QUOTE
from services.core.report.rubric import CompetencyRating, Evidence, Report
from services.core.talk.events import CloseCause
from services.core.talk.transcript import Conditions, DisputedWords, Speaker, Turn

MAX_CORRECTION = 4000
"""Characters, for a word alone may be of any length."""
SPARE_WORDS = 12
"""Words a correction may have beyond twice the recognised ones: recognisers lose whole half-sentences."""
_REPAIRED = 0.4
"""Share of a correction's meaningful words that were recognised, or sound like it, below which it says more than it
repairs. Recognisers slip most on names and on accents they have heard little of."""
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Readback:
    """What the page shows while the report waits for the candidate."""

    turns: tuple[Turn, ...]
    """The candidate's own, in the order they were said."""
    seconds_left: float
    """Until the report is made from what is there."""


def own_turns(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    return tuple(turn for turn in turns if turn.speaker is Speaker.CANDIDATE and turn.text.strip())


def wanted(turns: Sequence[Turn], cause: CloseCause) -> bool:
    """A candidate who is still there and was recognised may read it; typed words need no reading."""
    return cause is not CloseCause.NETWORK and any(not turn.typed for turn in own_turns(turns))


def correct(turn: Turn, text: str) -> Turn:
    """The turn with `text` for its words; as it was recognised when they are those. Raises CorrectionRefused."""
    if len(text) > MAX_CORRECTION:
        raise CorrectionRefused(f"A correction may have {MAX_CORRECTION:,} characters.")
    words, heard = " ".join(text.replace("\0", " ").split()), turn.recognised or turn.text
    if turn.speaker is not Speaker.CANDIDATE or turn.typed:
        raise CorrectionRefused("Only what was spoken by you can be corrected.")
    if not words:
        raise CorrectionRefused("Write what you said, or mark the words as wrong instead.")
    if len(words.split()) > (most := 2 * len(heard.split()) + SPARE_WORDS):
        raise CorrectionRefused(
            f"A correction repairs what you said and adds nothing to it: at most {most} words here, please."
        )
    if words == " ".join(heard.split()):
        turn = replace(turn, text=heard, recognised=None, rewritten=False, doubted=False)
        return replace(turn, confirmed=bool(turn.disputed))
    rewritten = _is_rewritten(words, " ".join((heard, *(one.otherwise for one in turn.disputed))))
    if rewritten and _knows_nothing(turn, heard):
        raise CorrectionRefused(
            "You were heard to say that there is nothing to tell, and a correction adds no answer to it. Mark the words"
            " as wrong instead."
        )
    rewritten = rewritten or _changes_substance(words, heard, turn.disputed)
    return replace(turn, text=words, recognised=heard, rewritten=rewritten, doubted=False)


def doubt(turn: Turn, *, wrong: bool) -> Turn:
    """Marks words as wrong without saying what is right. Raises CorrectionRefused."""
    if turn.speaker is not Speaker.CANDIDATE or turn.typed:
        raise CorrectionRefused("Only what was spoken by you can be marked.")
    return replace(turn, doubted=wrong, confirmed=turn.confirmed and not wrong)


def confirm(turn: Turn) -> Turn:
    """What two recognisers did not hear alike stands as it is written, says the candidate. Raises CorrectionRefused."""
    if not turn.in_dispute:
        raise CorrectionRefused("There is nothing to confirm in these words.")
    return replace(turn, confirmed=True, doubted=False)


def noted(conditions: Conditions, turns: Sequence[Turn]) -> Conditions:
    """The conditions, with a neutral sentence on what the candidate corrected and marked."""
    corrected = sum(turn.recognised is not None for turn in turns)
    doubted = sum(turn.doubted for turn in turns)
    said = []
    if corrected:
        said.append(f"{_answers(corrected)} corrected by the candidate after the call; quotes show both versions.")
    if rewritten := sum(turn.rewritten for turn in turns):
        said.append(
            f"{_corrections(rewritten)} what was said in substance: it is shown with what was recognised, and carries"
            " no level."
        )
    if doubted:
        said.append(f"{_answers(doubted)} marked by the candidate as written down wrongly; levels do not change by it.")
    if disputed := sum(bool(turn.in_dispute) for turn in turns):
        said.append(f"{_answers(disputed)} not heard alike by two recognisers; what they disagree on is not quoted.")
    if confirmed := sum(turn.confirmed for turn in turns):
        said.append(f"{_answers(confirmed)} not heard alike by two recognisers, and confirmed by the candidate.")
    return replace(conditions, notes=(*conditions.notes, *said))


def marked(report: Report, turns: Sequence[Turn]) -> Report:
    """The report, its quotes marked where the candidate corrected or doubted the words they come from."""
    said = {turn.id: turn for turn in turns if turn.recognised is not None or turn.doubted}

    def seen(evidence: Evidence) -> Evidence:
        turn = said.get(evidence.turn_id)
        if turn is None:
            return evidence
        return evidence.model_copy(update={"recognised": recognised_for(turn, evidence.quote), "doubted": turn.doubted})

    def rated(rating: CompetencyRating) -> CompetencyRating:
        found = {name: tuple(map(seen, getattr(rating, name))) for name in ("evidence", "counter_evidence")}
        return rating.model_copy(update=found)

    return report.model_copy(update={"competencies": tuple(map(rated, report.competencies))})


def recognised_for(turn: Turn, quote: str) -> str | None:
    """What the recogniser wrote at the place of this quote, as far as it may be shown; None: the same words."""
    start = turn.text.find(quote)
    text = None if start < 0 else recognised_at(turn, start, start + len(quote))
    return text and ("" if may_not_be_shown(text) else text[:MAX_QUOTE])


def recognised_at(turn: Turn, start: int, end: int) -> str | None:
    """What the recogniser wrote for this stretch of the turn's text; "" nothing, None the same words."""
    if turn.recognised is None:
        return None
    heard, words = _words(turn.recognised), _words(turn.text)
    places = [at for at, (_, begins, ends) in enumerate(words) if begins < end and ends > start]
    matcher = SequenceMatcher(None, [word for word, *_ in words], [word for word, *_ in heard], False)
    # What stood before the first word or after the last, and was taken out, belongs to these.
    first, end = places[0] or -1, places[-1] + 1 + (places[-1] == len(words) - 1)
    spans = [_within(block, first, end) for block in matcher.get_opcodes()]
    there = [(begins, ends) for begins, ends in spans if begins < ends]
    if not there:
        return ""
    if [word for word, *_ in heard[there[0][0] : there[-1][1]]] == [words[at][0] for at in places]:
        return None
    return turn.recognised[heard[there[0][0]][1] : heard[there[-1][1] - 1][2]]


def may_not_be_shown(text: str) -> bool:
    """Neither in a report nor to a rater."""
    return is_private(text) or addresses_the_rater(text)


def _within(block: tuple[str, int, int, int, int], first: int, end: int) -> tuple[int, int]:
    """Of a stretch of the correction and the recognised words it stands for: these, as far as `first` to `end` go."""
    kind, from_word, to_word, from_heard, to_heard = block
    if to_word <= first or from_word >= end:
        return 0, 0
    if kind != "equal":
        return from_heard, to_heard
    return from_heard + max(0, first - from_word), to_heard - max(0, to_word - end)


def _words(text: str) -> list[tuple[str, int, int]]:
    """Words without case and punctuation around them, each with where it stands."""
    found = _WORD.finditer(text)
    return [(word.group().strip(".,;:!?\"'“”’()").casefold(), word.start(), word.end()) for word in found]


def _is_rewritten(words: str, heard: str) -> bool:
    stems, known = stems_of(words), stems_of(heard)
    missing = round(_REPAIRED * len(stems)) - len(stems & known)
    if missing <= 0:
        return False
    return sum(are_heard([stem], _tokens(heard)) for stem in stems - known) < missing


def _changes_substance(words: str, heard: str, disputed: Sequence[DisputedWords]) -> bool:
    """Whether the two differ in a negation, a person, a number or a technical term that does not only sound alike.

    What a second recogniser heard so too, in the words that are `disputed`, is no difference.
    """
    weighty = _weighty(words) | _weighty(heard)
    said, known = _tokens(words), _tokens(heard)
    doubtful = _disputes(heard, disputed)
    for kind, from_heard, to_heard, from_word, to_word in SequenceMatcher(None, known, said, False).get_opcodes():
        gone, new = known[from_heard:to_heard], said[from_word:to_word]
        # What was put in between two words is in dispute where they are.
        around = doubtful[from_heard:to_heard] or doubtful[max(0, from_heard - 1) : from_heard + 1]
        if kind == "equal" or _is_witnessed(gone, new, around, words):
            continue
        persons = [{PERSONS[token] for token in tokens if token in PERSONS} for tokens in (gone, new)]
        denied = [sum(bool(NEGATION.fullmatch(token)) for token in tokens) for tokens in (gone, new)]
        if denied[0] != denied[1] or (all(persons) and persons[0] != persons[1]):
            return True
        if not (are_heard(weighty & set(gone), new) and are_heard(weighty & set(new), gone)):
            return True
    return False


def _disputes(heard: str, disputed: Sequence[DisputedWords]) -> list[DisputedWords | None]:
    """For each token of what was heard the dispute it stands in."""
    places = [found.span() for found in TOKEN.finditer(heard.replace("’", "'"))]
    return [next((one for one in disputed if one.start < end and start < one.end), None) for start, end in places]


def _is_witnessed(
    gone: Sequence[str], new: Sequence[str], doubtful: Sequence[DisputedWords | None], words: str
) -> bool:
    """Whether the second recogniser heard what is new, and not what is gone, in the place of words in dispute."""
    otherwise = [one.otherwise for one in dict.fromkeys(doubtful) if one]
    if not otherwise:
        return False
    agreed = [word for word, dispute in zip(gone, doubtful, strict=False) if dispute is None]
    before, after, other = (_substance(" ".join(said)) for said in (gone, new, otherwise))
    if (before - after) & (other | _substance(" ".join(agreed))):
        return False
    return after - before <= other and other - before <= _substance(words)


def _substance(text: str) -> set[object]:
    """What turns a sentence into another one: its figures, names of the trade, persons, and whether it denies."""
    tokens = _tokens(text)
    persons = {("person", PERSONS[token]) for token in tokens if token in PERSONS}
    denied = {"denied" for token in tokens if NEGATION.fullmatch(token)}
    return {*figures_in(text), *(mention.name for mention in mentions(text)), *persons, *denied}


def _weighty(text: str) -> set[str]:
    """Tokens that are numbers, or names of the trade."""
    named = (text[mention.start : mention.end] for mention in mentions(text))
    return {*_tokens(" ".join(named)), *(word for word in _tokens(text) if figures_in(word) and word != "one")}


def _tokens(text: str) -> list[str]:
    return [token.casefold() for token in TOKEN.findall(text.replace("’", "'"))]


def _knows_nothing(turn: Turn, heard: str) -> bool:
    return all(says_unknown(clause.text) for clause in clauses_of(replace(turn, text=heard)))


def _corrections(number: int) -> str:
    return "One correction changes" if number == 1 else f"{number} corrections change"


def _answers(number: int) -> str:
    return "One answer was" if number == 1 else f"{number} answers were"
