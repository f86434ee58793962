"""Whole interviews in scripted time, ended by the clock: while somebody talks, nobody does, or a television goes on."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator

import pytest

from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.core.talk.events import Action, CloseCause, Hangup, Instruct, InstructionKind
from tests.core.talk.scripts import GREETING, TEXTS, Script, conversation, says

LIMIT_S, WRAP_UP_S = 900.0, 60.0
THINKS_S, SPEAKS_S = 1.0, 3.0

Timed = tuple[float, e.Event]


def silent() -> Iterator[Timed]:
    yield from ()


def talking() -> Iterator[Timed]:
    """The candidate, without a pause; their words follow every ten seconds."""
    yield (10, e.SpeechStarted())
    for number in range(1, 90):
        yield (10.0 * number + 1, e.UserText("u1", f"and number {number}", append=True, final=False))


def television() -> Iterator[Timed]:
    """An answer, and from then on somebody else, who holds the turn open."""
    yield (10, e.SpeechStarted())
    yield (40, e.VoiceFaded())


def late_television() -> Iterator[Timed]:
    """The candidate until shortly before the wrap-up, and from then on somebody else."""
    yield from talking()
    yield (835, e.VoiceFaded())


def moments() -> Iterator[Timed]:
    """A moment to think, again and again."""
    for number in range(1, 90):
        yield (10.0 * number, e.ThinkingRequested())


def ema(on: Conversation, actions: list[Action], at: float, items: Iterator[int]) -> Script:
    """She says what she is told to, as a model that obeys."""
    for action in actions:
        if isinstance(action, Instruct):
            told, item = action.instruction, f"a{next(items)}"
            question = int(told.question_id[1:]) if told.question_id else 0
            yield from says(
                item, TEXTS[question - 1] if question else "I see.", at + THINKS_S, at + THINKS_S + SPEAKS_S
            )
            if told.kind is InstructionKind.FAREWELL:
                yield (at + THINKS_S, e.ToolCall(f"c{item}", "end_interview"))


def interview(candidate: Iterator[Timed]) -> tuple[Conversation, list[tuple[float, Action]]]:
    """From the first sound to the hangup, with what was done and when."""
    talk, order, items = conversation(len(TEXTS), 130), itertools.count(), itertools.count(2)
    done: list[tuple[float, Action]] = []
    due = [
        (at, next(order), event) for at, event in [(0.0, e.CandidateJoined()), *says("a1", GREETING, 0, 5), *candidate]
    ]
    heapq.heapify(due)
    while talk.next_at is not None:
        at, _, event = heapq.heappop(due) if due and due[0][0] <= talk.next_at else (talk.next_at, 0, e.Tick())
        actions = talk.receive(event, at)
        done += [(at, action) for action in actions]
        for when, said in ema(talk, actions, at, items):
            heapq.heappush(due, (when, next(order), said))
    return talk, done


def told(done: list[tuple[float, Action]], kind: InstructionKind) -> list[float]:
    return [at for at, action in done if isinstance(action, Instruct) and action.instruction.kind is kind]


@pytest.mark.parametrize("candidate", [talking, late_television, moments])
def test_no_deadline_needs_silence(candidate: Callable[[], Iterator[Timed]]) -> None:
    _, done = interview(candidate())

    (ended_at, _), (farewell_at,) = done[-1], told(done, InstructionKind.FAREWELL)
    assert LIMIT_S - 12 <= farewell_at <= LIMIT_S - 6
    assert farewell_at + THINKS_S + SPEAKS_S <= ended_at <= LIMIT_S


def test_whoever_never_speaks_is_asked_everything_and_let_go() -> None:
    talk, done = interview(silent())

    assert talk.agenda.asked_ids == tuple(f"q{n}" for n in range(1, len(TEXTS) + 1))
    assert len(told(done, InstructionKind.NUDGE)) == 2 * len(TEXTS)
    assert done[-1] == (done[-1][0], Hangup(CloseCause.AGENT))
    assert done[-1][0] < LIMIT_S


def test_beside_a_television_every_question_has_its_turn() -> None:
    talk, done = interview(television())

    assert len(talk.agenda.asked_ids) == len(TEXTS)
    assert told(done, InstructionKind.CHECK)


def test_beside_a_television_nobody_waits_once_everything_was_asked() -> None:
    _, done = interview(television())

    asked, (farewell_at,) = told(done, InstructionKind.NEXT), told(done, InstructionKind.FAREWELL)
    (ended_at, _) = done[-1]
    assert farewell_at - asked[-1] < 30
    assert ended_at - farewell_at < 30


def test_a_talker_is_led_on_every_three_minutes() -> None:
    _, done = interview(talking())

    assert [round(at - 10) % 180 < 30 for at in told(done, InstructionKind.NEXT)] == [True] * 4
