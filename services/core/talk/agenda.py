"""The question cursor: which question is on the table, for how long, and what comes after it."""

from __future__ import annotations

import math
import re

from services.core.plan.plan import QUESTION_SECONDS, Plan, Question

HARD_OVERRUN = 1.5
"""Past this multiple of its budget a question is left without waiting for the end of an answer."""
RECOGNISED_SHARE = 0.6
"""Of a question's longer words, in an utterance that is then taken to ask it."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_LONG_WORD = re.compile(r"[^\W_]{4,}")
_INVITATION = re.compile(
    r"\?|(?:^|[.!,:;]\s+)(?:please\s+)?(?:tell|walk|describe|explain|give|talk|share)\b", re.IGNORECASE
)


def is_question(text: str) -> bool:
    """Whether it asks for an answer: a question mark, or an invitation such as "Walk me through …"."""
    return bool(_INVITATION.search(text.strip()))


def asks(text: str) -> bool:
    """Whether it ends in a question, and so waits for an answer."""
    return is_question(_SENTENCE_END.split(text.strip())[-1])


class Agenda:
    """Starts before the first question (the greeting) and ends after the last one (the wrap-up).

    `talk_until_s` is when the wrap-up begins, on the clock of every `at`; without it time never runs short.
    """

    def __init__(self, plan: Plan, *, talk_until_s: float = math.inf) -> None:
        self._plan = plan
        self._talk_until_s = talk_until_s
        self._question: Question | None = None
        self._begun_at = 0.0
        self._budget_s = math.inf
        # Whether Ema has put the current question into words yet: what she asks after that is a follow-up.
        self._put = False
        self.follow_ups_asked = 0
        self.asked_ids: tuple[str, ...] = ()
        self.skipped_ids: tuple[str, ...] = ()
        self.done_since: float | None = None
        """Since when nothing is left to ask."""

    @property
    def done(self) -> bool:
        return self.done_since is not None

    @property
    def question(self) -> Question | None:
        return self._question

    @property
    def question_id(self) -> str | None:
        """None in the greeting and in the wrap-up."""
        return self._question.id if self._question else None

    @property
    def begun(self) -> bool:
        """The greeting is over."""
        return bool(self.asked_ids) or self.done

    @property
    def position(self) -> tuple[int, int]:
        """How many questions were put on the table so far (0 in the greeting), and how many the plan has."""
        return len(self.asked_ids), len(self._plan.questions)

    @property
    def hard_at(self) -> float:
        """When the current question has lasted too long even for an unfinished answer; infinite without one."""
        return self._begun_at + HARD_OVERRUN * self._budget_s

    def over_budget(self, at: float) -> bool:
        return at >= self._begun_at + self._budget_s

    def knows(self, question_id: object) -> bool:
        return any(question.id == question_id for question in self._plan.questions)

    def fits(self, at: float) -> bool:
        """Whether the time left is enough for another question. The first one is asked however late it is."""
        return not self.asked_ids or self._talk_until_s - at >= QUESTION_SECONDS[0]

    def advance(self, to: str | None = None, *, at: float = 0.0) -> str | None:
        """Puts this question, or else the next one that was not asked yet, on the table; returns its id.

        None: there is none left, or no time for one, and the agenda is done. Raises KeyError for an unknown id.
        """
        if to is None:
            to = next((question.id for question in self._unasked() if self.fits(at)), None)
        if to is None:
            self.close(at)
        elif to != self.question_id:
            self._open(self._plan.question(to), at)
        return to

    def skip(self, *, at: float = 0.0) -> str | None:
        """Leaves the current question at the candidate's wish; returns the next one's id, None when there is none."""
        if self._question and self._question.id not in self.skipped_ids:
            self.skipped_ids += (self._question.id,)
        return self.advance(at=at)

    def close(self, at: float) -> None:
        """The wrap-up: no question is on the table any more. What was not asked is not reached."""
        self._question, self._budget_s = None, math.inf
        self.done_since = at if self.done_since is None else self.done_since

    def follow_up(self) -> None:
        self.follow_ups_asked += 1

    def said(self, text: str) -> None:
        """Ema said this about the current question: the question itself, a follow-up, or nothing that asks."""
        if self._question and self.recognise(text) == self.question_id:
            self._put = True
        elif is_question(text) and self._put:
            self.follow_up()
        elif is_question(text):
            self._put = True

    def recognise(self, text: str) -> str | None:
        """The question these words ask, current or not asked yet; None when they ask none of them.

        Keeps the cursor right with models that move on without calling `next_question`.
        """
        spoken = set(_LONG_WORD.findall(text.lower()))
        candidates = [*([self._question] if self._question else []), *self._unasked()]
        shares = [(_share(question, spoken), question.id) for question in candidates]
        best = max(shares, key=lambda share: share[0], default=(0.0, ""))
        return best[1] if best[0] >= RECOGNISED_SHARE else None

    def _unasked(self) -> list[Question]:
        return [question for question in self._plan.questions if question.id not in self.asked_ids]

    def _open(self, question: Question, at: float) -> None:
        if question.id not in self.asked_ids:
            self.asked_ids += (question.id,)
        self._question, self._begun_at, self._budget_s = question, at, self._budget(question, at)
        self._put, self.follow_ups_asked, self.done_since = False, 0, None

    def _budget(self, question: Question, at: float) -> float:
        """Its own seconds, squeezed evenly with those to come; later ones are dropped before any gets under 60 s."""
        coming = [question, *self._unasked()]
        left_s = max(0.0, self._talk_until_s - at)
        while len(coming) > 1 and _squeezed(min(q.seconds for q in coming), coming, left_s) < QUESTION_SECONDS[0]:
            coming.pop()
        return _squeezed(question.seconds, coming, left_s)


def _squeezed(seconds: float, coming: list[Question], left_s: float) -> float:
    return seconds * min(1.0, left_s / sum(question.seconds for question in coming))


def _share(question: Question, spoken: set[str]) -> float:
    words = set(_LONG_WORD.findall(question.text.lower()))
    return len(words & spoken) / len(words) if words else 0.0
