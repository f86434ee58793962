"""What outlives a visit or a connection: absences, changes of voice, ids that come again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.core.talk import events as e
from services.core.talk.conversation import Conversation, EmaState
from services.core.talk.events import CloseCause, Hangup, Hold, Instruct, Instruction, InstructionKind, Interrupt, Play
from tests.core.talk.scripts import GREETING, PCM, audio, begins, conversation, greeted, hears, play, says

WRAP_UP = Instruct(Instruction(InstructionKind.WRAP_UP))
REPEAT = Instruct(Instruction(InstructionKind.REPEAT, "q1"))
CLOSED = e.Closed(CloseCause.NETWORK)


def test_leaving_silences_ema() -> None:
    talk = greeted()
    play(talk, begins("a2", "And then?", 10))

    assert play(talk, [(11, e.CandidateLeft()), (12, e.CandidateLeft())]) == [(11, Interrupt("a2"))]
    assert (talk.conditions(14).drops, talk.conditions(14).seconds_away, talk.conditions(14).barge_ins) == (1, 3.0, 0)


def test_leaving_keeps_an_unfinished_turn() -> None:
    talk = greeted()

    play(talk, [(8, e.SpeechStarted()), (9, e.UserText("u1", "So I", append=False, final=False))])
    play(talk, [(10, e.CandidateLeft())])

    assert [(turn.text, turn.ended_ms) for turn in talk.turns[1:]] == [("So I", 10_000)]
    assert talk.state is EmaState.LISTENING


def test_leaving_ends_a_moment() -> None:
    talk = greeted()

    assert play(talk, [(8, e.ThinkingRequested()), (9, e.CandidateLeft())]) == [(8, Hold(True)), (9, Hold(False))]


def test_who_never_came_cannot_leave() -> None:
    talk = conversation()

    play(talk, [(1, e.CandidateLeft())])

    assert talk.conditions(2).drops == 0


def test_nothing_is_said_to_an_empty_room() -> None:
    talk = greeted()

    done = play(talk, [(10, e.CandidateLeft()), (11, audio("a2")), (12, audio("a2")), (13, audio("a3", 5))])

    assert done == [(11, Interrupt("a2")), (13, Interrupt("a3"))]
    assert len(talk.turns) == 1


def test_who_returns_hears_the_question_again() -> None:
    talk = greeted()
    play(talk, [(10, e.CandidateLeft())])

    assert play(talk, [(40, e.CandidateJoined())]) == [(40, REPEAT)]
    assert talk.conditions(50).seconds_away == 30.0


def test_who_returns_hears_an_answer_that_is_due() -> None:
    talk = greeted()

    assert play(talk, [*hears("u1", "Done.", 6, 8), (9, e.CandidateLeft()), (40, e.CandidateJoined())]) == []
    assert (talk.state, talk.next_at) == (EmaState.THINKING, 50)


def test_who_returns_late_hears_the_wrap_up() -> None:
    talk = greeted()
    play(talk, [(845, e.Tick()), (846, e.CandidateLeft()), (850, audio("a2"))])

    assert play(talk, [(860, e.CandidateJoined())]) == [(860, WRAP_UP)]


def test_time_alone_does_nothing_to_an_absent_candidate() -> None:
    talk = greeted()
    play(talk, [(10, e.CandidateLeft())])

    assert talk.next_at == 900


def test_a_second_arrival_changes_nothing() -> None:
    talk = greeted()

    assert play(talk, [(8, e.CandidateJoined())]) == []


def test_an_awaited_greeting_is_waited_for_from_the_arrival() -> None:
    talk = conversation()

    play(talk, [(0.5, e.CandidateJoined())])

    assert talk.next_at == 10.5


def test_silence_counts_from_the_arrival() -> None:
    talk = conversation()
    play(talk, [*says("a1", GREETING, -5, -1), (4, e.CandidateJoined())])

    assert talk.next_at == 16


def test_nobody_is_told_anything_without_a_connection() -> None:
    talk = greeted()
    play(talk, [(8, e.ThinkingRequested()), (9, CLOSED)])

    done = play(talk, [(10, e.SkipRequested()), (11, e.Typed("Hello?")), (12, e.ThinkingRequested())])

    assert done == []
    assert (talk.agenda.question_id, talk.turns[-1].text, talk.next_at) == ("q2", "Hello?", 900)


def test_what_ema_says_ends_with_the_connection() -> None:
    talk = greeted()
    play(talk, begins("a2", "one two three four", 8))

    assert play(talk, [(9, CLOSED)]) == [(9, Interrupt("a2"))]
    assert (talk.state, talk.conditions(9).barge_ins) == (EmaState.LISTENING, 0)


def test_a_goodbye_outlives_its_connection() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "An index.", 8, 66), *begins("a2", "Goodbye.", 68)])
    play(talk, [(68, e.ToolCall("c1", "end_interview"))])

    done = play(talk, [(69, CLOSED), (70, e.PlayoutDrained("a2")), (72, e.Tick())])

    assert (done, talk.parting) == ([(72, Hangup(CloseCause.AGENT))], True)


def test_nobody_tells_of_speech_after_a_goodbye_without_its_connection() -> None:
    talk = greeted()

    assert play(talk, [(68, e.SpeechStarted()), (69, e.Closed(CloseCause.AGENT))]) == []
    assert talk.next_at == 71


@pytest.mark.parametrize(("begin", "parting"), [(greeted, True), (conversation, False)])
def test_who_asked_and_hangs_up_has_said_goodbye(begin: Callable[[], Conversation], parting: bool) -> None:
    talk = begin()

    play(talk, [(60, e.SpeechStarted()), (68, e.Closed(CloseCause.AGENT))])

    assert talk.parting == parting


def test_a_repetition_asked_for_without_a_connection_is_due() -> None:
    talk = greeted()

    assert play(talk, [(8, CLOSED), (9, e.ThinkingRequested()), (10, e.RepeatRequested())]) == []
    assert (talk.state, talk.moment) == (EmaState.THINKING, False)


def test_a_moment_begins_without_a_connection() -> None:
    talk = greeted()

    assert play(talk, [(8, CLOSED), (9, e.ThinkingRequested())]) == []
    assert (talk.moment, talk.conditions(9).thinking_pauses) == (True, 1)


def test_who_returns_to_the_greeting_was_asked_nothing_yet() -> None:
    talk = conversation()
    play(talk, [(0, e.CandidateJoined()), *begins("a1", GREETING, 0), (1, CLOSED), (1, e.CandidateLeft())])

    play(talk, [(9, e.CandidateJoined())])

    assert talk.agenda.question_id is None


def test_ids_of_two_connections_do_not_collide() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "Mine.", 6, 8), (9, CLOSED)])

    talk.reconnected("Offline")
    play(talk, [*says("a1", "Sorry, where were we?", 10, 12), *hears("u1", "At indexes.", 13, 14)])

    assert [turn.text for turn in talk.turns] == [GREETING, "Mine.", "Sorry, where were we?", "At indexes."]
    assert [turn.id for turn in talk.turns] == ["t1", "t2", "t3", "t4"]


def test_generations_begin_again_with_a_connection() -> None:
    talk = greeted()
    play(talk, [(6, e.Flush(7)), (7, audio("a2", 8)), (8, CLOSED)])

    talk.reconnected("Offline")

    assert play(talk, [(9, audio("a2", 0))]) == [(9, Play(PCM, "a2"))]


def test_what_was_under_way_ends_with_the_connection() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "one two three four", 8), (9, e.Heard("a2", 1000, 2000)), (9, CLOSED)])

    talk.reconnected("Offline")

    assert (talk.turns[-1].text, talk.turns[-1].ended_ms) == ("one two", 9000)
    assert (talk.state, talk.captions[-1].final) == (EmaState.THINKING, True)


def test_speech_of_before_claims_no_later_text() -> None:
    talk = greeted()
    play(talk, [(7, e.SpeechStarted()), (8, e.SpeechStopped()), (9, CLOSED)])

    talk.reconnected("Offline")
    play(talk, [(12, e.UserText("u1", "Yes.", append=False, final=True))])

    assert talk.turns[-1].started_ms == 12_000


def test_a_change_of_voice_is_a_condition() -> None:
    talk = greeted()
    play(talk, [(250, CLOSED)])

    talk.reconnected("ElevenLabs")
    talk.reconnected("ElevenLabs", rough_captions=True)

    assert talk.conditions(251).provider_changes == ("The voice changed from Offline to ElevenLabs after 4:10.",)
    assert talk.conditions(251).rough_captions


def test_an_apology_is_no_follow_up() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "With explain.", 6, 8), (9, CLOSED)])
    talk.reconnected("ElevenLabs")

    play(talk, [*says("a1", "Sorry. Where were we?", 10, 12), *hears("u1", "At indexes.", 13, 14)])

    assert talk.agenda.follow_ups_asked == 0


def test_what_takes_up_an_answer_after_an_apology_is_a_follow_up() -> None:
    talk = greeted()
    play(talk, [(8, CLOSED), (9, e.Typed("With explain."))])
    talk.reconnected("ElevenLabs", answered=True)

    play(talk, [*says("a1", "Sorry for that. And if it lies?", 10, 12), *hears("u1", "I measure.", 13, 14)])

    assert talk.agenda.follow_ups_asked == 1


def test_a_new_connection_is_told_to_wrap_up() -> None:
    talk = greeted()
    before = play(talk, [(841, e.Tick()), (846, CLOSED)])

    talk.reconnected("ElevenLabs")

    assert (before, play(talk, [(847, e.Tick())])) == ([(841, WRAP_UP)], [(847, WRAP_UP)])


def test_a_connection_after_the_last_question_wraps_up() -> None:
    talk = greeted(count=1)
    play(talk, [(8, e.SkipRequested()), (9, CLOSED)])

    talk.reconnected("ElevenLabs")

    assert play(talk, [(10, e.Tick())]) == [(10, WRAP_UP)]


def test_a_silent_renewal_leaves_the_floor_to_the_candidate() -> None:
    talk = greeted()
    play(talk, [(9, CLOSED)])

    talk.reconnected("Gemini", silent=True)

    assert talk.waiting
    assert play(talk, [*hears("u1", "With explain.", 10, 12)]) == []
    assert talk.turns[-1].text == "With explain."


def test_a_silent_renewal_keeps_a_moment() -> None:
    talk = greeted()
    play(talk, [(8, e.ThinkingRequested()), (9, CLOSED)])

    talk.reconnected("Gemini", silent=True)

    assert play(talk, [(10, e.Tick())]) == [(10, Hold(True))]
    assert talk.moment


def test_no_word_shows_when_values_are_printed() -> None:
    talk = greeted()
    play(talk, hears("u1", "A secret word.", 6, 8))

    assert "secret" not in repr((talk, talk.turns, talk.captions, vars(talk), talk._transcript._entries))
