"""What holds for any sequence of events, however absurd."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.plan.plan import MAX_FOLLOW_UPS
from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.core.talk.events import Hangup, Instruct, InstructionKind, Interrupt, Play
from tests.core.talk.scripts import PCM, TEXTS, conversation, greeted, hears, play, says

RECONNECTED = e.Closed(e.CloseCause.PROVIDER, "and connected again")

items = st.sampled_from(["a1", "a2", "a3"])
generations = st.integers(0, 3)
words = st.sampled_from(["", "Yes.", "Why is that?", TEXTS[1], "one two three four five six"])
flags = st.booleans()
seconds = st.sampled_from([0.0, 0.02, 0.5, 3.0, 12.0, 61.0])
happenings = st.one_of(
    st.builds(e.AudioOut, st.just(PCM), items, generations),
    st.builds(e.PlayoutStarted, items),
    st.builds(e.PlayoutDrained, items),
    st.builds(e.Heard, items, st.integers(0, 2000), st.integers(0, 2000)),
    st.builds(e.AgentText, items, words, flags, flags, flags),
    st.builds(e.UserText, st.sampled_from(["u1", "u2"]), words, flags, flags, st.floats(0, 1)),
    st.builds(e.Flush, generations),
    st.builds(e.Typed, words),
    st.builds(
        e.ToolCall,
        st.just("c1"),
        st.sampled_from(["next_question", "note_answered", "end_interview", "other"]),
        st.fixed_dictionaries({}, optional={"question_id": st.sampled_from(["q1", "q2", "q3", "q9", 7])}),
    ),
    st.builds(e.TurnDone, items),
    st.sampled_from(
        [
            e.SpeechStarted(),
            e.SpeechStopped(),
            e.Unanswered(),
            e.ThinkingRequested(),
            e.RepeatRequested(),
            e.SkipRequested(),
            e.CandidateJoined(),
            e.CandidateLeft(),
            e.EndRequested(),
            e.Tick(),
            e.Closed(e.CloseCause.NETWORK),
            RECONNECTED,
        ]
    ),
)
scripts = st.lists(st.tuples(seconds, happenings), max_size=60)


class Listener:
    """Follows what is played of one connection, and objects to what must not be."""

    def __init__(self) -> None:
        self.cut: set[str] = set()
        self.generation = 0

    def follow(self, event: e.Event, actions: list[object]) -> None:
        if isinstance(event, e.Flush):
            self.generation = max(self.generation, event.generation)
        for action in actions:
            if isinstance(action, Interrupt):
                assert action.item not in self.cut, "interrupted twice"
                self.cut.add(action.item)
            if isinstance(action, Play):
                assert isinstance(event, e.AudioOut)
                assert action.item not in self.cut, "played after an interrupt"
                assert event.generation >= self.generation, "played an older generation"
                self.generation = event.generation


def run(script: list[tuple[float, e.Event]]) -> tuple[Conversation, list[object], float]:
    talk, listener, done, at = conversation(limit_s=300), Listener(), list[object](), -1.0
    for wait_s, event in script:
        at += wait_s
        actions: list[object] = list(talk.receive(event, at))
        listener.follow(event, actions)
        done += actions
        if event is RECONNECTED:
            talk.reconnected("Another")
            done += talk.receive(e.Tick(), at)
            listener = Listener()
    return talk, done, at


@settings(max_examples=200, deadline=None)
@given(scripts)
def test_what_is_void_is_never_played(script: list[tuple[float, e.Event]]) -> None:
    _, done, _ = run(script)

    assert sum(isinstance(action, Hangup) for action in done) <= 1


@settings(max_examples=200, deadline=None)
@given(scripts)
def test_nothing_follows_a_hangup(script: list[tuple[float, e.Event]]) -> None:
    talk, done, _ = run([*script, (400.0, e.Tick())])

    assert isinstance(done[-1], Hangup)
    assert talk.next_at is None


@settings(max_examples=200, deadline=None)
@given(scripts)
def test_the_record_is_in_order(script: list[tuple[float, e.Event]]) -> None:
    talk, _, at = run(script)

    turns = talk.turns
    assert len({turn.id for turn in turns}) == len(turns)
    assert all(turn.text and 0 <= turn.started_ms <= turn.ended_ms for turn in turns)
    assert all(turn.ended_ms <= max(0.0, 1000 * at + 1) for turn in turns)
    assert all(one.started_ms <= other.started_ms for one, other in pairwise(turns))
    assert [caption.turn_id for caption in talk.captions] == [turn.id for turn in turns]
    assert talk.conditions(at).seconds_away <= at + 1


@settings(max_examples=200, deadline=None)
@given(scripts)
def test_sleeping_until_next_at_never_spins(script: list[tuple[float, e.Event]]) -> None:
    talk, _, at = run(script)

    instants = [at]
    while (due := talk.next_at) is not None:
        assert due > instants[-1]
        talk.receive(e.Tick(), due)
        instants.append(due)

    assert len(instants) < 60


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["answer", "repeat", "silence", "ramble", "tool"]), max_size=60))
def test_a_question_has_at_most_two_follow_ups(behaviour: list[str]) -> None:
    talk, at, asked = greeted(count=6, limit_s=3000), 5.0, Counter({"q1": 1})

    for number, does in enumerate(behaviour):
        told = _candidate(talk, does, f"u{number}", at)
        at += 52
        play(talk, _an_ema_who_never_stops(talk, told, f"b{number}", at - 2, at))
        asked[talk.agenda.question_id or ""] += told not in (InstructionKind.REPEAT, InstructionKind.NUDGE)

    assert all(count <= 1 + MAX_FOLLOW_UPS for question_id, count in asked.items() if question_id)


def _an_ema_who_never_stops(
    talk: Conversation, told: InstructionKind | None, item: str, start: float, end: float
) -> list[tuple[float, e.Event]]:
    question = talk.agenda.question if told is InstructionKind.NEXT else None
    return says(item, question.text if question else "Why is that?", start, end)


def _candidate(talk: Conversation, does: str, turn: str, at: float) -> InstructionKind | None:
    """Does something, and returns what Ema was told about it."""
    scripts: dict[str, list[tuple[float, e.Event]]] = {
        "answer": hears(turn, "Because of the planner.", at + 1, at + 5),
        "ramble": hears(turn, "A long story.", at + 1, at + 45),
        "repeat": [(at + 1, e.RepeatRequested())],
        "silence": [(at + 12, e.Tick())],
        "tool": [
            *hears(turn, "That is all.", at + 1, at + 3),
            (at + 4, e.ToolCall("c1", "note_answered", {"question_id": talk.agenda.question_id})),
        ],
    }
    told = [action for _, action in play(talk, scripts[does]) if isinstance(action, Instruct)]
    return told[-1].instruction.kind if told else None
