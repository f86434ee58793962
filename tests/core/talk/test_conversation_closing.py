"""The end in time: wrap-up, farewell, goodbye, limit."""

from __future__ import annotations

import pytest

from services.core.plan.plan import Pace
from services.core.talk import events as e
from services.core.talk.conversation import Conversation, EmaState
from services.core.talk.events import (
    Action,
    AnswerTool,
    CloseCause,
    Hangup,
    Hold,
    Instruct,
    Instruction,
    InstructionKind,
    Play,
)
from tests.core.talk.scripts import audio, begins, greeted, hears, play, says, tick

WRAP_UP = Instruct(Instruction(InstructionKind.WRAP_UP))
FAREWELL = Instruct(Instruction(InstructionKind.FAREWELL))
AGENT, LIMIT, USER = Hangup(CloseCause.AGENT), Hangup(CloseCause.LIMIT), Hangup(CloseCause.USER)
END = e.ToolCall("c1", "end_interview")


def closing(talk: Conversation, until: float) -> list[tuple[float, Action]]:
    """What the end brings about, without nudges, questions and sound."""
    steps = (WRAP_UP, FAREWELL, AGENT, LIMIT, USER)
    return [(at, action) for at, action in tick(talk, until) if action in steps]


def nearly_over() -> Conversation:
    """A minute in all: the wrap-up is due at 30, the farewell at 54; at 16 Ema has commented on the first answer."""
    talk = greeted(pace=Pace.PATIENT, limit_s=60, wrap_up_s=30)
    play(talk, [*hears("u0", "An index.", 6, 12), *says("a2", "I see.", 13, 16)])
    return talk


def answered() -> Conversation:
    """At 96 the candidate has answered the first question."""
    talk = greeted()
    play(talk, hears("u1", "An index.", 90, 96))
    return talk


@pytest.mark.parametrize("speaking", [e.SpeechStarted(), audio("a2")])
def test_the_call_ends_at_its_limit_whoever_speaks(speaking: e.Event) -> None:
    talk = greeted()
    play(talk, [(6, speaking)])

    assert tick(talk, 10_000)[-1] == (900, LIMIT)


@pytest.mark.parametrize(
    ("script", "told_at"),
    [
        ([], 30),
        ([(28, e.SpeechStarted()), (33, e.SpeechStopped())], 33),
        ([(28, e.SpeechStarted())], 40),
        (says("a9", "So?", 28, 35), 37),
        ([*says("a9", "So?", 28, 35), (36, e.SpeechStarted()), (39, e.SpeechStopped())], 39),
        (says("a9", "So?", 28, 39.5), 40),
        (begins("a9", "A very long story.", 28), 40),
        ([(29, e.ThinkingRequested())], 31),
        ([(28, e.SpeechStarted()), (29, e.SpeechStopped())], 30),
        ([(29, e.UserText("u1", "And", append=False, final=False))], 31),
    ],
    ids=[
        "in a silence",
        "after an answer",
        "patience ends",
        "with a breath after Ema",
        "after the answer to Ema",
        "no breath when patience ends",
        "Ema speaks on",
        "in a moment",
        "before the answer",
        "text without speech",
    ],
)
def test_the_wrap_up_waits_for_a_natural_moment(script: list[tuple[float, e.Event]], told_at: float) -> None:
    talk = nearly_over()

    done = [*play(talk, script), *closing(talk, 50)]

    assert [at for at, action in done if action == WRAP_UP] == [told_at]
    assert talk.agenda.done


def test_a_moment_gives_way_to_the_wrap_up() -> None:
    talk = nearly_over()
    play(talk, [(29, e.ThinkingRequested())])

    assert tick(talk, 31) == [(31, Hold(False)), (31, WRAP_UP)]


def test_nothing_is_asked_in_the_wrap_up() -> None:
    talk = greeted()
    play(talk, [(838, e.SpeechStarted())])

    assert play(talk, [(850, e.Tick()), (851, e.RepeatRequested()), (852, e.SkipRequested())]) == [(850, WRAP_UP)]
    assert play(talk, [(853, e.SpeechStopped())]) == []


