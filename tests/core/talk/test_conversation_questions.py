"""The question cursor: tools, follow-ups, budgets, silence."""

from __future__ import annotations

from typing import Any

import pytest

from services.core.plan.plan import Pace
from services.core.talk import events as e
from services.core.talk.conversation import Conversation
from services.core.talk.events import Action, AnswerTool, Hold, Instruct, Instruction, InstructionKind
from tests.core.talk.scripts import TEXTS, audio, begins, conversation, greeted, hears, play, says, tick

NUDGE = Instruct(Instruction(InstructionKind.NUDGE))
FAREWELL = Instruct(Instruction(InstructionKind.FAREWELL))


def following(question_id: str | None) -> Instruct:
    return Instruct(Instruction(InstructionKind.NEXT, question_id))


def exchange(talk: Conversation, item: str, question: str, start: float) -> list[tuple[float, Action]]:
    """Ema asks for two seconds, the candidate answers for three; what was done at the end of the answer."""
    play(talk, says(item, question, start, start + 2))
    return play(talk, hears(f"u-{item}", "Because of the planner.", start + 3, start + 6))


def calls(talk: Conversation, name: str, at: float = 8, **arguments: object) -> AnswerTool:
    [action] = talk.receive(e.ToolCall("c1", name, arguments), at)
    assert isinstance(action, AnswerTool)
    assert action.call_id == "c1"
    return action


def test_the_greeting_ends_in_the_first_question() -> None:
    talk = conversation()
    play(talk, [(0, e.CandidateJoined()), *begins("a1", "Hello, I'm an AI.", 0)])
    before = talk.agenda.question_id

    play(talk, [(4, e.PlayoutDrained("a1"))])

    assert (before, talk.agenda.question_id) == (None, "q1")


def test_speech_before_the_greeting_answers_no_question() -> None:
    talk = conversation()

    play(talk, hears("u1", "Hello?", 1, 2))

    assert (talk.turns[0].question_id, talk.agenda.question_id) == (None, None)


def test_speech_over_the_greeting_answers_the_first_question() -> None:
    talk = conversation()

    play(talk, [*begins("a1", "Hello.", 0), *hears("u1", "Hi!", 1, 2)])

    assert [turn.question_id for turn in talk.turns] == [None, "q1"]


@pytest.mark.parametrize(
    ("name", "arguments", "question_id", "is_error"),
    [
        ("next_question", {"question_id": "q2"}, "q2", False),
        ("next_question", {"question_id": "q3"}, "q3", False),
        ("next_question", {"question_id": "q1"}, "q1", False),
        ("next_question", {"question_id": "q9"}, "q1", True),
        ("next_question", {"question_id": 2}, "q1", True),
        ("next_question", {}, "q1", True),
        ("note_answered", {"question_id": "q1"}, "q2", False),
        ("note_answered", {"question_id": "q3"}, "q1", False),
        ("note_answered", {}, "q1", True),
        ("end_interview", {}, "q1", True),
        ("transfer_call", {"question_id": "q2"}, "q1", True),
    ],
)
def test_tools_move_the_cursor(name: str, arguments: dict[str, Any], question_id: str | None, is_error: bool) -> None:
    talk = greeted()

    answer = calls(talk, name, **arguments)

    assert (talk.agenda.question_id, answer.is_error) == (question_id, is_error)


def test_a_tool_is_answered_with_what_to_ask() -> None:
    talk = greeted(count=2)

    assert calls(talk, "note_answered", question_id="q1").result == f"Noted. Now ask q2: {TEXTS[1]}"
    assert "say goodbye" in calls(talk, "note_answered", question_id="q2").result


def test_a_question_asked_before_is_refused() -> None:
    talk = greeted()
    calls(talk, "next_question", question_id="q2")

    answer = calls(talk, "next_question", question_id="q1")

    assert (answer.is_error, answer.result, talk.agenda.question_id) == (True, f"Not now. Now ask q2: {TEXTS[1]}", "q2")


def test_a_question_without_time_is_refused() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted())])

    answer = calls(talk, "next_question", at=790, question_id="q2")

    assert (answer.is_error, talk.agenda.done) == (True, True)


