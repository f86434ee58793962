"""Who may answer on a server that gives one response at a time: directions, tools, time to think."""

from __future__ import annotations

import pytest

from services.core.talk.events import SpeechStopped
from services.vendors.openai.wire import TOOL_OUTPUT_CHARACTERS, Dialect, Variant
from tests.vendors.openai.dialects import HOLD, LISTEN, OPENAI, XAI, begin, call, dialect, end, error, feed, sent, sound


def answered_meanwhile(made: Dialect) -> Dialect:
    """A direction at the very end of a turn: the server has begun to answer that by itself."""
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")
    feed(made, "input_audio_buffer.speech_stopped", item_id="item_1")
    made.direct("next question")
    begin(made)
    item = {"id": "item_auto", "type": "message", "role": "assistant"}
    feed(made, "response.output_item.added", response_id="resp_1", item=item)
    return made


def test_direction_waits_for_active_response() -> None:
    made = dialect()
    begin(made)

    made.direct("wrap up")
    assert sent(made) == ["conversation.item.create"]

    end(made)
    assert sent(made) == ["response.create"]


def test_direction_while_candidate_speaks_rides_on_their_turn() -> None:
    made = dialect()
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")

    made.direct("wrap up")
    made.direct("farewell", urgent=True)

    assert sent(made) == ["conversation.item.create", "conversation.item.create", "response.create"]


def test_urgent_direction_survives_barge_in() -> None:
    made = dialect()
    begin(made)
    made.direct("farewell", urgent=True)
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")
    sent(made)

    end(made, status="cancelled")

    assert sent(made) == ["response.create"]


@pytest.mark.parametrize("vendor", [OPENAI, XAI])
@pytest.mark.parametrize("echoed", [True, False])
def test_direction_at_the_end_of_a_turn_replaces_the_answer(vendor: Variant, echoed: bool) -> None:
    made = answered_meanwhile(dialect(vendor))
    about = made.outbox[-1]["event_id"] if echoed else None
    sent(made)

    error(made, "conversation_already_has_active_response", "already has an active response", about=about)
    silent = sound(made, 100, item="item_auto")
    end(made, status="cancelled")

    assert silent == []
    assert sent(made) == ["response.cancel", "conversation.item.delete", "response.create"]


def test_direction_at_the_end_of_a_turn_follows_an_answer_that_is_heard() -> None:
    made = answered_meanwhile(dialect())
    about = made.outbox[-1]["event_id"]
    sound(made, 100, item="item_auto")
    sent(made)

    error(made, "conversation_already_has_active_response", about=about)
    assert len(sound(made, 100, item="item_auto")) == 1
    end(made)

    assert sent(made) == ["response.create"]


def test_direction_refused_while_the_candidate_speaks_rides_on_their_turn() -> None:
    made = answered_meanwhile(dialect())
    about = made.outbox[-1]["event_id"]
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")
    sent(made)

    error(made, "conversation_already_has_active_response", about=about)
    end(made, status="cancelled")

    assert sent(made) == []


def test_tools_results_are_known_to_the_response_in_their_way() -> None:
    made = dialect()
    begin(made)
    call(made, "call_1")
    made.tool_result("call_1", "ok")
    end(made)
    about = made.outbox[-1]["event_id"]
    begin(made, "resp_auto")
    sent(made)

    error(made, "conversation_already_has_active_response", about=about)
    end(made, "resp_auto")

    assert sent(made) == []


def test_refusal_of_an_older_request_changes_nothing() -> None:
    made = dialect()
    made.direct("nudge")
    sent(made)

    error(made, "conversation_already_has_active_response", about="direction-0")
    end(made, "resp_auto")

    assert sent(made) == []


def test_collided_request_is_asked_again() -> None:
    made = dialect()
    made.direct("nudge")

    assert error(made, None, "Conversation already has an active response", about=made.outbox[-1]["event_id"]) == []
    sent(made)
    end(made, "resp_auto")

    assert sent(made) == ["response.create"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("response_cancel_not_active", "Cancellation failed: no active response found"),
        ("input_audio_buffer_commit_empty", "too small"),
        ("", "no active response"),
        (None, "Audio content of 10ms is already shorter than 20ms, cannot truncate"),
        ("invalid_value", "An unknown mistake"),
    ],
)
def test_benign_error_changes_nothing(code: str, message: str) -> None:
    assert error(dialect(), code, message) == []


