"""Another voice for Ema: a Piper model that the operator brings, in place of espeak-ng.

`EMA_VOICE` names the model, `NAME.onnx` with `NAME.onnx.json` beside it; `piper-tts` runs it and is installed by
`make piper`. A second of speech costs about 0.3 s of one core, sixty times what espeak-ng takes, so what Ema may say
next is made ahead, and so is each sentence while the one before it is heard.
"""

from __future__ import annotations

import asyncio
import functools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from services.model_files import ModelRefused
from services.vendors.offline import synthesis

MOST_KEPT = 160
"""Sentences that are kept, 130 kB for each 3 s."""


class Piper:
    """Obeys `services.vendors.offline.speaker.Mouth`. Loads at `load` or at its first sentence; thread-safe."""

    def __init__(self, model: Path) -> None:
        self.name = f"Piper {model.stem}"
        self._model = model
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Future[bytes]] = OrderedDict()
        # Onnx runs outside of the interpreter's lock. Who waits for a sentence never waits for another one's.
        self._now = ThreadPoolExecutor(1, thread_name_prefix="piper")
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="piper-ahead")

    def load(self) -> None:
        """Blocks for seconds. Raises ModelRefused."""
        if find_spec("piper") is None:
            raise ModelRefused("piper-tts is not installed")
        try:
            self._speak  # noqa: B018 (loads it)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with a model, there is another voice)
            raise ModelRefused(f"EMA_VOICE cannot be loaded ({type(error).__name__})") from None

    async def synthesise(self, text: str) -> bytes:
        return await asyncio.wrap_future(self._future(text, self._now, cancel=True))

    def ahead(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._future(text, self._ahead)

    def _future(self, text: str, pool: ThreadPoolExecutor, *, cancel: bool = False) -> Future[bytes]:
        """The one that makes this sentence, or made it; `cancel`: one that only waits for its turn is made anew. So is
        one that failed."""
        with self._lock:
            made = self._made.pop(text, None)
            if made is None or (cancel and made.cancel()) or _in_vain(made):
                made = pool.submit(self._render, text)
            self._made[text] = made
            if len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)
        return made

    def _render(self, text: str) -> bytes:
        rate_hz, pcm = self._speak(synthesis.spoken(text))
        return synthesis.finish(synthesis.resampled(pcm, synthesis.RATE_HZ, rate_hz))

    @functools.cached_property
    def _speak(self) -> Callable[[str], tuple[int, bytes]]:
        from onnxruntime import InferenceSession, SessionOptions
        from piper import PiperVoice
        from piper.config import PiperConfig

        options = SessionOptions()
        options.intra_op_num_threads = 1  # the other cores are the calls'
        session = InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])
        config = PiperConfig.from_dict(json.loads(self._model.with_suffix(".onnx.json").read_text()))
        voice = PiperVoice(session=session, config=config)
        return lambda text: (
            voice.config.sample_rate,
            b"".join(chunk.audio_int16_bytes for chunk in voice.synthesize(text)),
        )


def _in_vain(made: Future[bytes]) -> bool:
    return made.cancelled() or (made.done() and made.exception() is not None)
