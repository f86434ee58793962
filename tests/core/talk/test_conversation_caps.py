"""What never waits for silence, and what never blames the candidate: caps and stalls."""

from __future__ import annotations

import pytest

from services.core.talk import events as e
from services.core.talk.conversation import TALKED_OVER, TURN_CAPPED, TURN_WARNING, Conversation, EmaState
from services.core.talk.events import Announce, CloseCause, Hangup, Instruct, Instruction, InstructionKind
from tests.core.talk.scripts import TEXTS, audio, begins, conversation, greeted, hears, play, says, tick

NUDGE = Instruct(Instruction(InstructionKind.NUDGE))
NEXT = Instruct(Instruction(InstructionKind.NEXT, "q2"))
NEXT_AT_LAST = Instruct(Instruction(InstructionKind.NEXT, "q2", insists=True))
"""Said to its end: a voice goes on."""


# --- caps ------------------------------------------------------------------------------------------------------------


def test_a_turn_is_announced_to_end_and_ends() -> None:
    talk = greeted()
    play(talk, [(10, e.SpeechStarted())])

    assert tick(talk, 190) == [(160, Announce(TURN_WARNING)), (190, Announce(TURN_CAPPED)), (190, NEXT_AT_LAST)]


def test_a_turn_that_ends_in_time_is_never_announced() -> None:
    talk = greeted()
    play(talk, [(10, e.SpeechStarted()), (150, e.SpeechStopped()), *says("a2", "And why?", 151, 153)])

    done = [*play(talk, [(154, e.SpeechStarted())]), *tick(talk, 300)]

    assert [at for at, action in done if isinstance(action, Announce)] == []


def test_a_television_holds_no_floor() -> None:
    """Voice activity began once and never ends: every question has its turn, and the end comes at its time."""
    talk = greeted(count=6, seconds=120)
    play(talk, [(10, e.SpeechStarted())])
    done = []
    for item in range(2, 9):
        due = next(((at, a) for at, a in tick(talk, 900) if isinstance(a, Instruct | Hangup)), None)
        assert due
        done.append(due)
        if isinstance(due[1], Hangup) or talk.next_at is None:
            break
        play(talk, says(f"a{item}", "And the next one?", due[0] + 1, due[0] + 3))

    assert NUDGE not in [action for _, action in done]
    assert talk.conditions(900).ended_by == CloseCause.LIMIT


def test_voice_that_outlasts_the_cap_answers_the_next_question() -> None:
    talk = greeted()
    play(talk, [(10, e.SpeechStarted())])
    tick(talk, 190)

    play(talk, says("a2", "Thank you. The next one?", 191, 194))
    play(talk, [(200, e.SpeechStopped()), (200, e.UserText("u2", "We used retries.", append=False, final=True))])

    assert "We used retries." in [turn.text for turn in talk.turns]
    assert talk.state is EmaState.THINKING


def test_an_answer_that_never_came_gives_the_voice_that_goes_on_its_turn() -> None:
    talk = greeted()
    play(talk, [(10, e.SpeechStarted())])
    tick(talk, 190)

    assert tick(talk, 230) == []
    assert talk.state is EmaState.LISTENING


@pytest.mark.parametrize(("faded", "let_go"), [([(132, e.VoiceFaded())], 142), ([], 310)])
def test_a_voice_that_goes_on_after_the_last_question_puts_off_no_farewell(
    faded: list[tuple[float, e.Event]], let_go: float
) -> None:
    talk = greeted(count=1)
    play(talk, [*hears("u1", "An index.", 60, 100), (125, e.SkipRequested()), *says("a2", "That was all.", 126, 129)])
    play(talk, [(130, e.SpeechStarted()), *faded])

    assert tick(talk, 899)[:1] == [(let_go, Instruct(Instruction(InstructionKind.FAREWELL, insists=True)))]


# --- stalls ----------------------------------------------------------------------------------------------------------


def test_an_utterance_that_broke_off_is_not_the_candidates_turn() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "An index.", 6, 9), *begins("a2", "And what", 10), (12, e.PlayoutDrained("a2"))])

    assert (talk.state, talk.waiting, talk.stalled_at) == (EmaState.THINKING, False, 18)


def test_nobody_is_nudged_for_a_stall() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And what", 10), (12, e.PlayoutDrained("a2"))])

    assert NUDGE not in [action for _, action in tick(talk, 21.9)]


@pytest.mark.parametrize(("drained", "stalled"), [(11, 18), (15.9, 18), (17, 19), (30, 32)])
def test_a_stall_counts_from_the_last_audio(drained: float, stalled: float) -> None:
    talk = greeted()
    play(talk, [*begins("a2", "A long story", 10), (drained, e.PlayoutDrained("a2"))])

    assert talk.stalled_at == stalled


def test_a_voice_that_she_gives_way_to_is_no_stall() -> None:
    talk = greeted()
    tick(talk, 18)
    before = (talk.state, talk.stalled_at)
    play(talk, [(18.1, e.SpeechStarted())])

    assert before == (EmaState.THINKING, 25)
    assert (talk.state, talk.stalled_at, NUDGE in [action for _, action in tick(talk, 100)]) == (
        EmaState.LISTENING,
        None,
        False,
    )


def test_audio_that_goes_on_ends_the_suspicion() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And what", 10), (12, e.PlayoutDrained("a2")), (13, audio("a2"))])

    assert (talk.state, talk.stalled_at) == (EmaState.SPEAKING, None)


def test_the_end_of_an_utterance_may_come_after_its_last_sample() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And what?", 10), (12, e.PlayoutDrained("a2")), (12.5, e.TurnDone("a2"))])

    assert (talk.waiting, talk.stalled_at) == (True, None)


def test_speech_in_the_gap_takes_the_floor() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And what", 10), (12, e.PlayoutDrained("a2")), (13, e.SpeechStarted())])

    assert (talk.state, talk.stalled_at) == (EmaState.LISTENING, None)


def test_a_late_end_does_not_take_an_answer_that_is_due() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And what", 10), (12, e.PlayoutDrained("a2")), (13, e.SpeechStarted())])
    play(talk, [(15, e.SpeechStopped()), (16, e.TurnDone("a2"))])

    assert (talk.state, talk.stalled_at) == (EmaState.THINKING, 23)


def test_an_answer_that_is_due_stalls_from_its_question() -> None:
    talk = greeted()
    play(talk, hears("u1", "An index.", 6, 9))

    assert talk.stalled_at == 17


# --- an end that nobody can tell -------------------------------------------------------------------------------------

CHECK = Instruct(Instruction(InstructionKind.CHECK))


def in_doubt() -> Conversation:
    """The candidate spoke from second 10 on, and from 20 on only quieter voices did."""
    talk = greeted()
    play(talk, [(10, e.SpeechStarted()), (20, e.VoiceFaded())])
    return talk


def test_ema_asks_whether_the_candidate_is_done() -> None:
    assert tick(in_doubt(), 29) == [(28, CHECK)]


@pytest.mark.parametrize("at_last", [e.VoiceReturned(), e.SpeechStopped(), e.CandidateLeft()])
def test_an_end_that_is_certain_is_not_asked_about(at_last: e.Event) -> None:
    talk = in_doubt()
    play(talk, [(27, at_last)])

    assert CHECK not in [action for _, action in tick(talk, 45)]


def test_who_has_not_spoken_yet_may_be_thinking() -> None:
    talk = greeted()
    play(talk, [(6, e.VoiceFaded()), (10, e.SpeechStarted())])

    assert tick(talk, 23) == [(22, CHECK)]


def test_silence_after_that_question_is_a_yes() -> None:
    talk = in_doubt()
    tick(talk, 28)
    play(talk, [(29, e.SpeechStopped()), *says("a2", "I hear other voices. Are you done?", 29, 31)])

    assert tick(talk, 45) == [(43, NEXT)]


def test_the_words_of_the_turn_may_come_after_that_question() -> None:
    talk = in_doubt()
    tick(talk, 28)
    text = e.UserText("u1", "We added an index.", append=False, final=True)
    play(talk, [(28.5, text), *says("a2", "I hear other voices. Are you done?", 29, 31)])

    assert (talk.state, talk.stalled_at) == (EmaState.LISTENING, None)


def test_who_is_not_done_goes_on() -> None:
    talk = in_doubt()
    tick(talk, 28)
    play(talk, [*says("a2", "I hear other voices. Are you done?", 29, 31), (32, e.VoiceReturned())])
    play(talk, hears("u2", "No, then we measured it again.", 32, 36))

    assert (talk.state, talk.agenda.question_id) == (EmaState.THINKING, "q1")


def test_the_same_doubt_again_is_a_yes() -> None:
    talk = in_doubt()
    tick(talk, 28)
    play(talk, says("a2", "I hear other voices. Are you done?", 29, 31))
    play(talk, [(32, e.VoiceReturned()), (34, e.VoiceFaded())])

    assert tick(talk, 45) == [(42, NEXT_AT_LAST)]


def test_a_thinker_beside_a_television_is_asked_twice() -> None:
    talk, done = greeted(), []
    play(talk, [(6, e.VoiceFaded()), (10, e.SpeechStarted())])
    for number, at in enumerate((22, 37, 52), 2):
        done += tick(talk, at)
        play(talk, says(f"a{number}", "I hear other voices. Are you done?", at + 1, at + 3))

    assert done == [(22, CHECK), (37, CHECK), (52, NEXT_AT_LAST)]


def test_a_question_about_voices_is_no_follow_up() -> None:
    talk = in_doubt()
    tick(talk, 28)
    play(talk, [*says("a2", "I hear other voices. Are you done?", 29, 31), *hears("u2", "Yes.", 33, 34)])

    assert talk.agenda.follow_ups_asked == 0


def test_a_candidate_who_returns_is_not_doubted_for_what_was_before() -> None:
    talk = in_doubt()
    play(talk, [(25, e.CandidateLeft()), (30, e.CandidateJoined())])
    play(talk, [*says("a2", TEXTS[0], 31, 33), (34, e.SpeechStarted())])

    assert CHECK not in [action for _, action in tick(talk, 80)]


