"""What a candidate feels when a part of the cluster fails, in real calls through real parts; prints figures.

    python -m benchmarks.cluster kill [rounds]    kill -9 of one replica at random points of a call; the other's goes on
    python -m benchmarks.cluster drain            SIGTERM in mid-call, with a request every 100 ms through nginx
    python -m benchmarks.cluster outages          PostgreSQL, Redis, nginx and coturn fail one after the other in a call
    python -m benchmarks.cluster visits [count]   visits through nginx: pages, uploads, sample, report, sign-in, API
    python -m benchmarks.cluster relay            a browser that may use the relay alone, with credentials good and bad

Needs what the browser tests need, and nginx, coturn and Redis.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import uuid
from array import array
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, sync_playwright
from pydantic import SecretStr
from websockets.exceptions import WebSocketException

from deploy.cluster import Cluster
from services import wiring
from services.analyst.rules import utc_now
from services.core.ledger import EntryKind, LedgerEntry
from services.core.plan.bank import samples
from services.core.plan.plan import Pace
from services.identity.cookies import COOKIE
from services.media.turn import TurnServer
from services.settings import Settings
from tests import speech
from tests.browser.candidate import Candidate
from tests.browser.conftest import MIC_RATE_HZ, Server, launch
from tests.browser.tab import Tab
from tests.pages.examples import REPORT

WINDOW_S = 4
ADA = User(sub="ada", claims={"email": "ada@example.com", "email_verified": True})
FRAME_S = 0.02
PACKETS = """async () => {
  let packets = 0, lost = 0, pair = "";
  for (const connection of window.connections ?? []) {
    const stats = await connection.getStats();
    for (const report of stats.values()) {
      if (report.type === "inbound-rtp" && report.kind === "audio") {
        packets += report.packetsReceived;
        lost += report.packetsLost;
      }
      if (report.type === "candidate-pair" && report.nominated && report.state === "succeeded") {
        const kind = stats.get(report.localCandidateId)?.candidateType;
        pair = `${kind} ${Math.round(1000 * report.currentRoundTripTime)} ms`;
      }
    }
  }
  return [packets, lost, pair];
}"""


def quiet_room(path: Path) -> Path:
    chance = random.Random(1)
    second = array("h", (chance.randint(-60, 60) for _ in range(MIC_RATE_HZ))).tobytes()
    return speech.write_wav(path, 240 * second, MIC_RATE_HZ)


class House:
    """The cluster, a Chromium, and its database."""

    def __init__(self, home: Path, **environment: object) -> None:
        self.cluster = Cluster(home, {name: str(value) for name, value in environment.items()})
        self.home = home

    def __enter__(self) -> House:
        began = time.monotonic()
        self.cluster.start()
        print(f"the cluster was ready after {time.monotonic() - began:.1f} s", flush=True)
        url = self.cluster.database_url.replace("postgresql://", "postgresql+psycopg://")
        self.engine = sa.create_engine(url, pool_pre_ping=True)
        self._driver = sync_playwright().start()
        self.browser: Browser = launch(self._driver, quiet_room(self.home / "room.wav"))
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            self.browser.close()
        self._driver.stop()
        self.engine.dispose()
        self.cluster.stop()

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(query), values))

    def candidate(self) -> Candidate:
        process = self.cluster.parts["a"].process
        assert process is not None
        server = Server(self.cluster.url, self.home, self.home / "a.log", process)
        return Candidate(self.browser.new_context(), server)

    def replica(self, candidate: Candidate) -> str:
        return next(str(one["value"]) for one in candidate.page.context.cookies() if one["name"] == "replica")

    def status(self, interview_id: str) -> str:
        return str(self.rows("select status from interview_sessions where id = :id", id=interview_id)[0][0])

    def entries(self, interview_id: str) -> list[int]:
        found = self.rows("select amount from credit_entries where interview_id = :id order by id", id=interview_id)
        return [int(one[0]) for one in found]


def packets(candidate: Candidate) -> tuple[int, int, str]:
    received, lost, pair = 0, 0, ""
    for frame in candidate.page.frames:
        with contextlib.suppress(Exception):
            one, two, kind = frame.evaluate(PACKETS)
            received, lost, pair = received + one, lost + two, pair or kind
    return received, lost, pair


class Undisturbed:
    """Watches a call's audio: one packet of Ema's every 20 ms, silence included; how far they fell behind at most."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate, self.longest_s = candidate, 0.0
        self.before, self.at = packets(candidate), time.monotonic()
        self.first = self.before

    def look(self) -> None:
        now, at = packets(self.candidate), time.monotonic()
        if now[0] > self.before[0]:
            self.longest_s = max(self.longest_s, (at - self.at) - (now[0] - self.before[0]) * FRAME_S)
            self.before, self.at = now, at

    def __str__(self) -> str:
        lost = self.before[1] - self.first[1]
        return f"packets behind by {1000 * self.longest_s:.0f} ms at most, {lost} lost"


def shown_within(candidate: Candidate, what: str, seconds: float, meanwhile: Callable[[], None]) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with contextlib.suppress(Exception):
            if candidate.page.get_by_text(what).count():
                return time.monotonic() - began
        meanwhile()
        time.sleep(0.05)
    print("   the page shows:", candidate.page.locator("body").inner_text()[:600])
    return float("nan")


def begin(house: House, candidate: Candidate) -> str:
    interview_id = candidate.prepare()
    candidate.begin()
    return interview_id


def kill(house: House, rounds: int) -> None:
    chance, stuck, double, lost = random.Random(7), 0, 0, 0
    known: list[float] = []
    settled: list[float] = []
    charged = 0
    survivor = house.candidate()
    begin(house, survivor)
    time.sleep(1.5)
    for number in range(1, rounds + 1):
        victim = house.candidate()
        interview_id = victim.prepare()
        where = house.replica(victim)
        if where == house.replica(survivor):
            print("   both were led to one replica, so this round is left out")
            victim.page.context.close()
            continue
        victim.begin()
        after_s = chance.uniform(0.0, 2.5 * WINDOW_S)
        undisturbed = Undisturbed(survivor)
        until = time.monotonic() + after_s
        while time.monotonic() < until:
            undisturbed.look()
            time.sleep(0.1)
        before = house.entries(interview_id)
        house.cluster.parts[where].kill()
        killed = time.monotonic()
        told_s = shown_within(victim, "The server that carried your call stopped", 15, undisturbed.look)
        known.append(told_s)
        while house.status(interview_id) == "active" and time.monotonic() - killed < 60:
            undisturbed.look()
            time.sleep(0.2)
        settled.append(time.monotonic() - killed)
        shown_within(victim, "This interview did not finish", 10, undisturbed.look)
        entries, status = house.entries(interview_id), house.status(interview_id)
        charged += bool(entries)
        stuck += status != "failed"
        double += len([one for one in entries if one < 0]) > 1 or len([one for one in entries if one > 0]) > 1
        lost += sum(entries) != 0
        print(
            f"{number:2} killed {where} {after_s:4.1f} s into the call: told after {told_s:.1f} s, closed after "
            f"{settled[-1]:.1f} s ({status}), ledger {before} -> {entries}; the other call: {undisturbed}",
            flush=True,
        )
        victim.page.context.close()
        house.cluster.start_replica(where)
        house.cluster.wait_for(where)
        time.sleep(1.5)
    print(f"{rounds} kills, {charged} of them charged: {stuck} stuck, {double} double, {lost} lost refunds")
    print(
        f"told: median {statistics.median(known):.1f} s, worst {max(known):.1f} s; closed: worst {max(settled):.1f} s"
    )


class Requests(threading.Thread):
    """One through nginx every 100 ms, each a newcomer's page."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.answers, self.failed, self.over = url, list[tuple[float, int, str]](), list[str](), False

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self.over:
                at = time.monotonic()
                try:
                    answer = client.get(self.url)
                    client.cookies.clear()
                    home = answer.headers.get("set-cookie", "")
                    self.answers.append((time.monotonic() - at, answer.status_code, home.partition("replica=")[2][:1]))
                    if answer.status_code != 200:
                        self.failed.append(f"{answer.status_code}")
                except httpx.HTTPError as error:
                    self.failed.append(type(error).__name__)
                time.sleep(max(0.0, 0.1 - (time.monotonic() - at)))


def drain(house: House) -> None:
    candidate = house.candidate()
    interview_id = begin(house, candidate)
    where = house.replica(candidate)
    requests = Requests(house.cluster.url)
    requests.start()
    time.sleep(WINDOW_S + 2)
    house.cluster.parts[where].send(signal.SIGTERM)
    drained = time.monotonic()
    time.sleep(2)
    mark = len(requests.answers)
    newcomer = house.candidate()
    begin(house, newcomer)
    ready = httpx.get(house.cluster.replica_url(where) + "/readyz").status_code
    print(f"draining {where}: /readyz {ready}, a newcomer's call is on {house.replica(newcomer)}")
    candidate.answer("I moved the ledger to PostgreSQL and the double charges stopped within a day.")
    time.sleep(6)
    candidate.end()
    words = candidate.report()
    print(
        f"its report was read after {time.monotonic() - drained:.1f} s: {words[:60]!r}, "
        f"status {house.status(interview_id)}"
    )
    code = house.cluster.parts[where].wait(90)
    print(f"the process left with {code}, {time.monotonic() - drained:.1f} s after SIGTERM")
    time.sleep(3)
    requests.over = True
    requests.join()
    took = sorted(one[0] for one in requests.answers)
    homes = {one[2] for one in requests.answers[mark:]}
    print(
        f"{len(requests.answers)} requests, {len(requests.failed)} failed {requests.failed[:5]}; "
        f"p50 {1000 * took[len(took) // 2]:.0f} ms, worst {1000 * took[-1]:.0f} ms; newcomers were led to {homes}"
    )
    print(
        "ledger",
        house.entries(interview_id),
        "and the newcomer's call:",
        house.status(newcomer.page.url.split("id=")[1]),
    )


def outages(house: House) -> None:
    candidate = house.candidate()
    interview_id = begin(house, candidate)
    parts = house.cluster.parts

    def felt(what: str, during: Callable[[], None], watch_s: float) -> None:
        undisturbed = Undisturbed(candidate)
        worker = threading.Thread(target=during, daemon=True)
        worker.start()
        until = time.monotonic() + watch_s
        while worker.is_alive() or time.monotonic() < until:
            undisturbed.look()
            time.sleep(0.1)
        worker.join()
        phase = candidate.page.locator(".stage").first.get_attribute("data-phase")
        answer = httpx.get(house.cluster.url, timeout=10).status_code
        print(f"{what}: {undisturbed}; the call is {phase}, {house.status(interview_id)}, a page {answer}", flush=True)

    def paused(name: str, seconds: float) -> Callable[[], None]:
        def during() -> None:
            parts[name].send(signal.SIGSTOP)
            time.sleep(seconds)
            parts[name].send(signal.SIGCONT)

        return during

    def postgresql_paused() -> None:
        children = [
            int(pid)
            for pid in os.listdir("/proc")
            if pid.isdigit() and _parent(int(pid)) == house.cluster.postgresql_pid
        ]
        for pid in [house.cluster.postgresql_pid, *children]:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(20)
        for pid in [*children, house.cluster.postgresql_pid]:
            os.kill(pid, signal.SIGCONT)

    def reload() -> None:
        parts["nginx"].send(signal.SIGHUP)

    def restarted(name: str) -> Callable[[], None]:
        def during() -> None:
            parts[name].kill()
            time.sleep(5)
            parts[name].start()

        return during

    time.sleep(WINDOW_S + 1)
    felt("PostgreSQL paused for 20 s", postgresql_paused, 30)
    felt("PostgreSQL restarted", house.cluster.restart_postgresql, 10)
    felt("Redis hung for 5 s", paused("redis", 5), 6)
    felt("Redis killed for 5 s", restarted("redis"), 7)
    felt("nginx reloaded", reload, 4)
    felt("coturn killed for 5 s", restarted("coturn"), 7)
    candidate.end()
    candidate.report()
    print("then ended:", house.status(interview_id), house.entries(interview_id))


def visits(house: House, count: int) -> None:
    """Each a browser's without its drawing: first page, socket, upload, sample, report, sign-in over both, API."""
    failed: list[str] = []
    homes: Counter[str] = Counter()

    def visit(_: int) -> None:
        step = "page"
        try:
            with httpx.Client(base_url=house.cluster.url, timeout=30) as client:
                assert client.get("/").status_code == 200
                cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
                homes[client.cookies["replica"]] += 1
                step = "socket"
                with Tab(house.cluster.url, cookie) as tab:
                    assert "phone screen" in tab.run().lower()
                    step = "upload"
                    address = f"/_stcore/upload_file/{tab.session_id}/{uuid.uuid4()}"
                    client.get("/_stcore/health")
                    token = {"X-Xsrftoken": client.cookies["_streamlit_xsrf"]}
                    sent = client.put(
                        address, headers=token, files={"file": ("job.txt", b"Senior engineer. " * 200, "text/plain")}
                    )
                    assert sent.status_code == 204, f"{sent.status_code}"
                    step = "other page"
                    assert "Credits" in tab.run("credits")
                    step = "sample"
                    assert "Watch a sample interview" in tab.run("sample")
                    assert client.get("/sample/minute.mp3").status_code == 200
                    step = "report"
                    assert "Take your own" in tab.run("sample", "report=minute")
                    step = "own report"
                    assert REPORT.summary[:30] in tab.run("report", f"id={reported(parts, tab)}")
                    step = "sign-in"
                    tab.run(values={"sign_in": True})
                    sign_in(client, tab.led_to)
                step = "api"
                assert client.get("/api/openapi.json").status_code == 200
                assert client.get("/api/reports").status_code == 401
                assert client.get("/api/interviews/none/live").status_code == 404
                assert client.get("/_stcore/health").status_code == 200
        except (AssertionError, httpx.HTTPError, OSError, KeyError, WebSocketException) as error:
            failed.append(f"{step}: {type(error).__name__} {error}")

    parts = wiring.build(
        Settings(
            database_url=SecretStr(house.cluster.database_url),
            cookie_secret=SecretStr(house.cluster.cookie_secret),
            var_dir=house.home / "benchmark",
        )
    )
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visit, range(count)))
    print(f"{count} visits in {time.monotonic() - began:.0f} s, {len(failed)} failed {failed[:5]}; homes {dict(homes)}")


def reported(parts: wiring.Syntaxia, tab: Tab) -> str:
    """An interview of this tab's visitor that is over, with its report."""
    visitor = parts.identity.visitor({COOKIE: SimpleCookie(tab.cookie)[COOKIE].value})
    assert visitor is not None
    given = LedgerEntry(
        amount=15, kind=EntryKind.ADJUST, key=f"visit {visitor.id}", reason="For a visit.", created_at=utc_now()
    )
    with parts.store.write() as db:
        db.post(visitor.id, given)
    made = parts.interviews.preparation.prepare(
        visitor.id, job_description=samples()[0].text, provider="offline", pace=Pace.NORMAL, consent=True
    )
    with parts.store.write() as db:
        row = db.get_interview(made.id)
        row.status, row.report, row.ended_at = "complete", REPORT.model_dump(mode="json"), utc_now()
    return made.id


def sign_in(client: httpx.Client, address: str) -> None:
    """Asked for at one replica, and led back to the other."""
    home = client.cookies["replica"]
    asked = client.get(address)
    told = httpx.post(asked.headers["location"], data={"sub": ADA.sub})
    client.cookies.set("replica", "b" if home == "a" else "a", domain="127.0.0.1", path="/")
    back = client.get(told.headers["location"])
    assert back.status_code in (302, 303), f"{back.status_code}"
    assert "_streamlit_user" in client.cookies, f"{back.headers.get('location')}"
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with Tab(str(client.base_url).rstrip("/"), cookie) as tab:
        assert "ada@" in tab.run("credits").lower()


RELAY_ONLY = """
const Plain = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Plain {
  constructor(options) {
    super({ ...options, iceTransportPolicy: "relay", iceServers: (options?.iceServers ?? []).map(CHANGE) });
  }
};
"""


def relay(house: House) -> None:
    """A browser that may use the relay alone: with the call's credentials, with expired and with wrong ones."""
    for what, change in (
        ("direct", ""),
        ("relay", "(one) => one"),
        ("relay, wrong credentials", "(one) => ({ ...one, credential: 'wrong' })"),
        ("relay, expired", f"(one) => ({{ ...one, ...{json.dumps(expired(house))} }})"),
    ):
        candidate = house.candidate()
        if change:
            candidate.page.add_init_script(RELAY_ONLY.replace("CHANGE", change))
        candidate.prepare()
        candidate.click("begin")
        candidate.page.locator(".stage").first.wait_for(timeout=30_000)
        began = time.monotonic()
        told = candidate.page.get_by_text("refused us")
        live = candidate.page.locator('.stage[data-phase="live"]')
        while time.monotonic() - began < 20 and not live.count() and not told.first.is_visible():
            time.sleep(0.05)
        after = time.monotonic() - began
        time.sleep(3)
        print(
            f"{what}: {'live' if live.count() else 'told' if told.count() else 'nothing'} after {after:.1f} s; "
            f"pair {packets(candidate)[2]!r}",
            flush=True,
        )
        if what == "relay":
            without_relay(house, candidate)
        candidate.page.context.close()
        time.sleep(2)


def without_relay(house: House, candidate: Candidate) -> None:
    """The relay is killed under a call that has no other way, and comes back."""
    interview_id = candidate.page.url.split("id=")[1]
    coturn = house.cluster.parts["coturn"]
    coturn.kill()
    gone = time.monotonic()
    told_s = shown_within(candidate, "We cannot hear you", 30, lambda: None)
    broken_s = shown_within(candidate, "your browser and our server broke", 40, lambda: None)
    coturn.start()
    candidate.page.reload()
    candidate.page.locator(".st-key-begin button").click(timeout=30_000)
    candidate.page.locator('.stage[data-phase="live"]').first.wait_for(timeout=30_000)
    print(
        f"   coturn killed: told after {told_s:.1f} s, led on after {told_s + broken_s:.1f} s, "
        f"live again {time.monotonic() - gone:.1f} s after the kill, {house.status(interview_id)}, "
        f"ledger {house.entries(interview_id)}, pair {packets(candidate)[2]!r}",
        flush=True,
    )


def expired(house: House) -> dict[str, str]:
    entry = TurnServer((house.cluster.turn_url,), house.cluster.turn_secret, -60).ice_server("late")
    return {"username": entry["username"], "credential": entry["credential"]}


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def main() -> None:
    what, *rest = sys.argv[1:] or ["kill"]
    environment: dict[str, object] = {
        "FREE_WINDOW_S": WINDOW_S,
        "READBACK_WAIT_S": 5,
        "MAX_LIVE_CALLS": 6,
        "MAX_LAG_MS": 0,
    }
    with contextlib.ExitStack() as stack:
        if what == "visits":
            provider = stack.enter_context(run_server_in_thread(user_claims=[ADA]))
            environment["OIDC_METADATA_URL"] = (
                f"http://localhost:{provider.server_port}/.well-known/openid-configuration"
            )
            environment |= {"OIDC_CLIENT_ID": "syntaxia", "OIDC_CLIENT_SECRET": "a secret of the benchmark"}
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="cluster-"))
        house = stack.enter_context(House(Path(home), **environment))
        if what == "kill":
            kill(house, int(rest[0]) if rest else 20)
        elif what == "drain":
            drain(house)
        elif what == "outages":
            outages(house)
        elif what == "visits":
            visits(house, int(rest[0]) if rest else 200)
        elif what == "relay":
            relay(house)


if __name__ == "__main__":
    main()
