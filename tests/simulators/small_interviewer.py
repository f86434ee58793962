"""What a simulated vendor's model does in an ordinary interview: greet, ask, listen, move on, say goodbye.

Pure: `Ears` turns microphone audio into starts and stops of speech, `SmallInterviewer` turns events into steps, `voice`
turns a sentence into audio that Chromium and a level meter take for speech.
"""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass, field
from typing import Any

GREETING = "Hello, I'm Ema. I'm an AI interviewer, not a person."
GOODBYE = "Thank you, that was all. Goodbye."


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Tool:
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


Step = Say | Tool


def voice(text: str, rate_hz: int, *, limit_s: float = 2.0) -> bytes:
    """PCM16 mono: a buzz with syllables, 45 ms a letter, at least 0.3 s."""
    count = round(min(limit_s, max(0.3, len(text) * 0.045)) * rate_hz)
    syllable = rate_hz * 0.2
    samples = (
        9000 * math.sin(2 * math.pi * 180 * n / rate_hz) * abs(math.sin(math.pi * n / syllable)) for n in range(count)
    )
    return array("h", map(round, samples)).tobytes()


class Ears:
    """Energy VAD: `hear` says "started" or "stopped" when that happens."""

    def __init__(self, rate_hz: int, *, silence_s: float = 0.7, start_s: float = 0.15, level: int = 500) -> None:
        self.speaking = False
        self._rate_hz, self._silence_s, self._start_s, self._level = rate_hz, silence_s, start_s, level
        self._run_s = 0.0

    def hear(self, pcm: bytes) -> str | None:
        samples = array("h", pcm[: len(pcm) // 2 * 2])
        if not samples:
            return None
        loud = math.sqrt(sum(s * s for s in samples) / len(samples)) >= self._level
        if loud == self.speaking:
            self._run_s = 0.0
            return None
        self._run_s += len(samples) / self._rate_hz
        if self._run_s < (self._silence_s if self.speaking else self._start_s):
            return None
        self._run_s, self.speaking = 0.0, loud
        return "started" if loud else "stopped"


class SmallInterviewer:
    """`questions` are (id, text) in order; `tool` is one that looks things up."""

    def __init__(self, questions: list[tuple[str, str]], tool: str = "") -> None:
        self.questions = questions or [("q1", "Tell me about something you built.")]
        self.at = 0
        self.tool = tool
        self.over = False

    def begin(self, words: str = "") -> list[Step]:
        """With these first words, when they are given: a greeting, or those of a call that is taken up again."""
        words = words or f"{GREETING} {self.questions[0][1]}"
        if "interviewer" not in words:
            self.at = next((n for n, (_, text) in enumerate(self.questions) if text in words), 0)
        return [Say(words)]

    def answered(self) -> list[Step]:
        """The candidate's turn, spoken or typed, is over."""
        if self.over:
            return []
        return [Tool("note_answered", {"question_id": self.questions[self.at][0]}), *self._go_on()]

    def heard(self, text: str) -> list[Step]:
        """A typed turn: a question is looked up where there is a tool for it, anything else is an answer."""
        if self.tool and text.rstrip().endswith("?"):
            return [Tool(self.tool, {"topic": text})]
        return self.answered()

    def looked_up(self, told: str) -> list[Step]:
        """What a tool call was answered with; a result of the plan's own tools needs no words."""
        question = self.questions[self.at][1]
        if found := re.search(r"<tool_result>\n(.*)\n</tool_result>", told, re.DOTALL):
            return [Say(f"{found[1]} {question}")]
        if bridge := re.search(r'Say "([^"]+)" and no more', told):
            return [Say(bridge[1])]
        if "Nothing more can be looked up" in told:
            return [Say(f"The hiring team can answer that. {question}")]
        return [Say(f"I could not look that up. {question}")] if "could not look it up" in told else []

    def directed(self, text: str) -> list[Step]:
        """A direction of ours, read as a model would."""
        if steps := self.looked_up(text):
            return steps
        if words := re.search(r"Begin with these words and then wait: (.*)", text, re.DOTALL):
            return self.begin(words[1])
        if table := re.search(r"question on the table is (q\d+)", text):
            question = self._move(table[1])
            answered = "answered it in writing" in text
            return [Say("Sorry about that."), *self.answered()] if answered else [Say(f"Sorry about that. {question}")]
        if asked := re.search(r"ask (q\d+) now", text):
            return [Say(f"Thank you. {self._move(asked[1])}")]
        if "silent" in text:
            return [Say("Are you still there? Take the time you need.")]
        if "Are you done?" in text:
            return [Say("I hear other voices. Are you done?")]
        if "end_interview" in text:
            return self._goodbye()
        return [Say(self.questions[self.at][1])]

    def _go_on(self) -> list[Step]:
        if self.at + 1 >= len(self.questions):
            return self._goodbye()
        key, text = self.questions[self.at + 1]
        self.at += 1
        return [Tool("next_question", {"question_id": key}), Say(f"Thank you. {text}")]

    def _move(self, key: str) -> str:
        self.at = next((n for n, (known, _) in enumerate(self.questions) if known == key), self.at)
        return self.questions[self.at][1]

    def _goodbye(self) -> list[Step]:
        if self.over:
            return []
        self.over = True
        return [Say(GOODBYE), Tool("end_interview")]


def questions_in(prompt: str) -> list[tuple[str, str]]:
    """(id, text) of the questions a prompt lists as `1. [q1] text (about 2 min)`."""
    found: dict[str, str] = {}
    for key, text in re.findall(r"\[(q\d+)\]\s*([^\n]+)", prompt):
        found.setdefault(key, re.sub(r"\s*\(about \d+ min\)$", "", text))
    return list(found.items())
