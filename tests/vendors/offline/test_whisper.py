"""Whisper as the recogniser: what it is loaded from, where it cuts, and which of its words are believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.core.talk.asking import Asked, find_question
from services.model_files import ModelRefused
from services.settings import Settings
from services.vendors.offline import whisper
from services.vendors.offline.recognition import POCKETSPHINX, Recognised
from services.vendors.offline.voice import OfflineVoice
from services.vendors.offline.whisper import HeardSegment, Whisper, believed, confidence, once, verified
from tests.speech import frames, silence, spoken

SPOKEN = "We had a slow query, and I read the plan before I added an index."
SURE = -0.3


def heard(text: str, voiced_s: float = 2.0, log_probability: float = SURE, no_speech: float = 0.1) -> HeardSegment:
    return HeardSegment(text, voiced_s, log_probability, no_speech)


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        (heard("I read the plan first."), ""),
        (heard("Yes.", 0.3), ""),
        (heard("We use PostgreSQL and Kafka."), "PostgreSQL, Kafka, Terraform"),
        (heard("thanks for watching the queue so closely", 2.5), ""),
    ],
    ids=["a sentence", "a short yes", "with terms of the prompt", "a sentence like a farewell"],
)
def test_words_with_a_voice_behind_them_are_believed(said: HeardSegment, prompt: str) -> None:
    assert believed(said, prompt)


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        (heard(""), ""),
        (heard("...", 1.0), ""),
        (heard("Thank you very much for watching this video today.", 0.5), ""),
        (heard("Thank you.", 0.3, -0.8), ""),
        (heard("I read the plan.", 2.0, -1.2, 0.8), ""),
        (heard("PostgreSQL, Kafka, Terraform, Redis.", 2.0), "Python, PostgreSQL, Kafka, Terraform, Redis"),
    ],
    ids=["nothing", "dots", "faster than anybody speaks", "a doubtful breath", "over no speech", "the prompt itself"],
)
def test_words_the_model_made_up_are_not_believed(said: HeardSegment, prompt: str) -> None:
    assert not believed(said, prompt)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("the queue the queue the queue the queue was full", "the queue was full"),
        ("No. No. No. No.", "No."),
        ("that is very very good", "that is very very good"),
        ("- - - -", "- - - -"),
        ("", ""),
    ],
)
def test_phrase_repeated_over_and_over_is_left_once(text: str, kept: str) -> None:
    assert once(text) == kept


def test_confidence_is_the_mean_over_what_was_said() -> None:
    assert confidence([heard("a", 3.0, 0.0), heard("b", 1.0, -0.6931)]) == 0.875
    assert confidence([]) is None


def test_packaged_model_is_the_known_one() -> None:
    assert verified(None).name == "model"


def test_model_that_differs_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(whisper.SHA256, "model.bin", "0" * 64)

    with pytest.raises(ModelRefused, match=r"model\.bin is not the one that is known"):
        verified(None)


def test_model_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.model_files.find_spec", lambda name: None)

    with pytest.raises(ModelRefused, match="no model is installed"):
        verified(None)


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"no model\.bin"):
        verified(tmp_path)


def test_operators_model_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()

    assert verified(tmp_path) == tmp_path


def test_page_names_the_engine_that_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = OfflineVoice(Settings())
    monkeypatch.setitem(whisper.SHA256, "model.bin", "0" * 64)

    voice.warm()

    assert voice.info.model.endswith("PocketSphinx")
    assert voice.info.capabilities.rough_captions


def test_small_installation_hears_with_pocketsphinx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.vendors.offline.voice.find_spec", lambda name: None)

    assert OfflineVoice(Settings())._engines == (POCKETSPHINX,)


@pytest.fixture(scope="module")
def engine() -> Whisper:
    return Whisper()


def test_pause_commits_what_was_said_before_the_end(engine: Whisper) -> None:
    engine.start("PostgreSQL")
    for piece in frames(spoken(SPOKEN, after_s=1.0)):
        engine.feed(piece)

    committed, end = engine.partial(), engine.final()

    assert {"slow", "query", "plan", "index"} <= set(committed.casefold().replace(",", "").replace(".", "").split())
    assert end.text == committed
    assert 0.3 < (end.confidence or 0) <= 1


def test_nothing_is_made_of_silence(engine: Whisper) -> None:
    engine.start("PostgreSQL, Kafka")
    engine.feed(silence(3))

    assert engine.final() == Recognised()


def test_a_question_aloud_is_told_from_an_answer(engine: Whisper) -> None:
    engine.start("Python, PostgreSQL")
    for piece in frames(spoken("How big is the team?", after_s=0.5)):
        engine.feed(piece)

    assert find_question(engine.final().text, "How do you find a slow query in PostgreSQL?") is Asked.ELSE
