"""The dialect of OpenAI Realtime and xAI: frames in, events and frames out, no socket."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from services.core.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    EndingSoon,
    Flush,
    ProviderEvent,
    ResumeToken,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Usage,
    UserText,
)
from services.voice import codes, usage
from services.voice.dialect import TOOL_OUTPUT_CHARACTERS, Dialect, Vendor
from services.voice.faults import Fault

OPENAI = Vendor("openai", "OpenAI", "gpt-realtime-2.1", True, captions_grow=False, resumes=False, bills_by_time=False)
XAI = Vendor("xai", "xAI", "grok-voice-3.0", False, captions_grow=True, resumes=True, bills_by_time=True)
LISTEN, HOLD = {"detect": "answer"}, {"detect": "hold"}
PCM = b"\x01\x00\x02\x00"


def dialect(vendor: Vendor = OPENAI) -> Dialect:
    made = Dialect(vendor, LISTEN, None if vendor is XAI else HOLD)
    made.ready = True
    return made


def replay(made: Dialect, name: str) -> list[ProviderEvent]:
    lines = (Path(__file__).parent / made.vendor.key / f"{name}.jsonl").read_text().splitlines()
    return [event for line in lines for event in made.receive(line)]


def feed(made: Dialect, kind: str, **fields: Any) -> list[ProviderEvent]:
    return made.receive(json.dumps({"type": kind, "event_id": "e", **fields}))


def begin(made: Dialect, response: str = "resp_1") -> None:
    feed(made, "response.created", response={"id": response})


def end(made: Dialect, response: str = "resp_1", status: str = "completed", **details: Any) -> list[ProviderEvent]:
    return feed(made, "response.done", response={"id": response, "status": status, "status_details": details or None})


def sound(made: Dialect, ms: int, response: str = "resp_1", item: str = "item_2") -> list[ProviderEvent]:
    delta = base64.b64encode(bytes(48 * ms)).decode()
    return feed(made, "response.output_audio.delta", response_id=response, item_id=item, delta=delta)


def call(made: Dialect, call_id: str, name: str = "next_question", arguments: str = "{}") -> list[ProviderEvent]:
    return feed(
        made, "response.function_call_arguments.done",
        response_id="resp_1", item_id="i", call_id=call_id, name=name, arguments=arguments,
    )  # fmt: skip


def error(made: Dialect, code: str | None, message: str = "", kind: str = "x", about: str | None = None) -> Any:
    return feed(made, "error", error={"type": kind, "code": code, "message": message, "event_id": about})


def sent(made: Dialect) -> list[str]:
    """Types of what was to be sent since the last look."""
    kinds = [frame["type"] for frame in made.outbox]
    made.outbox.clear()
    return kinds


# --- wire fixtures ---------------------------------------------------------------------------------------------------


def test_openai_turn_decodes():
    assert replay(dialect(), "turn") == [
        SpeechStarted(),
        SpeechStopped(),
        AgentText("item_2", "Hel", append=True, final=False),
        AudioOut(PCM, "item_2", 0),
        UserText("item_1", "h", append=True, final=False),
        UserText("item_1", "hi", append=False, final=True, confidence=0.8),
        Usage({"transcription_input_audio": 17, "transcription_output_text": 9}),
        AgentText("item_2", "lo.", append=True, final=False),
        TurnDone("item_2"),
        AgentText("item_2", "Hello.", append=False, final=True),
        Usage(
            {
                "output_text": 24,
                "output_audio": 96,
                "input_text": 46,
                "input_cached_text": 64,
                "input_audio": 72,
                "input_cached_audio": 128,
            }
        ),
    ]


def test_late_audio_after_barge_in_is_dropped():
    assert replay(dialect(), "barge_in") == [
        AudioOut(PCM, "item_2", 0),
        SpeechStarted(),
        Flush(1),
        SpeechStopped(),
        AudioOut(b"\x03\x00", "item_4", 1),
    ]


def test_tool_calls_decode():
    assert replay(dialect(), "tools") == [
        ToolCall("call_1", "note_answered", {"question_id": "q1"}),
        ToolCall("call_2", "next_question", {"question_id": "q2"}),
    ]


def test_fatal_code_is_found_in_type_too():
    [closed] = replay(dialect(), "failed")

    assert closed.cause is CloseCause.QUOTA
    assert "no credit left" in closed.sentence
    assert "sk-secret" not in closed.sentence


def test_expiry_is_announced_then_closes():
    ending, closed = replay(dialect(), "expired")

    assert ending == EndingSoon(0.0)
    assert closed == Closed(CloseCause.LIMIT, "The call reached OpenAI's time limit.")


def test_xai_turn_decodes():
    assert replay(dialect(XAI), "turn") == [
        ResumeToken("conv_1"),
        SpeechStarted(),
        UserText("item_1", "whole text", append=False, final=False),
        SpeechStopped(),
        UserText("item_1", "Whole text so far.", append=False, final=True),
        AudioOut(PCM, "item_2", 0),
        AgentText("item_2", "Hello", append=True, final=False),
        ToolCall("call_1", "note_answered", {"question_id": "q1"}),
        Usage({"input_tokens": 310, "output_tokens": 120}),
        TurnDone("item_2"),
    ]


def test_xai_growing_captions_stay_one_turn():
    assert replay(dialect(XAI), "growing") == [
        UserText("item_1", "I would measure", append=False, final=False),
        UserText("item_1", "I would measure.", append=False, final=True),
        SpeechStarted(),
        UserText("item_2", "I would", append=False, final=False),
        UserText("item_2", "", append=False, final=True),
        UserText("item_1", "I would measure, then change", append=False, final=True),
        UserText("item_1", "I would measure, then change one thing.", append=False, final=True),
    ]


def test_xai_same_words_after_an_answer_are_a_new_turn():
    made = dialect(XAI)
    feed(made, "conversation.item.input_audio_transcription.completed", item_id="item_1", transcript="Yes.")
    sound(made, 20)

    [text] = feed(made, "conversation.item.input_audio_transcription.completed", item_id="item_9", transcript="Yes, so")

    assert text.turn == "item_9"


def test_xai_replayed_history_makes_no_events():
    made = dialect(XAI)

    assert replay(made, "replay") == [ResumeToken("conv_7")]
    assert made.conversation_id == "conv_7"


def test_xai_truncation_corrects_transcript_then_limit_closes():
    _, correction, ending, closed = replay(dialect(XAI), "truncated")

    assert correction == AgentText("item_2", "Tell me", append=False, final=True, correction=True)
    assert (ending, closed.cause) == (EndingSoon(0.0), CloseCause.LIMIT)


# --- frames that are not ours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [b"{", b"[]", b"null", b'{"type": "response.done"}', b"\x00\xff", b'{"type": []}',
     b'{"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "delta": 7}'],
)  # fmt: skip
def test_malformed_frame_is_ignored(frame):
    assert dialect().receive(frame) == []


@pytest.mark.parametrize("kind", ["response.audio.delta", "output_audio_buffer.started", "ping", "x.y"])
def test_unknown_and_beta_events_are_ignored(kind):
    assert feed(dialect(), kind, delta="AQA=") == []


# --- barge-in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heard_ms", "expected"),
    [
        (300, {"type": "conversation.item.truncate", "item_id": "item_2", "content_index": 0, "audio_end_ms": 300}),
        (900, {"type": "conversation.item.truncate", "item_id": "item_2", "content_index": 0, "audio_end_ms": 500}),
        (0, {"type": "conversation.item.delete", "item_id": "item_2"}),
    ],
)
def test_truncate_never_exceeds_received_audio(heard_ms, expected):
    made = dialect()
    begin(made)
    sound(made, 500)
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")

    made.interrupt("item_2", heard_ms)

    assert made.outbox == [expected]


def test_fully_heard_utterance_is_left_alone():
    made = dialect()
    begin(made)
    sound(made, 500)
    end(made)

    made.interrupt("item_2", 500)

    assert sent(made) == []


def test_utterance_is_cut_once():
    made = dialect()
    begin(made)
    sound(made, 500)

    made.interrupt("item_2", 100)
    made.interrupt("item_2", 200)

    assert sent(made) == ["response.cancel", "conversation.item.truncate"]


def test_unheard_utterances_behind_the_cut_one_are_deleted():
    made = dialect()
    begin(made)
    sound(made, 500)
    end(made)
    begin(made, "resp_2")
    sound(made, 500, "resp_2", "item_5")

    made.interrupt("item_2", 100)

    assert sent(made) == ["response.cancel", "conversation.item.truncate", "conversation.item.delete"]


def test_interrupt_of_unknown_item_is_ignored():
    made = dialect()

    made.interrupt("never", 100)

    assert sent(made) == []


def test_audio_after_interrupt_has_higher_generation():
    made = dialect()
    begin(made)
    sound(made, 500)
    made.interrupt("item_2", 100)
    late = sound(made, 20)
    end(made, status="cancelled")
    begin(made, "resp_2")

    [audio] = sound(made, 20, "resp_2", "item_4")

    assert late == []
    assert audio.generation == 1


def test_typed_interruption_cancels_active_answer():
    made = dialect()
    begin(made)
    sound(made, 500)

    made.interrupt("item_2", 100)
    made.say("typed")

    assert sent(made) == ["response.cancel", "conversation.item.truncate", "conversation.item.create"]
    end(made, status="cancelled")
    assert sent(made) == ["response.create"]


@pytest.mark.parametrize(("vendor", "frames"), [(OPENAI, []), (XAI, ["response.cancel"])])
def test_only_xai_is_told_to_cancel_at_speech(vendor, frames):
    made = dialect(vendor)
    begin(made)

    feed(made, "input_audio_buffer.speech_started", item_id="item_3")

    assert sent(made) == frames


def test_speech_into_silence_flushes_nothing():
    assert feed(dialect(), "input_audio_buffer.speech_started", item_id="item_1") == [SpeechStarted()]


# --- one response at a time ------------------------------------------------------------------------------------------


def test_direction_waits_for_active_response():
    made = dialect()
    begin(made)

    made.direct("wrap up")
    assert sent(made) == ["conversation.item.create"]

    end(made)
    assert sent(made) == ["response.create"]


def test_direction_while_candidate_speaks_rides_on_their_turn():
    made = dialect()
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")

    made.direct("wrap up")
    made.direct("farewell", urgent=True)

    assert sent(made) == ["conversation.item.create", "conversation.item.create", "response.create"]


def test_urgent_direction_survives_barge_in():
    made = dialect()
    begin(made)
    made.direct("farewell", urgent=True)
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")
    sent(made)

    end(made, status="cancelled")

    assert sent(made) == ["response.create"]


def test_collision_waits_for_the_other_response():
    made = dialect()
    made.direct("nudge")
    about = made.outbox[-1]["event_id"]
    begin(made)
    sent(made)
    made.direct("wrap up")
    error(made, "conversation_already_has_active_response", about=about)

    end(made)

    assert sent(made) == ["conversation.item.create", "response.create"]


def test_collided_request_is_asked_again():
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
def test_benign_error_changes_nothing(code, message):
    assert error(dialect(), code, message) == []


# --- tools -----------------------------------------------------------------------------------------------------------


def test_one_response_per_tool_batch():
    made = dialect()
    begin(made)
    call(made, "call_1")
    call(made, "call_2")
    made.tool_result("call_1", "ok")
    end(made)

    made.tool_result("call_2", "ok")

    assert sent(made) == ["conversation.item.create", "conversation.item.create", "response.create"]


def test_goodbye_tool_asks_for_no_further_answer():
    made = dialect()
    begin(made)
    call(made, "call_1", "end_interview")
    made.tool_result("call_1", "ok")

    end(made)

    assert sent(made) == ["conversation.item.create"]


def test_tool_results_after_barge_in_ask_for_no_answer():
    made = dialect()
    begin(made)
    call(made, "call_1")
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")
    end(made, status="cancelled")

    made.tool_result("call_1", "ok")

    assert sent(made) == ["conversation.item.create"]


def test_tool_output_is_bounded():
    made = dialect()

    made.tool_result("call_1", "x" * 9999)

    assert len(made.outbox[0]["item"]["output"]) == TOOL_OUTPUT_CHARACTERS


def test_tool_error_is_told_as_error():
    made = dialect()

    made.tool_result("call_1", "no such question", is_error=True)

    assert made.outbox[0]["item"]["output"] == '{"error": "no such question"}'


def test_unreadable_arguments_are_answered_at_once():
    made = dialect()
    begin(made)

    assert call(made, "call_1", arguments='{"question_') == []
    assert sent(made) == ["conversation.item.create"]


def test_arguments_cut_by_barge_in_are_forgotten():
    made = dialect()
    begin(made)
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")

    assert call(made, "call_1", arguments='{"question_') == []
    assert sent(made) == []


# --- holding the floor -----------------------------------------------------------------------------------------------


def test_hold_switches_answers_off():
    made = dialect()

    made.hold(True)
    made.hold(True)

    assert made.outbox == [{"type": "session.update", "session": HOLD}]


def test_held_silence_makes_no_turn_until_speech():
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


def test_released_hold_answers_the_turn_it_kept_back():
    made = dialect()
    feed(made, "input_audio_buffer.speech_started", item_id="item_1")
    made.hold(True)
    feed(made, "input_audio_buffer.speech_stopped", item_id="item_1")
    sent(made)

    made.hold(False)

    assert sent(made) == ["session.update", "response.create"]


def test_release_without_hold_does_nothing():
    made = dialect()

    made.hold(False)

    assert sent(made) == []


def test_xai_answer_during_hold_is_cancelled_and_forgotten():
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


def test_nudge_during_hold_is_heard():
    made = dialect(XAI)
    made.hold(True)
    made.direct("nudge")
    begin(made)

    assert len(sound(made, 20)) == 1


# --- failures --------------------------------------------------------------------------------------------------------


def test_transient_failure_is_retried_once():
    made = dialect()
    begin(made)

    first = end(made, status="failed", error={"type": "server_error", "code": None, "message": ""})
    begin(made, "resp_2")
    second = end(made, "resp_2", status="failed", error={"type": "server_error", "code": None, "message": ""})

    assert first == []
    assert sent(made) == ["response.create"]
    assert second[0].cause is CloseCause.PROVIDER


def test_refused_request_is_retried_once():
    made = dialect()
    made.direct("nudge")

    assert error(made, "rate_limit_exceeded", about=made.outbox[-1]["event_id"]) == []
    assert sent(made) == ["conversation.item.create", "response.create", "response.create"]
    assert error(made, "rate_limit_exceeded")[0].cause is CloseCause.PROVIDER


def test_trouble_unrelated_to_us_is_remembered_only():
    made = dialect()

    assert error(made, None, kind="internal_error") == []
    assert made.fault is Fault.VENDOR


def test_unknown_model_in_response_reads_as_missing_access():
    made = dialect()
    begin(made)

    [closed] = end(made, status="failed", error={"code": "model_not_found", "type": "x", "message": ""})

    assert closed.cause is CloseCause.AUTH
    assert "may not use gpt-realtime-2.1" in closed.sentence


def test_filtered_answer_closes_for_safety():
    made = dialect()
    begin(made)

    [closed] = end(made, status="incomplete", reason="content_filter")

    assert closed.cause is CloseCause.SAFETY


def test_answer_cut_by_token_limit_goes_on():
    made = dialect()
    begin(made)

    assert end(made, status="incomplete", reason="max_output_tokens") == []


def test_error_before_configuration_is_a_refused_configuration():
    made = Dialect(OPENAI, LISTEN, HOLD)

    [closed] = error(made, "invalid_value", "Invalid value: 'x'")

    assert closed.cause is CloseCause.CONFIG


def test_failed_transcription_ends_caption():
    made = dialect()
    fields = {"item_id": "item_1", "error": {"code": "audio_unintelligible"}}

    assert feed(made, "conversation.item.input_audio_transcription.failed", **fields) == [
        UserText("item_1", "", append=True, final=True)
    ]


@pytest.mark.parametrize(
    ("code", "reason", "fault"),
    [
        (None, "", Fault.NETWORK),
        (1006, "", Fault.NETWORK),
        (1001, "Your session hit the maximum duration of 60 minutes.", Fault.LIMIT),
        (1001, "", Fault.VENDOR),
        (1000, "", Fault.VENDOR),
        (3000, "invalid_request_error.invalid_api_key", Fault.KEY),
        (3000, "", Fault.KEY),
        (1011, "internal error", Fault.VENDOR),
    ],
)
def test_close_code_names_fault(code, reason, fault):
    assert codes.of_close(code, reason) is fault


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, b'{"error": {"code": "invalid_api_key"}}', Fault.KEY),
        (401, b"", Fault.KEY),
        (400, b'{"code": "invalid-argument", "error": "Incorrect API key provided"}', Fault.KEY),
        (403, b'{"error": "team doesn\'t have any credits yet"}', Fault.CREDIT),
        (403, b"[]", Fault.ACCESS),
        (402, b"", Fault.CREDIT),
        (404, b"plain", Fault.MODEL),
        (429, b'{"error": "used all available credits or reached its monthly spending limit"}', Fault.CREDIT),
        (429, b'{"error": "Too many concurrent sessions"}', Fault.BUSY),
        (429, b"{}", Fault.RATE),
        (503, b"", Fault.VENDOR),
        (400, b"", Fault.CONFIG),
    ],
)
def test_refusal_names_fault(status, body, fault):
    assert codes.of_status(status, body) is fault


@pytest.mark.parametrize(
    ("reported", "buckets"),
    [
        ({}, {}),
        (
            {"input_token_details": {"text_tokens": 10, "audio_tokens": 20, "cached_tokens": 15}},
            {"input_cached_text": 10, "input_audio": 15, "input_cached_audio": 5},
        ),
    ],
)
def test_usage_buckets_exclude_each_other(reported, buckets):
    assert usage.of_response(reported) == buckets


def test_transcription_by_duration_is_counted_in_time():
    assert usage.of_transcription({"type": "duration", "seconds": 3.2}) == {"transcription_audio_ms": 3200}


def test_only_recent_responses_are_remembered():
    made = dialect()
    for number in range(40):
        begin(made, f"resp_{number}")
        sound(made, 20, f"resp_{number}", f"item_{number}")
        end(made, f"resp_{number}")

    made.interrupt("item_1", 10)

    assert sent(made) == []
