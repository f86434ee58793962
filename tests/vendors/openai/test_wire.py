"""The dialect of OpenAI Realtime and xAI, by frames of theirs: what is heard, said and cut."""

from __future__ import annotations

from typing import Any

import pytest

from services.core.talk.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Closed,
    EndingSoon,
    Flush,
    ResumeToken,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Usage,
    UserText,
)
from services.vendors.openai.wire import Variant
from tests.vendors.calls import last
from tests.vendors.openai.dialects import OPENAI, PCM, XAI, begin, dialect, end, feed, replay, sent, sound


def test_openai_turn_decodes() -> None:
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


def test_late_audio_after_barge_in_is_dropped() -> None:
    assert replay(dialect(), "barge_in") == [
        AudioOut(PCM, "item_2", 0),
        SpeechStarted(),
        Flush(1),
        SpeechStopped(),
        AudioOut(b"\x03\x00", "item_4", 1),
    ]


def test_tool_calls_decode() -> None:
    assert replay(dialect(), "tools") == [
        ToolCall("call_1", "note_answered", {"question_id": "q1"}),
        ToolCall("call_2", "next_question", {"question_id": "q2"}),
    ]


def test_fatal_code_is_found_in_type_too() -> None:
    closed = last(replay(dialect(), "failed"), Closed)

    assert closed.cause is CloseCause.QUOTA
    assert "no credit left" in closed.sentence
    assert "sk-secret" not in closed.sentence


def test_expiry_is_announced_then_closes() -> None:
    ending, closed = replay(dialect(), "expired")

    assert ending == EndingSoon(0.0)
    assert closed == Closed(CloseCause.LIMIT, "The call reached OpenAI's time limit.")


def test_xai_turn_decodes() -> None:
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


def test_xai_growing_captions_stay_one_turn() -> None:
    assert replay(dialect(XAI), "growing") == [
        UserText("item_1", "I would measure", append=False, final=False),
        UserText("item_1", "I would measure.", append=False, final=True),
        SpeechStarted(),
        UserText("item_2", "I would", append=False, final=False),
        UserText("item_2", "", append=False, final=True),
        UserText("item_1", "I would measure, then change", append=False, final=True),
        UserText("item_1", "I would measure, then change one thing.", append=False, final=True),
    ]


def test_xai_same_words_after_an_answer_are_a_new_turn() -> None:
    made = dialect(XAI)
    feed(made, "conversation.item.input_audio_transcription.completed", item_id="item_1", transcript="Yes.")
    sound(made, 20)

    [text] = feed(made, "conversation.item.input_audio_transcription.completed", item_id="item_9", transcript="Yes, so")

    assert last([text], UserText).turn == "item_9"


def test_xai_replayed_history_makes_no_events() -> None:
    made = dialect(XAI)

    assert replay(made, "replay") == [ResumeToken("conv_7")]
    assert made.conversation_id == "conv_7"


def test_xai_truncation_corrects_transcript_then_limit_closes() -> None:
    _, correction, ending, closed = replay(dialect(XAI), "truncated")

    assert correction == AgentText("item_2", "Tell me", append=False, final=True, correction=True)
    assert (ending, last([closed], Closed).cause) == (EndingSoon(0.0), CloseCause.LIMIT)


@pytest.mark.parametrize(
    "frame",
    [b"{", b"[]", b"null", b'{"type": "response.done"}', b"\x00\xff", b'{"type": []}',
     b'{"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "delta": 7}'],
)  # fmt: skip
def test_malformed_frame_is_ignored(frame: bytes) -> None:
    assert dialect().receive(frame) == []


@pytest.mark.parametrize("kind", ["response.audio.delta", "output_audio_buffer.started", "ping", "x.y"])
def test_unknown_and_beta_events_are_ignored(kind: str) -> None:
    assert feed(dialect(), kind, delta="AQA=") == []


@pytest.mark.parametrize(
    ("heard_ms", "expected"),
    [
        (300, {"type": "conversation.item.truncate", "item_id": "item_2", "content_index": 0, "audio_end_ms": 300}),
        (900, {"type": "conversation.item.truncate", "item_id": "item_2", "content_index": 0, "audio_end_ms": 500}),
        (0, {"type": "conversation.item.delete", "item_id": "item_2"}),
    ],
)
def test_truncate_never_exceeds_received_audio(heard_ms: int, expected: dict[str, Any]) -> None:
    made = dialect()
    begin(made)
    sound(made, 500)
    feed(made, "input_audio_buffer.speech_started", item_id="item_3")

    made.interrupt("item_2", heard_ms)

    assert made.outbox == [expected]


def test_fully_heard_utterance_is_left_alone() -> None:
    made = dialect()
    begin(made)
    sound(made, 500)
    end(made)

    made.interrupt("item_2", 500)

    assert sent(made) == []


def test_utterance_is_cut_once() -> None:
    made = dialect()
    begin(made)
    sound(made, 500)

    made.interrupt("item_2", 100)
    made.interrupt("item_2", 200)

    assert sent(made) == ["response.cancel", "conversation.item.truncate"]


def test_unheard_utterances_behind_the_cut_one_are_deleted() -> None:
    made = dialect()
    begin(made)
    sound(made, 500)
    end(made)
    begin(made, "resp_2")
    sound(made, 500, "resp_2", "item_5")

    made.interrupt("item_2", 100)

    assert sent(made) == ["response.cancel", "conversation.item.truncate", "conversation.item.delete"]


def test_interrupt_of_unknown_item_is_ignored() -> None:
    made = dialect()

    made.interrupt("never", 100)

    assert sent(made) == []


def test_audio_after_interrupt_has_higher_generation() -> None:
    made = dialect()
    begin(made)
    sound(made, 500)
    made.interrupt("item_2", 100)
    late = sound(made, 20)
    end(made, status="cancelled")
    begin(made, "resp_2")

    [audio] = sound(made, 20, "resp_2", "item_4")

    assert late == []
    assert last([audio], AudioOut).generation == 1


def test_typed_interruption_cancels_active_answer() -> None:
    made = dialect()
    begin(made)
    sound(made, 500)

    made.interrupt("item_2", 100)
    made.say("typed")

    assert sent(made) == ["response.cancel", "conversation.item.truncate", "conversation.item.create"]
    end(made, status="cancelled")
    assert sent(made) == ["response.create"]


@pytest.mark.parametrize(("vendor", "frames"), [(OPENAI, []), (XAI, ["response.cancel"])])
def test_only_xai_is_told_to_cancel_at_speech(vendor: Variant, frames: list[str]) -> None:
    made = dialect(vendor)
    begin(made)

    feed(made, "input_audio_buffer.speech_started", item_id="item_3")

    assert sent(made) == frames


def test_speech_into_silence_flushes_nothing() -> None:
    assert feed(dialect(), "input_audio_buffer.speech_started", item_id="item_1") == [SpeechStarted()]


def test_one_response_may_span_several_utterances() -> None:
    made = dialect(XAI)
    begin(made)
    sound(made, 20, item="item_2")
    sound(made, 20, item="item_3")

    assert end(made) == [TurnDone("item_2"), TurnDone("item_3")]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("session.created", {"session": {"id": "s"}}), ("conversation.created", {"conversation": {"id": "c"}})],
)
def test_either_first_event_opens(kind: str, fields: dict[str, object]) -> None:
    made = dialect(XAI)

    feed(made, kind, **fields)

    assert made.greeted