def test_no_question_follows_the_last() -> None:
    talk = greeted()
    play(talk, hears("u1", "An index.", 6, 70))
    calls(talk, "end_interview", at=71)

    answer = calls(talk, "next_question", at=71, question_id="q2")

    assert (answer.is_error, talk.agenda.question_id) == (True, None)


def test_words_being_played_belong_to_the_question_they_ask() -> None:
    talk = greeted()
    play(talk, begins("a2", "Thanks. Something else then.", 10))

    calls(talk, "next_question", at=10.2, question_id="q2")

    assert talk.turns[-1].question_id == "q2"


def test_a_greeting_that_calls_tools_stays_a_greeting() -> None:
    talk = conversation()
    play(talk, begins("a1", "Hello.", 0))

    calls(talk, "next_question", at=0.2, question_id="q1")

    assert (talk.turns[0].question_id, talk.agenda.question_id) == (None, "q1")


def test_the_goodbye_belongs_to_no_other_question() -> None:
    talk = greeted()
    play(talk, begins("a2", "Goodbye.", 10))

    calls(talk, "end_interview", at=10.2)

    assert talk.turns[-1].question_id == "q1"


def test_the_cursor_follows_words_without_tools() -> None:
    talk = greeted()

    play(talk, says("a2", f"Okay. {TEXTS[1]}", 10, 13))

    assert (talk.agenda.question_id, talk.turns[-1].question_id) == ("q2", "q2")


def test_the_cursor_waits_until_the_words_are_heard() -> None:
    talk = greeted()

    play(talk, [(10, audio("a2")), (10, e.AgentText("a2", TEXTS[1], append=False, final=True))])

    assert talk.agenda.question_id == "q1"


def test_after_two_follow_ups_ema_moves_on() -> None:
    talk = greeted()
    first = play(talk, hears("u1", "With explain.", 6, 9))

    done = first + exchange(talk, "a2", "Why that one?", 10) + exchange(talk, "a3", "And under load?", 20)

    assert done == [(26, following("q2"))]
    assert (talk.agenda.question_id, talk.agenda.follow_ups_asked) == ("q2", 0)


def test_each_question_has_its_own_follow_ups() -> None:
    talk = greeted()
    play(talk, hears("u1", "With explain.", 6, 9))

    texts = ["Why?", f"Okay. {TEXTS[1]}", "How so?", f"Next: {TEXTS[2]}", "Really?"]
    done = [exchange(talk, f"a{n}", text, 10.0 * n) for n, text in enumerate(texts, start=2)]

    assert done == [[]] * 5
    assert (talk.agenda.question_id, talk.agenda.follow_ups_asked) == ("q3", 1)


@pytest.mark.parametrize("aside", ["Are you still there?", "Shall I say it again?"])
def test_nudges_and_repetitions_are_no_follow_ups(aside: str) -> None:
    talk = greeted()
    play(talk, [(10, e.RepeatRequested()), *says("a2", aside, 11, 13)])

    play(talk, hears("u1", "Yes.", 14, 15))

    assert talk.agenda.follow_ups_asked == 0


def test_acknowledgements_are_no_follow_ups() -> None:
    talk = greeted()
    play(talk, hears("u1", "With explain.", 6, 9))

    exchange(talk, "a2", "I see.", 10)

    assert talk.agenda.follow_ups_asked == 0


def test_what_was_asked_under_an_earlier_question_counts_there() -> None:
    talk = greeted()
    play(talk, hears("u1", "With explain.", 6, 9))
    play(talk, [*says("a2", "Why?", 10, 11), (12, e.SkipRequested()), *says("a3", "Did it ever fail?", 13, 15)])

    play(talk, hears("u2", "Several.", 16, 18))

    assert (talk.agenda.question_id, talk.agenda.follow_ups_asked) == ("q2", 0)


def test_a_question_over_budget_ends_with_the_answer() -> None:
    talk = greeted(seconds=60)

    assert play(talk, hears("u1", "A long story.", 6, 64)) == []
    assert exchange(talk, "a2", "Why?", 65) == [(71, following("q2"))]


def test_a_question_far_over_budget_ends_in_the_next_pause() -> None:
    talk = greeted(seconds=60)
    play(talk, [*hears("u1", "A long story.", 6, 50), *says("a2", "Go on.", 88, 94)])

    assert talk.next_at == 96
    assert play(talk, [(95.9, e.Tick()), (96, e.Tick())]) == [(96, following("q2"))]


