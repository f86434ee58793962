"""The record: texts that come late, twice, in pieces, out of order or corrected."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.core.talk import events as e
from services.core.talk.conversation import Caption, Conversation
from services.core.talk.transcript import UNRECOGNISED, Speaker, Turn, heard_part
from tests.core.talk.scripts import GREETING, TEXTS, audio, begins, conversation, greeted, hears, play, says

LONG = "one two three four five six seven eight nine ten"


def told(talk: Conversation) -> list[tuple[str, str]]:
    """Who said what, without the greeting."""
    return [(turn.speaker.value, turn.text) for turn in talk.turns if turn.text != GREETING]


def user(text: str, *, append: bool = False, final: bool = False, turn: str = "u1") -> e.UserText:
    return e.UserText(turn, text, append, final)


def ema(text: str, *, append: bool = False, final: bool = False, correction: bool = False) -> e.AgentText:
    return e.AgentText("a2", text, append, final, correction)


def test_turns_carry_times_question_and_voice() -> None:
    talk = greeted()

    play(talk, [(7, e.SpeechStarted()), (9, e.SpeechStopped()), (9.5, e.UserText("u1", "I do.", False, True, 0.4))])

    assert talk.turns == (
        Turn("t1", Speaker.EMA, GREETING, 0, 5000, None, provider="Offline"),
        Turn("t2", Speaker.CANDIDATE, "I do.", 7000, 9000, "q1", confidence=0.4, provider="Offline"),
    )
    assert talk.conditions(10).low_confidence_turns == 1


def test_captions_show_what_is_not_final_yet() -> None:
    talk = greeted()

    play(talk, [(7, e.SpeechStarted()), (8, user("I do"))])

    assert talk.captions[1:] == (Caption("t2", Speaker.CANDIDATE, "I do", final=False),)


def test_an_open_turn_lasts_until_now() -> None:
    talk = greeted()

    play(talk, [(7, e.SpeechStarted()), (8, user("I do")), (9, e.Tick())])

    assert (talk.turns[1].started_ms, talk.turns[1].ended_ms) == (7000, 9000)


@pytest.mark.parametrize(
    ("texts", "result"),
    [
        ([user("I use"), user("I used an index", final=True)], "I used an index"),
        ([user("I ", append=True), user("used", append=True), user(" it.", append=True, final=True)], "I used it."),
        ([user("I used"), user("I used an"), user("I used an index")], "I used an index"),
        ([user("I did.", final=True), user("I did.", final=True)], "I did."),
        ([user("I did.", append=True, final=True), user("I did.", append=True, final=True)], "I did."),
        ([user("I did", final=True), user("I did that.", final=True)], "I did that."),
        ([user("I did that.", final=True), user("I did")], "I did that."),
        ([user("I did", final=True), user("I did that")], "I did that"),
        ([user("Yes", append=True), user("", append=True, final=True)], "Yes"),
        ([user("Yeah"), user("Yes.", final=True), user("", append=True, final=True)], "Yes."),
    ],
    ids=[
        "replaced",
        "appended",
        "cumulative",
        "final twice",
        "appended final twice",
        "final that grows",
        "partial after the final",
        "longer partial after the final",
        "empty end mark",
        "empty end mark after the final",
    ],
)
def test_texts_of_one_turn_make_one_text(texts: list[e.UserText], result: str) -> None:
    talk = greeted()
    play(talk, [(7, e.SpeechStarted()), (9, e.SpeechStopped())])

    play(talk, [(9.5, text) for text in texts])

    assert told(talk) == [("candidate", result)]


def test_a_repeated_final_ends_no_second_turn() -> None:
    talk = greeted()
    play(talk, [(8, user("Yes", final=True)), *says("a2", "Why so?", 9, 10)])

    play(talk, [(11, user("Yes", final=True))])

    assert talk.state == "listening"


def test_words_withdrawn_leave_no_turn() -> None:
    talk = greeted()

    play(talk, [(8, user("Hmm")), (9, user("", final=True))])

    assert told(talk) == []


def test_text_after_the_answer_began_stands_before_it() -> None:
    talk = greeted()
    play(talk, [(7, e.SpeechStarted()), (9, e.SpeechStopped()), *begins("a2", "And why?", 9.5)])

    play(talk, [(11, user("I used an index.", final=True))])

    assert told(talk) == [("candidate", "I used an index."), ("ema", "And why?")]


def test_two_late_texts_go_to_their_own_speech() -> None:
    talk = greeted()
    play(talk, [(7, e.SpeechStarted()), (8, e.SpeechStopped()), (9, e.SpeechStarted()), (10, e.SpeechStopped())])

    play(talk, [(11, user("First.", final=True, turn="u1")), (11, user("Second.", final=True, turn="u2"))])

    assert [(turn.text, turn.started_ms) for turn in talk.turns[1:]] == [("First.", 7000), ("Second.", 9000)]


def test_a_wordless_sound_does_not_shift_later_texts() -> None:
    talk = greeted()
    play(talk, [*hears("u1", "", 6, 7), (8, e.SpeechStarted()), (9, e.SpeechStopped())])

    play(talk, [(9.5, user("Yes.", final=True, turn="u2"))])

    assert (talk.turns[1].started_ms, talk.turns[1].text) == (8000, "Yes.")


def test_an_empty_partial_claims_no_speech() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (7, e.SpeechStopped()), (7.1, user("")), (7.2, user("Yes.", turn="u2"))])

    assert talk.turns[1].started_ms == 6000


def test_speech_long_past_gets_no_text() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (7, e.SpeechStopped())])

    play(talk, [(30, user("Yes."))])

    assert talk.turns[1].started_ms == 30_000


def test_text_without_speech_begins_with_its_first_words() -> None:
    talk = greeted()

    play(talk, [(8, user("I")), (9, user("I think", final=True))])

    assert (talk.turns[1].started_ms, talk.turns[1].ended_ms, talk.turns[1].question_id) == (8000, 9000, "q1")
    assert talk.state == "thinking"


def test_late_text_without_speech_stands_before_the_answer() -> None:
    talk = greeted()
    play(talk, [*says("a2", "So?", 6, 7), *begins("a3", f"Next: {TEXTS[1]}", 10)])

    play(talk, [(11, user("Because of the planner.", final=True))])

    assert [(turn.text, turn.question_id) for turn in talk.turns[2:]] == [
        ("Because of the planner.", "q1"),
        (f"Next: {TEXTS[1]}", "q2"),
    ]


def test_late_text_after_the_greeting_belongs_to_the_first_question() -> None:
    talk = greeted()

    play(talk, [*begins("a2", "Why?", 10), (11, user("Indexes.", final=True))])

    assert [turn.question_id for turn in talk.turns] == [None, "q1", "q1"]


def test_text_in_the_middle_of_an_answer_is_of_now() -> None:
    talk = greeted()

    play(talk, [*begins("a2", "A long story.", 10), (15, user("Right", final=True))])

    assert told(talk) == [("ema", "A long story."), ("candidate", "Right")]
    assert talk.state == "speaking"


def test_text_over_the_first_words_of_all_needs_no_turn_before() -> None:
    talk = conversation()

    play(talk, [*begins("a2", "Hello.", 0), (1, user("Hi", final=True))])

    assert [(turn.text, turn.question_id) for turn in talk.turns] == [("Hi", None), ("Hello.", None)]


def test_text_while_audio_is_not_heard_yet_is_of_now() -> None:
    talk = greeted()

    play(talk, [(8, audio("a2")), (8.1, user("Yes", final=True))])

    assert talk.turns[1].started_ms == 8100


def test_a_flush_begins_the_candidates_turn() -> None:
    talk = greeted()

    play(talk, [*begins("a2", "And why?", 10), (12, e.Flush(1)), (13, user("Wait", final=True))])

    assert [(turn.text, turn.started_ms) for turn in talk.turns[1:]] == [("And why?", 10_000), ("Wait", 12_000)]
    assert talk.state == "thinking"


def test_a_false_alarm_leaves_no_trace() -> None:
    talk = greeted()
    play(talk, [*begins("a2", "And why?", 10), (12, e.Flush(1)), *says("a3", "So why?", 14, 15, generation=1)])

    play(talk, [(17, user("Because.", final=True))])

    assert talk.turns[-1].started_ms == 17_000


def test_an_answer_closes_a_turn_that_had_no_end() -> None:
    talk = greeted()

    play(talk, [(8, user("I think")), (9, user("I think so")), *says("a2", "Good.", 11, 12)])

    assert (talk.turns[1].started_ms, talk.turns[1].ended_ms) == (8000, 9000)


def test_speech_that_overlaps_the_answer_stays_open() -> None:
    talk = greeted()

    play(talk, [(8, e.SpeechStarted()), (8.5, user("I")), (9, audio("a2")), (9.5, e.SpeechStopped())])

    assert talk.turns[1].ended_ms == 9500


def test_ema_is_trimmed_to_what_was_heard() -> None:
    talk = greeted()
    play(talk, [*begins("a2", LONG, 10), (12, e.SpeechStarted())])

    play(talk, [(12, e.Heard("a2", heard_ms=2000, total_ms=4000))])

    turn = talk.turns[-1]
    assert (turn.text, turn.interrupted, turn.ended_ms) == ("one two three four five", True, 12_000)


@pytest.mark.parametrize("before", [True, False])
def test_the_providers_correction_wins(before: bool) -> None:
    talk = greeted()
    correction: tuple[float, e.Event] = (12.1, ema("one two", correction=True, final=True))
    heard: tuple[float, e.Event] = (12.2, e.Heard("a2", 2000, 4000))

    play(talk, [*begins("a2", LONG, 10), (12, e.Flush(1)), *([correction, heard] if before else [heard, correction])])

    assert told(talk) == [("ema", "one two")]


def test_nothing_overwrites_a_correction() -> None:
    talk = greeted()
    play(talk, [*begins("a2", LONG, 10), (12, e.Flush(1)), (12.1, ema("one two", correction=True))])

    play(talk, [(12.2, ema(" eleven", append=True)), (12.3, ema(LONG, final=True))])

    assert told(talk) == [("ema", "one two")]


def test_text_that_comes_after_the_cut_is_trimmed_too() -> None:
    talk = greeted()
    play(talk, [(10, audio("a2")), (10, e.PlayoutStarted("a2")), (12, e.Flush(1)), (12, e.Heard("a2", 1000, 4000))])

    play(talk, [(12.4, ema(LONG, final=True)), (12.5, e.TurnDone("a2"))])

    assert told(talk) == [("ema", "one two")]


@pytest.mark.parametrize("heard", [e.Heard("a2", 0, 4000), e.Heard("a2", 0, 0)])
def test_an_item_of_which_nothing_was_heard_is_no_turn(heard: e.Heard) -> None:
    talk = greeted()

    play(talk, [*begins("a2", LONG, 10), (10, e.SpeechStarted()), (10, heard)])

    assert told(talk) == []


def test_an_item_heard_to_its_end_keeps_its_text() -> None:
    talk = greeted()

    play(talk, [*begins("a2", LONG, 10), (14, e.SpeechStarted()), (14, e.Heard("a2", 4000, 4000))])

    assert told(talk) == [("ema", LONG)]


def test_a_playout_cleared_by_the_call_trims_too() -> None:
    talk = greeted()
    play(talk, begins("a2", LONG, 10))

    play(talk, [(12, e.Heard("a2", 2000, 4000)), (12, e.Closed(e.CloseCause.NETWORK))])

    assert (talk.turns[-1].text, talk.turns[-1].interrupted) == ("one two three four five", True)


def test_emas_words_are_shown_when_she_is_heard() -> None:
    talk = greeted()
    play(talk, [(10, audio("a2")), (10, ema(LONG, final=True))])
    before = told(talk)

    play(talk, [(10.1, e.PlayoutStarted("a2")), (10.2, e.PlayoutStarted("a2"))])

    assert (before, told(talk), talk.turns[-1].started_ms) == ([], [("ema", LONG)], 10_100)


def test_emas_deltas_are_joined() -> None:
    talk = greeted()

    play(talk, [(10, audio("a2")), (10, e.PlayoutStarted("a2")), (10, ema("And ", append=True))])
    play(talk, [(11, ema("why?", append=True)), (12, ema("And why?", final=True))])

    assert told(talk) == [("ema", "And why?")]


def test_consecutive_items_end_where_the_next_begins() -> None:
    talk = greeted()

    play(talk, [*begins("a2", "One.", 10), *begins("a3", "Two.", 11), (12, e.PlayoutDrained("a3"))])

    assert [(turn.started_ms, turn.ended_ms) for turn in talk.turns[1:]] == [(10_000, 11_000), (11_000, 12_000)]


def test_what_precedes_the_first_microphone_audio_starts_at_zero() -> None:
    talk = conversation()

    play(talk, says("a1", GREETING, -3, 2))

    assert (talk.turns[0].started_ms, talk.turns[0].ended_ms) == (0, 2000)


@pytest.mark.parametrize(
    ("text", "share", "part"),
    [
        ("one two three", 1.0, "one two three"),
        ("one two three", 0.0, ""),
        ("one two three", 0.54, "one two"),
        ("one two three", 0.6, "one two"),
        ("one two three", 0.1, ""),
        ("", 0.5, ""),
    ],
)
def test_only_whole_words_were_heard(text: str, share: float, part: str) -> None:
    assert heard_part(text, share).strip() == part


@pytest.mark.parametrize("text", [".", "<noise>", "[BLANK_AUDIO]", "(silence)", "[Music] [Applause]", "♪ la la ♪"])
def test_caption_without_words_is_no_turn(text: str) -> None:
    talk = greeted()

    play(talk, hears("u1", text, 6, 8))

    assert [caption.speaker for caption in talk.captions] == [Speaker.EMA]
    assert talk.waiting


def test_speech_nobody_understood_is_shown_and_not_counted() -> None:
    talk = greeted()

    play(talk, hears("u1", UNRECOGNISED, 6, 8))

    assert talk.captions[-1].text == UNRECOGNISED
    assert [turn.speaker for turn in talk.turns] == [Speaker.EMA]


@pytest.mark.parametrize(("shown", "words"), [([(8, user("I moved the"))], ["I moved the"]), ([], [])])
def test_an_answer_is_due_to_what_the_recogniser_gave_up(shown: list[tuple[float, e.Event]], words: list[str]) -> None:
    talk = greeted()

    play(talk, [(7, e.SpeechStarted()), *shown, (9, e.SpeechStopped()), (9.5, user(UNRECOGNISED, final=True))])

    assert [(turn.text, turn.confidence) for turn in talk.turns[1:]] == [(text, 0.0) for text in words]
    assert talk.stalled_at == 17


def test_caption_left_unconfirmed_by_a_lost_connection_is_uncertain() -> None:
    talk = greeted()
    play(talk, [(6, e.SpeechStarted()), (7, e.UserText("u1", "I moved the", append=False, final=False))])

    talk.reconnected("Another")

    assert (talk.turns[-1].text, talk.turns[-1].confidence) == ("I moved the", 0.0)


UNSURE = e.UserText("u1", "I use cough at night", append=False, final=True, confidence=0.4)
ANSWER: list[tuple[float, e.Event]] = [(7, e.SpeechStarted()), (9, e.SpeechStopped())]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (UNSURE, UNSURE.text),
        (replace(UNSURE, confidence=0.9), ""),
        (replace(UNSURE, confidence=None), ""),
        (replace(UNSURE, final=False), ""),
        (replace(UNSURE, text=UNRECOGNISED), ""),
    ],
    ids=["unsure", "sure", "confidence unknown", "still being recognised", "no words"],
)
def test_only_uncertain_words_are_asked_about(text: e.UserText, shown: str) -> None:
    talk = greeted()

    play(talk, [*ANSWER, (9.5, text)])

    assert talk.unsure_words == shown


@pytest.mark.parametrize(
    ("then", "shown"),
    [
        (says("a2", "Why at night?", 10, 12), UNSURE.text),
        ([(13, e.SpeechStarted())], ""),
        ([(13, e.SpeechStarted()), (13.2, e.SpeechStopped()), (13.5, user("", turn="u2", final=True))], UNSURE.text),
        (hears("u2", "I use Kafka at night", 13, 15), ""),
        ([(13, e.Typed("I use Kafka at night"))], ""),
    ],
    ids=["Ema goes on", "they speak", "it was a noise", "they said it again", "they typed it"],
)
def test_uncertain_words_stay_until_said_again(then: list[tuple[float, e.Event]], shown: str) -> None:
    talk = greeted()
    play(talk, [*ANSWER, (9.5, UNSURE)])

    play(talk, then)

    assert talk.unsure_words == shown
