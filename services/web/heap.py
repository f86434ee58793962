"""Memory that calls have left goes back to the system, where the process would keep it for later."""

from __future__ import annotations

import ctypes
import gc
import sys

EVERY_S = 20.0
"""While nobody is in a call."""


def give_back() -> None:
    """Holds up everybody for some 50 ms, so not while a voice is carried.

    What calls and pages leave behind refers to itself, and Python looks for such things the more rarely the more there
    is that stays. What is freed then lies between what is not, and glibc keeps it; other C libraries are left alone.
    `python -m benchmarks.long_run --interviews 300` shows both.
    """
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
