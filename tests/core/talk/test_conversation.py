"""Who may speak: playing, barge-in, generations, states, latency."""

from __future__ import annotations

import pytest

from services.core.plan.plan import Pace
from services.core.talk import events as e
from services.core.talk.conversation import Conversation, EmaState
from services.core.talk.events import Hold, Instruct, Instruction, InstructionKind, Interrupt, Play, Say
from services.core.talk.transcript import Speaker
from tests.core.talk.scripts import GREETING, PCM, audio, begins, conversation, greeted, hears, plan, play, says, tick

REPEAT_Q1 = Instruct(Instruction(InstructionKind.REPEAT, "q1"))
NEXT_Q2 = Instruct(Instruction(InstructionKind.NEXT, "q2"))


def test_audio_is_played_as_it_comes() -> None:
    done = play(conversation(), [(-1, audio("a1")), (-0.5, audio("a1")), (0, audio("a2"))])

    assert done == [(-1, Play(PCM, "a1")), (-0.5, Play(PCM, "a1")), (0, Play(PCM, "a2"))]


def test_speech_over_ema_interrupts_once() -> None:
    talk = greeted()

    done = play(talk, [*begins("a2", "And then?", 10), (11, e.SpeechStarted()), (11.1, e.Flush(1)), (11.2, e.Flush(1))])

    assert done == [(10, Play(PCM, "a2")), (11, Interrupt("a2"))]
    assert talk.conditions(12).barge_ins == 1


def test_the_providers_flush_interrupts_once() -> None:
    talk = greeted()

    done = play(talk, [*begins("a2", "And then?", 10), (11, e.Flush(1)), (11.1, e.SpeechStarted())])

    assert done == [(10, Play(PCM, "a2")), (11, Interrupt("a2"))]
    assert talk.conditions(12).barge_ins == 1


@pytest.mark.parametrize(
    ("late", "played"),
    [
        (audio("a2", 0), False),
        (audio("a2", 1), False),
        (audio("a3", 0), False),
        (audio("a3", 1), True),
        (e.AudioOut(b"", "a3", 1), False),
    ],
    ids=["old generation", "cut item", "new item of the old generation", "new", "no sound"],
)
@pytest.mark.parametrize("barge_in", [e.SpeechStarted(), e.Flush(1)])
def test_late_audio_is_not_played(barge_in: e.Event, late: e.AudioOut, played: bool) -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And then?", 10), (11, barge_in)])

    assert play(talk, [(11.2, late)]) == ([(11.2, Play(PCM, "a3"))] if played else [])


def test_an_older_generation_is_not_played_after_a_newer() -> None:
    done = play(conversation(), [(0, audio("a1", 2)), (0.1, audio("a2", 1))])

    assert done == [(0, Play(PCM, "a1"))]


def test_speech_before_a_word_was_heard_is_no_barge_in() -> None:
    talk = greeted()

    done = play(talk, [(10, audio("a2")), (10.1, e.SpeechStarted()), (10.2, e.AgentText("a2", "So?", False, True))])

    assert done == [(10, Play(PCM, "a2")), (10.1, Interrupt("a2"))]
    assert (talk.conditions(11).barge_ins, [turn.text for turn in talk.turns]) == (0, [GREETING])


def test_what_waits_behind_the_cut_item_is_void() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "One.", 10), (10, audio("a3")), (11, e.SpeechStarted()), (11.1, e.PlayoutStarted("a3"))])

    assert play(talk, [(12, audio("a3", 5))]) == []
    assert [turn.text for turn in talk.turns] == [GREETING, "One."]


def test_a_flush_of_nothing_does_nothing() -> None:
    talk = greeted()

    assert play(talk, [(10, e.Flush(4)), (11, audio("a2", 4)), (12, e.Flush(4))]) == [(11, Play(PCM, "a2"))]


def test_audio_after_a_gap_counts_as_playing_again() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "Well", 10), (10.5, e.PlayoutDrained("a2")), (10.8, audio("a2"))])

    assert talk.state is EmaState.SPEAKING
    assert play(talk, [(11, e.SpeechStarted())]) == [(11, Interrupt("a2"))]


def test_a_barge_in_cuts_the_item_that_is_heard() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "Thank you.", 10), *begins("a3", "And what if it lies?", 12)])

    assert play(talk, [(13, e.SpeechStarted())]) == [(13, Interrupt("a3"))]
    assert [(turn.ended_ms, turn.interrupted) for turn in talk.turns[1:3]] == [(12_000, False), (13_000, True)]


def test_draining_ends_what_was_before_it_too() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "One.", 10), *begins("a3", "Two.", 11), (12, e.PlayoutDrained("a3"))])
    play(talk, [(12, e.TurnDone("a2")), (12, e.TurnDone("a3"))])

    assert talk.state is EmaState.LISTENING
    assert play(talk, [(13, e.SpeechStarted()), (13.1, e.PlayoutDrained("a2"))]) == []


