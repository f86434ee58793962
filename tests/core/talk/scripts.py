"""Scripts for conversations: what happens at which second, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.core.plan.plan import Competency, Domain, Level, Pace, Plan, Question
from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.core.talk.events import Action

TEXTS = (
    "How do you find a slow query in PostgreSQL?",
    "Which failures did your payment service survive?",
    "What would make you split a monolith into services?",
    "When does a message queue hurt more than it helps?",
    "Who decides about technical debt in your team?",
    "Where would you put authentication for several products?",
)
PCM = b"\x01\x00" * 240
GREETING = f"Hello, I'm Ema, an AI. {TEXTS[0]}"

Script = Iterable[tuple[float, e.Event]]


def plan(count: int = 3, seconds: int = 90) -> Plan:
    return Plan(
        role_title="Backend Engineer",
        level=Level.SENIOR,
        domain=Domain.WEB,
        skills=(),
        competencies=(Competency(id="c1", name="Databases", anchors=("a", "b", "c", "d")),),
        questions=tuple(
            Question(id=f"q{n}", text=text, purpose="p", competency_id="c1", jd_phrase="SQL", seconds=seconds)
            for n, text in enumerate(TEXTS[:count], start=1)
        ),
        made_by="test",
    )


def conversation(
    count: int = 3, seconds: int = 90, *, pace: Pace = Pace.NORMAL, limit_s: float = 900, wrap_up_s: float = 60
) -> Conversation:
    """Nothing has happened yet."""
    made = Conversation(plan(count, seconds), pace=pace, limit_s=limit_s, wrap_up_s=wrap_up_s)
    made.reconnected("Offline")
    return made


def play(on: Conversation, script: Script) -> list[tuple[float, Action]]:
    """What was done, and when."""
    return [(at, action) for at, event in script for action in on.receive(event, at)]


def audio(item: str, generation: int = 0) -> e.AudioOut:
    return e.AudioOut(PCM, item, generation)


def begins(item: str, text: str, at: float, generation: int = 0) -> list[tuple[float, e.Event]]:
    """Ema is heard from this second on."""
    return [
        (at, audio(item, generation)),
        (at, e.AgentText(item, text, append=False, final=True)),
        (at, e.PlayoutStarted(item)),
    ]


def says(item: str, text: str, start: float, end: float, generation: int = 0) -> list[tuple[float, e.Event]]:
    return [*begins(item, text, start, generation), (end, e.TurnDone(item)), (end, e.PlayoutDrained(item))]


def hears(turn: str, text: str, start: float, end: float) -> list[tuple[float, e.Event]]:
    """The candidate speaks, with voice activity, and the text follows at once."""
    return [
        (start, e.SpeechStarted()),
        (end, e.SpeechStopped()),
        (end, e.UserText(turn, text, append=False, final=True)),
    ]


def greeted(count: int = 3, seconds: int = 90, **terms: Any) -> Conversation:
    """At second 5 the first question has been asked, and it is for the candidate to speak."""
    made = conversation(count, seconds, **terms)
    play(made, [(0, e.CandidateJoined()), *says("a1", GREETING, 0, 5)])
    return made


def tick(on: Conversation, until: float) -> list[tuple[float, Action]]:
    """What time alone brings about, by sleeping until `next_at` over and over."""
    done: list[tuple[float, Action]] = []
    while (due := on.next_at) is not None and due <= until:
        done += play(on, [(due, e.Tick())])
    return done
