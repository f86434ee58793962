"""The conversation protocol of ElevenLabs, frame by frame."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from services.core.talk.events import (
    AgentText,
    AudioOut,
    CloseCause,
    Flush,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Unanswered,
    UserText,
)
from services.vendors.elevenlabs import g711
from services.vendors.elevenlabs.faults import closed
from services.vendors.elevenlabs.wire import AgentWire, Format, Outgoing, tool_result
from services.vendors.speech import SILENCE_S

FRAMES = [json.loads(line) for line in (Path(__file__).parent / "call.jsonl").read_text().splitlines()]


def wire(**options: Any) -> AgentWire:
    return AgentWire(Format(16_000), **options)


def audio(event_id: int, pcm: bytes = b"\1\0", **more: Any) -> dict[str, Any]:
    return {
        "type": "audio",
        "audio_event": {"event_id": event_id, "audio_base_64": base64.b64encode(pcm).decode(), **more},
    }


def says(text: str, event_id: int) -> dict[str, Any]:
    return {"type": "agent_response", "agent_response_event": {"agent_response": text, "event_id": event_id}}


def interruption(event_id: int) -> dict[str, Any]:
    return {"type": "interruption", "interruption_event": {"event_id": event_id}}


def transcript(text: str, kind: str = "user_transcript") -> dict[str, Any]:
    key = "user_transcription_event" if kind == "user_transcript" else "tentative_user_transcription_event"
    return {"type": kind, key: {"user_transcript": text, "event_id": 1}}


def vad(score: float) -> dict[str, Any]:
    return {"type": "vad_score", "vad_score_event": {"vad_score": score}}


def play(subject: AgentWire, *frames: object, at: float = 10.0) -> list[Any]:
    return [event for frame in frames for event in subject.receive(frame, at)]


def test_recorded_call_decodes_into_its_events() -> None:
    assert play(wire(), *FRAMES) == [
        Outgoing({"type": "pong", "event_id": 12}),
        AgentText("e1", "Hi, I'm Ema, an AI.", append=False, final=True),
        AudioOut(b"\1\0\2\0", "e1", 0),
        AudioOut(b"\3\0\4\0", "e1", 0),
        SpeechStarted(),
        Flush(1),
        AgentText("e1", "Hi, I'm-", append=False, final=True, correction=True),
        UserText("u1", "hello th", append=False, final=False),
        SpeechStopped(),
        UserText("u1", "hello there", append=False, final=True),
        ToolCall("tc1", "note_answered", {"question_id": "q1"}),
        Outgoing(tool_result("tc2", "There is no such tool.", is_error=True)),
        AgentText("e2", "Thank you.", append=False, final=True),
        AudioOut(b"\7\0\x08\0", "e2", 1),
        TurnDone("e2"),
    ]


@pytest.mark.parametrize(("event_id", "heard"), [(6, 0), (7, 0), (8, 1)])
def test_interruption_voids_audio_up_to_its_id(event_id: int, heard: int) -> None:
    subject = wire()
    play(subject, says("One.", 7), audio(7), interruption(7))

    assert [type(event) for event in play(subject, audio(event_id))].count(AudioOut) == heard


def test_words_under_her_voice_do_not_stop_her() -> None:
    subject = wire()
    play(subject, audio(1, bytes(32_000)))

    assert play(subject, transcript("Mhm."), at=10.5) == [UserText("u1", "Mhm.", append=False, final=True)]
    assert SpeechStarted() in play(subject, transcript("Yes."), at=11.5)


def test_what_comes_after_an_interruption_has_a_higher_generation() -> None:
    subject = wire()

    events = play(subject, audio(1), interruption(1), audio(2))

    assert [event.generation for event in events if isinstance(event, AudioOut)] == [0, 1]


def test_our_interrupt_voids_the_rest_of_that_utterance() -> None:
    subject = wire()
    play(subject, says("One.", 3), audio(3))

    subject.interrupt("e1")

    assert play(subject, audio(3)) == []
    assert play(subject, audio(4)) == [AudioOut(b"\1\0", "e2", 1)]


def test_interrupt_of_a_flushed_utterance_voids_nothing_new() -> None:
    subject = wire()
    play(subject, audio(3), interruption(3), audio(4))

    subject.interrupt("e1")

    assert play(subject, audio(4)) == [AudioOut(b"\1\0", "e2", 2)]


def test_missing_end_of_turn_is_replaced_by_quiet() -> None:
    subject = wire()
    play(subject, says("Hello.", 1), audio(1, bytes(16_000)))

    assert (subject.quiet(), subject.quiet()) == ([TurnDone("e1")], [])


def test_audio_too_short_for_its_text_broke_off() -> None:
    subject = wire()
    play(subject, says("Tell me about the last service that you moved.", 1), audio(1, bytes(16_000)))

    assert (subject.quiet(), subject.awaits_audio, subject.may_be_over) == ([], True, False)


def test_only_audio_puts_off_the_end_that_quiet_means() -> None:
    subject = wire()
    play(subject, says("Hello.", 1), audio(1, bytes(16_000)), at=10.0)
    play(subject, vad(0.1), {"type": "ping", "ping_event": {"event_id": 1}}, at=12.0)

    assert subject.audio_at == 10.0


COMPLETE = {"type": "agent_response_complete", "agent_response_complete_event": {"event_id": 1}}


@pytest.mark.parametrize("told", [[audio(1, bytes(16_000)), COMPLETE], [audio(1, bytes(16_000), is_final=True)]])
def test_an_agent_that_tells_ends_has_stalled_where_one_is_missing(told: list[dict[str, Any]]) -> None:
    subject = wire()
    play(subject, says("Hello.", 1), *told, says("And what?", 2), audio(2, bytes(16_000)))

    assert (subject.quiet(), subject.awaits_audio, subject.may_be_over) == ([], True, False)


def test_an_agent_that_was_answered_without_an_end_leaves_ends_out() -> None:
    subject = wire()
    play(subject, says("Hello.", 1), audio(1), COMPLETE, says("And what?", 2), audio(2, bytes(16_000)))
    play(subject, transcript("An index."), at=20.0)
    play(subject, says("Why?", 3), audio(3, bytes(16_000)), COMPLETE, at=30.0)
    play(subject, says("And then?", 4), audio(4, bytes(16_000)), at=40.0)

    assert subject.quiet() == [TurnDone("e4")]


def test_an_end_that_is_told_before_the_answer_is_expected_again() -> None:
    subject = wire()
    play(subject, says("Hello.", 1), audio(1), COMPLETE)
    play(subject, transcript("An index."), says("Why?", 2), audio(2, bytes(16_000)), at=20.0)

    assert subject.quiet() == []


def test_text_without_audio_is_no_finished_utterance() -> None:
    subject = wire()
    play(subject, says("Hello.", 1))

    assert subject.quiet() == []


def test_straggler_after_completion_belongs_to_its_utterance() -> None:
    subject = wire()
    complete = {"type": "agent_response_complete", "agent_response_complete_event": {"event_id": 1}}
    play(subject, says("Hello.", 1), audio(1), complete)

    assert play(subject, audio(1)) == [AudioOut(b"\1\0", "e1", 0)]


def test_second_response_ends_the_first_utterance() -> None:
    events = play(wire(), says("One.", 1), audio(1), says("Two.", 2))

    assert TurnDone("e1") in events


def test_final_audio_flag_ends_the_utterance() -> None:
    assert play(wire(), audio(1, is_final=True))[-1] == TurnDone("e1")


def test_typed_text_that_comes_back_is_no_speech() -> None:
    subject = wire()
    subject.sent_text("I built a queue. ")

    assert (
        play(subject, transcript("I built a queue.", "tentative_user_transcript"), transcript("I built a queue.")) == []
    )


def test_interruption_by_typed_text_is_no_speech() -> None:
    subject = wire()
    play(subject, audio(1))
    subject.sent_text("Typed.")

    assert play(subject, interruption(1)) == [Flush(1)]


def test_interruption_without_a_word_is_no_turn() -> None:
    subject = wire()
    play(subject, audio(1), interruption(1))

    assert list(subject.speech.falls_silent(10.0 + SILENCE_S)) == [
        Unanswered(),
        UserText("u1", "", append=True, final=True),
    ]


def test_words_that_are_never_final_await_an_answer() -> None:
    subject = wire()
    play(subject, transcript("I built", "tentative_user_transcript"))

    assert SpeechStopped() in subject.speech.falls_silent(10.0 + SILENCE_S)


def test_voice_that_the_vendor_hears_is_speech() -> None:
    subject = wire()
    play(subject, interruption(1))
    play(subject, vad(0.9), at=13.0)

    assert subject.speech.silent_at == 13.0 + SILENCE_S


def test_answer_ends_speech_that_brought_no_words() -> None:
    subject = wire()
    play(subject, interruption(1))

    assert play(subject, says("Go on.", 2), audio(2), audio(2))[1:] == [
        SpeechStopped(),
        AudioOut(b"\1\0", "e1", 1),
        AudioOut(b"\1\0", "e1", 1),
    ]


@pytest.mark.parametrize(("patient", "replies"), [(True, [Outgoing({"type": "user_activity"})]), (False, [])])
def test_patient_pace_keeps_the_agent_silent_when_the_voice_stops(patient: bool, replies: list[Outgoing]) -> None:
    assert play(wire(patient=patient), vad(0.1), vad(0.9), vad(0.5), vad(0.1), vad(0.1)) == replies


@pytest.mark.parametrize(
    "frame",
    [
        None,
        [],
        "text",
        {},
        {"type": "audio"},
        {"type": "audio", "audio_event": {"event_id": 1}},
        {"type": "audio", "audio_event": {"event_id": "x", "audio_base_64": ""}},
        {"type": "audio", "audio_event": {"event_id": 1, "audio_base_64": "%%%"}},
        {"type": "ping"},
        {"type": "weather_report", "sky": "clear"},
        {"type": "guardrail_triggered"},
        {"type": "agent_reasoning_response_part", "reasoning_response_part": {"event_id": "7"}},
    ],
)
def test_unknown_or_malformed_frame_does_no_harm(frame: object) -> None:
    subject = wire()

    assert play(subject, frame) == []
    assert play(subject, audio(1)) == [AudioOut(b"\1\0", "e1", 0)]


def test_sample_split_over_two_frames_is_joined() -> None:
    events = play(wire(), audio(1, b"\1\0\2"), audio(1, b"\0\3\0"))

    assert b"".join(event.pcm for event in events) == b"\1\0\2\0\3\0"


def test_telephone_audio_is_decoded() -> None:
    events = play(AgentWire(Format.parse("ulaw_8000")), audio(1, b"\x80\x00\xff"))

    assert events[0].pcm == (32124).to_bytes(2, "little") + (-32124).to_bytes(2, "little", signed=True) + b"\0\0"


def test_g711_survives_a_round_trip() -> None:
    every_byte = bytes(range(256))

    assert g711.decode(g711.encode(g711.decode(every_byte))) == g711.decode(every_byte)


@pytest.mark.parametrize("name", ["mp3_44100", "pcm", None, ""])
def test_unknown_audio_format_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match="audio format"):
        Format.parse(name)


FLAT = {"type": "error", "message": "received 1002 (protocol error) This request exceeds your quota limit."}


def nested(kind: str, message: str = "") -> dict[str, Any]:
    return {"type": "error", "error_event": {"code": 1, "message": message, "error_type": kind, "reason": None}}


@pytest.mark.parametrize(
    ("frame", "code", "reason", "cause", "words"),
    [
        (FLAT, 1002, "", CloseCause.QUOTA, "no credit left"),
        (None, 1002, "This request exceeds your quota limit.", CloseCause.QUOTA, "microphone"),
        (
            nested("override_error", "Override for field 'prompt' is not"),
            1008,
            "",
            CloseCause.CONFIG,
            "changing “prompt”",
        ),
        (None, 1008, "override_error", CloseCause.CONFIG, "security settings"),
        (nested("missing_dynamic_variable"), 1008, "", CloseCause.CONFIG, "elevenlabs.agent --apply"),
        (nested("safety_violation"), 1002, "", CloseCause.SAFETY, "safety reasons"),
        (nested("max_duration_exceeded"), 1000, "", CloseCause.LIMIT, "time limit"),
        (nested("transport_receive_timeout"), 1002, "", CloseCause.LIMIT, "minute of silence"),
        (nested("llm_timeout"), 1002, "", CloseCause.PROVIDER, "has a problem"),
        (nested("tts_cascade_error"), 1002, "", CloseCause.PROVIDER, "has a problem"),
        (None, 1008, "", CloseCause.CONFIG, "configuration"),
        (None, 1011, "", CloseCause.PROVIDER, "has a problem"),
        (None, 4300, "", CloseCause.PROVIDER, "lines"),
        (None, 1000, "", CloseCause.AGENT, "Ema ended"),
        (None, 1006, "", CloseCause.NETWORK, "was lost"),
        (None, None, "", CloseCause.NETWORK, "was lost"),
    ],
)
def test_close_is_told_by_its_cause(
    frame: dict[str, Any] | None, code: int | None, reason: str, cause: CloseCause, words: str
) -> None:
    subject = wire()
    play(subject, *([frame] if frame else []))

    ending = subject.ended(code, reason)

    assert (ending.cause, words in ending.sentence) == (cause, True)


def test_agent_that_hangs_up_ends_the_call() -> None:
    assert closed(1000, "", {"error_type": ""}, ended_by_agent=True).cause is CloseCause.AGENT