# --- a voice as loud as the candidate's ------------------------------------------------------------------------------

INSISTS = Instruct(Instruction(InstructionKind.CHECK, insists=True))
DONE = Instruct(Instruction(InstructionKind.DONE))


def talked_over() -> Conversation:
    """A television that was on from the first word, and nobody can tell it from the candidate."""
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (7, e.TalkedOver(True))])
    return talk


def test_a_television_as_loud_as_the_candidate_holds_a_question_half_as_long() -> None:
    talk = talked_over()

    asked = tick(talk, 60)
    play(talk, says("a2", "I hear other voices. Are you done?", 52, 54))

    assert (asked, tick(talk, 110)) == ([(51, INSISTS)], [(99, NEXT_AT_LAST)])


def test_who_stops_for_ema_keeps_three_minutes() -> None:
    talk = talked_over()
    tick(talk, 51)
    play(talk, [*says("a2", "I hear other voices. Are you done?", 52, 54), (55, e.TalkedOver(False))])
    play(talk, [(55, e.SpeechStopped()), (57, e.SpeechStarted())])

    assert [at for at, action in tick(talk, 230) if isinstance(action, Instruct)] == []
    assert tick(talk, 240) == [(237, Announce(TURN_CAPPED)), (237, NEXT_AT_LAST)]


def test_a_long_answer_that_began_in_silence_is_asked_about_by_nobody() -> None:
    talk = greeted()
    play(talk, [(10, e.SpeechStarted())])

    assert tick(talk, 159) == []


def test_a_voice_that_talks_over_ema_is_told_once_what_to_do() -> None:
    told = play(greeted(), [(at, e.TalkedOver(at % 2 == 0)) for at in range(6, 12)])

    assert told == [(6, Announce(TALKED_OVER))]


def test_another_microphone_says_anew_what_talks_over_ema() -> None:
    talk = talked_over()
    play(talk, [(20, e.CandidateLeft()), (30, e.CandidateJoined()), *says("a2", TEXTS[0], 31, 33)])
    play(talk, [(34, e.SpeechStarted())])

    assert INSISTS not in [action for _, action in tick(talk, 120)]


def test_i_am_done_ends_the_turn_at_once_whoever_talks_on() -> None:
    talk = talked_over()

    done = play(talk, [(20, e.DoneRequested())])

    assert done == [(20, Instruct(Instruction(InstructionKind.DONE, insists=True)))]
    assert (talk.state, talk.stalled_at) == (EmaState.THINKING, 28)


def test_the_voice_that_talked_on_may_answer_what_she_asks_then() -> None:
    talk = talked_over()
    play(talk, [(20, e.DoneRequested()), *says("a2", TEXTS[1], 22, 26)])

    assert talk.state is EmaState.LISTENING
    assert tick(talk, 80) == [(71, INSISTS)]


def test_i_am_done_in_silence_is_taken_too() -> None:
    talk = greeted()

    assert play(talk, [(8, e.DoneRequested())]) == [(8, DONE)]


def test_i_am_done_after_the_last_follow_up_asks_the_next_question() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "An index.", 6, 20), *says("a2", "And why was that?", 22, 24)])
    play(talk, [*hears("u2", "It was slow.", 26, 30), *says("a3", "And how slow was it?", 32, 34)])
    play(talk, [(36, e.SpeechStarted())])

    assert play(talk, [(50, e.DoneRequested())]) == [(50, NEXT_AT_LAST)]


def test_i_am_done_is_nothing_new_while_ema_has_the_floor() -> None:
    speaking, thinking, away, parting, before = greeted(), greeted(), greeted(), greeted(), conversation()
    play(speaking, begins("a2", "And what", 10))
    play(thinking, hears("u1", "An index.", 6, 9))
    play(away, [(9, e.CandidateLeft())])
    play(parting, [(899, e.Tick())])
    play(before, [(0, e.CandidateJoined()), (1, e.SpeechStarted())])

    assert [play(talk, [(12, e.DoneRequested())]) for talk in (speaking, thinking, away, before)] == [[], [], [], []]


@pytest.mark.parametrize("by_hand", [e.Typed("We used retries."), e.SkipRequested(), e.RepeatRequested()])
def test_a_voice_that_talks_on_under_an_answer_by_hand_has_a_turn_of_its_own(by_hand: e.Event) -> None:
    """Its three minutes, and no nudge: a vendor whose ears are open to that voice would not say one."""
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (100, by_hand), *says("a2", TEXTS[1], 102, 106)])

    assert talk.state is EmaState.LISTENING
    assert [action for _, action in tick(talk, 255)] == []


def test_i_am_done_may_be_typed_while_a_voice_goes_on() -> None:
    beside, in_silence = talked_over(), greeted()
    play(in_silence, [(6, e.UserText("u1", "An index.", append=False, final=True))])

    assert play(beside, [(20, e.Typed("I'm done."))]) == [
        (20, Instruct(Instruction(InstructionKind.DONE, insists=True)))
    ]
    assert [action for _, action in play(in_silence, [(20, e.Typed("I'm done."))]) if isinstance(action, e.Say)]