def test_one_response_per_tool_batch() -> None:
    made = dialect()
    begin(made)
    call(made, "call_1")
    call(made, "call_2")
    made.tool_result("call_1", "ok")
    end(made)

    made.tool_result("call_2", "ok")

    assert sent(made) == ["conversation.item.create", "conversation.item.create", "response.create"]


def test_goodbye_tool_asks_for_no_further_answer() -> None:
    made = dialect()
    begin(made)
    call(made, "call_1", "end_interview")
    made.tool_result("call_1", "ok")

    end(made)

    assert sent(made) == ["conversation.item.create"]


def test_tool_results_after_barge_in_ask_for_no_answer() -> None:
    made = dialect()
    begin(made)
    call(made, "call_1")
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")
    end(made, status="cancelled")

    made.tool_result("call_1", "ok")

    assert sent(made) == ["conversation.item.create"]


def test_tool_output_is_bounded() -> None:
    made = dialect()

    made.tool_result("call_1", "x" * 9999)

    assert len(made.outbox[0]["item"]["output"]) == TOOL_OUTPUT_CHARACTERS


def test_tool_error_is_told_as_error() -> None:
    made = dialect()

    made.tool_result("call_1", "no such question", is_error=True)

    assert made.outbox[0]["item"]["output"] == '{"error": "no such question"}'


def test_unreadable_arguments_are_answered_at_once() -> None:
    made = dialect()
    begin(made)

    assert call(made, "call_1", arguments='{"question_') == []
    assert sent(made) == ["conversation.item.create"]


def test_arguments_cut_by_barge_in_are_forgotten() -> None:
    made = dialect()
    begin(made)
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")

    assert call(made, "call_1", arguments='{"question_') == []
    assert sent(made) == []


def test_hold_switches_answers_off() -> None:
    made = dialect()

    made.hold(True)
    made.hold(True)

    assert made.outbox == [{"type": "session.update", "session": HOLD}]


def test_held_silence_makes_no_turn_until_speech() -> None:
    made = dialect()
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")
    made.hold(True)

    assert feed(made, "input_audio_buffer.speech_stopped", item_id="item_1") == []
    feed(made, "input_audio_buffer.committed", item_id="item_1")
    sent(made)
    feed(made, "input_audio_buffer.speech_started", item_id="item_2")

    assert feed(made, "input_audio_buffer.speech_stopped", item_id="item_2") == [SpeechStopped()]
    feed(made, "input_audio_buffer.committed", item_id="item_2")
    assert [frame.get("session") for frame in made.outbox] == [None, LISTEN]


def test_released_hold_answers_the_turn_it_kept_back() -> None:
    made = dialect()
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")
    made.hold(True)
    feed(made, "input_audio_buffer.speech_stopped", item_id="item_1")
    sent(made)

    made.hold(False)

    assert sent(made) == ["session.update", "response.create"]


def test_release_without_hold_does_nothing() -> None:
    made = dialect()

    made.hold(False)

    assert sent(made) == []


def test_xai_answer_during_hold_is_cancelled_and_forgotten() -> None:
    made = dialect(XAI)
    made.hold(True)
    begin(made)
    item = {"id": "item_2", "type": "message", "role": "assistant"}
    feed(made, "response.output_item.added", response_id="resp_1", item=item)
    silent = [*sound(made, 100), *call(made, "call_1")]
    end(made, status="cancelled")

    assert silent == []
    assert sent(made) == ["response.cancel", "conversation.item.delete"]
    made.hold(False)
    assert sent(made) == ["response.create"]


def test_nudge_during_hold_is_heard() -> None:
    made = dialect(XAI)
    made.hold(True)
    made.direct("nudge")
    begin(made)

    assert len(sound(made, 20)) == 1
