"""What the offline Ema says next: asks the plan's questions, probes by rule, answers simple requests, says goodbye.

Pure. It neither praises nor corrects, and it judges an answer by its size alone where speech was only half understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from services.core.plan.plan import Plan, Question
from services.core.report.rubric import SUBSTANCE_WORDS
from services.core.talk.asking import Asked, find_question
from services.core.talk.events import Instruction, InstructionKind
from services.core.talk.intent import Intent, affirms, declines, find_intent, plain
from services.core.talk.lookups import QUESTION_CHARACTERS, STILL_LOOKING, WAIT_WORDS, material
from services.core.talk.transcript import count_words

WORDS_PER_SECOND = 2.5
"""Of unhurried speech, without its pauses."""
GENERAL_WORDS = 45
"""A shorter answer is probed once."""
GENERAL_WORDS_WITHOUT_EXAMPLE = 90
"""A typed answer below this is probed once unless it names a reason, a number or an example."""
SAID_AGAIN_SHARE = 0.7
"""Of the words in either of two turns, that are in both: no two recognitions of the same speech are alike."""
BLURT_S = 0.7
"""A shorter sound without words is no answer."""

_EXAMPLE = re.compile(
    r"\d|\bpercent\b|\bbecause\b|\bfor (example|instance)\b|\btrade.?offs?\b|\binstead\b|\bmeasured\b", re.I
)
_ACKNOWLEDGEMENTS = ("Thank you.", "Okay.", "All right.", "Thanks, I have noted that.", "I see.")
_TRANSITIONS = ("Next question.", "Let's go on.", "Here is the next one.", "Moving on.")
_NUDGES = (
    "Are you still there? Take more time if you need it.",
    "I'm still here. Would you like more time, or shall I repeat the question?",
)
_RESPONSES = {
    Intent.REPEAT: "Of course.",
    Intent.WHO: "I'm Ema, an AI interviewer: a computer program, not a person.",
    Intent.HEAR: "Yes, I can hear you.",
    Intent.INSIDE: "I can't share that. Let's stay with the question.",
    Intent.ROLE: "I only know the job description; the hiring team can answer that.",
}
_AS_YOU_SEE_IT = "Please take it as you understand it."
_NOT_FOUND = "I could not look that up; the hiring team can answer it."
"""What she says before she asks again."""
FOUND_CHARACTERS = 320
"""Of what a tool returned, that she says aloud: half a minute."""
_SHALL_I_END = "Shall I end the interview here?"
GO_ON = "Please go on."
CHECK_WORDS = "I hear other voices. Are you done?"
_GOODBYE = "Thanks for your time today. Your report will be on the page shortly. Goodbye."


@dataclass(frozen=True, slots=True)
class CandidateTurn:
    """One turn of the candidate's."""

    text: str = field(repr=False)
    """Typed, or as far as it was recognised; may be empty or `UNRECOGNISED`."""
    seconds: float = 0.0
    """Of speech, without its pauses."""
    typed: bool = False
    confidence: float | None = None
    """0..1 of the recogniser; None where it tells none, and of typed words."""

    @property
    def wordless(self) -> bool:
        """Speech of which no word was recognised."""
        return not self.typed and not count_words(self.text)

    @property
    def words(self) -> int:
        """Typed words, or the size of what was said when its words are unreliable."""
        recognised = count_words(self.text)
        return recognised if self.typed else max(recognised, round(self.seconds * WORDS_PER_SECOND))


@dataclass(frozen=True, slots=True)
class EmaTurn:
    """What Ema does next: tool calls, then words, then possibly the end."""

    text: str = field(repr=False)
    """Empty: she goes on listening."""
    answered: str | None = None
    """Question to note as answered, before the words."""
    next_question: str | None = None
    """Question she moves on to, before the words."""
    ends: bool = False
    """She has said goodbye."""
    topic: str = field(default="", repr=False)
    """What she looks up, without a word; the turn goes on with what is found."""