def test_a_moment_is_not_cut_by_the_budget() -> None:
    talk = greeted(seconds=60)
    play(talk, [(60, e.ThinkingRequested())])

    assert play(talk, [(100, e.Tick())]) == []


@pytest.mark.parametrize(("pace", "wait_s"), [(Pace.PATIENT, 20), (Pace.NORMAL, 12), (Pace.BRISK, 8)])
def test_silence_is_broken_after_a_real_pause(pace: Pace, wait_s: float) -> None:
    talk = conversation(pace=pace)
    play(talk, [(0, e.CandidateJoined()), *says("a1", "Hello. Why?", 0, 5)])

    assert talk.next_at == 5 + wait_s
    assert play(talk, [(5 + wait_s - 0.1, e.Tick()), (5 + wait_s, e.Tick())]) == [(5 + wait_s, NUDGE)]


def test_after_two_nudges_ema_moves_on() -> None:
    talk = greeted()

    done = [*tick(talk, 17), *play(talk, says("a2", "Still there?", 18, 20)), *tick(talk, 32)]
    done += [*play(talk, says("a3", "Hello?", 33, 34)), *tick(talk, 46)]

    assert [action for _, action in done if isinstance(action, Instruct)] == [NUDGE, NUDGE, following("q2")]


def test_silence_after_the_last_question_ends_the_call() -> None:
    talk = greeted(count=1)
    play(talk, [(8, e.SkipRequested()), *says("a2", "Any questions for me?", 9, 11)])

    done = [*tick(talk, 23), *play(talk, says("a3", "Goodbye.", 24, 25)), *tick(talk, 60)]

    assert [repr(action) for _, action in done if not hasattr(action, "pcm")] == [
        repr(FAREWELL),
        "Hangup(cause=<CloseCause.AGENT: 'agent'>)",
    ]


@pytest.mark.parametrize(
    "script",
    [
        [(6, e.SpeechStarted())],
        begins("a2", "A long explanation.", 6),
        [(6, e.CandidateLeft())],
        [(6, e.Closed(e.CloseCause.NETWORK))],
        [(6, e.ThinkingRequested())],
    ],
    ids=["speaking", "ema speaks", "away", "no connection", "a moment"],
)
def test_nobody_is_nudged_who_is_not_silent(script: list[tuple[float, e.Event]]) -> None:
    talk = greeted()
    play(talk, script)

    done = tick(talk, 60)

    assert NUDGE not in [action for _, action in done]


def test_nobody_is_nudged_while_ema_thinks() -> None:
    talk = greeted()
    play(talk, hears("u1", "Done.", 6, 16.5))

    assert tick(talk, 26.5) == []
    assert tick(talk, 40) == [(38.5, NUDGE)]


def test_nobody_is_nudged_before_they_joined() -> None:
    talk = conversation()
    play(talk, says("a1", "Hello.", 0, 2))

    assert talk.next_at == 900


def test_words_put_off_the_nudge() -> None:
    talk = greeted()

    play(talk, [(10, e.UserText("u1", "Well", append=False, final=False))])

    assert talk.next_at == 22


def test_a_long_moment_ends_in_one_nudge() -> None:
    talk = greeted()
    play(talk, [(8, e.ThinkingRequested())])

    assert tick(talk, 84) == [(83, Hold(False)), (83, NUDGE)]
    assert not talk.moment


def test_a_moment_asked_for_in_the_middle_of_speech_ends_too() -> None:
    talk = greeted()
    play(talk, [(7, e.SpeechStarted()), (8, e.ThinkingRequested())])

    assert tick(talk, 84) == [(83, Hold(False)), (83, NUDGE)]


def test_a_moment_asked_for_again_begins_again() -> None:
    talk = greeted()

    play(talk, [(8, e.ThinkingRequested()), (60, e.ThinkingRequested())])

    assert talk.next_at == 135


def test_ema_speaking_in_a_moment_is_given_time_to_be_answered() -> None:
    talk = greeted()
    play(talk, [(8, e.ThinkingRequested()), *says("a2", "Take your time.", 80, 90)])

    assert talk.next_at == 102