def test_the_end_of_an_answer_leads_to_one_instruction() -> None:
    talk = greeted(seconds=60)
    play(talk, [(838, e.SpeechStarted())])

    assert play(talk, [(841, e.SpeechStopped())]) == [(841, WRAP_UP)]


def test_ema_may_finish_before_she_is_awaited() -> None:
    talk = greeted()
    play(talk, [(830, e.SpeechStarted()), (835, e.SpeechStopped()), *begins("a9", "A long story.", 838)])
    play(talk, [(850, e.Tick()), (852, e.TurnDone("a9")), (855, e.PlayoutDrained("a9"))])

    assert talk.state is EmaState.LISTENING


@pytest.mark.parametrize(
    ("script", "told_at"),
    [
        ([(870, e.SpeechStarted())], [888]),
        ([*says("a9", "Goodbye", 880, 890)], [890]),
        ([*says("a9", "Goodbye", 880, 895)], []),
        ([(870, END)], []),
        ([(870, e.CandidateLeft())], []),
        ([(870, e.Closed(CloseCause.NETWORK))], []),
    ],
    ids=["over the candidate", "after Ema", "too late", "after the goodbye", "away", "no connection"],
)
def test_the_farewell_comes_shortly_before_the_limit(script: list[tuple[float, e.Event]], told_at: list[float]) -> None:
    talk = greeted()
    play(talk, [(840, e.Tick())])

    done = [*play(talk, script), *tick(talk, 899)]

    assert [at for at, action in done if action == FAREWELL] == told_at


def test_a_late_tick_skips_what_is_moot() -> None:
    assert play(greeted(), [(890, e.Tick())]) == [(890, FAREWELL)]
    assert play(greeted(), [(901, e.Tick())]) == [(901, LIMIT)]


def test_the_call_ends_when_the_goodbye_was_heard() -> None:
    talk = answered()
    play(talk, [*begins("a2", "Goodbye.", 100), (100.5, END), (104, e.PlayoutDrained("a2"))])

    assert tick(talk, 200) == [(106, AGENT)]


def test_a_goodbye_that_follows_the_tool_is_heard() -> None:
    talk = answered()

    done = play(talk, [(100, END), *says("a2", "Goodbye.", 101.5, 105), (107, e.Tick())])

    assert [action for _, action in done if not isinstance(action, (Play, AnswerTool))] == [AGENT]


def test_the_candidate_may_return_the_goodbye() -> None:
    talk = answered()
    play(talk, [*says("a2", "Goodbye.", 97, 99), (100, END), (101, e.SpeechStarted())])

    assert (talk.next_at, play(talk, [(102, e.SpeechStopped())]), talk.next_at) == (111, [], 104)


def test_a_television_with_pauses_keeps_no_call_after_the_goodbye() -> None:
    talk = answered()
    play(talk, [*says("a2", "Goodbye.", 97, 99), (100, END)])
    done = []
    for at in range(101, 200, 3):
        done += play(talk, [(at, e.SpeechStarted()), (at + 2, e.SpeechStopped())])

    assert [action for _, action in done] == [AGENT]
    assert done[0][0] <= 122


def test_a_goodbye_is_said_once() -> None:
    talk = answered()
    play(talk, [*says("a2", "Goodbye.", 97, 99), (100, END), (101, END)])

    assert talk.next_at == 102


def test_a_goodbye_knows_no_moment() -> None:
    talk = answered()

    assert play(talk, [(100, END), (101, e.ThinkingRequested())])[1:] == []


def test_the_candidate_ends_the_call_at_once() -> None:
    talk = greeted()
    play(talk, begins("a2", "And then?", 10))

    assert play(talk, [(11, e.EndRequested()), (12, e.EndRequested()), (13, audio("a2"))]) == [(11, USER)]
    assert (talk.next_at, talk.conditions(14).ended_by, talk.state) == (None, "user", EmaState.LISTENING)


def test_words_on_their_way_are_kept_after_the_end() -> None:
    talk = greeted()
    play(talk, [(8, e.SpeechStarted()), *begins("a2", "one two three four", 9), (10, e.EndRequested())])

    done = play(talk, [(11, e.UserText("u1", "I did.", append=False, final=True)), (11, e.Heard("a2", 500, 1000))])
    done += play(talk, [(12, e.AgentText("a2", "one two", False, True, correction=True)), (13, e.Tick())])

    assert done == []
    assert [(turn.text, turn.ended_ms) for turn in talk.turns[1:]] == [("I did.", 10_000), ("one two", 10_000)]


