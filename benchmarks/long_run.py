"""Bad luck on purpose: calls with short windows, killed servers, candidates who leave; and what grows over many calls.

    python -m benchmarks.long_run --seconds 120 --database postgresql   # exits with 1 where a rule was broken
    python -m benchmarks.long_run --interviews 100                      # memory, handles and threads

A server of its own process carries three calls at a time, on a scripted voice, and is killed every few seconds. Its
candidates end, abandon, delete, leave and rejoin at random. The rules are read from the database every second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services import logs
from services.analyst.rules import OfflineAnalyst, utc_now
from services.calls.registry import Calls
from services.core.errors import InvalidTransition, PhoneScreenError
from services.core.interview import LEASE_S, Interview, Status
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.core.talk.events import EndRequested, Typed
from services.interviews.interviews import Interviews
from services.interviews.lifecycle import ABANDONED, NEVER_BEGUN
from services.interviews.transcripts import Transcripts
from services.settings import Settings
from services.store.store import Db, Store
from tests.candidate import Candidate
from tests.conftest import Databases
from tests.fakes import ScriptedProvider, TextSent, says, until

LIMIT_S, GRACE_S, AT_ONCE = 9.0, 1.5, 3
SETTLED_S = LIMIT_S + GRACE_S + 2 * LEASE_S + 15
"""Within which an interview that began is over, whatever happened to its server."""
TURN = (until(TextSent), says("Go on, please.", ms=200))
SCRIPT: list[Any] = [says("Hello, I am Ema, an AI interviewer. What did you build?", ms=300), *TURN * 30]
ANSWER = "I measured the query first, then added an index on two columns, and it went from nine seconds to forty ms."
ACTS = ("end", "abandon", "delete", "leave", "rejoin", "stay", "stay")


class House:
    """One server's parts, on this database."""

    def __init__(self, url: str, var: Path) -> None:
        settings = Settings(
            database_url=url,
            var_dir=var,
            signup_credits=100_000,
            free_window_s=2,
            interview_limit_s=LIMIT_S,
            wrap_up_s=2,
            rejoin_grace_s=GRACE_S,
            readback_wait_s=0,
        )
        self.transcripts = Transcripts()
        self.interviews = Interviews(
            Store(url), settings, OfflineAnalyst(), utc_now, self.transcripts, database_now=Db.now
        )
        self.voice = ScriptedProvider(*[SCRIPT] * 100_000, key="offline")
        self.calls = Calls(self.interviews, {"offline": self.voice}, self.transcripts, settings)

    def prepared(self, user: str) -> Interview:
        if known := self.interviews.find_open(user):
            with suppress(InvalidTransition):  # it ended by itself in between
                self.interviews.lifecycle.abandon(user, known.id)
        return self.interviews.preparation.prepare(
            user, job_description=samples()[0].text, provider="offline", pace=Pace.NORMAL, consent=True
        )

    async def sweep(self) -> None:
        suspects: set[str] = set()
        while True:
            await asyncio.sleep(1)
            with suppress(PhoneScreenError):
                await asyncio.to_thread(self.calls.renew_leases)
                await asyncio.to_thread(self.interviews.lifecycle.recover)
                suspects = await asyncio.to_thread(self._words_too_long, suspects)

    def _words_too_long(self, suspects: set[str]) -> set[str]:
        """Interviews that are over or gone, and whose words are still here; told when they are at two looks."""
        with self.interviews.lifecycle._store.read() as db:
            held = list(self.transcripts.held_ids())
            rows = {one: db.find_interview(one) for one in held}
            found = {one for one, row in rows.items() if row is None or row.status in ("complete", "failed")}
        for one in found & suspects:
            print(f"VIOLATION words of {one} are still in memory", flush=True)
        return found

    async def hold(self, user: str, act: str, dice: random.Random) -> None:
        """One interview, from plan to report or to whatever becomes of it."""
        interview = await asyncio.to_thread(self.prepared, user)
        candidate = Candidate(await self.calls.admit(interview))
        call = self.calls.find(interview.id)
        assert call is not None
        due, end = time.monotonic() + dice.uniform(0, LIMIT_S), time.monotonic() + SETTLED_S
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
                        await asyncio.sleep(dice.uniform(0, 2 * GRACE_S))
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


async def serve(url: str, var: Path, seed: int) -> None:
    """Carries calls until it is killed."""
    house, dice = House(url, var), random.Random(seed)
    house.calls.bind(asyncio.get_running_loop())

    async def visitor(number: int) -> None:
        user = (await asyncio.to_thread(house.interviews.accounts.guest, f"visitor {number}")).id
        while True:
            try:
                await house.hold(user, dice.choice(ACTS), dice)
            except PhoneScreenError:
                await asyncio.sleep(0.5)

    await asyncio.gather(house.sweep(), *map(visitor, range(AT_ONCE)))


