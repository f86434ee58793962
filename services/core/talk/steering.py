"""What Ema is told to do next: when she has asked enough, taken too long, been answered by silence, or calls a tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from services.core.plan.plan import MAX_FOLLOW_UPS, Pace, Plan
from services.core.talk.agenda import Agenda
from services.core.talk.closing import Closing
from services.core.talk.events import AnswerTool, CloseCause, Instruction, InstructionKind, ToolCall
from services.core.talk.floor import BREATH_S, Floor

END_INTERVIEW = "end_interview"
_TOO_EARLY = (
    "The interview goes on. If the candidate wants to end it, ask whether you shall end it here, wait for a yes, say "
    "goodbye, and only then call end_interview. Otherwise take up the question on the table."
)
_NO_QUESTION_LEFT = "No question is left to ask: thank the candidate, say goodbye, then call end_interview."

NUDGE_S = {Pace.PATIENT: 20.0, Pace.NORMAL: 12.0, Pace.BRISK: 8.0}
"""Silence after which Ema asks whether the candidate is still there."""
MAX_NUDGES = 2
"""Per question; after them Ema moves on."""
MOMENT_S = 75.0
"""How long "I need a moment" keeps Ema quiet."""

_ASIDES = (InstructionKind.NUDGE, InstructionKind.REPEAT, InstructionKind.CHECK, InstructionKind.FOUND)
"""After these Ema's next words are no follow-up."""

Decision = Instruction | CloseCause | None
"""Tell Ema, hang up, or neither."""
Deadline = tuple[float, Callable[[float], Decision]]
"""When to decide something if nothing happens before, and what."""


class Steering:
    def __init__(self, plan: Plan, pace: Pace, closing: Closing) -> None:
        self.agenda = Agenda(plan, talk_until_s=closing.talk_until_s)
        self.nudge_s = NUDGE_S[pace]
        self._closing = closing
        self._nudges: Counter[str | None] = Counter()
        self.greeted = False
        """The candidate has heard Ema's first words."""
        # Ema's next item is one of `_ASIDES`.
        self._aside = False
        self._checks: Counter[str | None] = Counter()
        # Ema asked whether the candidate, who had spoken, is done; nobody has said anything since.
        self._checked = False
        # Ema says what an outside tool returned: its words may be anybody's.
        self._quoting = False
        # Items heard since the candidate's last turn: questions, follow-ups, or neither.
        self._unjudged: list[str] = []

    def begin_connection(self, at: float, *, answered: bool) -> None:
        self._closing.forget_told(at, over=self.agenda.done)
        self._unjudged, self._aside = [], self.agenda.begun and not answered
        self._quoting = self._checked = False

    def begin_question(self, at: float) -> None:
        """The greeting, if it has been heard, ends in the first question."""
        if self.greeted and not self.agenda.begun:
            self.agenda.advance(at=at)

    def heard(self, item: str) -> None:
        """The candidate begins to hear this item."""
        self.greeted = True
        if not self._aside:
            self._unjudged.append(item)
        self._aside = False

    def told(self, kind: InstructionKind, at: float) -> None:
        self._closing.told(kind)
        if kind in (InstructionKind.WRAP_UP, InstructionKind.FAREWELL):
            self.agenda.close(at)
        self._aside = kind in _ASIDES
        self._checked = self._checked and kind is InstructionKind.CHECK
        self._quoting = kind is InstructionKind.FOUND

    def answer(self, call: ToolCall, at: float, *, may_end: bool) -> AnswerTool:
        """`may_end`: an `end_interview` is taken."""
        if call.name == END_INTERVIEW and not may_end:
            return AnswerTool(call.call_id, _TOO_EARLY, is_error=True)
        if call.name == END_INTERVIEW:
            self._closing.say_goodbye(at)
        return answer_tool(call, self.agenda, at)

    def recognise(self, text: str, at: float) -> str | None:
        """Moves the cursor when these words of Ema's ask another question; returns that question's id."""
        found = self.agenda.recognise(text) if self.agenda.question and not self._quoting else None
        if found is None or found == self.agenda.question_id:
            return None
        return self.agenda.advance(found, at=at)

    def repeat(self, at: float) -> Instruction:
        return Instruction(InstructionKind.REPEAT, self.agenda.question_id or self.agenda.advance(at=at))

    def skip(self, at: float) -> Instruction:
        return Instruction(InstructionKind.NEXT, self.agenda.skip(at=at))

    def move_on(self, at: float) -> Instruction:
        return Instruction(InstructionKind.NEXT, self.agenda.advance(at=at))

    def after_turn(self, at: float, said: Callable[[str], tuple[str, str | None]]) -> Instruction | None:
        """At the end of a candidate's turn. `said` gives an item's text and question."""
        for text, question_id in map(said, self._unjudged):
            if question_id in (None, self.agenda.question_id):
                self.agenda.said(text)
        self._unjudged, self._quoting, self._checked = [], False, False
        if self.agenda.question is None or at >= self._closing.talk_until_s:
            return None
        enough = self.agenda.follow_ups_asked >= MAX_FOLLOW_UPS or self.agenda.over_budget(at)
        return self.move_on(at) if enough else None

    def check(self, at: float, *, spoke: bool) -> Instruction:
        """Others' voices go on, for all that can be told. `spoke`: the candidate was heard before them, or may have
        been, so the same doubt again is a yes."""
        self._checks[self.agenda.question_id] += 1
        if self._checks[self.agenda.question_id] > (1 if spoke else MAX_NUDGES):
            return self.move_on(at)
        self._checked = spoke
        return Instruction(InstructionKind.CHECK)

    def after_silence(self, at: float) -> Decision:
        """Nobody said anything for so long that somebody has to."""
        if self.agenda.done:
            return CloseCause.AGENT if self._closing.farewell_told else Instruction(InstructionKind.FAREWELL)
        if self._checked:
            return self.move_on(at)
        self._nudges[self.agenda.question_id] += 1
        if self._nudges[self.agenda.question_id] > MAX_NUDGES:
            return self.move_on(at)
        return Instruction(InstructionKind.NUDGE)

    def deadlines(self, floor: Floor) -> Iterator[Deadline]:
        """What is due when, in order of precedence."""
        if not (floor.waiting and self._closing.goodbye_since is None):
            return
        nudge_at = floor.quiet_since + self.nudge_s
        if floor.moment_since is not None:
            yield max(nudge_at, floor.moment_since + MOMENT_S), self.after_silence
        else:
            yield max(self.agenda.hard_at, floor.quiet_since + BREATH_S), self.move_on
            yield nudge_at, self.after_silence