class Interviewer:
    """Ema's notion of where the interview is. It begins with the first question asked, or with the one resumed."""

    def __init__(
        self, plan: Plan, question_id: str | None = None, follow_ups_asked: int = 0, *, looks_up: bool = False
    ) -> None:
        """`looks_up`: there is a tool that may know what the candidate asks about the company."""
        self._plan, self._looks_up = plan, looks_up
        self._index = 0
        self._size = 0
        self._example = False
        self._unheard = False
        self._asked_to_end = False
        self._move(question_id)
        self._follow_ups = min(follow_ups_asked, len(self.question.follow_ups))
        self._last_answer = False
        self._over = False
        self._said = 0
        self._answered = ""
        """The last answer that was taken."""

    @property
    def question(self) -> Question:
        return self._plan.questions[self._index]

    @property
    def asking(self) -> str:
        """The words on the table: the question, or the follow-up asked last."""
        return self.question.follow_ups[self._follow_ups - 1] if self._follow_ups else self.question.text

    @property
    def likely(self) -> tuple[str, ...]:
        """What she may well say next, what she would begin with first."""
        follow_ups = self.question.follow_ups[self._follow_ups :][:1]
        following = self._plan.questions[self._index + 1 :][:1]
        return (
            _ACKNOWLEDGEMENTS[(self._said + 1) % len(_ACKNOWLEDGEMENTS)],
            *follow_ups,
            _TRANSITIONS[(self._said + 2) % len(_TRANSITIONS)],
            *(question.text for question in following),
        )

    def cut(self, said: str, heard: str) -> None:
        """The candidate barged in while Ema said one thing and had heard this much of it.

        Less than half of the question heard: a few spoken words are no answer to it, and she asks again. A long or a
        typed answer is one all the same, because the page shows the question too; the last answer said again is not.
        """
        start = said.rfind(self.asking)
        if start >= 0:
            self._unheard = len(heard) < start + len(self.asking) / 2

    def answer(self, answer: CandidateTurn) -> EmaTurn:
        """The candidate finished a turn."""
        if self._over:
            return EmaTurn("Thank you. Goodbye.", ends=True)
        asked_to_end, self._asked_to_end = self._asked_to_end, False
        if asked_to_end and affirms(answer.text):
            return self._close("All right, we'll stop here.")
        if asked_to_end and declines(answer.text):
            return self._ask_again("All right, let's go on.")
        intent = find_intent(answer.text, answer.confidence, self.asking)
        if intent is Intent.ROLE:
            return self._look_up(answer.text)
        if intent:
            return self._oblige(intent)
        if asked := find_question(answer.text, self.asking):
            return self._reply_to(asked, answer.text)
        if self._unheard and not answer.typed and (answer.words < SUBSTANCE_WORDS or self._says_again(answer.text)):
            return self._ask_again("Sorry, here is the question again.")
        if _blurt(answer):
            return EmaTurn(GO_ON)
        if self._last_answer:
            return self._close(answered=self.question.id)
        self._answered = answer.text
        self._size += answer.words
        self._example = self._example or not answer.typed or bool(_EXAMPLE.search(answer.text))
        if self._follow_ups < min(self._probes_due(), len(self.question.follow_ups)):
            self._follow_ups += 1
            return EmaTurn(f"{self._acknowledge()} {self.asking}")
        return self._advance(self._acknowledge(), answered=self.question.id)

    def found(self, told: str) -> EmaTurn:
        """What a tool call was answered with: words to bridge the wait, a result between delimiters, or no result."""
        if told == STILL_LOOKING:
            return EmaTurn(WAIT_WORDS)
        words = ""
        for sentence in sentences(" ".join(material(told).split())):
            if words and len(words) + len(sentence) > FOUND_CHARACTERS:
                break
            words = f"{words} {sentence}".strip()
        return self._go_on(words[:FOUND_CHARACTERS] or _NOT_FOUND)

    def is_guesswork(self, answer: CandidateTurn) -> bool:
        """Of this spoken turn no word is known, so `answer` would take it for an answer by its length alone."""
        wordless = answer.wordless and not _blurt(answer)
        ending = self._over or self._last_answer
        return wordless and not ending and not (self._unheard and answer.words < SUBSTANCE_WORDS)

    def instruct(self, instruction: Instruction) -> EmaTurn:
        """The call asks for something; never spoken as such."""
        if self._over:
            return EmaTurn(_GOODBYE, ends=True)
        match instruction.kind:
            case InstructionKind.REPEAT:
                if instruction.question_id not in (None, self.question.id):
                    self._move(instruction.question_id)
                return self._ask_again("Of course.")
            case InstructionKind.NEXT if instruction.question_id:
                self._move(instruction.question_id)
                return EmaTurn(f"All right, let's leave that one. {self.question.text}")
            case InstructionKind.NEXT:
                return self._close("All right, that was the last question.")
            case InstructionKind.FOUND:
                return self.found(instruction.text)
            case InstructionKind.DONE if not self._last_answer:
                return self._advance(self._acknowledge(), answered=self.question.id if self._size else None)
            case InstructionKind.CHECK:
                return EmaTurn(CHECK_WORDS)
            case InstructionKind.NUDGE if not self._last_answer:
                return EmaTurn(self._vary(_NUDGES))
            case InstructionKind.WRAP_UP:
                self._last_answer = True
                return EmaTurn("We are almost out of time, so please finish your last thought.")
            case InstructionKind.DONE:
                return self._close()
            case _:
                return self._close("That is our time.")

    def _says_again(self, text: str) -> bool:
        """The last answer, by a candidate who has not noticed that Ema moved on."""
        said, before = set(plain(text).split()), set(plain(self._answered).split())
        return len(said & before) >= SAID_AGAIN_SHARE * len(said | before) > 0

    def _move(self, question_id: str | None) -> None:
        """To this question of the plan; stays where it is when there is no such question."""
        ids = [question.id for question in self._plan.questions]
        self._index = ids.index(question_id) if question_id in ids else self._index
        self._follow_ups, self._size, self._example = 0, 0, False
        self._unheard = False

    def _oblige(self, intent: Intent) -> EmaTurn:
        match intent:
            case Intent.SKIP:
                return self._advance("All right, we'll skip it.")
            case Intent.DONT_KNOW:
                return self._advance("That's fine.")
            case Intent.MOMENT:
                return EmaTurn("Take your time.")
            case Intent.END:
                self._asked_to_end = True
                return EmaTurn(_SHALL_I_END)
            case Intent.BACK_CHANNEL:
                return EmaTurn("")
            case _:
                return self._ask_again(_RESPONSES[intent])

    def _reply_to(self, asked: Asked, text: str) -> EmaTurn:
        if asked is Asked.CLARIFICATION:
            return self._go_on(_AS_YOU_SEE_IT)
        return self._look_up(text)

    def _look_up(self, text: str) -> EmaTurn:
        """Where nothing can know it, the hiring team is named."""
        if self._looks_up:
            return EmaTurn("", topic=text[:QUESTION_CHARACTERS])
        return self._go_on(_RESPONSES[Intent.ROLE])

    def _go_on(self, opening: str) -> EmaTurn:
        """Back to the question, or where none is to be asked any more, to the end of the last thought."""
        return EmaTurn(f"{opening} Anything else before we close?") if self._last_answer else self._ask_again(opening)

    def _ask_again(self, opening: str) -> EmaTurn:
        self._unheard = False
        return EmaTurn(f"{opening} {self.asking}")

    def _probes_due(self) -> int:
        if self._size < SUBSTANCE_WORDS:
            return 2
        return int(self._size < (GENERAL_WORDS if self._example else GENERAL_WORDS_WITHOUT_EXAMPLE))

    def _advance(self, opening: str, answered: str | None = None) -> EmaTurn:
        if self._last_answer or self._index + 1 == len(self._plan.questions):
            return self._close(f"{opening} That was my last question.", answered)
        self._move(self._plan.questions[self._index + 1].id)
        return EmaTurn(
            f"{opening} {self._vary(_TRANSITIONS)} {self.question.text}",
            answered=answered,
            next_question=self.question.id,
        )

    def _close(self, opening: str = "", answered: str | None = None) -> EmaTurn:
        self._over = True
        return EmaTurn(f"{opening} {_GOODBYE}".strip(), answered=answered, ends=True)

    def _acknowledge(self) -> str:
        return self._vary(_ACKNOWLEDGEMENTS)

    def _vary(self, phrases: tuple[str, ...]) -> str:
        self._said += 1
        return phrases[self._said % len(phrases)]


def sentences(text: str) -> list[str]:
    """The pieces that are voiced one by one."""
    return [piece for piece in re.split(r"(?<=[.!?])\s+", text.strip()) if piece]


def _blurt(answer: CandidateTurn) -> bool:
    return answer.wordless and answer.seconds < BLURT_S