def broken_rules(store: Store) -> list[str]:
    """What must never be true of the database, in words."""
    found = []
    with store.read() as db:
        told = db.connection()
        now = db.now()
        poor = told.execute(sa.text("SELECT user_id FROM credit_entries GROUP BY user_id HAVING SUM(amount) < 0"))
        found += [f"negative balance of {row.user_id}" for row in poor]
        entries = told.execute(sa.text("SELECT interview_id, kind, reason FROM credit_entries WHERE kind <> 'grant'"))
        kinds: dict[str, Counter[str]] = {}
        for row in entries:
            kinds.setdefault(row.interview_id, Counter())[row.kind] += 1
        for one, counts in kinds.items():
            if counts["debit"] > 1 or counts["refund"] > counts["debit"]:
                found.append(f"entries of {one}: {dict(counts)}")
        for interview in (row.detached() for row in db.list_latest(100_000)):
            counts = kinds.get(interview.id, Counter())
            ours = interview.status is Status.FAILED and interview.failure_reason not in (ABANDONED, NEVER_BEGUN)
            if counts["debit"] and counts["refund"] != ours:
                found.append(f"{interview.id} {interview.status}, {interview.failure_reason}: {dict(counts)}")
            began = interview.started_at
            if began and interview.is_open and (now - began).total_seconds() > SETTLED_S:
                found.append(f"{interview.id} is {interview.status} after {(now - began).total_seconds():.0f} s")
    return found


def bad_luck(seconds: float, kind: str) -> int:
    dice, kills, checks, violations = random.Random(17), 0, 0, list[str]()
    with tempfile.TemporaryDirectory() as home:
        databases = Databases(Path(home))
        try:
            url = getattr(databases, kind)()
            store, server, told = Store(url), None, Path(home, "server.log")
            end, kill_at = time.monotonic() + seconds, 0.0
            with told.open("ab") as log:
                while time.monotonic() < end:
                    if time.monotonic() >= kill_at:
                        if server is not None:
                            os.kill(server.pid, signal.SIGKILL)
                            server.wait()
                            kills += 1
                        command = [sys.executable, "-m", "benchmarks.long_run", "--serve", url, "--seed", str(kills)]
                        server = subprocess.Popen(command, stdout=log, stderr=log)
                        kill_at = time.monotonic() + dice.uniform(12, 30)
                    time.sleep(1)
                    violations += broken_rules(store)
                    checks += 1
            assert server is not None
            os.kill(server.pid, signal.SIGKILL)
            server.wait()
            written = told.read_text(errors="replace")
            violations += [line for line in written.splitlines() if line.startswith("VIOLATION")]
            crashes = written.count("call crashed") + written.count("Traceback")
            with store.read() as db:
                statuses = Counter(row.status for row in db.list_latest(100_000))
                ledger = Counter(
                    row.kind for row in db.connection().execute(sa.text("SELECT kind FROM credit_entries"))
                )
        finally:
            databases.close()
    print(
        f"{kind}: {seconds:.0f} s, {kills} kills, {checks} checks, interviews {dict(statuses)}, ledger {dict(ledger)}"
    )
    print(f"faults in the log: {crashes}; rules broken: {len(violations)}", *sorted(set(violations))[:20], sep="\n")
    return int(bool(violations))


async def growth(interviews: int) -> None:
    """Prints what the process holds at the beginning and after every fifth of the interviews."""
    with tempfile.TemporaryDirectory() as home:
        url = Databases(Path(home)).sqlite()
        house, left = House(url, Path(home)), iter(range(interviews))
        house.calls.bind(asyncio.get_running_loop())
        done = 0
        print(f"{'interviews':>10} {'MB':>7} {'handles':>7} {'threads':>7} {'tasks':>6}", flush=True)
        _measure(0)

        async def visitor(number: int) -> None:
            nonlocal done
            user = (await asyncio.to_thread(house.interviews.accounts.guest, f"visitor {number}")).id
            for _ in left:
                await house.hold(user, "end", random.Random(done))
                house.voice.connections.clear()
                done += 1
                if done % max(1, interviews // 5) == 0:
                    _measure(done)

        sweeping = asyncio.create_task(house.sweep())
        await asyncio.gather(*map(visitor, range(AT_ONCE)))
        sweeping.cancel()
        await house.calls.aclose()


def _measure(interviews: int) -> None:
    handles = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else -1
    print(
        f"{interviews:10} {_resident_mb():7.0f} {handles:7} {threading.active_count():7} {len(asyncio.all_tasks()):6}",
        flush=True,
    )


def _resident_mb() -> float:
    if Path("/proc/self/statm").exists():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--interviews", type=int)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        logs.configure()
        with tempfile.TemporaryDirectory() as home:
            asyncio.run(serve(asked.serve, Path(home), asked.seed))
    elif asked.interviews:
        asyncio.run(growth(asked.interviews))
    else:
        return bad_luck(asked.seconds, asked.database)
    return 0


if __name__ == "__main__":
    sys.exit(main())
