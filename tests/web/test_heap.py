"""What calls leave behind goes back to the system, while no voice is carried."""

from __future__ import annotations

import asyncio
import ctypes
import platform
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from services.settings import ROOT
from services.web import background, heap

LEFT = """
import gc, os
from pathlib import Path
from services.web import heap

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

class Call:
    def __init__(self):
        self.itself, self.audio = self, [b"a" * 60_000 for _ in range(1000)]

gc.disable()  # as rare as among all that a server holds
call = Call()
kept = b"a" * 60_000  # lies above all of it
del call
left = resident()
heap.give_back()
print((left - resident()) // 1_000_000)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library of this machine is not glibc")
def test_what_a_call_left_behind_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", LEFT], cwd=ROOT, stdout=subprocess.PIPE, check=True)

    assert int(done.stdout) > 50


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(_: object) -> object:
        raise AssertionError("called into it")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", call)

    heap.give_back()


async def test_nothing_is_given_back_while_a_voice_is_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, given = list[str](), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Carrying:
        """Busy for three looks."""

        @property
        def busy(self) -> bool:
            looks.append("look")
            return len(looks) <= 3

    def give_back() -> None:
        looks.append("given back")
        loop.call_soon_threadsafe(given.set)

    monkeypatch.setattr(heap, "EVERY_S", 0)
    monkeypatch.setattr(heap, "give_back", give_back)
    parts: Any = SimpleNamespace(calls=Carrying(), samples=SimpleNamespace(busy=False))

    resting = asyncio.create_task(background.give_back_at_rest(parts, lambda: looks.append("pages forgotten")))
    await given.wait()
    resting.cancel()

    assert looks[:6] == ["look"] * 4 + ["pages forgotten", "given back"]
