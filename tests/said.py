"""A plan, answers to it, and a text model that is nothing but a mind: what tests of reports are made of."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.analyst.model import TextModel
from services.analyst.text import TextAnalyst
from services.core.plan.plan import Competency, Domain, Level, Plan, Question
from services.core.report.rubric import GENERIC_ANCHORS
from services.core.talk.events import Usage
from services.core.talk.transcript import Conditions, Speaker, Turn
from services.vendors.text import Completion, ModelFailed, Prompt
from tests.simulators.text_minds import honest

NAMES = {"c1": "Data stores", "c2": "Service design", "c3": "Operating services"}
PHRASES = {
    "c1": "run PostgreSQL in production",
    "c2": "design REST APIs and microservices",
    "c3": "be on call and own monitoring",
}
ASKED = {
    "q1": ("c1", "Which database did you run yourself, and what did you have to learn about it?"),
    "q2": ("c1", "Tell me about a slow query you had to make faster."),
    "q3": ("c2", "How did you last change an interface that others depended on?"),
    "q4": ("c2", "Which service did you cut out of a larger one, and why?"),
    "q5": ("c3", "Tell me about an outage you had to end."),
    "q6": ("c3", "How do you decide what wakes somebody at night?"),
}
STRONG = {
    "q1": "I ran the PostgreSQL cluster for our ticket shop, three nodes with streaming replication. When the primary"
    " filled its disk we failed over and lost two minutes of writes, because replication was asynchronous. We"
    " considered synchronous commit and decided against it since it made every checkout slower.",
    "q2": "We had an orders report that took forty seconds. I looked at the query plan, found a sequential scan over"
    " eleven million rows and added a partial index. It went down to 300 milliseconds, at the cost of slower inserts.",
    "q3": "Our billing API had six consumers. I versioned the endpoint, kept the old contract for two quarters and"
    " measured who still called it. One team never moved, so we wrote their adapter instead of breaking them.",
    "q4": "I cut the mail sender out of the monolith because its queue blocked deployments. We used an outbox table"
    " rather than distributed transactions, which meant that mails could be sent twice, and we accepted that.",
    "q5": "Last spring our cache cluster fell over after a deploy. I rolled it back within nine minutes, then found"
    " that a new key pattern had evicted everything. Since then we load test every change of keys.",
    "q6": "I deleted two thirds of our alerts. Now we only page on symptoms that customers feel, such as failed"
    " checkouts, and everything else becomes a ticket. Night pages fell from twelve a week to two.",
}


def question(name: str) -> Question:
    competency, text = ASKED[name]
    phrase = PHRASES[competency]
    return Question(id=name, text=text, purpose="Depth", competency_id=competency, jd_phrase=phrase, seconds=120)


PLAN = Plan(
    role_title="Senior Backend Engineer",
    level=Level.SENIOR,
    domain=Domain.WEB,
    skills=(),
    competencies=tuple(Competency(id=key, name=name, anchors=GENERIC_ANCHORS) for key, name in NAMES.items()),
    questions=tuple(question(name) for name in ASKED),
    made_by="Simulated",
)
CONDITIONS = Conditions(asked_question_ids=tuple(ASKED))


def turns(answers: Mapping[str, str], confidence: float | None = 0.9) -> tuple[Turn, ...]:
    """Each question asked, and its answer where there is one; ids are e-q1 and a-q1."""
    said = []
    for number, (name, (_, text)) in enumerate(ASKED.items()):
        at = number * 120_000
        said.append(Turn(f"e-{name}", Speaker.EMA, text, at, at + 6000, name))
        if answers.get(name):
            answer = Turn(f"a-{name}", Speaker.CANDIDATE, answers[name], at + 7000, at + 60_000, name)
            said.append(answer if confidence is None else replaced(answer, confidence))
    return tuple(said)


def replaced(turn: Turn, confidence: float) -> Turn:
    return Turn(turn.id, turn.speaker, turn.text, turn.started_ms, turn.ended_ms, turn.question_id, False, confidence)


@dataclass(frozen=True)
class Thought:
    """What a mind is asked, without any vendor's dialect."""

    number: int
    shape: str
    system: str
    text: str
    seed: int
    data: Any = field(repr=False)


@dataclass
class MindVendor:
    """A vendor without a wire. A mind may raise ModelFailed."""

    mind: Callable[[Any], Any] = honest
    label: str = "Simulated (model)"
    model: str = "model"
    thoughts: list[Thought] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def complete(self, prompt: Prompt, schema: Mapping[str, Any], name: str, timeout_s: float) -> Completion:
        marked = re.search(r"<data>\n(.*)\n</data>", prompt.data, re.DOTALL)
        assert marked
        with self.lock:
            data = json.loads(marked.group(1))
            thought = Thought(len(self.thoughts) + 1, name, prompt.system, prompt.data, prompt.seed, data)
            self.thoughts.append(thought)
            said = self.mind(thought)
        return Completion(said if isinstance(said, str) else json.dumps(said), Usage({"output_tokens": 100}))

    def shapes(self) -> list[str]:
        return [thought.shape for thought in self.thoughts]


def analyst(mind: Callable[[Any], Any] | MindVendor = honest) -> TextAnalyst:
    vendor = mind if isinstance(mind, MindVendor) else MindVendor(mind)
    return TextAnalyst(TextModel(vendor, first_wait_s=0))


def failing(shape: str, error: ModelFailed, times: int = 99) -> Callable[[Any], Any]:
    """Honest, but this is not answered the first so many times."""
    left = [times]

    def mind(asked: Any) -> Any:
        if asked.shape == shape and left[0] > 0:
            left[0] -= 1
            raise error
        return honest(asked)

    return mind
