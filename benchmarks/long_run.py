"""Bad luck on purpose: calls with short windows, killed servers, candidates who leave; and what grows over many calls.

    python -m benchmarks.long_run --seconds 120 --database postgresql   # exits with 1 where a rule was broken
    python -m benchmarks.long_run --interviews 500                      # memory, handles and threads

The app runs on a server of its own process, which carries three calls at a time on a scripted voice and is killed every
20 to 60 seconds. Its candidates end, abandon, delete, leave and rejoin at random, and over Streamlit's own socket
somebody sends, with their cookies, what no page would. The rules are read from the database every second.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import WebSocketException

from benchmarks.visited import ANSWER, MEASURED, VIOLATION
from services.core.interview import LEASE_S, OPEN, Status
from services.core.plan.bank import samples
from services.identity.cookies import COOKIE, GuestCookie
from services.interviews.lifecycle import ABANDONED, NEVER_BEGUN
from services.store.store import Store
from services.store.tables import CreditEntry, InterviewRow
from tests.browser.tab import Tab
from tests.conftest import Databases

INTERVIEWS: Any = InterviewRow
ENTRIES: Any = CreditEntry
LIMIT_S, GRACE_S, AT_ONCE = 9.0, 1.5, 3
SETTLED_S = LIMIT_S + GRACE_S + 2 * LEASE_S + 15
"""Within which an interview that began is over, on a server that lives."""
ORPHAN_S = LEASE_S + 15
"""The same of one whose server was killed, from the moment the next one was ready."""
KILLED_AFTER_S = (20.0, 60.0)
WINDOWS = {
    "SIGNUP_CREDITS": 1_000_000,
    "FREE_WINDOW_S": 2,
    "INTERVIEW_LIMIT_S": LIMIT_S,
    "WRAP_UP_S": 2,
    "REJOIN_GRACE_S": GRACE_S,
    "READBACK_WAIT_S": 0,
    "MAX_LAG_MS": 0,
}
"""A hundredth of what people get."""
FORGERIES: tuple[tuple[str, dict[str, object]], ...] = (
    ("", {"job_description": samples()[0].text, "consent": True, "prepare": True}),
    ("", {"provider": "Level 99", "pace": ["Level 99"], "job_preset": ["Level 99"], "prepare": True}),
    ("interview", {"begin": True}),
    ("interview", {"end_call": True}),
    ("interview", {"end_call": True, "confirm_end": True}),
    ("interview", {"confirm_end": True, "skip_question": True, "repeat_question": True, "thinking": True}),
    ("interview", {"typed_answer": ANSWER * 1000}),
    ("interview", {"typed_answer": "\0"}),
    ("interview", {"abandon": True, "delete_interview": True, "confirm_delete": True, "continue": True}),
    ("report", {"retry_report": True, "put_back": True, "save_correction": True, "leave_correction": True}),
    ("report", {"delete_interview": True, "confirm_delete": True}),
    ("report", {"override_level_c1": "Level 99", "override_reason_c1": "Because.", "override_c1": True}),
    ("sample", {"sample_voice": "Level 99", "watch_sample": True}),
    ("history", {"confirm_delete": True, "delete_account": True, "sign_out": True}),
    ("credits", {"grant": True, "prepare": True}),
    ("admin", {"event_record": "interview-1", "drain": True}),
    ("account", {"delete_account": True, "make_token": True, "token_label": "mine"}),
)


class Site:
    """Where the server of this run listens, and who visits it."""

    def __init__(self, home: Path, url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url, self.log, secret = f"http://127.0.0.1:{self.port}", home / "server.log", secrets.token_hex(16)
        self.cookies = [GuestCookie(secret).issue() for _ in range(AT_ONCE)]
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self._environment = {
            **keep,
            **{name: str(value) for name, value in WINDOWS.items()},
            "DATABASE_URL": url,
            "VAR_DIR": str(home / "var"),
            "COOKIE_SECRET": secret,
            "APP_URL": self.url,
        }

    @property
    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "benchmarks.visited", "--port", str(self.port), *options, *self.cookies]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)


class Forger(threading.Thread):
    """Sends what no page of ours would, as the visitors who are in calls and as strangers, until it is `over`."""

    def __init__(self, site: Site, store: Store, *, gently: bool = False) -> None:
        super().__init__(daemon=True)
        self.site, self.store, self.gently = site, store, gently
        self.dice, self.over = random.Random(17), False
        self.sent = self.unanswered = 0

    def run(self) -> None:
        while not self.over:
            while not (self.site.ready or self.over):
                time.sleep(1)
            try:
                self._visit()
            except (OSError, KeyError, httpx.HTTPError, WebSocketException):
                self.unanswered += 1  # the server was killed, or ended the connection over what was sent
            time.sleep(self.dice.uniform(0.5, 2.0))

    def _visit(self) -> None:
        who = f"{COOKIE}={self.dice.choice(self.site.cookies)}" if self.dice.random() < 0.7 else None
        page, values = self.dice.choice(FORGERIES)
        query = f"id={self._any_interview()}"
        with Tab(self.site.url, who) as tab:
            tab.run(page, query)
            if self.gently:
                return
            known = {key: value for key, value in values.items() if key in tab.ids}
            tab.run(page, query, known if self.dice.random() < 0.8 else values)
            self.sent += 1
            if self.dice.random() < 0.2:
                tab.say(self.dice.choice((self.dice.randbytes(500), _mangled(self.dice), b"")))
        address = f"/api/interviews/{query[3:]}/{self.dice.choice(('left', 'log', 'live'))}"
        httpx.post(self.site.url + address, headers={"Cookie": who or ""}, content=b"{", timeout=5)

    def _any_interview(self) -> str:
        """Mostly one that is going on."""
        with self.store.read() as db:
            some = sa.select(INTERVIEWS.id).order_by(sa.desc(INTERVIEWS.created_at)).limit(6)
            ids = [str(row.id) for row in db.connection().execute(some)]
        return self.dice.choice([*ids, "none"])


def _mangled(dice: random.Random) -> bytes:
    """A message of the right form that asks for what is not there."""
    asked: Any = BackMsg()
    run = asked.rerun_script
    run.query_string, run.page_name = "id=" + "%00" * 9, dice.choice(("..", "report", "x" * 9999))
    run.fragment_id = dice.choice(("", "gone"))
    state = run.widget_states.widgets.add()
    state.id, state.json_value = dice.choice(("", "$$ID--", "\0" * 10)), dice.choice(("", "{", "[" * 5000))
    return bytes(asked.SerializeToString())


def broken_rules(store: Store, ready_for_s: float) -> list[str]:
    """What must never be true of the database, in words. `ready_for_s`: of the server that runs now."""
    found = []
    row, entry = INTERVIEWS, ENTRIES
    with store.read() as db:
        told, now = db.connection(), db.now()
        poor = sa.select(entry.user_id).group_by(entry.user_id).having(sa.func.sum(entry.amount) < 0)
        found += [f"negative balance of {one.user_id}" for one in told.execute(poor)]
        kinds: dict[str, Counter[str]] = {}
        for one in told.execute(sa.select(entry.interview_id, entry.kind).where(entry.kind != "grant")):
            kinds.setdefault(one.interview_id, Counter())[one.kind] += 1
        for interview_id, counts in kinds.items():
            if counts["debit"] > 1 or counts["refund"] > counts["debit"]:
                found.append(f"entries of {interview_id}: {dict(counts)}")
        asked = sa.select(row.id, row.status, row.failure_reason, row.started_at)
        for one in told.execute(asked):
            counts = kinds.get(one.id, Counter())
            ours = one.status == Status.FAILED and one.failure_reason not in (ABANDONED, NEVER_BEGUN)
            if counts["debit"] and counts["refund"] != ours:
                found.append(f"{one.id} {one.status}, {one.failure_reason}: {dict(counts)}")
            if one.started_at and one.status in OPEN:
                old_s = (now - one.started_at).total_seconds()
                if min(old_s, ready_for_s) > (SETTLED_S if old_s < ready_for_s else ORPHAN_S):
                    found.append(f"{one.id} is {one.status} though its time is over")
    return found


def bad_luck(seconds: float, kind: str) -> int:
    dice, kills, checks, violations, slowest_s = random.Random(17), 0, 0, list[str](), 0.0
    with tempfile.TemporaryDirectory() as home:
        databases = Databases(Path(home))
        try:
            url = getattr(databases, kind)()
            store, site = Store(url), Site(Path(home), url)
            forger, server = Forger(site, store), site.start("--seed", "0")
            forger.start()
            began, end = time.monotonic(), time.monotonic() + seconds
            ready_at, kill_at = None, 0.0
            while time.monotonic() < end:
                time.sleep(1)
                if ready_at is None and site.ready:
                    ready_at, kill_at = time.monotonic(), time.monotonic() + dice.uniform(*KILLED_AFTER_S)
                    slowest_s = max(slowest_s, ready_at - began)
                violations += broken_rules(store, time.monotonic() - ready_at if ready_at else 0.0)
                checks += 1
                if ready_at and time.monotonic() >= kill_at:
                    _kill(server)
                    kills += 1
                    server, began, ready_at = site.start("--seed", str(kills)), time.monotonic(), None
            forger.over = True
            _kill(server)
            written = site.log.read_text(errors="replace")
            violations += [line for line in written.splitlines() if line.startswith(VIOLATION)]
            faults = {what: written.count(what) for what in ("call crashed", "page failed", "route failed")}
            with store.read() as db:
                told, row = db.connection(), INTERVIEWS
                statuses = Counter(one.status for one in told.execute(sa.select(row.status)))
                reasons = Counter(one.failure_reason for one in told.execute(sa.select(row.failure_reason)))
                ledger = Counter(one.kind for one in told.execute(sa.select(ENTRIES.kind)))
        finally:
            databases.close()
    print(
        f"{kind}: {seconds:.0f} s, {kills} kills, back within {slowest_s:.0f} s, {checks} checks, "
        f"{forger.sent} forged runs of pages, "
        f"{forger.unanswered} cut off; interviews {dict(statuses)}, ledger {dict(ledger)}"
    )
    print(*(f"  {count:4} {reason}" for reason, count in reasons.most_common() if reason), sep="\n")
    print(f"faults in the log: {faults}; rules broken: {len(violations)}", *sorted(set(violations))[:20], sep="\n")
    return int(bool(violations))


def _kill(server: subprocess.Popen[bytes]) -> None:
    os.kill(server.pid, signal.SIGKILL)
    server.wait()


def growth(interviews: int, *options: str) -> int:
    """Prints what the server holds as interviews go by, three at a time, while tabs come and go."""
    with tempfile.TemporaryDirectory() as home:
        databases = Databases(Path(home))
        url = databases.sqlite()
        site = Site(Path(home), url)
        server = site.start("--interviews", str(interviews), "--each", str(max(1, interviews // 5)), *options)
        forger = Forger(site, Store(url), gently=True)
        forger.start()
        print("         interviews      MB handles threads  tasks   before they rested: MB, handles", flush=True)
        shown = 0
        while server.poll() is None:
            time.sleep(1)
            lines = [one for one in site.log.read_text(errors="replace").splitlines() if one.startswith(MEASURED)]
            print(*lines[shown:], sep="\n", end="\n" if lines[shown:] else "", flush=True)
            shown = len(lines)
        forger.over = True
        if server.returncode:
            print(site.log.read_text(errors="replace")[-3000:])
        databases.close()
        return server.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--interviews", type=int)
    parser.add_argument("--rejoins", action="store_true", help="the typed ones leave and come back once")
    parser.add_argument("--samples", action="store_true", help="all of them are samples")
    asked = parser.parse_args()
    if asked.interviews:
        return growth(asked.interviews, *["--rejoins"] * asked.rejoins, *["--samples"] * asked.samples)
    return bad_luck(asked.seconds, asked.database)


if __name__ == "__main__":
    sys.exit(main())