def test_short_interviews_keep_half_for_questions() -> None:
    talk = greeted(limit_s=30, wrap_up_s=60)

    assert closing(talk, 40) == [(15, WRAP_UP), (27, FAREWELL), (30, LIMIT)]


def test_a_question_left_without_time_is_not_reached() -> None:
    talk = greeted(count=3, limit_s=200, wrap_up_s=60)

    done = play(talk, [*hears("u1", "A long story.", 6, 100), *hears("u2", "And more.", 101, 102)])

    assert done == [(100, Instruct(Instruction(InstructionKind.NEXT)))]
    assert talk.conditions(103).asked_question_ids == ("q1",)


def test_a_wrap_up_asked_for_early_has_its_usual_time() -> None:
    talk = greeted()
    heard = [*hears("u1", "An index.", 10, 20), *says("a2", "I see.", 21, 24)]

    told = play(talk, [*heard, (100, e.WrapUpRequested())])

    assert told[-1] == (100, WRAP_UP)
    assert closing(talk, 10_000)[-1][0] <= 160


def test_a_wrap_up_that_is_on_its_way_is_not_put_off() -> None:
    talk = nearly_over()

    play(talk, [(50, e.WrapUpRequested())])

    assert closing(talk, 10_000)[-1][0] <= 60


def asked_to_end(answer: str, *, question: str = "Shall I end the interview here?") -> Conversation:
    """At second 20 the candidate has answered this to Ema's question."""
    talk = greeted()
    play(talk, [*hears("u1", "I feel unwell.", 8, 10), *says("a2", question, 11, 13), *hears("u2", answer, 14, 15)])
    return talk


def refused(talk: Conversation, at: float) -> bool:
    answer = talk.receive(END, at)[0]
    assert isinstance(answer, AnswerTool)
    return answer.is_error


@pytest.mark.parametrize(
    ("answer", "question", "refusal"),
    [
        ("Yes.", "Shall I end the interview here?", False),
        ("Yes, please stop here.", "Do you want to finish?", False),
        ("No, let's go on.", "Shall I end the interview here?", True),
        ("We stop the call to the slow service.", "Shall I end the interview here?", True),
        ("Yes.", "Did you build it alone?", True),
    ],
)
def test_the_first_minute_ends_only_with_a_confirmed_wish(answer: str, question: str, refusal: bool) -> None:
    talk = asked_to_end(answer, question=question)
    play(talk, says("a3", "Thank you. Goodbye.", 16, 18))

    assert refused(talk, 18) is refusal
    assert talk.parting is not refusal


def test_a_model_does_not_end_over_its_own_question() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "An index.", 70, 80), *says("a2", "I see. Why that one?", 81, 83)])

    assert refused(talk, 83)
    assert tick(talk, 90) == []


def test_a_question_that_is_being_answered_no_longer_holds_the_end() -> None:
    talk = greeted()
    play(talk, [(70, e.SpeechStarted()), (80, e.SpeechStopped())])

    assert not refused(talk, 81)


def test_a_model_that_was_told_to_wrap_up_may_end_with_a_question() -> None:
    talk = nearly_over()
    play(talk, [(30, e.Tick()), *says("a3", "Anything else? Goodbye then, all right?", 31, 33)])

    assert not refused(talk, 34)


def test_a_vendor_that_hangs_up_in_the_first_minute_has_not_said_goodbye() -> None:
    talk = greeted()
    play(talk, [(20, e.Closed(CloseCause.AGENT))])

    assert not talk.parting


def test_an_end_without_a_goodbye_waits_for_it() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "An index.", 70, 90), (100, END)])

    assert tick(talk, 200) == [(108, AGENT)]


def test_a_goodbye_that_waits_behind_a_question_counts() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "An index.", 70, 80), *begins("a2", "I see. Why that one?", 81)])
    play(talk, [(82, audio("a3")), (82, e.AgentText("a3", "Thank you. Goodbye.", append=False, final=True))])

    assert not refused(talk, 82)
