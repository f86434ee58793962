"""The app as it is, on a server of its own process, with visitors inside who hold interviews without a browser.

For the long run (`benchmarks/long_run.py`), which kills it, or counts what it holds. Settings come from the environment
as for every server; each visitor is named by the value of their cookie.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

from streamlit.web import bootstrap
from streamlit.web.server.starlette.starlette_server import UvicornRunner

from services.calls import registry
from services.core.errors import InvalidTransition, PhoneScreenError
from services.core.interview import OPEN, Interview
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.core.talk.events import EndRequested, Typed
from services.identity.cookies import COOKIE
from services.samples import sample
from services.web import background
from services.wiring import Syntaxia, wire
from tests.candidate import Candidate
from tests.fakes import ScriptedProvider, TextSent, says, until

WARMED = 30
"""Interviews after which everything is loaded."""
KEPT_S = 10.0
"""Instead of the minutes for which ended calls and closed tabs are kept."""
RESTED_S = 3 * KEPT_S
GONE_S = 90.0
"""Of a visitor's patience with one interview, whatever became of it."""
TURN = (until(TextSent), says("Go on, please.", ms=200))
SCRIPT: list[Any] = [says("Hello, I am Ema, an AI interviewer. What did you build?", ms=300), *TURN * 30]
ANSWER = "I measured the query first, then added an index on two columns, and it went from nine seconds to forty ms."
ACTS = ("end", "abandon", "delete", "leave", "rejoin", "stay", "stay")
MEASURED = "MEASURED"
VIOLATION = "VIOLATION"


