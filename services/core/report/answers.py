"""The table of answers: for each question what was asked back, what the candidate said, and how far it was covered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.core.plan.language import ENGLISH, language_of
from services.core.plan.plan import Plan, Question
from services.core.plan.taxonomy import TOKEN
from services.core.report.checklist import says_unknown
from services.core.report.clauses import MASK, Clause, clauses_of, content_stems, is_prose
from services.core.report.injection import addresses_the_rater
from services.core.report.privacy import is_private
from services.core.report.rubric import SUBSTANCE_WORDS, Coverage, QuestionCoverage
from services.core.report.screening import UNSCREENED, Screened, SentenceKind
from services.core.talk.asking import answer_end, sentences_of
from services.core.talk.intent import find_intent
from services.core.talk.transcript import Conditions, Speaker, Turn, count_words

NO_ANSWER = {
    "steered": "Apart from words addressed to the rating itself, there was no answer.",
    "echo": "The answer repeats the question or the job description and adds nothing of the candidate's own.",
    "private": "The answer was private, and was left out.",
    "noise": "The words written down are too broken to be read as an answer.",
    "elsewhere": "What was said is about something else than the work and the question.",
    "language": "The answer was in {language}, and too little of it could be read; the interview is held in English.",
    "unknown": "The candidate said plainly that there is nothing to tell about this, or would rather not.",
    Coverage.TOO_SHORT.value: f"The answers were too short: evidence needs at least {SUBSTANCE_WORDS} words.",
    Coverage.UNANSWERED.value: "The question was asked, and no answer was heard.",
    Coverage.SKIPPED.value: "The question was skipped.",
    Coverage.NOT_REACHED.value: "The interview ended before a question on this was asked.",
}
"""Why there is nothing to read, the most telling reason first."""
_ENOUGH = 2
"""Function words that tell the language of a few words, which no product names are quoted in at length."""
FILLERS = (
    "um uh er erm hm hmm mm mhm ah oh yeah yes no okay ok right well sure know mean think guess suppose say see kind"
    " sort basically actually literally honestly anyway whatever maybe really stuff thing things something"
    " don doesn didn isn wasn ll re ve"
)
"""Beside function words, with contractions in two: who says nothing else is looking for words."""
_FILLERS = frozenset(FILLERS.split())
_ECHO = 0.7
"""Share of a clause's meaningful words that stood in the question, from which on it is an echo of it."""
_QUESTION = re.compile(r"[^.?!]+\?")
_NUDGE = re.compile(
    r"\b(?:still (?:there|with me)|can you hear me|take (?:your|more|all the) time|(?:we|i) (?:move|go) on"
    r"|you (?:need|want|like)(?: to have)?(?: an?| some| another| a bit)?(?: more)? (?:time|moment|minute)"
    r"(?! to (?!think))|(?:anything|something|more)(?: else)?(?: you(?: would|'d) like)? to (?:add|say|mention)"
    r"|to (?:go on|continue))\b",
    re.IGNORECASE,
)
"""Asks whether there is more to come, and so nothing that could be left unanswered."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the candidate said before Ema asked further."""

    turns: tuple[Turn, ...]
    clauses: tuple[Clause, ...]
    """Their own: no echo of the question, nothing said before, nothing private, nothing addressed to the rating."""


@dataclass(frozen=True, slots=True)
class Answer:
    question: Question
    status: Coverage
    first: Reply
    probed: tuple[Reply, ...]
    """Replies to follow-up questions."""
    asked_ms: int | None
    words: int
    talk_ms: int
    echoed: bool
    """The question's words were read back."""
    steered: int
    """Clauses left out because they address the rating itself, as the rules or the screen see it."""
    private: bool = False
    """Something private was said, and left out."""
    screened: Screened = UNSCREENED

    @property
    def replies(self) -> tuple[Reply, ...]:
        return (self.first, *self.probed)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return tuple(clause for reply in self.replies for clause in reply.clauses)

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(turn for reply in self.replies for turn in reply.turns)

    @property
    def why_not(self) -> str:
        """Why what was said is no answer, as a key of `NO_ANSWER`; "" where it may be read."""
        refused = [clause for clause in self.clauses if self._is_refusal(clause)]
        if self.words < SUBSTANCE_WORDS:
            return "unknown" if refused else "language" if self._is_foreign else self.status.value
        told = [clause for clause in self.clauses if self._is_told(clause) and clause not in refused]
        if sum(count_words(clause.text) for clause in told) >= SUBSTANCE_WORDS:
            return "elsewhere" if self.question.id in self.screened.elsewhere else ""
        if refused:
            return "unknown"
        broken = "language" if self._is_foreign else "noise"
        return "steered" if self.steered else "echo" if self.echoed else "private" if self.private else broken

    @property
    def reason(self) -> str:
        """The same for people."""
        return NO_ANSWER.get(self.why_not, "").format(language=self.language)

    @property
    def language(self) -> str:
        text = " ".join(turn.text for turn in self.turns)
        few = self.words < SUBSTANCE_WORDS
        return language_of(text, _ENOUGH, spoken=True) if few else language_of(text, spoken=True)

    @property
    def _is_foreign(self) -> bool:
        return self.language != ENGLISH

    def _is_refusal(self, clause: Clause) -> bool:
        return says_unknown(clause.text) or self.screened.kind(clause.text) is SentenceKind.REFUSAL

    def _is_told(self, clause: Clause) -> bool:
        return is_prose(clause) and self.screened.kind(clause.text) is not SentenceKind.NOISE

    @property
    def coverage(self) -> QuestionCoverage:
        return QuestionCoverage(
            question_id=self.question.id,
            text=self.question.text,
            jd_phrase=self.question.jd_phrase,
            competency_id=self.question.competency_id,
            status=self.status,
            words=self.words,
            asked_ms=self.asked_ms,
            talk_ms=self.talk_ms,
            why_not="" if self.why_not == self.status.value else self.reason,
        )