def test_the_state_follows_the_floor() -> None:
    talk = conversation()
    script = [
        (0, e.CandidateJoined()),
        *says("a1", GREETING, 1, 5),
        *hears("u1", "I read the plan.", 7, 9),
        (10, audio("a2")),
        (11, e.SpeechStarted()),
    ]

    states = {at: (talk.receive(event, at), talk.state)[1] for at, event in script}

    assert states == {
        0: EmaState.THINKING,
        1: EmaState.SPEAKING,
        5: EmaState.LISTENING,
        7: EmaState.LISTENING,
        9: EmaState.THINKING,
        10: EmaState.SPEAKING,
        11: EmaState.LISTENING,
    }


def test_an_answer_that_never_comes_is_not_waited_for() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "Done.", 6, 8), (17.9, e.Tick())])
    before = talk.state

    play(talk, [(18, e.Tick())])

    assert (before, talk.state) == (EmaState.THINKING, EmaState.LISTENING)


def test_speech_without_words_awaits_no_answer() -> None:
    talk = greeted()

    play(talk, hears("u1", " ", 6, 7))

    assert talk.state is EmaState.LISTENING
    assert [turn.speaker for turn in talk.turns] == [Speaker.EMA]


def test_speech_that_nobody_answers_gives_the_floor_back() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (8, e.Unanswered())])

    assert talk.waiting
    assert [action for _, action in tick(talk, 21)] == [Instruct(Instruction(InstructionKind.NUDGE))]


def test_answer_that_was_awaited_may_be_called_off() -> None:
    talk = greeted()
    play(talk, hears("u1", "Shut the door.", 6, 8))
    before = talk.state

    play(talk, [(9, e.Unanswered())])

    assert (before, talk.state) == (EmaState.THINKING, EmaState.LISTENING)
    assert talk.turns[-1].text == "Shut the door."


def test_latency_runs_from_the_turns_end_to_the_first_sample() -> None:
    talk = greeted()
    before = talk.latency_ms

    play(talk, [*hears("u1", "Done.", 6, 8), (8.5, audio("a2")), (8.64, e.PlayoutStarted("a2"))])

    assert (before, talk.latency_ms) == (None, 640)


def test_latency_of_a_typed_answer_is_measured() -> None:
    talk = greeted()

    play(talk, [(8, e.Typed("An index.")), (8.2, audio("a2")), (8.25, e.PlayoutStarted("a2"))])

    assert talk.latency_ms == 250


def test_latency_stays_when_ema_speaks_unasked() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "Done.", 6, 8), *says("a2", "Good.", 9, 10)])

    play(talk, says("a3", "Are you there?", 20, 21))

    assert talk.latency_ms == 1000


def test_a_typed_answer_is_passed_on_as_a_turn() -> None:
    talk = greeted()

    done = play(talk, [(8, e.Typed("  An index.\n"))])

    turn = talk.turns[-1]
    assert done == [(8, Say("An index."))]
    assert (turn.text, turn.typed, turn.question_id, turn.started_ms, turn.ended_ms) == (
        "An index.",
        True,
        "q1",
        8000,
        8000,
    )
    assert talk.conditions(9).typed_turns == 1


def test_a_typed_answer_interrupts_ema() -> None:
    talk = greeted()
    play(talk, begins("a2", "And then?", 10))

    assert play(talk, [(11, e.Typed("Wait."))]) == [(11, Interrupt("a2")), (11, Say("Wait."))]
    assert talk.conditions(12).barge_ins == 0


def test_a_blank_typed_answer_is_ignored() -> None:
    talk = greeted()

    assert play(talk, [(8, e.Typed(" \n"))]) == []
    assert len(talk.turns) == 1


@pytest.mark.parametrize(
    ("typed", "length"),
    [
        ("x" * 4000, 4000),
        ("x" * 4001, 4000),
        ("word " * 1000, 3999),
        ("y" * 3999 + " zz", 3999),
        ("y" * 4000 + " z", 4000),
    ],
)
def test_a_long_typed_answer_is_cut_at_a_word(typed: str, length: int) -> None:
    [(_, action)] = play(greeted(), [(8, e.Typed(typed))])

    assert isinstance(action, Say)
    assert len(action.text) == length


@pytest.mark.parametrize(("request_", "instruct"), [(e.RepeatRequested(), REPEAT_Q1), (e.SkipRequested(), NEXT_Q2)])
def test_a_request_interrupts_ema(request_: e.Event, instruct: Instruct) -> None:
    talk = greeted()
    play(talk, begins("a2", "And then?", 10))

    assert play(talk, [(11, request_)]) == [(11, Interrupt("a2")), (11, instruct)]
    assert talk.state is EmaState.THINKING


@pytest.mark.parametrize("request_", [e.RepeatRequested(), e.SkipRequested()])
def test_a_request_in_the_greeting_leads_to_the_first_question(request_: e.Event) -> None:
    talk = conversation()

    [(_, action)] = play(talk, [(0, request_)])

    assert isinstance(action, Instruct)
    assert action.instruction.question_id == talk.agenda.question_id == "q1"


