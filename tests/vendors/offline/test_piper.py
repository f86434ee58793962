"""A Piper voice for Ema: loaded where it can be, spoken like her own, and made before it is asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from services.settings import Settings
from services.vendors.offline import piper, synthesis
from services.vendors.offline.piper import Piper
from services.vendors.offline.voice import FIRST_WORDS, OfflineVoice
from tests.waiting import PATIENCE_S

RATE_HZ = 16_000


class StandIn:
    """Speaks a second of tone for any text, and keeps the texts; "Long." takes until it is let go."""

    def __init__(self, session: object, config: object) -> None:
        self.config = SimpleNamespace(sample_rate=RATE_HZ)
        self.said: list[str] = []
        self.let_go = threading.Event()
        STARTED.append(self)

    def synthesize(self, text: str) -> Iterator[SimpleNamespace]:
        if text == "Long.":
            self.let_go.wait(PATIENCE_S)
        self.said.append(text)
        tone = np.sin(np.arange(RATE_HZ) * 0.05) * 8000
        yield SimpleNamespace(audio_int16_bytes=tone.astype("<i2").tobytes())


STARTED: list[StandIn] = []


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose engine is the stand-in."""
    STARTED.clear()
    modules: dict[str, dict[str, object]] = {
        "piper": {"PiperVoice": StandIn},
        "piper.config": {"PiperConfig": SimpleNamespace(from_dict=lambda read: read)},
        "onnxruntime": {"InferenceSession": lambda *_, **__: None, "SessionOptions": SimpleNamespace},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(piper, "find_spec", lambda name: name)
    path = tmp_path / "en_US-joe-medium.onnx"
    path.with_suffix(".onnx.json").write_text("{}")
    return path


async def test_sentence_has_emas_rate_level_and_pronunciation(model: Path) -> None:
    mouth = Piper(model)

    pcm = await mouth.synthesise("We run PostgreSQL.")

    pause_s = synthesis.PAUSE_MS / 1000
    assert len(pcm) / 2 / synthesis.RATE_HZ == pytest.approx(1 + pause_s, abs=0.02)
    assert STARTED[0].said == ["We run post-gress."]


async def test_sentence_made_ahead_is_not_made_again(model: Path) -> None:
    mouth = Piper(model)

    mouth.ahead(["Thank you.", "Next question."])
    assert await mouth.synthesise("Next question.") == await mouth.synthesise("Next question.")

    assert STARTED[0].said.count("Next question.") == 1


async def test_sentence_asked_for_waits_for_no_other(model: Path) -> None:
    mouth = Piper(model)
    mouth.load()
    mouth.ahead(["Long.", "Asked for."])

    await mouth.synthesise("Asked for.")

    assert STARTED[0].said == ["Asked for."]
    STARTED[0].let_go.set()


async def test_sentence_that_failed_is_made_anew(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth = Piper(model)
    with monkeypatch.context() as short_of_memory:
        short_of_memory.setattr(StandIn, "synthesize", lambda *_: (_ for _ in ()).throw(RuntimeError))
        with pytest.raises(RuntimeError):
            await mouth.synthesise("Hello.")

    assert await mouth.synthesise("Hello.")


async def test_sentences_long_past_are_forgotten(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "MOST_KEPT", 2)
    mouth = Piper(model)

    for text in ("One.", "Two.", "Three."):
        await mouth.synthesise(text)

    assert list(mouth._made) == ["Two.", "Three."]


async def test_voice_that_was_brought_is_named_and_warm(model: Path) -> None:
    voice = OfflineVoice(Settings(ema_voice=model))

    voice.warm()

    for text in FIRST_WORDS:
        await voice._mouth.synthesise(text)
    assert voice.info.model.startswith("Piper en_US-joe-medium,")
    assert sorted(STARTED[0].said) == sorted(map(synthesis.spoken, FIRST_WORDS))


@pytest.mark.parametrize("lacking", ["package", "model"])
def test_voice_that_cannot_be_had_leaves_emas_own(model: Path, monkeypatch: pytest.MonkeyPatch, lacking: str) -> None:
    if lacking == "package":
        monkeypatch.setattr(piper, "find_spec", lambda name: None)
    else:
        model.with_suffix(".onnx.json").unlink()
    voice = OfflineVoice(Settings(ema_voice=model))

    voice.warm()

    assert voice.info.model.startswith("espeak-ng,")