def answer_table(
    plan: Plan, turns: Sequence[Turn], conditions: Conditions, screened: Screened = UNSCREENED
) -> list[Answer]:
    """One answer for each question of the plan, in its order. What is said twice counts the first time."""
    reading = _Reading(plan, screened)
    return [_answer(question, turns, conditions, reading) for question in plan.questions]


class _Reading:
    """Remembers what was said, so that a repetition counts once."""

    def __init__(self, plan: Plan, screened: Screened) -> None:
        self.screened = screened
        phrases = " ".join(question.jd_phrase for question in plan.questions)
        self._posting = stems_of(f"{plan.role_title} {phrases}")
        self._said: set[frozenset[str]] = set()
        self.echoed, self.private, self.steered = False, False, 0

    def reply(self, turns: Sequence[Turn], asked: frozenset[str]) -> Reply:
        clauses = [clause for turn in turns for clause in clauses_of(turn)]
        return Reply(tuple(turns), tuple(clause for clause in clauses if self._is_own(clause, asked)))

    def _is_own(self, clause: Clause, asked: frozenset[str]) -> bool:
        if _is_order(clause) or self.screened.kind(clause.text) is SentenceKind.ORDER:
            self.steered += 1
            return False
        if MASK in clause.text or is_private(clause.text) or self.screened.is_private(clause.text):
            self.private = True
            return False
        if clause.stems in self._said:
            return False
        self._said.add(clause.stems)
        heard = len(clause.stems & (asked | self._posting))
        if self.screened.read_aloud(clause.words) or (len(clause.stems) >= 3 and heard >= _ECHO * len(clause.stems)):
            self.echoed = True
            return False
        return True


def _is_order(clause: Clause) -> bool:
    # Captions have no full stops: what addresses the rating may begin before the clause or end after it.
    around = clause.turn.text[max(0, clause.start - 40) : clause.end + 40]
    return addresses_the_rater(clause.text) or (
        not any(mark in around for mark in ".!?") and addresses_the_rater(around)
    )


def stems_of(text: str) -> frozenset[str]:
    return content_stems(tuple(token.casefold() for token in TOKEN.findall(text)))


def _answer(question: Question, turns: Sequence[Turn], conditions: Conditions, reading: _Reading) -> Answer:
    own = _without_questions([turn for turn in turns if turn.question_id == question.id], question)
    said = [turn for turn in own if turn.speaker is Speaker.CANDIDATE and turn.text.strip()]
    asked = stems_of(" ".join((question.text, *question.follow_ups)))
    reading.echoed, reading.private, reading.steered = False, False, 0
    replies = [reading.reply(group, asked) for group in _grouped(own, question)]
    words = sum(turn.word_count for turn in said)
    return Answer(
        question=question,
        status=_status(question, own, words, _substance(said), conditions),
        first=replies[0],
        probed=tuple(replies[1:]),
        asked_ms=min((turn.started_ms for turn in own), default=None),
        words=words,
        talk_ms=sum(turn.ended_ms - turn.started_ms for turn in said if not turn.typed),
        echoed=reading.echoed,
        steered=reading.steered,
        private=reading.private,
        screened=reading.screened,
    )


def _without_questions(turns: Sequence[Turn], question: Question) -> list[Turn]:
    """Without what the candidate asked Ema: nothing of that is counted, rated or quoted."""
    kept: list[Turn] = []
    asked = question.text
    for turn in turns:
        if turn.speaker is Speaker.EMA:
            kept.append(turn)
            asked = f"{question.text} {turn.text}"
        elif text := _own_words(turn.text, asked):
            kept.append(replace(turn, text=text, recognised=turn.recognised and _own_words(turn.recognised, asked)))
    return kept


def _own_words(text: str, asked: str) -> str:
    return text[: answer_end(text.replace(MASK, " " * len(MASK)), asked)].rstrip()


def _grouped(turns: Sequence[Turn], question: Question) -> list[list[Turn]]:
    """The candidate's turns, parted where Ema asked further; asking again, or whether there is more, parts nothing."""
    groups: list[list[Turn]] = [[]]
    asked = stems_of(question.text)
    for turn in turns:
        if turn.speaker is Speaker.CANDIDATE:
            groups[-1].append(turn)
        elif groups[-1] and _probes(turn.text) and len(stems_of(turn.text) & asked) * 2 < len(asked):
            groups.append([])
    return groups if groups[-1] or len(groups) == 1 else groups[:-1]


def _probes(said: str) -> bool:
    return any(not _NUDGE.search(question) for question in _QUESTION.findall(said))


def _substance(said: Sequence[Turn]) -> int:
    """Words of the sentences that say something: neither fillers, nor sounds of listening, nor wishes."""
    sentences = [sentence for turn in said for sentence in sentences_of(turn.text)]
    return sum(count_words(each) for each in sentences if _says_something(each) and not find_intent(each))


def _says_something(sentence: str) -> bool:
    words = re.split(r"['’\s]+", " ".join(TOKEN.findall(sentence)).casefold())
    return bool(content_stems(tuple(word for word in words if word not in _FILLERS)))


def _status(question: Question, own: Sequence[Turn], words: int, substance: int, conditions: Conditions) -> Coverage:
    if substance >= SUBSTANCE_WORDS:
        return Coverage.ANSWERED
    if question.id in conditions.skipped_question_ids:
        return Coverage.SKIPPED
    if words:
        return Coverage.TOO_SHORT
    asked = question.id in conditions.asked_question_ids or bool(own)
    return Coverage.UNANSWERED if asked else Coverage.NOT_REACHED
