"""Recognisers with habits, for the process that runs them: `tests.vendors.offline.engines:Parrot` and its kin."""

from __future__ import annotations

import sys
import threading

from services.vendors.offline.recognition import Recognised

HEARD = "we moved the reports to a night job"


class Parrot:
    """Hears one word more with every partial, always the same ones."""

    def start(self, prompt: str = "") -> None:
        self._fed = 0

    def feed(self, pcm: bytes) -> None:
        self._fed += len(pcm)

    def partial(self) -> str:
        return " ".join(HEARD.split()[: self._fed // 12_800])

    def final(self) -> Recognised:
        return Recognised(HEARD, 0.8)


class Chatty(Parrot):
    """Prints what it likes."""

    def feed(self, pcm: bytes) -> None:
        super().feed(pcm)
        print("chatter", file=sys.stdout)


class Curious(Parrot):
    """Hears one of these after the other, whatever was said."""

    questions = ("How big is the team?", "What is the parental leave?")
    turns = 0

    def partial(self) -> str:
        return ""

    def final(self) -> Recognised:
        self.turns += 1
        return Recognised(self.questions[(self.turns - 1) % 2], 0.8)


class Deaf(Parrot):
    def partial(self) -> str:
        return ""

    def final(self) -> Recognised:
        return Recognised()


class Slow(Parrot):
    """Never comes to an end."""

    def final(self) -> Recognised:
        threading.Event().wait()
        return Recognised()


class Stuck(Parrot):
    """Takes no audio."""

    def feed(self, pcm: bytes) -> None:
        threading.Event().wait()


class Fragile(Parrot):
    """Dies of its first audio."""

    def feed(self, pcm: bytes) -> None:
        raise MemoryError


class Endless(Parrot):
    """Hears more than anybody could have said."""

    def final(self) -> Recognised:
        return Recognised("word " * 1_000_000)


class Prompted(Parrot):
    """Hears its prompt."""

    def start(self, prompt: str = "") -> None:
        super().start(prompt)
        self._prompt = prompt

    def final(self) -> Recognised:
        return Recognised(self._prompt)


def broken() -> Parrot:
    """An engine that cannot be loaded."""
    raise OSError
