"""Limits by action and scope: exact under threads and processes, degraded and never open without Redis."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.core.errors import QuotaExceeded
from services.identity.alerts import Alert
from services.identity.quotas import Action, Quotas
from services.identity.visitor import Visitor
from services.settings import Settings
from tests.conftest import PROCESSES

GUEST = Visitor("g1", "guest", address="203.0.113.7")
USER = Visitor("u1", "user", "ada@example.com", address="203.0.113.7")


@dataclass
class Redis:
    """A real server on loopback that can be stopped, hung and started again."""

    port: int
    home: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.fail("These tests run a real Redis: run scripts/services, or apt-get install redis-server.")
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.home)]
        self.process = subprocess.Popen([program, "--port", str(self.port), *options], stdout=subprocess.DEVNULL)
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def hang(self) -> None:
        assert self.process
        os.kill(self.process.pid, signal.SIGSTOP)

    def wake(self) -> None:
        assert self.process
        os.kill(self.process.pid, signal.SIGCONT)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Redis(probe.getsockname()[1], tmp_path)
    server.start()
    yield server
    server.stop()


def quotas(tell: Callable[[Alert], None] = lambda _: None, clock: Any = time.monotonic, **settings: Any) -> Quotas:
    return Quotas(Settings(**{"quotas": {}, **settings}), tell, clock)


def on(redis: Redis, limit: str = "20/day", **more: Any) -> Quotas:
    rules = {"begin": {"guest": limit, "address": None, "guests": None}}
    return quotas(quotas=rules, redis_url=SecretStr(redis.url), **more)


def admitted(counting: Quotas, times: int, visitor: Visitor = GUEST, action: Action = Action.BEGIN) -> int:
    count = 0
    for _ in range(times):
        try:
            counting.take(action, visitor)
            count += 1
        except QuotaExceeded:
            pass
    return count


# --- who is limited --------------------------------------------------------------------------------------------------


def test_nothing_is_limited_where_nothing_is_configured() -> None:
    assert admitted(quotas(quotas=None), 50) == 50


def test_a_guest_begins_once_a_day() -> None:
    assert admitted(quotas(), 5) == 1


def test_clearing_the_cookie_leads_to_the_networks_limit() -> None:
    counting = quotas()

    assert (
        sum(admitted(counting, 1, Visitor(f"g{number}", "guest", address="2001:db8::/64")) for number in range(50)) == 3
    )


def test_a_user_has_limits_of_their_own() -> None:
    counting = quotas()
    admitted(counting, 5)

    assert admitted(counting, 10, USER) == 6


@pytest.mark.parametrize(
    ("action", "visitor", "limit", "who"),
    [
        (Action.BEGIN, GUEST, {}, "Guests may begin 1 interview with a paid voice a day, and that is used up until"),
        (Action.PLAN, GUEST, {}, "Guests may have 3 plans written by a text model an hour, and that is used up until"),
        (Action.SAMPLE, USER, {}, "You may watch 6 samples with a paid voice an hour, and that is used up until"),
        (
            Action.BEGIN,
            GUEST,
            {"begin": {"guest": None, "address": "2 per 3 hours"}},
            "Guests of your network may begin 2 interviews with a paid voice every 3 hours, and that is used up until",
        ),
    ],
)
def test_a_refusal_says_who_until_when_and_what_works(
    action: Action, visitor: Visitor, limit: dict[str, dict[str, str | None]], who: str
) -> None:
    counting = quotas(quotas=limit)
    admitted(counting, 10, visitor, action)

    with pytest.raises(QuotaExceeded) as refusal:
        counting.take(action, visitor)

    assert refusal.value.sentence.startswith(who)
    assert refusal.value.sentence.endswith("UTC. The offline interviewer is never limited.")
    assert refusal.value.until > datetime.now(UTC)


def test_a_guest_is_told_to_sign_in_where_that_is_possible() -> None:
    counting = quotas(oidc_client_id="app", oidc_client_secret=SecretStr("s"), oidc_metadata_url="https://okta.example")
    counting.take(Action.BEGIN, GUEST)

    with pytest.raises(QuotaExceeded, match="Sign in to go on now"):
        counting.take(Action.BEGIN, GUEST)


def test_a_guest_sees_what_is_left() -> None:
    counting = quotas()
    before = counting.left(Action.BEGIN, GUEST)
    counting.take(Action.BEGIN, GUEST)
    after = counting.left(Action.BEGIN, GUEST)

    assert before
    assert after
    assert (before.left, after.left) == (1, 0)


def test_welcome_credits_are_limited_by_network() -> None:
    counting = quotas()

    assert [counting.may_grant("203.0.113.7") for _ in range(4)] == [True, True, True, False]
    assert counting.may_grant("203.0.113.8")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"dance": {"guest": "1/day"}}, "knows no action"),
        ({"begin": {"dog": "1/day"}}, "knows no “dog”"),
        ({"begin": {"guest": "often"}}, "is no limit"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(rules: dict[str, dict[str, str | None]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        quotas(quotas=rules)


@pytest.mark.parametrize(
    ("spent", "visitor", "let_in", "told"),
    [
        ("3.99", GUEST, True, []),
        ("4", GUEST, True, ["budget 80"]),
        ("5", GUEST, False, ["budget 100"]),
        ("5", USER, True, []),
    ],
)
def test_guests_together_have_a_budget_a_day(spent: str, visitor: Visitor, let_in: bool, told: list[str]) -> None:
    counting = quotas(quotas=None, guests_usd_per_day=Decimal(5))
    counting.spent_by_guests = lambda: Decimal(spent)
    counting.now = lambda: datetime(2026, 11, 28, 13, tzinfo=UTC)

    assert admitted(counting, 1, visitor) == let_in
    assert [alert.name for alert in counting.alerts] == told
    if not let_in:
        with pytest.raises(QuotaExceeded, match=r"29 Nov, 00:00 UTC\. The offline"):
            counting.take(Action.SAMPLE, visitor)


# --- alerts ----------------------------------------------------------------------------------------------------------


def test_guests_together_are_watched_at_80_and_100_percent() -> None:
    told: list[Alert] = []
    counting = quotas(told.append, quotas={"begin": {"guest": None, "address": None, "guests": "10/day"}})

    admitted(counting, 15)

    assert [alert.name for alert in told] == ["begin 80", "begin 100"]
    assert "203.0.113" not in repr(told)


# --- exactly ---------------------------------------------------------------------------------------------------------


def test_fifty_threads_take_exactly_the_quota(redis: Redis) -> None:
    counting = on(redis)

    with ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(lambda _: admitted(counting, 6), range(50)))

    assert sum(taken) == 20


def take_when_told(url: str, count: Any, start: Any) -> None:
    rules: Any = {"begin": {"guest": "20/day", "address": None, "guests": None}}
    counting = Quotas(Settings(quotas=rules, redis_url=SecretStr(url)))
    start.wait(60)
    taken = admitted(counting, 30)
    with count.get_lock():
        count.value += taken


def test_two_processes_share_exactly_the_quota(redis: Redis) -> None:
    count, start = PROCESSES.Value("i", 0), PROCESSES.Barrier(2)
    racers = [PROCESSES.Process(target=take_when_told, args=(redis.url, count, start)) for _ in range(2)]

    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)

    assert count.value == 20


# --- without Redis ---------------------------------------------------------------------------------------------------


class Ticks:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize("how", ["stop", "hang"])
def test_redis_away_is_degraded_and_not_open(redis: Redis, how: str) -> None:
    counting = on(redis, "3/day")
    before = admitted(counting, 2)
    getattr(redis, how)()

    during = admitted(counting, 30)

    assert (before, during) == (2, 1)
    assert counting.degraded
    assert [alert.name for alert in counting.alerts] == ["degraded"]


def test_a_hung_redis_is_waited_for_once(redis: Redis) -> None:
    ticks = Ticks()
    counting = on(redis, "1000/day", clock=ticks)
    redis.hang()

    admitted(counting, 50)

    # Each wait for Redis would have begun another alert's hour or another rest.
    assert counting.degraded
    ticks.at = 4.9
    assert counting.degraded
    ticks.at = 5.1
    assert not counting.degraded


def test_redis_back_counts_again(redis: Redis) -> None:
    ticks = Ticks()
    counting = on(redis, "5/day", clock=ticks)
    redis.stop()
    admitted(counting, 2)

    redis.start()
    ticks.at = 6.0

    assert admitted(counting, 10) == 5
    assert not counting.degraded


def test_replicas_share_the_limit_while_redis_is_away(redis: Redis) -> None:
    counting = on(redis, "6/day", replica_count=3)
    redis.stop()

    assert admitted(counting, 10) == 2