def answer_tool(call: ToolCall, agenda: Agenda, at: float) -> AnswerTool:
    """Never raises: what cannot be done is answered with an error the model can act on."""
    if call.name == END_INTERVIEW:
        agenda.close(at)
        return AnswerTool(call.call_id, "The call ends as soon as the candidate has heard your goodbye.")
    if call.name not in {"next_question", "note_answered"}:
        return AnswerTool(call.call_id, "There is no such tool.", is_error=True)
    question_id = call.arguments.get("question_id")
    if not isinstance(question_id, str) or not agenda.knows(question_id):
        return AnswerTool(call.call_id, "question_id must be the id of a question of the plan.", is_error=True)
    if call.name == "next_question":
        return _next_question(call.call_id, question_id, agenda, at)
    if question_id == agenda.question_id:
        agenda.advance(at=at)
    return AnswerTool(call.call_id, "Noted. " + _on_the_table(agenda))


def _next_question(call_id: str, question_id: str, agenda: Agenda, at: float) -> AnswerTool:
    if agenda.done or (question_id in agenda.asked_ids and question_id != agenda.question_id):
        return AnswerTool(call_id, "Not now. " + _on_the_table(agenda), is_error=True)
    if question_id != agenda.question_id and not agenda.fits(at):
        agenda.close(at)
        return AnswerTool(call_id, "There is no time for another question. " + _NO_QUESTION_LEFT, is_error=True)
    agenda.advance(question_id, at=at)
    return AnswerTool(call_id, _on_the_table(agenda))


def _on_the_table(agenda: Agenda) -> str:
    return f"Now ask {agenda.question.id}: {agenda.question.text}" if agenda.question else _NO_QUESTION_LEFT
