"""One look at the voices for everybody who asks at about the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from services.vendors.base import Check
from services.vendors.looks import FRESH_S, Looks
from tests.clock import Clock
from tests.fakes import ScriptedProvider


class Asked(ScriptedProvider):
    def __init__(self) -> None:
        super().__init__(key="openai")
        self.times = 0

    async def check(self) -> Check:
        self.times += 1
        return Check(ok=True, seconds=0.1, sentence=f"Look {self.times}.")


def test_ten_thousand_preflights_ask_a_vendor_once() -> None:
    voice = Asked()
    looks = Looks({"openai": voice}, Clock().monotonic)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: looks.at()["openai"].sentence, range(10_000)))

    assert (answers, voice.times) == ({"Look 1."}, 1)


def test_a_look_is_taken_anew_when_it_is_old() -> None:
    voice, clock = Asked(), Clock()
    looks = Looks({"openai": voice}, clock.monotonic)
    looks.at()

    clock.advance(FRESH_S)

    assert looks.at(["openai"])["openai"].sentence == "Look 2."
    assert looks.at(["xai"]) == {}
