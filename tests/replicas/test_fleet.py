"""Two processes' worth of fleet on one real PostgreSQL, and what is left of it on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.interviews import owners
from services.replicas import fleet as fleets
from services.replicas.fleet import Fleet
from services.replicas.placement import Place
from services.settings import Settings
from services.store.store import Store
from tests.conftest import Databases
from tests.waiting import eventually_now

Join = Callable[..., Fleet]


@pytest.fixture
def join(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Join]:
    """Starts a replica of this name, as a process of its own would be known; all are on one database."""
    monkeypatch.setattr(fleets, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(owners, "_of_this_process", set())
    url, joined, stores = databases.postgresql(), list[Fleet](), list[Store]()

    def start(name: str, heard: Callable[[str, str], None] = lambda _kind, _id: None, calls: int = 0) -> Fleet:
        settings = Settings(database_url=url, var_dir=tmp_path, replica=name, max_live_calls=2)
        store = Store(url)
        stores.append(store)
        one = Fleet(store, settings)
        one.owner = f"another-host:{len(joined) + 1}:{name}"
        one.start(heard, lambda: calls, lambda: 2)
        joined.append(one)
        return one

    yield start
    for one in joined:
        one.close()
    for store in stores:
        store.close()


def know_each_other(*fleet: Fleet) -> None:
    eventually_now(lambda: all(len(one.replicas) == len(fleet) for one in fleet))


def test_replicas_see_each_other_and_who_left(join: Join) -> None:
    a, b = join("a"), join("b", calls=1)
    know_each_other(a, b)

    seen = [(one.id, one.calls, one.alive) for one in a.replicas]
    b.close()

    assert seen == [("a", 0, True), ("b", 1, True)]
    eventually_now(lambda: not a.several)


def test_one_of_them_sweeps_and_another_takes_over(join: Join) -> None:
    a, b = join("a"), join("b")
    know_each_other(a, b)
    eventually_now(lambda: a.leads or b.leads)
    first, second = (a, b) if a.leads else (b, a)

    led = (first.leads, second.leads)
    first.close()

    assert led == (True, False)
    eventually_now(lambda: second.leads)


def test_a_silent_replica_keeps_nobody_from_sweeping(join: Join) -> None:
    a, b = join("a"), join("b")
    know_each_other(a, b)
    eventually_now(lambda: a.leads or b.leads)
    leader, other = (a, b) if a.leads else (b, a)

    leader._beat = lambda *, first: None  # type: ignore[method-assign]

    eventually_now(lambda: other.sweeps)
    assert not other.leads


def test_message_reaches_the_other_replica(join: Join) -> None:
    heard: list[tuple[str, str]] = []
    a, b = join("a"), join("b", heard=lambda kind, about: heard.append((kind, about)))
    know_each_other(a, b)
    eventually_now(lambda: a.leads or b.leads)

    a.tell("left", "i1")

    eventually_now(lambda: ("left", "i1") in heard)


def test_asked_to_drain_it_drains_and_others_know(join: Join) -> None:
    a, b = join("a"), join("b")
    know_each_other(a, b)

    a.drain("b")

    eventually_now(lambda: b.draining and not a.draining)
    eventually_now(lambda: any(one.draining for one in a.replicas))
    assert a.home("b", None) == "a"


def test_restarted_replica_takes_calls_again(join: Join) -> None:
    before = join("a")
    before.drain()
    eventually_now(lambda: any(one.draining for one in before.replicas))
    before.close()

    after = join("a")

    eventually_now(lambda: bool(after.replicas))
    assert not after.draining


def test_full_replica_knows_where_a_line_is_free(join: Join) -> None:
    full, free = join("a", calls=2), join("b")
    know_each_other(full, free)

    assert full.takes_calls_elsewhere()
    assert not free.takes_calls_elsewhere()


def test_interview_is_where_its_lease_is_held(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = join("a"), join("b")
    know_each_other(a, b)
    monkeypatch.setattr(owners, "_of_this_process", {a.owner})

    assert [a.place(owner) for owner in (None, a.owner, b.owner)] == [Place.HERE, Place.HERE, Place.ELSEWHERE]
    assert a.place("another-host:99:c") is Place.GONE


def test_on_sqlite_a_process_is_alone(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'alone.db'}", var_dir=tmp_path)
    alone = Fleet(Store(settings.database_url.get_secret_value()), settings)

    alone.start(lambda _kind, _id: None, int, int)

    assert alone.leads
    assert (alone.shared, alone.several, alone.takes_calls_elsewhere()) == (False, False, False)
    assert alone.place("another-host:99:c") is Place.HERE
    alone.close()


def test_two_servers_of_one_name_are_told_so_once(join: Join) -> None:
    with capture_logs() as logged:
        join("a")
        join("a")
        eventually_now(lambda: any(entry.get("replica") == "a" for entry in logged))

    assert "has the same REPLICA" in next(entry["event"] for entry in logged if entry.get("replica") == "a")
