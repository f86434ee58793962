"""Gemini Live, message by message, as the SDK parses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.genai import _live_converters, types

from services.core.talk.events import (
    AgentText,
    AudioOut,
    EndingSoon,
    Flush,
    ResumeToken,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    TurnDone,
    Unanswered,
    Usage,
    UserText,
)
from services.vendors.gemini.wire import CUT_S, LATE_S, OUR_CUT_S, LiveWire, Reject, buckets, seconds
from services.vendors.speech import SILENCE_S

FRAMES = [json.loads(line) for line in (Path(__file__).parent / "call.jsonl").read_text().splitlines()]
PCM = b"\1\0\2\0"
AUDIO = {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AQACAA=="}}]}}
DONE = {"generationComplete": True}
OVER = {"turnComplete": True, "turnCompleteReason": "NEED_MORE_INPUT"}
CUT = {"interrupted": True}


def parsed(frame: dict[str, Any]) -> types.LiveServerMessage:
    return types.LiveServerMessage._from_response(
        response=_live_converters._LiveServerMessage_from_mldev(frame), kwargs={}
    )


def said(text: str) -> dict[str, Any]:
    return {"outputTranscription": {"text": text}}


def heard(text: str) -> dict[str, Any]:
    return {"inputTranscription": {"text": text}}


def play(subject: LiveWire, *contents: dict[str, Any], at: float = 10.0) -> list[Any]:
    frames = [parsed({"serverContent": content}) for content in contents]
    return [event for frame in frames for event in subject.receive(frame, at)]


def test_recorded_call_decodes_into_its_events() -> None:
    subject = LiveWire()

    assert [event for frame in FRAMES for event in subject.receive(parsed(frame), 10.0)] == [
        AgentText("g1", " Hi,", append=True, final=False),
        AudioOut(b"\1\0\2\0", "g1", 0),
        AudioOut(b"\3\0\4\0", "g1", 0),
        AgentText("g1", " I'm an AI.", append=True, final=False),
        TurnDone("g1"),
        AgentText("g1", "", append=True, final=True),
        Usage({"input_audio": 600, "input_text": 300, "output_audio": 210, "output_thoughts": 12}),
        ResumeToken("h2"),
        SpeechStarted(),
        UserText("u1", " hello", append=True, final=False),
        SpeechStopped(),
        ToolCall("fc1", "note_answered", {"question_id": "q1"}),
        Reject("fc2", "lookup"),
        EndingSoon(50.0),
    ]


def test_caption_before_the_first_audio_waits_for_it() -> None:
    assert play(LiveWire(), said(" Hi,"), AUDIO) == [
        AgentText("g1", " Hi,", append=True, final=False),
        AudioOut(PCM, "g1", 0),
    ]


def test_users_words_end_when_the_model_begins() -> None:
    events = play(LiveWire(), heard(" I built"), heard(" a queue."), AUDIO)

    assert events == [
        SpeechStarted(),
        UserText("u1", " I built", append=True, final=False),
        UserText("u1", " a queue.", append=True, final=False),
        SpeechStopped(),
        UserText("u1", "", append=True, final=True),
        AudioOut(PCM, "g1", 0),
    ]


def test_late_piece_of_an_answer_joins_its_turn() -> None:
    subject = LiveWire()
    play(subject, heard(" I built"), AUDIO)

    assert play(subject, heard(" a queue."), at=10.0 + LATE_S / 2) == [
        UserText("u1", " a queue.", append=True, final=True)
    ]


def test_words_long_after_the_model_began_are_a_new_turn() -> None:
    subject = LiveWire()
    play(subject, heard(" I built"), AUDIO)

    assert play(subject, heard(" Wait."), CUT, at=11.0 + LATE_S) == [
        UserText("u2", " Wait.", append=True, final=False),
        SpeechStarted(),
        Flush(1),
    ]


@pytest.mark.parametrize(
    "frame",
    [
        {"voiceActivity": {"type": "ACTIVITY_START", "audioOffset": "3.2s"}},
        {"serverContent": {"interimInputTranscription": {"text": "mm"}}},
    ],
)
def test_noise_under_her_voice_does_not_stop_her(frame: dict[str, Any]) -> None:
    subject = LiveWire()
    play(subject, AUDIO)

    assert subject.receive(parsed(frame), 12.0) == []


def test_late_caption_joins_the_utterance_that_ended() -> None:
    subject = LiveWire()
    play(subject, AUDIO, DONE, OVER)

    assert play(subject, said(" bye."), at=10.0 + LATE_S / 2) == [AgentText("g1", " bye.", append=True, final=True)]


def test_caption_after_a_typed_answer_belongs_to_the_next_utterance() -> None:
    subject = LiveWire()
    play(subject, AUDIO, DONE, OVER)
    subject.sent_text()

    assert play(subject, said("Thank"), AUDIO)[0] == AgentText("g2", "Thank", append=True, final=False)


def test_a_typed_answer_before_the_end_of_a_generated_turn_keeps_the_captions_apart() -> None:
    subject = LiveWire()
    play(subject, AUDIO, DONE)
    subject.sent_text()

    assert play(subject, said("Thank"), OVER, AUDIO) == [
        AgentText("g1", "", append=True, final=True),
        AgentText("g2", "Thank", append=True, final=False),
        AudioOut(PCM, "g2", 0),
    ]


def test_the_caption_of_a_generated_utterance_that_is_still_played_joins_it() -> None:
    subject = LiveWire()
    play(subject, AUDIO, DONE)

    assert play(subject, said(" bye.")) == [AgentText("g1", " bye.", append=True, final=False)]


def test_interruption_flushes_and_voids_late_audio() -> None:
    subject = LiveWire()
    play(subject, AUDIO)

    assert play(subject, CUT, AUDIO, said(" late"), OVER, AUDIO) == [
        SpeechStarted(),
        Flush(1),
        SpeechStopped(),
        UserText("u1", "", append=True, final=True),
        AudioOut(PCM, "g2", 1),
    ]


def test_lost_end_of_turn_does_not_silence_the_next_answer() -> None:
    subject = LiveWire()
    play(subject, AUDIO, CUT)

    assert AudioOut(PCM, "g2", 1) in play(subject, AUDIO, at=10.0 + CUT_S)


def test_interruption_after_the_turns_end_still_flushes() -> None:
    subject = LiveWire()
    play(subject, AUDIO, DONE, OVER)

    assert play(subject, CUT, OVER) == [SpeechStarted(), Flush(1)]


def test_interruption_by_typed_text_is_no_speech() -> None:
    subject = LiveWire()
    play(subject, AUDIO)
    subject.sent_text()

    assert play(subject, CUT) == [Flush(1)]


def test_our_interrupt_voids_what_the_vendor_goes_on_sending() -> None:
    subject = LiveWire()
    play(subject, AUDIO)

    subject.interrupt("g1", 10.0)

    assert play(subject, AUDIO, at=10.0 + OUR_CUT_S / 2) == []
    assert play(subject, DONE, AUDIO, at=11.0) == [AudioOut(PCM, "g2", 1)]


def test_interrupt_of_a_flushed_utterance_voids_nothing_new() -> None:
    subject = LiveWire()
    play(subject, AUDIO, CUT, OVER)

    subject.interrupt("g1", 10.0)

    assert play(subject, AUDIO)[-1] == AudioOut(PCM, "g2", 2)


def test_model_that_chooses_not_to_answer_gives_the_floor_back() -> None:
    assert play(LiveWire(), heard(" Hm."), OVER)[-2:] == [Unanswered(), UserText("u1", "", append=True, final=True)]


def test_speech_whose_end_was_told_can_go_unanswered() -> None:
    subject = LiveWire()
    play(subject, heard(" Hm."))
    subject.receive(parsed({"voiceActivity": {"type": "ACTIVITY_END", "audioOffset": "3.2s"}}), 11.0)

    assert Unanswered() in play(subject, OVER)


def test_text_of_ours_is_still_to_be_answered() -> None:
    subject = LiveWire()
    play(subject, heard(" Hm."))
    subject.sent_text()

    assert Unanswered() not in play(subject, OVER)
    assert SpeechStopped() in subject.speech.falls_silent(10.0 + SILENCE_S)


def test_cough_that_cut_her_gives_the_floor_back() -> None:
    subject = LiveWire()
    play(subject, AUDIO, CUT, OVER)

    assert list(subject.speech.falls_silent(10.0 + SILENCE_S)) == [
        Unanswered(),
        UserText("u1", "", append=True, final=True),
    ]


def test_answer_that_never_comes_is_awaited_from_the_silence_on() -> None:
    subject = LiveWire()
    play(subject, heard(" I built"), heard(" a queue."))

    assert list(subject.speech.falls_silent(10.0 + SILENCE_S)) == [
        SpeechStopped(),
        UserText("u1", "", append=True, final=True),
    ]
    assert play(subject, heard(" And more."))[0] == SpeechStarted()


def test_second_generation_of_a_turn_is_a_new_utterance() -> None:
    events = play(LiveWire(), AUDIO, DONE, AUDIO)

    assert [event.item for event in events if isinstance(event, AudioOut)] == ["g1", "g2"]


def test_turn_complete_alone_ends_the_utterance() -> None:
    assert TurnDone("g1") in play(LiveWire(), AUDIO, OVER)


def test_interim_caption_means_speech_alone() -> None:
    assert play(LiveWire(), {"interimInputTranscription": {"text": "hel"}}) == [SpeechStarted()]


def test_safety_stop_is_logged_without_words(capsys: pytest.CaptureFixture[str]) -> None:
    play(LiveWire(), AUDIO, {"turnComplete": True, "turnCompleteReason": "GENERATED_AUDIO_SAFETY"})

    assert "GENERATED_AUDIO_SAFETY" in capsys.readouterr().out


def test_cancelled_call_is_not_answered() -> None:
    subject = LiveWire()
    call = {"toolCall": {"functionCalls": [{"id": "fc1", "name": "end_interview"}]}}
    for frame in (call, {"toolCallCancellation": {"ids": ["fc1"]}}):
        subject.receive(parsed(frame), 10.0)

    assert subject.answered("fc1") is None


@pytest.mark.parametrize(("resumable", "handle"), [(False, "h1"), (True, "")])
def test_handle_that_cannot_be_resumed_is_not_kept(resumable: bool, handle: str) -> None:
    update = parsed({"sessionResumptionUpdate": {"newHandle": handle, "resumable": resumable}})

    assert LiveWire().receive(update, 10.0) == []


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"promptTokenCount": 10, "responseTokenCount": 5}, {"input_text": 10, "output_audio": 5}),
        (
            {
                "promptTokenCount": 100,
                "promptTokensDetails": [
                    {"modality": "AUDIO", "tokenCount": 60},
                    {"modality": "TEXT", "tokenCount": 40},
                ],
                "cachedContentTokenCount": 30,
                "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 30}],
                "toolUsePromptTokenCount": 4,
            },
            {"input_audio": 60, "input_text": 14, "input_cached_text": 30},
        ),
        (
            {"promptTokenCount": 100, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 60}]},
            {"input_audio": 60, "input_text": 40},
        ),
        ({}, {}),
    ],
)
def test_usage_is_split_into_exclusive_buckets(usage: dict[str, Any], counts: dict[str, int]) -> None:
    assert buckets(types.UsageMetadata.model_validate(usage)) == counts


@pytest.mark.parametrize(("text", "value"), [("50s", 50.0), ("1.5s", 1.5), (None, 0.0), ("soon", 0.0)])
def test_time_left_is_read_in_seconds(text: str | None, value: float) -> None:
    assert seconds(text) == value
