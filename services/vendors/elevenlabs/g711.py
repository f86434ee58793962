"""G.711 µ-law, the telephone's 8 kHz bytes, to PCM16 and back (ITU-T G.711)."""

from __future__ import annotations

import sys
from array import array
from functools import cache

_BIAS = 0x84
_CLIP = 32635


def decode(ulaw: bytes) -> bytes:
    table = _expanded()
    return _bytes(array("h", (table[byte] for byte in ulaw)))


def encode(pcm: bytes) -> bytes:
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return bytes(map(_compressed, samples))


def _bytes(samples: array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


@cache
def _expanded() -> tuple[int, ...]:
    def expand(byte: int) -> int:
        byte = ~byte & 0xFF
        magnitude = (((byte & 0x0F) << 3) + _BIAS << ((byte & 0x70) >> 4)) - _BIAS
        return -magnitude if byte & 0x80 else magnitude

    return tuple(map(expand, range(256)))


def _compressed(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = magnitude >> (exponent + 3) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF
