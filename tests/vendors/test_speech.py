"""Speech whose end no vendor tells."""

from __future__ import annotations

import pytest

from services.core.talk.events import SpeechStarted
from services.vendors.speech import SILENCE_S, Speech


def going_on() -> Speech:
    """Since second 10."""
    subject = Speech()
    assert list(subject.starts(10.0)) == [SpeechStarted()]
    return subject


def test_speech_goes_on_until_it_was_silent_for_long() -> None:
    subject = going_on()

    assert list(subject.falls_silent(9.9 + SILENCE_S)) == []
    assert list(subject.falls_silent(10.0 + SILENCE_S)) != []
    assert list(subject.falls_silent(99.0)) == []


@pytest.mark.parametrize("sign", ["words", "sign", "starts"])
def test_signs_of_life_keep_it_going(sign: str) -> None:
    subject = going_on()

    match sign:
        case "words":
            subject.words("I built", 13.0, append=True, final=False)
        case "sign":
            subject.sign(13.0)
        case _:
            assert list(subject.starts(13.0)) == []

    assert subject.silent_at == 13.0 + SILENCE_S


def test_voice_alone_begins_nothing() -> None:
    subject = Speech()
    subject.sign(10.0)

    assert subject.silent_at is None


def test_answered_words_do_not_make_the_next_cough_a_turn() -> None:
    subject = going_on()
    subject.words("I built", 11.0, append=True, final=False)
    assert list(subject.stops()) != []
    assert list(subject.starts(20.0)) == [SpeechStarted()]

    assert not subject.owed