def test_a_skipped_question_is_in_the_conditions() -> None:
    talk = greeted()

    play(talk, [(8, e.SkipRequested())])

    conditions = talk.conditions(9)
    assert (conditions.skipped_question_ids, conditions.asked_question_ids) == (("q1",), ("q1", "q2"))


def test_skipping_the_last_question_leads_to_the_wrap_up() -> None:
    talk = greeted(count=1)

    done = play(talk, [(8, e.SkipRequested()), (9, e.SkipRequested()), (10, e.RepeatRequested())])

    assert done == [(8, Instruct(Instruction(InstructionKind.NEXT)))]
    assert talk.agenda.done


def test_a_moment_suspends_endpointing_until_speech() -> None:
    talk = greeted()

    done = play(talk, [(8, e.ThinkingRequested()), (9, e.ThinkingRequested()), (30, e.Tick()), (40, e.SpeechStarted())])

    assert done == [(8, Hold(True)), (40, Hold(False))]
    assert (talk.moment, talk.conditions(41).thinking_pauses) == (False, 1)


@pytest.mark.parametrize(
    ("event", "after"),
    [
        (e.Typed("Ok."), [Hold(False), Say("Ok.")]),
        (e.UserText("u1", "So", append=False, final=False), [Hold(False)]),
        (e.RepeatRequested(), [Hold(False), REPEAT_Q1]),
        (e.CandidateLeft(), [Hold(False)]),
        (e.SpeechStopped(), []),
        (e.UserText("u1", "", append=False, final=True), []),
    ],
)
def test_what_ends_a_moment(event: e.Event, after: list[object]) -> None:
    talk = greeted()
    play(talk, [(8, e.ThinkingRequested())])

    assert talk.receive(event, 12) == after
    assert talk.moment is (not after)


def test_words_of_before_do_not_end_a_moment() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (8, e.ThinkingRequested())])

    late = play(talk, [(8.4, e.UserText("u1", "Let me think.", append=False, final=True)), (9, e.SpeechStopped())])

    assert (late, talk.moment, talk.state) == ([], True, EmaState.LISTENING)


def test_a_pause_within_a_moment_ends_no_turn() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (7, e.ThinkingRequested())])

    assert play(talk, [(8, e.SpeechStopped())]) == []
    assert (talk.moment, talk.state) == (True, EmaState.LISTENING)


def test_nobody_to_hold_before_the_candidate_joined() -> None:
    talk = conversation()

    assert play(talk, [(0, e.ThinkingRequested())]) == []
    assert not talk.moment


def test_the_end_of_speech_that_never_began_means_nothing() -> None:
    talk = greeted()

    assert play(talk, [(8, e.SpeechStopped())]) == []
    assert talk.state is EmaState.LISTENING


def test_speech_that_ends_while_ema_speaks_awaits_nothing() -> None:
    talk = greeted()

    play(talk, [(8, e.SpeechStarted()), (9, audio("a2")), (9.5, e.SpeechStopped())])
    play(talk, [(10, e.TurnDone("a2")), (11, e.PlayoutDrained("a2"))])

    assert talk.state is EmaState.LISTENING


def test_time_that_runs_backwards_stands_still() -> None:
    talk = greeted()

    play(talk, [(8, e.SpeechStarted()), (7, e.UserText("u1", "Yes", append=False, final=True))])

    assert (talk.turns[-1].started_ms, talk.turns[-1].ended_ms) == (8000, 8000)


@pytest.mark.parametrize(
    "event",
    [
        e.Usage({"tokens": 3}),
        e.ResumeToken("t"),
        e.EndingSoon(50),
        e.TurnDone("a1"),
        e.TurnDone("a9"),
        e.Tick(),
        e.PlayoutStarted("a9"),
        e.PlayoutDrained("a9"),
        e.Heard("a9", 10, 20),
        e.Closed(e.CloseCause.NETWORK),
    ],
)
def test_what_is_for_others_changes_nothing(event: e.Event) -> None:
    talk = greeted()
    before = (talk.turns, talk.state, talk.agenda.question_id)

    assert talk.receive(event, 6) == []
    assert (talk.turns, talk.state, talk.agenda.question_id) == before


def test_before_a_connection_ema_is_awaited() -> None:
    talk = Conversation(plan(), pace=Pace.NORMAL, limit_s=900, wrap_up_s=60)

    assert (talk.state, talk.turns, talk.captions, talk.next_at) == (EmaState.THINKING, (), (), 900)


def test_she_has_greeted_when_her_first_words_are_heard() -> None:
    talk = conversation()
    play(talk, [(0, e.CandidateJoined()), (0.2, audio("a1"))])
    before = talk.greeted

    play(talk, [(0.3, e.PlayoutStarted("a1"))])

    assert (before, talk.greeted) == (False, True)