class House:
    """This server's parts, and who visits them."""

    def __init__(self, parts: Syntaxia) -> None:
        self.parts, self.interviews, self.calls = parts, parts.interviews, parts.calls
        self.done = 0
        self.open = asyncio.Event()
        """Cleared, the next interview waits."""
        self.open.set()

    def account(self, cookie: str) -> str:
        visitor = self.parts.identity.visitor({COOKIE: cookie})
        assert visitor is not None
        return visitor.id

    def prepared(self, user: str) -> Interview:
        if known := self.interviews.find_open(user):
            with suppress(InvalidTransition):  # it ended by itself in between
                self.interviews.lifecycle.abandon(user, known.id)
        return self.interviews.preparation.prepare(
            user, job_description=samples()[0].text, provider="offline", pace=Pace.NORMAL, consent=True
        )

    async def hold(self, user: str, act: str, dice: random.Random, within_s: float) -> None:
        """One interview, from plan to report or to whatever becomes of it; the act is due within so many seconds."""
        interview = await asyncio.to_thread(self.prepared, user)
        candidate = Candidate(await self.calls.admit(interview))
        call = self.calls.find(interview.id)
        assert call is not None
        grace_s = self.parts.settings.rejoin_grace_s
        due, end = time.monotonic() + dice.uniform(0, within_s), time.monotonic() + GONE_S
        try:
            while not call.over and time.monotonic() < end:
                call.tell(Typed(ANSWER))
                await asyncio.sleep(0.7)
                if time.monotonic() >= due:
                    due = end
                    if act == "end":
                        call.tell(EndRequested())
                    elif act in ("leave", "rejoin"):
                        await candidate.leave()
                        await asyncio.sleep(dice.uniform(0, 2 * grace_s))
                        if act == "rejoin" and not call.over:
                            candidate = Candidate(await self.calls.admit(interview))
                    elif act in ("abandon", "delete"):
                        await asyncio.to_thread(self.interviews.lifecycle.abandon, user, interview.id)
                        if act == "delete":
                            await asyncio.to_thread(self.interviews.lifecycle.delete, user, interview.id)
                        call.stop()
        except PhoneScreenError:
            pass  # the moment was not one for it
        finally:
            await candidate.leave()
        while dice.random() < 0.98 and await asyncio.to_thread(self._has_open, user):
            await asyncio.sleep(0.1)  # most wait for their report

    def _has_open(self, user: str) -> bool:
        return self.interviews.find_open(user) is not None

    async def unlucky(self, cookie: str, dice: random.Random) -> None:
        """Interviews for ever, each with what people do at a bad moment."""
        user = await asyncio.to_thread(self.account, cookie)
        while True:
            try:
                await self.hold(user, dice.choice(ACTS), dice, self.parts.settings.interview_limit_s)
            except PhoneScreenError:
                await asyncio.sleep(0.5)

    async def watch_words(self) -> None:
        """Says so when words are here at two looks, a second apart, of what is over or gone."""
        suspects = set[str]()
        while True:
            await asyncio.sleep(1)
            with suppress(PhoneScreenError):
                found = await asyncio.to_thread(self._words_too_long)
                for one in found & suspects:
                    print(f"{VIOLATION} words of {one} are still in memory", flush=True)
                suspects = found

    def _words_too_long(self) -> set[str]:
        held = self.parts.transcripts.held_ids()
        with self.parts.store.read() as db:
            return {one for one in held if (row := db.find_interview(one)) is None or row.status not in OPEN}

    # --- what grows --------------------------------------------------------------------------------------------------

    async def typist(self, cookie: str, dice: random.Random, most: int, act: str) -> None:
        user = await asyncio.to_thread(self.account, cookie)
        while self.done < most:
            await self.hold(user, act, dice, 5)
            await self._another()

    async def _another(self) -> None:
        self.done += 1
        await self.open.wait()

    async def onlooker(self, cookie: str, dice: random.Random, most: int) -> None:
        """Watches samples, each for a few seconds."""
        user, theirs = await asyncio.to_thread(self.account, cookie), self.parts.samples
        while self.done < most:
            made = await asyncio.to_thread(theirs.start, user, "offline")
            await asyncio.to_thread(theirs.listen, made.id)
            await asyncio.sleep(dice.uniform(2, 6))
            await asyncio.to_thread(theirs.stop, user, made.id)
            while theirs.busy:
                await asyncio.sleep(0.1)
            await self._another()

    async def count(self, most: int, each: int) -> None:
        """Prints what this process holds at rest, after a few interviews and every so many, and ends it after the
        last."""
        due = min(WARMED, most)
        while True:
            await asyncio.sleep(0.2)
            if self.done >= due:
                self.open.clear()
                busy, before = self.done, held()
                await asyncio.sleep(RESTED_S)
                gc.collect()
                print(f"{MEASURED} {busy:5} {held()}   {before[:15]}", flush=True)
                due = each * (self.done // each + 1)
                self.open.set()
            if self.done >= most:
                os._exit(0)


def held() -> str:
    """Resident memory, open handles, threads and tasks of this process."""
    mb = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    handles = len(os.listdir("/proc/self/fd"))
    return f"{mb:7.0f} {handles:7} {threading.active_count():7} {len(asyncio.all_tasks()):6}"


def serve(inside: Callable[[House], Sequence[Awaitable[None]]], port: int, *, scripted: bool) -> None:
    """Runs app.py as `streamlit run` does, and these beside it on its loop, until it is killed."""
    import app

    parts, carry = wire(), background.lifespan
    if not scripted:
        cast(Any, registry).KEPT_S = cast(Any, sample).KEPT_S = KEPT_S
    if scripted:
        voices = cast(dict[str, Any], parts.providers)
        voices["offline"] = ScriptedProvider(*[SCRIPT] * 10_000, key="offline")

    @asynccontextmanager
    async def lifespan(*given: Any) -> AsyncIterator[dict[str, Any]]:
        async with carry(*given) as state:
            tasks = [asyncio.ensure_future(one) for one in inside(House(parts))]
            yield state
            for task in tasks:
                task.cancel()

    cast(Any, background).lifespan = lifespan
    flags = {"server_port": port, "server_address": "127.0.0.1", "server_headless": True}
    bootstrap.load_config_options(flags if scripted else {**flags, "server_disconnectedSessionTTL": round(KEPT_S)})
    UvicornRunner(cast(Any, app).app).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--interviews", type=int, help="count what grows over so many; unset: bad luck for ever")
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--rejoins", action="store_true")
    parser.add_argument("--samples", action="store_true")
    parser.add_argument("cookies", nargs="+")
    asked = parser.parse_args()
    dice = random.Random(asked.seed)

    def unlucky(house: House) -> list[Awaitable[None]]:
        return [house.watch_words(), *(house.unlucky(cookie, dice) for cookie in asked.cookies)]

    def counted(house: House) -> list[Awaitable[None]]:
        watching = asked.cookies if asked.samples else asked.cookies[:1]
        act = "rejoin" if asked.rejoins else "end"
        holding = [house.typist(cookie, dice, asked.interviews, act) for cookie in asked.cookies[len(watching) :]]
        looking = [house.onlooker(cookie, dice, asked.interviews) for cookie in watching]
        return [house.count(asked.interviews, asked.each), *looking, *holding]

    serve(counted if asked.interviews else unlucky, asked.port, scripted=not asked.interviews)


if __name__ == "__main__":
    main()
